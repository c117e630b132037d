"""Commands of the ground floor, run as scripts run them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _manage(data: Path, *args: str, stdin: str = "", **env: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *args],
        cwd=ROOT,
        input=stdin,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "promura_site.settings",
            "PROMURA_DATA_DIR": str(data),
            "DATABASE_URL": "",
            "CACHE_URL": "",
            "SECRET_KEY": "",
            "PROMURA_CREDENTIALS_KEY": "",
            **env,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return f"{done.returncode}: {done.stdout}{done.stderr}"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    assert _manage(folder, "migrate", "--verbosity", "0").startswith("0:")
    return folder


def test_the_welcome_of_an_empty_room_has_the_owners_link(data: Path) -> None:
    answer = _manage(data, "welcome", PORT="8123", HOST="127.0.0.1")
    assert "http://localhost:8123/setup/owner:" in answer


def test_add_member_makes_and_changes_a_person(data: Path) -> None:
    made = _manage(
        data,
        "add_member",
        "Mia",
        "--level",
        "view",
        "--password-stdin",
        stdin="a-long-password-1\n",
    )
    assert made.startswith("0: Mia has the view level.")
    changed = _manage(
        data,
        "add_member",
        "mia",
        "--level",
        "admin",
        "--password-stdin",
        stdin="another-password-2\n",
    )
    assert changed.startswith("0: Mia has the admin level.")
    assert "/setup/" not in _manage(data, "welcome")


@pytest.mark.parametrize(
    ("args", "stdin", "word"),
    [
        (["Noa", "--level", "king", "--password-stdin"], "a-long-password-1\n", "king"),
        (["Noa", "--level", "view", "--password-stdin"], "\n", "no password"),
        (["Noa", "--level", "view", "--password-stdin"], "12345\n", "too short"),
        (
            ["N a", "--level", "view", "--password-stdin"],
            "a-long-password-1\n",
            "valid",
        ),
        (["Noa", "--level", "view"], "a-long-password-1\n", "password-stdin"),
    ],
)
def test_add_member_says_what_is_wrong(
    data: Path, args: list[str], stdin: str, word: str
) -> None:
    answer = _manage(data, "add_member", *args, stdin=stdin)
    assert not answer.startswith("0:")
    assert word in answer


def test_a_taken_port_is_said_before_anything_starts(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        answer = _manage(
            data, "welcome", PORT=str(taken.getsockname()[1]), HOST="127.0.0.1"
        )
    assert not answer.startswith("0:")
    assert "Choose another" in answer
    assert "no port" in _manage(data, "welcome", PORT="80a", HOST="127.0.0.1")


def test_keys_are_made_once_and_for_the_owner_only(data: Path) -> None:
    for name in ("secret_key", "credentials_key"):
        assert (data / name).stat().st_mode & 0o777 == 0o600
    before = (data / "secret_key").read_text()
    _manage(data, "check")
    assert (data / "secret_key").read_text() == before


def test_a_database_server_needs_its_keys_from_the_environment(tmp_path: Path) -> None:
    answer = _manage(
        tmp_path, "check", DATABASE_URL="postgres://u@127.0.0.1:1/x", SECRET_KEY=""
    )
    assert not answer.startswith("0:")
    assert "SECRET_KEY must be set" in answer


def test_production_names_every_unsafe_setting(tmp_path: Path) -> None:
    answer = _manage(
        tmp_path,
        "check",
        PROMURA_PRODUCTION="1",
        PROMURA_DEBUG="1",
        PROMURA_HOSTS="*",
        PROMURA_LOGIN_ATTEMPTS="0",
        SECRET_KEY="short",
    )
    assert not answer.startswith("0:")
    for word in ("DEBUG", "PROMURA_HOSTS", "PROMURA_LOGIN_ATTEMPTS", "SECRET_KEY"):
        assert word in answer
