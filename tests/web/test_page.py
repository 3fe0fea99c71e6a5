"""The drawing pad in a browser: drawn on, typed at, listened to."""

import base64
import re
import shutil

import pytest

from skdigits.pictures import NOT_SURE

CHROMIUM = shutil.which("chromium")
NONE, MINUS, TIMES = "\N{EN DASH}", "\N{MINUS SIGN}", "\N{MULTIPLICATION SIGN}"
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on PATH")

# Contrast of each text that is shown with what is behind it, least first.
CONTRASTS = """() => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const pixel = (colour) => {
    context.clearRect(0, 0, 1, 1);
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    return [...context.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colour) => {
    const [r, g, b] = pixel(colour).slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const found = [];
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].filter(({ nodeType }) => nodeType === 3)
      .map(({ data }) => data.trim()).join("");
    if (!text || !element.checkVisibility() || element.matches("[aria-disabled=true]")) continue;
    let behind = element;
    while (pixel(getComputedStyle(behind).backgroundColor)[3] < 255) behind = behind.parentElement;
    const both = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor]
      .map(luminance).sort((a, b) => b - a);
    found.push([(both[0] + 0.05) / (both[1] + 0.05), text]);
  }
  return found.sort((a, b) => a[0] - b[0]);
}"""

GIVE = """([kind, data, name, type]) => {
  const transfer = new DataTransfer();
  if (name) {
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  } else {
    transfer.setData("text/plain", "seven");
  }
  const options = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent(kind, { ...options, clipboardData: transfer })
    : new DragEvent(kind, { ...options, dataTransfer: transfer });
  document.getElementById("paper").dispatchEvent(event);
}"""

# From a copy: reading a canvas that is drawn on makes browsers complain.
PIXEL = """([x, y]) => {
  const copy = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  copy.drawImage(document.getElementById("pad"), -x, -y);
  return [...copy.getImageData(0, 0, 1, 1).data];
}"""


class Pad:
    """The page as someone uses it."""

    def __init__(self, page):
        self.page = page

    def on_screen(self, points):
        """Places of the window for points of the pad."""
        canvas = self.page.locator("#pad")
        canvas.scroll_into_view_if_needed()
        box = canvas.bounding_box()
        scale = box["width"] / 280
        return [(box["x"] + x * scale, box["y"] + y * scale) for x, y in points]

    def draw(self, strokes):
        mouse = self.page.mouse
        for stroke in strokes:
            (x, y), *others = self.on_screen(stroke)
            mouse.move(x, y)
            mouse.down()
            for x, y in others:
                mouse.move(x, y)
            mouse.up()

    def wait(self):
        self.page.wait_for_selector("#answer[aria-busy=false]")

    def text(self, name):
        return self.page.locator(f"#{name}").inner_text()

    def read(self):
        self.wait()
        return self.text("digit")

    def give(self, kind, data=b"", name=None, media_type="image/png"):
        self.page.evaluate(GIVE, [kind, base64.b64encode(data).decode(), name, media_type])

    def is_possible(self, name):
        return self.page.get_attribute(f"#{name}", "aria-disabled") == "false"

    def pixel(self, point):
        """Colour of the canvas at a point of the pad."""
        return self.page.evaluate(PIXEL, [3 * round(place) for place in point])


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def open_pad(browser, site):
    """Open the page; it must load nothing from elsewhere and complain of nothing."""
    contexts, complaints, loaded, expected = [], [], [], []

    def open_(*, complaints_expected=False, clock=False, **settings):
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **settings})
        context.set_default_timeout(20_000)
        contexts.append(context)
        expected.append(complaints_expected)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: loaded.append(request.url))
        if clock:  # the page's time stands still, but for what a test lets pass
            page.clock.install(time=0)
        page.goto(site)
        if clock:
            page.clock.pause_at(60_000)
        return Pad(page)

    yield open_
    for context in contexts:
        context.close()
    assert any(expected) or complaints == []
    assert all(url.startswith((f"{site}/", f"blob:{site}/")) for url in loaded)


@pytest.fixture
def pad(open_pad):
    return open_pad()


def test_drawn_digits_are_read(pad, drawn):
    for digit, pen in ((2, "Thin"), (5, "Medium"), (8, "Thick")):
        pad.page.get_by_label(pen).check()
        pad.draw(drawn(digit))
        assert pad.read() == str(digit)
        pad.page.keyboard.press("Delete")


def test_the_answer_says_how_sure_it_is_and_what_the_network_sees(pad, drawn):
    pad.draw(drawn(3))
    assert pad.read() == "3"
    bars = pad.page.locator("#bars li").all_inner_texts()
    assert [bar.split()[0] for bar in bars] == list("0123456789")
    shares = [float(bar.split()[1]) for bar in bars]
    assert sum(shares) == pytest.approx(100, abs=0.6)
    assert pad.text("sentence").startswith(f"{max(shares):.1f} %")
    widths = pad.page.eval_on_selector_all(
        "#bars .bar", "bars => bars.map(bar => parseFloat(bar.style.width))"
    )
    assert widths == pytest.approx(shares, abs=0.06)
    assert pad.page.locator("#bars .best").inner_text().startswith("3")
    counts = [int(cell) for cell in pad.page.locator("#counts td").all_inner_texts()]
    assert len(counts) == 64
    assert max(counts) == 16
    assert pad.text("time").startswith("Read in ")


def test_a_digit_is_read_while_it_is_drawn(pad, drawn):
    first, *others = pad.on_screen(drawn(2)[0])
    pad.page.mouse.move(*first)
    pad.page.mouse.down()
    for point in others:
        pad.page.mouse.move(*point)
    assert pad.read() == "2"
    assert not pad.is_possible("undo")  # the pen is still down
    pad.page.mouse.up()
    assert pad.is_possible("undo")


def test_what_is_undone_can_be_done_again(pad, drawn):
    page = pad.page
    first, second = drawn(4)
    pad.draw([first, second])
    assert pad.read() == "4"
    assert (pad.is_possible("undo"), pad.is_possible("redo")) == (True, False)
    page.click("#undo")
    assert pad.is_possible("redo")
    page.click("#undo")
    assert pad.read() == NONE
    assert pad.text("sentence") == "Nothing yet"
    assert pad.pixel(first[1])[3] == 0
    assert not pad.is_possible("undo")
    page.keyboard.press("Enter")  # nothing is left to undo, and the button keeps the focus
    assert page.evaluate("document.activeElement.id") == "undo"
    page.click("#redo")
    page.click("#redo")
    assert pad.read() == "4"
    assert pad.pixel(first[1])[3] == 255
    page.click("#clear")
    assert pad.read() == NONE
    assert not pad.is_possible("clear")
    page.click("#undo")
    assert pad.read() == "4"
    page.click("#undo")
    pad.draw([second])
    assert pad.read() == "4"
    assert not pad.is_possible("redo")


def test_keys_do_what_buttons_do(pad, picture):
    press = pad.page.keyboard.press
    pad.give("paste", picture(7), "seven.png")
    assert pad.read() == "7"
    for undo, redo in (("Control+z", "Control+y"), ("Meta+z", "Control+Shift+Z")):
        press(undo)
        assert pad.read() == NONE
        press(redo)
        assert pad.read() == "7"
    press("Delete")
    assert pad.read() == NONE
    press("z")  # alone it does nothing
    assert pad.read() == NONE


def test_everything_has_a_name_and_is_reached_by_keyboard(pad):
    reached, outlined = [], []
    for _ in range(6):
        pad.page.keyboard.press("Tab")
        name, outline = pad.page.evaluate(
            """() => {
              const at = document.activeElement;
              const seen = at.type === "radio" ? at.nextElementSibling : at;
              return [at.id || at.name, getComputedStyle(seen).outlineStyle];
            }"""
        )
        reached.append(name)
        outlined.append(outline)
    assert reached == ["undo", "redo", "clear", "pen", "open", "occlusion"]
    snapshot = pad.page.locator("body").aria_snapshot()
    for entry in (
        'heading "Drawing pad" [level=1]',
        'img "Drawing pad: draw one digit with mouse, pen or finger"',
        'button "Undo" [disabled]',
        'radio "Medium" [checked]',
        'list "Probabilities"',
        f'table "Ink in each of 8 {TIMES} 8 blocks, from 0 to 16: all that the network gets."',
    ):
        assert entry in snapshot, snapshot
    assert set(outlined) == {"solid"}
    with pad.page.expect_file_chooser():
        pad.page.keyboard.press("Shift+Tab")
        pad.page.keyboard.press("Enter")


def test_a_picture_is_read_and_shown_until_a_stroke_takes_its_place(pad, picture, drawn):
    data = picture(5)
    shown = pad.page.locator("#picture")
    for way in ("open", "drop", "paste"):
        if way == "open":
            file = {"name": "five.png", "mimeType": "image/png", "buffer": data}
            pad.page.set_input_files("#file", files=[file])
        else:
            pad.give(way, data, "five.png")
        assert pad.read() == "5"
        assert shown.get_attribute("alt") == "The picture that is read: five.png"
        width = "async image => { await image.decode(); return image.naturalWidth }"
        assert shown.evaluate(width) == 280
        pad.page.click("#undo")
        assert pad.read() == NONE
        assert not shown.is_visible()
    pad.page.click("#redo")
    assert pad.read() == "5"
    assert shown.is_visible()
    pad.draw(drawn(0))
    assert pad.read() == "0"
    assert not shown.is_visible()
    pad.page.click("#undo")
    assert pad.read() == "5"


def test_a_letter_and_several_digits_are_told_from_a_digit(pad, letter, seventeen, picture):
    pad.give("drop", letter, "a.png")
    pad.wait()
    assert pad.text("problem") == NOT_SURE
    assert ", or " in pad.text("sentence")
    pad.give("drop", seventeen, "seventeen.png")
    assert pad.read() == "17"
    assert pad.text("sentence").startswith("Several digits.")
    assert pad.text("problem") == ""
    pad.give("drop", picture(5), "five.png")
    assert pad.read() == "5"
    assert pad.text("problem") == ""
    assert pad.page.locator("#digit.several").count() == 0


def test_text_is_no_picture(pad):
    for kind, whence in (("paste", "pasted"), ("drop", "dropped")):
        pad.give(kind)
        assert pad.text("problem") == f"There is no picture in what was {whence}."
    assert pad.read() == NONE


def test_what_the_server_cannot_read_is_said(open_pad, picture):
    pad = open_pad(complaints_expected=True)
    pad.give("drop", picture(5)[:200], "broken.png")
    assert pad.read() == NONE
    assert pad.page.get_attribute("#problem", "role") == "alert"
    assert pad.text("problem").endswith(".")
    pad.give("drop", picture(5), "five.png")
    assert pad.read() == "5"
    assert pad.text("problem") == ""


def test_a_server_that_has_gone_is_missed(open_pad, drawn):
    pad = open_pad(complaints_expected=True)
    pad.page.route("**/api/predict", lambda route: route.abort("connectionrefused"))
    pad.draw(drawn(1))
    pad.wait()
    assert pad.text("problem") == "There is no answer. Is skdigits draw still running?"


def test_an_answer_that_is_out_of_date_is_not_waited_for(pad, picture, drawn):
    pad.page.route("**/api/predict", lambda route: None)  # never answered
    with pad.page.expect_request("**/api/predict"):
        pad.give("paste", picture(8), "eight.png")
    with pad.page.expect_event("requestfailed") as failed:
        pad.page.click("#clear")
    assert failed.value.failure == "net::ERR_ABORTED"
    assert pad.read() == NONE
    pad.page.unroute("**/api/predict")
    pad.draw(drawn(1))
    assert pad.read() == "1"


@pytest.mark.parametrize("next_one", ["another picture", "a stroke"])
def test_no_old_answer_stands_beside_a_new_picture(pad, picture, drawn, next_one):
    pad.give("paste", picture(8), "eight.png")
    assert pad.read() == "8"
    pad.page.route("**/api/predict", lambda route: None)  # never answered
    with pad.page.expect_request("**/api/predict"):
        if next_one == "a stroke":
            pad.draw(drawn(1))
        else:
            pad.give("paste", picture(1), "one.png")
    assert pad.text("digit") == NONE
    assert pad.text("sentence") == "Reading …"
    assert set(pad.text("bars").split()) == set("0123456789")
    assert pad.text("time") == ""
    assert pad.page.get_attribute("#answer", "aria-busy") == "true"


def test_the_answer_to_a_picture_is_not_shown_beside_a_stroke(pad, picture, drawn):
    pad.page.route("**/api/predict", lambda route: None)  # never answered
    with pad.page.expect_request("**/api/predict"):
        pad.give("paste", picture(8), "eight.png")
    first, *others = pad.on_screen(drawn(1)[0])
    with pad.page.expect_event("requestfailed"):
        pad.page.mouse.move(*first)
        pad.page.mouse.down()
    assert pad.text("sentence") == "Reading …"
    pad.page.mouse.up()


def test_what_matters_is_shown_on_demand(pad, drawn):
    page, button = pad.page, pad.page.locator("#occlusion")
    pad.draw(drawn(9))
    assert pad.read() == "9"
    assert not page.locator("#map").is_visible()
    button.click()
    pad.wait()
    assert button.get_attribute("aria-pressed") == "true"
    assert page.locator("#map").is_visible()
    values = [cell.replace(MINUS, "-") for cell in page.locator("#map td").all_inner_texts()]
    assert len(values) == 64
    assert max(float(value or 0) for value in values) > 0
    assert "What 9 loses" in pad.text("map-means")
    page.click("#clear")
    pad.draw(drawn(0))
    assert pad.read() == "0"
    assert "What 0 loses" in pad.text("map-means")
    button.click()
    assert not page.locator("#map").is_visible()
    assert button.get_attribute("aria-pressed") == "false"


def test_a_finger_draws_and_does_not_scroll(open_pad, drawn):
    phone = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}
    pad = open_pad(**phone, device_scale_factor=2)
    session = pad.page.context.new_cdp_session(pad.page)

    def touch(kind, *places):
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    for stroke in drawn(7):
        first, *others = pad.on_screen(stroke)
        second = (first[0] + 40, first[1] + 90)  # another finger, which draws nothing
        touch("touchStart", first)
        touch("touchStart", first, second)
        for place in others:
            touch("touchMove", place, second)
        touch("touchEnd")
    assert pad.read() == "7"
    assert pad.page.evaluate("scrollY") == 0


def test_nothing_is_cut_off_at_any_width_and_squares_are_square(pad, picture):
    page = pad.page
    page.click("#occlusion")
    pad.give("drop", picture(7), "seven.png")
    assert pad.read() == "7"
    for width in (320, 390, 768, 1200):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for name in ("undo", "redo", "clear", "open", "occlusion"):
            box = page.locator(f"#{name}").bounding_box()
            assert box["height"] >= 44
            assert 0 <= box["x"] <= box["x"] + box["width"] <= width
        for part in ("#pad", "#counts td", "#map td"):
            box = page.locator(part).first.bounding_box()
            assert abs(box["width"] - box["height"]) <= 1


def test_pad_and_answer_are_on_the_first_screen_of_a_phone(open_pad, picture):
    pad = open_pad(has_touch=True, is_mobile=True)
    pad.give("drop", picture(7), "seven.png")
    assert pad.read() == "7"
    for width, height in ((390, 844), (360, 640), (320, 568), (844, 390)):
        pad.page.set_viewport_size({"width": width, "height": height})
        assert pad.page.evaluate("scrollY") == 0
        for name in ("pad", "digit", "sentence"):
            box = pad.page.locator(f"#{name}").bounding_box()
            assert 0 <= box["y"] <= box["y"] + box["height"] <= height


def test_everything_can_be_read_in_light_and_dark_and_the_ink_follows(pad, drawn):
    strokes = drawn(1)
    pad.page.click("#occlusion")
    pad.draw(strokes)
    assert pad.read() == "1"
    counts = pad.text("counts")
    for scheme, ink in (("light", [31, 35, 40, 255]), ("dark", [227, 232, 238, 255])):
        pad.page.emulate_media(color_scheme=scheme)
        pad.page.evaluate("() => new Promise(requestAnimationFrame)")
        contrast, text = pad.page.evaluate(CONTRASTS)[0]
        assert contrast >= 4.5, text
        behind = pad.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (behind == "rgb(15, 19, 24)") == (scheme == "dark")
        assert pad.pixel(strokes[0][1]) == ink
    pad.page.click("#undo")
    pad.page.click("#redo")
    assert pad.read() == "1"
    assert pad.text("counts") == counts


def test_bars_do_not_move_for_those_who_do_not_want_it(pad):
    for motion, duration in (("no-preference", "0.12s"), ("reduce", "0s")):
        pad.page.emulate_media(reduced_motion=motion)
        style = "bar => getComputedStyle(bar).transitionDuration"
        assert pad.page.locator(".bar").first.evaluate(style) == duration


def test_the_answer_is_spoken_once_the_drawing_rests(open_pad, drawn):
    pad = open_pad(clock=True)
    spoken, wait = pad.page.locator("#spoken"), pad.page.clock.run_for
    assert spoken.get_attribute("role") == "status"
    for stroke in drawn(4):
        pad.draw([stroke])
        wait(100)
        pad.wait()
        wait(800)
        assert spoken.text_content() == ""
    wait(200)
    assert re.fullmatch(r"4, \d+ percent\.(?: Perhaps \d, \d+ percent\.)?", spoken.text_content())
    pad.page.click("#clear")
    wait(1000)
    assert spoken.text_content() == "The pad is empty."


def test_the_previous_answer_is_not_spoken_after_an_error(open_pad, drawn):
    pad = open_pad(clock=True, complaints_expected=True)
    spoken, wait = pad.page.locator("#spoken"), pad.page.clock.run_for
    pad.draw(drawn(1))
    wait(100)
    pad.wait()
    wait(1000)
    assert spoken.text_content().startswith("1, ")
    pad.give("drop", b"no picture", "broken.png")
    assert spoken.text_content() == ""
    wait(100)
    pad.wait()
    wait(1000)
    assert spoken.text_content() == ""
