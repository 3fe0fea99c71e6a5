"""How the defaults of DigitCNNClassifier were chosen: candidates on the training part only.

Each candidate is cross-validated on the 3823 rows of the UCI training part (stratified folds,
several seeds). The test part is not touched. Prints one line per candidate as it finishes:

    python examples/benchmarks/default_configuration.py --seeds 3 --folds 5
"""

import argparse
import time

import numpy as np
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits


def scale(X):
    return X / 16


def digit_cnn(**parameters):
    return lambda seed: DigitCNNClassifier(**parameters, random_state=seed)


CANDIDATES = {
    "SVC, X/16, C=10, gamma=0.2": lambda seed: make_pipeline(
        FunctionTransformer(scale), SVC(C=10, gamma=0.2)
    ),
    "60 epochs": digit_cnn(epochs=60),
    "30 epochs": digit_cnn(epochs=30),
    "100 epochs (the defaults)": digit_cnn(epochs=100),
    "60 epochs, batch_size=32": digit_cnn(epochs=60, batch_size=32),
    "60 epochs, batch_size=128": digit_cnn(epochs=60, batch_size=128),
    "60 epochs, dropout=0.1": digit_cnn(epochs=60, dropout=0.1),
    "60 epochs, dropout=0.4": digit_cnn(epochs=60, dropout=0.4),
    "60 epochs, learning_rate=0.002": digit_cnn(epochs=60, learning_rate=0.002),
    "60 epochs, batch_normalization=False": digit_cnn(epochs=60, batch_normalization=False),
    "60 epochs, filters=(16, 32)": digit_cnn(epochs=60, filters=(16, 32)),
    "60 epochs, filters=(32, 64, 128)": digit_cnn(epochs=60, filters=(32, 64, 128)),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=5)
    arguments = parser.parse_args()
    X, y = load_optdigits(subset="train", return_X_y=True)
    print(f"{'candidate':40} accuracy   sd of fits  sd of seeds  s per fit")
    for name, make in CANDIDATES.items():
        start, by_seed = time.perf_counter(), []
        for seed in range(arguments.seeds):
            folds = StratifiedKFold(arguments.folds, shuffle=True, random_state=seed)
            by_seed.append(cross_val_score(make(seed), X, y, cv=folds))
        seconds = (time.perf_counter() - start) / np.size(by_seed)
        print(
            f"{name:40} {np.mean(by_seed):.4f}     {np.std(by_seed):.4f}      "
            f"{np.std(np.mean(by_seed, axis=1)):.4f}       {seconds:.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
