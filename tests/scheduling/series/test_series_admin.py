"""Series in Django's admin."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from promura_site.models import User
from scheduling.models import Post, Series
from tests.scheduling.series.beginning import a_model, a_series, a_template

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/scheduling/series/"


def test_a_series_is_looked_at_ended_and_reopened_but_never_written_or_deleted(
    browse: Callable[[User], Client], admin: User
) -> None:
    site, now = browse(admin), timezone.now()
    series = a_series(
        a_template(a_model()),
        now=now,
        start=now.replace(tzinfo=None) + timedelta(days=1),
        timezone="UTC",
    )
    assert "Daily at" in site.get(ADDRESS).content.decode()
    page = site.get(f"{ADDRESS}{series.pk}/change/").content.decode()
    assert "until somebody ends it" in page
    assert site.get(f"{ADDRESS}add/").status_code == 403
    assert site.post(f"{ADDRESS}{series.pk}/delete/").status_code == 403
    site.post(f"{ADDRESS}{series.pk}/change/", {"name": "forged"})
    assert Series.objects.get().name == series.name
    for action, state in (("end", "cancelled"), ("reopen", "scheduled")):
        body = {"action": action, "_selected_action": [str(series.pk)]}
        assert site.post(ADDRESS, body, follow=True).status_code == 200
        assert set(Post.objects.values_list("state", flat=True)) == {state}
