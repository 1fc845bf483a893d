"""The people of the tests, by name. Each is one role's face; fixtures are called like them.

rosa: release manager · rolf: another one · adam, anna: approvers · carl: contributor · sven: service owner of payments ·
audrey: auditor · ivan: administrator · ida: integration, a tool · nora: holds no role at all
"""

from __future__ import annotations

import pytest

from apps.accounts import actions as accounts
from apps.accounts.models import User
from apps.accounts.permissions import Role
from apps.core.actor import Actor, Door

PASSWORD = "a tide waits for nobody"
SYSTEM = Actor(Door.COMMAND, name="test")
ROLES = {
    "rosa": [Role.RELEASE_MANAGER],
    "rolf": [Role.RELEASE_MANAGER],
    "adam": [Role.APPROVER],
    "anna": [Role.APPROVER],
    "carl": [Role.CONTRIBUTOR],
    "sven": [Role.SERVICE_OWNER],
    "audrey": [Role.AUDITOR],
    "ivan": [Role.ADMINISTRATOR],
    "ida": [Role.INTEGRATION],
    "nora": [],
}


def person(name: str) -> User:
    """The person of this name, as they are now; made with a real action at first use."""
    known = User.objects.filter(username=name).first()
    return known or accounts.create_user(
        username=name,
        email=f"{name}@example.org",
        password=PASSWORD,
        roles=ROLES[name],
        is_staff=name not in ("ida", "nora"),
        first_name=name.capitalize(),
        by=SYSTEM,
    )


def acting(name: str, door: str = Door.ADMIN) -> Actor:
    """The person, acting through a door."""
    return Actor(door, user=person(name))


@pytest.fixture
def rosa(db: None) -> User:
    """Release manager."""
    return person("rosa")


@pytest.fixture
def rolf(db: None) -> User:
    """Another release manager."""
    return person("rolf")


@pytest.fixture
def adam(db: None) -> User:
    """Approver."""
    return person("adam")


@pytest.fixture
def anna(db: None) -> User:
    """Another approver."""
    return person("anna")


@pytest.fixture
def carl(db: None) -> User:
    """Contributor: does tasks."""
    return person("carl")


@pytest.fixture
def sven(db: None) -> User:
    """Service owner, in the team that owns payments."""
    return person("sven")


@pytest.fixture
def audrey(db: None) -> User:
    """Auditor: reads everything, changes nothing."""
    return person("audrey")


@pytest.fixture
def ivan(db: None) -> User:
    """Administrator."""
    return person("ivan")


@pytest.fixture
def ida(db: None) -> User:
    """Integration: a tool with a token."""
    return person("ida")


@pytest.fixture
def nora(db: None) -> User:
    """Somebody without any role."""
    return person("nora")
