"""A look at a template's text for each account, before anything is planned."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from scheduling.models import Channel
from templates_app.models import PostTemplate, TemplateModel
from tests.factories import ChannelFactory, CreatorFactory, PostTemplateFactory

pytestmark = pytest.mark.django_db

URL = "/api/templates/preview"
NOBODY = "0195f1d2-7c00-7000-8000-000000000001"
YEAR = timezone.now().year + 1


@pytest.fixture
def lea() -> Channel:
    creator = CreatorFactory(slug="lea", name="Lea", timezone="Europe/Berlin")
    return ChannelFactory(creator=creator, platform="x", handle="@lea", language="de")


def asked(client: APIClient, url: str = URL, **body: Any) -> dict[str, Any]:
    response = client.post(url, body)
    assert response.status_code == 200, response.json()
    return response.json()


def template(*slugs: str, **fields: Any) -> PostTemplate:
    made: PostTemplate = PostTemplateFactory(**fields)
    for position, slug in enumerate(slugs):
        TemplateModel.objects.create(template=made, position=position, slug=slug)
    return made


def test_each_account_is_shown_with_its_text(
    as_viewer: APIClient, lea: Channel
) -> None:
    answer = asked(
        as_viewer,
        content="{model} {handle} {city} {date} {foo}",
        variables={"city": {"lea": "Rom"}},
        models=["lea"],
        schedule_time=f"{YEAR}-11-02T09:00",
        timezone="model",
    )
    text = f"Lea @lea Rom 2. November {YEAR} {{foo}}"
    assert answer == {
        "success": True,
        "channels": [
            {
                "channel": str(lea.pk),
                "model": "lea",
                "handle": "@lea",
                "platform": "x",
                "text": text,
                "length": len(text),
                "limit": 280,
                "schedule_time": f"{YEAR}-11-02T08:00:00Z",
            }
        ],
        "unknown": ["foo"],
        "missing": [],
    }


def test_without_a_time_it_is_shown_as_of_now(
    as_viewer: APIClient, lea: Channel
) -> None:
    (shown,) = asked(as_viewer, content="{date}", models=["lea"])["channels"]
    assert str(YEAR - 1) in shown["text"]


def test_what_has_no_value_is_told_for_each_model(
    as_viewer: APIClient, lea: Channel
) -> None:
    CreatorFactory(slug="mia")
    answer = asked(
        as_viewer,
        content="{city} {town}",
        variables={"city": {"lea": "Rom"}, "town": {}, "other": {}},
        models=["lea", "mia"],
    )
    assert answer["missing"] == [
        {"name": "city", "model": "mia"},
        {"name": "town", "model": "lea"},
        {"name": "town", "model": "mia"},
    ]
    assert answer["channels"][0]["text"] == "Rom {town}"


def test_a_stored_template_is_shown_as_it_is_stored(
    as_viewer: APIClient, lea: Channel
) -> None:
    made = template(
        "lea",
        "nobody",
        content="{city} {foo} {bar}",
        variables={"city": {"lea": "Rom"}},
        plain_braces=["bar"],
    )
    answer = asked(as_viewer, f"/api/templates/{made.pk}/preview")
    assert [one["text"] for one in answer["channels"]] == ["Rom {foo} {bar}"]
    assert answer["unknown"] == ["foo"]


def test_changes_of_a_stored_template_are_shown_and_not_stored(
    as_viewer: APIClient, lea: Channel
) -> None:
    made = template("lea", content="{city}", variables={"city": {"lea": "Rom"}})
    answer = asked(
        as_viewer,
        f"/api/templates/{made.pk}/preview",
        content="{city}!",
        variables={"city": {"lea": "Pisa"}},
    )
    assert answer["channels"][0]["text"] == "Pisa!"
    made.refresh_from_db()
    assert (made.content, made.variables) == ("{city}", {"city": {"lea": "Rom"}})


def test_closed_accounts_and_inactive_models_are_left_out(
    as_viewer: APIClient, lea: Channel
) -> None:
    ChannelFactory(creator=lea.creator, is_active=False)
    gone = CreatorFactory(slug="gone", is_active=False)
    ChannelFactory(creator=gone)
    answer = asked(as_viewer, content="{model}", models=["lea", "gone"])
    assert [one["handle"] for one in answer["channels"]] == ["@lea"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"models": ["nobody"]}, "models"),
        ({"models": "lea"}, "models"),
        ({"models": None}, "models"),
        ({"content": None}, "content"),
        ({"content": "x" * 20_001}, "content"),
        ({"variables": {"model": {}}}, "variables"),
        ({"schedule_time": "soon"}, "schedule_time"),
        ({"schedule_time": "0001-01-01T00:00"}, "schedule_time"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
    ],
)
def test_what_is_wrong_is_named(
    as_viewer: APIClient, lea: Channel, changes: dict[str, Any], field: str
) -> None:
    body = {"content": "x", "models": ["lea"], "timezone": "model"} | changes
    made = template(content="x")
    for url in (URL, f"/api/templates/{made.pk}/preview"):
        response = as_viewer.post(url, body)
        assert response.status_code == 400
        assert field in response.json()["errors"]


def test_a_template_that_is_not_there_cannot_be_shown(as_viewer: APIClient) -> None:
    assert as_viewer.post(f"/api/templates/{NOBODY}/preview", {}).status_code == 404


def test_nobody_looks_without_signing_in(anonymous: APIClient) -> None:
    made = template(content="x")
    for url in (URL, f"/api/templates/{made.pk}/preview"):
        assert anonymous.post(url, {}).status_code == 401


def test_many_accounts_take_as_few_queries_as_one(
    as_viewer: APIClient, lea: Channel
) -> None:
    made = template("lea", "mia", "zoe", content="{model} {date}")
    url = f"/api/templates/{made.pk}/preview"
    asked(as_viewer, url)
    with CaptureQueriesContext(
        connection,
    ) as few:
        asked(as_viewer, url)
    for slug in ("mia", "zoe"):
        ChannelFactory.create_batch(5, creator=CreatorFactory(slug=slug))
    with CaptureQueriesContext(connection) as many:
        assert len(asked(as_viewer, url)["channels"]) == 11
    assert len(many) == len(few) <= 8
