"""What is needed to sign in: a server, an account on it and an app password."""

import re
from collections.abc import Mapping
from typing import Any

from scheduling.publishing.connectors.answers import server_origin, server_problem
from scheduling.publishing.connectors.base import (
    ConnectorOptions,
    CredentialsInvalid,
    refuse_unknown_fields,
)

FIELDS = frozenset({"service", "identifier", "password"})
DEFAULT_SERVICE = "https://bsky.social"
APP_PASSWORD = re.compile(r"[a-z0-9]{4}(-[a-z0-9]{4}){3}")
MAX_CHARACTERS = 512


def checked(credentials: object, options: ConnectorOptions) -> dict[str, Any]:
    """Return credentials as they are to be stored. Raises CredentialsInvalid."""
    given = refuse_unknown_fields(credentials, FIELDS)
    service = given.get("service") or DEFAULT_SERVICE
    identifier, password = _text(given, "identifier"), _text(given, "password")
    problems = {
        "service": server_problem(service, options),
        "identifier": _identifier_problem(identifier),
        "password": _password_problem(password, service),
    }
    if errors := {name: [text] for name, text in problems.items() if text}:
        raise CredentialsInvalid(errors)
    return {
        "service": server_origin(service),
        "identifier": identifier.removeprefix("@"),
        "password": password,
    }


def _text(given: Mapping[str, Any], field: str) -> str:
    value = given.get(field)
    return value.strip() if isinstance(value, str) else ""


def _identifier_problem(identifier: str) -> str:
    if not identifier:
        return "A handle is needed, as in lea.bsky.social."
    if len(identifier) > MAX_CHARACTERS or not identifier.isprintable():
        return "This is no handle."
    return "A handle has no spaces." if " " in identifier else ""


def _password_problem(password: str, service: object) -> str:
    if not password:
        return "An app password is needed."
    if len(password) > MAX_CHARACTERS or not password.isprintable():
        return "This is no app password."
    at_bluesky = str(service).strip().rstrip("/").endswith("bsky.social")
    if at_bluesky and not APP_PASSWORD.fullmatch(password):
        return (
            "Enter an app password (xxxx-xxxx-xxxx-xxxx), not the account's own: "
            "Bluesky makes one under Settings, Privacy and security."
        )
    return ""
