"""A program of a user, which `.ci/run` checks with `mypy --strict`; it is not run.

Where the type of what comes back is a promise, `assert_type` says which. The last function is
wrong: an error that mypy did not find there would be one, since nothing would need to be ignored.
"""

from pathlib import Path
from typing import assert_type

import numpy as np
import numpy.typing as npt

from skdigits import (
    DigitCNNClassifier,
    ImageReshaper,
    check_digits,
    evaluate,
    evaluate_folds,
    load_model,
    load_predictor,
    save_model,
)
from skdigits.comparison import ComparisonResult, run_comparison
from skdigits.datasets import (
    find_doubtful_labels,
    load_optdigits,
    sample_pictures,
    writer_groups,
)
from skdigits.default_model import default_model
from skdigits.displays import MistakesDisplay, TrainingHistoryDisplay
from skdigits.evaluation import ClassificationEvaluation, FoldsEvaluation
from skdigits.persistence import Predictor
from skdigits.pictures import (
    DigitBox,
    DigitImageEncoder,
    DigitReading,
    NumberReading,
    find_digits,
    read_digit,
    read_number,
)
from skdigits.preprocessing import Finding
from skdigits.study import StudyResult, run_study
from skdigits.synthesis import draw_digits


def train(folder: Path) -> float:
    X, y = load_optdigits(subset="train", return_X_y=True)
    clf = DigitCNNClassifier.fast(epochs=2, filters=(8, 16), augment={"shift": 1}, random_state=0)
    assert_type(clf, DigitCNNClassifier)
    assert_type(clf.fit(X, y, sample_weight=np.ones(len(y))), DigitCNNClassifier)
    assert_type(clf.partial_fit(X, y), DigitCNNClassifier)
    assert_type(clf.history_, dict[str, list[float]])
    save_model(clf, folder / "digits.skdigits", scores={"accuracy": 0.9})
    assert_type(load_model(folder / "digits.skdigits"), DigitCNNClassifier)
    assert_type(load_predictor(folder / "digits.skdigits"), Predictor)
    images: npt.NDArray[np.float64] = ImageReshaper().fit_transform(X)
    return float(images.mean() + clf.predict_proba(X).max())


def measure(clf: DigitCNNClassifier, X: npt.ArrayLike, y: npt.ArrayLike) -> float:
    result = evaluate(clf, X, y)
    assert_type(result, ClassificationEvaluation)
    folds = evaluate_folds(clf, X, y, cv=3, groups=writer_groups())
    assert_type(folds, FoldsEvaluation)
    assert_type(find_doubtful_labels(X, y), dict[int, int])
    MistakesDisplay.from_estimator(clf, X, y, n_images=3).figure_.savefig("mistakes.png")
    assert_type(TrainingHistoryDisplay.from_estimator(clf).best_epoch, int | None)
    return result.accuracy + folds.log_loss_sd


def read(picture: str | Path) -> str:
    reading = read_digit(picture, default_model(), explain=True)
    assert_type(reading, DigitReading)
    number = read_number(sample_pictures(several=True)[0], default_model())
    assert_type(number, NumberReading)
    assert_type(find_digits(picture), list[DigitBox])
    counts = DigitImageEncoder(polarity="dark").fit_transform([picture])
    assert_type(check_digits(counts), list[Finding])
    assert_type(number.text, str)
    return number.text


def longer_work(rows: int) -> None:
    X, y = draw_digits(rows, random_state=0)
    assert_type(X, npt.NDArray[np.float64])
    assert_type(y, npt.NDArray[np.int64])
    assert_type(run_study("packaged", quick=True), StudyResult)
    assert_type(run_comparison(models=["knn"], cv=2), ComparisonResult)


def mistakes(clf: DigitCNNClassifier) -> None:
    clf.history_["loss"] = 3.0  # type: ignore[assignment]
    DigitCNNClassifier(epochs="many")  # type: ignore[arg-type]
    clf.fit([[0]], [0], epochs=3)  # type: ignore[call-arg]
    load_optdigits(subset=3)  # type: ignore[arg-type]
    run_study(quik=True)  # type: ignore[call-arg]
