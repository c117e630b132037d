"""Past posts come in once, teach at once, and can be taken out without a trace."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from metrics.models import AuditEvent
from promura_site import jobs
from promura_site.models import Job
from scheduling.history import importing, undoing
from scheduling.models import (
    Channel,
    ChannelBaseline,
    HistoryImport,
    ImportedPost,
    Post,
    Publication,
    SlotEntry,
    SlotStatistic,
)
from scheduling.suggestions import forecast as fc
from scheduling.suggestions import slots
from tests.factories import ChannelFactory, CreatorFactory
from tests.scheduling.history import NOW, history, publication

pytestmark = pytest.mark.django_db

URL = "/api/scheduling/history/import"
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> None:
    monkeypatch.setattr(importing, "CHUNK", 7)
    monkeypatch.setattr(undoing, "CHUNK", 5)


@pytest.fixture
def lea() -> Channel:
    creator = CreatorFactory(slug="lea", timezone="UTC")
    return ChannelFactory(creator=creator, platform="instagram", handle="@lea")


def table(count: int = 30, model: str = "lea", start: datetime = START) -> str:
    lines = ["model,platform,published_at,likes,url"]
    for n in range(count):
        at = start + timedelta(hours=31 * n)
        lines.append(
            f"{model},instagram,{at:%Y-%m-%d %H:%M},{n % 7 * 10},https://x/{n}"
        )
    return "\n".join(lines)


def send(client: APIClient, text: str, query: str = "") -> Any:
    file = SimpleUploadedFile("past.csv", text.encode(), content_type="text/csv")
    return client.post(f"{URL}{query}", {"file": file}, format="multipart")


def run(answer: Any) -> Job:
    assert answer.status_code == 202, answer.json()
    job = Job.objects.get(pk=answer.json()["job"]["id"])
    jobs.run_job.call(str(job.pk))
    job.refresh_from_db()
    assert job.state == "done", job.error
    return job


def stored(channel: Channel) -> dict[int, tuple[float, ...]]:
    rows = SlotStatistic.objects.filter(creator=channel.creator_id)
    names = ("n", "s", "q", "posts", "engagement", "succeeded", "failed")
    return {row[0]: row[1:] for row in rows.values_list("slot", *names) if any(row[1:])}


# Bringing in


def test_a_file_comes_in_and_suggestions_work_at_once(
    as_editor: APIClient, lea: Channel
) -> None:
    asked = "/api/scheduling/suggestions?model=lea&count=1"
    assert as_editor.get(asked).json()["suggestions"][0]["basis"] == "default"
    answer = send(as_editor, table())
    assert answer.json()["message"] == "30 posts are coming in"
    job = run(answer)
    assert (job.done, job.total, job.result["added"]) == (30, 30, 30)
    assert as_editor.get(asked).json()["suggestions"][0]["basis"] in {"slot", "model"}
    source = HistoryImport.objects.get()
    assert (source.state, source.file, source.added) == ("done", "", 30)
    assert AuditEvent.objects.filter(action="history.imported").exists()


def test_posts_enter_as_the_pure_model_learns_them(
    as_editor: APIClient, lea: Channel
) -> None:
    run(send(as_editor, table()))
    model = fc.SlotModel()
    for post in ImportedPost.objects.order_by("published_at"):
        model.add(post.published_at, post.engagement, timezone="UTC")
    for slot, (n, s, q, posts, *_) in stored(lea).items():
        ours = [float(column[slot]) for column in model.sums]
        assert [n, s, q, posts] == pytest.approx(ours, rel=1e-12, abs=1e-12)
    found = ChannelBaseline.objects.get(channel=lea)
    assert found.total / found.weight == pytest.approx(model.level(), rel=1e-9)
    assert slots.rebuild(lea.creator).relative <= 1e-9
    assert slots.rebuild(lea.creator).miscounted == 0


def test_the_order_of_the_lines_does_not_matter(
    as_editor: APIClient, lea: Channel
) -> None:
    head, *lines = table().split("\n")
    run(send(as_editor, "\n".join([head, *reversed(lines)])))
    t = list(SlotEntry.objects.order_by("pk").values_list("t", flat=True))
    assert t == sorted(t)


def test_imported_posts_are_no_publications(as_editor: APIClient, lea: Channel) -> None:
    run(send(as_editor, table()))
    assert not Post.objects.exists()
    assert not Publication.objects.exists()
    assert sum(row[5] + row[6] for row in stored(lea).values()) == 0


def test_history_is_measured_against_what_came_before_it(
    as_editor: APIClient, lea: Channel
) -> None:
    for days in range(5):
        slots.enter(publication(lea, NOW - timedelta(days=9 - days), 5_000), NOW)
    run(send(as_editor, table()))
    first = SlotEntry.objects.filter(imported__isnull=False).earliest("t")
    assert first.baseline == first.y
    # The level is what all of them come to in the order they came out.
    state = fc.Baseline()
    for y in SlotEntry.objects.order_by("t").values_list("y", flat=True):
        _, state = fc.next_baseline(state, y)
    after = ChannelBaseline.objects.get(channel=lea)
    assert (after.total, after.weight) == pytest.approx((state.total, state.weight))


# Dry run, errors, duplicates


def test_a_dry_run_tells_and_changes_nothing(
    as_editor: APIClient, lea: Channel
) -> None:
    text = table(3) + "\nmia,instagram,2026-01-01,5,\nlea,instagram,soon,5,"
    body = send(as_editor, text, "?dry_run=true").json()
    assert (body["dry_run"], body["posts"], body["channels"]) == (True, 3, 1)
    assert body["message"] == "3 posts would come in"
    assert body["first"] == "2026-01-05T09:00:00Z"
    errors = [(one["line"], one["field"]) for one in body["row_errors"]]
    assert errors == [(5, "model"), (6, "published_at")]
    assert not HistoryImport.objects.exists()
    assert not Job.objects.exists()


def test_lines_with_errors_hold_all_up_unless_they_may_be_left_out(
    as_editor: APIClient, lea: Channel
) -> None:
    text = table(3) + "\nlea,instagram,soon,5,"
    refused = send(as_editor, text)
    assert refused.status_code == 400
    assert refused.json()["code"] == "rows_refused"
    assert refused.json()["row_errors"][0]["line"] == 5
    assert not HistoryImport.objects.exists()
    run(send(as_editor, text, "?skip_errors=true"))
    assert ImportedPost.objects.count() == 3


def test_the_same_file_again_brings_nothing(as_editor: APIClient, lea: Channel) -> None:
    run(send(as_editor, table()))
    before = stored(lea)
    again = send(as_editor, table())
    assert again.status_code == 200
    assert (again.json()["posts"], again.json()["duplicates"]) == (0, 30)
    more = run(send(as_editor, table(35)))
    assert more.result["added"] == 5
    assert HistoryImport.objects.first().duplicates == 30
    assert ImportedPost.objects.count() == 35
    assert sum(row[3] for row in stored(lea).values()) == 35
    assert before


def test_a_line_twice_comes_in_once(as_editor: APIClient, lea: Channel) -> None:
    text = table(4)
    answer = send(as_editor, text + "\n" + text.split("\n", 1)[1])
    assert answer.json()["duplicates"] == 4
    run(answer)
    assert ImportedPost.objects.count() == 4


def test_what_we_published_ourselves_is_not_counted_twice(
    as_editor: APIClient, lea: Channel
) -> None:
    publication(lea, START + timedelta(seconds=40), 5)
    named = publication(lea, START + timedelta(hours=31, minutes=9), 5)
    Publication.objects.filter(pk=named.pk).update(url="https://x/1")
    answer = send(as_editor, table(4))
    assert (answer.json()["posts"], answer.json()["duplicates"]) == (2, 2)


# Interrupted


def test_a_killed_import_goes_on_where_it_was(
    as_editor: APIClient, lea: Channel
) -> None:
    answer = send(as_editor, table())
    job = jobs._claim(Job.objects.get().pk, timezone.now())
    assert job
    assert jobs._advance(job) is False
    # The process dies here, in the middle of the next step; its lease runs out.
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert ImportedPost.objects.count() == 7
    run(answer)
    assert ImportedPost.objects.count() == SlotEntry.objects.count() == 30
    assert slots.rebuild(lea.creator).relative <= 1e-9
    baselines = dict(SlotEntry.objects.values_list("t", "baseline"))
    model = fc.SlotModel()
    for post in ImportedPost.objects.order_by("published_at"):
        key = model.add(post.published_at, post.engagement, timezone="UTC")
        expected = model.entries[key].baseline
        assert baselines[post.published_at] == pytest.approx(expected)


def test_a_file_lies_in_the_storage_until_the_job_is_done(
    as_editor: APIClient, lea: Channel, django_capture_on_commit_callbacks: Any
) -> None:
    answer = send(as_editor, table())
    name = HistoryImport.objects.get().file
    with default_storage.open(name) as file:
        assert len(file.read().splitlines()) == 30
    with django_capture_on_commit_callbacks(execute=True):
        run(answer)
    assert not default_storage.exists(name)


# Undoing


def undo(client: APIClient) -> Any:
    key = HistoryImport.objects.latest("id").pk
    return client.post(f"/api/scheduling/history/imports/{key}/undo")


def test_an_import_is_taken_out_without_a_trace(
    as_editor: APIClient, lea: Channel
) -> None:
    history(lea, {34: 50, 130: 80}, weeks=6, until=NOW)
    before, level = stored(lea), ChannelBaseline.objects.values().get()
    run(send(as_editor, table()))
    assert stored(lea) != before
    job = run(undo(as_editor))
    assert job.result["removed"] == 30
    assert not ImportedPost.objects.exists()
    assert SlotEntry.objects.count() == 12
    after = stored(lea)
    assert after.keys() == before.keys()
    for slot, row in before.items():
        assert after[slot] == pytest.approx(row, rel=1e-9)
    assert ChannelBaseline.objects.values().get() == pytest.approx(level)
    assert HistoryImport.objects.get().state == "undone"


def test_undoing_the_only_history_leaves_nothing(
    as_editor: APIClient, lea: Channel
) -> None:
    run(send(as_editor, table()))
    run(undo(as_editor))
    assert all(not any(row) for row in stored(lea).values())
    assert not ChannelBaseline.objects.exists()


def test_an_import_is_undone_once_and_not_while_it_comes_in(
    as_editor: APIClient, lea: Channel
) -> None:
    answer = send(as_editor, table())
    assert undo(as_editor).json()["code"] == "running"
    run(answer)
    run(undo(as_editor))
    assert undo(as_editor).status_code == 409


def test_an_import_that_was_given_up_can_be_undone(
    as_editor: APIClient, lea: Channel
) -> None:
    send(as_editor, table())
    job = jobs._claim(Job.objects.get().pk, timezone.now())
    assert job
    jobs._advance(job)
    Job.objects.update(state="failed")
    run(undo(as_editor))
    assert not ImportedPost.objects.exists()


operations = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), st.integers(0, 5), st.integers(0, 10**6)),
        st.tuples(st.just("remove"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("import"), st.integers(1, 12), st.just(0)),
        st.tuples(st.just("undo"), st.just(0), st.just(0)),
        st.tuples(st.just("zone"), st.integers(0, 2), st.just(0)),
    ),
    max_size=8,
)


@given(operations)
@settings(
    deadline=None,
    max_examples=12,
    suppress_health_check=list(HealthCheck),
)
def test_imports_edits_and_undoing_in_any_order_equal_a_rebuild(
    as_editor: APIClient, taken: list[tuple[str, int, int]]
) -> None:
    HistoryImport.objects.all().delete()
    creator = CreatorFactory(timezone="UTC")
    channel = ChannelFactory(creator=creator, platform="instagram")
    posts = [publication(channel, NOW - timedelta(days=60 - n), 5) for n in range(6)]
    for what, number, engagement in taken:
        if what == "edit":
            Publication.objects.filter(pk=posts[number].pk).update(
                engagement=engagement
            )
            slots.enter(posts[number], NOW)
        elif what == "remove":
            slots.remove(posts[number])
        elif what == "import":
            answer = send(as_editor, table(number, creator.slug))
            if answer.status_code == 202:
                run(answer)
        elif what == "undo" and HistoryImport.objects.filter(state="done").exists():
            source = HistoryImport.objects.filter(state="done").first()
            assert source
            run(as_editor.post(f"/api/scheduling/history/imports/{source.pk}/undo"))
        elif what == "zone":
            zones = ("UTC", "Asia/Tokyo", "America/New_York")
            type(creator).objects.filter(pk=creator.pk).update(timezone=zones[number])
            slots.reslot(creator)
    found = slots.rebuild(creator)
    assert found.miscounted == 0
    assert found.relative <= 1e-9 or not found.entries
    assert math.isfinite(found.relative)


# The doors


def test_the_list_shows_who_brought_what(as_editor: APIClient, lea: Channel) -> None:
    run(send(as_editor, table()))
    with CaptureQueriesContext(connection) as one:
        (shown,) = as_editor.get("/api/scheduling/history/imports").json()["imports"]
    assert (shown["name"], shown["by"], shown["added"]) == ("past.csv", "editor", 30)
    HistoryImport.objects.bulk_create(HistoryImport(name=str(n)) for n in range(20))
    with CaptureQueriesContext(connection) as many:
        assert as_editor.get("/api/scheduling/history/imports").json()["count"] == 21
    assert len(many) == len(one)


def test_checking_costs_the_same_queries_for_any_file(
    as_editor: APIClient, lea: Channel
) -> None:
    def cost(count: int) -> int:
        with CaptureQueriesContext(connection) as queries:
            send(as_editor, table(count), "?dry_run=true")
        return len(queries)

    cost(1)
    assert cost(2) == cost(150)


def test_viewers_may_look_and_strangers_not(
    as_viewer: APIClient, anonymous: APIClient
) -> None:
    assert as_viewer.get(URL).content.startswith(b"model,platform,published_at")
    assert as_viewer.get("/api/scheduling/history/imports").status_code == 200
    assert send(as_viewer, table()).status_code == 403
    assert send(anonymous, table()).status_code == 401


@pytest.mark.parametrize(
    ("text", "query", "status"),
    [
        ("model,likes\nlea,5", "", 400),
        ("model,published_at,shoe\nlea,2026-01-01,39", "", 400),
        ("", "", 400),
        ("model,published_at,likes\nlea,2026-01-01,5", "?dry_run=maybe", 400),
        ("model,published_at,likes\nlea,2026-01-01,5", "?dates=ymd", 400),
    ],
)
def test_what_is_no_table_is_refused(
    as_editor: APIClient, lea: Channel, text: str, query: str, status: int
) -> None:
    answer = send(as_editor, text, query)
    assert answer.status_code == status
    assert answer.json()["success"] is False
    assert json.dumps(answer.json()["errors"]) != "{}"
