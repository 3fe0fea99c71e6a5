"""Where the drawing pad listens, and how it ends."""

import errno
import os
import re
import signal
import socket
import subprocess
import sys
import zipfile

import pytest

from skdigits.web import _server, address, listen

PROGRAM = """
import sys
from sklearn.linear_model import LogisticRegression
from skdigits.datasets import load_optdigits
from skdigits.web import address, create_app, listen, serve

X, y = load_optdigits(return_X_y=True)
clf = LogisticRegression(C=1e-3, max_iter=1000).fit(X[:300], y[:300])
with listen(port=0) as listener:
    print(address(listener), flush=True)
    try:
        serve(create_app(clf), listener)
    except KeyboardInterrupt:
        sys.exit(130)
"""


@pytest.mark.parametrize("in_flight", [False, True])
def test_ctrl_c_ends_it_quietly(tmp_path, ask, picture, in_flight):
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        site = process.stdout.readline().strip()
        assert ask(site, "/api/predict", picture(0))[0] == 200
        assert ask(site, "/nowhere")[0] == 404
        if in_flight:
            host, port = site.removeprefix("http://").split(":")
            with socket.create_connection((host, int(port))) as connection:
                connection.sendall(b"POST /api/predict HTTP/1.1\r\nHost: localhost\r\n")
                process.send_signal(signal.SIGINT)
                out, err = process.communicate(timeout=30)
        else:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "")


def test_only_this_machine_reaches_it_unless_told_otherwise():
    with listen(port=0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", address(listener))


def test_every_interface_has_an_address_that_can_be_typed():
    with listen("0.0.0.0", 0) as listener:
        assert address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
def test_ipv6_has_brackets():
    try:
        listener = listen("::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")
    with listener:
        assert address(listener) == f"http://[::1]:{listener.getsockname()[1]}"


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


def test_an_unknown_host_is_named(monkeypatch):
    def unknown(*arguments, **keywords):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(OSError, match=r"The host .nowhere\.invalid. is not known"):
        listen("nowhere.invalid")


def test_an_address_of_another_machine_is_explained():
    with pytest.raises(OSError, match=r"This machine has no address 192\.0\.2\.7"):
        listen("192.0.2.7", 0)


def test_a_port_that_is_reserved_is_explained(monkeypatch):
    def refuse(*arguments, **keywords):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(socket, "create_server", refuse)
    for port in (80, None):
        with pytest.raises(OSError, match=r"Cannot listen on port \d+ of 127.0.0.1: Permission"):
            listen(port=port)


def test_the_page_is_in_the_wheel(tmp_path):
    pytest.importorskip("hatchling")
    from hatchling.builders.wheel import WheelBuilder

    import skdigits

    root = skdigits.__path__[0] + "/.."
    (wheel,) = WheelBuilder(root).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    for name in ("index.html", "style.css", "draw.js", "pad.js", "icon.svg"):
        assert f"skdigits/web/static/{name}" in names
