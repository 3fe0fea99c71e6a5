"""The packaged model: small, accurate on pictures, and made by one function."""

import shutil
from pathlib import Path

import numpy as np

from skdigits import DigitCNNClassifier, load_model
from skdigits import default_model as packaged
from skdigits.datasets import load_optdigits
from skdigits.default_model import default_model, default_model_path, make_default_model
from skdigits.pictures import MOST_NOVELTY, DigitImageEncoder
from skdigits.synthesis import draw_digits, draw_nondigits


def test_it_reads_the_digits_of_the_data_set():
    X, y = load_optdigits(return_X_y=True)
    model = default_model()
    np.testing.assert_array_equal(model.classes_, np.arange(10))
    assert (model.predict(X) == y).mean() > 0.99


def test_it_reads_pictures_and_drawn_digits():
    digits = load_optdigits(subset="test", bitmaps=True)
    pictures = [1 - np.kron(np.pad(bits, 8), np.ones((3, 3))) for bits in digits.bitmaps[::9]]
    counts = DigitImageEncoder().transform(pictures)
    assert (default_model().predict(counts) == digits.target[::9]).mean() > 0.98
    drawn, labels = draw_digits(400, random_state=2026)  # not those that it was trained on
    assert (default_model().predict(drawn) == labels).mean() > 0.97


def test_it_tells_letters_and_shapes_from_digits():
    model = default_model()
    X, _ = load_optdigits(return_X_y=True)
    nondigits = draw_nondigits(300, random_state=7)
    assert (model.novelty(X) > MOST_NOVELTY).mean() < 0.002
    assert (model.novelty(nondigits) > MOST_NOVELTY).mean() > 0.8


def test_it_was_made_of_what_is_made_today():
    metadata = default_model().metadata
    n_bitmaps = load_optdigits(bitmaps=True).has_bitmap.sum()
    n_samples = 3 * 5620 + 9 * n_bitmaps + 42_000 + 20_000
    assert metadata["training_data"]["n_samples"] == n_samples
    parameters = packaged._configuration().get_params()
    for name in ("filters", "epochs", "batch_size", "learning_rate", "dropout"):
        assert np.array_equal(metadata["parameters"][name], parameters[name]), name
    assert default_model_path().stat().st_size < 500_000


def test_it_needs_neither_tensorflow_nor_scikit_learn(run_python):
    code = """
import sys
from skdigits.default_model import default_model
default_model()
print(*sys.modules)
"""
    loaded = run_python(code).split()
    assert {"tensorflow", "keras", "sklearn", "pandas", "matplotlib", "scipy"}.isdisjoint(loaded)


def test_it_is_found_in_a_package_within_a_zip_file(run_python, tmp_path):
    package = Path(packaged.__file__).parents[1]
    archive = shutil.make_archive(tmp_path / "packed", "zip", package.parent, package.name)
    code = """
from skdigits.default_model import __file__, default_model
print(default_model().n_features_in_, __file__)
"""
    n_features, file = run_python(code, PYTHONPATH=archive).split()
    assert n_features == "64"
    assert file.startswith(archive)


def test_it_is_made_of_samples_bitmaps_strokes_and_nondigits(monkeypatch, tmp_path):
    numbers = {"_COPIES_OF_ROWS": 2, "_COPIES_OF_BITMAPS": 1, "_DRAWN": 50, "_NONDIGITS": 20}
    for name, number in numbers.items():
        monkeypatch.setattr(packaged, name, number)
    X, y = packaged._training_rows(subset="test")
    X_test, y_test = load_optdigits(subset="test", return_X_y=True)
    n = len(X_test)
    assert X.shape == (3 * n + 50 + 20, 64)
    np.testing.assert_array_equal(X[: 2 * n], np.tile(X_test, (2, 1)))
    np.testing.assert_array_equal(y[: 3 * n], np.tile(y_test, 3))
    np.testing.assert_array_equal(y[3 * n :] == -1, np.arange(70) >= 50)
    assert (X[2 * n : 3 * n] != X_test).any(axis=1).all()

    small = DigitCNNClassifier(filters=(4,), epochs=1, random_state=0)
    monkeypatch.setattr(packaged, "_configuration", lambda: small)
    monkeypatch.setattr(packaged, "_training_rows", lambda n_jobs: (X[-200:], y[-200:]))
    make_default_model(tmp_path / "model.skdigits")
    assert load_model(tmp_path / "model.skdigits").classes_.tolist() == [-1, *range(10)]
