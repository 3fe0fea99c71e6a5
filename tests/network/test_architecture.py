import copy
import itertools
from json import dumps, loads

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skdigits._parameters import FAST, NETWORK_PARAMETERS, REFERENCE
from skdigits.network import ACTIVATIONS, architecture, build_network, weight_shapes

ARCHITECTURES = st.fixed_dictionaries(
    {
        "filters": st.lists(st.integers(1, 4), max_size=3).map(tuple),
        "kernel_size": st.integers(1, 3),
        "activation": st.sampled_from(sorted(ACTIVATIONS)),
        "pool_after": st.none() | st.lists(st.integers(1, 4), max_size=2).map(tuple),
        "unpadded": st.lists(st.integers(1, 4), max_size=2).map(tuple),
        "batch_normalization": st.booleans(),
        "conv_dropout": st.sampled_from([0, 0.25]),
        "global_pooling": st.sampled_from([None, "average", "max"]),
        "dense_units": st.lists(st.integers(1, 4), max_size=2).map(tuple),
        "dense_activation": st.sampled_from(sorted(ACTIVATIONS)),
        "dropout": st.sampled_from([0.0, 0.5]),
        "rescale": st.sampled_from([None, 0.5, 2]),
    }
)


def reference(n_classes=10, **overrides):
    chosen = {name: REFERENCE[name] for name in NETWORK_PARAMETERS}
    return architecture((8, 8, 1), n_classes, **{**chosen, **overrides})


@settings(max_examples=25, deadline=None)
@given(ARCHITECTURES, st.sampled_from([(8, 8, 1), (1, 5, 1), (4, 3, 2)]))
def test_keras_builds_what_is_described_with_the_weights_that_the_check_expects(
    parameters, image_shape
):
    described = architecture(image_shape, 3, **parameters)
    model = build_network(image_shape, 3, **parameters, kernel_initializer="he_normal", seed=0)
    layers = model.get_config()["layers"][1:]
    assert [layer["class_name"] for layer in layers] == [x["class_name"] for x in described]
    for layer, expected in zip(layers, described, strict=True):
        config = loads(dumps({name: to_json(layer["config"][name]) for name in expected["config"]}))
        assert config == expected["config"]
    names = [f"{x.name}/{v.name}" for x in model.layers for v in x.weights]
    shapes = [v.shape for x in model.layers for v in x.weights]
    assert list(weight_shapes(described, image_shape, 3).items()) == list(
        zip(names, shapes, strict=True)
    )


def to_json(value):
    return list(value) if isinstance(value, tuple) else value


@given(ARCHITECTURES)
def test_json_holds_it(parameters):
    described = architecture((8, 8, 1), 3, **parameters)
    assert loads(dumps(described)) == described


def test_numbers_of_numpy_are_described_as_those_of_python():
    ours = reference(filters=(np.int64(4),), kernel_size=np.int8(3), conv_dropout=np.float32(0.5))
    assert ours == reference(filters=[4], kernel_size=3, conv_dropout=0.5)
    assert dumps(ours, allow_nan=False)


@pytest.mark.parametrize("name", ["filters", "dense_units", "pool_after", "unpadded"])
@pytest.mark.parametrize("values", [(0,), (-3,), (1.5,), ("3",), (None,), ([1],)])
def test_what_is_no_positive_integer_is_named(name, values):
    with pytest.raises(ValueError, match=f"{name} must be positive integers"):
        reference(**{name: values})


def changed(layer_number, **config):
    layers = copy.deepcopy(reference(batch_normalization=True, rescale=0.5))
    layer = next(x for x in layers if x["class_name"] == layer_number)
    for name, value in config.items():
        if value is ...:
            del layer["config"][name]
        else:
            layer["config"][name] = value
    return layers


def test_the_reference_and_the_fast_network_pass():
    assert sum(np.prod(s) for s in weight_shapes(reference(), (8, 8, 1), 10).values()) == 102_794
    names = {name: FAST[name] for name in NETWORK_PARAMETERS if name in FAST}
    assert weight_shapes(reference(**names), (8, 8, 1), 10)


@pytest.mark.parametrize(
    "layers",
    [
        None,
        {},
        [],
        [None],
        [[]],
        ["Dense"],
        reference() * 100,
        [{"class_name": "Dense"}],
        [{"class_name": "Lambda", "config": {"name": "a", "function": "exec"}}],
        [{"class_name": ["Dense"], "config": {}}],
        [{"class_name": "Dense", "config": []}],
        [{**reference()[0], "module": "os"}, *reference()[1:]],
        changed("Conv2D", filters=0),
        changed("Conv2D", filters=-1),
        changed("Conv2D", filters=2**40),
        changed("Conv2D", filters=True),
        changed("Conv2D", filters=16.0),
        changed("Conv2D", filters="16"),
        changed("Conv2D", filters=...),
        changed("Conv2D", extra=1),
        changed("Conv2D", kernel_size=[3, 5]),
        changed("Conv2D", kernel_size=3),
        changed("Conv2D", kernel_size=[3, 3, 3]),
        changed("Conv2D", kernel_size=[[3], [3]]),
        changed("Conv2D", kernel_size=[257, 257]),
        changed("Conv2D", padding="causal"),
        changed("Conv2D", padding="valid", kernel_size=[9, 9]),  # larger than the maps
        changed("Conv2D", use_bias=1),
        changed("Conv2D", use_bias=None),
        changed("Conv2D", activation="exec"),
        changed("Conv2D", activation="softmax"),
        changed("Conv2D", activation=None),
        changed("Conv2D", name="conv/1"),
        changed("Conv2D", name=""),
        changed("Conv2D", name=7),
        changed("Conv2D", name="x" * 65),
        changed("Conv2D", name="pool_1"),
        changed("BatchNormalization", epsilon=0),
        changed("BatchNormalization", epsilon=-1.0),
        changed("BatchNormalization", momentum=2),
        changed("MaxPooling2D", pool_size=[0, 0]),
        changed("MaxPooling2D", pool_size=[2**30, 2**30]),
        changed("Dropout", rate=1.0),
        changed("Dropout", rate=-0.1),
        changed("Dropout", rate="0.5"),
        changed("Rescaling", scale=1e300),
        changed("Rescaling", scale=None),
        changed("Activation", activation="softmax"),
        changed("Dense", units=0),
        changed("Dense", activation="softmax"),  # the first of three
        reference()[:-1],
        reference()[1:3],
        reference(n_classes=9),
        reference()[-1:],  # a dense layer on an image
        [reference()[-2], *reference()],
        [*reference()[:-1], reference()[0], reference()[-1]],
        [reference()[9], *reference()[:9], *reference()[10:]],
        reference(filters=(4096, 4096), kernel_size=256),
        reference(filters=(), global_pooling=None, dense_units=(2**16,), pool_after=())[:-2]
        + reference()[-2:-1],
    ],
    ids=itertools.count(),
)
def test_what_is_no_network_over_the_classes_is_refused(layers):
    with pytest.raises(ValueError, match="network"):
        weight_shapes(layers, (8, 8, 1), 10)


@pytest.mark.parametrize("image_shape", [(2**13, 2**13, 1), (1, 1, 2**26)])
def test_an_image_that_becomes_too_large_is_refused(image_shape):
    with pytest.raises(ValueError, match="too large"):
        weight_shapes(reference(global_pooling="max"), image_shape, 10)
