"""Where the present call comes from: address, way in, and an id to quote."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest


@dataclass(frozen=True)
class Origin:
    """`via` is api, page, admin or command; `address` empty where there is none."""

    via: str
    address: str = ""
    request_id: str = ""


_NOWHERE = Origin(via="command")
_current: ContextVar[Origin] = ContextVar("promura_origin", default=_NOWHERE)


def current() -> Origin:
    """Return the origin of what is running now."""
    return _current.get()


@contextmanager
def originating(origin: Origin) -> Iterator[Origin]:
    """Run a block as coming from `origin`."""
    token = _current.set(origin)
    try:
        yield origin
    finally:
        _current.reset(token)


def of_request(request: HttpRequest) -> Origin:
    """Describe where `request` comes from."""
    if request.path_info.startswith("/api"):
        via = "api"
    else:
        via = "admin" if request.path_info.startswith("/admin/") else "page"
    return Origin(via, client_ip(request), uuid.uuid4().hex[:12])


@cache
def _trusted(proxies: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(proxy, strict=False) for proxy in proxies)


def _is_trusted(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in net for net in _trusted(tuple(settings.TRUSTED_PROXIES)))


def client_ip(request: HttpRequest) -> str:
    """Return the address of the client, believing trusted proxies only.

    X-Forwarded-For is read from the right: the first address that is no trusted
    proxy is the client; what stands left of it anybody may have written.
    """
    address = request.META.get("REMOTE_ADDR", "") or ""
    hops = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while _is_trusted(address) and hops:
        hop = hops.pop().strip()
        try:
            address = str(ip_address(hop))
        except ValueError:
            break
    return address
