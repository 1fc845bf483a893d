"""Groups of approvers that are asked only when their conditions hold, and the owners of what a release reaches."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from apps.accounts import actions as accounts
from apps.cmdb import actions as cmdb
from apps.cmdb.models import Party, RelationshipType, ServiceRelationship
from apps.core import moves
from apps.core.errors import Invalid, NotNow
from apps.release_models.content.asking import Asked, judge_group, when_in_words
from apps.releases import actions
from apps.releases.models import Release
from tests.core.api.conftest import Caller
from tests.factories import answer, ci, content_with, fresh, payments, prove, publish_model, release_in, team
from tests.people import SYSTEM, acting, person

FACTS = Asked("medium", "production", "minor", "data", 2, frozenset({"service", "datastore"}), 1)


@pytest.mark.parametrize(
    ("when", "is_asked"),
    [
        ({}, True),
        (None, True),
        ({"risk_at_least": "medium"}, True),
        ({"risk_at_least": "high"}, False),
        ({"environments": ["production"]}, True),
        ({"environments": ["staging"]}, False),
        ({"release_types": ["major"]}, False),
        ({"change_kinds": ["data", "infrastructure"]}, True),
        ({"ci_types": ["datastore"]}, True),
        ({"ci_types": ["host"]}, False),
        ({"criticality_at_most": 2}, True),
        ({"criticality_at_most": 1}, False),
        ({"consumers": True}, True),
        ({"risk_at_least": "low", "environments": ["staging"]}, False),
    ],
)
def test_every_condition_must_hold(when: dict[str, Any] | None, is_asked: bool) -> None:
    found = judge_group(when, FACTS)
    assert found.is_asked is is_asked
    assert bool(found.why) == bool(when)


def test_a_risk_that_nobody_stated_counts_as_any() -> None:
    assert judge_group({"risk_at_least": "high"}, Asked()).is_asked


def test_the_conditions_are_said_in_words() -> None:
    when = {"risk_at_least": "high", "environments": ["production"], "consumers": True}
    said = "the risk is high or higher and the environment is production and consumers or partners are touched"
    assert when_in_words(when) == said


GROUP = {"name": "Change authority", "who": {"role": "approver"}, "mode": "any"}


def with_groups(*groups: dict[str, Any]) -> dict[str, Any]:
    return content_with(approvals={"groups": list(groups), "bar": [], "distinct_people": True})


def asking(content: dict[str, Any], **fields: Any) -> Release:
    person("adam")
    release = prove(release_in("verifying", content=content, **fields))
    return actions.request_approval(release=release, by=acting("rosa"))


@pytest.mark.django_db
class TestRounds:
    def test_a_group_whose_conditions_do_not_hold_is_not_asked_and_the_reason_is_kept(self) -> None:
        board = {"name": "Board", "who": {"role": "service_owner"}, "when": {"risk_at_least": "high"}}
        release = asking(with_groups(GROUP, board), risk="low")
        assert [one["name"] for one in release.round.rules["groups"]] == ["Change authority"]
        why = "The risk is low; asked from high on."
        assert release.round.rules["left_out"] == [{"name": "Board", "why": why}]
        told = Caller(person("audrey")).get(f"releases/{release.key}/approvals/{release.round.key}/").json()
        assert told["not_asked"] == [{"name": "Board", "why": why}]
        client = Client()
        client.force_login(person("rosa"))
        page = client.get(f"/admin/releases/release/{release.pk}/change/?tab=approvals").content.decode()
        assert why in page
        assert answer(release, "adam").status == "scheduled"

    def test_one_whose_conditions_hold_is_needed(self) -> None:
        team("payments")
        board = {"name": "Board", "who": {"role": "service_owner"}, "when": {"risk_at_least": "high"}}
        release = asking(with_groups(GROUP, board), risk="high")
        assert answer(release, "adam").status == "awaiting_approval"
        assert answer(release, "sven").status == "scheduled"

    def test_where_nobody_would_be_asked_it_is_said_and_nothing_is_approved(self) -> None:
        only = {**GROUP, "when": {"environments": ["staging"]}}
        with pytest.raises(NotNow) as refused:
            asking(with_groups(only))
        assert [one.code for one in refused.value.blockers] == ["nobody_asked"]
        assert "asked for staging" in refused.value.blockers[0].message
        assert Release.objects.get().status == "verifying"

    def test_consumers_are_counted(self) -> None:
        bank = moves.create(Party(slug="bank", name="The bank"), by=SYSTEM)
        moves.create(ServiceRelationship(party=bank, service=payments()), by=SYSTEM)
        partners = {"name": "Partners' desk", "who": {"role": "release_manager"}, "when": {"consumers": True}}
        release = asking(with_groups(GROUP, partners))
        assert [one["name"] for one in release.round.rules["groups"]] == ["Change authority", "Partners' desk"]

    def test_each_team_whose_services_it_reaches_must_agree(self) -> None:
        olga = accounts.create_user(
            username="olga",
            email="olga@example.org",
            password="a tide waits for nobody",
            roles=["service_owner"],
            by=SYSTEM,
        )
        shops = team("shops")
        accounts.add_member(team=shops, user=olga, by=SYSTEM)
        depends = RelationshipType.objects.get(slug="depends-on")
        for name in ("shop", "kiosk"):
            cmdb.create_relationship(
                source=ci(name, type="service", owner=shops), type=depends, target=payments(), by=SYSTEM
            )
        alone = ci("nobody-cares", type="service")
        moves.change(alone, {"owner": None}, by=SYSTEM)
        cmdb.create_relationship(source=alone, type=depends, target=payments(), by=SYSTEM)
        owners = {"name": "Owners", "who": {"impacted_service_owners": True}}
        release = asking(with_groups(GROUP, owners))
        assert [one["name"] for one in release.round.rules["groups"]] == ["Change authority", "Owners: Shops"]
        assert "It reaches Kiosk, Shop." in release.round.rules["groups"][1]["because"]
        assert release.round.rules["left_out"] == [
            {"name": "Owners", "why": "Nobody owns Nobody cares, which it reaches."}
        ]
        assert answer(release, "adam").status == "awaiting_approval"
        release = fresh(release)
        actions.answer_approval(release=release, by=acting_as(olga), decision="approve", digest=release.round.digest)
        assert fresh(release).status == "scheduled"


def acting_as(user: Any) -> Any:
    return type(acting("rosa"))(acting("rosa").door, user=user)


@pytest.mark.django_db
def test_a_model_says_its_conditions_and_refuses_what_it_does_not_know() -> None:
    version = publish_model("conditional", content=with_groups({**GROUP, "when": {"risk_at_least": "high"}}))
    client = Client()
    client.force_login(person("rosa"))
    page = client.get(f"/admin/release_models/modelversion/{version.pk}/change/").content.decode()
    assert "only when the risk is high or higher" in page
    with pytest.raises(Invalid):
        publish_model("wrong", content=with_groups({**GROUP, "when": {"weather": "fair"}}))
