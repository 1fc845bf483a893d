"""Reviews, improvement actions, surveys and benefits in the admin; and what the release page shows of them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.permissions import Role
from apps.core.actor import Actor
from apps.core.admin import LifecycleAdmin, RecordAdmin, Tab, badge, moment, offer_tab, page_of, record_link
from apps.core.clock import now
from apps.release_models.content.words import minutes_in_words
from apps.release_models.models import ModelVersion, ReleaseModel
from apps.releases.models import Release
from apps.reviews import actions, queries
from apps.reviews.forms import ACTION_STEPS, APPROACH_REVIEW_STEPS, MODEL_REVIEW_STEPS, REVIEW_STEPS
from apps.reviews.lifecycle import ACTION_EDITABLE, REVIEW_EDITABLE
from apps.reviews.models import ApproachReview, Benefit, ImprovementAction, ModelReview, ReleaseReview, Survey

WRITERS = (Role.RELEASE_MANAGER, Role.SERVICE_OWNER)
SHARES = {
    "successful": _("Successful"),
    "without_incident": _("Without incident"),
    "on_schedule": _("On schedule"),
    "without_waiver": _("Without waiver"),
    "by_the_rules": _("Model applied"),
    "content": _("People content"),
}
WRITTEN = ("reviewer", "due_on", "outcome", "what_went_well", "what_went_wrong", "lessons")


def _due(record: Any, unfinished: Any) -> Any:
    """The day by which it is to be done, marked when that has passed."""
    is_late = record.due_on and record.status in unfinished and record.due_on < queries.today(now())
    return badge(record.due_on, "bad") if is_late else record.due_on


@admin.register(ReleaseReview)
class ReleaseReviewAdmin(LifecycleAdmin):
    """How releases went. A review comes by itself when its release enters review."""

    steps = REVIEW_STEPS
    road = ("due", "in_progress", "submitted", "accepted")
    danger_steps = ("send_back",)
    edit_roles = WRITERS
    add_roles = ()
    delete_roles = ()
    list_display = ("release", "status_badge", "due", "outcome", "reviewer", "accepted_by")
    list_filter = ("status", "outcome", "due_on")
    search_fields = ("release__key__icontains", "release__title__icontains", "lessons__icontains")
    list_select_related = ("release", "reviewer", "accepted_by")
    fields = ("release_page", *WRITTEN, "submitted_by", "accepted_by")
    readonly_fields = ("release_page", "submitted_by", "accepted_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("release", "reviewer", "submitted_by", "accepted_by")

    @admin.display(description=_("release"))
    def release_page(self, review: ReleaseReview) -> Any:
        return record_link(review.release)

    @admin.display(description=_("due on"), ordering="due_on")
    def due(self, review: ReleaseReview) -> Any:
        return _due(review, REVIEW_EDITABLE)

    def editable_fields(self, obj: ReleaseReview | None) -> Any:
        return WRITTEN if obj is None or obj.status in REVIEW_EDITABLE else ()

    def perform_update(self, obj: ReleaseReview, data: dict[str, Any], by: Actor) -> ReleaseReview:
        return actions.change_review(review=obj, by=by, **data)


def figures_context(owner: Any, request: HttpRequest, review: ModelReview) -> dict[str, Any]:
    """The figures as they are kept with the review, and what is to follow from it."""
    shares = [
        {**one, "cells": [{"label": label, **one[name]} for name, label in SHARES.items()]}
        for one in review.figures.get("versions", [])
    ]
    actions_open = review.improvement_actions.select_related("owner").order_by("pk")
    return {"review": review, "labels": list(SHARES.values()), "versions": shares, "improvement_actions": actions_open}


@admin.register(ModelReview)
class ModelReviewAdmin(LifecycleAdmin):
    """How well release models do their work. A review comes by itself when its day has come."""

    steps = MODEL_REVIEW_STEPS
    road = ("due", "in_progress", "submitted", "accepted")
    danger_steps = ("send_back",)
    edit_roles = (Role.RELEASE_MANAGER,)
    add_roles = ()
    delete_roles = ()
    list_display = ("key", "release_model", "status_badge", "due", "verdict", "reviewer", "accepted_by")
    list_filter = ("status", "verdict", "release_model", "due_on")
    search_fields = ("key__istartswith", "release_model__name__icontains", "conclusions__icontains")
    list_select_related = ("release_model", "reviewer", "accepted_by")
    fields = ("model_page", "reviewer", "due_on", "verdict", "conclusions", "submitted_by", "accepted_by")
    readonly_fields = ("model_page", "submitted_by", "accepted_by")
    tabs = (Tab("figures", _("Figures"), "admin/reviews/figures.html", figures_context),)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        related = ("release_model", "model_version__model", "reviewer", "submitted_by", "accepted_by")
        return super().get_queryset(request).select_related(*related).defer("model_version__content")

    @admin.display(description=_("release model"))
    def model_page(self, review: ModelReview) -> Any:
        return record_link(review.release_model)

    @admin.display(description=_("due on"), ordering="due_on")
    def due(self, review: ModelReview) -> Any:
        return _due(review, REVIEW_EDITABLE)

    def editable_fields(self, obj: ModelReview | None) -> Any:
        written = ("reviewer", "due_on", "verdict", "conclusions")
        return written if obj is None or obj.status in REVIEW_EDITABLE else ()

    def perform_update(self, obj: ModelReview, data: dict[str, Any], by: Actor) -> ModelReview:
        return actions.change_model_review(review=obj, by=by, **data)


def adoption_context(owner: Any, request: HttpRequest, review: ApproachReview) -> dict[str, Any]:
    """Adoption as it is kept with the review, and what is to follow from it."""
    actions_open = review.improvement_actions.select_related("owner").order_by("pk")
    return {"review": review, "parts": review.figures.get("parts", []), "improvement_actions": actions_open}


@admin.register(ApproachReview)
class ApproachReviewAdmin(LifecycleAdmin):
    """Whether the organisation releases as its approach says. A review comes by itself when its day has come."""

    steps = APPROACH_REVIEW_STEPS
    road = ("due", "in_progress", "submitted", "accepted")
    danger_steps = ("send_back",)
    edit_roles = (Role.RELEASE_MANAGER,)
    add_roles = ()
    delete_roles = ()
    list_display = ("key", "approach", "status_badge", "due", "verdict", "reviewer", "accepted_by")
    list_filter = ("status", "verdict", "approach", "due_on")
    search_fields = ("key__istartswith", "approach__name__icontains", "conclusions__icontains")
    list_select_related = ("approach", "reviewer", "accepted_by")
    fields = ("approach_page", "reviewer", "due_on", "verdict", "conclusions", "submitted_by", "accepted_by")
    readonly_fields = ("approach_page", "submitted_by", "accepted_by")
    tabs = (Tab("adoption", _("Adoption"), "admin/reviews/adoption.html", adoption_context),)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        related = ("approach", "approach_version__approach", "reviewer", "submitted_by", "accepted_by")
        return super().get_queryset(request).select_related(*related)

    @admin.display(description=_("release approach"))
    def approach_page(self, review: ApproachReview) -> Any:
        return record_link(review.approach)

    @admin.display(description=_("due on"), ordering="due_on")
    def due(self, review: ApproachReview) -> Any:
        return _due(review, REVIEW_EDITABLE)

    def editable_fields(self, obj: ApproachReview | None) -> Any:
        written = ("reviewer", "due_on", "verdict", "conclusions")
        return written if obj is None or obj.status in REVIEW_EDITABLE else ()

    def perform_update(self, obj: ApproachReview, data: dict[str, Any], by: Actor) -> ApproachReview:
        return actions.change_approach_review(review=obj, by=by, **data)


@admin.register(ImprovementAction)
class ImprovementActionAdmin(LifecycleAdmin):
    """What is to be done better, from a review or on its own."""

    steps = ACTION_STEPS
    road = ("open", "in_progress", "done")
    danger_steps = ("drop",)
    edit_roles = WRITERS
    delete_roles = ()
    list_display = ("key", "title", "status_badge", "kind", "owner", "due", "release_model")
    list_display_links = ("key", "title")
    list_filter = ("status", "kind", "release_model", "due_on")
    search_fields = ("key__istartswith", "title__icontains", "review__release__key__icontains")
    list_select_related = ("owner", "release_model")
    fields = (
        "title",
        "detail",
        "kind",
        "review",
        "model_review",
        "approach_review",
        "owner",
        "due_on",
        "release_model",
        "answered_by",
        "answered_by_approach",
        "drop_reason",
    )
    readonly_fields = ("drop_reason",)

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return (
            super()
            .get_queryset(request)
            .select_related("review__release", "owner", "answered_by__model", "answered_by_approach__approach")
        )

    @admin.display(description=_("due on"), ordering="due_on")
    def due(self, action: ImprovementAction) -> Any:
        return _due(action, ACTION_EDITABLE)

    def editable_fields(self, obj: ImprovementAction | None) -> Any:
        if obj is None:
            return None
        written = ("title", "detail", "kind", "owner", "due_on", "release_model", "answered_by", "answered_by_approach")
        return written if obj.status in ACTION_EDITABLE else ()

    def perform_create(self, data: dict[str, Any], by: Actor) -> ImprovementAction:
        return actions.open_improvement_action(by=by, **data)

    def perform_update(self, obj: ImprovementAction, data: dict[str, Any], by: Actor) -> ImprovementAction:
        return actions.change_improvement_action(action=obj, by=by, **data)


@admin.register(Survey)
class SurveyAdmin(RecordAdmin):
    """Who was asked about a release, and what they said; scores show from five answers on."""

    edit_roles = WRITERS
    delete_roles = ()
    list_display = ("key", "release", "purpose", "is_open", "closes")
    list_filter = ("purpose", "closes_at")
    search_fields = ("key__istartswith", "release__key__icontains", "release__title__icontains")
    list_select_related = ("release",)
    autocomplete_fields = ("release",)
    tabs = (
        Tab("results", _("Results"), "admin/reviews/results.html", lambda admin, request, obj: queries.results_of(obj)),
    )

    def get_fields(self, request: HttpRequest, obj: Survey | None = None) -> list[str]:
        return ["release", "purpose", "closes_at"] if obj is None else ["release", "purpose", "opens_at", "closes_at"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("open"), boolean=True)
    def is_open(self, survey: Survey) -> bool:
        return survey.is_open(now())

    @admin.display(description=_("closes"), ordering="closes_at")
    def closes(self, survey: Survey) -> Any:
        return moment(survey.closes_at)

    def perform_create(self, data: dict[str, Any], by: Actor) -> Survey:
        return actions.open_survey(by=by, **data)


@admin.register(Benefit)
class BenefitAdmin(RecordAdmin):
    """What releases are to bring, and what they brought."""

    edit_roles = WRITERS
    list_display = ("expected", "release", "measure", "target", "measured_value", "is_met")
    list_filter = ("is_met",)
    search_fields = ("expected__icontains", "release__key__icontains")
    list_select_related = ("release",)
    autocomplete_fields = ("release",)
    fields = ("release", "expected", "measure", "target", "measured_value", "is_met")

    def editable_fields(self, obj: Benefit | None) -> Any:
        stated = ("expected", "measure", "target")
        return ("release", *stated) if obj is None else (*stated, "measured_value", "is_met")

    def perform_create(self, data: dict[str, Any], by: Actor) -> Benefit:
        wanted = ("release", "expected", "measure", "target")
        return actions.state_benefit(by=by, **{name: data[name] for name in wanted if name in data})

    def perform_update(self, obj: Benefit, data: dict[str, Any], by: Actor) -> Benefit:
        return actions.change_benefit(benefit=obj, by=by, **data)

    def perform_destroy(self, obj: Benefit, by: Actor) -> None:
        actions.remove_benefit(benefit=obj, by=by)


def review_of_release(owner: Any, request: HttpRequest, release: Release) -> dict[str, Any]:
    """The review of a release with its steps, its improvement actions, its surveys and benefits."""
    return queries.aftermath_of(release, request.user)


offer_tab("releases.release", Tab("review", _("Review"), "admin/reviews/of_release.html", review_of_release))


def effectiveness_of_model(owner: Any, request: HttpRequest, model: ReleaseModel) -> dict[str, Any]:
    """Each version's figures in cells, and the gates."""
    found = queries.effectiveness_of(model)
    return {
        "found": found,
        "labels": list(SHARES.values()),
        "lines": [_line(one, one.version, one.before) for one in found.versions],
        "products": [_line(one, one.product) for one in found.products],
    }


def _line(figures: queries.Figures, of: Any, before: queries.Figures | None = None) -> dict[str, Any]:
    hours = figures.lead_time
    return {
        "of": of,
        "page": page_of(of),
        "releases": figures.releases,
        "lead_time": minutes_in_words(round(hours * 60)) if hours is not None else "",
        "cells": [_cell(name, figures, before) for name in SHARES],
    }


def _cell(name: str, figures: queries.Figures, before: queries.Figures | None) -> dict[str, Any]:
    share = getattr(figures, name)
    low, high = share.interval or (0, 1)
    return {
        "label": SHARES[name],
        "share": share,
        "percent": round(100 * (share.value or 0), 1),
        "low": round(100 * low, 1),
        "high": round(100 * high, 1),
        "change": share.against(getattr(before, name)) if before else "unknown",
    }


offer_tab(
    "release_models.releasemodel",
    Tab("effectiveness", _("Effectiveness"), "admin/reviews/effectiveness.html", effectiveness_of_model),
)


def dry_run_of_version(owner: Any, request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    """The version against releases that are over."""
    among = request.GET.get("among", queries.MODEL)
    found = queries.dry_run_of(version, among=among if among in queries.AMONG else queries.MODEL)
    return {
        "found": found,
        "tried": len(found.tried),
        "blocked": [(one, page_of(one.release)) for one in found.blocked],
    }


offer_tab(
    "release_models.modelversion",
    Tab(
        "dry-run",
        _("Against the past"),
        "admin/reviews/dry_run.html",
        dry_run_of_version,
        lambda owner, request, version: version.published_at is None and version.status != "withdrawn",
    ),
)
