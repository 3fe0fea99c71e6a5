"""The study's network in other hands, each as its users would write it.

Each contestant is a function of epochs and hyper-parameters that returns something with ``fit``
and ``predict`` on flat rows. Imports are inside: a contestant that is not installed is missing,
and the others do not pay for it.
"""

import os
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


class KerasOnJax(PlainKeras):
    """The same with JAX instead of TensorFlow; in a process that has not imported Keras yet."""

    def __init__(self, *args, **options):
        os.environ["KERAS_BACKEND"] = "jax"
        super().__init__(*args, **options)


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


def torch_study(dropout):
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
    return nn.Sequential(*stack, nn.Linear(512, 10))


def torch_defaults():
    """The network of skdigits' defaults."""
    from torch import nn

    stack = [nn.Unflatten(1, (1, 8, 8))]
    for channels, filters, padding in ((1, 32, "same"), (32, 64, "same"), (64, 128, "valid")):
        stack.append(nn.Conv2d(channels, filters, 3, padding=padding, bias=False))
        stack += [nn.MaxPool2d(2)] if filters == 64 else []
        stack += [nn.BatchNorm2d(filters), nn.ReLU()]
    stack += [nn.AdaptiveMaxPool2d(1), nn.Flatten(), nn.Dropout(0.2), nn.Linear(128, 10)]
    return nn.Sequential(*stack)


def skorch_of(module, epochs, learning_rate, batch_size, *, channels_last, compiled, **options):
    import torch
    from skorch import NeuralNetClassifier

    if channels_last:
        module = module.to(memory_format=torch.channels_last)
    options = {"optimizer": torch.optim.Adam, **options}
    net = NeuralNetClassifier(
        module,
        criterion=torch.nn.CrossEntropyLoss,
        lr=learning_rate,
        max_epochs=epochs,
        batch_size=batch_size,
        iterator_train__shuffle=True,
        train_split=None,
        verbose=0,
        compile=compiled,
        **options,
    )
    return OnFloat32(net)


def skorch(*, channels_last=False, compiled=False):
    def make(epochs, dropout, learning_rate, batch_size):
        return skorch_of(
            torch_study(dropout),
            epochs,
            learning_rate,
            batch_size,
            channels_last=channels_last,
            compiled=compiled,
        )

    def make_defaults(epochs):
        import torch

        options = {"optimizer": torch.optim.AdamW, "criterion__label_smoothing": 0.1}
        kinds = {"channels_last": channels_last, "compiled": compiled}
        return skorch_of(torch_defaults(), epochs, 0.02, 64, **kinds, **options)

    make.defaults = make_defaults
    return make


class OnFloat32(OnImages):
    """A classifier that wants float32 rows."""

    def fit(self, X, y):
        self.classifier.fit(np.asarray(X, np.float32), np.asarray(y, np.int64))
        return self

    def predict(self, X):
        return self.classifier.predict(np.asarray(X, np.float32))


def skdigits_defaults(epochs):
    from skdigits import DigitCNNClassifier

    return DigitCNNClassifier(epochs=epochs, augment=None, random_state=0)


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


skdigits.defaults = skdigits_defaults


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
    "Keras on JAX": (KerasOnJax, ("keras", "jax"), True),
    "skorch (PyTorch)": (skorch(), ("skorch", "torch"), True),
    "skorch, channels last": (skorch(channels_last=True), ("skorch", "torch"), True),
    "skorch, compiled": (skorch(compiled=True), ("skorch", "torch"), True),
    "skorch, compiled, channels last": (
        skorch(channels_last=True, compiled=True),
        ("skorch", "torch"),
        True,
    ),
    "MLPClassifier": (mlp, ("sklearn",), False),
    "SVC, tuned": (svc, ("sklearn",), False),
}
