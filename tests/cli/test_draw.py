"""``skdigits draw``: what it says, and that it ends."""

import asyncio
import http.client
import re
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest


def page_of(line):
    return re.fullmatch(r"Drawing pad: (http://[^ ]+) \(Ctrl-C ends it\)\n", line)[1]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_one_line_says_where_the_page_is_and_a_signal_ends_it(
    saved_model, tmp_path, number, status
):
    with subprocess.Popen(
        [sys.executable, "-m", "skdigits", "draw", saved_model, "--port", "0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        page = page_of(process.stdout.readline())
        connection = http.client.HTTPConnection(urlsplit(page).netloc, timeout=30)
        connection.request("GET", "/")
        assert b"<h1>Drawing pad</h1>" in connection.getresponse().read()
        connection.close()
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (status, "", "Interrupted.")


@pytest.fixture
def served(monkeypatch):
    """Do not wait for requests: what would have been served, and where."""
    from skdigits import web

    calls = []

    def serve(app, *, host, port, announce):
        calls.append((host, port))
        announce("http://127.0.0.1:8000")

    monkeypatch.setattr(web, "serve", serve)
    return calls


def test_the_page_is_opened_on_demand_and_other_machines_are_warned_of(
    skdigits, served, saved_model, monkeypatch
):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    status, out, err = skdigits("draw", saved_model)
    assert (status, err, opened) == (0, "", [])
    status, out, err = skdigits("draw", "--host", "0.0.0.0", "--port", 0, "--open")
    assert opened == [page_of(out)]
    assert "nothing is encrypted" in err
    assert served == [("127.0.0.1", None), ("0.0.0.0", 0)]


def test_names_of_proxies_are_let_in(skdigits, monkeypatch, saved_model):
    from skdigits import web

    apps = []
    monkeypatch.setattr(web, "serve", lambda app, **settings: apps.append(app))
    names = ("pad.example.org", "2001:db8::1")
    assert skdigits("draw", saved_model, *(f"--name={name}" for name in names)) == (0, "", "")
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b""}
    answers = []

    async def send(message):
        answers.append(message.get("status"))

    hosts = ("pad.example.org", "pad.example.org:8443", "[2001:db8::1]", "localhost", "example.org")
    for host in hosts:
        headers = [(b"host", host.encode()), (b"origin", f"https://{host}".encode())]
        asyncio.run(apps[0]({**scope, "headers": headers}, None, send))
    assert answers[::2] == [200, 200, 200, 200, 400]


def test_a_port_that_is_taken_is_an_error(skdigits):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, err = skdigits("draw", "--port", port)
    assert (status, out) == (2, "")
    assert f"Port {port} of 127.0.0.1 is taken" in err


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_it_says_how_to_get_it(skdigits, monkeypatch, missing):
    for name in list(sys.modules):
        if name.split(".")[0] == missing or name.startswith("skdigits.web"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delattr("skdigits.web", raising=False)
    status, out, err = skdigits("draw")
    assert (status, out) == (1, "")
    assert f"needs {missing}" in err
    assert "pip install starlette uvicorn" in err
