"""A shell pipeline against a running server: stopped at the gate, and let through as the approvals land.

The steps are taken from the very files that the how-to shows.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml

from tests.running_house import ROOT, RunningHouse
from tests.waiting import until

pytestmark = pytest.mark.services
HOWTO = ROOT / "docs/howto/gate"
SETUP = """
from apps.accounts import actions as accounts
from tests.factories import approve, release_in
from tests.people import SYSTEM, person
release = release_in("awaiting_approval")
token = lambda name: accounts.issue_token(user=person(name), scopes=["*"], by=SYSTEM)[1]
answer = {"key": release.key, "digest": release.round.digest, **{name: token(name) for name in ("rosa", "adam", "anna", "ida")}}
"""


def _step(name: str) -> str:
    """The shell step that waits, as it stands in the file."""
    text = (HOWTO / name).read_text()
    if name == "Jenkinsfile":
        return re.search(r"sh '''(.*?)'''", text, re.DOTALL)[1]
    told = yaml.safe_load(text)
    if name == "github-actions.yml":
        return told["jobs"]["deploy"]["steps"][0]["run"]
    if name == "gitlab-ci.yml":
        return told["wait-at-the-gate"]["script"][0]
    return next(one["script"]["source"] for one in told["spec"]["templates"] if one["name"] == "wait-at-the-gate")


PIPELINES = {
    "the one line": 'curl -f -s -S -H "Authorization: Bearer $TIDEGATE_TOKEN" '
    '"$TIDEGATE_URL/api/v1/releases/$RELEASE/gate/?strict=true&wait=$GATE_WAIT"',
    **{path.name: _step(path.name) for path in sorted(HOWTO.iterdir())},
}


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[RunningHouse]:
    house = RunningHouse(var=tmp_path_factory.mktemp("house"))
    house.manage("migrate", "-v0")
    house.start_web()
    try:
        yield house
    finally:
        house.stop()


def call(house: RunningHouse, token: str, path: str, body: dict) -> None:
    answer = httpx.post(
        f"{house.url}/api/v1/releases/{path}", json=body, headers={"Authorization": f"Bearer {token}"}, timeout=30
    )
    assert answer.is_success, answer.text


def pipeline(house: RunningHouse, told: dict, script: str, folder: Path, wait: int) -> subprocess.Popen:
    environment = {
        "PATH": os.environ["PATH"],
        "TIDEGATE_URL": house.url,
        "TIDEGATE_TOKEN": told["ida"],
        "RELEASE": told["key"],
        "GATE_WAIT": str(wait),
        "GATE_TRIES": "1",
    }
    guarded = f"({script}\n) && echo DEPLOYED"
    return subprocess.Popen(
        ["sh", "-e", "-c", guarded], cwd=folder, env=environment, text=True, stdout=-1, stderr=subprocess.STDOUT
    )


@pytest.mark.parametrize("name", PIPELINES)
def test_the_pipeline_stops_and_is_let_through_as_approvals_land(house, name, tmp_path):
    told = house.shell(SETUP)
    stopped = pipeline(house, told, PIPELINES[name], tmp_path, wait=1)
    said, _none = stopped.communicate(timeout=60)
    assert stopped.returncode != 0
    assert "DEPLOYED" not in said
    assert "423" in said
    if name != "the one line":
        assert "not_releasing" in said  # the log says why

    waiting = pipeline(house, told, PIPELINES[name], tmp_path, wait=60)
    for approver in ("adam", "anna"):
        assert waiting.poll() is None, "it went on before everybody had approved"
        call(house, told[approver], f"{told['key']}/approvals/", {"decision": "approve", "digest": told["digest"]})
    assert waiting.poll() is None, "approved is not started yet"
    call(house, told["rosa"], f"{told['key']}/transitions/", {"name": "start"})
    until(lambda: waiting.poll() is not None, seconds=30, what="the pipeline")
    assert (waiting.returncode, "DEPLOYED" in waiting.communicate()[0]) == (0, True)
