"""Which addresses may be sent to."""

import pytest

from scheduling.publishing.outbound import NotSent, OutboundClient
from scheduling.publishing.targets import (
    NameUnresolved,
    Resolver,
    TargetRefused,
    check_target,
    resolve,
)


def answering(*addresses: str) -> Resolver:
    """A name server with one fixed answer."""
    return lambda host, port, seconds: list(addresses)


REFUSED_ALWAYS = [
    "0.0.0.0",
    "0.1.2.3",
    "169.254.169.254",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.9",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::7f00:1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:10::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:5db8:d822::1",
    "3fff::1",
    "5f00::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
REFUSED_UNLESS_ALLOWED = [
    "10.0.0.1",
    "100.64.0.1",
    "100.127.255.254",
    "127.0.0.1",
    "127.8.9.10",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:100.64.0.1",
    "64:ff9b::7f00:1",
    "fc00::1",
    "fd12:3456::1",
]
ADMITTED = [
    "1.1.1.1",
    "93.184.216.34",
    "100.63.255.255",
    "100.128.0.1",
    "172.32.0.1",
    "2606:2800:220:1:248:1893:25c8:1946",
    "2a00:1450:4001:81b::200e",
    "::ffff:93.184.216.34",
    "64:ff9b::5db8:d822",
]


@pytest.mark.parametrize("address", REFUSED_ALWAYS)
@pytest.mark.parametrize("allow_private", [False, True])
def test_an_address_that_is_nobodys_is_always_refused(
    address: str, allow_private: bool
) -> None:
    resolver = answering(address)
    with pytest.raises(TargetRefused, match=r"hooks\.example\.com is a"):
        check_target(
            "https://hooks.example.com/", allow_private=allow_private, resolver=resolver
        )


@pytest.mark.parametrize("address", REFUSED_UNLESS_ALLOWED)
def test_a_private_address_is_refused_unless_the_setting_allows_it(
    address: str,
) -> None:
    resolver = answering(address)
    url = "https://hooks.example.com/"
    with pytest.raises(TargetRefused, match="private or loopback"):
        check_target(url, allow_private=False, resolver=resolver)
    check_target(url, allow_private=True, resolver=resolver)


@pytest.mark.parametrize("address", ADMITTED)
def test_a_public_address_is_admitted(address: str) -> None:
    resolver = answering(address)
    check_target("https://hooks.example.com/", allow_private=False, resolver=resolver)


def test_one_private_address_among_public_ones_refuses_the_host() -> None:
    resolver = answering("93.184.216.34", "10.0.0.1")
    with pytest.raises(TargetRefused):
        check_target("http://hooks.example.com/", False, resolver=resolver)


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://[::1]:8000/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://localhost/",
        "http://LOCALHOST/",
        "http://①②⑦.0.0.1/",
    ],
)
def test_every_way_to_write_loopback_is_refused(url: str) -> None:
    with pytest.raises(TargetRefused):
        check_target(url, allow_private=False)
    with pytest.raises(TargetRefused):
        OutboundClient(allow_private=False).send("POST", url)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "http://"),
        ("hooks.example.com/x", "http://"),
        ("//hooks.example.com/x", "http://"),
        ("ftp://hooks.example.com/", "http://"),
        ("file:///etc/passwd", "http://"),
        ("unix:///run/docker.sock", "http://"),
        ("http://", "host name"),
        ("http:///path", "host name"),
        ("http://a b/", "host name"),
        ("http://-/", "host name"),
        ("http://[::1", "not a valid URL"),
        ("http://xn--/", "not a valid URL"),
        ("http://\ud800/", "not a valid URL"),
        ("http://host\n.example.com/", "not a valid URL"),
        ("http://host:0/", "port"),
        ("http://host:70000/", "port"),
        ("http://host:port/", "not a valid URL"),
        ("http://lea:hunter2@host/", "user name"),
        ("http://host/" + "a" * 2000, "longer than 2000"),
    ],
)
def test_a_url_that_cannot_be_a_target_is_refused_in_words(url: str, says: str) -> None:
    with pytest.raises(TargetRefused, match=says) as caught:
        check_target(url, allow_private=True)
    assert "hunter2" not in str(caught.value)


def test_a_name_that_does_not_resolve_yet_may_be_stored() -> None:
    def unknown(host: str, port: int, seconds: float) -> list[str]:
        raise NameUnresolved("the name is not known")

    check_target("https://soon.example.com/", allow_private=False, resolver=unknown)
    with pytest.raises(NotSent, match=r"soon\.example\.com could not be reached"):
        OutboundClient(allow_private=False, resolver=unknown).send(
            "POST", "https://soon.example.com/"
        )


@pytest.mark.parametrize("host", ["nowhere.invalid", "a..b", "a" * 300])
def test_a_name_without_an_address_is_reported_as_unknown(host: str) -> None:
    with pytest.raises(NameUnresolved) as caught:
        resolve(host, 80, 10)
    assert not caught.value.late
