"""A server on the loopback that answers as UCI's, until a test has it misbehave."""

import json
import threading
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from skdigits.datasets import fetch_optdigits, load_optdigits

NAMES = [*(f"Attribute{i}" for i in range(1, 65)), "class"]


@cache
def published_csv():
    frame = load_optdigits(as_frame=True).frame.astype(int)
    return frame.set_axis(NAMES, axis=1).to_csv(index=False)


class UciServer(ThreadingHTTPServer):
    """Serve the API as ucimlrepo calls it, and count.

    `faults` holds an iterator of misbehaviours, functions of (handler, body), for each of the
    resources; when it is spent, answers are right.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.requests = {"metadata": 0, "csv": 0}
        self.faults = {"metadata": iter(()), "csv": iter(())}
        self.closing = threading.Event()
        self.csv = published_csv()
        self.status = {"status": 200}
        self.metadata = {
            "uci_id": 80,
            "name": "Optical Recognition of Handwritten Digits",
            "data_url": f"{self.url}/static/public/80/data.csv",
            "dataset_doi": "10.24432/C50P49",
            "creators": ["E. Alpaydin", "C. Kaynak"],
            "intro_paper": {"title": "Methods of Combining Multiple Classifiers", "year": 1995},
            "additional_info": {"summary": "We used preprocessing programs ...", "citation": None},
            "variables": [
                {"name": name, "role": "Target" if name == "class" else "Feature"} for name in NAMES
            ],
        }

    def handle_error(self, request, client_address):
        """Say nothing of clients that hang up."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        resource = {
            "/api/dataset?id=80": "metadata",
            "/static/public/80/data.csv": "csv",
        }[self.path]
        self.server.requests[resource] += 1
        answer = next(self.server.faults[resource], Handler.send)
        body = self.server.csv.encode()
        if resource == "metadata":
            body = json.dumps({**self.server.status, "data": self.server.metadata}).encode()
        answer(self, body)

    def send(self, body, promised=None):
        self.send_response(200)
        self.send_header("Content-Length", str(promised or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        """Keep the test's output clean."""


@pytest.fixture
def uci(monkeypatch):
    """Put the loopback server in the place of UCI's."""
    with UciServer() as server:
        monkeypatch.setattr("ucimlrepo.fetch.API_BASE_URL", f"{server.url}/api/dataset")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def fetch(tmp_path):
    """`fetch_optdigits` in a hurry, with its cache in `tmp_path`."""
    return partial(fetch_optdigits, data_home=tmp_path, delay=0.001, timeout=20)
