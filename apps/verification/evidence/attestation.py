"""Attestations: in-toto statements, bare, in DSSE envelopes, or in Sigstore bundles; one or several in a file.

Reading one proves nothing: whoever can upload a file can write what it says. Only `signed_by` with a key that the house
trusts makes it proof, and everything that shows an attestation says which of the two it is.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from apps.core.documents import LARGEST, read_json_object, storable
from apps.core.errors import FieldError, Invalid, TooLarge
from apps.verification.evidence.digests import normal, normal_set

STATEMENT = "application/vnd.in-toto+json"
MOST = 100


@dataclass(frozen=True)
class Product:
    """What an attestation is about: a name, and the digests that alone identify it."""

    name: str
    digests: frozenset[str]


@dataclass(frozen=True)
class Attestation:
    """One statement and the signatures over it; `payload` are the very bytes that were signed."""

    payload_type: str
    payload: bytes
    signatures: tuple[bytes, ...]
    predicate_type: str = ""
    subjects: tuple[Product, ...] = ()
    predicate: dict[str, Any] = field(default_factory=dict)
    file_digest: bytes = b""  # SHA-256 of a file that was signed itself, without a statement about it

    @property
    def digests(self) -> frozenset[str]:
        return frozenset(digest for subject in self.subjects for digest in subject.digests)

    @property
    def builder(self) -> str:
        """Who says it built the thing: SLSA 1.0, then 0.2 and 0.1."""
        run = _dict(self.predicate.get("runDetails"))
        return str(_dict(run.get("builder") or self.predicate.get("builder")).get("id") or "")

    @property
    def sources(self) -> tuple[str, ...]:
        """The repositories it says it was built from: SLSA 1.0 names dependencies, 0.2 and 0.1 materials."""
        definition = _dict(self.predicate.get("buildDefinition"))
        listed = definition.get("resolvedDependencies") or self.predicate.get("materials")
        uris = [_dict(one).get("uri") for one in listed] if isinstance(listed, list) else []
        source = _dict(_dict(self.predicate.get("invocation")).get("configSource")).get("uri")
        return tuple(dict.fromkeys(uri for uri in [*uris, source] if isinstance(uri, str)))

    def summary(self) -> dict[str, Any]:
        about = ", ".join(subject.name for subject in self.subjects[:5]) or "nothing it names"
        if not self.payload_type:
            about = f"the file {min(self.digests)}"
        return storable(
            {
                "predicate_type": self.predicate_type,
                "builder": self.builder,
                "subjects": [
                    {"name": subject.name, "digests": sorted(subject.digests)} for subject in self.subjects[:MOST]
                ],
                "signatures": len(self.signatures),
                "summary": f"{self.predicate_type or self.payload_type or 'Signature'} about {about}",
            }
        )


def read_attestations(content: bytes) -> list[Attestation]:
    """Every attestation of the file, which may hold one JSON document or one a line. Raises Invalid."""
    if len(content) > LARGEST:
        raise TooLarge(f"The document has more than {LARGEST // 1024} KiB.")
    documents = list(_documents(content))
    found = [attestation for document in documents for attestation in _read(document)]
    if len(found) > MOST:
        raise TooLarge(f"The file holds more than {MOST} attestations.")
    return found


def signed_by(attestation: Attestation, keys: Iterable[tuple[str, str]]) -> str:
    """The name of the first trusted key (name, PEM) that made one of the signatures; blank when none did."""
    for name, pem in keys:
        if any(_verifies(pem, signature, attestation) for signature in attestation.signatures):
            return name
    return ""


def pae(payload_type: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is really signed."""
    kind = payload_type.encode("utf-8")
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def checked_key(pem: str) -> str:
    """The PEM of a public key of a kind that can be verified with. Raises Invalid."""
    try:
        key = load_pem_public_key(pem.strip().encode("ascii"))
    except (ValueError, UnsupportedAlgorithm, UnicodeEncodeError) as error:
        raise Invalid.field("public_key", "not_a_key", "This is not a public key in PEM form.") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < 2048:
        raise Invalid.field("public_key", "weak_key", "An RSA key needs at least 2048 bits.")
    if not isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey):
        raise Invalid.field("public_key", "unknown_key", "Only ECDSA, Ed25519 and RSA keys are known.")
    return pem.strip()


def _verifies(pem: str, signature: bytes, attestation: Attestation) -> bool:
    try:
        key = load_pem_public_key(pem.encode("ascii"))
        if attestation.file_digest:
            return _verifies_file(key, signature, attestation.file_digest)
        signed = pae(attestation.payload_type, attestation.payload)
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, signed)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(_as_der(signature, key), signed, ec.ECDSA(_hash_for(key)))
        elif isinstance(key, rsa.RSAPublicKey):
            return _rsa_verifies(key, signature, signed)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError):
        return False
    return True


def _verifies_file(key: Any, signature: bytes, digest: bytes) -> bool:
    """A signature over a file of which only the digest is here; Ed25519 would need the file itself."""
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    key.verify(_as_der(signature, key), digest, ec.ECDSA(Prehashed(hashes.SHA256())))
    return True


def _rsa_verifies(key: rsa.RSAPublicKey, signature: bytes, signed: bytes) -> bool:
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.AUTO)
    for scheme in (padding.PKCS1v15(), pss):
        try:
            key.verify(signature, signed, scheme, hashes.SHA256())
        except InvalidSignature:
            continue
        return True
    return False


def _as_der(signature: bytes, key: ec.EllipticCurvePublicKey) -> bytes:
    """Signatures come as DER, or (DSSE's own example) as r and s side by side."""
    width = (key.curve.key_size + 7) // 8
    if len(signature) != 2 * width:
        return signature
    return encode_dss_signature(int.from_bytes(signature[:width], "big"), int.from_bytes(signature[width:], "big"))


def _hash_for(key: ec.EllipticCurvePublicKey) -> hashes.HashAlgorithm:
    if key.curve.key_size <= 256:
        return hashes.SHA256()
    return hashes.SHA384() if key.curve.key_size <= 384 else hashes.SHA512()


def _documents(content: bytes) -> Iterator[dict[str, Any]]:
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) > 1 and all(line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}") for line in lines):
        yield from map(read_json_object, lines)
    else:
        yield read_json_object(content)


def _read(document: dict[str, Any]) -> list[Attestation]:
    if "_type" in document:
        return [_statement(STATEMENT, json.dumps(document).encode(), (), document)]
    if "payload" in document and "payloadType" in document:
        return [_envelope(document)]
    if "dsseEnvelope" in document:
        return [_envelope(_dict(document["dsseEnvelope"]))]
    if "messageSignature" in document:
        return [_message_signature(_dict(document["messageSignature"]))]
    provenances = _dict(document.get("provenance_summary")).get("provenance")
    if isinstance(provenances, list):
        return [_envelope(_dict(_dict(one).get("envelope"))) for one in provenances]
    raise _fault("unknown_format", "It is neither an in-toto statement, a DSSE envelope nor a Sigstore bundle.")


def _envelope(document: dict[str, Any]) -> Attestation:
    kind = document.get("payloadType")
    signatures = document.get("signatures")
    if not isinstance(kind, str) or not isinstance(signatures, list):
        raise _fault("envelope", "The envelope needs payload, payloadType and signatures.")
    payload = _decoded(document.get("payload"), "payload")
    made = tuple(_decoded(_dict(one).get("sig"), "signature") for one in signatures)
    if kind != STATEMENT:
        return Attestation(kind, payload, made)
    return _statement(kind, payload, made, read_json_object(payload))


def _statement(kind: str, payload: bytes, signatures: tuple[bytes, ...], statement: dict[str, Any]) -> Attestation:
    subjects = statement.get("subject")
    if not str(statement.get("_type", "")).startswith("https://in-toto.io/Statement/") or not isinstance(
        subjects, list
    ):
        raise _fault("statement", "The statement needs a _type of in-toto and a list of subjects.")
    return Attestation(
        payload_type=kind,
        payload=payload,
        signatures=signatures,
        predicate_type=str(statement.get("predicateType") or ""),
        subjects=tuple(_product(_dict(subject)) for subject in subjects),
        predicate=_dict(statement.get("predicate")),
    )


def _product(subject: dict[str, Any]) -> Product:
    stated = _dict(subject.get("digest"))
    name = str(subject.get("name") or subject.get("uri") or "")
    return Product(name, normal_set(f"{algorithm}:{digest}" for algorithm, digest in stated.items()))


def _message_signature(document: dict[str, Any]) -> Attestation:
    """A signature over a file itself: it says nothing about it but the digest."""
    digest = _dict(document.get("messageDigest"))
    raw = _decoded(digest.get("digest"), "digest")
    stated = normal(f"sha256:{raw.hex()}") if digest.get("algorithm") == "SHA2_256" else ""
    if not stated:
        raise _fault("digest", "The bundle states no SHA-256 digest of the file that was signed.")
    signature = _decoded(document.get("signature"), "signature")
    return Attestation("", b"", (signature,), "", (Product("", frozenset([stated])),), file_digest=raw)


def _decoded(text: Any, what: str) -> bytes:
    """Standard or URL-safe base64, with or without padding."""
    if not isinstance(text, str):
        raise _fault("base64", f"The {what} is missing.")
    plain = text.strip().replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise _fault("base64", f"The {what} is not base64.") from error


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _fault(code: str, detail: str) -> Invalid:
    return Invalid([FieldError("", code, detail)])
