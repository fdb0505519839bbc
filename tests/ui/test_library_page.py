"""The library in a real browser, on the deterministic profile."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Dialog, Page, expect
from reportlab.pdfgen.canvas import Canvas

from assistant.session import Assistant
from assistant.settings import Settings
from tests.ui.browser import PATIENCE_MS, Tab, free_port
from ui.app import mount
from ui.pages.library import LibraryPage
from ui.session import Session

pytestmark = pytest.mark.browser
Open = Callable[..., Tab]
PUMPS = "# Glacier pump\n\n## Priming\n\nTurn the red lever twice and wait until the pump hums.\n"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one page for all tests of this file; each makes a knowledge base."""
    folder, port = tmp_path_factory.mktemp("library"), free_port()
    settings = Settings(profile="deterministic", data_dir=folder, cache_dir=folder)
    app = mount(settings, Assistant(settings))
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{port}/"
    server.force_exit = server.should_exit = True
    thread.join(10)


@pytest.fixture
def files(tmp_path: Path, samples: Path) -> list[Path]:
    """An article, a picture and a PDF."""
    article, picture, pdf = (tmp_path / name for name in ("pump.md", "screen.png", "manual.pdf"))
    article.write_text(PUMPS)
    picture.write_bytes((samples / "screenshot.png").read_bytes())
    canvas = Canvas(str(pdf))
    for page in ("Unpacking", "Winter"):
        canvas.setFont("Helvetica-Bold", 20)
        canvas.drawString(72, 760, page)
        canvas.setFont("Helvetica", 11)
        for line in range(6):
            canvas.drawString(
                72, 720 - 16 * line, f"{page}: drain the turbine before frost {line}."
            )
        canvas.showPage()
    canvas.save()
    return [article, picture, pdf]


def open_library(open_tab: Open, url: str, base: str = "", **context) -> Page:
    """Open the library and make a knowledge base there."""
    page = open_tab(f"{url}?view=library", ready="#library-title", **context).page
    page.locator(".shelf-head").wait_for()
    if base:
        page.locator("details.make summary").click()
        page.locator("details.make input").fill(base)
        page.keyboard.press("Enter")
        expect(page.locator("[data-change=choose]")).to_have_value(base)
    return page


def add(page: Page, *files: Path) -> None:
    """Add files and wait for the report."""
    page.set_input_files("[data-pick=files]", [str(file) for file in files])
    page.locator("[data-addition=done]").wait_for()


def test_files_are_taken_in_found_opened_and_deleted(
    url: str, open_tab: Open, files: list[Path]
) -> None:
    page = open_library(open_tab, url, "pumps", locale="en-US")
    expect(page.locator(".shelf")).to_contain_text("This knowledge base is empty.")
    add(page, *files)
    expect(page.locator(".addition").first).to_contain_text("3 of 3 files")
    rows = page.locator(".file")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="manual.pdf")).to_contain_text("2 pages")
    for picture in page.locator(".likeness img").all():
        picture.scroll_into_view_if_needed()
        page.wait_for_function("i => i.naturalWidth > 0", arg=picture.element_handle())

    page.get_by_role("searchbox", name="What should be found?").fill("red lever of the pump")
    page.keyboard.press("Enter")
    expect(page.locator(".try .card").first).to_contain_text("Turn the red lever twice")

    page.get_by_role("button", name="manual.pdf", exact=True).click()
    page.locator(".source .look").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_alt_text("Page 1 of")).to_be_visible()
    box = dialog.locator(".region").bounding_box()
    assert box is not None
    assert box["height"] > 20
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)

    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.message)
        dialog.accept()

    page.on("dialog", answer)
    page.locator(".source").get_by_role("button", name="Delete").click()
    expect(rows).to_have_count(2)
    assert "manual.pdf" in asked[0]
    assert "2 documents" in asked[0]


def test_what_cannot_be_read_is_reported(url: str, open_tab: Open, tmp_path: Path) -> None:
    bad, strange = tmp_path / "broken.pdf", tmp_path / "notes.xyz"
    bad.write_bytes(b"%PDF-1.7 not really")
    strange.write_text("?")
    page = open_library(open_tab, url, "bad-files", locale="en-US")
    add(page, bad, strange)
    report = page.locator(".addition").first
    expect(report).to_contain_text("2 files or parts were left out")
    expect(report).to_contain_text("not a readable PDF")
    expect(report).to_contain_text("notes.xyz")
    report.get_by_role("button", name="Put away").click()
    expect(page.locator(".addition", has_text="bad-files")).to_have_count(0)


def test_a_file_name_cannot_act(url: str, open_tab: Open, tmp_path: Path) -> None:
    evil = tmp_path / "<img src=x onerror=hacked=1>.md"
    evil.write_text("# <img src=x onerror=hacked=1>\n\nThe evil pump <script>hacked=1</script>.\n")
    page = open_library(open_tab, url, "evil", locale="en-US")
    add(page, evil)
    page.locator(".file .title").click()
    expect(page.locator(".source .card")).to_contain_text("The evil pump")
    assert page.evaluate("typeof hacked") == "undefined"


def test_an_addition_can_be_cancelled_and_survives_a_reload(
    url: str, open_tab: Open, tmp_path: Path
) -> None:
    many = []
    for number in range(150):
        many.append(tmp_path / f"part-{number:03}.md")
        many[-1].write_text("".join(f"# Part {number}.{n}\n\nText {n}.\n\n" for n in range(200)))
    page = open_library(open_tab, url, "many", locale="en-US")
    page.set_input_files("[data-pick=files]", [str(file) for file in many])
    running = page.locator("[data-addition=running]")
    running.wait_for()
    page.reload()
    expect(page.locator("[data-change=choose]")).to_have_value("many")
    running.get_by_role("button", name="Cancel").click()
    stopped = page.locator("[data-addition=stopped]")
    expect(stopped).to_contain_text("What is in stays in.")
    expect(page.locator(".shelf-head")).to_contain_text("files")


def test_a_chinese_library(url: str, open_tab: Open, tmp_path: Path) -> None:
    article = tmp_path / "水泵手册.md"
    article.write_text("# 水泵\n\n## 启动\n\n将红色手柄转动两圈，直到水泵发出嗡嗡声。\n")
    page = open_library(open_tab, url, "shui-beng", locale="zh-CN")
    expect(page.get_by_role("heading", name="资料库", exact=True)).to_be_visible()
    add(page, article)
    page.get_by_role("searchbox", name="想找什么？").fill("红色手柄")
    page.keyboard.press("Enter")
    expect(page.locator(".try .card").first).to_contain_text("红色手柄转动两圈")
    expect(page.locator(".file")).to_contain_text("水泵手册.md")


def test_nothing_there_answers(url: str, open_tab: Open, tmp_path: Path) -> None:
    article = tmp_path / "pump.md"
    article.write_text(PUMPS)
    page = open_library(open_tab, url, "answers", locale="en-US")
    add(page, article)
    page.locator("#try-text").fill("zebra crossings of Antarctica")
    page.keyboard.press("Enter")
    expect(page.locator(".found")).to_contain_text("Nothing here answers this.")


def test_the_keyboard_alone_is_enough(url: str, open_tab: Open, files: list[Path]) -> None:
    page = open_library(open_tab, url, "keys", locale="en-US")
    add(page, files[0])
    page.get_by_role("link", name="Chat").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("textbox", name="Your message")).to_be_focused()
    page.get_by_role("link", name="Library").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#library-title")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("[data-change=choose]")).to_be_focused()
    page.locator(".file .title").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".source #shelf-title")).to_be_focused()
    page.go_back()
    expect(page.get_by_role("textbox", name="Your message")).to_be_visible()


def test_an_answer_that_was_overtaken_does_not_close_the_opened_file(
    url: str, open_tab: Open, files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_library(open_tab, url, "late", locale="en-US")
    add(page, files[0])
    everything, opened = LibraryPage._everything, threading.Event()

    def late(library: LibraryPage, session: Session) -> dict:
        library._library.create("later")  # by which its answer is known once it is here
        update = everything(library, session)
        assert opened.wait(PATIENCE_MS / 1000)
        return update

    monkeypatch.setattr(LibraryPage, "_everything", late)
    page.get_by_role("link", name="Chat").click()
    page.get_by_role("link", name="Library").click()
    page.locator(".file .title").click()
    expect(page.locator(".source #shelf-title")).to_be_focused()
    opened.set()
    expect(page.locator("option[value=later]")).to_have_count(1)
    expect(page.locator(".source #shelf-title")).to_be_focused()


@pytest.mark.parametrize("width", [390, 640])
def test_nothing_is_cut_off(width: int, url: str, open_tab: Open, files: list[Path]) -> None:
    base = f"narrow-{width}"
    page = open_library(open_tab, url, base, viewport={"width": width, "height": 800})
    long = files[0].with_name("unbreakable" * 12 + ".md")
    files[0].rename(long)
    add(page, long, files[2])
    page.locator("#try-text").fill("drain the turbine")
    page.keyboard.press("Enter")
    expect(page.locator(".try .card").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_two_tabs_add_at_once(url: str, open_tab: Open, files: list[Path]) -> None:
    pages = [open_library(open_tab, url, "shared", locale="en-US") for _ in range(2)]
    for page, file in zip(pages, files[:2], strict=True):
        page.set_input_files("[data-pick=files]", str(file))
    for page in pages:
        page.locator("[data-addition=done]").first.wait_for()
    for page in pages:  # what the other did is told to whoever comes back
        page.reload()
        expect(page.locator("[data-addition=done]")).to_have_count(2)
        expect(page.locator(".file")).to_have_count(2)


def test_the_chat_asks_the_chosen_knowledge_base(
    url: str, open_tab: Open, files: list[Path]
) -> None:
    page = open_library(open_tab, url, "chosen", locale="en-US")
    add(page, files[2])
    page.get_by_role("link", name="Chat").click()
    page.reload()
    page.get_by_label("Looks in").select_option("chosen")
    page.get_by_role("textbox").fill("When must the turbine be drained before frost?")
    page.keyboard.press("Enter")
    page.locator("#region-live [data-state=done]").wait_for()
    card = page.locator("#region-live .card").first
    expect(card).to_contain_text("manual.pdf")
    card.locator(".look").click()
    expect(page.get_by_role("dialog").locator(".region")).to_be_visible()
    page.keyboard.press("Escape")
    page.reload()
    expect(page.get_by_label("Looks in")).to_have_value("chosen")
