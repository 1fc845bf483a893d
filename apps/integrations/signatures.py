"""Proof of who sent it: GitHub's header on what comes in, Standard Webhooks on what goes out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets as randomness
from collections.abc import Iterable
from datetime import datetime

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from standardwebhooks import Webhook

PREFIX = "whsec_"


def is_signed_by_github(body: bytes, header: str, secrets: Iterable[str]) -> bool:
    """Whether `X-Hub-Signature-256` was made over these very bytes with one of the secrets. Takes the same time anyway."""
    given = header.encode("utf-8", errors="replace")
    known = [b"sha256=" + hmac.new(one.encode("utf-8"), body, hashlib.sha256).hexdigest().encode() for one in secrets]
    matches = [hmac.compare_digest(expected, given) for expected in known]  # all of them, whichever fits
    return any(matches)


def github_app_token(app_id: str, pem: str, at: datetime) -> str:
    """The App speaks for itself, for nine minutes: a JSON Web Token signed with its key (RS256)."""
    issued = int(at.timestamp())
    parts = [{"alg": "RS256", "typ": "JWT"}, {"iat": issued - 60, "exp": issued + 540, "iss": app_id}]
    signed = ".".join(_base64url(json.dumps(part, separators=(",", ":")).encode()) for part in parts)
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{_base64url(signature)}"


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def new_hook_secret() -> str:
    """For a sender that takes any text."""
    return randomness.token_urlsafe(32)


def new_webhook_secret() -> str:
    """For receivers that speak Standard Webhooks."""
    return PREFIX + base64.b64encode(randomness.token_bytes(32)).decode("ascii")


def standard_headers(message_id: str, at: datetime, body: bytes, secrets: Iterable[str]) -> dict[str, str]:
    """The three headers of Standard Webhooks; while a secret is being changed, one signature with each."""
    text = body.decode("utf-8")
    signatures = [Webhook(secret).sign(message_id, at, text) for secret in secrets]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
