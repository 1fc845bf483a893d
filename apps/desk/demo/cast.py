"""The people of the ferry line, and the tool that reports for them."""

from __future__ import annotations

from dataclasses import dataclass

from apps.accounts import actions as accounts
from apps.accounts.models import Team, User
from apps.accounts.permissions import Role
from apps.core.actor import Actor, Door

SEED = Actor(Door.COMMAND, name="seed")


@dataclass(frozen=True)
class Person:
    username: str
    first_name: str
    last_name: str
    roles: tuple[str, ...]
    teams: tuple[str, ...]
    does: str

    @property
    def email(self) -> str:
        return f"{self.username}@nordlicht.example"

    @property
    def password(self) -> str:
        return f"{self.username}-opens-the-gate"


PEOPLE = (
    Person("rosa", "Rosa", "Almeida", (Role.RELEASE_MANAGER,), ("releases",), "release manager"),
    Person(
        "rune", "Rune", "Dahl", (Role.RELEASE_MANAGER,), ("releases", "platform"), "release manager of the platform"
    ),
    Person("adam", "Adam", "Okafor", (Role.APPROVER,), ("change-authority",), "approver, change authority"),
    Person("anna", "Anna", "Lindqvist", (Role.APPROVER,), ("change-authority",), "approver, change authority"),
    Person("carl", "Carl", "Petersen", (Role.CONTRIBUTOR,), ("booking", "payments"), "contributor"),
    Person("kim", "Kim", "Haugen", (Role.CONTRIBUTOR,), ("platform", "boarding"), "contributor"),
    Person("sven", "Sven", "Aaltonen", (Role.SERVICE_OWNER,), ("booking", "payments"), "owner of booking and payments"),
    Person(
        "olga", "Olga", "Marttila", (Role.SERVICE_OWNER,), ("boarding", "platform"), "owner of boarding and platform"
    ),
    Person("audrey", "Audrey", "Chen", (Role.AUDITOR,), (), "auditor"),
    Person("ida", "Ida", "Novak", (Role.ADMINISTRATOR,), (), "administrator"),
)
TOOL = Person("ivan", "Ivan", "(pipeline)", (Role.INTEGRATION,), (), "integration, by token only")
TEAMS = {
    "releases": "Release management",
    "change-authority": "Change authority",
    "booking": "Booking",
    "payments": "Payments",
    "boarding": "Boarding",
    "platform": "Platform",
}


class Cast:
    """Everybody by name, as actors: `cast.rosa` works in the admin, `cast.ivan` reports through the API."""

    def __init__(self) -> None:
        self.users = {user.username: user for user in User.objects.filter(username__in=[one.username for one in ALL])}

    def __getattr__(self, name: str) -> Actor:
        user = self.users.get(name)
        if user is None:
            raise AttributeError(name)
        return Actor(Door.API if name == TOOL.username else Door.ADMIN, user=user)

    def by_mail(self, name: str) -> Actor:
        """The same person, answering from a link in a mail."""
        return Actor(Door.EMAIL, user=self.users[name])


ALL = (*PEOPLE, TOOL)


def gather() -> Cast:
    """Create the teams and everybody in them."""
    teams = {slug: accounts.create_team(slug=slug, name=name, by=SEED) for slug, name in TEAMS.items()}
    for person in ALL:
        _arrive(person, teams)
    return Cast()


def _arrive(person: Person, teams: dict[str, Team]) -> None:
    user = accounts.create_user(
        username=person.username,
        email=person.email,
        password=None if person is TOOL else person.password,
        roles=[str(role) for role in person.roles],
        is_staff=person is not TOOL,
        first_name=person.first_name,
        last_name=person.last_name,
        time_zone="Europe/Berlin",
        by=SEED,
    )
    for slug in person.teams:
        accounts.add_member(team=teams[slug], user=user, is_lead=Role.SERVICE_OWNER in person.roles, by=SEED)


def sign_ins() -> str:
    """Who may sign in, for the page that `runall` prints."""
    lines = [f"  {one.username:<7} {one.password:<24} {one.does}" for one in PEOPLE]
    return "\n".join(["Sign in to the demo as", *lines])
