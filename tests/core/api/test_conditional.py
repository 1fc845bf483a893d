"""ETags: what has not changed is not sent again, what has changed is not overwritten unseen."""

from __future__ import annotations

import pytest

from apps.accounts.actions import add_member, change_team
from apps.accounts.models import Team
from apps.core.models import AuditEntry

from .conftest import SYSTEM, Caller, person, problem


def test_a_read_that_is_repeated_costs_no_body(ada: Caller, payments: Team) -> None:
    for path in ("teams/payments/", "teams/"):
        first = ada.get(path)
        again = ada.get(path, If_None_Match=first["ETag"])
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
        assert again["X-Request-ID"]
        change_team(team=payments, name=f"After {path}", by=SYSTEM)
        assert ada.get(path, If_None_Match=first["ETag"]).status_code == 200


@pytest.mark.parametrize("given", ["*", '"other", {tag}', "W/{tag}"])
def test_every_way_to_name_what_one_has(ada: Caller, payments: Team, given: str) -> None:
    tag = ada.get("teams/payments/")["ETag"]
    assert ada.get("teams/payments/", If_None_Match=given.replace("{tag}", tag)).status_code == 304


@pytest.mark.parametrize("given", ["", '"other"', "nonsense", "W/", '"'])
def test_what_one_does_not_have_is_sent(ada: Caller, payments: Team, given: str) -> None:
    assert ada.get("teams/payments/", If_None_Match=given).status_code == 200


def test_the_tag_of_a_record_begins_with_its_version(ada: Caller, payments: Team) -> None:
    assert ada.get("teams/payments/")["ETag"].startswith('"1-')
    changed = ada.patch("teams/payments/", {"name": "Pay"})
    assert changed["ETag"].startswith('"2-')
    assert ada.get("teams/payments/")["ETag"] == changed["ETag"]


def test_the_second_writer_with_the_same_tag_is_told(ada: Caller, payments: Team) -> None:
    tag = ada.get("teams/payments/")["ETag"]
    assert ada.patch("teams/payments/", {"name": "First"}, If_Match=tag).status_code == 200
    told = problem(ada.patch("teams/payments/", {"name": "Second"}, If_Match=tag), 412)
    assert "Version 2" in told["detail"]
    problem(ada.delete("teams/payments/", If_Match=tag), 412)
    payments.refresh_from_db()
    assert (payments.name, payments.version) == ("First", 2)
    assert AuditEntry.objects.filter(event="accounts.team.change").count() == 1


def test_a_write_behind_the_readers_back_is_seen_under_the_lock(ada: Caller, payments: Team, monkeypatch) -> None:
    """Another writer gets in after the record was read and before its version is checked."""
    tag = ada.get("teams/payments/")["ETag"]
    view = "apps.accounts.api.teams.TeamViewSet.check_object_permissions"
    monkeypatch.setattr(view, lambda *_: change_team(team=payments, name="Other", by=SYSTEM))
    problem(ada.patch("teams/payments/", {"name": "Mine"}, If_Match=tag), 412)
    payments.refresh_from_db()
    # The other write was made inside this request's transaction here, so it went with the refusal: nothing is half done.
    assert payments.name == "Payments"


def test_any_version_will_do_when_asked_so(ada: Caller, payments: Team) -> None:
    assert ada.patch("teams/payments/", {"name": "X"}, If_Match="*").status_code == 200
    assert ada.patch("teams/payments/", {"name": "Y"}, If_Match='"1-a", "2-b"').status_code == 200
    assert ada.patch("teams/payments/", {"name": "Z"}).status_code == 200


@pytest.mark.parametrize("given", ["7", "", "version 1", '"'])
def test_a_condition_that_is_none_is_refused(ada: Caller, payments: Team, given: str) -> None:
    problem(ada.patch("teams/payments/", {"name": "X"}, If_Match=given), 400)


@pytest.mark.parametrize("given", ['"x-1"', '"99999999999999999999-a"', '"-"'])
def test_a_foreign_tag_matches_nothing(ada: Caller, payments: Team, given: str) -> None:
    problem(ada.patch("teams/payments/", {"name": "X"}, If_Match=given), 412)


def test_a_part_that_changes_shows_in_its_own_tag(ada: Caller, payments: Team) -> None:
    add_member(team=payments, user=person("mia"), by=SYSTEM)
    tag = ada.get("teams/payments/members/mia/")["ETag"]
    assert ada.patch("teams/payments/members/mia/", {"is_lead": True}, If_Match=tag).json()["is_lead"] is True
    problem(ada.delete("teams/payments/members/mia/", If_Match=tag), 412)


def test_answers_may_be_kept_but_must_be_checked(ada: Caller, payments: Team) -> None:
    assert ada.get("teams/payments/")["Cache-Control"] == "private, no-cache"
