"""Sixty models with their channels in one table: all lines or none."""

from typing import Any, ClassVar

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from rest_framework.test import APIClient

from library.models import Creator
from metrics.models import AuditEvent
from scheduling import credentials
from scheduling.models import Channel
from scheduling.publishing.connectors.webhook import WebhookConnector
from tests.factories import ChannelFactory, CreatorFactory
from tests.scheduling.planning import SECRET

pytestmark = pytest.mark.django_db

HEAD = "model,name,timezone,language,platform,handle,channel_language,max_rating"


def send(client: APIClient, text: str | bytes, query: str = "") -> Any:
    data = text.encode() if isinstance(text, str) else text
    file = SimpleUploadedFile("models.csv", data, content_type="text/csv")
    return client.post(f"/api/models/import{query}", {"file": file}, format="multipart")


def table(*lines: str, head: str = HEAD) -> str:
    return "\r\n".join((head, *lines)) + "\r\n"


def sixty() -> str:
    lines = []
    for number in range(60):
        model = f"model-{number}"
        lines.append(
            f"{model},Model {number},Europe/Rome,it,instagram,@m{number},it,suggestive"
        )
        lines.append(f"{model},,,,tiktok,@m{number},,")
    return table(*lines)


def test_sixty_models_come_in_with_their_channels(as_admin: APIClient) -> None:
    tried = send(as_admin, sixty(), "?dry_run=true").json()
    assert (len(tried["models"]), tried["channels"]) == (60, 120)
    assert tried["message"] == "60 models and 120 channels would be added"
    assert not Creator.objects.exists()
    done = send(as_admin, sixty())
    assert done.status_code == 200
    assert done.json()["message"] == "60 models and 120 channels added"
    model = Creator.objects.get(slug="model-7")
    assert (model.name, model.timezone, model.language) == (
        "Model 7",
        "Europe/Rome",
        "it",
    )
    first, second = model.channels.order_by("platform")
    assert (first.platform, first.handle, first.max_rating) == ("instagram", "@m7", 1)
    assert (second.platform, second.language) == ("tiktok", "it")


def test_a_table_says_how_many_posts_a_week_are_wanted(as_admin: APIClient) -> None:
    head = f"{HEAD},posts_per_week"
    rows = "lea,Lea,,,instagram,@lea,,,7\nlea,,,,tiktok,@lea,,,"
    assert send(as_admin, f"{head}\n{rows}\n").status_code == 200
    wanted = Channel.objects.order_by("platform").values_list("posts_per_week")
    assert [one for (one,) in wanted] == [7, None]
    wrong = send(as_admin, f"{head}\nmia,Mia,,,instagram,@mia,,,often\n").json()
    assert [error["field"] for error in wrong["row_errors"]] == ["posts_per_week"]


def test_the_same_table_again_changes_nothing(as_admin: APIClient) -> None:
    send(as_admin, sixty())
    again = send(as_admin, sixty()).json()
    assert (again["models"], again["channels"], again["unchanged"]) == ([], 0, 120)
    assert Channel.objects.count() == 120


def test_one_of_each_is_said_as_one(as_admin: APIClient) -> None:
    one = table("lea,Lea,,,instagram,@lea,,")
    said = "1 model and 1 channel added"
    assert send(as_admin, one).json()["message"] == said
    refused = send(as_admin, table("mia,,,,instagram,@mia,,")).json()
    assert refused["message"] == "1 line with errors; nothing was brought in."


def test_a_dry_run_leaves_no_trace(as_admin: APIClient) -> None:
    send(as_admin, sixty(), "?dry_run=true")
    assert not Channel.objects.exists()
    assert not AuditEvent.objects.filter(action__startswith="creator").exists()


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (",Lea,,,,,,", "model"),
        ("Lea!,Lea,,,,,,", "model"),
        ("lea,,,,,,,", "name"),
        ("lea,Lea,Mars/Base,,,,,", "timezone"),
        ("lea,Lea,,??,,,,", "language"),
        ("lea,Lea,,,myspace,@lea,,", "platform"),
        ("lea,Lea,,,instagram,,,", "handle"),
        ("lea,Lea,,,,@lea,,", "platform"),
        ("lea,Lea,,,instagram,@lea,,wild", "max_rating"),
        ("mia,Maria,,,,,,", "name"),
        ("lea,Lea,,,instagram,@taken,,", "handle"),
        ("gone,Gone,,,instagram,@gone,,", "model"),
    ],
)
def test_a_bad_line_is_named_and_nothing_comes_in(
    as_admin: APIClient, line: str, field: str
) -> None:
    mia = CreatorFactory(slug="mia", name="Mia")
    CreatorFactory(slug="gone", name="Gone", is_active=False)
    ChannelFactory(creator=mia, platform="instagram", handle="@Taken")
    text = table("good,Good,,,instagram,@good,,", line)
    tried = send(as_admin, text, "?dry_run=true")
    assert tried.status_code == 200
    (error,) = tried.json()["row_errors"]
    assert (error["line"], error["field"]) == (3, field)
    refused = send(as_admin, text)
    assert refused.status_code == 400
    assert refused.json()["code"] == "rows_refused"
    assert refused.json()["row_errors"] == [error]
    assert not Creator.objects.filter(slug="good").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "columns are missing: model"),
        (b"name\nLea\n", "columns are missing: model"),
        (b"model,model\nlea,lea\n", "twice"),
        (b"model,shoe\nlea,39\n", "not known: shoe"),
        (b"model\n", "no rows"),
        (b"model,name\nlea,Lea,Berlin\n", "Line 2 has more fields"),
        ("model,name\nlea,Léa\n".encode("latin-1"), "UTF-8"),
        (b"model\nl\x00a\n", "NUL"),
        (b"model\n" + b"m\n" * 2001, "more than 2,000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_in_words(
    as_admin: APIClient, text: bytes, words: str
) -> None:
    refused = send(as_admin, text)
    assert refused.status_code == 400
    assert words in refused.json()["message"]


def test_a_file_too_large_is_refused(as_admin: APIClient) -> None:
    refused = send(as_admin, b"model\n" + b"x" * 2_000_000)
    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


def test_spreadsheets_of_other_countries_are_read(as_admin: APIClient) -> None:
    text = "\ufeffModel;Name;Timezone\n\nlea;Léa;Europe/Paris\n"
    assert send(as_admin, text).json()["models"] == ["lea"]
    assert Creator.objects.get().name == "Léa"


def test_sign_ins_are_sealed_and_those_left_out_wait(as_admin: APIClient) -> None:
    head = "model,name,platform,handle,credentials.url,credentials.secret"
    text = table(
        f"lea,Lea,webhook,lea-site,http://127.0.0.1:9/hook,{SECRET}",
        "mia,Mia,webhook,mia-site,,",
        head=head,
    )
    answer = send(as_admin, text)
    assert answer.status_code == 200
    assert SECRET not in answer.content.decode()
    assert answer.json()["to_sign_in"] == 1
    signed = Channel.objects.get(handle="lea-site")
    assert credentials.decrypt(signed.credentials)["secret"] == SECRET
    waiting = Channel.objects.get(handle="mia-site")
    assert waiting.health == Channel.Health.NEEDS_SIGN_IN
    assert waiting.credentials == ""


class NotingWebhook(WebhookConnector):
    """A webhook that notes how deep in transactions its addresses are looked up."""

    depths: ClassVar[list[int]] = []

    @classmethod
    def validate_credentials(cls, *args: Any) -> dict[str, Any]:
        cls.depths.append(len(connection.savepoint_ids))
        return super().validate_credentials(*args)


def test_addresses_are_looked_up_outside_of_the_transaction(
    as_admin: APIClient, settings: Any
) -> None:
    settings.PROMURA_CONNECTORS = {"webhook": f"{__name__}.NotingWebhook"}
    NotingWebhook.depths.clear()
    head = "model,name,platform,handle,credentials.url,credentials.secret"
    lines = (
        f"lea,Lea,webhook,hook-1,https://192.88.98.1/in,{SECRET}",
        "mia,Mia,webhook,hook-2,,",
    )
    assert send(as_admin, table(*lines, head=head)).json()["channels"] == 2
    assert NotingWebhook.depths == [len(connection.savepoint_ids)] * 2


def test_a_bad_sign_in_names_its_line(as_admin: APIClient) -> None:
    head = "model,name,platform,handle,credentials.url,credentials.secret"
    text = table(f"lea,Lea,webhook,lea-site,ftp://x,{SECRET}", head=head)
    (error,) = send(as_admin, text, "?dry_run=true").json()["row_errors"]
    assert (error["line"], error["field"]) == (2, "credentials.url")
    assert SECRET not in error["message"]


def test_only_an_admin_brings_models_in(
    anonymous: APIClient, as_editor: APIClient
) -> None:
    assert send(anonymous, sixty()).status_code == 401
    assert send(as_editor, sixty()).status_code == 403


def test_a_strange_flag_is_refused(as_admin: APIClient) -> None:
    assert send(as_admin, sixty(), "?dry_run=perhaps").status_code == 400
    assert (
        as_admin.post("/api/models/import", {}, format="multipart").status_code == 400
    )


def test_the_example_can_be_brought_in(as_admin: APIClient) -> None:
    example = as_admin.get("/api/models/import")
    assert example["Content-Type"].startswith("text/csv")
    brought = send(as_admin, example.content)
    assert brought.status_code == 200
    assert brought.json()["models"] == ["lea", "mia"]
