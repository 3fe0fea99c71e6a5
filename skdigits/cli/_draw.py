"""``skdigits draw``: open the drawing pad."""

import re
import webbrowser
from pathlib import Path

import click

from skdigits.cli import _options as options
from skdigits.cli._model import load_reader
from skdigits.cli._terminal import problems_in_one_line

__all__ = ["draw"]

_THIS_MACHINE = "127.0.0.1"

# Names and addresses of machines, of either version of the Internet Protocol, without a port.
_HOST = r"[\w.-]+|[\da-fA-F]*:[\da-fA-F]*:[\da-fA-F:.]*"


def _check_names(
    context: click.Context, option: click.Parameter, names: tuple[str, ...]
) -> tuple[str, ...]:
    for name in names:
        if not re.fullmatch(_HOST, name):
            raise click.BadParameter(
                f"{name!r} is not the name of a machine; expected one such as pad.example.org, "
                "without https://, port and path."
            )
    return names


@click.command(
    "draw",
    short_help="Open a drawing pad that reads digits.",
    epilog=options.examples("draw --open", "draw digits.skdigits --port 8000"),
)
@click.argument("model_file", required=False, metavar="[MODEL]", type=options.existing_file)
@click.option(
    "--host",
    default=_THIS_MACHINE,
    show_default=True,
    help="Address or name of this machine to listen on. The default can only be reached from "
    "this machine; 0.0.0.0 listens on all of its networks.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes one that is free. [8765, or one that is free]",
)
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="HOST",
    callback=_check_names,
    help="Name under which a proxy or a tunnel serves the page, such as pad.example.org; can be "
    "repeated.",
)
@click.option("--open", "open_page", is_flag=True, help="Open the page in the browser.")
def draw(
    model_file: Path | None, host: str, port: int | None, names: tuple[str, ...], open_page: bool
) -> None:
    """Open a drawing pad: a page in the browser that reads digits while they are drawn.

    MODEL is a file of "skdigits train"; without one, the model that comes with skdigits is taken.
    Ctrl-C ends it. Needs more: pip install starlette uvicorn.
    """
    try:
        from skdigits.web import create_app, serve
    except ModuleNotFoundError as error:
        missing = (error.name or "").split(".")[0]
        if missing not in ("starlette", "uvicorn"):
            raise
        raise click.ClickException(
            f"The drawing pad needs {missing}, which is not installed: "
            "pip install starlette uvicorn."
        ) from error

    def announce(address: str) -> None:
        if host != _THIS_MACHINE:
            click.echo(
                f"Warning: the page listens on {host}: everyone who can reach this machine there "
                "can use it, and nothing is encrypted.",
                err=True,
            )
        click.echo(f"Drawing pad: {address} (Ctrl-C ends it)")
        if open_page:
            webbrowser.open(address)

    with problems_in_one_line():
        app = create_app(load_reader(model_file), hosts=[host, *names])
        try:
            serve(app, host=host, port=port, announce=announce)
        except OSError as error:
            hint = "'--host' or '--port'"
            raise click.BadParameter(str(error), param_hint=hint) from error
