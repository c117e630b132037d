"""The figures in Prometheus' text format 0.0.4, for scrapers."""

import hmac
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address, ip_network

from django.conf import settings
from django.db.models import Sum
from django.http import HttpRequest

from metrics.figures import BOUNDS, BUCKETS
from metrics.models import ErrorEvent, RequestTotal
from metrics.overview import WINDOW, overview
from promura_site.origin import client_ip

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
DURATION = "promura_http_request_duration_seconds"


def may_scrape(request: HttpRequest) -> bool:
    """Tell whether a request bears the token or comes from an allowed network."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if settings.METRICS_TOKEN and scheme.lower() == "bearer":
        return hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode())
    # Behind a proxy that we do not know, everybody seems to be that proxy.
    address = client_ip(request)
    was_forwarded = "HTTP_X_FORWARDED_FOR" in request.META or (
        "HTTP_FORWARDED" in request.META
    )
    if was_forwarded and address == request.META.get("REMOTE_ADDR"):
        return False
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(
        parsed in ip_network(net, strict=False) for net in settings.METRICS_ALLOW
    )


def exposition(now: datetime) -> str:
    """Return all figures as lines of text."""
    return "\n".join([*_gauges(now), *_durations(), ""])


def _gauges(now: datetime) -> Iterator[str]:
    figures = overview(now)
    worker = figures["system"]["worker"]
    yield from _head("promura_uptime_seconds", "gauge", "Time since the start.")
    yield f"promura_uptime_seconds {figures['system']['uptime_seconds']}"
    yield from _head("promura_worker_up", "gauge", "Whether a publisher beats.")
    yield f"promura_worker_up {int(worker['online'])}"
    yield from _head(
        "promura_worker_lag_seconds", "gauge", "How long the first due post waits."
    )
    yield f"promura_worker_lag_seconds {worker['lag_seconds']}"
    yield from _head("promura_posts", "gauge", "Posts by what became of them.")
    for outcome, count in figures["posts"].items():
        yield f'promura_posts{{outcome="{outcome}"}} {count}'
    yield from _head("promura_errors", "gauge", "Errors of the last 24 hours.")
    # Not those of the overview: it leaves out what does not fit into it.
    errors = ErrorEvent.objects.filter(last_at__gte=now - WINDOW).order_by("type")
    for kind, count in errors.values_list("type").annotate(Sum("count")):
        yield f'promura_errors{{type="{_escaped(kind)}"}} {count}'


def _durations() -> Iterator[str]:
    yield from _head(DURATION, "histogram", "Answers by route, class and duration.")
    for row in RequestTotal.objects.all():
        labels = f'route="{_escaped(row.route)}",status="{row.status_class}xx"'
        below = 0
        for bound, name in zip(BOUNDS, BUCKETS, strict=False):
            below += getattr(row, name)
            yield f'{DURATION}_bucket{{{labels},le="{bound / 1000:g}"}} {below}'
        yield f'{DURATION}_bucket{{{labels},le="+Inf"}} {row.count}'
        yield f"{DURATION}_sum{{{labels}}} {row.total_ms / 1000:.6f}"
        yield f"{DURATION}_count{{{labels}}} {row.count}"


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} {kind}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
