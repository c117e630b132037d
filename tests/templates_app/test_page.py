"""The templates page, without a browser."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from promura_site.models import User
from templates_app import services
from templates_app.pages import ROWS_A_PAGE
from tests.factories import CreatorFactory, MediaItemFactory, PostTemplateFactory

pytestmark = pytest.mark.django_db


def page(client: Client, query: str = "") -> str:
    response = client.get(f"/templates{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_strangers_sign_in_first(client: Client) -> None:
    response = client.get("/templates")
    assert response.status_code == 302
    assert response["Location"].startswith("/sign-in")


def test_people_without_a_level_are_refused(person: Any, browse: Any) -> None:
    assert browse(person(None)).get("/templates").status_code == 403


def test_an_empty_page_says_what_to_do_next(
    viewer: User, editor: User, browse: Any
) -> None:
    assert "Write the first one" in page(browse(editor))
    assert "No templates yet" in page(browse(viewer))
    assert "Write the first one" not in page(browse(viewer))


def test_a_row_shows_all_that_belongs_to_a_template(editor: User, browse: Any) -> None:
    CreatorFactory(slug="lea", name="Lea Moss")
    media = [MediaItemFactory(alt_text=f"Picture {n}") for n in range(5)]
    template = services.create_template(
        actor=editor,
        fields={
            "name": "Tea <b>",
            "content": "Tea time",
            "models": ["lea", "gone-model"],
            "tags": ["Apple"],
            "media_ids": ["media-1", *(str(item.pk) for item in media)],
            "schedule_pattern": "FREQ=WEEKLY;BYDAY=MO",
        },
    )
    services.use_template(template.pk, actor=editor, now=timezone.now())
    shown = page(browse(editor))
    assert "Tea &lt;b&gt;" in shown
    for words in (
        "Tea time",
        "Lea Moss",
        "Apple",
        "Weekly on Mon",
        "Not there: model gone-model, 1 media item",
        'alt="Picture 2"',
        "+2",
        f"/compose?template={template.pk}",
    ):
        assert words in shown
    assert 'alt="Picture 3"' not in shown


def test_each_level_sees_what_it_may_do(
    viewer: User, editor: User, admin: User, browse: Any
) -> None:
    PostTemplateFactory()
    offered = {
        person.username: {
            word
            for word in ("data-copy-", "data-duplicate-", "data-delete-", "?deleted=")
            if word in page(browse(person))
        }
        for person in (viewer, editor, admin)
    }
    assert offered == {
        "viewer": {"data-copy-"},
        "editor": {"data-copy-", "data-duplicate-"},
        "admin": {"data-copy-", "data-duplicate-", "data-delete-", "?deleted="},
    }


def test_the_list_can_be_narrowed(editor: User, browse: Any) -> None:
    client = browse(editor)
    for name, tag in (("Tea", "drink"), ("Beach", "sun")):
        services.create_template(
            actor=editor, fields={"name": name, "content": "", "tags": [tag]}
        )
    assert "Beach" not in page(client, "?search=tea")
    assert "Tea" not in page(client, "?tags=sun")
    assert "No template fits" in page(client, "?search=nothing")
    assert "No template fits" in page(client, "?search=" + "x" * 300)
    both = page(client, "?tags=sun")
    assert "?tags=sun%2Cdrink" in both
    assert 'aria-current="true">sun' in " ".join(both.split())
    assert "2 templates" in page(client, "?ordering=nonsense&page=abc")


def test_only_admins_see_the_deleted(editor: User, admin: User, browse: Any) -> None:
    PostTemplateFactory(name="Gone", deleted_at=timezone.now())
    PostTemplateFactory(name="Here")
    deleted = page(browse(admin), "?deleted=true")
    assert "Gone" in deleted
    assert "data-restore-template" in deleted
    assert "Here" not in deleted
    assert "Gone" not in page(browse(editor), "?deleted=true")


def test_a_long_list_comes_in_pages(editor: User, browse: Any) -> None:
    PostTemplateFactory.create_batch(ROWS_A_PAGE + 1)
    client = browse(editor)
    first, second = page(client), page(client, "?page=2")
    assert first.count('data-template-id="') == ROWS_A_PAGE
    assert "?page=2" in first
    assert second.count('data-template-id="') == 1
    assert "data-more" not in second


def test_the_page_asks_as_often_for_thirty_as_for_three(
    editor: User, browse: Any, django_assert_max_num_queries: Any
) -> None:
    client = browse(editor)
    asked = []
    for number in (3, 27):
        for _ in range(number):
            slug = CreatorFactory().slug
            item = MediaItemFactory()
            services.create_template(
                actor=editor,
                fields={
                    "name": "Tea",
                    "content": "",
                    "models": [slug, "gone"],
                    "tags": ["a", "b"],
                    "media_ids": [str(item.pk), "gone"],
                },
            )
        with django_assert_max_num_queries(22) as queries:
            page(client)
        asked.append(len(queries))
    assert asked[0] == asked[1]
