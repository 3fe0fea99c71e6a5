"""Ctrl-C in one of many fits ends them all."""

import keras
import numpy as np
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.model_selection import GridSearchCV, cross_val_score

from skdigits import evaluate_folds


class PressCtrlC(keras.callbacks.Callback):
    """Interrupt the second of several fits, whose clones share the count, after two epochs."""

    fits = 0

    def on_train_begin(self, logs=None):
        type(self).fits += 1

    def on_epoch_begin(self, epoch, logs=None):
        if (type(self).fits, epoch) == (2, 2):
            raise KeyboardInterrupt


def search(error_score):
    def run(clf, X, y):
        GridSearchCV(clf, {"learning_rate": [0.01, 0.02]}, cv=2, error_score=error_score).fit(X, y)

    return run


@pytest.mark.parametrize(
    "run",
    [
        lambda clf, X, y: cross_val_score(clf, X, y, cv=3),
        lambda clf, X, y: evaluate_folds(clf, X, y, cv=3),
        lambda clf, X, y: VotingClassifier([("a", clf), ("b", clf)]).fit(X, y),
        search(np.nan),
        search("raise"),
    ],
    ids=["cross_val_score", "evaluate_folds", "an ensemble", "a search", "a search that raises"],
)
def test_an_interrupt_ends_all_that_runs_many_fits(digits, tiny, run):
    PressCtrlC.fits = 0
    with pytest.raises(KeyboardInterrupt):
        run(tiny(epochs=4, callbacks=[PressCtrlC()]), *digits)
    assert PressCtrlC.fits == 2
