"""Where the drawing pad listens, and how it ends."""

import errno
import signal
import socket
import subprocess
import sys
import zipfile

import pytest

from skdigits.web import _server
from skdigits.web._server import address, listen

PROGRAM = """
import sys
from sklearn.linear_model import LogisticRegression
from skdigits.datasets import load_optdigits
from skdigits.web import create_app, serve

X, y = load_optdigits(return_X_y=True)
clf = LogisticRegression(C=1e-3, max_iter=1000).fit(X[:300], y[:300])
try:
    serve(create_app(clf), port=0, announce=lambda address: print(address, flush=True))
except KeyboardInterrupt:
    sys.exit(130)
"""


def test_ctrl_c_ends_it_quietly_even_with_a_request_in_flight(tmp_path, ask, picture):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        site = process.stdout.readline().strip()
        assert ask(site, "/api/predict", picture(0))[0] == 200
        host, port = site.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\n")
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")


@pytest.mark.parametrize(
    ("host", "typed"),
    [("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1"), ("::1", "[::1]")],
)
def test_an_address_can_be_typed_into_a_browser(host, typed):
    try:
        listener = listen(host, 0)
    except OSError:
        if host == "::1":
            pytest.skip("this machine has no IPv6")
        raise
    with listener:
        assert address(listener) == f"http://{typed}:{listener.getsockname()[1]}"


def test_a_port_that_was_asked_for_and_is_taken_is_an_error():
    with listen(port=0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=rf"Port {port} of 127.0.0.1 is taken; choose another"):
            listen(port=port)


def test_the_usual_port_that_is_taken_is_replaced(monkeypatch):
    with listen(port=0) as taken:
        monkeypatch.setattr(_server, "_PORT", taken.getsockname()[1])
        with listen() as listener:
            assert listener.getsockname()[1] != taken.getsockname()[1]


def test_a_port_can_be_used_again_at_once():
    with listen(port=0) as listener:
        port = listener.getsockname()[1]
    with listen(port=port) as listener:
        assert listener.getsockname()[1] == port


def test_answers_do_not_wait_for_acknowledgements():
    with listen(port=0) as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    ("host", "error", "message"),
    [
        ("nowhere.invalid", socket.gaierror(socket.EAI_NONAME, "unknown"), "host .* is not known"),
        ("a..b", UnicodeError("label empty"), "host .* is not known"),
        ("192.0.2.7", OSError(errno.EADDRNOTAVAIL, "not here"), "has no address 192.0.2.7"),
        ("127.0.0.1", PermissionError(errno.EACCES, "Permission denied"), "Permission denied"),
    ],
)
def test_what_cannot_be_listened_on_is_explained(monkeypatch, host, error, message):
    def refuse(*arguments, **keywords):
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for port in (80, None):
        with pytest.raises(OSError, match=message):
            listen(host, port)


def test_the_page_is_in_the_wheel(tmp_path):
    pytest.importorskip("hatchling")
    from hatchling.builders.wheel import WheelBuilder

    import skdigits

    root = skdigits.__path__[0] + "/.."
    (wheel,) = WheelBuilder(root).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("index.html", "style.css", "draw.js", "pad.js", "icon.svg"):
        assert f"skdigits/web/static/{name}" in names
