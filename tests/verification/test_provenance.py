"""Provenance: signatures of real envelopes against real keys, and every way to get it wrong."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from apps.core.errors import Invalid
from apps.verification.evidence.attestation import checked_key, pae, read_attestations, signed_by
from apps.verification.kinds import kind_named
from apps.verification.kinds.result import ERROR, FAILED, NO_DATA, PASSED
from apps.verification.kinds.subject import Part
from tests.conftest import SHARED_DATA
from tests.verification.factory import document, subject

FOLDER = SHARED_DATA / "05c-attestations"
SLSA = "slsa-verifier/binary-linux-amd64-multi-subject-first.intoto.jsonl"
BUILDER = "https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_generic_slsa3.yml@refs/heads/main"


def pem_of(public_key) -> str:
    return public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def key_in(path: Path) -> str:
    """The public key of the certificate that a real file carries."""
    told = (
        json.loads(path.read_text("utf-8").splitlines()[0]) if path.suffix == ".jsonl" else json.loads(path.read_text())
    )
    if "signatures" in told:
        return pem_of(x509.load_pem_x509_certificate(told["signatures"][0]["cert"].encode()).public_key())
    material = told["verificationMaterial"]
    raw = material.get("certificate") or material["x509CertificateChain"]["certificates"][0]
    return pem_of(x509.load_der_x509_certificate(base64.b64decode(raw["rawBytes"])).public_key())


def run(content: bytes | Path, digest: str, *keys: tuple[str, str], params=None):
    part = Part(key="thing", name="Thing", version="1.0", digest=digest)
    brought = [document("attestation", content)] if content else []
    return kind_named("provenance").run(subject(*brought, parts=[part], params=params, trusted_keys=keys))


# --- the published vector, and envelopes made here ------------------------------------------------------------------


def test_the_vector_of_the_dsse_specification():
    x = 46950820868899156662930047687818585632848591499744589407958293238635476079160
    y = 5640078356564379163099075877009565129882514886557779369047442380624545832820
    key = pem_of(ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key())
    envelope = {
        "payload": "aGVsbG8gd29ybGQ=",
        "payloadType": "http://example.com/HelloWorld",
        "signatures": [
            {"sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}
        ],
    }
    (read,) = read_attestations(json.dumps(envelope).encode())
    assert pae(read.payload_type, read.payload) == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert signed_by(read, [("spec", key)]) == "spec"
    assert signed_by(replace(read, payload=b"hello worle"), [("spec", key)]) == ""
    assert signed_by(replace(read, payload_type="http://example.com/HelloWorle"), [("spec", key)]) == ""


DIGEST = "sha256:" + "a" * 64


def envelope(
    sign, *, digest: str = DIGEST, predicate: dict | None = None, kind="https://slsa.dev/provenance/v1"
) -> bytes:
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [
            {"name": "other", "digest": {"sha256": "c" * 64}},
            {"name": "x", "digest": dict([digest.split(":")])},
        ],
        "predicateType": kind,
        "predicate": predicate
        or {
            "runDetails": {"builder": {"id": "https://builder.example/1"}},
            "buildDefinition": {"resolvedDependencies": [{"uri": "git+https://git.example/acme/thing@refs/tags/v1"}]},
        },
    }
    payload = json.dumps(statement).encode()
    made = base64.b64encode(sign(pae("application/vnd.in-toto+json", payload))).decode()
    return json.dumps(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": "application/vnd.in-toto+json",
            "signatures": [{"sig": base64.b64encode(b"not this one").decode()}, {"sig": made}],
        }
    ).encode()


ED25519, RSA = ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)
P256, P384 = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP384R1())
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
SIGNERS = {
    "ed25519": (ED25519, ED25519.sign),
    "ecdsa-p256": (P256, lambda data: P256.sign(data, ec.ECDSA(hashes.SHA256()))),
    "ecdsa-p384": (P384, lambda data: P384.sign(data, ec.ECDSA(hashes.SHA384()))),
    "rsa-pkcs1": (RSA, lambda data: RSA.sign(data, padding.PKCS1v15(), hashes.SHA256())),
    "rsa-pss": (RSA, lambda data: RSA.sign(data, PSS, hashes.SHA256())),
}
TRUSTED = ("builder", pem_of(ED25519.public_key()))
GOOD = envelope(ED25519.sign)


@pytest.mark.parametrize("name", SIGNERS)
def test_every_kind_of_key(name):
    private, sign = SIGNERS[name]
    content = envelope(sign)
    verdict = run(content, DIGEST, ("builder", pem_of(private.public_key())))
    assert verdict.status == PASSED
    assert verdict.output["parts"]["thing"]["builder"] == "https://builder.example/1"
    other = SIGNERS["ecdsa-p256" if name != "ecdsa-p256" else "ed25519"][0]
    assert run(content, DIGEST, ("other", pem_of(other.public_key()))).status == FAILED


@pytest.mark.parametrize("place", range(0, 200, 13))
def test_one_changed_byte_of_the_payload_always_fails(place):
    told = json.loads(GOOD)
    payload = bytearray(base64.b64decode(told["payload"]))
    payload[place % len(payload)] ^= 1
    told["payload"] = base64.b64encode(bytes(payload)).decode()
    assert run(json.dumps(told).encode(), DIGEST, TRUSTED).status == FAILED


def test_a_statement_without_an_envelope_proves_nothing():
    payload = base64.b64decode(json.loads(GOOD)["payload"])
    verdict = run(payload, DIGEST, TRUSTED)
    assert verdict.status == FAILED
    assert "not signed by a trusted key" in verdict.detail


def test_a_statement_about_something_else_proves_nothing():
    verdict = run(GOOD, "sha256:" + "b" * 64, TRUSTED)
    assert verdict.status == FAILED
    assert "no attestation is about" in verdict.detail


def test_no_key_is_an_error_and_no_attestation_is_no_data():
    assert run(GOOD, DIGEST).status == ERROR
    assert run(GOOD, DIGEST, TRUSTED, params={"keys": ["another"]}).status == ERROR
    assert run(b"", DIGEST, TRUSTED).status == NO_DATA
    assert run(GOOD, "", TRUSTED).status == NO_DATA


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"builders": ["https://builder.example/*"]}, PASSED),
        ({"builders": ["https://other.example/*"]}, FAILED),
        ({"sources": ["git+https://git.example/acme/*"]}, PASSED),
        ({"sources": ["git+https://git.example/evil/*"]}, FAILED),
        ({"predicate_types": ["https://slsa.dev/provenance/v0.2"]}, FAILED),
        ({"predicate_types": ["*"]}, PASSED),
        ({"keys": ["builder"]}, PASSED),
        ({"builders": []}, ERROR),
    ],
)
def test_what_the_model_demands(params, status):
    assert run(GOOD, DIGEST, TRUSTED, params=params).status == status


# --- real files ------------------------------------------------------------------------------------------------------


def test_a_real_slsa_envelope_verifies_with_the_key_that_signed_it(shared_data):
    path = shared_data / "05c-attestations" / SLSA
    digest = "sha256:89cfc6954e88b2f92a7c2879d9eb085c42f3c7065d012a5066f450dbe59b2c00"
    verdict = run(path, digest, ("slsa", key_in(path)), params={"builders": [BUILDER]})
    assert verdict.status == PASSED
    assert run(path, digest, TRUSTED).status == FAILED
    assert run(path, digest[:-1] + "1", ("slsa", key_in(path))).status == FAILED


@pytest.mark.parametrize(
    "bundle", ["github_provenance_demo-0.0.12-py3-none-any-bundle.jsonl", "sigstore-js-2.1.0-bundle.json"]
)
def test_real_bundles_verify_with_the_key_that_signed_them(shared_data, bundle):
    path = shared_data / "05c-attestations/gh-cli" / bundle
    found = read_attestations(path.read_bytes())
    assert signed_by(found[0], [("builder", key_in(path))]) == "builder"
    assert signed_by(replace(found[0], payload=found[0].payload + b" "), [("builder", key_in(path))]) == ""


def bundles(pattern: str) -> list:
    found = sorted((FOLDER / "sigstore-conformance").glob(pattern)) if FOLDER.is_dir() else []
    return [pytest.param(path, id=path.name) for path in found]


@pytest.mark.parametrize("case", bundles("*_fail"))
def test_no_case_that_must_fail_is_ever_shown_as_verified(case):
    try:
        found = read_attestations((case / "bundle.sigstore.json").read_bytes())
    except Invalid:
        return
    key = case / "key.pub"
    trusted = [TRUSTED] + ([("given", key.read_text())] if key.is_file() else [])
    assert [signed_by(one, trusted) for one in found] == [""] * len(found)


def test_a_file_signed_with_a_managed_key(shared_data):
    folder = shared_data / "05c-attestations/sigstore-conformance/managed-key-happy-path"
    (found,) = read_attestations((folder / "bundle.sigstore.json").read_bytes())
    key = (folder / "key.pub").read_text()
    assert signed_by(found, [("managed", key)]) == "managed"
    assert signed_by(replace(found, file_digest=found.file_digest[::-1]), [("managed", key)]) == ""


@pytest.mark.parametrize(
    "pem",
    [
        "",
        "hello",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        pem_of(rsa.generate_private_key(65537, 1024).public_key()),
    ],
)
def test_what_is_no_key_or_a_weak_one_is_refused(pem):
    with pytest.raises(Invalid):
        checked_key(pem)
