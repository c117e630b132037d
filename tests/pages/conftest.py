"""A real browser for the page tests."""

import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Page, expect

from promura_site.models import User

# Two browsers and two servers share the machine with each other; a page that needs six
# seconds then is no fault. What comes at once is not waited for.
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any],
) -> dict[str, Any]:
    """Prefer the system's Chromium; without one, Playwright's own is used."""
    system = shutil.which("chromium") or shutil.which("chromium-browser")
    # Neither a sandbox (tests may run as root) nor calls home.
    quiet = [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
    ]
    launch = {**browser_type_launch_args, "args": quiet}
    return {**launch, "executable_path": system} if system else launch


@pytest.fixture
def signed_in(live_server: Any) -> Callable[[Page, User], None]:
    """Give a page's browser the session of a person."""

    def sign_in(page: Page, user: User) -> None:
        client = Client()
        client.force_login(user, "django.contrib.auth.backends.ModelBackend")
        name = settings.SESSION_COOKIE_NAME
        cookie = {"name": name, "value": client.cookies[name].value}
        page.context.add_cookies([{**cookie, "url": live_server.url}])

    return sign_in


@pytest.fixture
def quiet(page: Page) -> Iterator[Page]:
    """Fail the test if the page raised, logged an error or broke its own policy."""
    heard: list[str] = []
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "console",
        lambda line: heard.append(line.text) if line.type == "error" else None,
    )
    yield page
    assert heard == []
