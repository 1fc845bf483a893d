"""Evidence over the API: read at the door, kept by digest, refused in words."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.actions import issue_token
from apps.releases import actions as releases
from apps.releases.models import Evidence, EvidenceFile
from tests.factories import release_in
from tests.people import SYSTEM, acting, person

pytestmark = pytest.mark.django_db
GREEN = b'<testsuite tests="1"><testcase name="a"/></testsuite>'


class Caller:
    """Somebody with a token, sending files."""

    def __init__(self, name: str, scopes: tuple[str, ...] = ("*",)) -> None:
        self.token = issue_token(user=person(name), scopes=list(scopes), by=SYSTEM)[1]
        self.client = Client(raise_request_exception=False)

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **{k.replace("_", "-"): v for k, v in more.items()}}

    def post(self, path: str, body: bytes = b"", content_type: str = "application/octet-stream", **headers: str):
        return self.client.generic(
            "POST", f"/api/v1/{path}", body, content_type=content_type, headers=self.headers(**headers)
        )

    def get(self, path: str, **headers: str):
        return self.client.get(f"/api/v1/{path}", headers=self.headers(**headers))


@pytest.fixture
def carl():
    return Caller("carl")


@pytest.fixture
def release():
    return release_in("planning")


def test_a_file_as_the_body(carl, release):
    answer = carl.post(f"releases/{release.key}/evidence/?kind=junit&component=payments-api", GREEN)
    assert answer.status_code == 201
    assert answer["Location"] == f"/api/v1/releases/{release.key}/evidence/1/"
    said = answer.json()
    assert (said["number"], said["kind"], said["component"], said["size"]) == (1, "junit", "payments-api", len(GREEN))
    assert said["understood"]["summary"] == "JUnit report of 1 tests: 0 failed, 0 in error, 0 skipped"
    assert carl.get(f"releases/{release.key}/evidence/1/content/").content == GREEN
    listed = carl.get(f"releases/{release.key}/evidence/?kind=junit").json()["results"]
    assert [one["sha256"] for one in listed] == [said["sha256"]]


def test_a_file_as_a_form(carl, release):
    answer = carl.client.post(
        f"/api/v1/releases/{release.key}/evidence/?kind=junit",
        {"file": SimpleUploadedFile("report.xml", GREEN, "text/xml")},
        headers=carl.headers(),
    )
    assert answer.status_code == 201
    assert (answer.json()["filename"], answer.json()["media_type"]) == ("report.xml", "text/xml")


def test_a_real_sbom_is_understood(carl, release, shared_data):
    bom = shared_data / "05a-cyclonedx/bom-examples/SBOM/proton-bridge/proton-bridge-v1.8.0.bom.json"
    answer = carl.post(f"releases/{release.key}/evidence/?kind=sbom", bom.read_bytes(), "application/json")
    assert answer.status_code == 201
    assert answer.json()["understood"]["subject"]["version"] == "v1.8.0"


@pytest.mark.parametrize(
    ("query", "body", "status", "pointer"),
    [
        (
            "?kind=sbom",
            b'{"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"name": "x"}]}',
            400,
            "/components/0",
        ),
        ("?kind=sbom", b"{", 400, ""),
        ("?kind=junit", b"<!DOCTYPE x [<!ENTITY a 'b'>]><testsuite>&a;</testsuite>", 400, ""),
        ("?kind=junit", b"", 400, "/file"),
        ("?kind=nonsense", GREEN, 400, "?kind"),
        ("", GREEN, 400, "?kind"),
        ("?kind=junit&component=nowhere", GREEN, 400, "?component"),
        ("?kind=junit&colour=red", GREEN, 400, "?colour"),
    ],
)
def test_bad_evidence_is_refused_and_nothing_is_kept(carl, release, query, body, status, pointer):
    answer = carl.post(f"releases/{release.key}/evidence/{query}", body)
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Evidence.objects.exists()
    assert not EvidenceFile.objects.exists()


def test_a_file_that_is_too_large_is_refused(carl, release):
    answer = carl.post(f"releases/{release.key}/evidence/?kind=other", b"x" * (16 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert not EvidenceFile.objects.exists()


def test_a_repeat_with_the_same_key_is_answered_and_kept_once(carl, release):
    path = f"releases/{release.key}/evidence/?kind=junit"
    first = carl.post(path, GREEN, Idempotency_Key="k1")
    again = carl.post(path, GREEN, Idempotency_Key="k1")
    other = carl.post(path, GREEN + b" ", Idempotency_Key="k1")
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 422)
    assert again["Idempotent-Replayed"] == "true"
    assert Evidence.objects.count() == 1


def test_the_same_file_brought_twice_is_kept_once(carl, release):
    path = f"releases/{release.key}/evidence/?kind=junit"
    assert carl.post(path, GREEN).json()["number"] == carl.post(path, GREEN).json()["number"] == 1


@pytest.mark.parametrize(
    ("name", "status"), [("audrey", 403), ("adam", 403), ("nora", 403), ("ida", 201), ("rosa", 201)]
)
def test_who_may_bring_evidence(release, name, status):
    assert Caller(name).post(f"releases/{release.key}/evidence/?kind=junit", GREEN).status_code == status


def test_a_token_needs_the_scope(release):
    assert Caller("carl", ("read",)).post(f"releases/{release.key}/evidence/?kind=junit", GREEN).status_code == 403
    wide = Caller("carl", ("releases:write",))
    assert wide.post(f"releases/{release.key}/evidence/?kind=junit", GREEN).status_code == 201


def test_a_sealed_release_takes_no_more(carl):
    closed = release_in("closed")
    answer = carl.post(f"releases/{closed.key}/evidence/?kind=junit", GREEN)
    assert answer.status_code == 409
    assert answer.json()["blockers"][0]["code"] == "evidence_sealed"


def test_kinds_of_checks_are_listed_with_their_parameters(carl):
    kinds = {kind["slug"]: kind for kind in carl.get("check-kinds/").json()["results"]}
    assert {"artifact_digest", "sbom", "junit", "manual", "http_probe"} <= set(kinds)
    assert "health_url" in kinds["http_probe"]["params"]["properties"]["url"]["description"]


def test_a_file_brought_through_another_door_is_read_later(release, drain):
    stored = releases.store_evidence(release=release, kind="junit", content=GREEN, by=acting("carl"))
    broken = releases.store_evidence(release=release, kind="sbom", content=b"{}", by=acting("carl"))
    drain()
    assert Evidence.objects.get(pk=stored.pk).understood["tests"] == 1
    assert "neither CycloneDX" in Evidence.objects.get(pk=broken.pk).understood["summary"]


KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExRRST79+PsrRBnGAI4cMu6Omz2Jh
fwlMW+gIutNKVRaMyS4rQKvgngc5p8UbLj55pVHhIoAxi/SRgURZI0J3Xw==
-----END PUBLIC KEY-----"""


def test_trusted_keys_are_the_administrators(release):
    ivan = Caller("ivan")
    given = json.dumps({"slug": "builder", "name": "The builder", "public_key": KEY}).encode()
    assert Caller("rosa").post("trusted-keys/", given, "application/json").status_code == 403
    answer = ivan.post("trusted-keys/", given, "application/json")
    assert (answer.status_code, answer.json()["retired_at"]) == (201, None)
    assert ivan.post("trusted-keys/builder/retire/").json()["retired_at"] is not None
    broken = json.dumps({"slug": "b", "name": "b", "public_key": "hello"}).encode()
    answer = ivan.post("trusted-keys/", broken, "application/json")
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/public_key")
