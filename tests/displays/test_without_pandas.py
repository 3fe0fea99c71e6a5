"""Displays need neither pandas nor TensorFlow, nor a window."""

CODE = """
import sys

class NoPandas:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"pandas", "tensorflow"}:
            raise ModuleNotFoundError("not here", name=name)

sys.meta_path.insert(0, NoPandas())
from skdigits.displays import *
print("matplotlib.pyplot" in sys.modules)
import matplotlib
import numpy as np
from sklearn.naive_bayes import GaussianNB
from skdigits.datasets import load_optdigits
from skdigits.evaluation import FoldEvaluation, FoldsEvaluation
X, y = load_optdigits(return_X_y=True)
X, y = X[:200], y[:200]
clf = GaussianNB().fit(X, y)
folds = FoldsEvaluation((FoldEvaluation(1, 9, 9, 0.9, 0.1, 1.0, 1.0, None),) * 2)
layer = {"name": "conv_1", "type": "Conv2D", "output_shape": [8, 8, 16], "parameters": 160}
matplotlib.use("svg")
drawn = [
    ArchitectureDisplay(layers=[layer]).plot(),
    CrossValidationDisplay.from_evaluations({"a model": folds}),
    DigitSamplesDisplay.from_data(X, y, n_per_class=1),
    FeatureMapDisplay(maps={"conv_1": np.ones((4, 4, 2))}, image=np.ones((4, 4, 1))).plot(),
    FilterDisplay(kernels=np.ones((3, 3, 1, 2)), layer="conv_1").plot(),
    MistakesDisplay.from_estimator(clf, X, y, n_images=3),
    ReliabilityDisplay.from_estimator(clf, X, y),
    SaliencyDisplay.from_estimator(clf, X[0]),
    TrainingHistoryDisplay(history={"loss": [2.0, 1.0], "accuracy": [0.1, 0.9]}).plot(),
]
for number, display in enumerate(drawn):
    display.figure_.savefig(f"{number}.svg")
print(matplotlib.get_backend(), len(drawn))
"""


def test_displays_draw_without_pandas_and_tensorflow_with_any_backend(run_python):
    assert run_python(CODE).splitlines() == ["False", "svg 9"]
