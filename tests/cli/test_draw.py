"""``skdigits draw``: what it says, and that it ends."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest


@pytest.fixture(scope="module")
def model_file(tmp_path_factory, digits):
    """A model as "skdigits train" writes it."""
    from skdigits import DigitCNNClassifier, save_model

    path = tmp_path_factory.mktemp("model") / "model.skdigits"
    save_model(DigitCNNClassifier.fast(epochs=1, random_state=0).fit(*digits), path)
    return path


@pytest.fixture
def draw(tmp_path):
    """Start the command in a process of its own."""
    processes = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "skdigits", "draw", *map(str, arguments)],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "SKDIGITS_DATA": str(tmp_path / "cache")},
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        with process:
            process.kill()


def page_of(line):
    return re.fullmatch(r"Drawing pad: (http://[^ ]+) \(Ctrl-C ends it\)\n", line)[1]


def test_one_line_says_where_the_page_is_and_ctrl_c_ends_it(draw, model_file):
    process = draw(model_file, "--port", 0)
    page = page_of(process.stdout.readline())
    connection = http.client.HTTPConnection(urlsplit(page).netloc, timeout=30)
    connection.request("GET", "/")
    assert b"<h1>Drawing pad</h1>" in connection.getresponse().read()
    connection.close()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.strip()) == (130, "", "Interrupted.")


def test_other_machines_are_only_let_in_with_a_warning(draw, model_file):
    process = draw(model_file, "--host", "0.0.0.0", "--port", 0)
    assert page_of(process.stdout.readline()).startswith("http://127.0.0.1:")
    process.send_signal(signal.SIGINT)
    err = process.communicate(timeout=60)[1]
    assert err.split("\n", 1)[0] == (
        "Warning: the page listens on 0.0.0.0: everyone who can reach this machine there can use "
        "it, and nothing is encrypted."
    )


@pytest.fixture
def served(monkeypatch):
    """Do not wait for requests: the applications that would have been served."""
    from skdigits import web

    apps = []
    monkeypatch.setattr(web, "serve", lambda app, listener: apps.append(app))
    return apps


def test_the_page_is_opened_on_demand(skdigits, served, model_file, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    status, out, err = skdigits("draw", model_file, "--port", 0)
    assert (status, err, opened) == (0, "", [])
    status, out, _ = skdigits("draw", model_file, "--port", 0, "--open")
    assert opened == [page_of(out)]
    assert len(served) == 2


def test_without_a_model_the_default_one_is_taken(skdigits, served, monkeypatch, digits):
    from sklearn.linear_model import LogisticRegression

    clf = LogisticRegression(C=1e-3, max_iter=1000).fit(*digits)

    monkeypatch.setattr("skdigits.default_model.default_model", lambda: clf)
    status, out, err = skdigits("draw", "--port", 0)
    assert (status, err) == (0, "")
    page_of(out)
    assert len(served) == 1


def test_a_port_that_is_taken_is_said_before_a_model_is_loaded(skdigits, served, monkeypatch):
    monkeypatch.setattr("skdigits.default_model.default_model", None)  # not even called
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        status, out, err = skdigits("draw", "--port", port)
    assert (status, out, served) == (2, "", [])
    assert err.startswith(
        f"Error: Invalid value for '--port': Port {port} of 127.0.0.1 is taken; choose another "
        "one, or leave it out to get one that is free."
    )


@pytest.mark.parametrize("missing", ["starlette", "uvicorn"])
def test_without_the_extra_it_says_how_to_get_it(skdigits, monkeypatch, missing):
    for name in list(sys.modules):
        if name.split(".")[0] == missing or name.startswith("skdigits.web"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.delattr("skdigits.web", raising=False)
    status, out, err = skdigits("draw")
    assert (status, out) == (1, "")
    assert err == (
        f"Error: The drawing pad needs {missing}, which is not installed: "
        "pip install starlette uvicorn.\n"
    )
