"""Channel credentials at rest: encrypted, and readable with any key still in use.

Fernet (AES-128-CBC with HMAC-SHA256) under keys derived from those in
`settings.CREDENTIALS_KEY_FILE` and `settings.CREDENTIALS_KEYS`: the first encrypts,
all of them decrypt, so that a new key can be put in front before the old one is taken
away.
"""

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from promura_site.secrets import stored_keys

_PURPOSE = b"promura channel credentials v1"


class CredentialsUnreadable(Exception):
    """No key in use opens these credentials; the account has to sign in again."""


def encrypt(credentials: Mapping[str, Any]) -> str:
    """Return the credentials as text that says nothing without a key."""
    plain = json.dumps(dict(credentials), ensure_ascii=False).encode()
    return _box().encrypt(plain).decode()


def decrypt(ciphertext: str) -> dict[str, Any]:
    """Return what `encrypt` was given; empty text is an empty object.

    Raise CredentialsUnreadable when no key fits or the text was tampered with.
    """
    if not ciphertext:
        return {}
    try:
        opened = json.loads(_box().decrypt(ciphertext.encode()))
    except (InvalidToken, ValueError):
        raise CredentialsUnreadable from None
    if not isinstance(opened, dict):
        raise CredentialsUnreadable
    return opened


def reseal(ciphertext: str) -> str:
    """Return the same credentials under the first key.

    Raise CredentialsUnreadable when no key fits.
    """
    try:
        return _box().rotate(ciphertext.encode()).decode()
    except (InvalidToken, ValueError):
        raise CredentialsUnreadable from None


def _box() -> MultiFernet:
    file = settings.CREDENTIALS_KEY_FILE
    stored = stored_keys(file) if file else ()
    return _box_of((*stored, *settings.CREDENTIALS_KEYS))


@lru_cache(maxsize=4)
def _box_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key)) for key in keys])


def _derived(key: str) -> bytes:
    kdf = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=_PURPOSE)
    return base64.urlsafe_b64encode(kdf.derive(key.encode()))
