"""Which addresses PROMURA may send to, so that it is not used to reach inwards."""

import ipaddress
import queue
import re
import socket
import threading
from collections.abc import Callable

import httpx

# (host, port, seconds) -> the host's addresses. Raises NameUnresolved.
Resolver = Callable[[str, int, float], list[str]]

MAX_URL_CHARACTERS = 2000

_HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_.])?")

_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "::1/128",
        "fc00::/7",
    )
)
# IANA's special-purpose registries: not one of these is anybody's own server. The
# IPv6 ones are what lies inside 2000::/3, among them Teredo (in 2001::/23) and 6to4,
# which wrap an IPv4 address that a relay elsewhere would unwrap.
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "240.0.0.0/4",
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
)
_GLOBAL_V6 = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


class TargetRefused(Exception):
    """The address is one that PROMURA does not send to. Nothing was sent.

    The message is fit to be shown to people.
    """


class NameUnresolved(Exception):
    """The host's name could not be resolved; ``late``: not within the time."""

    def __init__(self, message: str, *, late: bool = False) -> None:
        super().__init__(message)
        self.late = late


def check_target(
    url: str,
    allow_private: bool,
    *,
    seconds: float = 3.0,
    resolver: Resolver | None = None,
) -> None:
    """Check a URL before it is stored. Raises TargetRefused.

    A name that cannot be resolved at the moment passes: it may exist tomorrow, and
    every connection is checked again when it is made.
    """
    parsed = parse_target(url)
    host, port = parsed.raw_host.decode("ascii"), parsed.port or 0
    try:
        checked_addresses(
            host, port, seconds, allow_private=allow_private, resolver=resolver
        )
    except NameUnresolved:
        return


def parse_target(url: str) -> httpx.URL:
    """Return the URL if it is a plain http or https one. Raises TargetRefused."""
    if len(url) > MAX_URL_CHARACTERS:
        raise TargetRefused(f"The URL is longer than {MAX_URL_CHARACTERS} characters.")
    try:
        parsed = httpx.URL(url)
        host, port = parsed.host and parsed.raw_host.decode("ascii"), parsed.port
    except (httpx.InvalidURL, ValueError):
        raise TargetRefused("This is not a valid URL.") from None
    if parsed.scheme not in ("http", "https"):
        raise TargetRefused("The URL must begin with http:// or https://.")
    if parsed.userinfo:
        raise TargetRefused("The URL must not carry a user name or a password.")
    if not (_HOST_NAME.fullmatch(host) or _is_address(host)):
        raise TargetRefused("The URL has no valid host name.")
    if port is not None and not 0 < port < 65536:
        raise TargetRefused("The URL's port must be between 1 and 65535.")
    return parsed


def checked_addresses(
    host: str,
    port: int,
    seconds: float,
    *,
    allow_private: bool,
    resolver: Resolver | None = None,
) -> list[str]:
    """Return the host's addresses; one refused address refuses all of them.

    Raises TargetRefused or NameUnresolved.
    """
    if _is_address(host):
        addresses = [host]
    else:
        addresses = (resolver or resolve)(host, port, seconds)
    for address in addresses:
        if reason := _refusal(address, allow_private):
            raise TargetRefused(f"{host} is {reason}, which is not allowed.")
    return addresses


def resolve(host: str, port: int, seconds: float) -> list[str]:
    """Return the host's addresses in the order the system prefers them.

    The system's resolver takes no time-out, so it runs in a thread that is left
    behind when the time is up. Raises NameUnresolved.
    """
    answer: queue.SimpleQueue[list[str] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            answer.put(error)
        else:
            answer.put(list(dict.fromkeys(str(entry[4][0]) for entry in found)))

    threading.Thread(target=look_up, name="resolve", daemon=True).start()
    try:
        result = answer.get(timeout=seconds)
    except queue.Empty:
        raise NameUnresolved("the name server did not answer", late=True) from None
    if isinstance(result, Exception):
        raise NameUnresolved("the name is not known") from result
    return result


def _refusal(address: str, allow_private: bool) -> str | None:
    """Say what an address is that is refused, or None if it may be connected to.

    ``allow_private`` opens loopback and private networks only: link-local addresses
    (a cloud's metadata), multicast and reserved ones are never a platform.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return _refusal(str(ip.ipv4_mapped), allow_private)
        if ip in _NAT64:
            inside = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
            return _refusal(str(inside), allow_private)
    if any(ip in network for network in _PRIVATE):
        return None if allow_private else "a private or loopback address"
    if ip.is_link_local:
        return "a link-local address"
    if ip.is_multicast:
        return "a multicast address"
    outside = ip.version == 6 and ip not in _GLOBAL_V6
    if outside or any(ip in network for network in _NEVER):
        return "a reserved address"
    return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
