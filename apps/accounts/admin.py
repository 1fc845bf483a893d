"""People, roles, teams and tokens in the admin."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.accounts import actions
from apps.accounts.forms import RevokeTokenForm, SetPasswordForm
from apps.accounts.models import ApiToken, Membership, RoleGrant, Team, User
from apps.accounts.permissions import Role, has_role, is_administrator, may_issue_token
from apps.core.actor import Actor
from apps.core.admin import Deed, RecordAdmin, RecordInline, badge
from apps.core.admin.forms import RecordForm

ADMINISTRATORS = (Role.ADMINISTRATOR,)
EVERYONE = tuple(Role)

admin.site.unregister(Group)  # roles are code, not Django's groups


class RoleGrantInline(RecordInline):
    model = RoleGrant
    fields = ("role",)
    edit_roles = ADMINISTRATORS

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.grant_role(user=data["user"], role=data["role"], by=by)

    def perform_update(self, obj: RoleGrant, data: dict[str, Any], by: Actor) -> Model:
        actions.revoke_role(user=obj.user, role=obj.role, by=by)
        return actions.grant_role(user=obj.user, role=data["role"], by=by)

    def perform_destroy(self, obj: RoleGrant, by: Actor) -> None:
        actions.revoke_role(user=obj.user, role=obj.role, by=by)


class MembershipInline(RecordInline):
    model = Membership
    fields = ("user", "is_lead")
    autocomplete_fields = ("user",)
    edit_roles = ADMINISTRATORS

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.add_member(team=data["team"], user=data["user"], is_lead=data["is_lead"], by=by)

    def perform_update(self, obj: Membership, data: dict[str, Any], by: Actor) -> Model:
        return actions.change_member(membership=obj, by=by, **data)

    def perform_destroy(self, obj: Membership, by: Actor) -> None:
        actions.remove_member(membership=obj, by=by)


@admin.register(User)
class UserAdmin(RecordAdmin):
    list_display = ("username", "get_full_name", "email", "shown_roles", "time_zone", "is_active")
    list_filter = ("is_active", "role_grants__role", "teams")
    search_fields = ("username__istartswith", "first_name__istartswith", "last_name__istartswith", "email__istartswith")
    fields = ("username", "first_name", "last_name", "email", "time_zone", "language", "is_staff", "is_active")
    edit_roles = ADMINISTRATORS
    delete_roles = ()  # an account is closed, never deleted: the trail names it
    inlines = (RoleGrantInline,)
    deeds = (
        Deed(
            "password",
            _("Set password"),
            SetPasswordForm,
            is_administrator,
            _("The old password stops working at once. The history says that it was set, never what it is."),
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return super().get_queryset(request).prefetch_related("role_grants")

    @admin.display(description=_("roles"))
    def shown_roles(self, user: User) -> str:
        return ", ".join(grant.get_role_display() for grant in user.role_grants.all()) or "–"

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.create_user(by=by, **data)

    def perform_update(self, obj: User, data: dict[str, Any], by: Actor) -> Model:
        return actions.change_user(user=obj, by=by, **data)


@admin.register(RoleGrant)
class RoleGrantAdmin(RecordAdmin):
    list_display = ("user", "role", "created_at")
    list_filter = ("role",)
    search_fields = ("user__username__istartswith", "user__last_name__istartswith")
    fields = ("user", "role")
    edit_roles = ADMINISTRATORS

    def editable_fields(self, obj: RoleGrant | None) -> tuple[str, ...]:
        return () if obj else ("user", "role")

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.grant_role(user=data["user"], role=data["role"], by=by)

    def perform_destroy(self, obj: RoleGrant, by: Actor) -> None:
        actions.revoke_role(user=obj.user, role=obj.role, by=by)


@admin.register(Team)
class TeamAdmin(RecordAdmin):
    list_display = ("name", "slug", "shown_members")
    search_fields = ("name__icontains", "slug__istartswith")
    fields = ("name", "slug", "description")
    edit_roles = ADMINISTRATORS
    inlines = (MembershipInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        return super().get_queryset(request).prefetch_related("memberships__user")

    @admin.display(description=_("members"))
    def shown_members(self, team: Team) -> str:
        return ", ".join(sorted(str(one.user) for one in team.memberships.all())) or "–"

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        return actions.create_team(by=by, **data)

    def perform_update(self, obj: Team, data: dict[str, Any], by: Actor) -> Model:
        return actions.change_team(team=obj, by=by, **data)

    def perform_destroy(self, obj: Team, by: Actor) -> None:
        actions.remove_team(team=obj, by=by)


class ApiTokenForm(RecordForm):
    """What a new token is for. Its secret is made when the form is sent."""

    scopes = forms.CharField(
        label=_("Scopes"),
        initial="read",
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Separated by commas: read, WORD:write such as releases:write, or * for everything the user may."),
    )

    class Meta:
        model = ApiToken
        fields = ("user", "name", "scopes", "expires_at")

    def clean_scopes(self) -> list[str]:
        return [scope for scope in re.split(r"[,\s]+", self.cleaned_data["scopes"]) if scope]


@admin.register(ApiToken)
class ApiTokenAdmin(RecordAdmin):
    form = ApiTokenForm
    list_display = ("name", "hint", "user", "shown_scopes", "state", "expires_at", "last_used_at")
    list_filter = ("revoked_at", "expires_at")
    search_fields = ("name__icontains", "hint__startswith", "user__username__istartswith")
    fields = ("user", "name", "scopes", "expires_at")
    add_roles = EVERYONE
    delete_roles = ()  # a token is revoked, never deleted: the trail names it
    deeds = (
        Deed(
            "revoke",
            _("Revoke"),
            RevokeTokenForm,
            lambda token, user: may_issue_token(token.user, user),
            _("Whoever uses this token is turned away from now on. This cannot be undone."),
            shown=lambda token: token.revoked_at is None,
            is_danger=True,
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        tokens = super().get_queryset(request).select_related("user")
        return tokens if has_role(request.user, Role.ADMINISTRATOR) else tokens.filter(user=request.user)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:
        asked = list(self.fields)
        return asked if obj is None else [*asked, "hint", "state", "last_used_at", "revoked_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> list[str]:
        return [] if obj is None else self.get_fields(request, obj)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"user": request.user.pk, **super().get_changeform_initial_data(request)}

    def formfield_for_foreignkey(self, db_field: ForeignKey, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "user" and not has_role(request.user, Role.ADMINISTRATOR):
            kwargs["queryset"] = User.objects.filter(pk=request.user.pk)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    @admin.display(description=_("scopes"))
    def shown_scopes(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    @admin.display(description=_("state"))
    def state(self, token: ApiToken) -> Any:
        if token.revoked_at is not None:
            return badge(_("revoked"), "bad")
        return badge(_("live"), "good") if token.is_live else badge(_("expired"), "idle")

    def perform_create(self, data: dict[str, Any], by: Actor) -> Model:
        token, secret = actions.issue_token(by=by, **data)
        token.secret = secret
        return token

    def response_add(self, request: HttpRequest, obj: ApiToken, post_url_continue: str | None = None) -> HttpResponse:
        """The secret is shown on this one page: no redirect, no message, nothing that would keep it."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("The new token"),
            "token": obj,
            "secret": obj.secret,
        }
        answer = TemplateResponse(request, "admin/accounts/token_issued.html", context)
        answer["Cache-Control"] = "no-store"
        return answer
