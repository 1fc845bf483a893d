"""Users, roles and teams."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.accounts import actions, permissions, queries
from apps.accounts.models import RoleGrant, User
from apps.accounts.permissions import Role
from apps.core.actor import Actor, Door
from apps.core.errors import Invalid, NotFound, NotPermitted
from apps.core.models import AuditEntry, OutboxEvent

SYSTEM = Actor(Door.COMMAND, name="test")
ONE_ROLE = {
    permissions.is_release_manager: Role.RELEASE_MANAGER,
    permissions.is_approver: Role.APPROVER,
    permissions.is_contributor: Role.CONTRIBUTOR,
    permissions.is_service_owner: Role.SERVICE_OWNER,
    permissions.is_auditor: Role.AUDITOR,
    permissions.is_integration: Role.INTEGRATION,
    permissions.is_administrator: Role.ADMINISTRATOR,
}


@pytest.mark.parametrize("permission", ONE_ROLE, ids=lambda one: one.__name__)
@pytest.mark.parametrize("role", Role.values)
def test_each_permission_is_passed_by_its_own_role_alone(nia: User, permission, role: str) -> None:
    actions.grant_role(user=nia, role=role, by=SYSTEM)
    assert permission(None, nia) is (ONE_ROLE[permission] == role)


def test_a_superuser_without_a_role_may_do_nothing(nia: User) -> None:
    assert nia.is_superuser
    assert not any(permission(None, nia) for permission in [*ONE_ROLE, permissions.may_read])


def test_whoever_has_left_passes_nothing(ravi: User, by_ada: Actor) -> None:
    assert permissions.is_release_manager(None, ravi)
    left = actions.change_user(user=ravi, is_active=False, by=by_ada)
    assert not permissions.is_release_manager(None, left)
    assert not permissions.may_read(None, left)


def test_nobody_passes_nothing() -> None:
    assert not permissions.may_read(None, None)
    assert not permissions.has_role(None, *Role.values)


def test_every_permission_says_why_not() -> None:
    for permission in [*ONE_ROLE, permissions.may_read, permissions.may_issue_token]:
        assert permission.__doc__.startswith("Only ")


def test_a_granted_role_counts_at_once_and_leaves_a_trace(nia: User, by_ada: Actor) -> None:
    assert not permissions.is_approver(None, nia)
    actions.grant_role(user=nia, role=Role.APPROVER, by=by_ada, note="joins the board")
    assert permissions.is_approver(None, nia)
    entry = AuditEntry.objects.get(event="accounts.rolegrant.grant", subject_key="nia/approver")
    assert (entry.actor_name, entry.root_key, entry.note) == ("ada", "nia", "joins the board")
    assert OutboxEvent.objects.filter(name="accounts.rolegrant.grant", subject_key="nia/approver").count() == 1


def test_granting_twice_is_harmless(nia: User, by_ada: Actor) -> None:
    first = actions.grant_role(user=nia, role=Role.APPROVER, by=by_ada)
    assert actions.grant_role(user=nia, role=Role.APPROVER, by=by_ada).pk == first.pk
    assert RoleGrant.objects.filter(user=nia).count() == 1


def test_a_revoked_role_is_gone_and_remembered(ravi: User, by_ada: Actor) -> None:
    actions.revoke_role(user=ravi, role=Role.RELEASE_MANAGER, by=by_ada)
    assert not permissions.is_release_manager(None, ravi)
    assert AuditEntry.objects.filter(event="accounts.rolegrant.revoke", subject_key="ravi/release_manager").exists()
    with pytest.raises(NotFound):
        actions.revoke_role(user=ravi, role=Role.RELEASE_MANAGER, by=by_ada)


def test_only_an_administrator_grants_roles(ravi: User, by_ravi: Actor) -> None:
    with pytest.raises(NotPermitted, match="Only an administrator"):
        actions.grant_role(user=ravi, role=Role.ADMINISTRATOR, by=by_ravi)
    with pytest.raises(NotPermitted):
        actions.revoke_role(user=ravi, role=Role.RELEASE_MANAGER, by=by_ravi)
    assert RoleGrant.objects.filter(user=ravi).count() == 1


def test_an_unknown_role_is_named_with_the_known_ones(nia: User, by_ada: Actor) -> None:
    with pytest.raises(Invalid, match="release_manager"):
        actions.grant_role(user=nia, role="king", by=by_ada)


def test_a_user_reads_the_roles_once(ravi: User, django_assert_num_queries) -> None:
    fresh = User.objects.get(pk=ravi.pk)
    with django_assert_num_queries(1):
        assert permissions.has_role(fresh, Role.RELEASE_MANAGER)
        assert not permissions.has_role(fresh, Role.AUDITOR)
    RoleGrant.objects.filter(user=ravi).delete()
    fresh.refresh_from_db()
    assert not permissions.has_role(fresh, Role.RELEASE_MANAGER)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"username": "RAVI"}, "username"),
        ({"username": "rav", "email": "RAVI@Example.org"}, "email"),
        ({"username": "rav", "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"username": "rav", "language": "tlh"}, "language"),
        ({"username": ""}, "username"),
        ({"username": "rav", "password": "123"}, "password"),
    ],
)
def test_a_bad_account_is_refused_by_field(ravi: User, by_ada: Actor, fields: dict, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        actions.create_user(by=by_ada, **fields)
    assert field in {error.pointer for error in refused.value.errors}
    assert not User.objects.filter(username="rav").exists()


def test_the_database_itself_holds_one_account_per_address(ravi: User) -> None:
    user = User(username="other", email="Ravi@Example.org")
    with pytest.raises(Exception, match="(?i)unique"):
        user.save()


def test_several_accounts_may_have_no_address(db: None) -> None:
    actions.create_user(username="tool-a", by=SYSTEM)
    actions.create_user(username="tool-b", by=SYSTEM)
    assert User.objects.filter(email="").count() == 2


def test_a_password_never_reaches_the_trail(ravi: User, by_ada: Actor) -> None:
    changed = actions.set_password(user=ravi, password="a long and quiet evening", by=by_ada)
    assert changed.check_password("a long and quiet evening")
    entry = AuditEntry.objects.get(event="accounts.user.set_password")
    assert changed.password not in str(entry.changes) + str(entry.data)
    for entry in AuditEntry.objects.filter(subject_type="accounts.user"):
        assert "$" not in str(entry.changes)


def test_only_an_administrator_changes_accounts(ravi: User, by_ravi: Actor) -> None:
    with pytest.raises(NotPermitted):
        actions.create_user(username="friend", by=by_ravi)
    with pytest.raises(NotPermitted):
        actions.change_user(user=ravi, email="x@example.org", by=by_ravi)
    with pytest.raises(NotPermitted):
        actions.set_password(user=ravi, password="a long and quiet evening", by=by_ravi)


def test_people_are_found_by_role_and_by_team(ada: User, ravi: User, olu: User, by_ada: Actor) -> None:
    team = actions.create_team(slug="payments", name="Payments", by=by_ada)
    actions.add_member(team=team, user=ravi, is_lead=True, by=by_ada)
    actions.add_member(team=team, user=olu, by=by_ada)
    assert list(queries.people_in_team("payments").order_by("username")) == [olu, ravi]
    assert list(queries.leads_of_team("payments")) == [ravi]
    assert list(queries.teams_of(olu)) == [team]
    assert list(queries.people_with_role(Role.RELEASE_MANAGER)) == [ravi]
    actions.change_user(user=ravi, is_active=False, by=by_ada)
    assert not queries.people_with_role(Role.RELEASE_MANAGER).exists()
    assert list(queries.people_in_team("payments")) == [olu]


def test_team_membership_belongs_to_the_teams_timeline(ravi: User, by_ada: Actor) -> None:
    team = actions.create_team(slug="payments", name="Payments", by=by_ada)
    member = actions.add_member(team=team, user=ravi, by=by_ada)
    member = actions.change_member(membership=member, is_lead=True, by=by_ada)
    actions.remove_member(membership=member, by=by_ada)
    events = AuditEntry.objects.filter(root_type="accounts.team", root_key="payments").order_by("id")
    assert [entry.event.rpartition(".")[2] for entry in events] == ["create", "add", "change", "remove"]


def test_the_first_administrator_comes_from_the_command_line(nia: User, capsys) -> None:
    call_command("grant_role", "nia", "administrator", "auditor")
    assert "nia: administrator, auditor" in capsys.readouterr().out
    assert permissions.is_administrator(None, User.objects.get(username="nia"))
    with pytest.raises(CommandError, match="no user"):
        call_command("grant_role", "nobody", "auditor")
    with pytest.raises(CommandError, match="no role"):
        call_command("grant_role", "nia", "king")
