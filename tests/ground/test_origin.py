"""An address is believed only from a proxy that the agency trusts."""

import pytest
from django.test import RequestFactory, override_settings

from promura_site.origin import client_ip


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        ([], "203.0.113.9", "10.0.0.1"),
        (["10.0.0.0/8"], "203.0.113.9", "203.0.113.9"),
        (["10.0.0.0/8"], "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        (["10.0.0.0/8"], "203.0.113.9, 10.0.0.7", "203.0.113.9"),
        (["10.0.0.0/8"], "nonsense", "10.0.0.1"),
        (["10.0.0.0/8"], "", "10.0.0.1"),
    ],
)
def test_the_clients_address(proxies: list[str], forwarded: str, expected: str) -> None:
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR=forwarded
    )
    with override_settings(TRUSTED_PROXIES=proxies):
        assert client_ip(request) == expected
