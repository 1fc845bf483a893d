"""Accounts of people and tools."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts.actions.roles import grant_role
from apps.accounts.models import User
from apps.accounts.permissions import is_administrator
from apps.core import moves
from apps.core.actor import Actor
from apps.core.errors import FieldError, Invalid


@transaction.atomic
def create_user(
    *,
    username: str,
    by: Actor,
    email: str = "",
    password: str | None = None,
    roles: Iterable[str] = (),
    is_staff: bool = False,
    note: str = "",
    **fields: Any,
) -> User:
    """A new account. Without a password nobody can sign in to it; tokens still work."""
    moves.require(is_administrator, None, by)
    user = User(username=username, email=User.objects.normalize_email(email), is_staff=is_staff, **fields)
    if password is None:
        user.set_unusable_password()
    else:
        _check_password(password, user)
        user.set_password(password)
    user = moves.create(user, by=by, note=note)
    for role in roles:
        grant_role(user=user, role=role, by=by, note=note)
    return user


def change_user(*, user: User, by: Actor, note: str = "", **fields: Any) -> User:
    """Change what is known of a person, or close the account (`is_active=False`)."""
    moves.require(is_administrator, user, by)
    return moves.change(user, fields, by=by, note=note)


def set_password(*, user: User, password: str, by: Actor, note: str = "") -> User:
    """Give an account a new password. The audit trail says that, never what."""
    moves.require(is_administrator, user, by)
    _check_password(password, user)
    user.set_password(password)
    return moves.change(user, {"password": user.password}, by=by, verb="set_password", note=note)


def _check_password(password: str, user: User) -> None:
    try:
        validate_password(password, user)
    except ValidationError as error:
        faults = [FieldError("password", one.code or "invalid", " ".join(one.messages)) for one in error.error_list]
        raise Invalid(faults) from error
