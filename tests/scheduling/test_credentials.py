"""Credentials at rest."""

import os
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from promura_site.secrets import put_key_in_front, read_or_create, stored_keys
from scheduling import credentials
from scheduling.models import Channel
from tests.factories import ChannelFactory

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


@pytest.fixture
def key_file(settings: Any, tmp_path: Path) -> Path:
    """Keep the key in the data directory, as an embedded installation does."""
    file = tmp_path / "credentials_key"
    read_or_create(file)
    settings.CREDENTIALS_KEY_FILE, settings.CREDENTIALS_KEYS = file, []
    return file


def a_sealed_channel() -> Channel:
    return ChannelFactory(credentials=credentials.encrypt(SECRET))


def rotate(*arguments: str) -> str:
    said = StringIO()
    call_command("rotate_credentials", *arguments, stdout=said, stderr=StringIO())
    return said.getvalue()


@pytest.mark.django_db
def test_a_new_key_takes_over_and_the_old_one_is_forgotten(key_file: Path) -> None:
    (old,) = stored_keys(key_file)
    channel = a_sealed_channel()
    before = channel.credentials
    assert "anew: 1." in rotate("--new-key")
    (new,) = stored_keys(key_file)
    assert new != old
    assert key_file.stat().st_mode & 0o777 == 0o600
    channel.refresh_from_db()
    assert channel.credentials != before
    assert credentials.decrypt(channel.credentials) == SECRET
    with pytest.raises(credentials.CredentialsUnreadable):
        credentials.decrypt(before)


@pytest.mark.django_db
def test_no_key_is_forgotten_while_something_cannot_be_opened(key_file: Path) -> None:
    a_sealed_channel()
    ChannelFactory(credentials="gAAAAA")
    with pytest.raises(CommandError, match="no key was forgotten"):
        rotate("--new-key")
    assert len(stored_keys(key_file)) == 2


@pytest.mark.django_db
def test_keys_of_the_environment_are_put_in_front_by_their_owner(settings: Any) -> None:
    settings.CREDENTIALS_KEYS = ["old"]
    channel = a_sealed_channel()
    with pytest.raises(CommandError, match="PROMURA_CREDENTIALS_KEY_FALLBACKS"):
        rotate("--new-key")
    settings.CREDENTIALS_KEYS = ["new", "old"]
    rotate()
    settings.CREDENTIALS_KEYS = ["new"]
    channel.refresh_from_db()
    assert credentials.decrypt(channel.credentials) == SECRET


def test_a_running_process_opens_what_a_rotation_sealed(key_file: Path) -> None:
    sealed = credentials.encrypt(SECRET)
    put_key_in_front(key_file)
    assert credentials.decrypt(sealed) == SECRET
    again = credentials.encrypt(SECRET)
    assert credentials.decrypt(again) == SECRET


def test_an_embedded_installation_keeps_its_key_in_the_data_directory(
    tmp_path: Path,
) -> None:
    environment = os.environ | {
        "PROMURA_DATA_DIR": str(tmp_path),
        "DATABASE_URL": "",
        "PROMURA_CREDENTIALS_KEY": "",
        "DJANGO_SETTINGS_MODULE": "promura_site.settings",
    }
    program = (
        "import django; django.setup();"
        "from scheduling import credentials;"
        "print(credentials.decrypt(credentials.encrypt({'a': 1})))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "{'a': 1}"
    assert (tmp_path / "credentials_key").stat().st_mode & 0o777 == 0o600
