"""What a classifier that was trained on digits says of rows that are none."""

import warnings

import numpy as np
import pytest
from PIL import Image
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from skdigits import load_predictor, save_model
from skdigits.datasets import load_optdigits
from skdigits.exceptions import DigitsWarning
from skdigits.pictures import DigitImageEncoder
from skdigits.preprocessing import are_digits, warn_of_odd_rows

X_ALL = load_optdigits(return_X_y=True)[0]


def on_a_page(X, size=160, page=280, at=60, filter=Image.Resampling.BICUBIC):
    """Resize pictures of digits with their margins to 8x8, as a beginner does: counts 0..16."""
    pictures = []
    for row in X:
        digit = Image.fromarray((row.reshape(8, 8) * 15.9).astype(np.uint8))
        picture = Image.new("L", (page, page))
        picture.paste(digit.resize((size, size), Image.Resampling.BICUBIC), (at, at))
        pictures.append(np.asarray(picture.resize((8, 8), filter)).ravel() / 255 * 16)
    return np.array(pictures)


UNLIKE_DIGITS = {
    "scaled_to_1": ("0 to 1", lambda X: X / 16),
    "scaled_to_255": ("0..255", lambda X: X * 255 / 16),
    "too_large": ("above 255", lambda X: X * 1000),
    "negative": ("negative", lambda X: X - X.mean()),
    "inverted": ("background", lambda X: 16 - X),
    "transposed": ("side", lambda X: X.reshape(-1, 8, 8).transpose(0, 2, 1).reshape(-1, 64)),
    "resized": ("merely resized", on_a_page),
    "empty": ("no digit", np.zeros_like),
}

RANGES = {
    "0..255": lambda X: np.round(X / 16 * 255),
    "0..255, inverted": lambda X: 255 - np.round(X / 16 * 255),
    "0..1": lambda X: X / 16,
    "0..1, inverted": lambda X: 1 - X / 16,
    "0..16": lambda X: X,
    "0..16, inverted": lambda X: 16 - X,
    "0..16 in whole numbers": np.round,
}


def warned_of(X):
    """Return the part of the rows, each by itself, that there is a warning of."""
    n_warned = 0
    for row in X:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            warn_of_odd_rows(row[np.newaxis].astype(np.float32))
        n_warned += bool(caught)
    return n_warned / len(X)


@pytest.mark.parametrize("kind", UNLIKE_DIGITS)
def test_rows_unlike_digits_are_noticed(kind):
    says, change = UNLIKE_DIGITS[kind]
    for n_rows in (1, 500):
        with pytest.warns(DigitsWarning, match=says):
            warn_of_odd_rows(change(X_ALL[:n_rows]))


def test_digits_give_no_warning():
    for X in (X_ALL, X_ALL[:1], X_ALL[7:14]):
        warn_of_odd_rows(X)


def test_nor_do_digits_that_are_moved_on_purpose():
    images = X_ALL.reshape(-1, 8, 8)
    for axis in (1, 2):
        for step in (-1, 1):
            moved = np.roll(images, step, axis=axis)
            moved.swapaxes(0, axis)[0 if step > 0 else -1] = 0
            assert warned_of(moved.reshape(len(X_ALL), -1)[::10]) <= 0.01


@pytest.mark.parametrize("name", RANGES)
def test_a_resized_picture_is_noticed_by_itself(name):
    assert warned_of(RANGES[name](on_a_page(X_ALL[:50], 90, 200, 0))) >= 0.9


@pytest.mark.parametrize("filter", list(Image.Resampling))
def test_a_resized_picture_is_noticed_even_if_it_is_cut_out(filter):
    for name in sorted(set(RANGES) - {"0..16 in whole numbers"}):
        assert warned_of(RANGES[name](on_a_page(X_ALL[:20], 150, 160, 5, filter))) >= 0.9


def test_grey_paper_is_noticed():
    assert warned_of(np.round(2 + X_ALL[:100] * 0.8)) == 1


def test_what_an_encoder_made_gives_no_warning():
    pictures = [np.kron(row.reshape(8, 8), np.ones((10, 10))) / 16 for row in X_ALL[60:90]]
    assert warned_of(DigitImageEncoder().transform(pictures)) == 0


@pytest.mark.parametrize("at", [0, 25_000])
def test_one_row_among_many_is_noticed_and_named(at):
    X = np.tile(X_ALL, (5, 1)).astype(np.float32)
    X[at] /= 16
    with pytest.warns(DigitsWarning, match=rf"0 to 1.*\(1 of \d+ rows: {at}\)"):
        warn_of_odd_rows(X)


def test_values_of_any_size_are_looked_at_without_complaint():
    X = np.tile(X_ALL[:1], (4, 1)).astype(np.float32)
    X[:, 20] = -1e38, 1e-40, 300, 1e38
    with np.errstate(all="raise"):
        assert warned_of(X) == 0.75


def test_a_dummy_row_does_not_silence_what_comes_later():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")  # once for each line and message
        for X in (np.zeros((1, 64)), X_ALL[:1] * 255 / 16, 16 - X_ALL[:1], X_ALL[:1] * 255 / 16):
            warn_of_odd_rows(X)
    said = [str(warning.message) for warning in caught]
    assert [sum(text in message for message in said) for text in ("X * 16 / 255", "16 - X")] == [
        1,
        1,
    ]


@pytest.mark.parametrize("X", [X_ALL / 16, X_ALL - 8, X_ALL[:, :63], np.zeros((5, 64)), 16 - X_ALL])
def test_what_is_scaled_or_cut_is_taken_for_no_digits(X):
    assert not are_digits(X)


def test_digits_are_digits_even_if_a_few_are_odd():
    X = X_ALL[:100].copy()
    assert are_digits(X)
    X[:3] = 0
    assert are_digits(X)


@pytest.fixture(scope="module")
def trained(digits):
    from skdigits import DigitCNNClassifier

    return DigitCNNClassifier(filters=(4,), epochs=1, augment=None, random_state=0).fit(*digits)


def test_a_classifier_warns_where_it_was_called(trained, digits):
    X, _ = digits
    predict = make_pipeline(FunctionTransformer(), trained).predict
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        predict(X)
        predict(X[:1] / 16)
        predict(16 - X)
    assert [warning.category for warning in caught] == [DigitsWarning] * 2
    assert ["0 to 1" in str(caught[0].message), "16 - X" in str(caught[1].message)] == [True] * 2
    assert {warning.filename for warning in caught} == {__file__}


def test_a_predictor_warns_as_the_classifier_does(trained, digits, tmp_path):
    X, _ = digits
    save_model(trained, tmp_path / "digits.skdigits")
    predictor = load_predictor(tmp_path / "digits.skdigits")
    predictor.predict(X)
    for predict in (predictor.predict, predictor.predict_proba):
        with pytest.warns(DigitsWarning, match="merely resized") as caught:
            predict(on_a_page(X[:1]))
        assert caught[0].filename == __file__


def test_a_classifier_of_scaled_digits_takes_them_as_they_are(digits):
    from skdigits import DigitCNNClassifier

    X, y = digits
    clf = DigitCNNClassifier(filters=(4,), epochs=1, augment=None, random_state=0)
    clf.fit(X / 16, y).predict(X / 16)


def test_predictions_do_not_depend_on_the_warning(trained, digits):
    X, _ = digits
    before = dict(vars(trained))
    with pytest.warns(DigitsWarning):
        first = trained.predict_proba(X / 16)
    with pytest.warns(DigitsWarning):
        np.testing.assert_array_equal(trained.predict_proba(X / 16), first)
    assert vars(trained) == before
