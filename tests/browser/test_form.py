"""The form in a real JupyterLab, by mouse and by keyboard: what the form shows is what is bought."""

from __future__ import annotations

import hashlib
import random
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator

from tests.browser.lab import Flavour, Lab, Page
from tests.kernels.older import older
from tests.kernels.spec import CURRENT, Spec
from vidmagic.sandbox import Sandbox

SHOW = "import vidmagic\nform = vidmagic.form(model={!r}, prompt={!r})\nform"
HAS_VIDEO = "book.widgets[arg].outputArea.node.querySelector('video') !== null"
DIGEST = "import hashlib\nprint(hashlib.sha256(form.draft.input_fields[0].value[0].data).hexdigest())"
CAN_IMPROVE = (
    "[...document.querySelectorAll('button')].some(b => b.innerText.trim() == 'Improve prompt' && !b.disabled)"
)
CONTAINS = "(book.widgets[0].outputArea.node.innerText || '').includes(arg)"
MEASURE = """form => {
    const box = form.getBoundingClientRect();
    const shown = [...form.querySelectorAll('input, select, textarea, button')].filter(e => e.offsetParent);
    return [box.left, box.right, Math.max(...shown.map(e => e.getBoundingClientRect().right))];
}"""
# Drag a file made in the page over an element, and drop it if *drop* is true; return its bytes as base64.
DRAG = """async (target, [name, type, drop]) => {
    const canvas = Object.assign(document.createElement('canvas'), {width: 320, height: 240});
    canvas.getContext('2d').fillRect(100, 100, 200, 200);
    const picture = await new Promise(made => canvas.toBlob(made, 'image/png'));
    const text = new TextEncoder().encode('not an image').buffer;
    const bytes = type.startsWith('image/') ? await picture.arrayBuffer() : text;
    const data = new DataTransfer();
    data.items.add(new File([bytes], name, {type}));
    for (const kind of ['dragenter', 'dragover', ...(drop ? ['drop'] : [])]) {
        const event = new DragEvent(kind, {bubbles: true, cancelable: true, dataTransfer: data});
        target.dispatchEvent(event);
        if (kind !== 'dragenter' && !event.defaultPrevented) throw new Error(`the page does not handle ${kind}`);
    }
    return btoa(String.fromCharCode(...new Uint8Array(bytes)));
}"""
LINE = ".vidmagic-form .vidmagic-reason [aria-live]"
KEY = "a-test-key"


@pytest.fixture(scope="module")
def service() -> Iterator[Sandbox]:
    """Run the sandbox as the real services, so that what the kernels buy can be counted."""
    with Sandbox(seconds=0.5) as sandbox:
        yield sandbox


@pytest.fixture(scope="module", params=["lab", "notebook"])
def server(
    request: pytest.FixtureRequest, browser: Browser, service: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Lab]:
    """Run one JupyterLab, then one Notebook 7, for all tests of this file; each test has a kernel of its own."""
    flavour: Flavour = request.param
    folder = tmp_path_factory.mktemp(f"form-{flavour}")
    names = ("DMXAPI", "APIYI", "VIDU")
    keys = {f"{name}_API_KEY": KEY for name in names} | {f"VIDMAGIC_{name}_URL": service.url for name in names}
    kernels = (CURRENT, older())
    with closing(
        Lab(
            browser,
            folder / "work",
            folder / "home",
            flavour=flavour,
            kernels=kernels,
            env={"VIDMAGIC_HOME": str(folder), **keys},
        )
    ) as lab:
        yield lab


@pytest.fixture
def opened(server: Lab, service: Sandbox, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """Open a notebook whose first cell shows a form, with further cells below."""
    service.ledger.clear()
    pages: list[Page] = []

    def show(model: str, prompt: str, *cells: str, kernel: Spec = CURRENT) -> Page:
        name = f"{request.node.originalname}.ipynb"
        server.write(name, SHOW.format(model, prompt), *cells, kernel=kernel)
        pages.append(server.open(name))
        pages[0].run(0)
        pages[0].area(0).get_by_role("button", name="Generate").wait_for()
        return pages[0]

    yield show
    for page in pages:
        page.close()


def bought(service: Sandbox) -> list[str]:
    """Return the prompts that were bought."""
    return [call.body["prompt"] for call in service.ledger if call.path == "/v1/video_generation"]


def generate(page: Page) -> Locator:
    """Return the Generate button."""
    return page.area(0).get_by_role("button", name="Generate")


def read_the_price(page: Page) -> None:
    """Wait as a reader does: a click within some 0.1 s of a change is refused, as nobody can have seen the change."""
    page.browser_page.wait_for_timeout(500)


def type_on(page: Page, text: str) -> None:
    """Type at the end of the prompt, letter by letter."""
    prompt = page.area(0).get_by_label("prompt", exact=True)
    prompt.press("End")
    prompt.press_sequentially(text, delay=20)


def test_by_mouse(opened: Callable[..., Page], service: Sandbox) -> None:
    """Fields depend on each other, the price follows, a double click buys one video, which plays and is saved."""
    page = opened("hailuo", "")
    area = page.area(0)
    assert generate(page).is_disabled()
    assert "the prompt is empty" in page.text(0)
    area.get_by_label("prompt", exact=True).fill("A red kite over the sea")
    page.until(CONTAINS, "23 of 2,000")
    area.get_by_label("duration").select_option("10 s")
    page.until(CONTAINS, "¥4.00")
    area.get_by_label("resolution").select_option("1080P")
    page.until(CONTAINS, "duration is now 6 s")
    assert area.get_by_label("duration").locator("option").all_inner_texts() == ["6\xa0s"]
    assert "¥3.50" in page.text(0)
    cell = "%%video hailuo --resolution 1080P\nA red kite over the sea"
    assert area.get_by_label("as a cell").input_value() == cell
    assert bought(service) == []
    read_the_price(page)
    generate(page).dblclick()
    page.until(HAS_VIDEO, 0)
    assert page.play(0).current_time > 0
    assert bought(service) == ["A red kite over the sea"]
    page.until(CONTAINS, "shown again, free of charge")
    shown, result = (output["data"] for output in page.outputs(0))
    assert set(shown) == {"text/html", "text/plain"}  # a slot that the page fills, and no widget
    assert set(result) == {"text/html", "text/plain"}
    assert "<video" in "".join(result["text/html"])


def test_by_keyboard_alone(opened: Callable[..., Page], service: Sandbox) -> None:
    """After the prompt, Tab, letters and Enter are enough, and every stop has a name."""
    page = opened("hailuo", "")
    keys = page.browser_page.keyboard
    page.area(0).get_by_label("prompt", exact=True).focus()
    keys.type("A kite by keyboard")
    page.until(CAN_IMPROVE)  # Tab passes over a button that cannot be pressed yet
    names = []
    while not names or "Generate" not in names[-1]:
        keys.press("Tab")
        names.append(page.js("const e = document.activeElement; return (e.labels?.[0] ?? e).innerText.trim()"))
        if names[-1] == "duration":
            keys.type("10")
            page.until(CONTAINS, "¥4.00")
        assert len(names) < 14
    assert [name.partition(":")[0] for name in names] == [
        "wish",
        "Improve prompt",
        "first frame",
        "Choose first frame",
        "duration",
        "resolution",
        "prompt optimizer",
        "fast pretreatment",
        "aigc watermark",
        "Generate",
    ]
    read_the_price(page)
    keys.press("Enter")
    page.until(HAS_VIDEO, 0)
    assert bought(service) == ["A kite by keyboard"]


def test_the_prompt_is_improved(opened: Callable[..., Page], service: Sandbox) -> None:
    """The word difference stands under the prompt until it is used; then the cell has it, and nothing was bought."""
    page = opened("hailuo", "a red kite")
    area = page.area(0)
    area.get_by_label("wish").fill("more wind")
    read_the_price(page)
    area.get_by_role("button", name="Improve prompt").dblclick()
    area.locator("ins").get_by_text("more wind").wait_for()
    prompt = area.get_by_label("prompt", exact=True)
    assert prompt.input_value() == "a red kite"
    area.get_by_role("button", name="Use it").click()
    page.until("book.widgets[0].outputArea.node.querySelector('ins') === null")
    assert "more wind" in prompt.input_value()
    page.until(CONTAINS, f"{len(prompt.input_value())} of 2,000")
    assert prompt.input_value() in area.get_by_label("as a cell").input_value()
    assert [call.path for call in service.ledger] == ["/v1/chat/completions"]


def test_images_are_chosen_by_keyboard_and_dropped(
    opened: Callable[..., Page], service: Sandbox, tmp_path: Path
) -> None:
    """A chosen file and a dropped one are shown as thumbnails, and their bytes are what is sent."""
    Image.new("RGB", (640, 480), "teal").save(tmp_path / "kite.png")
    page = opened("viduq2", "A kite")
    assert generate(page).is_disabled()
    with page.browser_page.expect_file_chooser() as chooser:
        page.area(0).get_by_role("button", name="Choose first frame").press("Enter")
    chooser.value.set_files(tmp_path / "kite.png")
    thumbnail = page.area(0).get_by_role("img", name="first frame: kite.png")
    thumbnail.wait_for()
    assert thumbnail.evaluate("image => image.naturalWidth") == 160
    page.until(CONTAINS, "640×480")
    field = page.area(0).locator(".vidmagic-input-field", has_text="last frame")
    field.get_by_text("or drop it here").evaluate(DRAG, ["end.png", "image/png", False])
    assert page.area(0).locator(".vidmagic-drag-over").count() == 1
    dropped = field.get_by_text("or drop it here").evaluate(DRAG, ["end.png", "image/png", True])
    page.area(0).get_by_role("img", name="last frame: end.png").wait_for()
    assert page.area(0).locator(".vidmagic-drag-over").count() == 0
    page.until(CONTAINS, "start-end")
    read_the_price(page)
    generate(page).click()
    page.until(HAS_VIDEO, 0)
    (call,) = [call for call in service.ledger if isinstance(call.body, dict) and "images" in call.body]
    sent = [image.partition(",")[2] for image in call.body["images"]]
    assert sent == [b64encode((tmp_path / "kite.png").read_bytes()).decode(), dropped]


def test_a_large_image_comes_whole(opened: Callable[..., Page], server: Lab, tmp_path: Path) -> None:
    """25 MB arrive unchanged, are not saved with the notebook, and an upload that stops is reported."""
    noise = tmp_path / "noise.png"
    size = (2900, 2900)
    Image.frombytes("RGB", size, random.Random(0).randbytes(3 * size[0] * size[1])).save(noise, compress_level=0)
    (tmp_path / "large.png").write_bytes(bytes(50_000_000))
    page = opened("vidu", "A kite", DIGEST)
    area = page.area(0)
    files = area.locator("input[type=file]")
    files.first.set_input_files(noise)
    area.get_by_role("progressbar", name="upload of first frame").wait_for()
    page.until(CONTAINS, "first frame: noise.png is still being uploaded")
    assert generate(page).is_disabled()
    area.get_by_role("img", name="first frame: noise.png").wait_for()
    page.run(1)
    assert page.text(1).strip() == hashlib.sha256(noise.read_bytes()).hexdigest()
    page.save()
    assert (server.root / "test_a_large_image_comes_whole.ipynb").stat().st_size < 100_000
    files.nth(2).set_input_files(tmp_path / "large.png")
    page.until(CONTAINS, "reference: large.png has 50,000,000 bytes; at most 49,999,999 are allowed")
    assert generate(page).is_disabled()
    files.nth(2).set_input_files(noise)
    area.get_by_role("progressbar", name="upload of references").wait_for()
    page.restart_kernel()
    page.until(CONTAINS, "the upload of noise.png stopped: the kernel is gone")


def test_a_file_that_is_not_an_image_is_announced(opened: Callable[..., Page]) -> None:
    """A dropped text file disables the button until removed; the live region exists before its text changes.

    A screen reader announces a change within a live region, but not a live region that is itself new.
    """
    page = opened("vidu", "A kite")
    line = page.area(0).locator(LINE)
    line.wait_for()
    line.evaluate("line => { line.dataset.first = 'yes'; }")
    field = page.area(0).locator(".vidmagic-input-field", has_text="last frame")
    field.get_by_role("textbox").evaluate(DRAG, ["notes.txt", "text/plain", True])
    page.until(CONTAINS, "last frame: notes.txt is not an image")
    assert generate(page).is_disabled()
    assert field.get_by_role("status").inner_text() == "notes.txt is not an image"
    assert line.get_attribute("data-first") == "yes"
    assert "notes.txt is not an image" in page.area(0).locator(".vidmagic-reason").get_by_role("status").inner_text()
    field.get_by_role("button", name="Remove").click()
    page.until(CONTAINS, "text mode")
    assert line.get_attribute("data-first") == "yes"
    assert "text mode" in line.inner_text()
    assert generate(page).is_enabled()


def test_it_works_while_a_cell_runs(opened: Callable[..., Page], service: Sandbox) -> None:
    """On a kernel with subshells the price follows, and the video is made before a long cell has ended."""
    page = opened("hailuo", "A boat", "import time; time.sleep(20)")
    page.start(1)
    page.area(0).get_by_label("duration").select_option("10 s")
    page.until(CONTAINS, "¥4.00", timeout=5)
    type_on(page, " over the wide sea")
    generate(page).click()
    page.until(HAS_VIDEO, 0, timeout=15)
    assert bought(service) == ["A boat over the wide sea"]
    page.interrupt()


def test_a_click_on_a_busy_kernel(opened: Callable[..., Page], service: Sandbox) -> None:
    """On a kernel without subshells a click does not overtake typed text, and buys at no price that was not shown."""
    page = opened("hailuo", "A kite", "import time; time.sleep(2)", kernel=older())
    page.start(1)
    type_on(page, " over the wide sea")
    generate(page).click()
    page.wait(1)
    page.until(HAS_VIDEO, 0)
    assert bought(service) == ["A kite over the wide sea"]
    page.start(1)
    page.area(0).get_by_label("duration").select_option("10 s")
    generate(page).click()
    page.wait(1)
    page.until(CONTAINS, "click again")
    assert len(bought(service)) == 1
    generate(page).click()
    page.until(CONTAINS, "shown again, free of charge")
    assert len(bought(service)) == 2


def test_a_reload_keeps_the_form_and_its_job(opened: Callable[..., Page], service: Sandbox) -> None:
    """After a reload during a job the fields are there, Cancel works, and nothing is bought twice."""
    page = opened("hailuo", "A kite [[sandbox: seconds=60]]")
    generate(page).click()
    page.until(CONTAINS, "queued")
    page.save()
    page.reload()
    page.area(0).get_by_role("button", name="Cancel").wait_for()
    assert page.area(0).get_by_label("prompt", exact=True).input_value() == "A kite [[sandbox: seconds=60]]"
    page.click(0, "Cancel")
    page.until(CONTAINS, "cancelled")
    assert len(bought(service)) == 1


def test_it_fits(opened: Callable[..., Page], tmp_path: Path) -> None:
    """Narrow and wide, in both themes, nothing sticks out to the right."""
    page = opened("vidu", "A kite")
    page.js("app.shell.collapseLeft(); app.shell.collapseRight();")
    form = page.area(0).locator(".vidmagic-form")
    for theme in ("light", "dark"):
        page.theme(theme)
        for width in (1200, 500):
            page.size(width, 900)
            page.until("Math.abs(document.body.clientWidth - arg) < 2", width)
            page.shot(tmp_path / f"{theme}-{width}.png")
            left, right, most = form.evaluate(MEASURE)
            assert right - left <= 720
            assert most <= right + 1
