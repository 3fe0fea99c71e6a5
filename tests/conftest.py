import os

# Before anything imports SciPy: scikit-learn skips its array API check without it.
os.environ.setdefault("SCIPY_ARRAY_API", "1")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import pickle
import signal
import subprocess
import sys

import joblib
import pytest
from filelock import FileLock
from hypothesis import settings

# pytest's workers share the cores.
N_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
os.environ.setdefault("OMP_NUM_THREADS", str(max(1, joblib.cpu_count() // N_WORKERS)))

import skdigits._tensorflow  # noqa: E402, F401  (before any test imports TensorFlow by itself)

# Programs for other processes, which change what is trained: no modules to look for doctests in.
collect_ignore = ["short_fits"]

# A busy machine is slow at times, which is no fault of what is tested.
settings.register_profile("skdigits", deadline=None)
settings.load_profile("skdigits")


def pytest_collection_modifyitems(items):
    """Let tests of worker processes stand together: only the first of them starts TensorFlow."""
    items.sort(key=lambda item: item.get_closest_marker("worker_processes") is None)


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_works():
    """A shell starts background jobs with Ctrl-C ignored; the tests of interrupts need it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def digits():
    """The first 500 real digits; read-only, so that no test can spoil another."""
    from skdigits.datasets import load_optdigits

    X, y = load_optdigits(return_X_y=True)
    X, y = X[:500], y[:500]
    X.flags.writeable = y.flags.writeable = False
    return X, y


@pytest.fixture
def tiny():
    """Make the smallest network that learns the digits; keywords replace its parameters.

    It is plain: each epoch trains as any other, and probabilities are those of the last weights.
    """
    from skdigits import DigitCNNClassifier

    def make(**overrides):
        parameters = {
            "filters": (8,),
            "pool_after": None,
            "conv_dropout": 0.1,
            "global_pooling": None,
            "dense_units": (32,),
            "dropout": 0.1,
            "augment": None,
            "label_smoothing": 0.0,
            "optimizer": "adam",
            "learning_rate": 0.01,
            "learning_rate_schedule": "constant",
            "weight_decay": 0.0,
            "epochs": 8,
            "batch_size": 16,
            "temperature": None,
            "random_state": 0,
        }
        return DigitCNNClassifier(**{**parameters, **overrides})

    return make


@pytest.fixture
def run_python(tmp_path):
    """Run code in a fresh interpreter, outside the checkout, and give what it printed."""

    def run(code, **environment):
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={**os.environ, **environment},
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of its own, of a megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", folder]
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.fixture(scope="session")
def digits_csv(tmp_path_factory):
    """A file of the first 300 real digits."""
    from skdigits.datasets import load_optdigits

    path = tmp_path_factory.mktemp("data") / "digits.csv"
    load_optdigits(as_frame=True).frame.astype(int).head(300).to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """Return an object that the first of pytest's workers to need it has made and pickled."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent

    def get(name, make):
        path = folder / f"{name}.pickle"
        with FileLock(f"{path}.lock"):
            if not path.exists():
                made = pickle.dumps(make())  # nothing is written if this fails
                path.write_bytes(made)
        return pickle.loads(path.read_bytes())

    return get


@pytest.fixture(scope="session")
def small_study(digits_csv, made_once):
    """A whole study of 300 digits, two epochs and two folds."""
    from skdigits.study import run_study

    return made_once("study", lambda: run_study(digits_csv, epochs=2, cv=2, random_state=3))


@pytest.fixture
def made_up():
    """Return a comparison of three models on three splits of ten rows each."""
    import numpy as np

    from skdigits.comparison import ComparisonResult, ComparisonRow

    wrong = {
        "default": {"hold_out": (1,), "unseen_writers": (1,), "cross_validation": (1, 2)},
        "svc": {"hold_out": (), "unseen_writers": (1, 2, 3), "cross_validation": ()},
        "knn": {"hold_out": (1, 2, 3, 4), "unseen_writers": (7, 8), "cross_validation": (9,)},
    }
    return ComparisonResult(
        settings={"data": "packaged", "random_state": 1, "cv": 5},
        rows=tuple(
            ComparisonRow(model, split, 10, rows, np.nan if model == "svc" else 0.25, 1.5, 0.125)
            for model, of in wrong.items()
            for split, rows in of.items()
        ),
        test_rows=dict.fromkeys(wrong["svc"], np.arange(10)),
        seconds=7.0,
    )


@pytest.fixture(scope="session")
def handwriting():
    """Write a line of digits: ink 0..1 without margins, and the place of each digit in it.

    Each digit is the first row of its class from `hand` on, enlarged.
    """
    import numpy as np
    from scipy import ndimage

    from skdigits.datasets import load_optdigits

    X, y = load_optdigits(return_X_y=True)

    def write(text, *, height=40, gap=14, slope=0.0, hand=0):
        glyphs = []
        for digit in map(int, text):
            counts = X[hand:][y[hand:] == digit][0].reshape(8, 8) / 16
            ink = (
                ndimage.zoom(
                    counts,
                    (height / 8, 0.8 * height / 8),
                    order=1,
                    grid_mode=True,
                    mode="grid-constant",
                )
                > 0.45
            )
            rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
            glyphs.append(ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
        lefts = np.cumsum([0, *(glyph.shape[1] + gap for glyph in glyphs[:-1])])
        tops = np.round(lefts * slope).astype(int)
        tops -= tops.min()
        picture = np.zeros((tops.max() + height, lefts[-1] + glyphs[-1].shape[1]))
        places = []
        for glyph, top, left in zip(glyphs, tops, lefts, strict=True):
            bottom, right = top + len(glyph), left + glyph.shape[1]
            picture[top:bottom, left:right] = glyph
            places.append((int(left), int(top), int(right), int(bottom)))
        return picture, places

    return write


@pytest.fixture(scope="session")
def small_classifier(digits):
    """A classifier as the defaults make it, but small, fitted on 300 digits; not to be changed."""
    from skdigits import DigitCNNClassifier

    X, y = digits
    return DigitCNNClassifier(filters=(4, 6), epochs=3, random_state=0).fit(X[:300], y[:300])


@pytest.fixture
def alter_model_file():
    """Change a model file as somebody can who knows the format: its digest is right again.

    `change` gets the document and the arrays by name, to change them in place.
    """
    from skdigits._container import dump, parse

    def alter(path, change):
        document, arrays = parse(path.read_bytes())
        change(document, arrays)
        path.write_bytes(dump(document, arrays))

    return alter
