"""Draw every display with real data, as docs/gallery.md shows them.

    python examples/gallery.py

Takes about a minute, most of it for fits.
"""

from pathlib import Path

import matplotlib
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MaxAbsScaler
from sklearn.svm import SVC

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.displays import (
    ArchitectureDisplay,
    CrossValidationDisplay,
    DigitSamplesDisplay,
    FeatureMapDisplay,
    FilterDisplay,
    MistakesDisplay,
    ReliabilityDisplay,
    SaliencyDisplay,
    TrainingHistoryDisplay,
)

FOLDER = Path(__file__).parents[1] / "docs" / "images"


def main():
    matplotlib.use("agg")
    X, y = load_optdigits(subset="train", return_X_y=True)
    X_test, y_test = load_optdigits(subset="test", return_X_y=True)
    fast = DigitCNNClassifier.fast(validation_fraction=0.1, random_state=0).fit(X, y)
    study = DigitCNNClassifier.reference(epochs=30, random_state=0).fit(X, y)
    models = {
        "fast": DigitCNNClassifier.fast(random_state=0),
        "SVC": make_pipeline(MaxAbsScaler(), SVC(C=10, gamma=0.2)),
        "naive Bayes": GaussianNB(),
    }
    displays = {
        "samples": DigitSamplesDisplay.from_data(X, y, random_state=0),
        "training_history": TrainingHistoryDisplay.from_estimator(fast),
        "architecture": ArchitectureDisplay.from_estimator(fast),
        "feature_maps": FeatureMapDisplay.from_estimator(fast, X_test[0]),
        "feature_maps_of_the_study": FeatureMapDisplay.from_estimator(study, X_test[0]),
        "filters": FilterDisplay.from_estimator(fast),
        "cross_validation": CrossValidationDisplay.from_estimator(models, X, y, random_state=0),
        "mistakes": MistakesDisplay.from_estimator(fast, X_test, y_test),
        "least_certain": MistakesDisplay.from_estimator(
            fast, X_test, y_test, kind="least_certain", n_images=10
        ),
        "saliency": SaliencyDisplay.from_estimator(fast, X_test[3]),
        "reliability": ReliabilityDisplay.from_estimator(fast, X_test, y_test),
        "reliability_per_class": ReliabilityDisplay.from_estimator(
            fast, X_test, y_test, kind="per_class", strategy="uniform"
        ),
    }
    FOLDER.mkdir(exist_ok=True)
    for name, display in displays.items():
        display.figure_.savefig(FOLDER / f"{name}.png", dpi=80)


if __name__ == "__main__":
    main()
