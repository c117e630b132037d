"""The shell's scripts in a real browser, against a real server on loopback."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.pages.shell_server import ShellServer

MODULES = "/static/promura_site"


@pytest.fixture(scope="module")
def own() -> Iterator[ShellServer]:
    with ShellServer() as server:
        yield server


@pytest.fixture(scope="module")
def stranger() -> Iterator[ShellServer]:
    with ShellServer() as server:
        yield server


@pytest.fixture
def shell(page: Page, own: ShellServer) -> Iterator[Page]:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{own.url}/page")
    page.wait_for_function("document.querySelector('[data-placed]')")
    yield page
    assert problems == []


def _run(page: Page, module: str, code: str, argument: Any = None) -> Any:
    script = f"async (arg) => {{ const m = await import('{module}'); {code} }}"
    return page.evaluate(script, argument)


def _fetch(page: Page, code: str, argument: Any = None) -> Any:
    return page.evaluate(f"async (arg) => (await ({code})).json()", argument)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_an_unsafe_request_to_our_own_origin_gets_the_token(
    shell: Page, method: str
) -> None:
    echo = _fetch(
        shell,
        """fetch('/api/x', {method: arg, body: '{"a": 1}',
           headers: {'Content-Type': 'application/json'}})""",
        method,
    )
    assert echo["method"] == method
    assert echo["headers"]["x-csrftoken"] == "the-token"
    assert echo["headers"]["content-type"] == "application/json"
    assert echo["body"] == '{"a": 1}'


@pytest.mark.parametrize("call", ["fetch('/api/x')", "fetch(new Request('/api/x'))"])
def test_a_safe_request_gets_no_token(shell: Page, call: str) -> None:
    assert "x-csrftoken" not in _fetch(shell, call)["headers"]


def test_a_request_to_another_origin_gets_no_token(
    shell: Page, stranger: ShellServer
) -> None:
    echo = _fetch(shell, "fetch(arg, {method: 'POST', body: 'x'})", stranger.url)
    assert echo["method"] == "POST"
    assert "x-csrftoken" not in echo["headers"]


def test_a_request_object_keeps_its_headers_and_body(shell: Page) -> None:
    echo = _fetch(
        shell,
        """fetch(new Request('/api/x', {method: 'post', body: 'hello',
           headers: new Headers({'X-Own': 'kept'})}))""",
    )
    assert echo["headers"]["x-own"] == "kept"
    assert echo["headers"]["x-csrftoken"] == "the-token"
    assert echo["body"] == "hello"


def test_a_token_or_authorization_of_ones_own_is_kept(shell: Page) -> None:
    echo = _fetch(
        shell,
        """fetch('/api/x', {method: 'POST', headers: new Headers(
           {Authorization: 'Bearer mine', 'X-CSRFToken': 'mine'})})""",
    )
    assert echo["headers"]["authorization"] == "Bearer mine"
    assert echo["headers"]["x-csrftoken"] == "mine"


def test_the_api_sends_json_and_parameters(shell: Page) -> None:
    post = _run(
        shell, f"{MODULES}/api.js", "return m.api.post('/api/x', {tags: ['a']})"
    )
    assert post["body"] == '{"tags":["a"]}'
    get = _run(
        shell,
        f"{MODULES}/api.js",
        "return m.api.get('/api/x', {params: {tags: ['a', 'b'], q: '', model: null}})",
    )
    assert get["path"] == "/api/x?tags=a&tags=b"


CATCH = """try { return await (%s) } catch (e) {
  return {name: e.name, status: e.status, code: e.code, message: e.message,
          errors: e.errors} }"""


def _caught(page: Page, call: str) -> dict[str, Any]:
    caught: dict[str, Any] = _run(page, f"{MODULES}/api.js", CATCH % call)
    return caught


def test_a_failure_carries_the_envelope(shell: Page) -> None:
    failure = """{success: false, code: 'invalid', message: 'Name is missing.',
                  errors: {name: ['Required.']}}"""
    error = _caught(shell, f"m.api.post('/status/400', {failure})")
    assert error == {
        "name": "ApiError",
        "status": 400,
        "code": "invalid",
        "message": "Name is missing.",
        "errors": {"name": ["Required."]},
    }


def test_an_answer_that_is_no_json_still_gets_a_sentence(shell: Page) -> None:
    error = _caught(shell, "m.api.put('/status/502')")
    assert error["status"] == 502
    assert "Try again" in error["message"]


def test_nothing_new_is_null(shell: Page) -> None:
    assert _run(shell, f"{MODULES}/api.js", "return m.api.get('/status/304')") is None


def test_a_slow_server_is_a_time_out(shell: Page) -> None:
    error = _caught(shell, "m.api.get('/wait', {timeout: 50})")
    assert (error["status"], error["code"]) == (0, "timeout")


def test_an_unreachable_server_is_offline(shell: Page) -> None:
    _run(shell, f"{MODULES}/api.js", "return typeof m.api;")
    shell.context.set_offline(True)
    error = _caught(shell, "m.api.get('/api/x')")
    shell.context.set_offline(False)
    assert (error["status"], error["code"]) == (0, "offline")


def test_an_own_abort_is_no_api_error(shell: Page) -> None:
    error = _caught(shell, "m.api.get('/wait', {signal: AbortSignal.abort()})")
    assert error["name"] == "AbortError"


def test_an_upload_reports_progress_and_carries_the_token(shell: Page) -> None:
    echo = _run(
        shell,
        f"{MODULES}/upload.js",
        """const form = new FormData(); form.append('file', new Blob(['abc']), 'a.txt');
           let share = 0;
           const answer = await m.upload('/api/x', form, {onProgress: s => share = s});
           return {...answer, share};""",
    )
    assert echo["share"] == 1
    assert echo["headers"]["x-csrftoken"] == "the-token"
    assert "abc" in echo["body"]


ERRORS = "m.showErrors(document.getElementById('form'), arg);"


def test_errors_stand_beside_their_fields(shell: Page) -> None:
    _run(
        shell,
        f"{MODULES}/forms.js",
        ERRORS,
        {"name": ["Too long."], "credentials": {"url": ["No address."]}},
    )
    name = shell.locator("#name")
    expect(name).to_be_focused()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_accessible_description("Short. Too long.")
    expect(shell.locator("#url")).to_have_accessible_description("No address.")


def test_errors_of_no_field_stand_above_the_form(shell: Page) -> None:
    _run(shell, f"{MODULES}/forms.js", ERRORS, {"models": ["Choose one."]})
    expect(shell.locator("#form [role=alert]")).to_have_text("Choose one.")


def test_cleared_errors_leave_the_hint(shell: Page) -> None:
    _run(
        shell,
        f"{MODULES}/forms.js",
        ERRORS + "m.clearErrors(document.getElementById('form'));",
        {"name": ["Too long."], "other": ["Whole form."]},
    )
    name = shell.locator("#name")
    expect(name).to_have_accessible_description("Short.")
    assert name.get_attribute("aria-invalid") is None
    expect(shell.locator("[data-shown-error]")).to_have_count(0)


def test_a_refused_form_shows_why_and_can_be_sent_again(shell: Page) -> None:
    _run(
        shell,
        f"{MODULES}/api.js",
        """m.submitWith(document.getElementById('form'), (data) => m.api.post(
             '/status/409', {success: false, message: `No ${data.name}.`}));""",
    )
    shell.fill("#name", "Lea")
    shell.press("#name", "Enter")
    expect(shell.locator("#form [role=alert]")).to_have_text("No Lea.")
    assert shell.locator("#form button").get_attribute("aria-busy") is None


def test_undo_runs_once_and_is_announced(shell: Page) -> None:
    _run(
        shell,
        f"{MODULES}/undo.js",
        """window.undone = 0;
           m.offerUndo({message: 'Moved 2 items.', undo: async () => {
             window.undone += 1; return 'They are back.'; }});""",
    )
    expect(shell.locator("#live")).to_contain_text("Moved 2 items.")
    shell.get_by_role("button", name="Undo").click()
    expect(shell.locator("#live")).to_have_text("They are back.")
    expect(shell.locator(".undo-bar")).to_have_count(0)
    assert shell.evaluate("window.undone") == 1


def test_a_failed_undo_says_so_and_stays(shell: Page) -> None:
    _run(
        shell,
        f"{MODULES}/undo.js",
        """m.offerUndo({message: 'Moved.', undo: async () => {
             throw new Error('Too late.'); }});""",
    )
    shell.get_by_role("button", name="Undo").click()
    expect(shell.locator(".undo-words")).to_have_text("Too late.")


def test_a_banner_comes_and_goes(shell: Page) -> None:
    banner = shell.locator("#banner")
    _run(
        shell,
        f"{MODULES}/undo.js",
        "m.showBanner({kind: 'silent', text: 'No publisher runs.', url: '/queue'});",
    )
    expect(banner).to_contain_text("No publisher runs.")
    _run(shell, f"{MODULES}/undo.js", "m.clearBanner();")
    expect(banner).to_be_empty()


def test_a_dialog_opens_closes_and_answers(shell: Page) -> None:
    dialog = shell.locator("#ask")
    shell.click("#opener")
    expect(dialog).to_be_visible()
    shell.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(shell.locator("#opener")).to_be_focused()
    shell.click("#opener")
    shell.mouse.click(2, 2)
    expect(dialog).to_be_hidden()
    _run(
        shell,
        f"{MODULES}/dialog.js",
        "m.openDialog('ask').then((value) => { window.answer = value; });",
    )
    dialog.get_by_role("button", name="Yes").click()
    shell.wait_for_function("window.answer === 'yes'")


def test_a_menu_opens_beside_its_button_and_walks_by_arrow_keys(shell: Page) -> None:
    shell.focus("#more")
    shell.keyboard.press("Enter")
    shell.keyboard.press("ArrowDown")
    expect(shell.get_by_role("button", name="Edit")).to_be_focused()
    shell.keyboard.press("ArrowDown")
    expect(shell.get_by_role("button", name="Copy")).to_be_focused()
    button = shell.locator("#more").bounding_box()
    menu = shell.locator("#menu").bounding_box()
    assert button is not None
    assert menu is not None
    assert 0 <= menu["y"] - (button["y"] + button["height"]) <= 16
    shell.keyboard.press("Escape")
    expect(shell.locator("#menu")).to_be_hidden()


def test_pictures_keep_their_ratio(shell: Page) -> None:
    first, second = (
        shell.locator(".media-item").nth(index).bounding_box() for index in (0, 1)
    )
    assert first is not None
    assert second is not None
    assert first["width"] / first["height"] == pytest.approx(1.5, abs=0.02)
    assert second["width"] / second["height"] == pytest.approx(0.5, abs=0.02)
    assert first["height"] == pytest.approx(second["height"], abs=1)
    expect(shell.locator(".media-item").nth(1)).to_have_css(
        "background-color", "rgb(90, 51, 70)"
    )


def test_times_are_written_in_the_persons_zone(shell: Page) -> None:
    expect(shell.locator("time")).to_have_text("Sun 29 Mar, 01:30")


@pytest.mark.parametrize(
    ("zone", "moment", "value"),
    [
        ("Europe/Berlin", "2026-03-29T00:59:00Z", "2026-03-29T01:59"),
        ("Europe/Berlin", "2026-03-29T01:00:00Z", "2026-03-29T03:00"),
        ("Asia/Kathmandu", "2026-01-01T18:15:00Z", "2026-01-02T00:00"),
    ],
)
def test_a_local_input_shows_the_wall_clock_of_its_zone(
    shell: Page, zone: str, moment: str, value: str
) -> None:
    code = "return m.toLocalInput(arg[0], arg[1]);"
    assert _run(shell, f"{MODULES}/time.js", code, [moment, zone]) == value


def test_a_relative_time_reads_as_words(shell: Page) -> None:
    code = "return m.formatTime(arg, {style: 'relative', now: Date.parse(arg) - 3e5});"
    words = _run(shell, f"{MODULES}/time.js", code, "2026-03-29T12:00:00Z")
    assert words == "in 5 minutes"


def test_a_built_element_never_parses_markup(shell: Page) -> None:
    markup = _run(
        shell,
        f"{MODULES}/dom.js",
        """const p = m.h('p', {title: '"<b>', hidden: false}, '<b>x</b>', null);
           return [p.children.length, p.title, p.textContent, p.hidden];""",
    )
    assert markup == [0, '"<b>', "<b>x</b>", False]


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Lea Moss", "LM"), ("noor", "N"), ("", ""), ("Åsa de Vu", "ÅV")],
)
def test_initials_are_the_ends_of_a_name(shell: Page, name: str, letters: str) -> None:
    assert _run(shell, f"{MODULES}/dom.js", "return m.initials(arg);", name) == letters
