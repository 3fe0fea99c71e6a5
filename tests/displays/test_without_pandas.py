"""Displays need neither pandas nor a window."""

CODE = """
import sys

class NoPandas:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "pandas":
            raise ModuleNotFoundError("no pandas here", name=name)

sys.meta_path.insert(0, NoPandas())
import matplotlib
from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.displays import *
from skdigits.evaluation import FoldEvaluation, FoldsEvaluation
X, y = load_optdigits(return_X_y=True)
X, y = X[:200], y[:200]
clf = DigitCNNClassifier.fast(
    filters=(4,), epochs=1, validation_fraction=0.2, random_state=0
).fit(X, y)
folds = FoldsEvaluation((FoldEvaluation(1, 9, 9, 0.9, 0.1, 1.0, 1.0, None),) * 2)
for backend, ending in (("svg", "svg"), ("pdf", "pdf")):
    matplotlib.use(backend)
    drawn = [
        CrossValidationDisplay.from_evaluations({"a model": folds}),
        DigitSamplesDisplay.from_data(X, y, n_per_class=1),
        TrainingHistoryDisplay.from_estimator(clf),
        ArchitectureDisplay.from_estimator(clf),
        FeatureMapDisplay.from_estimator(clf, X[0]),
        FilterDisplay.from_estimator(clf),
        MistakesDisplay.from_estimator(clf, X, y, n_images=3),
        SaliencyDisplay.from_estimator(clf, X[0]),
        ReliabilityDisplay.from_estimator(clf, X, y),
    ]
    for number, display in enumerate(drawn):
        display.figure_.savefig(f"{number}.{ending}")
    print(matplotlib.get_backend(), len(drawn), "pandas" in sys.modules)
"""


def test_displays_draw_without_pandas_and_with_other_backends(run_python):
    printed = run_python(CODE).splitlines()
    assert printed == [f"{backend} 9 False" for backend in ("svg", "pdf")]
