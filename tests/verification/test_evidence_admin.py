"""The admin refuses what the API refuses: a file that is not what it claims to be is not kept."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.releases.models import Evidence
from tests.factories import release_in
from tests.people import person
from tests.verification.factory import PROTON

pytestmark = pytest.mark.django_db


def bring(kind: str, content: bytes, name: str = "carl"):
    release = release_in("verifying")
    client = Client()
    client.force_login(person(name), backend="django.contrib.auth.backends.ModelBackend")
    url = f"/admin/releases/release/{release.pk}/do/evidence/"
    return client.post(url, {"kind": kind, "file": SimpleUploadedFile("given.json", content)})


@pytest.mark.parametrize(
    ("kind", "content", "words"),
    [
        ("sbom", b'{"bomFormat": "CycloneDX"}', "specVersion"),
        ("sbom", b"not even JSON", "JSON"),
        ("junit", b"<html/>", ""),
        ("attestation", b"{}", ""),
        ("coverage", b"<coverage>", ""),
    ],
)
def test_a_broken_file_is_refused_in_words_and_not_kept(kind, content, words):
    answer = bring(kind, content)
    assert answer.status_code in (400, 200)
    assert 'role="alert"' in answer.content.decode()
    assert words in answer.content.decode()
    assert not Evidence.objects.exists()


def test_a_real_one_is_kept_with_what_it_says(shared_data):
    assert bring("sbom", (shared_data / PROTON.format("1.8.0")).read_bytes()).status_code == 302
    assert "cyclonedx" in Evidence.objects.get().understood["format"]
