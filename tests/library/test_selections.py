"""Bulk calls over a filter that finds more than one transaction should hold."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from library import bulk, selections
from library.models import BulkOperation, MediaItem
from library.services import get_tags
from promura_site import jobs
from promura_site.models import Job
from tests.factories import MediaItemFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "MAX_IDS", 3)
    monkeypatch.setattr(selections, "CHUNK", 2)


def start(client: APIClient, address: str, body: dict[str, Any]) -> Job:
    response = client.post(address, body)
    assert response.status_code == 202, response.json()
    answer = response.json()
    assert answer["job"]["state"] == "queued"
    operation = BulkOperation.objects.get(pk=answer["operation_id"])
    assert str(operation.job_id) == answer["job"]["id"]
    return Job.objects.get(pk=answer["job"]["id"])


def test_a_large_filter_is_tagged_by_a_job_in_chunks(as_editor: APIClient) -> None:
    items = MediaItemFactory.create_batch(5)
    body = {"filter": {"search": "picture"}, "tags": [" New "]}
    job = start(as_editor, "/api/library/bulk-tag", body)
    later = MediaItemFactory()
    jobs.run_job.func(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 5, 5)
    assert job.result["updated_count"] == 5
    tagged = MediaItem.objects.filter(tags__name="New")
    assert set(tagged) == set(items)
    assert later not in tagged
    shown = as_editor.get(f"/api/jobs/{job.pk}").json()["job"]
    assert shown["result"]["operation_id"] == job.params["operation"]


def test_a_job_goes_on_although_its_filter_matches_less_and_less(
    as_editor: APIClient,
) -> None:
    for item in MediaItemFactory.create_batch(7):
        item.tags.set(get_tags(["old"]))
    body = {"filter": {"tags": "old"}, "tags": ["old"], "action": "remove"}
    job = start(as_editor, "/api/library/bulk-tag", body)
    jobs.run_job.func(str(job.pk))
    assert not MediaItem.objects.filter(tags__name="old").exists()


def test_a_large_delete_names_what_it_refused_and_can_be_undone(
    as_editor: APIClient, hold: Any
) -> None:
    items = MediaItemFactory.create_batch(5)
    hold(items[2], "A planned post uses it.")
    job = start(as_editor, "/api/library/bulk-delete", {"filter": {}})
    undo = f"/api/library/bulk-operations/{job.params['operation']}/undo"
    assert as_editor.post(undo).json()["code"] == "still_running"
    jobs.run_job.func(str(job.pk))
    job.refresh_from_db()
    assert job.result["deleted_count"] == 4
    assert job.result["refused_count"] == 1
    assert job.result["failures"] == [
        {"id": str(items[2].pk), "reason": "A planned post uses it."}
    ]
    assert MediaItem.objects.present().get() == items[2]
    operation = BulkOperation.objects.get(pk=job.params["operation"])
    assert (operation.done, operation.refused) == (4, 1)
    assert as_editor.post(undo).json()["undone_count"] == 4
    assert MediaItem.objects.present().count() == 5


def test_a_filter_within_the_limit_is_answered_at_once(as_editor: APIClient) -> None:
    MediaItemFactory.create_batch(3)
    response = as_editor.post("/api/library/bulk-delete", {"filter": {}})
    assert (response.status_code, response.json()["deleted_count"]) == (200, 3)
