from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from apps.accounts.models import RoleGrant, User
from apps.core import moves
from apps.core.actor import Actor, Door
from tests.charts.models import Sluice

ADA = Actor(Door.COMMAND, name="ada")


@pytest.fixture(autouse=True)
def _dyke_pages(settings) -> None:
    settings.ROOT_URLCONF = "tests.core.admin.sluices"


@pytest.fixture
def person(db) -> Callable[..., User]:
    """`person("keeper.anna", "release_manager")`: someone on the staff with these roles."""

    def make(username: str, *roles: str, **fields: object) -> User:
        user = moves.create(User(username=username, password="!", is_staff=True, **fields), by=ADA)
        for role in roles:
            moves.create(RoleGrant(user=user, role=role), by=ADA)
        return user

    return make


@pytest.fixture
def sign_in() -> Callable[[User], Client]:
    def make(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return make


@pytest.fixture
def keeper(person) -> User:
    return person("keeper.anna", "release_manager", first_name="Anna", last_name="Berg", time_zone="Europe/Berlin")


@pytest.fixture
def at_work(keeper, sign_in) -> Client:
    """Anna, a keeper and release manager, at her admin."""
    return sign_in(keeper)


@pytest.fixture
def sluice(db) -> Callable[..., Sluice]:
    def make(key: str = "SL-1", **fields: object) -> Sluice:
        return moves.create(Sluice(key=key, **fields), by=ADA)

    return make
