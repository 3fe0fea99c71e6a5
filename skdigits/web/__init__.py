"""Serve the drawing pad: a page on this machine, and the small server behind it.

It needs the extra ``web``, which nothing else in skdigits imports.
"""

from skdigits.web._app import create_app
from skdigits.web._server import serve

__all__ = ["create_app", "serve"]
