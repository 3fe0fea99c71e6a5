import http.client
import io
import json
import threading
from contextlib import contextmanager
from urllib.parse import urlsplit

import numpy as np
import pytest
from PIL import Image, ImageDraw

from skdigits.web import create_app
from skdigits.web._server import address, listen, make_server

# Digits as people draw them, three ways: strokes of curves, that is, of points within a unit
# square that a smooth line goes through; where two curves of a stroke meet there is a corner.
UPRIGHT = {
    0: [[[(0.5, 0), (0.22, 0.2), (0.15, 0.5), (0.22, 0.82), (0.5, 1), (0.78, 0.82), (0.85, 0.5),
          (0.78, 0.2), (0.5, 0)]]],
    1: [[[(0.5, 0), (0.5, 1)]]],
    2: [[[(0.18, 0.22), (0.3, 0.05), (0.55, 0), (0.78, 0.12), (0.8, 0.33), (0.6, 0.58),
          (0.35, 0.8), (0.15, 1)], [(0.15, 1), (0.85, 1)]]],
    3: [[[(0.2, 0.1), (0.45, 0), (0.75, 0.1), (0.75, 0.33), (0.45, 0.47)],
         [(0.45, 0.47), (0.78, 0.58), (0.83, 0.8), (0.6, 1), (0.3, 0.98), (0.15, 0.85)]]],
    4: [[[(0.35, 0), (0.15, 0.6)], [(0.15, 0.6), (0.85, 0.6)]], [[(0.65, 0.3), (0.65, 1)]]],
    5: [[[(0.3, 0), (0.25, 0.45)],
         [(0.25, 0.45), (0.5, 0.4), (0.8, 0.55), (0.8, 0.8), (0.55, 1), (0.2, 0.93)]],
        [[(0.3, 0), (0.8, 0)]]],
    6: [[[(0.7, 0.02), (0.4, 0.25), (0.2, 0.6), (0.25, 0.88), (0.5, 1), (0.77, 0.88),
          (0.77, 0.65), (0.52, 0.53), (0.25, 0.68)]]],
    7: [[[(0.15, 0), (0.85, 0)], [(0.85, 0), (0.4, 1)]]],
    8: [[[(0.75, 0.15), (0.5, 0), (0.25, 0.15), (0.35, 0.38), (0.65, 0.58), (0.8, 0.8),
          (0.5, 1), (0.2, 0.8), (0.38, 0.57), (0.65, 0.38), (0.75, 0.15)]]],
    9: [[[(0.75, 0.2), (0.5, 0.02), (0.23, 0.15), (0.25, 0.4), (0.5, 0.5), (0.73, 0.35),
          (0.77, 0.15)], [(0.77, 0.15), (0.75, 0.55), (0.65, 1)]]],
}  # fmt: skip
SLANTED = {
    0: [[[(0.65, 0.05), (0.4, 0.02), (0.2, 0.3), (0.18, 0.7), (0.4, 0.98), (0.68, 0.85),
          (0.82, 0.5), (0.75, 0.15), (0.55, 0.02)]]],
    1: [[[(0.25, 0.3), (0.55, 0)], [(0.55, 0), (0.55, 1)]]],
    2: [[[(0.2, 0.2), (0.45, 0), (0.75, 0.15), (0.65, 0.5), (0.35, 0.85), (0.18, 0.95),
          (0.22, 0.8), (0.45, 0.88), (0.7, 1), (0.88, 0.9)]]],
    3: [[[(0.2, 0), (0.78, 0)], [(0.78, 0), (0.45, 0.4)],
         [(0.45, 0.4), (0.75, 0.5), (0.82, 0.75), (0.6, 0.98), (0.3, 1), (0.12, 0.85)]]],
    4: [[[(0.65, 1), (0.65, 0)], [(0.65, 0), (0.12, 0.68)], [(0.12, 0.68), (0.88, 0.68)]]],
    5: [[[(0.8, 0), (0.32, 0.02)], [(0.32, 0.02), (0.25, 0.42)],
         [(0.25, 0.42), (0.55, 0.38), (0.78, 0.6), (0.7, 0.88), (0.4, 1), (0.15, 0.9)]]],
    6: [[[(0.62, 0), (0.35, 0.35), (0.2, 0.7), (0.35, 0.97), (0.65, 0.95), (0.75, 0.72),
          (0.55, 0.57), (0.3, 0.65), (0.22, 0.78)]]],
    7: [[[(0.15, 0.02), (0.85, 0)], [(0.85, 0), (0.35, 1)]], [[(0.3, 0.5), (0.75, 0.5)]]],
    8: [[[(0.5, 0), (0.28, 0.12), (0.3, 0.35), (0.5, 0.45), (0.7, 0.35), (0.72, 0.12), (0.5, 0)]],
        [[(0.5, 0.45), (0.22, 0.6), (0.2, 0.85), (0.5, 1), (0.8, 0.85), (0.78, 0.6),
          (0.5, 0.45)]]],
    9: [[[(0.78, 0.12), (0.55, 0), (0.28, 0.1), (0.22, 0.35), (0.45, 0.48), (0.7, 0.38),
          (0.78, 0.12)], [(0.78, 0.12), (0.76, 0.5), (0.65, 0.85), (0.4, 1), (0.2, 0.92)]]],
}  # fmt: skip
BROAD = {
    0: [[[(0.5, 0), (0.15, 0.15), (0.02, 0.5), (0.15, 0.85), (0.5, 1), (0.85, 0.85),
          (0.98, 0.5), (0.85, 0.15), (0.5, 0), (0.35, 0.04)]]],
    1: [[[(0.3, 0.2), (0.5, 0)], [(0.5, 0), (0.5, 1)]], [[(0.25, 1), (0.75, 1)]]],
    2: [[[(0.15, 0.3), (0.25, 0.05), (0.6, 0), (0.82, 0.2), (0.7, 0.5), (0.15, 0.97)],
         [(0.15, 0.97), (0.5, 0.93), (0.88, 1)]]],
    3: [[[(0.15, 0.08), (0.5, 0), (0.78, 0.18), (0.62, 0.42), (0.4, 0.48)],
         [(0.4, 0.48), (0.65, 0.52), (0.85, 0.75), (0.6, 1), (0.2, 0.95)]]],
    4: [[[(0.2, 0), (0.2, 0.5)], [(0.2, 0.5), (0.85, 0.5)]], [[(0.7, 0.05), (0.7, 1)]]],
    5: [[[(0.75, 0), (0.25, 0)], [(0.25, 0), (0.25, 0.42)],
         [(0.25, 0.42), (0.6, 0.4), (0.85, 0.65), (0.7, 0.95), (0.4, 1), (0.12, 0.88)]]],
    6: [[[(0.75, 0.05), (0.45, 0.08), (0.2, 0.4), (0.15, 0.75), (0.4, 1), (0.75, 0.95),
          (0.88, 0.7), (0.65, 0.5), (0.35, 0.55), (0.18, 0.75)]]],
    7: [[[(0.12, 0.12), (0.15, 0)], [(0.15, 0), (0.85, 0.02)],
         [(0.85, 0.02), (0.6, 0.4), (0.45, 1)]]],
    8: [[[(0.8, 0.12), (0.5, 0), (0.2, 0.12), (0.25, 0.38), (0.75, 0.58), (0.85, 0.85),
          (0.5, 1), (0.15, 0.85), (0.25, 0.58), (0.72, 0.38), (0.8, 0.12)]]],
    9: [[[(0.75, 0.15), (0.5, 0), (0.2, 0.1), (0.15, 0.35), (0.4, 0.5), (0.7, 0.4),
          (0.75, 0.15)], [(0.75, 0.15), (0.75, 1)]]],
}  # fmt: skip

# Shapes, pen, and where in the pad: its side is 280.
STYLES = {
    "upright": (UPRIGHT, "Medium", {"left": 75, "top": 40, "width": 130, "height": 200}),
    "slanted": (
        SLANTED,
        "Thin",
        {"left": 30, "top": 110, "width": 110, "height": 145, "slant": 0.3},
    ),
    "broad": (
        BROAD,
        "Thick",
        {"left": 45, "top": 25, "width": 180, "height": 230, "slant": -0.08},
    ),
}


def place(strokes, *, left, top, width, height, slant=0.0, points=4):
    """Return each stroke as points on the pad: Catmull-Rom curves, scaled and slanted."""
    placed = []
    for curves in strokes:
        line = []
        for curve in curves:
            ends = np.array([curve[0], *curve, curve[-1]])
            for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
                for t in np.linspace(0, 1, points, endpoint=False):
                    line.append(
                        b
                        + t * (c - a) / 2
                        + t**2 * (2 * a - 5 * b + 4 * c - d) / 2
                        + t**3 * (3 * b - a - 3 * c + d) / 2
                    )
            line.append(ends[-1])
        x, y = np.transpose(line)
        placed.append(
            np.transpose([left + x * width + slant * (1 - y) * height, top + y * height]).tolist()
        )
    return placed


@pytest.fixture(scope="session")
def drawn():
    """Return a digit in one of the styles: its strokes as points on the pad, and the pen."""

    def draw(digit, style="upright"):
        shapes, pen, where = STYLES[style]
        return place(shapes[digit], **where), pen

    return draw


@pytest.fixture(scope="session")
def picture(drawn):
    """Return a drawn digit as a file, by default as PNG."""

    def write(digit, style="upright", *, kind="PNG", side=280):
        strokes, _ = drawn(digit, style)
        image = Image.new("L", (4 * 280, 4 * 280), 255)
        pencil = ImageDraw.Draw(image)
        for stroke in strokes:
            pencil.line([(4 * x, 4 * y) for x, y in stroke], fill=0, width=4 * 18, joint="curve")
        file = io.BytesIO()
        image.resize((side, side), Image.Resampling.LANCZOS).save(file, kind)
        return file.getvalue()

    return write


@pytest.fixture(scope="session")
def five_bars():
    """A PNG of five strokes side by side, which are no digit."""
    page = np.full((120, 400), 255, np.uint8)
    for left in range(20, 370, 70):
        page[20:100, left : left + 10] = 0
    file = io.BytesIO()
    Image.fromarray(page).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def model():
    """What reads where no other model is named. None of the drawn digits is in its data."""
    from skdigits.default_model import default_model

    return default_model()


@pytest.fixture(scope="session")
def serving():
    """Run an application on a free port of this machine, in a thread: its address."""

    @contextmanager
    def run(app):
        listener = listen(port=0)
        site = address(listener)
        server = make_server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield site
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive()

    return run


@pytest.fixture(scope="session")
def site(serving, model):
    """The address of the drawing pad."""
    with serving(create_app(model)) as address_of_site:
        yield address_of_site


@pytest.fixture(scope="session")
def ask():
    """Send a request: the answer's status, headers and body, JSON decoded."""

    def send(site, path, body=None, *, method=None, kind="image/png", headers=None):
        connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=60)
        sent = {} if body is None else {"Content-Type": kind}
        try:
            connection.request(
                method or ("GET" if body is None else "POST"),
                path,
                body=body,
                headers={**sent, **(headers or {})},
            )
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        if content and answer.headers["content-type"] == "application/json":
            content = json.loads(content)
        return answer.status, answer.headers, content

    return send


def png(image):
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="session")
def letter():
    """A picture of an A."""
    image = Image.new("L", (280, 280), 255)
    draw = ImageDraw.Draw(image)
    draw.line([(70, 230), (140, 40), (210, 230)], fill=0, width=16, joint="curve")
    draw.line([(95, 165), (185, 165)], fill=0, width=16)
    return png(image)


@pytest.fixture(scope="session")
def seventeen():
    """A picture of a 1 and a 7."""
    image = Image.new("L", (280, 280), 255)
    draw = ImageDraw.Draw(image)
    draw.line([(70, 60), (70, 220)], fill=0, width=16)
    draw.line([(130, 62), (220, 62), (160, 220)], fill=0, width=16, joint="curve")
    return png(image)
