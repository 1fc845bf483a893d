"""Who wrote or built what a release brings does not approve it, where the model says so."""

from __future__ import annotations

import pytest

from apps.core.clock import now
from apps.core.errors import NotPermitted
from apps.releases import actions
from apps.verification import actions as verification
from tests.factories import answer, component, content_with, fresh, payments_api, release_in
from tests.people import SYSTEM, person

pytestmark = pytest.mark.django_db
RULES = {"groups": [{"name": "CA", "who": {"role": "approver"}, "mode": "any"}], "bar": ["author", "builder"]}
COMMIT = "c0ffee" + "0" * 34


@pytest.mark.parametrize(
    "origin", [{"authors": ["ADAM@example.org"]}, {"authors": ["adam", "nobody@else"]}, {"built_by": "adam"}]
)
def test_authors_and_builders_are_barred(origin):
    person("anna")
    release = release_in("awaiting_approval", content=content_with(approvals=RULES), components=[component(**origin)])
    assert list(release.round.barred.values_list("username", flat=True)) == ["adam"]
    with pytest.raises(NotPermitted, match="Segregation of duties"):
        answer(release, "adam")
    assert answer(release, "anna").status == "scheduled"


def test_a_pipeline_over_the_commit_says_who_wrote_and_built_it(drain):
    person("adam")
    brings = component(purl=f"pkg:generic/payments-api@2.0.0?vcs_url=git%2Bhttps://example.org/p.git%40{COMMIT}")
    release = release_in("verifying", content=content_with(approvals=RULES), components=[brings])
    ran = {"ci": payments_api(), "source": "github", "at": now(), "by": SYSTEM, "conclusion": "success"}
    verification.note_pipeline_run(
        **ran, external_id="1", commit=COMMIT, author="adam@example.org", started_by="octocat"
    )
    verification.note_pipeline_run(**ran, external_id="2", commit="d" * 40, author="anna@example.org")
    drain()
    part = fresh(release).components.get()
    assert (part.authors, part.built_by) == (["adam@example.org"], "octocat")


def test_where_a_scope_came_from_is_no_part_of_what_is_approved():
    release = release_in("scheduled")
    actions.note_origin(component=release.components.get(), authors=["carl"], built_by="ida", by=SYSTEM)
    assert actions.judge_release(release=fresh(release), by=SYSTEM).status == "scheduled"
