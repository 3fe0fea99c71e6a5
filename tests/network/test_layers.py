"""Each entry of the table of layer kinds, column by column, against Keras and onnxruntime.

A new kind needs an example here; what is then missing in its entry, or wrong, fails.
"""

import math
import tracemalloc

import keras
import numpy as np
import onnxruntime
import pytest

from skdigits.export._graph import onnx_model
from skdigits.export._network import TrainedNetwork
from skdigits.network import NumpyNetwork, keras_layers, weight_shapes
from skdigits.network._layers import LAYER_KINDS, LayerKind
from skdigits.network._operations import Activation


def convolution(filters, side, *, use_bias=True, activation="relu"):
    return {
        "filters": filters,
        "kernel_size": [side, side],
        "padding": "same",
        "use_bias": use_bias,
        "activation": activation,
    }


def max_pooling(side):
    return {"pool_size": [side, side], "padding": "same"}


NORMALISATION = {"momentum": 0.9, "epsilon": 0.001}

# Of each kind: configs without the name, each with the shape of a sample that comes in. Both
# numbers of dimensions, where a kind takes both, and what takes most memory are among them.
EXAMPLES = {
    "Activation": [
        ({"activation": "tanh"}, (4, 3, 2)),
        ({"activation": "linear"}, (4, 3, 2)),
        ({"activation": "silu"}, (5,)),
    ],
    "BatchNormalization": [(NORMALISATION, (4, 3, 2)), (NORMALISATION, (5,))],
    "Conv2D": [
        (convolution(3, 2), (4, 3, 2)),
        (convolution(3, 3, use_bias=False, activation="linear"), (4, 3, 2)),
        (convolution(3, 7), (30, 30, 4)),
        (convolution(8, 9), (5, 5, 8)),  # one product of matrices
    ],
    "Dense": [
        ({"units": 4, "use_bias": True, "activation": "sigmoid"}, (5,)),
        ({"units": 4, "use_bias": False, "activation": "linear"}, (5,)),
    ],
    "Dropout": [({"rate": 0.5}, (4, 3, 2)), ({"rate": 0.0}, (5,))],
    "Flatten": [({}, (4, 3, 2))],
    "GlobalAveragePooling2D": [({}, (4, 3, 2))],
    "GlobalMaxPooling2D": [({}, (4, 3, 2))],
    "MaxPooling2D": [(max_pooling(2), (5, 4, 2)), (max_pooling(9), (1, 1, 2000))],
    "Rescaling": [
        ({"scale": 0.5, "offset": 0.0}, (4, 3, 2)),
        ({"scale": 2, "offset": -1.5}, (5,)),
    ],
}

each_example = pytest.mark.parametrize(
    ("kind", "config", "shape"),
    [(kind, *example) for kind in LAYER_KINDS for example in EXAMPLES.get(kind, ())],
)


def layers_with(kind, config, shape, n_classes=3):
    """Return the layers of a network with such a layer, "it", and the images' shape."""
    before = [] if len(shape) == 3 else [("Flatten", {"name": "before"})]
    maps = len(LAYER_KINDS[kind].output(config, shape)) == 3
    after = [("Flatten", {"name": "after"})] if maps else []
    softmax = {"name": "softmax", "units": n_classes, "use_bias": True, "activation": "softmax"}
    layers = [*before, (kind, {"name": "it", **config}), *after, ("Dense", softmax)]
    described = [{"class_name": class_name, "config": config} for class_name, config in layers]
    return described, (shape if len(shape) == 3 else (1, 1, *shape))


def keras_network(layers, image_shape):
    """Return a Keras network, all weights random."""
    network = keras.Sequential([keras.Input(image_shape), *keras_layers(layers)])
    random = np.random.default_rng(0)
    for variable in network.weights:
        positive = variable.name == "moving_variance"
        spread = 1 / np.sqrt(math.prod(variable.shape[:-1]))
        values = random.normal(scale=spread, size=variable.shape)
        variable.assign(np.abs(values) + 0.5 if positive else values)
    return network


def random_images(shape):
    return np.random.default_rng(1).normal(size=(6, *shape)).astype(np.float32)


def run_onnx(layers, weights, image_shape, images):
    model = onnx_model(TrainedNetwork(layers, weights, image_shape, np.arange(3)))
    session = onnxruntime.InferenceSession(model.SerializeToString())
    return session.run(["probabilities"], {"X": images.reshape(len(images), -1)})[0]


@pytest.mark.parametrize("kind", LAYER_KINDS)
def test_each_kind_has_an_example_of_each_number_of_dimensions(kind):
    assert {len(shape) for _, shape in EXAMPLES[kind]} == {*LAYER_KINDS[kind].dimensions}


@each_example
def test_weights_and_output_have_the_shapes_that_keras_gives_them(kind, config, shape):
    layers, image_shape = layers_with(kind, config, shape)
    network = keras_network(layers, image_shape)
    of_keras = {f"{x.name}/{w.name}": w.shape for x in network.layers for w in x.weights}
    expected = weight_shapes(layers, image_shape, 3)
    assert list(expected.items()) == list(of_keras.items())
    output = LAYER_KINDS[kind].output(config, shape)
    assert network.get_layer("it").output.shape == (None, *output)


@each_example
def test_numpy_computes_what_keras_computes(kind, config, shape):
    layers, image_shape = layers_with(kind, config, shape)
    network, images = keras_network(layers, image_shape), random_images(image_shape)
    outputs = dict(NumpyNetwork(layers, network.get_weights()).layer_outputs(images))
    of_keras = keras.Model(network.inputs[0], network.get_layer("it").output)(images)
    np.testing.assert_allclose(outputs["it"], of_keras, rtol=1e-4, atol=1e-5)
    probabilities = NumpyNetwork(layers, network.get_weights()).predict_proba(images)
    np.testing.assert_allclose(probabilities, network(images), rtol=0, atol=1e-5)


@each_example
def test_onnx_computes_what_numpy_computes(kind, config, shape):
    layers, image_shape = layers_with(kind, config, shape)
    weights, images = keras_network(layers, image_shape).get_weights(), random_images(image_shape)
    expected = NumpyNetwork(layers, weights).predict_proba(images)
    assert np.ptp(expected, axis=0).max() > 1e-3  # else the test could not fail
    probabilities = run_onnx(layers, weights, image_shape, images)
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-5)


@each_example
def test_keras_takes_the_options_and_leaves_nothing_to_its_global_state(
    kind, config, shape, monkeypatch
):
    layers, _ = layers_with(kind, config, shape)
    keras.config.set_image_data_format("channels_first")
    try:
        made = keras_layers(layers)
    finally:
        keras.config.set_image_data_format("channels_last")
    of_keras = next(layer for layer in made if layer.name == "it").get_config()
    for name, value in config.items():
        chosen = of_keras[name]
        assert (list(chosen) if isinstance(chosen, tuple) else chosen) == value
    assert of_keras.get("data_format", "channels_last") == "channels_last"
    assert of_keras.get("seed", 0) is not None
    initializers = [v for k, v in of_keras.items() if k.endswith("_initializer")]
    assert all(x["config"].get("seed", 0) is not None for x in initializers)


@each_example
def test_an_option_that_is_missing_unknown_or_of_the_wrong_kind_is_refused(kind, config, shape):
    layers, image_shape = layers_with(kind, config, shape)
    index = next(i for i, layer in enumerate(layers) if layer["config"]["name"] == "it")
    it = layers[index]["config"]
    wrong = [({**it, "other": 1}, "has not just")]
    for option in it:
        wrong.append(({k: v for k, v in it.items() if k != option}, "has not just"))
        wrong += [({**it, option: value}, f"impossible {option}") for value in (None, [], "?", {})]
    for changed, message in wrong:
        layers[index] = {"class_name": kind, "config": changed}
        with pytest.raises(ValueError, match=message):
            weight_shapes(layers, image_shape, 3)


@each_example
def test_other_dimensions_than_it_takes_are_refused(kind, config, shape):
    layers, _ = layers_with(kind, config, shape)
    it = next(layer for layer in layers if layer["config"]["name"] == "it")
    flatten = {"class_name": "Flatten", "config": {"name": "rows"}}
    for n_dimensions, before in ((3, []), (1, [flatten])):
        if n_dimensions not in LAYER_KINDS[kind].dimensions:
            with pytest.raises(ValueError, match="'it' of the network cannot follow"):
                weight_shapes([*before, it, layers[-1]], (4, 3, 2), 3)


@each_example
def test_memory_is_no_more_than_the_limit_on_size_counts_with(kind, config, shape):
    entry = LAYER_KINDS[kind]
    for size in (shape, (64, 64, 2) if len(shape) == 3 else (8192,)):
        weights = iter([np.ones(weight) for weight in entry.weights(config, size).values()])
        operations = entry.operations(config, weights)
        x = np.ones((1, *size))
        tracemalloc.start()
        for operation in operations:
            x = operation(x)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert x.shape[1:] == entry.output(config, size)
        values = max(math.prod(size), entry.most_values(config, size), x.size)
        assert peak < 4 * 8 * values + 20_000


def test_a_new_kind_is_one_entry(monkeypatch):
    entry = LayerKind({}, lambda config, weights: [Activation("relu")])
    monkeypatch.setitem(LAYER_KINDS, "ReLU", entry)
    layers, image_shape = layers_with("ReLU", {}, (4, 3, 2))
    assert list(weight_shapes(layers, image_shape, 3)) == ["softmax/kernel", "softmax/bias"]
    network, images = keras_network(layers, image_shape), random_images(image_shape)
    probabilities = NumpyNetwork(layers, network.get_weights()).predict_proba(images)
    np.testing.assert_allclose(probabilities, network(images), rtol=0, atol=1e-5)
    of_onnx = run_onnx(layers, network.get_weights(), image_shape, images)
    np.testing.assert_allclose(of_onnx, probabilities, rtol=0, atol=1e-5)
