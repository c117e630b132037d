"""Variables in posts: filled in for each channel at its time, wherever it is moved."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from library.models import Creator
from promura_site.models import User
from scheduling.models import Channel, Post, Publication
from scheduling.services import control
from scheduling.services.texts import LONGEST, Texts
from templates_app.models import PostTemplate
from tests.factories import ChannelFactory, CreatorFactory, PostTemplateFactory
from tests.scheduling.planning import a_post, put

pytestmark = pytest.mark.django_db

P = Publication.State
YEAR = timezone.now().year + 1
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def lea() -> Channel:
    creator = CreatorFactory(slug="lea", name="Lea", timezone="Europe/Berlin")
    return ChannelFactory(creator=creator, handle="@lea", language="de")


@pytest.fixture
def mia() -> Channel:
    creator = CreatorFactory(slug="mia", name="Mia", timezone="Pacific/Auckland")
    return ChannelFactory(creator=creator, handle="@mia", language="en-GB")


def template(content: str, **values: dict[str, str]) -> PostTemplate:
    return PostTemplateFactory(content=content, variables=values)


def plan(made_from: PostTemplate | None = None, **changes: Any) -> dict[str, Any]:
    wanted: dict[str, Any] = {"models": ["lea"], "schedule_time": f"{YEAR}-11-02T09:00"}
    if made_from:
        wanted |= {"content": made_from.content, "template": str(made_from.pk)}
    return wanted | {"timezone": "model"} | changes


def planned(client: APIClient, body: dict[str, Any]) -> dict[str, Any]:
    response = client.post("/api/posts", body)
    assert response.status_code == 201, response.json()
    return response.json()["post"]


def sent(post: dict[str, Any]) -> dict[str, str]:
    return {one["channel"]["handle"]: one["content"] for one in post["publications"]}


def weekday(year: int, month: int, day: int) -> str:
    return f"{datetime(year, month, day):%A}"


# --- What a channel gets ---------------------------------------------------------


def test_each_channel_gets_its_own_values(
    as_editor: APIClient, lea: Channel, mia: Channel
) -> None:
    made_from = template(
        "{model} {handle} {city}, {date}",
        city={"lea": "Rom", "mia": "Wellington"},
    )
    post = planned(as_editor, plan(made_from, models=["lea", "mia"]))
    assert post["content"] == made_from.content
    assert post["variables"] == made_from.variables
    assert sent(post) == {
        "@lea": f"Lea @lea Rom, 2. November {YEAR}",
        "@mia": f"Mia @mia Wellington, 2 Nov {YEAR}",
    }


def test_the_day_is_that_of_the_models_own_clocks(
    as_editor: APIClient, lea: Channel, mia: Channel
) -> None:
    """At noon in London it is the next day in Auckland already."""
    ChannelFactory(creator=lea.creator, handle="@lea.en", language="en-GB")
    post = planned(
        as_editor,
        plan(
            template("{weekday}, {date}"),
            models=["lea", "mia"],
            schedule_time=f"{YEAR}-11-02T12:00:00Z",
            timezone="UTC",
        ),
    )
    texts = sent(post)
    assert texts["@lea.en"] == f"{weekday(YEAR, 11, 2)}, 2 Nov {YEAR}"
    assert texts["@mia"] == f"{weekday(YEAR, 11, 3)}, 3 Nov {YEAR}"


def test_a_variant_is_filled_in_as_well(as_editor: APIClient, lea: Channel) -> None:
    made_from = template("{model}")
    variants = [{"language": "de", "content": "Ich bin {model}"}]
    post = planned(as_editor, plan(made_from, variants=variants))
    assert sent(post) == {"@lea": "Ich bin Lea"}


def test_without_a_template_or_variables_a_text_goes_out_as_written(
    as_editor: APIClient, lea: Channel
) -> None:
    post = planned(as_editor, plan(content="{model} {foo}"))
    assert sent(post) == {"@lea": "{model} {foo}"}
    assert post["variables"] is None


def test_a_plan_may_bring_variables_without_a_template(
    as_editor: APIClient, lea: Channel
) -> None:
    own = {"city": {"lea": "Rom"}}
    post = planned(as_editor, plan(content="{model} in {city}", variables=own))
    assert sent(post) == {"@lea": "Lea in Rom"}


def test_given_values_come_before_the_templates_own(
    as_editor: APIClient, lea: Channel, mia: Channel
) -> None:
    made_from = template("{city}", city={"lea": "Rom", "mia": "Napier"})
    body = plan(made_from, models=["lea", "mia"], variables={"city": {"lea": "Pisa"}})
    assert sent(planned(as_editor, body)) == {"@lea": "Pisa", "@mia": "Napier"}


def test_a_later_change_of_the_template_leaves_the_post_alone(
    as_editor: APIClient, lea: Channel
) -> None:
    made_from = template("{city}", city={"lea": "Rom"})
    post = planned(as_editor, plan(made_from))
    PostTemplate.objects.update(variables={"city": {"lea": "Pisa"}})
    moved = move(as_editor, post, f"{YEAR}-11-03T09:00")
    assert sent(moved) == {"@lea": "Rom"}


@pytest.mark.parametrize(
    "text",
    [
        "{model.__class__}",
        "{model.name}",
        "{0}",
        "{{ model }}",
        "{% load static %}{% static 'x' %}",
        "{{model}}",
    ],
)
def test_no_code_is_reached_from_a_text(
    as_editor: APIClient, lea: Channel, text: str
) -> None:
    body = plan(template(text, city={"lea": "{model}{{ 7|add:1 }}"}), keep_unknown=True)
    assert sent(planned(as_editor, body)) == {"@lea": text}


def test_a_value_is_not_rendered_again(as_editor: APIClient, lea: Channel) -> None:
    made_from = template("{city}", city={"lea": "{model} {{ 7|add:1 }} {0}"})
    post = planned(as_editor, plan(made_from))
    assert sent(post) == {"@lea": "{model} {{ 7|add:1 }} {0}"}


# --- Missing values, length ------------------------------------------------------


def test_a_missing_value_is_refused_by_name_and_model(
    as_editor: APIClient, lea: Channel, mia: Channel
) -> None:
    ChannelFactory(creator=mia.creator)
    made_from = template("{city}", city={"lea": "Rom"})
    response = as_editor.post("/api/posts", plan(made_from, models=["lea", "mia"]))
    assert response.status_code == 400
    assert response.json()["errors"] == {
        "variables": ["{city} has no value for Mia (mia)."]
    }
    assert not Post.objects.exists()


def test_a_draft_may_lack_a_value_and_says_so(
    as_editor: APIClient, lea: Channel
) -> None:
    body = plan(template("{city}", city={}), draft=True)
    response = as_editor.post("/api/posts", body)
    assert response.status_code == 201, response.json()
    found = response.json()["warnings"]
    assert [one["code"] for one in found] == ["missing_value"]
    draft = response.json()["post"]
    moved = as_editor.post(f"/api/posts/{draft['id']}/reschedule", {})
    assert moved.status_code == 400
    assert "variables" in moved.json()["errors"]


def test_the_length_of_the_filled_in_text_counts(as_editor: APIClient) -> None:
    creator = CreatorFactory(slug="zoe")
    ChannelFactory(creator=creator, platform="x", handle="@zoe")
    made_from = template("{city}", city={"zoe": "a" * 281})
    response = as_editor.post("/api/posts", plan(made_from, models=["zoe"]))
    assert response.status_code == 400
    assert "281 characters" in response.json()["errors"]["content"][0]


def test_a_text_that_grows_beyond_all_measure_is_refused(
    as_editor: APIClient, lea: Channel
) -> None:
    made_from = template("{a}" * 6_000, a={"lea": "x" * 500})
    response = as_editor.post("/api/posts", plan(made_from, draft=True))
    assert response.status_code == 400
    assert "more than 20000" in response.json()["errors"]["content"][0]


def test_no_more_is_put_together_than_a_text_may_have(lea: Channel) -> None:
    texts = Texts("{a}" * 6_000, variables={"a": {"lea": "x" * 500}})
    assert len(texts.on(lea)) == LONGEST + 1


# --- Drafts, edits, moves, copies ------------------------------------------------


def move(client: APIClient, post: dict[str, Any], to: str) -> dict[str, Any]:
    body = {"schedule_time": to, "timezone": "model"}
    response = client.post(f"/api/posts/{post['id']}/reschedule", body)
    assert response.status_code == 200, response.json()
    return response.json()["post"]


def edit(client: APIClient, post: dict[str, Any], **changes: Any) -> dict[str, Any]:
    body = {"version": post["version"], **changes}
    response = client.patch(f"/api/posts/{post['id']}", body)
    assert response.status_code == 200, response.json()
    return response.json()["post"]


def test_without_a_time_the_day_stays_as_written(
    as_editor: APIClient, lea: Channel
) -> None:
    made_from = template("{model}: {weekday}, {date}")
    draft = planned(as_editor, plan(made_from, draft=True, schedule_time=None))
    assert sent(draft) == {"@lea": "Lea: {weekday}, {date}"}
    assert sent(move(as_editor, draft, f"{YEAR}-11-02T09:00"))["@lea"].endswith(
        f", 2. November {YEAR}"
    )


def test_a_moved_post_says_its_new_date(as_editor: APIClient, lea: Channel) -> None:
    post = planned(as_editor, plan(template("{date}")))
    moved = move(as_editor, post, f"{YEAR}-12-24T09:00")
    assert sent(moved) == {"@lea": f"24. Dezember {YEAR}"}


def test_an_edited_time_says_its_new_date(as_editor: APIClient, lea: Channel) -> None:
    post = planned(as_editor, plan(template("{date}")))
    edited = edit(
        as_editor, post, schedule_time=f"{YEAR}-12-24T09:00", timezone="model"
    )
    assert sent(edited) == {"@lea": f"24. Dezember {YEAR}"}


def test_an_edited_text_keeps_its_values(as_editor: APIClient, lea: Channel) -> None:
    post = planned(as_editor, plan(template("{city}", city={"lea": "Rom"})))
    edited = edit(as_editor, post, content="{model}: {city}")
    assert sent(edited) == {"@lea": "Lea: Rom"}
    assert edited["content"] == "{model}: {city}"


def test_an_edit_may_change_one_value(
    as_editor: APIClient, lea: Channel, mia: Channel
) -> None:
    made_from = template("{city}", city={"lea": "Rom", "mia": "Napier"})
    post = planned(as_editor, plan(made_from, models=["lea", "mia"]))
    edited = edit(as_editor, post, variables={"city": {"mia": "Nelson"}})
    assert sent(edited) == {"@lea": "Rom", "@mia": "Nelson"}


def test_another_template_brings_its_own_values(
    as_editor: APIClient, lea: Channel
) -> None:
    post = planned(as_editor, plan(template("{city}", city={"lea": "Rom"})))
    other = template("{town}", town={"lea": "Pisa"})
    edited = edit(as_editor, post, content="{town}", template=str(other.pk))
    assert sent(edited) == {"@lea": "Pisa"}
    bare = edit(as_editor, edited, template=None)
    assert (sent(bare), bare["variables"]) == ({"@lea": "{town}"}, None)


def test_a_channel_that_was_taken_out_keeps_saying_its_own_day(
    as_editor: APIClient, lea: Channel, mia: Channel
) -> None:
    post = planned(as_editor, plan(template("{date}"), models=["lea", "mia"]))
    out = Publication.objects.get(channel=mia)
    put(out, state=P.CANCELLED, next_attempt_at=None)
    edit(as_editor, post, content="On {date}")
    out.refresh_from_db()
    assert out.content == f"On 2 Nov {YEAR}"


def test_a_copy_is_a_draft_with_the_same_variables(
    as_editor: APIClient, lea: Channel
) -> None:
    made_from = template("{city}, {date}", city={"lea": "Rom"})
    post = planned(as_editor, plan(made_from))
    copied = as_editor.post(f"/api/posts/{post['id']}/duplicate").json()["post"]
    assert copied["variables"] == made_from.variables
    assert sent(copied) == {"@lea": "Rom, {date}"}


def test_what_a_stop_moved_says_its_new_date(admin: User, lea: Channel) -> None:
    now = timezone.now()
    post = a_post(lea, content="{date}", variables={})
    row = Publication.objects.get(post=post)
    before = now - timedelta(days=3)
    put(row, content="long ago", publish_at=before, next_attempt_at=before)
    creator = Creator.objects.get()
    control.stop_publishing(creator, actor=admin, now=now)
    control.resume_publishing(creator, actor=admin, now=now, how="moved")
    row.refresh_from_db()
    assert row.publish_at is not None
    day = row.publish_at.astimezone(BERLIN)
    assert row.content.startswith(f"{day.day}. ")


def test_texts_are_compared_as_they_go_out(as_editor: APIClient, lea: Channel) -> None:
    made_from = template("What a morning in {city}", city={"lea": "Rom"})
    planned(as_editor, plan(made_from))
    body = plan(content="What a morning in Rom", schedule_time=f"{YEAR}-11-02T15:00")
    (found,) = as_editor.post("/api/posts/check", body).json()["warnings"]
    assert (found["code"], found["same"]) == ("near_duplicate", "text")
    pisa = plan(
        made_from,
        variables={"city": {"lea": "Reggio di Calabria"}},
        schedule_time=f"{YEAR}-11-02T15:00",
    )
    assert as_editor.post("/api/posts/check", pisa).json()["warnings"] == []


# --- Braces that are no variable -------------------------------------------------


def test_planning_asks_once_about_braces(as_editor: APIClient, lea: Channel) -> None:
    made_from = template("{model} {foo} {Bar}")
    asked = as_editor.post("/api/posts", plan(made_from))
    assert asked.status_code == 409
    assert asked.json()["code"] == "unknown_variables"
    assert asked.json()["variables"] == ["foo", "Bar"]
    assert "{foo}, {Bar}" in asked.json()["message"]
    assert not Post.objects.exists()
    post = planned(as_editor, plan(made_from, keep_unknown=True))
    assert sent(post) == {"@lea": "Lea {foo} {Bar}"}
    planned(as_editor, plan(made_from, schedule_time=f"{YEAR}-11-09T09:00"))
    made_from.refresh_from_db()
    assert set(made_from.plain_braces) == {"foo", "Bar"}


def test_a_refused_plan_remembers_nothing(as_editor: APIClient, lea: Channel) -> None:
    made_from = template("{foo} {city}", city={})
    response = as_editor.post("/api/posts", plan(made_from, keep_unknown=True))
    assert response.status_code == 400
    made_from.refresh_from_db()
    assert made_from.plain_braces == []


def test_many_braces_are_named_few_and_counted(
    as_editor: APIClient, lea: Channel
) -> None:
    made_from = template(" ".join(f"{{x{n}}}" for n in range(8)))
    asked = as_editor.post("/api/posts", plan(made_from)).json()
    assert "{x4} and 3 more." in asked["message"]
    assert len(asked["variables"]) == 8


def test_a_draft_does_not_ask_until_it_is_planned(
    as_editor: APIClient, lea: Channel
) -> None:
    made_from = template("{foo}")
    response = as_editor.post("/api/posts", plan(made_from, draft=True))
    assert response.status_code == 201
    (told,) = response.json()["warnings"]
    assert (told["code"], told["name"]) == ("unknown_variable", "foo")
    draft = response.json()["post"]
    address = f"/api/posts/{draft['id']}"
    later = {"schedule_time": f"{YEAR}-11-03T09:00"}
    assert as_editor.post(f"{address}/reschedule", later).status_code == 409
    promoted = {"version": draft["version"], "draft": False}
    assert as_editor.patch(address, promoted).status_code == 409
    kept = as_editor.patch(address, promoted | {"keep_unknown": True})
    assert kept.status_code == 200, kept.json()
    assert as_editor.post(f"{address}/reschedule", later).status_code == 200


def test_a_draft_is_moved_when_its_braces_may_stay(
    as_editor: APIClient, lea: Channel
) -> None:
    draft = planned(as_editor, plan(template("{foo}"), draft=True))
    moved = as_editor.post(
        f"/api/posts/{draft['id']}/reschedule", {"keep_unknown": True}
    )
    assert moved.status_code == 200, moved.json()


def test_an_edit_that_brings_new_braces_asks(
    as_editor: APIClient, lea: Channel
) -> None:
    post = planned(as_editor, plan(template("{model}")))
    address, body = f"/api/posts/{post['id']}", {"version": 1, "content": "{modell}"}
    assert as_editor.patch(address, body).status_code == 409
    edited = as_editor.patch(address, body | {"keep_unknown": True})
    assert edited.status_code == 200, edited.json()


def test_a_look_at_a_plan_tells_what_stays_and_what_is_missing(
    as_editor: APIClient, lea: Channel
) -> None:
    made_from = template("{model} {foo} {city}", city={})
    body = plan(made_from, keep_unknown=True)
    answer = as_editor.post("/api/posts/check", body).json()
    assert [one["code"] for one in answer["problems"]] == ["missing_value"]
    assert [one["name"] for one in answer["warnings"]] == ["foo"]
    assert answer["channels"][0]["text"] == "Lea {foo} {city}"
    made_from.refresh_from_db()
    assert made_from.plain_braces == []


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_time_that_no_calendar_holds_is_no_fault(
    as_editor: APIClient, lea: Channel, mia: Channel, time: str
) -> None:
    body = plan(template("{date}"), models=["lea", "mia"], timezone="UTC")
    response = as_editor.post("/api/posts/check", body | {"schedule_time": time})
    assert response.status_code == 200
    assert response.json()["ok"] is False


# --- What is refused -------------------------------------------------------------

MANY = {f"m{n}": "x" for n in range(101)}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ([], "object"),
        ("city", "object"),
        ({"city": "Rome"}, "{city}"),
        ({"city": {"lea": 1}}, "{city}"),
        ({"city": {"lea": None}}, "{city}"),
        ({"city": {"lea": "x" * 501}}, "500"),
        ({"city": {"lea": "\x00"}}, "NUL"),
        ({"city": {"x" * 61: "Rome"}}, "60"),
        ({"city": MANY}, "100"),
        ({f"x{n}": {} for n in range(21)}, "20"),
        ({"model": {}}, "by itself"),
        ({"City": {}}, "no name"),
        ({"": {}}, "no name"),
        ({"a" * 31: {}}, "no name"),
        ({"a.b": {}}, "no name"),
    ],
)
def test_variables_that_are_none_are_refused(
    as_editor: APIClient, lea: Channel, variables: Any, words: str
) -> None:
    response = as_editor.post("/api/posts", plan(content="x", variables=variables))
    assert response.status_code == 400
    assert words in response.json()["errors"]["variables"][0]
