"""Notices and who is on call, in Django's admin."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from metrics.models import AuditEvent
from promura_site.models import User
from scheduling.models import OnCall
from scheduling.notices import wiring
from tests.factories import ChannelFactory
from tests.scheduling.notices.telling import failed

pytestmark = pytest.mark.django_db
ON_CALL, NOTICES = "/admin/scheduling/oncall/", "/admin/scheduling/notice/"


@pytest.fixture
def site(browse: Callable[[User], Client], admin: User) -> Client:
    return browse(admin)


def test_people_are_put_on_call_and_taken_off(
    site: Client, viewer: User, editor: User
) -> None:
    for user in (viewer, editor):
        assert site.post(f"{ON_CALL}add/", {"user": str(user.pk)}).status_code == 302
    assert OnCall.objects.count() == 2
    body = {"action": "delete_selected", "_selected_action": [str(viewer.pk)]}
    site.post(ON_CALL, body | {"post": "yes"})
    assert OnCall.objects.get().user == editor
    page = site.get(ON_CALL).content.decode()
    assert "editor" in page
    said = AuditEvent.objects.filter(action="on_call.set").values_list("message")
    assert ("put editor on call",) in said


def test_somebody_without_a_level_is_refused_with_the_reason(
    site: Client, person: Callable[..., User]
) -> None:
    nobody = person(None, username="nobody")
    answer = site.post(f"{ON_CALL}add/", {"user": str(nobody.pk)}, follow=True)
    assert "There is nobody named nobody with a level" in answer.content.decode()
    assert not OnCall.objects.exists()


def test_notices_are_read_there_and_not_written(site: Client) -> None:
    failed(ChannelFactory(handle="@lea", platform="x"))
    wiring.look(timezone.now())
    assert "1 post failed on @lea" in site.get(NOTICES).content.decode()
    assert site.get(f"{NOTICES}add/").status_code == 403


def test_editors_do_not_come_in(browse: Callable[[User], Client], editor: User) -> None:
    assert browse(editor).get(ON_CALL).status_code in {302, 403}
