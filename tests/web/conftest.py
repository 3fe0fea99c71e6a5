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

# Digits as people draw them: strokes of curves, that is, of points within a unit square that a
# smooth line goes through; where two curves of a stroke meet there is a corner.
SHAPES = {
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


def place(strokes):
    """Return each stroke as points on the pad, whose side is 280: Catmull-Rom curves."""
    placed = []
    for curves in strokes:
        line = []
        for curve in curves:
            ends = np.array([curve[0], *curve, curve[-1]])
            for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
                for t in (0, 0.25, 0.5, 0.75):
                    bend = t**2 * (2 * a - 5 * b + 4 * c - d) + t**3 * (3 * b - a - 3 * c + d)
                    line.append(b + t * (c - a) / 2 + bend / 2)
            line.append(ends[-1])
        placed.append((np.array(line) * [130, 200] + [75, 40]).tolist())
    return placed


@pytest.fixture(scope="session")
def drawn():
    """Return the strokes of a digit as points on the pad."""
    return lambda digit: place(SHAPES[digit])


@pytest.fixture(scope="session")
def picture(drawn):
    """Return a drawn digit as a file, by default as PNG."""

    def write(digit, *, kind="PNG"):
        image = Image.new("L", (4 * 280, 4 * 280), 255)
        pencil = ImageDraw.Draw(image)
        for stroke in drawn(digit):
            pencil.line([(4 * x, 4 * y) for x, y in stroke], fill=0, width=4 * 18, joint="curve")
        file = io.BytesIO()
        image.resize((280, 280), Image.Resampling.LANCZOS).save(file, kind)
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
