"""ONNX files, as onnxruntime runs them."""

import json
import pickle
import sys
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    RobustScaler,
    StandardScaler,
)

import skdigits
from skdigits.export import to_onnx
from skdigits.export._graph import onnx_model
from skdigits.network import ACTIVATIONS


def run(model, rows):
    """Return labels and probabilities."""
    content = model.read_bytes() if hasattr(model, "read_bytes") else model.SerializeToString()
    return onnxruntime.InferenceSession(content).run(None, {"X": rows})


@pytest.fixture(scope="module")
def exported(fitted, tmp_path_factory):
    path = tmp_path_factory.mktemp("onnx") / "digits.onnx"
    to_onnx(fitted, path)
    return path


@pytest.mark.parametrize("n_rows", [1, 7, 1797])
def test_probabilities_and_labels_are_the_classifiers(fitted, exported, test_part, n_rows):
    labels, probabilities = run(exported, test_part[:n_rows])
    assert labels.dtype == np.int64
    np.testing.assert_array_equal(labels, fitted.predict(test_part[:n_rows]))
    assert probabilities.dtype == np.float32
    expected = fitted.predict_proba(test_part[:n_rows])
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-6)


def test_no_rows_are_a_batch_too(exported):
    labels, probabilities = run(exported, np.empty((0, 64), np.float32))
    assert labels.shape == (0,)
    assert probabilities.shape == (0, 10)


def test_onnx_own_evaluator_agrees(fitted, exported, test_part):
    from onnx.reference import ReferenceEvaluator

    rows = test_part[:5]
    labels, probabilities = ReferenceEvaluator(str(exported)).run(None, {"X": rows})
    np.testing.assert_array_equal(labels, fitted.predict(rows))
    np.testing.assert_allclose(probabilities, fitted.predict_proba(rows), rtol=0, atol=1e-6)


def test_the_file_says_what_it_is(exported):
    model = onnx.load(exported)
    onnx.checker.check_model(model, full_check=True)
    assert (model.opset_import[0].version, model.ir_version) == (17, 8)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    assert properties["skdigits_version"] == model.producer_version == skdigits.__version__
    assert json.loads(properties["classes"]) == list(range(10))
    assert json.loads(properties["image_shape"]) == [8, 8, 1]
    session = onnxruntime.InferenceSession(exported)
    described = [(x.name, x.type, x.shape) for x in session.get_inputs() + session.get_outputs()]
    assert described == [
        ("X", "tensor(float)", ["N", 64]),
        ("label", "tensor(int64)", ["N"]),
        ("probabilities", "tensor(float)", ["N", 10]),
    ]


def test_the_same_model_makes_the_same_file(fitted, exported, tmp_path):
    to_onnx(fitted, str(tmp_path / "again.onnx"))
    assert (tmp_path / "again.onnx").read_bytes() == exported.read_bytes()


@settings(max_examples=40, deadline=None)
@given(
    image_shape=st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 3)),
    parameters=st.fixed_dictionaries(
        {
            "filters": st.sampled_from([(), (5,), (5, 4, 3)]),
            "kernel_size": st.integers(1, 5),
            "pool_after": st.sampled_from([None, (2,)]),
            "unpadded": st.sampled_from([(), (1,)]),
            "batch_normalization": st.booleans(),
            "conv_dropout": st.sampled_from([0.0, 0.3]),
            "global_pooling": st.sampled_from([None, "average", "max"]),
            "dense_units": st.sampled_from([(), (6, 5)]),
            "rescale": st.sampled_from([None, 0.3]),
        }
    ),
)
def test_any_layers_and_any_image(make_network, expect, image_shape, parameters):
    network, rows = make_network(image_shape, **parameters)
    _, probabilities = run(onnx_model(network), rows)
    np.testing.assert_allclose(probabilities, expect(network, rows), rtol=0, atol=1e-5)


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
@pytest.mark.parametrize("batch_normalization", [False, True])
def test_every_activation(make_network, expect, activation, batch_normalization):
    network, rows = make_network(
        activation=activation,
        dense_units=(6,),
        dense_activation=activation,
        batch_normalization=batch_normalization,
    )
    _, probabilities = run(onnx_model(network), rows - 8)
    expected = expect(network, rows - 8)
    assert np.ptp(expected, axis=0).max() > 1e-3  # else the test could not fail
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("classes", "type_name"),
    [
        (np.array([-3, 5, 2**62 + 1]), "tensor(int64)"),
        (np.array([0, 1, 255], np.uint8), "tensor(int64)"),
        (np.array(["null", "eins", "zwölf"]), "tensor(string)"),
        (np.array(["no", "yes", "maybe"], object), "tensor(string)"),
        (np.array([False, True]), "tensor(bool)"),
        (np.array([0.1, 2.5]), "tensor(double)"),
        (np.array([0.1, 2.5], np.float32), "tensor(double)"),
    ],
)
def test_labels_come_out_as_they_went_in(make_network, expect, classes, type_name):
    network, rows = make_network(classes=range(len(classes)))
    model = onnx_model(replace(network, classes=classes))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    assert session.get_outputs()[0].type == type_name
    labels, probabilities = session.run(None, {"X": rows})
    class_indices = np.argmax(expect(network, rows), axis=1)
    assert len(np.unique(class_indices)) > 1
    np.testing.assert_array_equal(labels, classes[class_indices])
    assert probabilities.shape == (50, len(classes))


@pytest.mark.parametrize(
    "classes",
    [
        np.array([1j, 2]),
        np.array([0, 2**63 + 1], np.uint64),
        np.array(["2025-01-01", "2025-01-02"], "datetime64[D]"),
    ],
)
def test_labels_without_a_type_in_onnx_are_refused(make_network, classes):
    network, _ = make_network(classes=range(2))
    with pytest.raises(TypeError, match=r"no type for labels of .* integers, strings, floats or"):
        onnx_model(replace(network, classes=classes))


# In the process of these tests TensorFlow comes first.
@pytest.mark.parametrize(
    "order",
    [
        "import onnx, tensorflow",
        pytest.param("import tensorflow, onnx", marks=pytest.mark.slow),
    ],
)
def test_onnx_and_tensorflow_share_a_process(fitted, test_part, tmp_path, run_python, order):
    (tmp_path / "model.pickle").write_bytes(pickle.dumps(fitted))
    np.save(tmp_path / "rows.npy", test_part[:20])
    difference = run_python(f"""
{order}
import pickle
import numpy as np
import onnxruntime
from skdigits.export import to_onnx

clf, rows = pickle.load(open("model.pickle", "rb")), np.load("rows.npy")
to_onnx(clf, "digits.onnx")
images = rows.reshape(-1, 8, 8, 1)
expected = clf.model_.predict(images, verbose=0)
labels, probabilities = onnxruntime.InferenceSession("digits.onnx").run(None, {{"X": rows}})
print(abs(probabilities - expected).max())
""")
    assert float(difference) < 1e-5


def test_without_onnx_the_extra_is_named(fitted, tmp_path, monkeypatch):
    monkeypatch.delitem(sys.modules, "skdigits.export._graph", raising=False)
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(ImportError, match=r"needs onnx, .* pip install onnx\."):
        to_onnx(fitted, tmp_path / "digits.onnx")
    assert list(tmp_path.iterdir()) == []


def test_importing_the_module_imports_nothing_heavy(run_python):
    loaded = run_python("import sys, skdigits.export; print(*sys.modules)").split()
    assert {"tensorflow", "keras", "onnx", "onnxruntime"}.isdisjoint(loaded)


def test_a_failure_leaves_what_was_there(fitted, tmp_path, monkeypatch):
    def fail(*args, **kwargs):
        raise onnx.checker.ValidationError("unsound")

    (tmp_path / "digits.onnx").write_text("mine")
    monkeypatch.setattr("onnx.checker.check_model", fail)
    with pytest.raises(onnx.checker.ValidationError):
        to_onnx(fitted, tmp_path / "digits.onnx")
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.filterwarnings("ignore::skdigits.exceptions.DigitsWarning")
@pytest.mark.parametrize(
    "steps",
    [
        [StandardScaler()],
        [StandardScaler(with_mean=False)],
        [StandardScaler(with_std=False)],
        [MinMaxScaler((-3, 20))],
        [MinMaxScaler((1, 12), clip=True)],
        [MaxAbsScaler()],
        [RobustScaler()],
        [RobustScaler(with_centering=False, with_scaling=False)],
        ["passthrough", make_pipeline(StandardScaler(), "passthrough"), RobustScaler()],
    ],
    ids=repr,
)
def test_scalers_of_a_pipeline_are_inside(steps, fitted, digits, test_part, tmp_path):
    X, y = digits
    # Ink beyond what the scalers have seen, so that clipping shows.
    rows = np.where(test_part[:200] > 0, test_part[:200] + 5, -1).astype(np.float32)
    pipeline = make_pipeline(*steps, FrozenEstimator(fitted)).fit(X, y)
    to_onnx(pipeline, tmp_path / "digits.onnx")
    labels, probabilities = run(tmp_path / "digits.onnx", rows)
    expected = pipeline.predict_proba(rows.astype(np.float64))
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=2e-6)
    np.testing.assert_array_equal(labels, pipeline.predict(rows.astype(np.float64)))


class Doubled(MaxAbsScaler):
    def transform(self, X):
        return 2 * super().transform(X)


@pytest.mark.parametrize("step", [FunctionTransformer(np.sqrt), PCA(64), Doubled()], ids=repr)
def test_other_steps_of_a_pipeline_are_refused_in_words(step, fitted, digits, tmp_path):
    pipeline = make_pipeline(MinMaxScaler(), step, FrozenEstimator(fitted)).fit(*digits)
    with pytest.raises(TypeError, match=rf"takes pipelines of .* has {type(step).__name__}\("):
        to_onnx(pipeline, tmp_path / "digits.onnx")
    assert not (tmp_path / "digits.onnx").exists()
