"""Make the application behind the drawing pad: its files, and two questions about a picture."""

import asyncio
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from skdigits.exceptions import PictureError
from skdigits.web._guard import Guard
from skdigits.web._recognition import Recognition

__all__ = ["MAX_BYTES", "create_app"]

MAX_BYTES = 8 * 1024 * 1024  # a photo of 20 megapixels
_BODY_SECONDS = 20

# Types are written down: what an operating system takes a suffix for can be anything.
_FILES = {
    "/": ("index.html", "text/html"),
    "/style.css": ("style.css", "text/css"),
    "/draw.js": ("draw.js", "text/javascript"),
    "/pad.js": ("pad.js", "text/javascript"),
    "/icon.svg": ("icon.svg", "image/svg+xml"),
}

_SENTENCES = {
    404: "There is nothing at this address.",
    405: "This address cannot be used that way.",
}


def create_app(
    model: Any,
    *,
    encoder: Any = None,
    outlier_label: Any = None,
    hosts: Iterable[str] = (),
    max_bytes: int = MAX_BYTES,
) -> ASGIApp:
    """Make the ASGI application of the drawing pad.

    ``POST /api/predict`` and ``POST /api/occlusion`` take the bytes of a picture, with its
    content type, and answer with JSON; what is wrong comes back as ``{"error": sentence}`` with
    a status of 4xx. The page sends what is drawn as such a picture too, so that a drawing is
    read in the same way as a file.

    Parameters
    ----------
    model : estimator
        A fitted classifier of rows of 64 counts 0..16, with ``predict_proba``.
    encoder : transformer, default=None
        From pictures to counts; None is ``DigitImageEncoder()``.
    outlier_label : object, default=None
        Label of the class "not a digit", as for :func:`~skdigits.pictures.read_digit`.
    hosts : iterable of str, default=()
        Names and addresses, in addition to this machine's own, under which the page may be used,
        such as that of a proxy.
    max_bytes : int, default=8388608
        Largest picture that is accepted.

    Returns
    -------
    ASGI application
        To be run with :func:`serve` or any ASGI server.

    Raises
    ------
    TypeError
        If `model` does not give probabilities.
    ValueError
        If `model` does not take rows of 64 counts.

    See Also
    --------
    serve : Serve the application.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> from skdigits.datasets import load_optdigits
    >>> from skdigits.web import create_app
    >>> X, y = load_optdigits(return_X_y=True)
    >>> app = create_app(LogisticRegression(C=1e-3, max_iter=1000).fit(X[:300], y[:300]))
    """
    recognition = Recognition(model, encoder, outlier_label)
    one_at_a_time = asyncio.Semaphore()

    async def answer(request: Request) -> Response:
        picture = await _picture(request, max_bytes)
        async with one_at_a_time:
            found = await run_in_threadpool(
                recognition, picture, occlusion=request.url.path == "/api/occlusion"
            )
        return JSONResponse(found, headers={"cache-control": "no-store"})

    routes = [
        *(Route(path, _file(name, kind)) for path, (name, kind) in _FILES.items()),
        Route("/api/predict", answer, methods=["POST"]),
        Route("/api/occlusion", answer, methods=["POST"]),
    ]
    handlers = {
        HTTPException: _refuse,
        PictureError: _refuse_picture,
        ClientDisconnect: _forget,
        Exception: _fail,
    }
    app = Starlette(routes=routes, exception_handlers=handlers)
    app.router.redirect_slashes = False
    # Outside of everything else, so that no answer goes without the headers.
    return Guard(app, hosts)


def _file(name: str, kind: str) -> Any:
    content = files("skdigits.web").joinpath("static", name).read_bytes()

    async def give(request: Request) -> Response:
        return Response(content, media_type=kind, headers={"cache-control": "no-cache"})

    return give


async def _picture(request: Request, max_bytes: int) -> bytes:
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("image/"):
        raise HTTPException(
            415, "Send the bytes of one picture, with its content type, such as image/png."
        )
    chunks, size = [], 0
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)  # what comes counts, not what was announced
                if size > max_bytes:
                    raise HTTPException(
                        413, f"The picture is larger than {max_bytes / 2**20:g} MiB."
                    )
                chunks.append(chunk)
    except TimeoutError:
        raise HTTPException(
            408, f"The picture did not arrive within {_BODY_SECONDS} seconds."
        ) from None
    if not size:
        raise HTTPException(400, "There is no picture: the request has no body.")
    return b"".join(chunks)


async def _refuse(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    sentence = _SENTENCES.get(error.status_code, error.detail)
    return JSONResponse({"error": sentence}, error.status_code, headers=error.headers)


async def _refuse_picture(request: Request, error: Exception) -> Response:
    return JSONResponse({"error": str(error)}, 422)


async def _forget(request: Request, error: Exception) -> Response:
    return Response(status_code=400)  # nobody listens any more


async def _fail(request: Request, error: Exception) -> Response:
    # The error itself goes to the terminal.
    return JSONResponse({"error": "The server failed at this; its terminal says why."}, 500)
