"""Train a model and write it to a file: ``skdigits train``."""

import time
from pathlib import Path
from typing import Any

import click

from skdigits.cli import _options as options
from skdigits.cli._terminal import naming_what_is_kept, problems_in_one_line, progress_bars

__all__ = ["train"]


@click.command(
    "train",
    short_help="Train a network and write it to a file.",
    epilog=options.examples(
        "train -o digits.skdigits", "train -o mine.skdigits --data mine.csv --config fast"
    ),
)
@options.output_file(
    help="The model's file. One that is there already is replaced, once the new one is whole.",
    required=True,
)
@options.data()
@options.config()
@options.epochs()
@options.seed()
@click.option(
    "--subset",
    type=click.Choice(("train", "all")),
    default="train",
    show_default=True,
    help="UCI's training part, to be scored on the writers of its test part (of a file, all but "
    "a fifth, to be scored on that); or all rows, to be scored by a cross-validation alone.",
)
@click.option(
    "--checkpoint",
    type=options.folder,
    metavar="FOLDER",
    help="Keep each epoch in this folder: after a kill the same command continues from there.",
)
def train(output: Path, checkpoint: Path | None, **settings: Any) -> None:
    """Train a network and write it to a file, with its scores on rows that it has not seen.

    The file is what `evaluate`, `card` and skdigits.load_model take.
    """
    if output.exists() and Path(settings["data"]).exists() and output.samefile(settings["data"]):
        raise click.UsageError(f"--output: {output} is the data. Name another file.")
    start = time.perf_counter()
    advice = (
        "No finished epoch is kept. With --checkpoint FOLDER the same command continues after the "
        "last finished epoch."
    )
    with (
        naming_what_is_kept(checkpoint, "*.checkpoint", otherwise=advice),
        problems_in_one_line(),
        progress_bars() as progress,
    ):
        from skdigits.cli._tables import print_trained_model
        from skdigits.model_training import train_model
        from skdigits.persistence import save_model

        model = train_model(checkpoint=checkpoint, progress=progress, **settings)
        output.parent.mkdir(parents=True, exist_ok=True)
        save_model(model.estimator, output, scores=model)
    seconds = time.perf_counter() - start
    print_trained_model(model, output, seconds)
