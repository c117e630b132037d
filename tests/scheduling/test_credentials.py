"""Credentials at rest."""

from typing import Any

import pytest

from scheduling import credentials

SECRET = {"token": "höchst geheim"}


def test_what_is_sealed_says_nothing_and_opens_again() -> None:
    sealed = credentials.encrypt(SECRET)
    assert "geheim" not in sealed
    assert credentials.decrypt(sealed) == SECRET
    assert credentials.decrypt("") == {}


def test_a_new_key_in_front_still_opens_what_the_old_one_sealed(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = ["old"]
    sealed = credentials.encrypt(SECRET)
    settings.CREDENTIALS_KEYS = ["new", "old"]
    assert credentials.decrypt(sealed) == SECRET
    again = credentials.encrypt(SECRET)
    settings.CREDENTIALS_KEYS = ["new"]
    assert credentials.decrypt(again) == SECRET
    with pytest.raises(credentials.CredentialsUnreadable):
        credentials.decrypt(sealed)


@pytest.mark.parametrize("tampered", ["x", "ä", "gAAAAA"])
def test_what_was_tampered_with_does_not_open(tampered: str) -> None:
    with pytest.raises(credentials.CredentialsUnreadable):
        credentials.decrypt(tampered)
    sealed = credentials.encrypt(SECRET)
    with pytest.raises(credentials.CredentialsUnreadable):
        credentials.decrypt(sealed[:-4] + "AAA=")
