"""Guard the page: who may use it, and which headers tell browsers so."""

import ipaddress
import re
import socket
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Guard"]

_HOST = re.compile(r"(?P<name>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Guard:
    """Let only the page itself, under a name that it was started with, use an application.

    Other pages in the same browser can send requests to this machine. They are told apart by
    the ``Origin`` that browsers add, and, where their name was made to point to this machine
    (DNS rebinding), by the ``Host``. Every answer gets the security headers, errors included.

    The hosts are names or addresses that the server is bound to. This machine's own names are
    always allowed; "0.0.0.0" and "::", every interface, allow its host name and any address, which
    no rebinding can fake.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self.app = app
        self._names = set(_LOOPBACK)
        self._any_address = False
        for host in hosts:
            self._names.add(_bracketed(host).lower())
            if _is_unspecified(host):
                self._any_address = True
                self._names.add(socket.gethostname().lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        await (refusal or self.app)(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers) -> JSONResponse | None:
        host = headers.get("host", "")
        if not self._is_ours(host):
            return JSONResponse(
                {"error": "This page is not served under that name; use the address that was "
                 "printed when it was started, or start it with --name HOST."},
                status_code=400,
            )  # fmt: skip
        if method not in _SAFE_METHODS and _is_foreign(headers, host):
            return JSONResponse(
                {"error": "Only the drawing pad's own page may use it."}, status_code=403
            )
        return None

    def _is_ours(self, host: str) -> bool:
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name = match["name"].lower()
        return name in self._names or (self._any_address and _is_address(name.strip("[]")))


def _is_foreign(headers: Headers, host: str) -> bool:
    origin = headers.get("origin")
    if origin is not None and origin.lower() not in (
        f"http://{host}".lower(),
        f"https://{host}".lower(),
    ):
        return True
    # Programs other than browsers send neither.
    return headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_unspecified(host: str) -> bool:
    return _is_address(host) and ipaddress.ip_address(host).is_unspecified
