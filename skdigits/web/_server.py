"""Listen on a port, and serve the drawing pad there."""

import errno
import ipaddress
import socket
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["address", "listen", "make_server", "serve"]

_PORT = 8765

# Connections at a time, those of several tabs of a browser; each may hold one picture.
_CONNECTIONS = 64
# Seconds without a request, or with a part of one, after which a connection is closed.
_REQUEST_SECONDS = 10
_LAST_ANSWERS_SECONDS = 2


def serve(
    app: Any,
    *,
    host: str = "127.0.0.1",
    port: int | None = None,
    announce: Callable[[str], object] = print,
) -> None:
    """Answer requests until Ctrl-C, which is raised again as soon as the last one has ended.

    Parameters
    ----------
    app : ASGI application
        From :func:`create_app`.
    host : str, default="127.0.0.1"
        Name or address of this machine; the default is reached from this machine only.
    port : int or None, default=None
        Port; 0 takes one that is free, None 8765 or, where that is taken, one that is free.
    announce : callable, default=print
        Function that receives the address of the page, such as "http://127.0.0.1:8765", as soon as
        it can be opened.

    Raises
    ------
    OSError
        If `host` is not one of this machine, or the port is taken or reserved.
    KeyboardInterrupt
        At Ctrl-C.

    See Also
    --------
    create_app : Make the application.

    Examples
    --------
    >>> from skdigits.default_model import default_model
    >>> from skdigits.web import create_app, serve
    >>> serve(create_app(default_model()))  # doctest: +SKIP
    http://127.0.0.1:8765
    """
    with listen(host, port) as listener:
        announce(address(listener))
        make_server(app).run(sockets=[listener])


def listen(host: str = "127.0.0.1", port: int | None = None) -> socket.socket:
    """Return a socket that listens; parameters and errors are those of :func:`serve`."""
    try:
        return _listen(host, _PORT if port is None else port)
    except (OSError, UnicodeError) as error:
        code = getattr(error, "errno", None)
        if port is None and code == errno.EADDRINUSE:
            return listen(host, 0)
        number = _PORT if port is None else port
        if isinstance(error, socket.gaierror | UnicodeError):
            message = f"The host {host!r} is not known."
        elif code == errno.EADDRINUSE:
            message = (
                f"Port {number} of {host} is taken; choose another one, or leave it out to get one "
                "that is free."
            )
        elif code == errno.EADDRNOTAVAIL:
            message = f"This machine has no address {host}; 127.0.0.1 is its own."
        else:
            message = f"Cannot listen on port {number} of {host}: {error}."
        raise OSError(message) from error


def address(listener: socket.socket) -> str:
    """Return the address to type into a browser on this machine."""
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "127.0.0.1" if listener.family == socket.AF_INET else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def make_server(app: Any) -> uvicorn.Server:
    """Make the server, which prints errors only."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="asyncio",
            http=_Protocol,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=_LAST_ANSWERS_SECONDS,
        )
    )


class _Protocol(H11Protocol):
    """Close connections that do not complete a request, which uvicorn waits for indefinitely."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.loop.call_later(_REQUEST_SECONDS, self._close_if_idle_since, None)

    def _close_if_idle_since(self, request: Any) -> None:
        if self.cycle is request and (request is None or request.response_complete):
            self.transport.close()
        if not self.transport.is_closing():
            self.loop.call_later(_REQUEST_SECONDS, self._close_if_idle_since, self.cycle)


def _listen(host: str, port: int) -> socket.socket:
    family, *_, place = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.create_server(place[:2], family=family)
    # Connections inherit it. asyncio leaves them without, for it looks at a number that
    # create_server does not set; each answer then waits 40 ms for the other side's delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
