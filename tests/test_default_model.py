"""The model that is there without being named: trained once, whole, and by one process only."""

import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import get_data_home

from skdigits import DigitCNNClassifier
from skdigits.datasets import load_optdigits
from skdigits.default_model import default_configuration, default_model, default_model_path


@pytest.fixture
def fits(monkeypatch, tmp_path):
    """Keep the model in a folder of the test, train a tiny one, and count how often."""
    fits = []

    def tiny():
        fits.append(1)
        return DigitCNNClassifier(filters=(4,), epochs=1, augment=None, random_state=0)

    monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path / "cache"))
    monkeypatch.setattr("skdigits.default_model.default_configuration", tiny)
    return fits


def test_it_is_trained_once_on_all_packaged_rows_and_said_so(fits):
    said = []
    model = default_model(said.append)
    assert model.metadata["training_data"]["n_samples"] == 5620
    np.testing.assert_array_equal(model.classes_, np.arange(10))
    (line,) = said
    assert "once" in line
    assert str(default_model_path()) in line
    again = default_model(said.append)
    assert (len(fits), len(said)) == (1, 1)
    X, _ = load_optdigits(subset="test", return_X_y=True)
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))


def test_nothing_but_the_model_is_left_in_the_folder(fits):
    default_model()
    names = {path.name for path in default_model_path().parent.iterdir()}
    assert names - {default_model_path().name + ".lock"} == {default_model_path().name}


def test_it_is_the_default_network():
    wide = {"shift": 0.7, "rotation": 20, "zoom": 0.1, "shear": 0.1}
    expected = DigitCNNClassifier(augment=wide, epochs=20, random_state=0)
    assert default_configuration().get_params() == expected.get_params()


def test_a_damaged_file_is_replaced_with_a_warning(fits):
    default_model()
    path = default_model_path()
    good = path.read_bytes()
    path.write_bytes(good[: len(good) // 2])
    with pytest.warns(UserWarning, match="trained anew"):
        default_model()
    assert len(fits) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        default_model()
    assert len(fits) == 2


def test_training_that_fails_leaves_nothing_behind(fits, monkeypatch):
    def interrupted():
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("skdigits.default_model.default_configuration", interrupted)
        with pytest.raises(KeyboardInterrupt):
            default_model()
    assert not default_model_path().exists()
    default_model()
    assert len(fits) == 1


def test_who_comes_while_it_is_trained_waits_and_is_told(fits, monkeypatch):
    import skdigits.default_model as module

    tiny, begun, go_on = module.default_configuration, threading.Event(), threading.Event()

    def slow():
        begun.set()
        assert go_on.wait(60)
        return tiny()

    monkeypatch.setattr(module, "default_configuration", slow)
    said: list[str] = []
    first = threading.Thread(target=default_model)
    first.start()
    assert begun.wait(60)
    second = threading.Thread(
        target=default_model, args=(lambda line: (said.append(line), go_on.set()),)
    )
    second.start()
    for thread in (first, second):
        thread.join(120)
    assert len(fits) == 1
    assert said == ["Another process trains the default model; waiting for it."]
    assert default_model_path().exists()


@pytest.mark.parametrize(
    "variables", [{}, {"SCIKIT_LEARN_DATA": "elsewhere"}, {"SKDIGITS_DATA": "~/mine"}]
)
def test_it_is_kept_where_the_data_sets_are(variables, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    for name in ("SKDIGITS_DATA", "SCIKIT_LEARN_DATA"):
        monkeypatch.delenv(name, raising=False)
    for name, folder in variables.items():
        monkeypatch.setenv(name, folder)
    home = get_data_home(variables.get("SKDIGITS_DATA"))
    assert default_model_path().parent == Path(home) / "skdigits_models"


def test_versions_do_not_share_a_model(monkeypatch):
    before = default_model_path().name
    monkeypatch.setattr("skdigits.default_model.__version__", "9.9")
    assert default_model_path().name != before
    assert "9.9" in default_model_path().name


def test_a_folder_that_cannot_be_written_is_named(fits, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SKDIGITS_DATA", str(tmp_path / "file"))
    with pytest.raises(OSError, match=r"file.* SKDIGITS_DATA"):
        default_model()
    assert not fits


def test_once_there_it_needs_neither_tensorflow_nor_scikit_learn(fits, run_python):
    default_model()
    loaded = run_python(
        """
import sys
from skdigits.default_model import default_model
default_model()
print(*sys.modules)
"""
    ).split()
    assert {"tensorflow", "keras", "sklearn", "pandas", "matplotlib", "scipy"}.isdisjoint(loaded)
