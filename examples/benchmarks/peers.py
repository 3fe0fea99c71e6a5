"""The study's network in other hands, each as its users would write it.

Each contestant is a function of epochs and hyper-parameters that returns something with ``fit``
and ``predict`` on flat rows. Imports are inside: a contestant that is not installed is missing,
and the others do not pay for it.
"""

from contextlib import redirect_stdout
from io import StringIO

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


def keras_layers(dropout):
    import keras
    from keras import layers

    stack = [keras.Input((8, 8, 1))]
    for filters in (16, 32, 64):
        stack += [
            layers.Conv2D(filters, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(2),
            layers.Dropout(dropout),
        ]
    stack.append(layers.Flatten())
    for units in (128, 512):
        stack += [layers.Dense(units, activation="sigmoid"), layers.Dropout(dropout)]
    return [*stack, layers.Dense(10, activation="softmax")]


def keras_model(loss, dropout, learning_rate, *, flat_rows=False):
    import keras

    stack = keras_layers(dropout)
    if flat_rows:
        stack = [keras.Input((64,)), keras.layers.Reshape((8, 8, 1)), *stack[1:]]
    model = keras.Sequential(stack)
    model.compile(
        optimizer=keras.optimizers.Adam(learning_rate=learning_rate),
        loss=loss,
        metrics=["accuracy"],
    )
    return model


def images(X):
    return np.asarray(X, dtype=np.float32).reshape(-1, 8, 8, 1)


class PlainKeras:
    """``keras.Model.fit`` and ``predict`` as the study writes them."""

    def __init__(self, epochs, dropout, learning_rate, batch_size):
        self.model = keras_model("categorical_crossentropy", dropout, learning_rate)
        self.options = {"epochs": epochs, "batch_size": batch_size, "verbose": 0}

    def fit(self, X, y):
        import keras

        self.model.fit(images(X), keras.utils.to_categorical(y, 10), **self.options)
        return self

    def predict(self, X):
        return self.model.predict(images(X), verbose=0).argmax(axis=1)


class OnImages(ClassifierMixin, BaseEstimator):
    """scikeras' classifier of images, given flat rows and driven by hand."""

    def __init__(self, classifier):
        self.classifier = classifier

    def fit(self, X, y):
        self.classifier.fit(images(X), y)
        return self

    def predict(self, X):
        return np.asarray(self.classifier.predict(images(X))).ravel()


def scikeras_model(dropout, learning_rate):
    return keras_model("sparse_categorical_crossentropy", dropout, learning_rate)


def scikeras(epochs, dropout, learning_rate, batch_size):
    from scikeras.wrappers import KerasClassifier

    return OnImages(
        KerasClassifier(
            model=scikeras_model,
            model__dropout=dropout,
            model__learning_rate=learning_rate,
            epochs=epochs,
            batch_size=batch_size,
            verbose=0,
        )
    )


class KerasWrapper:
    """Keras' wrapper, with the labels that it gives as a column in a row."""

    def __init__(self, classifier):
        self.classifier = classifier

    def fit(self, X, y):
        self.classifier.fit(np.asarray(X, np.float32), y)
        return self

    def predict(self, X):
        # It hands verbose on to keras.Model.fit alone.
        with redirect_stdout(StringIO()):
            return np.asarray(self.classifier.predict(np.asarray(X, np.float32))).ravel()


def keras_wrapper(epochs, dropout, learning_rate, batch_size):
    from keras.wrappers import SKLearnClassifier

    def model(X, y):
        return keras_model("categorical_crossentropy", dropout, learning_rate, flat_rows=True)

    options = {"epochs": epochs, "batch_size": batch_size, "verbose": 0}
    return KerasWrapper(SKLearnClassifier(model, fit_kwargs=options))


def skorch(epochs, dropout, learning_rate, batch_size):
    import torch
    from skorch import NeuralNetClassifier
    from torch import nn

    stack = [nn.Unflatten(1, (1, 8, 8))]
    for channels, filters in ((1, 16), (16, 32), (32, 64)):
        stack += [
            nn.Conv2d(channels, filters, 3, padding="same"),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout(dropout),
        ]
    stack.append(nn.Flatten())
    for inputs, units in ((64, 128), (128, 512)):
        stack += [nn.Linear(inputs, units), nn.Sigmoid(), nn.Dropout(dropout)]
    net = NeuralNetClassifier(
        nn.Sequential(*stack, nn.Linear(512, 10)),
        criterion=nn.CrossEntropyLoss,
        optimizer=torch.optim.Adam,
        lr=learning_rate,
        max_epochs=epochs,
        batch_size=batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
    )
    return OnFloat32(net)


class OnFloat32(OnImages):
    """A classifier that wants float32 rows."""

    def fit(self, X, y):
        self.classifier.fit(np.asarray(X, np.float32), np.asarray(y, np.int64))
        return self

    def predict(self, X):
        return self.classifier.predict(np.asarray(X, np.float32))


def skdigits(epochs, dropout, learning_rate, batch_size):
    from skdigits import DigitCNNClassifier

    return DigitCNNClassifier.reference(
        epochs=epochs,
        conv_dropout=dropout,
        dropout=dropout,
        learning_rate=learning_rate,
        batch_size=batch_size,
        random_state=0,
    )


def mlp(epochs, dropout, learning_rate, batch_size):
    from sklearn.neural_network import MLPClassifier

    return MLPClassifier(
        max_iter=epochs,
        n_iter_no_change=epochs,
        learning_rate_init=learning_rate,
        batch_size=batch_size,
        random_state=0,
    )


def svc(epochs, dropout, learning_rate, batch_size):
    from sklearn.svm import SVC

    return SVC(C=10, gamma=0.2 / 16**2)


# Name, what makes it, modules that it needs, whether it has the network (and its
# hyper-parameters) or is there for scale only.
CONTESTANTS = {
    "plain Keras": (PlainKeras, ("keras",), True),
    "skdigits": (skdigits, ("skdigits",), True),
    "scikeras": (scikeras, ("scikeras",), True),
    "keras SKLearnClassifier": (keras_wrapper, ("keras",), True),
    "skorch (PyTorch)": (skorch, ("skorch", "torch"), True),
    "MLPClassifier": (mlp, ("sklearn",), False),
    "SVC, tuned": (svc, ("sklearn",), False),
}
