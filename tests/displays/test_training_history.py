import numpy as np
import pytest
from matplotlib import pyplot
from sklearn.exceptions import NotFittedError
from sklearn.naive_bayes import GaussianNB

from skdigits import DigitCNNClassifier
from skdigits.displays import TrainingHistoryDisplay

HISTORY = {
    "loss": [2.0, 0.8, 0.1, 0.05],
    "accuracy": [0.2, 0.7, 0.9, 0.99],
    "val_loss": [1.5, 0.4, 0.2, 0.3],
    "val_accuracy": [0.5, 0.8, 0.95, 0.96],
}
WITHOUT_VALIDATION = {name: HISTORY[name] for name in ("loss", "accuracy")}


def texts_of_legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_curves_are_the_history_by_epoch():
    display = TrainingHistoryDisplay.from_history(HISTORY)
    for ax, name in zip(display.axes_, ("loss", "accuracy"), strict=True):
        training, validation, _ = ax.lines
        np.testing.assert_array_equal(training.get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(training.get_ydata(), HISTORY[name])
        np.testing.assert_array_equal(validation.get_ydata(), HISTORY[f"val_{name}"])


def test_axes_say_what_they_show():
    loss, accuracy = TrainingHistoryDisplay.from_history(HISTORY).axes_
    assert loss.get_ylabel() == "Loss (cross-entropy, nats)"
    assert accuracy.get_ylabel() == "Accuracy"
    assert loss.get_yscale() == "log"
    assert accuracy.get_yscale() == "linear"
    assert loss.get_xlabel() == accuracy.get_xlabel() == "Epoch"


def test_the_best_epoch_has_the_lowest_validation_loss_and_is_marked():
    display = TrainingHistoryDisplay.from_history(HISTORY)
    assert display.best_epoch == 3
    for ax in display.axes_:
        assert ax.lines[-1].get_xdata() == [3, 3]
        assert texts_of_legend(ax) == [
            "training rows, while training",
            "validation rows, after the epoch",
            "best epoch 3",
        ]


def test_without_validation_nothing_is_marked():
    display = TrainingHistoryDisplay.from_history(WITHOUT_VALIDATION)
    assert display.best_epoch is None
    for ax in display.axes_:
        assert texts_of_legend(ax) == ["training rows, while training"]


def test_an_epoch_whose_loss_is_not_a_number_is_not_the_best():
    history = {**HISTORY, "val_loss": [np.nan, 0.4, 0.5, np.nan]}
    assert TrainingHistoryDisplay.from_history(history).best_epoch == 2
    history = {**HISTORY, "val_loss": [np.nan] * 4}
    assert TrainingHistoryDisplay.from_history(history).best_epoch is None


def test_a_fitted_network_is_drawn_with_the_smoothing_of_its_labels(digits):
    X, y = digits
    clf = DigitCNNClassifier.fast(epochs=2, validation_fraction=0.2, random_state=0).fit(X, y)
    display = TrainingHistoryDisplay.from_estimator(clf)
    assert display.axes_[0].get_ylabel() == "Loss (cross-entropy, labels smoothed by 0.1, nats)"
    np.testing.assert_array_equal(display.axes_[0].lines[1].get_ydata(), clf.history_["val_loss"])


def validation_epochs(display):
    return [ax.lines[1].get_xdata().tolist() for ax in display.axes_]


def test_values_of_several_fits_are_drawn_at_their_epochs(digits, tiny):
    X, y = digits
    clf = tiny(filters=(4,), epochs=2).fit(X[:100], y[:100]).partial_fit(X[:100], y[:100])
    clf.set_params(validation_fraction=0.2, warm_start=True).fit(X[:100], y[:100])
    display = TrainingHistoryDisplay.from_estimator(clf)
    assert {len(values) for values in display.history.values()} == {5}
    assert validation_epochs(display) == [[4, 5]] * 2
    assert display.axes_[0].lines[0].get_xdata().tolist() == [1, 2, 3, 4, 5]
    assert display.best_epoch in {4, 5}
    clf.partial_fit(X[:100], y[:100])
    assert validation_epochs(TrainingHistoryDisplay.from_estimator(clf)) == [[4, 5]] * 2


def test_epochs_between_without_validation_are_a_gap():
    history = {**HISTORY, "val_loss": [np.nan, 0.3, np.nan, 0.2]}
    display = TrainingHistoryDisplay.from_history(history)
    validation = display.axes_[0].lines[1]
    np.testing.assert_array_equal(validation.get_xydata(), [[2, 0.3], [3, np.nan], [4, 0.2]])
    assert display.best_epoch == 4
    assert display.axes_[0].lines[-1].get_xdata() == [4, 4]


def test_a_history_of_unequal_lengths_is_refused():
    history = {**HISTORY, "val_loss": [0.3], "learning_rate": [0.1]}
    with pytest.raises(ValueError, match=r"nan where there was none; .* 4 for 'acc.* 1 for 'val_l"):
        TrainingHistoryDisplay.from_history(history)


def test_one_epoch_is_a_point_at_a_whole_number():
    display = TrainingHistoryDisplay.from_history({"loss": [1.2], "accuracy": [0.5]})
    display.figure_.canvas.draw()
    for ax in display.axes_:
        assert ax.lines[0].get_marker() == "."
        low, high = ax.get_xlim()
        assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [1]


def test_a_later_change_of_the_history_changes_nothing():
    history = {name: list(values) for name, values in HISTORY.items()}
    display = TrainingHistoryDisplay.from_history(history)
    history["loss"].append(0.01)
    assert display.plot() is display
    np.testing.assert_array_equal(display.axes_[0].lines[0].get_ydata(), HISTORY["loss"])


def test_it_draws_in_the_place_of_a_subplot():
    figure, (left, right) = pyplot.subplots(1, 2)
    display = TrainingHistoryDisplay.from_history(HISTORY, ax=right)
    assert display.figure_ is figure
    assert len(pyplot.get_fignums()) == 1
    assert display.axes_[0].get_position().x0 > left.get_position().x1


def test_keywords_reach_the_curves():
    display = TrainingHistoryDisplay.from_history(HISTORY, line_kw={"linewidth": 5})
    assert [line.get_linewidth() for line in display.axes_[0].lines] == [5, 5, 1]


def test_a_history_without_accuracy_is_refused():
    with pytest.raises(ValueError, match=r"\['accuracy'\] are missing, it has \['loss'\]"):
        TrainingHistoryDisplay.from_history({"loss": [1.0]})


def test_a_classifier_without_history_is_refused(digits):
    with pytest.raises(TypeError, match=r"keeps the history_ .* got GaussianNB\(\)"):
        TrainingHistoryDisplay.from_estimator(GaussianNB().fit(*digits))


def test_a_network_that_is_not_fitted_is_refused(tiny):
    with pytest.raises(NotFittedError):
        TrainingHistoryDisplay.from_estimator(tiny())


@pytest.mark.parametrize("history", [[{"loss": 1.0}], None])
def test_a_history_of_another_kind_is_refused(history):
    class Other:
        history_ = history

    with pytest.raises(TypeError, match="keeps the history_"):
        TrainingHistoryDisplay.from_estimator(Other())
