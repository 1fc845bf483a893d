"""Named people: Ada administers, Ravi manages releases, Olu audits, Nia holds no role."""

from __future__ import annotations

import pytest

from apps.accounts.actions import create_user
from apps.accounts.models import User
from apps.accounts.permissions import Role
from apps.core.actor import Actor, Door

SYSTEM = Actor(Door.COMMAND, name="test")


@pytest.fixture
def ada(db: None) -> User:
    return create_user(username="ada", email="ada@example.org", roles=[Role.ADMINISTRATOR], by=SYSTEM)


@pytest.fixture
def ravi(db: None) -> User:
    return create_user(username="ravi", email="ravi@example.org", roles=[Role.RELEASE_MANAGER], by=SYSTEM)


@pytest.fixture
def olu(db: None) -> User:
    return create_user(username="olu", roles=[Role.AUDITOR], by=SYSTEM)


@pytest.fixture
def nia(db: None) -> User:
    return create_user(username="nia", by=SYSTEM, is_superuser=True, is_staff=True)


@pytest.fixture
def by_ada(ada: User) -> Actor:
    return Actor(Door.ADMIN, user=ada)


@pytest.fixture
def by_ravi(ravi: User) -> Actor:
    return Actor(Door.ADMIN, user=ravi)
