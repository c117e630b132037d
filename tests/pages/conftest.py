"""A real browser for the page tests."""

import shutil
from typing import Any

import pytest


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
