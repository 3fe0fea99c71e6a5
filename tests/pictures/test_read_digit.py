"""The digit in a picture, with all that is known about it."""

import re
from copy import copy
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import LinearSVC

from skdigits import load_predictor, save_model
from skdigits.datasets import load_optdigits
from skdigits.default_model import default_model
from skdigits.displays import NumberReadingDisplay
from skdigits.exceptions import DigitsWarning, PictureError
from skdigits.network import NumpyNetwork
from skdigits.pictures import (
    DigitImageEncoder,
    DigitReading,
    _picture_encoding,
    read_digit,
    read_number,
    read_several,
)
from skdigits.preprocessing import check_reading
from skdigits.synthesis import draw_nondigits


@pytest.fixture
def n_read(monkeypatch):
    """Count how often a picture is read."""
    pictures = []
    really_read = _picture_encoding.read_picture

    def read_picture(picture, **settings):
        pictures.append(picture)
        return really_read(picture, **settings)

    monkeypatch.setattr(_picture_encoding, "read_picture", read_picture)
    return lambda: len(pictures)


@pytest.fixture
def picture(handwriting):
    """Write a digit dark on light."""
    return lambda digit: (230 - 190 * np.pad(handwriting(str(digit))[0], 12)).astype(np.uint8)


@pytest.mark.parametrize("encoder", [None, DigitImageEncoder()])
def test_a_digit_is_read_with_its_probabilities_and_counts(picture, model, encoder):
    for digit in (1, 4, 8):
        reading = read_digit(picture(digit), model, encoder=encoder)
        counts = DigitImageEncoder().transform([picture(digit)])
        assert (reading.label, type(reading.label)) == (digit, int)
        np.testing.assert_array_equal(reading.counts, counts.reshape(8, 8))
        np.testing.assert_array_equal(reading.probabilities, model.predict_proba(counts)[0])
        np.testing.assert_array_equal(reading.classes, range(10))
        assert reading.steps is None


@pytest.mark.parametrize("encoder", [None, DigitImageEncoder(deslant=None)])
def test_the_steps_of_a_digit_are_kept_on_demand(picture, model, encoder, n_read):
    reading = read_digit(picture(5), model, encoder=encoder, explain=True)
    assert n_read() == 1
    expected = (encoder or DigitImageEncoder()).explain(picture(5))
    assert list(reading.steps) == list(expected)
    for name, step in reading.steps.items():
        np.testing.assert_array_equal(step, expected[name])
    np.testing.assert_array_equal(reading.counts, expected["counts"])
    without = read_digit(picture(5), model, encoder=encoder)
    np.testing.assert_array_equal(reading.probabilities, without.probabilities)


@pytest.mark.parametrize("explain", [False, True])
def test_a_picture_without_a_digit_is_refused(model, explain):
    with pytest.raises(PictureError, match=r"^No ink was found"):
        read_digit(np.full((20, 20), 255, dtype=np.uint8), model, explain=explain)


def test_labels_may_be_words(picture):
    X, y = load_optdigits(return_X_y=True)
    words = np.array(["no", "yes"])[(y == 1).astype(int)]
    assert read_digit(picture(1), KNeighborsClassifier().fit(X, words)).label == "yes"


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (LinearSVC().fit([[0], [1]], [0, 1]), "LinearSVC without predict_proba"),
        (KNeighborsClassifier(), "KNeighborsClassifier without classes_"),
        (KNeighborsClassifier, "ABCMeta without predict_proba"),
        ("digits.skdigits", "str without predict_proba"),
    ],
)
def test_what_is_no_fitted_classifier_is_refused_in_words(wrong, problem):
    nothing = np.full((20, 20), 255, dtype=np.uint8)
    for read in (read_digit, read_number, NumberReadingDisplay.from_picture):
        with pytest.raises(TypeError, match=f"Expected a fitted classifier .* got ({problem})"):
            read(nothing, wrong)


@pytest.mark.parametrize(
    "change",
    [
        lambda X: X / 16,
        lambda X: X * 255 / 16,
        lambda X: X / 8 - 1,
        lambda X: 16 - X,
        lambda X: X.reshape(-1, 8, 8).transpose(0, 2, 1).reshape(-1, 64),
    ],
    ids=["0..1", "0..255", "-1..1", "inverted", "transposed"],
)
def test_a_model_of_other_samples_is_warned_of(picture, digits, tiny, tmp_path, change):
    X, y = digits
    clf = tiny(epochs=1).fit(change(X[:100].astype(float)), y[:100])
    save_model(clf, tmp_path / "other.skdigits")
    search = SimpleNamespace(
        best_estimator_=clf, classes_=clf.classes_, predict_proba=clf.predict_proba
    )
    for model in (clf, load_predictor(tmp_path / "other.skdigits"), search):
        for read in (read_digit, read_number):
            with pytest.warns(DigitsWarning, match="not trained on counts 0..16") as caught:
                read(picture(3), model, encoder=DigitImageEncoder())
            assert [warning.filename for warning in caught] == [__file__]


def test_a_pipeline_or_an_encoder_that_scales_is_not_warned_of(picture, digits, tiny):
    X, y = digits
    scale = FunctionTransformer(lambda X: np.asarray(X) / 16)
    clf = tiny(epochs=3).fit(scale.transform(X), y)
    model = make_pipeline(scale, clf)
    encoder = make_pipeline(DigitImageEncoder(), scale).fit([picture(3)])
    expected = read_digit(picture(3), model).probabilities
    answer = read_digit(picture(3), clf, encoder=encoder)
    np.testing.assert_array_equal(answer.probabilities, expected)


def test_what_cleaning_left_of_the_ink_is_said(picture, model):
    reading = read_digit(picture(3), model)
    assert reading.ink_left == 1
    assert read_digit(picture(3), model, encoder=DigitImageEncoder()).ink_left is None
    ruled = np.full((200, 200), 230, dtype=np.uint8)
    ruled[::20] = 40
    three = picture(3)[12:-12, 12:-12] < 100
    ruled[80 : 80 + three.shape[0], 80 : 80 + three.shape[1]][three] = 40
    reading = read_digit(ruled, model, explain=True)
    steps = reading.steps
    assert reading.ink_left == steps["cleaned"].sum() / steps["ink"].sum()
    assert reading.ink_left < 0.5
    assert [finding.kind for finding in check_reading(reading)] == ["cleaned"]


def test_novelty_is_that_of_the_model_if_it_can_tell(picture, model):
    assert read_digit(picture(3), model).novelty is None
    reading = read_digit(picture(3), default_model())
    assert reading.novelty == default_model().novelty(reading.counts.reshape(1, -1))[0]
    assert not check_reading(reading)
    sideways = read_digit(picture(3).T, default_model())
    assert "unlike_a_digit" in [finding.kind for finding in check_reading(sideways)]


@pytest.mark.parametrize(
    ("confidence", "novelty", "kinds", "message"),
    [
        (0.91, None, [], None),
        (0.91, 0.98, [], None),
        (0.91, 0.995, ["unlike_a_digit"], "Not sure that this is a digit. The second guess is 3"),
        (0.616, 0.6, ["unlike_a_digit"], "Not sure that this is a digit. The second guess is 3"),
        (0.616, 0.4, ["unsure"], r"Not sure which digit this is. The second guess is 3 \(38.4%\)"),
        (0.616, None, ["unsure"], "Not sure which digit this is. The second guess is 3"),
        (1.0, 0.995, ["unlike_a_digit"], "Not sure that this is a digit.$"),
    ],
)
def test_an_answer_that_is_not_sure_says_so(confidence, novelty, kinds, message):
    probabilities = np.array([1 - confidence, confidence] if confidence < 1 else [1.0])
    classes = np.array([3, 8])[-len(probabilities) :]
    counts = load_optdigits().images[0]
    findings = check_reading(DigitReading(8, probabilities, classes, counts, novelty))
    assert [finding.kind for finding in findings] == kinds
    assert not findings or re.match(message, findings[0].message)


def test_two_digits_are_told_from_one(picture, model):
    two = np.hstack([picture(3), picture(7)])
    novelty = read_digit(two, default_model()).novelty
    assert read_several(two, default_model(), novelty=novelty).text == "37"
    assert read_several(two, model, novelty=None) is None
    one = picture(3)
    novelty = read_digit(one, default_model()).novelty
    assert read_several(one, default_model(), novelty=novelty) is None


@pytest.fixture(scope="module")
def with_outliers():
    X, y = load_optdigits(return_X_y=True)
    names = np.array([*map(str, range(10)), "none"])
    outliers = draw_nondigits(300, random_state=0)
    y = np.append(y, np.full(300, 10))
    return KNeighborsClassifier().fit(np.vstack([X, outliers]), names[y])


class TestOutlierLabel:
    """Any classifier may have a class "not a digit", which its readings leave out."""

    def test_probabilities_are_those_of_the_others_renormalised(self, picture, with_outliers):
        reading = read_digit(picture(3), with_outliers, outlier_label="none")
        everything = read_digit(picture(3), with_outliers)
        assert (reading.label, everything.novelty) == ("3", None)
        assert reading.classes.tolist() == [*map(str, range(10))]
        place = with_outliers.classes_.tolist().index("none")
        novelty, others = (
            everything.probabilities[place],
            np.delete(everything.probabilities, place),
        )
        assert reading.novelty == novelty
        np.testing.assert_allclose(reading.probabilities, others / others.sum())

    def test_the_label_may_be_an_attribute_of_the_model(self, picture, with_outliers):
        model = copy(with_outliers)
        model.outlier_label_ = "none"
        sideways = picture(3).T
        reading = read_digit(sideways, model)
        assert reading.novelty == read_digit(sideways, model, outlier_label="none").novelty > 0
        two = np.hstack([picture(3), picture(7)])
        assert read_number(two, model).novelty.shape == (2,)
        assert read_number(two, with_outliers).novelty is None

    def test_a_label_that_is_not_a_class_is_refused(self, picture, with_outliers):
        for read in (read_digit, read_number):
            with pytest.raises(ValueError, match="not one of the model's classes"):
                read(picture(3), with_outliers, outlier_label=-1)

    def test_the_network_runs_once_for_a_reading(self, picture, monkeypatch):
        runs = []
        really_predict = NumpyNetwork.predict_proba
        monkeypatch.setattr(
            NumpyNetwork, "predict_proba", lambda *given: runs.append(1) or really_predict(*given)
        )
        assert read_digit(picture(3), default_model()).novelty is not None
        assert len(runs) == 1
