"""The package's front door: its names, and what works without heavy imports."""

import json

import pytest

import skdigits

# Each step of this program may import more than those before it.
PROGRAM = """
import json, sys
heavy = {"tensorflow", "keras", "sklearn", "scipy", "matplotlib", "numpy", "ucimlrepo", "starlette"}
loaded = {}

def after(step):
    loaded[step] = sorted(heavy & set(sys.modules))

def command(line, expected):
    sys.argv = ["skdigits", *line.split()]
    try:
        main()
    except SystemExit as ended:
        assert (ended.code or 0) == expected, line

import skdigits
from skdigits.cli import main, _skdigits
command("--version", 0)
for name in ["", *_skdigits.commands]:
    command(f"{name} --help", 0)
for line in ("study --data nowhere.csv", "train", "draw nowhere"):
    command(line, 2)
after("help")
command("export MODEL", 0)
command("predict nowhere.png mine.csv", 1)
after("model files")
sys.modules["pandas"] = None  # scikit-learn imports it where it is installed
skdigits.datasets.load_optdigits()
del sys.modules["pandas"]
from sklearn.base import clone
clone(skdigits.DigitCNNClassifier.reference()).get_params()
after("classifier")
for line in ("train -o new", "study", "compare", "evaluate MODEL"):
    command(f"{line} --data mine.csv", 1)
after("data")
print(json.dumps(loaded))
"""


def test_nothing_heavy_is_imported_before_it_is_needed(run_python, small_classifier, tmp_path):
    skdigits.save_model(small_classifier, tmp_path / "MODEL")
    (tmp_path / "mine.csv").write_text(",".join(["0"] * 64) + "\n")

    *_, answer = run_python(PROGRAM).splitlines()

    loaded = json.loads(answer)
    assert loaded["help"] == []
    assert set(loaded["model files"]) <= {"numpy", "scipy"}
    assert set(loaded["classifier"]) <= {"numpy", "scipy", "sklearn"}
    assert {"tensorflow", "keras"}.isdisjoint(loaded["data"])


def test_every_public_name_is_there_and_listed():
    for name in skdigits.__all__:
        assert getattr(skdigits, name) is not None
        assert name in dir(skdigits)
    with pytest.raises(AttributeError, match="DigitsCNN"):
        _ = skdigits.DigitsCNN
