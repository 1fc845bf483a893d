"""Secrets that must be read back, encrypted at rest with a key that can be changed.

TIDEGATE_SECRET_KEYS lists passphrases or Fernet keys, the newest first: the first one encrypts, every one decrypts.
To change the key, put a new one in front, run `manage.py rotate_secrets`, and take the old one away. Without the
setting, the key is derived from SECRET_KEY.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

from apps.core.errors import Conflict

PURPOSE = b"tidegate secrets at rest\0"


def lock_up(secret: str) -> str:
    """The secret as it may lie in the database."""
    return _keys().encrypt(secret.encode("utf-8")).decode("ascii")


def take_out(locked: str) -> str:
    """The secret itself. Raises Conflict when none of the keys fits."""
    try:
        return _keys().decrypt(locked.encode("ascii")).decode("utf-8")
    except InvalidToken as error:
        raise Conflict("A stored secret cannot be read: its key is no longer in TIDEGATE_SECRET_KEYS.") from error


def lock_anew(locked: str) -> str:
    """The same secret under the newest key."""
    try:
        return _keys().rotate(locked.encode("ascii")).decode("ascii")
    except InvalidToken as error:
        raise Conflict("A stored secret cannot be read: its key is no longer in TIDEGATE_SECRET_KEYS.") from error


def _keys() -> MultiFernet:
    given = [key for key in settings.TIDEGATE_SECRET_KEYS if key] or [settings.SECRET_KEY]
    return MultiFernet([Fernet(_fernet_key(key)) for key in given])


def _fernet_key(given: str) -> bytes:
    """A Fernet key as it is; anything else is a passphrase, stretched by one hash: it must be long and random."""
    try:
        if len(base64.urlsafe_b64decode(given.encode("ascii"))) == 32:
            return given.encode("ascii")
    except (binascii.Error, UnicodeEncodeError):
        pass
    return base64.urlsafe_b64encode(hashlib.sha256(PURPOSE + given.encode("utf-8")).digest())
