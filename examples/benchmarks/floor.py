"""The least time that a training step of the study's network can take: its arithmetic.

    python examples/benchmarks/floor.py

Counts the multiplications of a step, measures how fast one core multiplies matrices, and
compares their quotient with a measured step.
"""

import time
from statistics import median

import numpy as np
from threadpoolctl import threadpool_limits

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits

ROWS, EPOCHS = 4496, 30


def multiplications(layers):
    """Forward, for one image; kernels take part once for each place they are at."""
    for layer in layers:
        if hasattr(layer, "kernel"):
            places = layer.output.shape[1] * layer.output.shape[2] if "conv" in layer.name else 1
            yield layer.name, places * int(np.prod(layer.kernel.shape))


def gemm_rate():
    """Multiply-adds a second of float32 matrices of middling size, on one core."""
    a, b = (np.random.default_rng(0).random((1024, 1024), np.float32) for _ in range(2))
    with threadpool_limits(1):
        seconds = []
        for _ in range(30):
            start = time.perf_counter()
            a @ b
            seconds.append(time.perf_counter() - start)
    return 1024**3 / median(seconds)


def main():
    X, y = load_optdigits(return_X_y=True)
    X, y = X[:ROWS], y[:ROWS]

    def seconds(epochs):
        start = time.perf_counter()
        fitted = DigitCNNClassifier.reference(epochs=epochs, random_state=0).fit(X, y)
        return time.perf_counter() - start, fitted

    _, clf = seconds(1)
    steps = -(-ROWS // clf.batch_size)
    one = median(seconds(1)[0] for _ in range(3))
    step = median((seconds(1 + EPOCHS)[0] - one) / EPOCHS / steps for _ in range(3))
    counts = dict(multiplications(clf.model_.layers))
    for name, count in counts.items():
        print(f"{name:10} {count:8,} multiplications an image")
    # Backward, each kernel takes part twice, but the image needs no gradient.
    total = clf.batch_size * (3 * sum(counts.values()) - next(iter(counts.values())))
    rate = gemm_rate()
    print(f"a step of {clf.batch_size} images: {total / 1e6:.1f} million, forward and backward")
    print(f"one core: {rate / 1e9:.1f} thousand million a second")
    print(f"floor {total / rate * 1e3:.2f} ms, measured {step * 1e3:.2f} ms a step: "
          f"{step / (total / rate):.1f} times the floor")  # fmt: skip


if __name__ == "__main__":
    main()
