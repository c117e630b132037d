"""What the tests of the compose page have in common."""

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from scheduling.models import Channel, Post, Publication
from tests.factories import ChannelFactory, CreatorFactory

# The document that the agency works by; only the id of the template is filled in.
FROM_TEMPLATE = """async function createPostFromTemplate(templateId) {
  // 1. Use template (increments usage count)
  const response = await fetch(`/api/templates/${templateId}/use`, {
    method: 'POST'
  });
  const { template } = await response.json();

  // 2. Get scheduling suggestions
  const suggestionsResponse = await fetch('/api/scheduling/suggestions?count=3');
  const { suggestions } = await suggestionsResponse.json();

  // 3. Pre-fill post form
  document.getElementById('content').value = template.content;
  document.getElementById('schedule_time').value = suggestions[0].datetime;

  // Select models from template
  template.models.forEach(modelId => {
    document.querySelector(`[data-model-id="${modelId}"]`).checked = true;
  });

  // 4. Submit post
  // ... form submission logic
}"""


def two_models() -> tuple[Channel, Channel, Channel]:
    """Return Lea's two channels (Berlin) and Ruby's one (New York)."""
    lea = CreatorFactory(slug="lea-moss", name="Lea Moss", timezone="Europe/Berlin")
    ruby = CreatorFactory(
        slug="ruby-hart", name="Ruby Hart", timezone="America/New_York"
    )
    return (
        ChannelFactory(creator=lea, platform="instagram", handle="@lea"),
        ChannelFactory(creator=lea, platform="x", handle="@lea.x"),
        ChannelFactory(creator=ruby, platform="instagram", handle="@ruby"),
    )


def next_week() -> datetime:
    """Return a whole minute a week ahead."""
    return (timezone.now() + timedelta(days=7)).replace(second=0, microsecond=0)


class ComposePage:
    """The page, driven as a person would."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.content = page.locator("#content")
        self.time = page.locator("#schedule_time")
        self.notices = page.locator("[data-notices]")
        self.strip = page.locator(".strip-item")
        self.undo = page.locator("#undo")

    def open(self, query: str = "") -> "ComposePage":
        """Load the page and wait until its scripts are at work."""
        self.page.goto(f"{self.address}/compose{query}")
        expect(self.page.locator("[data-summary]")).not_to_be_empty()
        return self

    def model(self, slug: str) -> Locator:
        """Return the checkbox of a model."""
        return self.page.locator(f'[data-model-id="{slug}"]')

    def channel(self, channel: Channel) -> Locator:
        """Return the switch of an account."""
        return self.page.locator(f'[name="channels"][value="{channel.pk}"]')

    def press(self, word: str) -> None:
        """Press one of the buttons that send."""
        self.page.get_by_role("button", name=word, exact=True).click()

    def write(self, text: str, *slugs: str, at: str = "") -> None:
        """Fill in a text, models and a wall-clock time."""
        self.content.fill(text)
        for slug in slugs:
            self.model(slug).check()
        if at:
            self.time.fill(at)

    def said(self, words: str) -> None:
        """Wait until the page says that it worked."""
        expect(self.notices.locator(".notice-good")).to_contain_text(words)


def places(post: Post) -> dict[str, Any]:
    """Return the due time on each channel of a post, by handle."""
    rows = Publication.objects.filter(post=post).exclude(
        state=Publication.State.CANCELLED
    )
    return dict(rows.values_list("channel__handle", "publish_at"))
