"""The page in a real browser, on a scripted assistant."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from assistant.errors import ConfigurationError, ModelError
from tests.ui.browser import Tab
from tests.ui.fakes import ANSWER, ScriptedAssistant

pytestmark = pytest.mark.browser
Serve = Callable[[ScriptedAssistant], str]
Open = Callable[..., Tab]


@pytest.fixture
def tab(scripted: ScriptedAssistant, serve_page: Serve, open_tab: Open) -> Tab:
    return open_tab(serve_page(scripted), locale="en-US")


def test_voice_screenshot_and_text_go_in_one_send(tab: Tab, samples: Path) -> None:
    tab.attach(samples / "screenshot.png")
    tab.record(1.5)
    tab.send("It says E-42 since this morning.")
    tab.await_state("done")
    sent = tab.live.locator(".sent")
    expect(sent.locator("img")).to_have_count(1)
    expect(sent.locator("audio")).to_have_count(1)
    expect(tab.live.locator(".asked")).to_have_text("It says E-42 since this morning.")
    expect(tab.box).to_have_value("")
    expect(tab.page.locator(".chips li")).to_have_count(0)
    assert tab.faults == []


def test_the_answer_is_shown_with_all_it_rests_on(tab: Tab) -> None:
    tab.send("What is E-42?")
    tab.await_state("done")
    expect(tab.answer).to_contain_text("Open Settings > Internet > PPPoE at 192.168.7.1")
    expect(tab.live.locator(".step.done")).to_have_count(2)
    expect(tab.live.locator(".card")).to_have_count(3)
    expect(tab.live.locator(".gates li")).to_have_count(4)
    expect(tab.live.locator(".verdict")).to_contain_text("everything agrees")
    expect(tab.live.get_by_alt_text("Your screenshot; a box marks E-42.")).to_be_visible()
    for picture in tab.live.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True)
        assert picture.evaluate("image => image.naturalWidth") > 0


def test_the_answer_is_spoken_while_it_is_still_written(
    scripted: ScriptedAssistant, serve_page: Serve, open_tab: Open
) -> None:
    scripted.pause_s = 0.05
    tab = open_tab(serve_page(scripted))
    tab.send("What is E-42?")
    tab.page.wait_for_function("samesense.player.played > 0")
    assert tab.live.locator("[data-state=running]").count() == 1
    assert tab.page.evaluate("samesense.player.clock.state") == "running"
    tab.await_state("done")
    tab.page.wait_for_function("samesense.player.played === 2")
    tab.page.wait_for_function("!samesense.player.speaking")
    expect(tab.page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)


def test_speech_stays_off_once_it_is_switched_off(tab: Tab) -> None:
    switch = tab.page.get_by_role("switch", name="Speech")
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "false")
    tab.page.reload()
    expect(switch).to_have_attribute("aria-checked", "false")
    tab.send("What is E-42?")
    tab.await_state("done")
    assert tab.played() == 0
    # a screen reader hears the answer instead
    expect(tab.page.locator("#announcements")).to_contain_text("Press Reconnect")


def test_stop_ends_the_answer_at_once(
    scripted: ScriptedAssistant, serve_page: Serve, open_tab: Open
) -> None:
    scripted.pause_s = 0.1
    tab = open_tab(serve_page(scripted))
    tab.send("What is E-42?")
    expect(tab.answer).to_be_visible()
    tab.page.get_by_role("button", name="Stop", exact=True).click()
    tab.await_state("stopped")
    expect(tab.live).to_contain_text("has not been checked")
    said = tab.answer.inner_text()
    tab.page.wait_for_timeout(500)
    assert tab.answer.inner_text() == said
    assert len(said) < len(ANSWER) / 2
    assert scripted.closed == 1
    assert not tab.speaking()
    scripted.pause_s = 0
    tab.send("Again?")
    tab.await_state("done")


def test_earlier_conversations_are_listed_continued_and_deleted(tab: Tab) -> None:
    tab.send("What is E-42?")
    tab.await_state("done")
    threads = tab.page.get_by_role("navigation", name="Conversations")
    tab.page.get_by_role("button", name="New conversation").click()
    expect(tab.live.locator(".exchange")).to_have_count(0)
    tab.send("And the red light?")
    tab.await_state("done")
    expect(threads.locator(".thread")).to_have_count(2)

    threads.locator(".thread", has_text="What is E-42?").click()
    past = tab.page.locator("#region-past")
    expect(past.locator(".asked")).to_have_text("What is E-42?")
    tab.send("Still red.")
    tab.await_state("done")
    expect(past.locator(".exchange")).to_have_count(1)
    expect(threads.locator(".thread")).to_have_count(2)

    tab.page.on("dialog", lambda dialog: dialog.accept())
    threads.get_by_role("button", name="Delete “And the red light?”").click()
    expect(threads.locator(".thread")).to_have_count(1)


def test_a_reload_keeps_the_conversation(tab: Tab) -> None:
    tab.send("What is E-42?")
    tab.await_state("done")
    expect(tab.page).to_have_url(re.compile("thread="))
    tab.page.reload()
    past = tab.page.locator("#region-past")
    expect(past.locator(".asked")).to_have_text("What is E-42?")
    expect(past.locator(".answer")).to_contain_text("PPPoE authentication failed")
    expect(tab.page.locator(".thread[aria-current=page]")).to_have_count(1)


def test_two_tabs_are_two_conversations(
    scripted: ScriptedAssistant, serve_page: Serve, open_tab: Open
) -> None:
    scripted.pause_s = 0.02
    url = serve_page(scripted)
    tabs = [open_tab(url), open_tab(url)]
    for n, tab in enumerate(tabs):
        tab.send(f"Question {n}")
    for n, tab in enumerate(tabs):
        tab.await_state("done")
        expect(tab.live.locator(".asked")).to_have_text(f"Question {n}")
    assert len(scripted.kept) == 2


def test_a_bad_file_is_refused_and_nothing_is_lost(tab: Tab, tmp_path: Path) -> None:
    bad = tmp_path / "photo.png"
    bad.write_bytes(b"")
    tab.attach(bad)
    tab.send("What does it say?")
    expect(tab.page.get_by_role("alert").filter(has_text="photo.png")).to_be_visible()
    expect(tab.box).to_have_value("What does it say?")
    expect(tab.page.locator(".chips li")).to_have_count(1)
    tab.page.get_by_role("button", name="Remove photo.png").click()
    tab.box.press("Enter")
    tab.await_state("done")


def test_a_file_name_cannot_act(tab: Tab, samples: Path, tmp_path: Path) -> None:
    evil = tmp_path / "<img src=x onerror=hacked=1>.png"
    evil.write_bytes((samples / "screenshot.png").read_bytes())
    tab.attach(evil)
    tab.send("<img src=x onerror=hacked=1>")
    tab.await_state("done")
    assert tab.page.evaluate("typeof hacked") == "undefined"
    expect(tab.live.locator(".asked")).to_have_text("<img src=x onerror=hacked=1>")


def test_an_empty_message_is_answered_at_the_box(tab: Tab) -> None:
    tab.send("   ")
    expect(tab.page.get_by_role("alert").filter(has_text="Type something")).to_be_visible()
    expect(tab.live.locator(".exchange")).to_have_count(0)


def test_a_second_send_is_refused_politely_and_kept(
    scripted: ScriptedAssistant, serve_page: Serve, open_tab: Open
) -> None:
    scripted.pause_s = 0.05
    tab = open_tab(serve_page(scripted))
    tab.send("First")
    expect(tab.answer).to_be_visible()
    tab.send("Second")
    expect(tab.page.get_by_role("alert").filter(has_text="Still answering")).to_be_visible()
    expect(tab.box).to_have_value("Second")
    tab.await_state("done")
    expect(tab.live.locator(".asked")).to_have_text("First")


def test_an_error_of_a_model_is_a_message(
    scripted: ScriptedAssistant, serve_page: Serve, open_tab: Open
) -> None:
    scripted.error = ModelError("The chat model ran out of memory. Close other programs.")
    tab = open_tab(serve_page(scripted))
    tab.send("Hello")
    tab.await_state("failed")
    expect(tab.live.get_by_role("alert")).to_contain_text("ran out of memory")


def test_the_page_stands_before_the_models_and_says_what_is_missing(
    scripted: ScriptedAssistant, serve_page: Serve, open_tab: Open
) -> None:
    scripted.unready = ConfigurationError("The weights `qwen` are not here.")
    tab = open_tab(serve_page(scripted))
    banner = tab.page.get_by_role("banner")
    expect(banner).to_contain_text("The weights `qwen` are not here.")
    tab.send("Hello")
    tab.await_state("failed")
    expect(tab.live.get_by_role("alert")).to_contain_text("The weights `qwen` are not here.")
    scripted.unready = None
    banner.get_by_role("button", name="Try again").click()
    expect(banner).to_contain_text("Ready")
    tab.send("Hello")
    tab.await_state("done")


def test_the_keyboard_alone_is_enough(tab: Tab) -> None:
    page = tab.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the message box")).to_be_focused()
    page.keyboard.press("Enter")
    expect(tab.box).to_be_focused()
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    expect(tab.box).to_have_value("one\ntwo")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Add pictures or recordings")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Record your voice")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    tab.await_state("done")
    expect(tab.box).to_have_value("")
    tab.answer.get_by_role("link", name="Source 2").first.focus()
    page.keyboard.press("Enter")
    expect(tab.live.locator(".card").nth(1)).to_be_focused()


def test_everything_that_can_be_used_has_a_name(tab: Tab) -> None:
    tab.send("What is E-42?")
    tab.await_state("done")
    unnamed = tab.page.evaluate(
        """() => [...document.querySelectorAll("button, a[href], input, textarea, audio, img, nav")]
          .filter((e) => e.checkVisibility())
          .filter((e) => !(e.innerText || e.ariaLabel || e.getAttribute("alt") !== null || e.title
            || e.querySelector("img[alt]")
            || [...(e.labels || [])].some((label) => label.innerText)))
          .map((e) => e.outerHTML.slice(0, 120))"""
    )
    assert unnamed == []
    assert tab.page.locator("[role=status]").count() >= 2


@pytest.mark.parametrize("width", [390, 640, 1280])
def test_nothing_is_cut_off(width: int, scripted, serve_page: Serve, open_tab: Open) -> None:
    tab = open_tab(serve_page(scripted), viewport={"width": width, "height": 800})
    tab.send("unbreakable" * 60)
    tab.await_state("done")
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_proofs_open_by_keyboard_and_fit_at_twice_the_size(
    locale: str, scripted, serve_page: Serve, open_tab: Open
) -> None:
    size = {"width": 640, "height": 450}  # a screen of 1280 by 900 at 200 %
    tab = open_tab(serve_page(scripted), viewport=size, device_scale_factor=2, locale=locale)
    tab.send("What is E-42?")
    tab.await_state("done")
    check = tab.live.locator(".check")
    doubtful = check.locator(".claim.unverified")
    for _ in range(60):
        tab.page.keyboard.press("Tab")
        if doubtful.locator("summary").evaluate("e => e === document.activeElement"):
            break
    expect(doubtful.locator(".proof")).to_be_hidden()
    tab.page.keyboard.press("Enter")
    expect(doubtful.locator(".proof")).to_contain_text("No source says so.")
    tab.page.keyboard.press("Tab")  # to the source it was compared with
    tab.page.keyboard.press("Enter")
    expect(tab.live.locator(".card").first).to_be_focused()
    check.locator("summary").first.focus()
    for summary in check.locator("summary").all():
        summary.focus()
        tab.page.keyboard.press("Space")
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert tab.faults == []


def test_marks_have_words_for_who_cannot_see_them(tab: Tab) -> None:
    tab.send("What is E-42?")
    tab.await_state("done")
    check = tab.live.locator(".check")
    expect(check.get_by_text("not verified · evidence: the provider refused it")).to_be_visible()
    expect(check.get_by_text("2 statements checked and supported")).to_be_visible()
    signs = check.locator(".mark").all_text_contents()
    assert set(signs) == {"✓", "?"}
    assert check.locator(".mark:not([aria-hidden=true])").count() == 0


def test_a_chinese_browser_gets_a_chinese_page(scripted, serve_page: Serve, open_tab: Open) -> None:
    tab = open_tab(serve_page(scripted), locale="zh-CN")
    expect(tab.page.get_by_role("button", name="发送", exact=True)).to_be_visible()
    expect(tab.page.get_by_role("heading", name="拍下来，说出来，打出来。")).to_be_visible()
    assert tab.page.evaluate("document.documentElement.lang") == "zh-CN"


def test_dark_follows_the_system(scripted, serve_page: Serve, open_tab: Open) -> None:
    colours = {
        scheme: open_tab(serve_page(scripted), color_scheme=scheme).page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in ("light", "dark")
    }
    assert colours["light"] != colours["dark"]


def test_examples_send_themselves(tab: Tab) -> None:
    tab.page.get_by_role("button", name="A spoken question with a screenshot").click()
    tab.await_state("done")
    expect(tab.live.locator(".sent img")).to_have_count(1)
    expect(tab.live.locator(".sent audio")).to_have_count(1)


def test_a_pasted_screenshot_is_added(tab: Tab) -> None:
    tab.box.focus()
    tab.page.evaluate(
        """async () => {
          const canvas = new OffscreenCanvas(40, 30);
          canvas.getContext("2d").fillRect(0, 0, 40, 30);
          const data = new DataTransfer();
          const blob = await canvas.convertToBlob();
          data.items.add(new File([blob], "pasted.png", { type: "image/png" }));
          document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }"""
    )
    expect(tab.page.locator(".chips li")).to_contain_text("pasted.png")
    tab.send("What is this?")
    tab.await_state("done")
    expect(tab.live.locator(".sent img")).to_have_count(1)


def test_opened_details_and_focus_survive_the_stream(
    scripted: ScriptedAssistant, serve_page: Serve, open_tab: Open
) -> None:
    scripted.pause_s = 0.05
    tab = open_tab(serve_page(scripted))
    tab.send("What is E-42?")
    summary = tab.live.locator(".percept.ocr summary")
    summary.click()
    expect(summary).to_be_focused()
    tab.await_state("done")
    expect(summary).to_be_focused()
    expect(tab.live.locator(".percept.ocr details")).to_have_attribute("open", "")


def test_nothing_leaves_the_machine(tab: Tab) -> None:
    tab.send("What is E-42? ![](https://example.org/a.png)")
    tab.await_state("done")
    assert tab.foreign == []
    assert tab.faults == []
