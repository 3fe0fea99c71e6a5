"""Listen on a port, and serve the drawing pad there."""

import errno
import ipaddress
import socket
from typing import Any

import uvicorn

__all__ = ["address", "listen", "make_server", "serve"]

_PORT = 8765

# Of a browser's tabs and more; each may hold one picture.
_CONNECTIONS = 64
_LAST_ANSWERS_SECONDS = 2


def listen(host: str = "127.0.0.1", port: int | None = None) -> socket.socket:
    """Listen on a port.

    Parameters
    ----------
    host : str, default="127.0.0.1"
        Name or address of this machine; the default is reached from this machine only.
    port : int or None, default=None
        Port; 0 takes one that is free, None 8765 or, where that is taken, one that is free.

    Returns
    -------
    socket
        It listens; closing it gives the port back.

    Raises
    ------
    OSError
        If `host` is not one of this machine, or the port is taken or reserved.

    See Also
    --------
    serve : Serve on it.
    address : Return where it listens.

    Examples
    --------
    >>> from skdigits.web import address, listen
    >>> with listen(port=0) as listener:
    ...     address(listener).startswith("http://127.0.0.1:")
    True
    """
    if port is None:
        try:
            return _listen(host, _PORT)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise _explained(error, host, _PORT) from error
            port = 0
    try:
        return _listen(host, port)
    except OSError as error:
        raise _explained(error, host, port) from error


def address(listener: socket.socket) -> str:
    """Return the address to type into a browser on this machine.

    Parameters
    ----------
    listener : socket
        From :func:`listen`.

    Returns
    -------
    str
        Such as "http://127.0.0.1:8765".

    See Also
    --------
    listen : Return a listening socket.

    Examples
    --------
    >>> from skdigits.web import address, listen
    >>> with listen("127.0.0.1", port=0) as listener:
    ...     address(listener)  # doctest: +ELLIPSIS
    'http://127.0.0.1:...'
    """
    host, port = listener.getsockname()[:2]
    if ipaddress.ip_address(host).is_unspecified:
        host = "127.0.0.1" if listener.family == socket.AF_INET else "::1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve(app: Any, listener: socket.socket) -> None:
    """Answer requests until Ctrl-C, which is raised again as soon as the last one has ended.

    Parameters
    ----------
    app : ASGI application
        From :func:`create_app`.
    listener : socket
        From :func:`listen`; it is closed at the end.

    Raises
    ------
    KeyboardInterrupt
        At Ctrl-C.

    See Also
    --------
    create_app : Make the application.
    listen : Return a listening socket.

    Examples
    --------
    >>> from skdigits.default_model import default_model
    >>> from skdigits.web import create_app, listen, serve
    >>> serve(create_app(default_model()), listen())  # doctest: +SKIP
    """
    make_server(app).run(sockets=[listener])


def make_server(app: Any) -> uvicorn.Server:
    """Make the server, which says nothing but what has gone wrong."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
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


def _listen(host: str, port: int) -> socket.socket:
    family, *_, place = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.create_server(place[:2], family=family)
    # Connections inherit it. asyncio leaves them without, for it looks at a number that
    # create_server does not set; each answer then waits 40 ms for the other side's delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _explained(error: OSError, host: str, port: int) -> OSError:
    if isinstance(error, socket.gaierror):
        return OSError(f"The host {host!r} is not known.")
    if error.errno == errno.EADDRINUSE:
        return OSError(
            f"Port {port} of {host} is taken; choose another one, or leave it out to get one "
            "that is free."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return OSError(f"This machine has no address {host}; 127.0.0.1 is its own.")
    return OSError(f"Cannot listen on port {port} of {host}: {error.strerror}.")
