"""Texts by channel and by language: which one a channel gets, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from scheduling.models import Channel, Post, PostVariant, Publication
from scheduling.services.texts import Texts
from tests.factories import ChannelFactory, CreatorFactory, MediaItemFactory
from tests.scheduling.planning import a_channel, a_post, put

pytestmark = pytest.mark.django_db

NOBODY = "0195f1d2-7c00-7000-8000-000000000001"
P = Publication.State


@pytest.fixture
def lea() -> Channel:
    return ChannelFactory(creator=CreatorFactory(slug="lea"), handle="@lea")


@pytest.fixture
def brazil(lea: Channel) -> Channel:
    return ChannelFactory(creator=lea.creator, handle="@lea.br", language="pt-BR")


def plan(*variants: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "content": "Good morning",
        "models": ["lea"],
        "variants": list(variants),
    } | changes


def texts(post: dict[str, Any]) -> dict[str, str]:
    return {one["channel"]["handle"]: one["content"] for one in post["publications"]}


@pytest.mark.parametrize(
    ("spoken", "text"),
    [
        ("pt-BR", "Bom dia"),
        ("pt", "Bom dia"),
        ("PT-br", "Bom dia"),
        ("zh-Hant-TW", "早安"),
        ("zh-Hant", "早安"),
        ("zh", "Good morning"),
        ("en", "Good morning"),
        ("p", "Good morning"),
    ],
)
def test_a_channel_gets_the_text_of_its_language_or_of_the_wider_one(
    spoken: str, text: str
) -> None:
    found = Texts(
        "Good morning",
        [
            PostVariant(language="pt", content="Bom dia"),
            PostVariant(language="zh-hant", content="早安"),
        ],
    )
    assert found.on(Channel(language=spoken)) == text


def test_the_channels_own_text_goes_before_its_languages(
    as_editor: APIClient, lea: Channel, brazil: Channel
) -> None:
    third = ChannelFactory(creator=lea.creator, handle="@third", language="pt-BR")
    response = as_editor.post(
        "/api/posts",
        plan(
            {"language": "pt", "content": "Bom dia"},
            {"channel": str(third.pk), "content": "Oi"},
        ),
    )
    assert response.status_code == 201, response.json()
    post = response.json()["post"]
    assert texts(post) == {"@lea": "Good morning", "@lea.br": "Bom dia", "@third": "Oi"}
    assert post["variants"] == [
        {"channel": None, "language": "pt", "content": "Bom dia"},
        {"channel": str(third.pk), "language": "", "content": "Oi"},
    ]
    shown = as_editor.get(f"/api/posts/{post['id']}").json()["post"]
    again = as_editor.post("/api/posts", plan(*shown["variants"]))
    assert texts(again.json()["post"]) == texts(post)


@pytest.mark.parametrize(
    ("variant", "field"),
    [
        ({"content": "x"}, "variants"),
        ({"language": "de", "channel": NOBODY, "content": "x"}, "variants"),
        ({"language": "", "channel": None, "content": "x"}, "variants"),
        ({"language": "Deutsch!", "content": "x"}, "variants"),
        ({"language": "de"}, "variants"),
        ({"language": "de", "content": "x" * 20_001}, "variants"),
        ({"channel": "x", "content": "x"}, "variants"),
        ("de", "variants"),
    ],
)
def test_a_variant_that_cannot_be_one_is_refused(
    as_editor: APIClient, lea: Channel, variant: Any, field: str
) -> None:
    response = as_editor.post("/api/posts", plan(variant))
    assert response.status_code == 400
    assert any(name.startswith(field) for name in response.json()["errors"])
    assert not Post.objects.exists()


def test_variants_for_other_channels_and_second_ones_are_named(
    as_editor: APIClient, lea: Channel
) -> None:
    other = a_channel(handle="@other")
    response = as_editor.post(
        "/api/posts",
        plan(
            {"channel": NOBODY, "content": "x"},
            {"channel": str(other.pk), "content": "x"},
            {"language": "pt-BR", "content": "x"},
            {"language": "PT-br", "content": "y"},
        ),
    )
    assert response.status_code == 400
    unknown, elsewhere, twice = response.json()["errors"]["variants"]
    assert NOBODY in unknown
    assert "@other" in elsewhere
    assert "pt-br" in twice
    assert not Post.objects.exists()


def test_an_edit_replaces_all_texts_and_leaves_them_when_it_names_none(
    as_editor: APIClient, lea: Channel, brazil: Channel
) -> None:
    post = a_post(lea, brazil, variants=[{"language": "pt", "content": "Bom dia"}])
    url = f"/api/posts/{post.pk}"
    kept = as_editor.patch(url, {"version": 1, "content": "Hello"}).json()["post"]
    assert texts(kept) == {"@lea": "Hello", "@lea.br": "Bom dia"}
    new = [{"channel": str(lea.pk), "content": "For Lea"}]
    put_in = as_editor.patch(url, {"version": 2, "variants": new}).json()["post"]
    assert texts(put_in) == {"@lea": "For Lea", "@lea.br": "Hello"}
    assert len(put_in["variants"]) == 1
    gone = as_editor.patch(url, {"version": 3, "variants": []}).json()["post"]
    assert texts(gone) == {"@lea": "Hello", "@lea.br": "Hello"}
    assert gone["variants"] == []


def test_the_text_for_a_channel_goes_with_it(
    as_editor: APIClient, lea: Channel, brazil: Channel
) -> None:
    post = a_post(lea, brazil, variants=[{"channel": brazil.pk, "content": "Oi"}])
    shown = as_editor.patch(
        f"/api/posts/{post.pk}", {"version": 1, "channels": [str(lea.pk)]}
    ).json()["post"]
    assert shown["variants"] == []


def test_a_copy_has_the_same_texts(
    as_editor: APIClient, lea: Channel, brazil: Channel
) -> None:
    variants = [
        {"language": "pt", "content": "Bom dia"},
        {"channel": lea.pk, "content": "For Lea"},
    ]
    post = a_post(lea, brazil, variants=variants)
    copy = as_editor.post(f"/api/posts/{post.pk}/duplicate").json()["post"]
    assert texts(copy) == {"@lea": "For Lea", "@lea.br": "Bom dia"}
    assert len(copy["variants"]) == 2
    Channel.objects.filter(pk=lea.pk).update(is_active=False)
    copy = as_editor.post(f"/api/posts/{post.pk}/duplicate").json()["post"]
    assert [one["language"] for one in copy["variants"]] == ["pt"]


def test_every_channel_needs_a_text_or_media(
    as_editor: APIClient, lea: Channel, brazil: Channel
) -> None:
    silent = plan({"channel": str(lea.pk), "content": " "})
    response = as_editor.post("/api/posts", silent)
    assert response.status_code == 400
    assert "@lea" in response.json()["errors"]["variants"][0]
    spoken = plan({"language": "pt", "content": "Oi"}, content="", channels=None)
    assert "@lea " in as_editor.post("/api/posts", spoken).json()["message"]
    picture = MediaItemFactory()
    with_media = silent | {"media_ids": [str(picture.pk)]}
    assert as_editor.post("/api/posts", with_media).status_code == 201


def test_texts_are_measured_channel_by_channel(as_editor: APIClient) -> None:
    lea = CreatorFactory(slug="lea")
    short = ChannelFactory(creator=lea, platform="x", handle="@short")
    ChannelFactory(creator=lea, platform="facebook", handle="@long")
    body = plan(content="y" * 281)
    response = as_editor.post("/api/posts", body)
    assert response.status_code == 400
    (sentence,) = response.json()["errors"]["content"]
    assert "@short on X has 281 characters; at most 280" in sentence
    fits = plan({"channel": str(short.pk), "content": "Short"}, content="y" * 281)
    assert as_editor.post("/api/posts", fits).status_code == 201
    draft = as_editor.post("/api/posts", body | {"draft": True})
    assert draft.status_code == 201
    (warning,) = [
        one for one in draft.json()["warnings"] if one["code"] == "does_not_fit"
    ]
    assert warning["channel"] == str(short.pk)
    planned = as_editor.patch(
        f"/api/posts/{draft.json()['post']['id']}", {"version": 1, "draft": False}
    )
    assert planned.status_code == 400
    assert "@short" in planned.json()["errors"]["content"][0]


def test_too_many_media_and_a_missing_picture_are_refused(
    as_editor: APIClient,
) -> None:
    lea = CreatorFactory(slug="lea")
    ChannelFactory(creator=lea, platform="x", handle="@few")
    media = [str(one.pk) for one in MediaItemFactory.create_batch(5)]
    response = as_editor.post("/api/posts", plan(media_ids=media))
    assert "@few" in response.json()["errors"]["media_ids"][0]
    assert "4 media" in response.json()["errors"]["media_ids"][0]
    ChannelFactory(
        creator=lea, platform="instagram", connector="handover", handle="@pictures"
    )
    bare = as_editor.post("/api/posts", plan())
    assert "@pictures" in bare.json()["errors"]["media_ids"][0]


def test_a_clip_that_can_never_be_made_fit_is_refused(as_editor: APIClient) -> None:
    ChannelFactory(creator=CreatorFactory(slug="lea"), platform="x", handle="@brief")
    clip = MediaItemFactory(
        kind="video", content_type="video/mp4", duration_seconds=600, name="long.mp4"
    )
    response = as_editor.post("/api/posts", plan(media_ids=[str(clip.pk)]))
    assert response.status_code == 400
    (sentence,) = response.json()["errors"]["media_ids"]
    assert "@brief" in sentence
    assert "long.mp4" in sentence
    assert "600 seconds" in sentence


def test_what_is_out_keeps_the_text_it_went_out_with(
    as_editor: APIClient, lea: Channel, brazil: Channel
) -> None:
    at = timezone.now() + timedelta(days=1)
    post = a_post(lea, brazil, schedule_time=at)
    put(post.publications.get(channel=lea), state=P.PUBLISHED, published_at=at)
    variants = [{"channel": str(one.pk), "content": "New"} for one in (lea, brazil)]
    response = as_editor.patch(
        f"/api/posts/{post.pk}", {"version": 1, "variants": variants}
    )
    assert response.status_code == 200, response.json()
    assert texts(response.json()["post"]) == {"@lea": "Good morning", "@lea.br": "New"}
