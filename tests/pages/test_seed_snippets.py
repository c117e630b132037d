"""The commissioning document's snippets, run as written on our own pages.

Only ids and the token are put in. The longer workflows stand with their pages:
bulk tagging in test_library_selection.py, a post from a template in
test_compose_page.py, the metrics controls in test_metrics_page.py.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page

from library.models import MediaItem
from promura_site.api.authentication import issue_tokens
from promura_site.models import User
from templates_app.models import PostTemplate
from tests.factories import CreatorFactory, MediaItemFactory

pytestmark = pytest.mark.django_db(transaction=True)

BULK = """
// Select multiple items
const selectedIds = ['media-123', 'media-456', 'media-789'];

// Delete multiple items
await fetch('/api/library/bulk-delete', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ media_ids: selectedIds })
});

// Add tags to multiple items
await fetch('/api/library/bulk-tag', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({
    media_ids: selectedIds,
    tags: ['promotional', 'Q4-2025'],
    action: 'add'
  })
});
"""

SUGGEST = """
// Get suggestions when user clicks "Suggest Times" button
async function getSuggestedTimes() {
  const response = await fetch('/api/scheduling/suggestions?count=5');
  const data = await response.json();

  // Display suggestions to user
  data.suggestions.forEach(suggestion => {
    console.log(`${suggestion.day_name} ${suggestion.time}`);
    console.log(`Confidence: ${suggestion.confidence}%`);
    console.log(`Reason: ${suggestion.reason}`);
  });
}
"""

USAGE = """
// 1. Create a template
const createResponse = await fetch('/api/templates', {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({
    name: "Daily Morning Post",
    content: "Good morning! ☀️",
    models: ["model1"],
    tags: ["daily", "morning"]
  })
});

// 2. Get all templates
const templates = await fetch('/api/templates').then(r => r.json());

// 3. Use a template
const useResponse = await fetch(`/api/templates/${templateId}/use`, {
  method: 'POST'
});
const templateData = await useResponse.json();

// 4. Pre-fill post form with template data
document.getElementById('content').value = templateData.template.content;
// ... fill other fields
"""

TOKEN = """
// Include authentication token in requests
fetch('/api/templates', {
  headers: {
    'Authorization': 'Bearer YOUR_TOKEN_HERE'
  }
});
"""


@pytest.fixture
def open_page(
    quiet: Page, live_server: Any, signed_in: Callable[[Page, User], None]
) -> Callable[[User, str], Page]:
    def go(user: User, path: str) -> Page:
        signed_in(quiet, user)
        quiet.goto(live_server.url + path)
        return quiet

    return go


def test_bulk_delete_and_bulk_tag(
    editor: User, open_page: Callable[[User, str], Page]
) -> None:
    items = MediaItemFactory.create_batch(3)
    code = BULK
    for name, item in zip(("media-123", "media-456", "media-789"), items, strict=True):
        code = code.replace(name, str(item.pk))
    delete, tag = code.split("// Add tags to multiple items")
    page = open_page(editor, "/queue")
    page.evaluate(f"async () => {{ {delete.split('// Delete')[0]} {tag} }}")
    tagged = MediaItem.objects.filter(tags__name="Q4-2025")
    assert set(tagged) == set(items)
    page.evaluate(f"async () => {{ {code} }}")
    assert not MediaItem.objects.present().exists()


def test_suggested_times_are_told(
    viewer: User, open_page: Callable[[User, str], Page]
) -> None:
    page = open_page(viewer, "/queue")
    lines: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        lines.append(message.text)

    page.on("console", hear)
    page.evaluate(f"async () => {{ {SUGGEST} await getSuggestedTimes(); }}")
    assert len(lines) == 15
    assert lines[1] == "Confidence: 50%"
    assert lines[2].startswith("Reason: ")


def test_the_template_usage_flow_on_compose(
    editor: User, open_page: Callable[[User, str], Page]
) -> None:
    CreatorFactory(slug="model1")
    page = open_page(editor, "/compose")
    create, rest = USAGE.split("// 2. Get all templates")
    told = page.evaluate(
        f"""async () => {{
          {create}
          const templateId = (await createResponse.json()).template.id;
          {rest}
          return templates.count;
        }}"""
    )
    assert told == 1
    assert page.locator("#content").input_value() == "Good morning! ☀️"
    assert PostTemplate.objects.get().usage_count == 1


def test_a_token_in_the_header(
    viewer: User, open_page: Callable[[User, str], Page], live_server: Any
) -> None:
    token = issue_tokens(viewer)["access"]
    page = open_page(viewer, "/sign-in")
    page.context.clear_cookies()
    call = TOKEN.replace("YOUR_TOKEN_HERE", token).strip().rstrip(";")
    status = page.evaluate(
        f"async () => {{ const answer = await {call.split('requests')[1]}; "
        "return answer.status; }"
    )
    assert status == 200
