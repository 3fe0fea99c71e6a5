"""Make the files of a release that all later ones must load: ``python make_files.py 0.1.0``.

To be run once, by the release itself. What is here already is not made again.
"""

import pickle
import sys
from pathlib import Path
from zipfile import ZIP_DEFLATED

import joblib
import numpy as np
import skops.io

import skdigits
from skdigits import DigitCNNClassifier, save_model
from skdigits.datasets import load_optdigits

NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


def make(folder):
    folder.mkdir()
    frame = load_optdigits(as_frame=True).frame.head(200)
    X, y = frame.drop(columns="target"), frame["target"].to_numpy()
    small = {"filters": (3, 4), "epochs": 2, "random_state": 0}
    numbers = DigitCNNClassifier(**small).fit(X.to_numpy(), y)
    names = DigitCNNClassifier(dense_units=(5,), **small).fit(X, NAMES[y])
    save_model(numbers, folder / "numbers.skdigits", scores={"accuracy": 0.5})
    save_model(names, folder / "names.skdigits", optimizer=True)
    for name, classifier in (("numbers", numbers), ("names", names)):
        (folder / f"{name}.pickle").write_bytes(pickle.dumps(classifier))
        joblib.dump(classifier, folder / f"{name}.joblib", compress=3)
        skops.io.dump(classifier, folder / f"{name}.skops", compression=ZIP_DEFLATED)
    rows = X.head(50)
    np.savez(
        folder / "expected.npz",
        numbers=numbers.predict_proba(rows.to_numpy()),
        names=names.predict_proba(rows),
    )


if __name__ == "__main__":
    (release,) = sys.argv[1:]
    if release != skdigits.__version__:
        sys.exit(f"This is skdigits {skdigits.__version__}, which cannot make files of {release}.")
    make(Path(__file__).parent / release)
