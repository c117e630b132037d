"""An edit and the publishers at the same time: each channel gets the old or the new."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from promura_site.errors import DomainError
from scheduling.models import Post, Publication
from scheduling.publishing import ledger
from scheduling.services.editing import edit_post
from tests.factories import ChannelFactory, CreatorFactory, UserFactory
from tests.scheduling.planning import a_post

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_leased_keeps_its_text_and_what_is_open_gets_the_new_one() -> None:
    model = CreatorFactory()
    channels = ChannelFactory.create_batch(6, creator=model)
    post, actor = a_post(*channels, content="Old"), UserFactory()
    together = Barrier(2)

    def publish() -> None:
        together.wait()
        try:
            while ledger.claim(1):
                pass
        finally:
            connection.close()

    def edit() -> set[str]:
        together.wait()
        try:
            changed = edit_post(
                post.pk,
                actor=actor,
                now=timezone.now(),
                version=1,
                changes={"content": "New"},
            )
        except DomainError as refused:
            return {one["channel"] for one in refused.payload["too_late"]}
        finally:
            connection.close()
        return {one["channel"] for one in changed.too_late}

    with ThreadPoolExecutor(2) as pool:
        publishing, editing = pool.submit(publish), pool.submit(edit)
        publishing.result()
        late = editing.result()
    # A post that was locked just then is looked at again.
    ledger.claim(10)
    rows = Publication.objects.filter(post=post)
    assert {row.state for row in rows} == {Publication.State.LEASED}
    for row in rows:
        assert row.payload is not None
        expected = "Old" if str(row.channel_id) in late else "New"
        assert (row.payload["content"], row.content) == (expected, expected)
    assert Post.objects.get().version == (1 if len(late) == 6 else 2)
