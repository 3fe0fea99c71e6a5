"""The model that is there without being named: packaged, small, and made by one function."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from skdigits import DigitCNNClassifier, load_predictor
from skdigits.datasets import load_optdigits
from skdigits.default_model import (
    default_configuration,
    default_model,
    default_model_path,
    default_training_rows,
    make_default_model,
)
from skdigits.pictures import MOST_NOVELTY, DigitImageEncoder
from skdigits.synthesis import draw_nondigits


def test_it_knows_the_digits():
    X, y = load_optdigits(return_X_y=True)
    model = default_model()
    np.testing.assert_array_equal(model.classes_, np.arange(10))
    assert (model.predict(X) == y).mean() > 0.99


def test_it_reads_the_digits_of_strangers():
    file = Path(__file__).parents[2] / "shared/data/mnist_t10k_first2000.npz"
    if not file.exists():
        pytest.skip(f"there is no {file.name} beside the project")
    with np.load(file) as mnist:
        counts = DigitImageEncoder().transform(list(mnist["images"][:500]))
        assert (default_model().predict(counts) == mnist["labels"][:500]).mean() > 0.95


def test_it_tells_letters_and_shapes_from_digits():
    model = default_model()
    X, _ = load_optdigits(return_X_y=True)
    nondigits = draw_nondigits(300, random_state=7)  # not those that it was trained on
    assert (model.novelty(X) > MOST_NOVELTY).mean() < 0.002
    assert (model.novelty(nondigits) > MOST_NOVELTY).mean() > 0.8


def test_it_tells_the_letters_and_shapes_of_strangers():
    file = Path(__file__).parents[2] / "shared/data/nondigits_tuning.zip"
    if not file.exists():
        pytest.skip(f"there is no {file.name} beside the project")
    like_digits = {48, 50, 54, 64, 70, 78, 82, 88, 94, 102, 104, 114, 116, 118, 120, 136}
    with zipfile.ZipFile(file) as pictures:
        names = [
            name
            for name in pictures.namelist()
            if name.endswith(".png") and int(Path(name).stem) not in like_digits
        ]
        counts = DigitImageEncoder().transform([pictures.read(name) for name in names])
    assert (default_model().novelty(counts) > MOST_NOVELTY).mean() > 0.8


def test_it_was_made_of_what_is_made_today():
    metadata = default_model().metadata
    n_bitmaps = load_optdigits(bitmaps=True).has_bitmap.sum()
    n_samples = 3 * 5620 + 9 * n_bitmaps + 42_000 + 20_000
    assert metadata["training_data"]["n_samples"] == n_samples
    parameters = default_configuration().get_params()
    for name in ("filters", "epochs", "batch_size", "learning_rate", "dropout"):
        assert np.array_equal(metadata["parameters"][name], parameters[name]), name


def test_the_file_is_less_than_half_a_megabyte():
    assert default_model_path().stat().st_size < 500_000


def test_it_needs_neither_tensorflow_nor_scikit_learn(run_python):
    loaded = run_python(
        """
import sys
from skdigits.default_model import default_model
default_model()
print(*sys.modules)
"""
    ).split()
    assert {"tensorflow", "keras", "sklearn", "pandas", "matplotlib", "scipy"}.isdisjoint(loaded)


@pytest.fixture
def few(monkeypatch):
    """Make fewer rows, and a tiny network."""
    for name, number in {
        "_COPIES_OF_ROWS": 2,
        "_COPIES_OF_BITMAPS": 1,
        "_DRAWN": 50,
        "_NONDIGITS": 20,
    }.items():
        monkeypatch.setattr(f"skdigits.default_model.{name}", number)
    monkeypatch.setattr(
        "skdigits.default_model.default_configuration",
        lambda: DigitCNNClassifier(filters=(4,), epochs=1, random_state=0),
    )


@pytest.mark.usefixtures("few")
def test_the_rows_are_those_of_the_data_set_the_bitmaps_and_the_strokes_and_no_digits():
    X, y = default_training_rows(subset="test")
    X_test, y_test = load_optdigits(subset="test", return_X_y=True)
    n = len(X_test)
    assert X.shape == (3 * n + 50 + 20, 64)
    for copy in range(2):
        np.testing.assert_array_equal(X[copy * n : (copy + 1) * n], X_test)
    np.testing.assert_array_equal(y[: 3 * n], np.tile(y_test, 3))
    np.testing.assert_array_equal(y[3 * n :] == -1, np.arange(70) >= 50)
    assert (X[2 * n : 3 * n] != X_test).any(axis=1).all()


@pytest.mark.usefixtures("few")
@pytest.mark.slow
def test_it_is_made_anew_with_the_same_weights(tmp_path):
    for name in ("one", "two"):
        make_default_model(tmp_path / name, n_jobs=2)
    X = load_optdigits(subset="test").data
    one, two = (load_predictor(tmp_path / name).predict_proba(X) for name in ("one", "two"))
    np.testing.assert_array_equal(one, two)
