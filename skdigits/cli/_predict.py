"""``skdigits predict``: read the digits in pictures."""

import json
from collections.abc import Callable, Iterator
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from skdigits.cli import _options as options
from skdigits.cli._model import load_reader
from skdigits.cli._picture_files import STDIN, open_picture, picture_files
from skdigits.cli._terminal import in_one_line, problems_in_one_line, warnings_in_one_line
from skdigits.exceptions import DigitsWarning, PictureError

if TYPE_CHECKING:
    from skdigits.pictures import DigitReading, NumberReading

__all__ = ["predict"]


# What may be wrong with a picture; the others go on.
_PROBLEMS = (OSError, ValueError, MemoryError)


@click.command(
    "predict",
    short_help="Read the digits in pictures.",
    epilog=options.examples("predict seven.png", "predict --several --explain figures scans"),
)
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--model",
    "model_file",
    type=options.existing_file,
    metavar="FILE",
    help="A model that `skdigits train -o FILE` wrote. [the one that comes with skdigits]",
)
@click.option(
    "--several", is_flag=True, help="Look for several digits in each picture: read the number."
)
@click.option(
    "--polarity",
    type=click.Choice(("auto", "dark", "light")),
    default="auto",
    show_default=True,
    help="Whether ink is darker or lighter than the paper.",
)
@click.option("--proba", is_flag=True, help="Show the probability of each class as well.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line for each picture."
)
@click.option(
    "--explain",
    type=options.folder,
    metavar="FOLDER",
    help="Write a figure for each picture: how it became what the network sees.",
)
@click.option("-r", "--recursive", is_flag=True, help="Look into the folders of folders as well.")
def predict(
    *,
    files: tuple[str, ...],
    model_file: Path | None,
    several: bool,
    polarity: str,
    proba: bool,
    as_json: bool,
    explain: Path | None,
    recursive: bool,
) -> None:
    """Recognise the digit in each picture.

    FILE is a picture (PNG, JPEG, BMP, TIFF, GIF and others), a folder of pictures, or - for a
    picture from standard input. A picture that cannot be read is named on standard error, and the
    others go on; the exit status is then 1.
    """
    if files.count(STDIN) > 1:
        raise click.UsageError("Standard input, -, can be read only once.")
    with problems_in_one_line():
        model = load_reader(model_file)
        read = _make_reader(model, polarity=polarity, several=several, figures=explain)
    format_answer = _as_json if as_json else _as_text
    failed = False
    with warnings_in_one_line():
        for name, error in picture_files(files, recursive=recursive):
            try:
                if error:
                    raise error
                answer = {"file": name, **read(name)}
            except _PROBLEMS as problem:
                failed = True
                answer = {"file": name, "error": _reason(problem)}
                _say(name, problem)
            for warning in _warnings(answer):
                click.echo(f"Warning: {_shown(name)}: {warning}", err=True)
            for line in format_answer(answer, proba=proba):
                click.echo(line)
    raise SystemExit(1 if failed else 0)


def _warnings(answer: dict[str, Any]) -> Iterator[str]:
    """Yield what is odd about an answer."""
    if "several" in answer:
        yield f"this looks like several digits, {answer['several']!r}: try --several."
        return
    if "?" in answer.get("number", ""):
        yield 'what "?" stands for looks unlike a digit.'
    for kind in answer.get("findings", []):
        if kind == "unlike_a_digit":
            by_probability = sorted(answer["probabilities"].items(), key=lambda item: -item[1])
            label, probability = by_probability[1]
            yield f"not sure that this is a digit; the second guess is {label} ({probability:.1%})."
        elif kind == "cleaned":
            yield (
                "most of the ink was taken for ruled lines, specks or the edge of the paper. Cut "
                "out the digit; --explain FOLDER shows the steps."
            )
        else:
            yield (
                f"the 8x8 counts are not like those of a digit ({kind}). --several reads several "
                "digits, --explain FOLDER shows the counts."
            )


def _make_reader(
    model: Any, *, polarity: str, several: bool, figures: Path | None
) -> Callable[[str], dict[str, Any]]:
    """Return a function from the name of a file to what is read in it, as JSON can hold it."""
    from skdigits.pictures import PictureEncoding, read_digit, read_picture, read_several

    encoder = PictureEncoding(polarity=polarity)
    explanations = None
    if figures is not None:
        from skdigits.cli._explanations import Explanations

        explanations = Explanations(figures)

    def read(name: str) -> dict[str, Any]:
        with open_picture(name) as file:
            # The figure of several digits shows the picture; of one digit, little of a photograph
            # has to be decoded.
            picture = read_picture(file) if several else file.read()
        reading: DigitReading | NumberReading
        if several:
            from skdigits.pictures import read_number

            with DigitsWarning.silenced():  # an empty answer is an error here
                reading = read_number(picture, model, encoder=encoder)
            answer = _number_answer(reading, model.classes_)
        else:
            reading = read_digit(picture, model, encoder=encoder, explain=explanations is not None)
            answer = _digit_answer(reading, model.classes_)
            number = read_several(picture, model, encoder=encoder, novelty=reading.novelty)
            if number is not None:
                answer["several"] = number.text
        if explanations is not None:
            answer["figure"] = str(explanations.write(name, picture, reading))
        return answer

    return read


def _digit_answer(reading: "DigitReading", classes: Any) -> dict[str, Any]:
    from skdigits.preprocessing import check_reading

    return {
        **_digit(reading.label, reading.probabilities, classes, reading.novelty),
        "findings": [finding.kind for finding in check_reading(reading)],
    }


def _number_answer(reading: "NumberReading", classes: Any) -> dict[str, Any]:
    if not reading.boxes:
        raise PictureError("No digits were found in the picture.")
    n_digits = len(reading.boxes)
    novelties = [None] * n_digits if reading.novelty is None else reading.novelty.tolist()
    digits = [
        {
            **_digit(label, probabilities, classes, novelty),
            "line": box.line,
            "box": [box.left, box.top, box.right, box.bottom],
        }
        for box, label, probabilities, novelty in zip(
            reading.boxes, reading.labels.tolist(), reading.probabilities, novelties, strict=True
        )
    ]
    confidence = prod(digit["confidence"] for digit in digits)
    return {"number": reading.text, "confidence": confidence, "digits": digits}


def _digit(label: Any, probabilities: Any, classes: Any, novelty: float | None) -> dict[str, Any]:
    values = probabilities.tolist()
    by_label = {str(name): value for name, value in zip(classes.tolist(), values, strict=True)}
    unlike = {} if novelty is None else {"novelty": novelty}
    return {"digit": label, "confidence": max(values), **unlike, "probabilities": by_label}


def _as_json(answer: dict[str, Any], *, proba: bool) -> Iterator[str]:
    if not proba:
        for part in (answer, *answer.get("digits", [])):
            part.pop("probabilities", None)
    yield json.dumps(answer)


def _as_text(answer: dict[str, Any], *, proba: bool) -> Iterator[str]:
    if "error" in answer:
        return
    text = answer["digit"] if "digit" in answer else " / ".join(answer["number"].split("\n"))
    yield f"{_shown(answer['file'])}: {text} ({answer['confidence']:.1%})"
    for digit in answer.get("digits", [answer]) if proba else []:
        place = (
            "{} at {},{}-{},{}: ".format(digit["digit"], *digit["box"]) if "box" in digit else ""
        )
        yield f"  {place}" + "  ".join(
            f"{label} {value:.1%}" for label, value in digit["probabilities"].items()
        )


def _reason(problem: Exception) -> str:
    """Return what went wrong, to stand beside the name of the file."""
    if isinstance(problem, OSError) and problem.strerror:
        return f"{problem.strerror}."
    return in_one_line(problem) or f"{type(problem).__name__}."


def _say(name: str, problem: Exception) -> None:
    click.echo(f"Error: {_shown(name)}: {_reason(problem)}", err=True)


def _shown(name: str) -> str:
    """Return a name that cannot write anything else to the terminal."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in name)
