"""The API of series: begin, try, list, end, reopen; posts of a series."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from library.models import MediaItem, Rating
from scheduling.models import Channel, Post, Publication, Series
from scheduling.series.making import make_occurrences
from templates_app.models import PostTemplate, TemplateMedia
from tests.factories import MediaItemFactory, TagFactory
from tests.scheduling.series.beginning import a_model, a_series, a_template, occurrences

pytestmark = pytest.mark.django_db


def tomorrow(hour: int = 9) -> str:
    day = (timezone.now() + timedelta(days=1)).date()
    return f"{day}T{hour:02d}:00"


def body(**fields: Any) -> dict[str, Any]:
    return {"start": tomorrow(), "timezone": "Europe/Berlin", "count": 3} | fields


def url(template: PostTemplate) -> str:
    return f"/api/templates/{template.pk}/schedule"


@pytest.fixture
def template(db: None) -> PostTemplate:
    return a_template(a_model(slug="lea", name="Lea"), content="Hi from {model}")


def with_media(template: PostTemplate, **fields: Any) -> MediaItem:
    item = MediaItemFactory(**fields)
    TemplateMedia.objects.create(template=template, position=0, media_ref=str(item.pk))
    return item


def test_a_template_begins_a_series(
    as_editor: APIClient, template: PostTemplate
) -> None:
    template.tags.add(TagFactory(name="morning"))
    item = with_media(template)
    answer = as_editor.post(url(template), body())
    assert answer.status_code == 201
    found = answer.json()
    assert found["message"] == "Series begun; 3 posts planned"
    series = found["series"]
    assert series["models"] == ["lea"]
    assert series["words"] == "Daily at 09:00"
    assert series["ends"] == "3 times"
    assert series["status"] == "running"
    assert series["posts"]["planned"] == 3
    assert found["occurrences"][0]["occurrence"] == tomorrow()
    (channel,) = found["occurrences"][0]["channels"]
    assert channel["text"] == "Hi from Lea"
    assert channel["local"] == tomorrow()
    template.refresh_from_db()
    assert template.usage_count == 1
    listed = as_editor.get("/api/posts", {"series": series["id"]}).json()
    assert listed["count"] == 3
    post = listed["posts"][0]
    assert post["series"] == series["id"]
    assert post["occurrence"].endswith("T09:00")
    assert post["media_ids"] == [str(item.pk)]
    assert post["tags"] == ["morning"]
    assert post["template"] == str(template.pk)


def test_the_same_key_begins_it_once(
    as_editor: APIClient, template: PostTemplate
) -> None:
    asked = body()
    for _ in range(2):
        answer = as_editor.post(
            url(template), asked, headers={"Idempotency-Key": "one"}
        )
        assert answer.status_code == 201
    assert Series.objects.count() == 1
    assert Post.objects.count() == 3


def test_a_dry_run_stores_nothing(as_editor: APIClient, template: PostTemplate) -> None:
    item = with_media(template, rating=Rating.EXPLICIT)
    Channel.objects.update(max_rating=Rating.GENERAL)
    answer = as_editor.post(url(template), body(dry_run=True, count=40))
    assert answer.status_code == 200
    found = answer.json()
    assert found["series"] is None
    assert found["words"] == "Daily at 09:00"
    assert len(found["occurrences"]) == 10
    (warning,) = found["warnings"]
    assert warning["code"] == "media_not_cleared"
    assert warning["media"] == str(item.pk)
    assert not Series.objects.exists()
    assert not Post.objects.exists()
    template.refresh_from_db()
    assert template.usage_count == 0


def test_monthly_on_the_31st_says_what_becomes_of_shorter_months(
    as_editor: APIClient, template: PostTemplate
) -> None:
    year = timezone.now().year + 1
    asked = body(start=f"{year}-01-31T09:00", pattern="monthly", count=2, dry_run=True)
    found = as_editor.post(url(template), asked).json()
    assert "Months without a 31st have it on their last day." in found["notes"]
    days = [one["occurrence"][5:10] for one in found["occurrences"]]
    assert days[0] == "01-31"
    assert days[1] in {"02-28", "02-29"}


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"count": None}, "until"),
        ({"count": 2, "until": "2099-01-01"}, "until"),
        ({"count": 0}, "count"),
        ({"pattern": "FREQ=MINUTELY"}, "pattern"),
        ({"pattern": "FREQ=HOURLY", "times": ["09:00"]}, "times"),
        ({"times": "worst"}, "times"),
        ({"times": ["9"]}, "times"),
        ({"times": ["09:00", "09:30"]}, "times"),
        ({"start": "2099-01-01T09:00"}, "start"),
        ({"start": "2020-01-01T09:00"}, "start"),
        ({"start": "9999-12-31T23:59:00+00:00"}, "start"),
        ({"start": "nine"}, "start"),
        ({"timezone": "Mars/Base"}, "timezone"),
        ({"timezone": "model", "start": "2027-01-01T09:00:00Z"}, "start"),
        ({"models": ["nobody"]}, "models"),
        ({"channels": ["0197f6a0-0000-7000-8000-000000000000"]}, "channels"),
        ({"variables": {"Bad Name": {}}}, "variables"),
    ],
)
def test_what_cannot_be_is_a_400_that_names_the_field(
    as_editor: APIClient, template: PostTemplate, asked: dict[str, Any], field: str
) -> None:
    answer = as_editor.post(url(template), body(**asked))
    assert answer.status_code == 400
    assert field in answer.json()["errors"]
    assert not Series.objects.exists()


def test_a_series_without_an_end_has_to_say_that_it_is_meant(
    as_editor: APIClient, template: PostTemplate
) -> None:
    asked = {"start": tomorrow(), "timezone": "Europe/Berlin"}
    refused = as_editor.post(url(template), asked)
    assert refused.status_code == 400
    assert "for ever" in refused.json()["message"]
    found = as_editor.post(url(template), asked | {"endless": True}).json()
    assert found["series"]["endless"]
    assert found["series"]["status"] == "running"
    assert "It goes on until somebody ends it." in found["notes"]


def test_what_the_template_names_has_to_be_there(
    as_editor: APIClient, template: PostTemplate
) -> None:
    TemplateMedia.objects.create(template=template, position=0, media_ref="lost")
    template.schedule_pattern = ""
    template.save()
    answer = as_editor.post(url(template), body())
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"media_ids", "pattern"}


def test_values_and_braces_are_asked_for_before_anything_is_planned(
    as_editor: APIClient, template: PostTemplate
) -> None:
    template.content, template.variables = "{greeting} {smile}", {"greeting": {}}
    template.save()
    missing = as_editor.post(url(template), body())
    assert missing.status_code == 400
    assert "variables" in missing.json()["errors"]
    given = body(variables={"greeting": {"lea": "Ciao"}})
    asked = as_editor.post(url(template), given)
    assert asked.status_code == 409
    assert asked.json()["variables"] == ["smile"]
    tried = as_editor.post(url(template), given | {"dry_run": True}).json()
    assert [one["name"] for one in tried["warnings"]] == ["smile"]
    begun = as_editor.post(url(template), given | {"keep_unknown": True})
    assert begun.status_code == 201
    assert set(Publication.objects.values_list("content", flat=True)) == {
        "Ciao {smile}"
    }


def test_media_that_is_not_cleared_takes_an_owners_word(
    as_editor: APIClient, as_admin: APIClient, template: PostTemplate
) -> None:
    with_media(template, until=timezone.now() + timedelta(days=2))
    refused = as_editor.post(url(template), body())
    assert refused.status_code == 409
    assert refused.json()["code"] == "media_not_cleared"
    reason = {"override_clearance": "The client said so"}
    assert as_editor.post(url(template), body(**reason)).status_code == 403
    assert as_admin.post(url(template), body(**reason)).status_code == 201
    assert set(Post.objects.values_list("cleared_because", flat=True)) == {
        "The client said so"
    }


def test_media_that_is_embargoed_later_is_planned_and_held_when_it_is_due(
    as_editor: APIClient, template: PostTemplate
) -> None:
    with_media(template, until=timezone.now() + timedelta(days=61))
    asked = body(count=None, endless=True)
    series = as_editor.post(url(template), asked).json()["series"]
    before = series["posts"]["planned"]
    make_occurrences(timezone.now() + timedelta(days=5))
    row = Series.objects.get()
    assert not row.problem
    assert len(occurrences(row)) > before


def test_viewers_and_the_anonymous_may_not_begin_one(
    as_viewer: APIClient, template: PostTemplate
) -> None:
    assert as_viewer.post(url(template), body()).status_code == 403
    assert APIClient().post(url(template), body()).status_code == 401
    assert APIClient().get("/api/series").status_code == 401
    assert as_viewer.get("/api/series").status_code == 200


def test_series_are_listed_in_a_fixed_number_of_queries(
    as_viewer: APIClient, django_assert_num_queries: Any
) -> None:
    for _ in range(3):
        a_series(a_template(a_model(), a_model()), count=2)
    with django_assert_num_queries(10):
        listed = as_viewer.get("/api/series").json()
    assert listed["count"] == 3


def test_series_are_narrowed_by_model_template_and_whether_they_run(
    as_viewer: APIClient,
) -> None:
    lea, mia = a_model(slug="lea"), a_model(slug="mia")
    one = a_series(a_template(lea), count=2)
    other = a_series(a_template(lea, mia))

    def found(**asked: Any) -> set[str]:
        answer = as_viewer.get("/api/series", asked).json()
        return {series["id"] for series in answer["series"]}

    assert found(model="mia") == {str(other.pk)}
    assert found(template=str(one.template_id)) == {str(one.pk)}
    assert found(running="true") == {str(one.pk), str(other.pk)}
    assert found(running="false") == set()
    Post.objects.filter(series=one).update(state=Post.State.COMPLETED)
    assert found(running="true") == {str(other.pk)}
    assert found(running="false") == {str(one.pk)}
    shown = as_viewer.get(f"/api/series/{one.pk}").json()["series"]
    assert shown["status"] == "finished"
    assert as_viewer.get("/api/series", {"running": "maybe"}).status_code == 400
    shown = as_viewer.get(f"/api/series/{other.pk}").json()["series"]
    assert shown["id"] == str(other.pk)
    nobody = "0197f6a0-0000-7000-8000-000000000000"
    assert as_viewer.get(f"/api/series/{nobody}").status_code == 404


def test_the_end_cancels_what_nobody_touched_and_reopening_takes_it_back(
    as_editor: APIClient, template: PostTemplate
) -> None:
    asked = body(count=5)
    series = as_editor.post(url(template), asked).json()["series"]
    posts = list(Post.objects.order_by("occurrence"))
    edit = {"content": "Another", "version": 1}
    as_editor.patch(f"/api/posts/{posts[0].pk}", edit)
    as_editor.post(f"/api/posts/{posts[1].pk}/skip")
    Publication.objects.filter(post=posts[2]).update(
        publish_at=timezone.now() - timedelta(days=2)
    )
    Post.objects.filter(pk=posts[2].pk).update(
        publish_at=timezone.now() - timedelta(days=2)
    )
    address = f"/api/series/{series['id']}"
    ended = as_editor.post(f"{address}/end").json()
    assert ended["message"] == "Series ended; 2 posts cancelled"
    assert ended["kept"] == 1
    assert ended["series"]["status"] == "ended"
    assert ended["series"]["ended_by"] == "editor"
    states = [one.state for one in Post.objects.order_by("occurrence")]
    assert states == ["scheduled", "cancelled", "scheduled", "cancelled", "cancelled"]
    assert as_editor.post(f"{address}/end").status_code == 409
    again = as_editor.post(f"{address}/reopen").json()
    assert again["changed"] == 2
    assert again["series"]["ended_at"] is None
    states = [one.state for one in Post.objects.order_by("occurrence")]
    assert states == ["scheduled", "cancelled", *["scheduled"] * 3]
    due = Publication.objects.filter(state="scheduled", publish_at__gt=timezone.now())
    assert all(one.next_attempt_at == one.publish_at for one in due)
    assert as_editor.post(f"{address}/reopen").status_code == 409


def test_a_series_that_repeats_itself_is_no_near_duplicate(
    as_editor: APIClient, template: PostTemplate
) -> None:
    as_editor.post(url(template), body())
    first, second = Post.objects.order_by("occurrence")[:2]
    edit = {"tags": ["new"], "version": 1}
    edited = as_editor.patch(f"/api/posts/{first.pk}", edit).json()
    assert edited["warnings"] == []
    Post.objects.filter(pk=second.pk).update(series=None)
    again = as_editor.patch(f"/api/posts/{first.pk}", edit | {"version": 2}).json()
    assert [one["post"] for one in again["warnings"]] == [str(second.pk)]


def test_an_end_may_leave_what_is_planned(
    as_editor: APIClient, template: PostTemplate
) -> None:
    asked = body(count=None, endless=True)
    series = as_editor.post(url(template), asked).json()["series"]
    ended = as_editor.post(f"/api/series/{series['id']}/end", {"keep_planned": True})
    assert ended.json()["changed"] == 0
    planned = ended.json()["kept"]
    assert planned == Post.objects.filter(state="scheduled").count() > 50
    make_occurrences(timezone.now() + timedelta(days=10))
    assert Post.objects.count() == planned


def test_viewers_may_neither_end_nor_reopen_nor_skip(as_viewer: APIClient) -> None:
    series = a_series(a_template(a_model()), count=2)
    post = Post.objects.first()
    assert post is not None
    for path in (
        f"/api/series/{series.pk}/end",
        f"/api/series/{series.pk}/reopen",
        f"/api/posts/{post.pk}/skip",
    ):
        assert as_viewer.post(path).status_code == 403
        assert APIClient().post(path).status_code == 401


def test_a_post_is_skipped_and_another_time_brings_it_back(
    as_editor: APIClient, template: PostTemplate
) -> None:
    as_editor.post(url(template), body())
    post = Post.objects.order_by("occurrence").first()
    assert post is not None
    address = f"/api/posts/{post.pk}"
    answer = as_editor.post(f"{address}/skip", {"version": 1})
    assert answer.json()["message"] == "Post skipped"
    assert answer.json()["post"]["status"] == "cancelled"
    states = set(post.publications.values_list("state", flat=True))
    assert states == {Publication.State.SKIPPED}
    again = as_editor.post(f"{address}/skip")
    assert again.status_code == 409
    assert again.json()["code"] == "nothing_to_skip"
    assert as_editor.post(f"{address}/skip", {"version": 1}).status_code == 409
    back = as_editor.post(f"{address}/reschedule", {"schedule_time": tomorrow(11)})
    assert back.json()["post"]["status"] == "scheduled"


def test_media_of_a_running_series_stays_until_it_ends(
    as_editor: APIClient, template: PostTemplate
) -> None:
    item = with_media(template)
    asked = body(count=None, endless=True)
    series = as_editor.post(url(template), asked).json()["series"]
    Publication.objects.update(state=Publication.State.PUBLISHED)
    Post.objects.update(state=Post.State.COMPLETED)
    held = as_editor.delete(f"/api/library/{item.pk}")
    assert held.status_code == 409
    assert "The series" in held.json()["message"]
    uses = as_editor.get(f"/api/library/{item.pk}/usage").json()
    assert [(one["id"], one["holds"]) for one in uses["series"]] == [
        (series["id"], True)
    ]
    as_editor.post(f"/api/series/{series['id']}/end")
    assert as_editor.delete(f"/api/library/{item.pk}").status_code == 200
    gone = as_editor.post(f"/api/series/{series['id']}/reopen")
    assert gone.status_code == 409
    assert gone.json()["code"] == "media_gone"
