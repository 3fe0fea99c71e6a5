import numpy as np

from skdigits.displays import TrainingHistoryDisplay

HISTORY = {
    "loss": [2.0, 0.8, 0.1, 0.05],
    "accuracy": [0.2, 0.7, 0.9, 0.99],
    "val_loss": [1.5, 0.4, 0.2, 0.3],
    "val_accuracy": [0.5, 0.8, 0.95, 0.96],
}


def drawn(**changes):
    return TrainingHistoryDisplay(history={**HISTORY, **changes}).plot()


def texts_of_legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_curves_are_the_history_by_epoch_and_the_best_one_is_marked():
    display = drawn()
    assert display.best_epoch == 3
    for ax, name in zip(display.axes_, ("loss", "accuracy"), strict=True):
        training, validation, best = ax.lines
        np.testing.assert_array_equal(training.get_xdata(), [1, 2, 3, 4])
        np.testing.assert_array_equal(training.get_ydata(), HISTORY[name])
        np.testing.assert_array_equal(validation.get_ydata(), HISTORY[f"val_{name}"])
        assert best.get_xdata() == [3, 3]
        assert texts_of_legend(ax)[-1] == "best epoch 3"
    assert [ax.get_yscale() for ax in display.axes_] == ["log", "linear"]


def test_without_validation_nothing_is_marked():
    history = {"loss": [1.2], "accuracy": [0.5]}
    display = TrainingHistoryDisplay(history=history).plot()
    assert display.best_epoch is None
    display.figure_.canvas.draw()
    for ax in display.axes_:
        assert len(ax.lines) == 1
        assert ax.lines[0].get_marker() == "."  # one epoch is a point at a whole number
        low, high = ax.get_xlim()
        assert [tick for tick in ax.get_xticks() if low <= tick <= high] == [1]


def test_epochs_without_validation_are_a_gap_and_not_the_best():
    display = drawn(val_loss=[np.nan, 0.3, np.nan, 0.2])
    validation = display.axes_[0].lines[1]
    np.testing.assert_array_equal(validation.get_xydata(), [[2, 0.3], [3, np.nan], [4, 0.2]])
    assert display.best_epoch == 4
    assert drawn(val_loss=[np.nan] * 4).best_epoch is None


def test_values_of_several_fits_are_drawn_at_their_epochs(digits, tiny):
    X, y = digits
    clf = tiny(filters=(4,), epochs=2, label_smoothing=0.1).fit(X[:100], y[:100])
    clf.set_params(validation_fraction=0.2, warm_start=True).fit(X[:100], y[:100])
    display = TrainingHistoryDisplay.from_estimator(clf)
    clf.partial_fit(X[:100], y[:100])  # does not change what the display keeps
    assert {len(values) for values in display.history.values()} == {4}
    assert [ax.lines[1].get_xdata().tolist() for ax in display.axes_] == [[3, 4]] * 2
    assert display.axes_[0].lines[0].get_xdata().tolist() == [1, 2, 3, 4]
    assert display.axes_[0].get_ylabel() == "Loss (cross-entropy, labels smoothed by 0.1, nats)"
