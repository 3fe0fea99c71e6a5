"""What the server behind the drawing pad answers, to the page and to everyone else."""

import io
import re
import socket
import struct
import threading
import time
import zlib
from contextlib import ExitStack, suppress
from itertools import cycle
from urllib.parse import urlsplit

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.dummy import DummyClassifier
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC

from skdigits.datasets import load_optdigits
from skdigits.evaluation._occlusion import occlusion_map
from skdigits.exceptions import DigitsWarning
from skdigits.pictures import NOT_SURE, NOT_SURE_WHICH, DigitImageEncoder
from skdigits.web import _app, _server, create_app

FILES = {
    "/": "text/html; charset=utf-8",
    "/style.css": "text/css; charset=utf-8",
    "/draw.js": "text/javascript; charset=utf-8",
    "/pad.js": "text/javascript; charset=utf-8",
    "/icon.svg": "image/svg+xml",
}


def png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_of_size(width, height):
    """A PNG that says how large it is, and has next to nothing in it."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*part) for part in parts)


def is_a_sentence(answer):
    """Whether an answer says what is wrong, and nothing about this machine."""
    (sentence,) = answer.values()
    return (
        list(answer) == ["error"]
        and sentence.endswith((".", "?"))
        and not re.search(r"Traceback|\bFile \"|0x[0-9a-f]{6}|/\w+/\w+/|object at", sentence)
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_a_picture_is_recognised(site, ask, picture, model, kind):
    digit = 7
    data = picture(digit, kind=kind)
    status, headers, answer = ask(site, "/api/predict", data, kind=f"image/{kind.lower()}")
    assert status == 200
    assert headers["content-type"] == "application/json"
    assert headers["cache-control"] == "no-store"
    assert answer["label"] == digit
    counts = DigitImageEncoder().transform([data])
    np.testing.assert_array_equal(answer["counts"], counts.reshape(8, 8))
    assert [entry["label"] for entry in answer["probabilities"]] == list(range(10))
    np.testing.assert_allclose(
        [entry["probability"] for entry in answer["probabilities"]], model.predict_proba(counts)[0]
    )
    assert (answer["findings"], answer["doubt"]) == ([], None)
    assert answer["novelty"] == pytest.approx(model.novelty(counts)[0])
    assert answer["novelty"] < 0.5
    assert answer["number"] is None
    assert 0 < answer["milliseconds"] < 60_000
    assert "occlusion" not in answer


@pytest.mark.filterwarnings("ignore::skdigits.exceptions.DigitsWarning")
def test_counts_that_are_unlike_those_of_a_digit_are_named(site, ask, five_bars):
    status, _, answer = ask(site, "/api/predict", five_bars)
    assert (status, answer.get("error")) == (200, None)
    assert "inverted" in answer["findings"]


def test_a_letter_is_said_to_be_none(site, ask, letter):
    status, _, answer = ask(site, "/api/predict", letter)
    assert status == 200
    assert "unlike_a_digit" in answer["findings"]
    assert answer["doubt"] == NOT_SURE
    assert answer["novelty"] > 0.99


def test_several_digits_are_read_as_such(site, ask, seventeen):
    status, _, answer = ask(site, "/api/predict", seventeen)
    assert status == 200
    assert answer["number"] == "17"


def test_a_model_that_cannot_tell_says_nothing_of_novelty(serving, ask, letter):
    X, y = load_optdigits(return_X_y=True)
    with serving(create_app(KNeighborsClassifier().fit(X, y))) as site:
        _, _, answer = ask(site, "/api/predict", letter)
    assert answer["novelty"] is None
    assert "unlike_a_digit" not in answer["findings"]


def test_an_answer_below_nine_tenths_is_doubted(serving, ask, picture, digits):
    with serving(create_app(DummyClassifier().fit(*digits))) as site:
        _, _, answer = ask(site, "/api/predict", picture(3))
    assert (answer["findings"], answer["doubt"]) == (["unsure"], NOT_SURE_WHICH)


def test_the_occlusion_map_is_that_of_the_predicted_class(site, ask, picture, model):
    data = picture(4)
    status, _, answer = ask(site, "/api/occlusion", data)
    assert status == 200
    counts = np.asarray(answer["counts"])
    expected = occlusion_map(model, counts, model.classes_.tolist().index(answer["label"]), 2)
    np.testing.assert_allclose(answer["occlusion"], expected, atol=1e-9)
    assert np.abs(expected).max() > 0
    assert {**answer, "milliseconds": 0} == {
        **ask(site, "/api/predict", data)[2],
        "occlusion": answer["occlusion"],
        "milliseconds": 0,
    }


def test_labels_may_be_words_and_one_of_them_is_not_a_digit(serving, ask, picture, digits):
    X, y = digits
    names = np.array(["zero", "one", "two", "three", "four", "none"])
    clf = KNeighborsClassifier().fit(X, names[np.minimum(y, 5)])
    with serving(create_app(clf, outlier_label="none")) as site:
        answer = ask(site, "/api/occlusion", picture(0))[2]
    assert [entry["label"] for entry in answer["probabilities"]] == sorted(names[:5])
    assert answer["label"] == "zero"
    assert answer["novelty"] < 0.5
    assert np.shape(answer["occlusion"]) == (8, 8)


def test_a_model_of_other_samples_is_warned_of_once(serving, ask, picture, digits, tiny):
    clf = tiny(epochs=1).fit(digits[0] / 16, digits[1])
    with pytest.warns(DigitsWarning, match="not trained on counts"):
        app = create_app(clf)
    with serving(app) as site:
        assert ask(site, "/api/predict", picture(0))[0] == 200


def test_the_page_is_complete_and_names_no_other_site(site, ask):
    for path, kind in FILES.items():
        status, headers, content = ask(site, path)
        assert (status, headers["content-type"]) == (200, kind)
        status, headers, nothing = ask(site, path, method="HEAD")
        assert (status, headers["content-length"], nothing) == (200, str(len(content)), b"")
        found = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"']*", content.decode())
        assert set(found) <= {"http://www.w3.org/2000/svg"}, path
        assert b"@import" not in content


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/"), ("GET", "/nowhere"), ("POST", "/api/predict")]
)
def test_every_answer_has_the_security_headers(site, ask, method, path):
    headers = ask(site, path, method=method)[1]
    policy = dict(
        directive.split(" ", 1) for directive in headers["content-security-policy"].split("; ")
    )
    assert policy["default-src"] == policy["frame-ancestors"] == policy["form-action"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["img-src"] == "'self' blob:"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "server" not in headers


@pytest.mark.parametrize("path", ["/nowhere", "/api/predict/", "/%2e%2e/_app.py", "/_app.py"])
def test_an_unknown_address_is_404(site, ask, path):
    status, _, answer = ask(site, path)
    assert status == 404
    assert is_a_sentence(answer)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/api/predict", {"POST"}), ("DELETE", "/draw.js", {"GET", "HEAD"})],
)
def test_a_wrong_method_is_405(site, ask, method, path, allowed):
    status, headers, answer = ask(site, path, method=method)
    assert status == 405
    assert set(headers["allow"].split(", ")) == allowed
    assert is_a_sentence(answer)


@pytest.mark.parametrize("kind", ["text/plain", ""])
def test_what_is_not_called_a_picture_is_415(site, ask, picture, kind):
    status, _, answer = ask(site, "/api/predict", picture(1), kind=kind)
    assert status == 415
    assert is_a_sentence(answer)


def test_an_empty_body_is_400(site, ask):
    status, _, answer = ask(site, "/api/predict", b"")
    assert (status, answer) == (400, {"error": "There is no picture: the request has no body."})


def test_a_picture_without_a_digit_is_422(site, ask, picture):
    blank = io.BytesIO()
    Image.new("L", (280, 280), 255).save(blank, "PNG")
    for body in (
        b"<!DOCTYPE html><script>alert(1)</script>",
        picture(3)[: len(picture(3)) // 2],
        png_of_size(50_000, 50_000),
        blank.getvalue(),
    ):
        status, _, answer = ask(site, "/api/predict", body)
        assert status == 422
        assert is_a_sentence(answer), answer
        assert not re.search("object at|bomb", answer["error"])


@pytest.fixture(scope="module")
def narrow(serving, model):
    """A site that takes 20,000 bytes."""
    with serving(create_app(model, max_bytes=20_000)) as site:
        yield site


def test_a_large_body_is_413_with_and_without_its_length(narrow, ask):
    for body in (bytes(2_000_000), iter([bytes(1000)] * 100)):  # the second in chunks
        status, _, answer = ask(narrow, "/api/predict", body)
        assert status == 413
        assert is_a_sentence(answer)


def raw(site, data, *, more=()):
    """Send bytes as they are, some of them later, and give what comes back."""
    host, port = urlsplit(site).hostname, urlsplit(site).port
    with socket.create_connection((host, port), timeout=30) as connection:
        connection.sendall(data)
        for part in more:
            time.sleep(0.05)
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        with suppress(ConnectionError):
            while chunk := connection.recv(65536):
                received += chunk
    return received


def head(length, site="http://127.0.0.1"):
    return (
        f"POST /api/predict HTTP/1.1\r\nHost: {urlsplit(site).netloc}\r\n"
        f"Content-Type: image/png\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def test_a_body_shorter_than_announced_does_not_hang(site, ask, picture):
    raw(site, head(1_000_000) + picture(5))
    assert ask(site, "/api/predict", picture(5))[0] == 200


def test_a_body_that_does_not_come_is_given_up(serving, model, picture, monkeypatch):
    monkeypatch.setattr(_app, "_BODY_SECONDS", 0.3)
    with (
        serving(create_app(model)) as site,
        socket.create_connection(
            (urlsplit(site).hostname, urlsplit(site).port), timeout=20
        ) as connection,
    ):
        connection.sendall(head(10_000) + picture(5)[:100])
        assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_connections_without_a_whole_request_are_closed_and_lock_nobody_out(
    serving, model, ask, monkeypatch
):
    monkeypatch.setattr(_server, "_REQUEST_SECONDS", 0.5)
    begun = [
        b"",
        b"GET / HTT",
        head(10)[:-2],
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET",  # after an answer
    ]
    with serving(create_app(model)) as site, ExitStack() as stack:
        place = urlsplit(site).hostname, urlsplit(site).port
        connections = [
            stack.enter_context(socket.create_connection(place, timeout=20)) for _ in range(64)
        ]
        for connection, data in zip(connections, cycle(begun), strict=False):
            connection.sendall(data)
        for connection in connections:
            while connection.recv(65536):
                pass
        assert ask(site, "/")[0] == 200


@pytest.mark.parametrize("name", ["LOCALHOST:8765", "127.0.0.1", "[::1]:80"])
def test_this_machine_may_be_named_in_any_way(site, ask, name):
    assert ask(site, "/", headers={"Host": name})[0] == 200


FOREIGN = [
    "example.org", "localhost.example.org:8765", "10.0.0.7", "0.0.0.0", "127.0.0.1@example.org",
    "[::2]", "[::1", "", "local host",
]  # fmt: skip


def test_another_name_is_refused(site, ask):
    for name in FOREIGN:
        status, headers, answer = ask(site, "/", headers={"Host": name})
        assert status == 400, name
        assert is_a_sentence(answer)
        assert headers["x-content-type-options"] == "nosniff"


def test_the_given_name_is_allowed_and_every_interface_has_addresses(serving, ask, model):
    with serving(create_app(model, hosts=["digits.example.org"])) as site:
        assert ask(site, "/", headers={"Host": "digits.example.org:8000"})[0] == 200
        assert ask(site, "/", headers={"Host": "10.0.0.7"})[0] == 400
    with serving(create_app(model, hosts=["0.0.0.0"])) as site:
        for name in ("10.0.0.7:8765", "[fe80::1]", "localhost", socket.gethostname()):
            assert ask(site, "/", headers={"Host": name})[0] == 200
        assert ask(site, "/", headers={"Host": "example.org"})[0] == 400


def test_the_own_page_may_ask(site, ask, picture):
    for headers in (
        {"Origin": site},
        {"Origin": site, "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ):
        assert ask(site, "/api/predict", picture(1), headers=headers)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://example.org"},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_page_may_not_ask(site, ask, picture, headers):
    status, _, answer = ask(site, "/api/predict", picture(1), headers=headers)
    assert status == 403
    assert is_a_sentence(answer)


class Failing(DigitImageEncoder):
    """An encoder with a bug."""

    def transform(self, images):
        raise RuntimeError("a secret of /home/user/model")


def test_a_bug_is_500_and_its_traceback_stays_on_the_terminal(serving, ask, model, picture, caplog):
    with serving(create_app(model, encoder=Failing())) as site:
        status, headers, answer = ask(site, "/api/predict", picture(1))
    assert (status, headers["x-content-type-options"]) == (500, "nosniff")
    assert is_a_sentence(answer)
    assert "secret" not in str(answer)
    assert "a secret of /home/user/model" in caplog.text


class Overlapping(DigitImageEncoder):
    """An encoder that notices when it is used twice at once."""

    now, most = 0, 0

    def transform(self, images):
        type(self).now += 1
        type(self).most = max(self.most, self.now)
        time.sleep(0.02)
        type(self).now -= 1
        return super().transform(images)


def test_one_picture_is_read_at_a_time_and_all_are_answered(serving, ask, model, picture):
    answers = {}

    def get(number):
        answers[number] = ask(site, "/api/predict", picture(number))[2]["label"]

    with serving(create_app(model, encoder=Overlapping())) as site:
        threads = [threading.Thread(target=get, args=(digit,)) for digit in (0, 2, 3, 4, 5, 7)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert answers == {digit: digit for digit in (0, 2, 3, 4, 5, 7)}
    assert Overlapping.most == 1


def test_a_model_without_probabilities_is_refused(digits):
    with pytest.raises(TypeError, match="predict_proba, got LinearSVC"):
        create_app(LinearSVC(dual=False).fit(*digits))


def test_a_model_of_other_rows_is_refused(digits):
    X, y = digits
    with pytest.raises(ValueError, match="expecting 63 features"):
        create_app(KNeighborsClassifier().fit(X[:, :63], y))


PATHS = st.one_of(
    st.sampled_from([*FILES, "/api/predict", "/api/occlusion"]),
    st.text("abzAZ019_.-~/;:@&=+$,!*'()%", max_size=20).map("/".__add__),
)
BODIES = st.binary(max_size=300)
KINDS = st.sampled_from(["image/png", "image/", "IMAGE/tiff; a=b", "text/plain", "image", "?"])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    body=BODIES,
    kind=KINDS,
    address=st.tuples(st.sampled_from(["POST", "POST", "GET", "PUT"]), PATHS),
)
def test_whatever_is_sent_gets_an_answer_of_json(site, ask, body, kind, address):
    method, path = address
    status, headers, answer = ask(site, path, body, kind=kind, method=method)
    assert status in (200, 400, 404, 405, 413, 415, 422)
    assert headers["x-content-type-options"] == "nosniff"
    if status != 200:
        assert is_a_sentence(answer), answer
    elif path.startswith("/api/"):
        assert answer["label"] in range(10)


@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=300), lines=st.lists(st.text(max_size=30), max_size=4))
def test_what_is_not_even_http_does_no_harm(site, ask, data, lines):
    text = "".join(f"{line}\r\n" for line in lines).encode()
    for sent in (data, b"POST /api/predict HTTP/1.1\r\n" + text + b"\r\n" + data):
        received = raw(site, sent)
        assert received == b"" or received.startswith(b"HTTP/1.1 4")
    assert ask(site, "/api/predict", method="GET")[0] == 405


def test_a_browser_that_hangs_up_is_forgotten(site, ask, picture, caplog):
    data = picture(6)
    for size, wait in zip((10, 100, len(data) - 1, len(data)), cycle((0, 0.02)), strict=False):
        with socket.create_connection(
            (urlsplit(site).hostname, urlsplit(site).port), timeout=20
        ) as connection:
            connection.sendall(head(len(data), site) + data[:size])
            time.sleep(wait)
    assert ask(site, "/api/predict", data)[2]["label"] == 6
    assert caplog.text == ""
