"""Images of MNIST's size, 28x28 pixels of 0..255: accuracy and time, next to plain Keras.

    python examples/benchmarks/mnist_size.py --mnist

Both train the same layers on the same rows, once each, tracing included; skdigits with its own
schedule of learning rates and smoothed labels, Keras with its defaults. ``--mnist`` loads MNIST
from OpenML, which needs a network; without it, the packaged digits are enlarged to 28x28.
"""

import argparse
import time

import keras
import numpy as np
from scipy.ndimage import zoom

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits

SIDE = 28


def enlarged_digits():
    """Return the packaged digits as pixels, the training writers first."""
    X, y = load_optdigits(return_X_y=True)
    images = zoom(X.reshape(-1, 8, 8), (1, SIDE / 8, SIDE / 8), order=1)
    return np.round(images * 255 / 16).astype(np.uint8).reshape(len(X), -1), y, 3823


def mnist():
    """Return MNIST, the 60,000 rows for training first."""
    from sklearn.datasets import fetch_openml

    X, y = fetch_openml("mnist_784", return_X_y=True, as_frame=False)
    return X.astype(np.uint8), y.astype(int), 60_000


def skdigits_network(epochs):
    return DigitCNNClassifier(
        rescale=1 / 255, pool_after=(1, 2), augment=None, epochs=epochs, random_state=0
    )


class PlainKeras:
    """The same layers, as users of Keras write and train them."""

    def __init__(self, epochs):
        layers = keras.layers
        stack = [keras.Input((SIDE, SIDE, 1)), layers.Rescaling(1 / 255)]
        for i, filters in enumerate((32, 64, 128), start=1):
            padding = "valid" if i == 3 else "same"
            stack.append(layers.Conv2D(filters, 3, padding=padding, use_bias=False))
            if i < 3:
                stack.append(layers.MaxPooling2D(2))
            stack += [layers.BatchNormalization(momentum=0.9), layers.ReLU()]
        stack += [layers.GlobalMaxPooling2D(), layers.Dropout(0.2)]
        self.model = keras.Sequential([*stack, layers.Dense(10, activation="softmax")])
        self.model.compile("adamw", "sparse_categorical_crossentropy", metrics=["accuracy"])
        self.epochs = epochs

    def fit(self, X, y):
        images = X.reshape(-1, SIDE, SIDE, 1).astype(np.float32)
        self.model.fit(images, y, epochs=self.epochs, batch_size=64, verbose=0)
        return self

    def score(self, X, y):
        images = X.reshape(-1, SIDE, SIDE, 1).astype(np.float32)
        return np.mean(self.model.predict(images, verbose=0).argmax(axis=1) == y)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mnist", action="store_true", help="load MNIST from OpenML")
    parser.add_argument("--rows", type=int, default=60_000, help="to train on, at most")
    parser.add_argument("--epochs", type=int, default=3)
    arguments = parser.parse_args()
    X, y, n_training = mnist() if arguments.mnist else enlarged_digits()
    rows, others = slice(min(arguments.rows, n_training)), slice(n_training, None)
    data = "MNIST" if arguments.mnist else "the packaged digits, enlarged"
    print(f"{data}: {len(y[rows])} rows, {arguments.epochs} epochs\n")
    print("| | fit | accuracy on other rows | scoring |\n|---|---|---|---|")
    for name, make in {"plain Keras": PlainKeras, "skdigits": skdigits_network}.items():
        start = time.perf_counter()
        model = make(arguments.epochs).fit(X[rows], y[rows])
        fitted = time.perf_counter()
        accuracy = model.score(X[others], y[others])
        scoring = time.perf_counter() - fitted
        print(f"| {name} | {fitted - start:.1f} s | {100 * accuracy:.2f} % | {scoring:.1f} s |")


if __name__ == "__main__":
    main()
