import keras
import numpy as np
import pytest

from skdigits._parameters import INITIALIZERS, NETWORK_PARAMETERS, REFERENCE
from skdigits.network import build_network, reset_weights


def build(image_shape=(8, 8, 1), n_classes=10, seed=0, **overrides):
    chosen = {name: REFERENCE[name] for name in NETWORK_PARAMETERS}
    return build_network(image_shape, n_classes, seed=seed, **{**chosen, **overrides})


def names(model):
    return [layer.name for layer in model.layers]


def test_reference_is_the_network_of_the_study_layer_by_layer():
    model = build()
    assert model.count_params() == 102_794
    described = [
        (type(layer).__name__, layer.count_params(), layer.output.shape[1:])
        for layer in model.layers
    ]
    assert described == [
        ("Conv2D", 160, (8, 8, 16)),
        ("MaxPooling2D", 0, (4, 4, 16)),
        ("Dropout", 0, (4, 4, 16)),
        ("Conv2D", 4640, (4, 4, 32)),
        ("MaxPooling2D", 0, (2, 2, 32)),
        ("Dropout", 0, (2, 2, 32)),
        ("Conv2D", 18496, (2, 2, 64)),
        ("MaxPooling2D", 0, (1, 1, 64)),
        ("Dropout", 0, (1, 1, 64)),
        ("Flatten", 0, (64,)),
        ("Dense", 8320, (128,)),
        ("Dropout", 0, (128,)),
        ("Dense", 66048, (512,)),
        ("Dropout", 0, (512,)),
        ("Dense", 5130, (10,)),
    ]
    activations = [
        layer.activation.__name__ for layer in model.layers if hasattr(layer, "activation")
    ]
    assert activations == ["relu"] * 3 + ["sigmoid"] * 2 + ["softmax"]
    assert {layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)} == {
        0.25
    }


def test_a_seed_fixes_the_weights_and_another_changes_all_kernels():
    first, same, other = (build(seed=seed).get_weights() for seed in (1, 1, 2))
    for a, b, c in zip(first, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.ndim == 1 or not np.array_equal(a, c)  # biases begin at 0


def test_no_two_layers_share_a_seed():
    model = build()
    seeds = [layer.seed for layer in model.layers if isinstance(layer, keras.layers.Dropout)]
    seeds += [layer.kernel_initializer.seed for layer in model.layers if hasattr(layer, "kernel")]
    assert len(set(seeds)) == len(seeds) == 11


@pytest.mark.parametrize("image_shape", [(1, 1, 1), (1, 10, 1), (5, 3, 2), (28, 28, 1)])
def test_images_of_any_shape_pass(image_shape):
    model = build(image_shape, n_classes=3, batch_normalization=True)
    assert model.outputs[0].shape == (None, 3)


def test_layers_left_out_are_not_there():
    model = build(conv_dropout=0, dropout=0, pool_after=(), dense_units=(), rescale=None)
    assert names(model) == [
        "conv_1",
        "conv_2",
        "conv_3",
        "flatten",
        "softmax",
    ]


def test_float32_whatever_the_global_policy():
    policy = keras.config.dtype_policy()
    try:
        keras.config.set_dtype_policy("mixed_float16")
        model = build(rescale=0.5, batch_normalization=True)
    finally:
        keras.config.set_dtype_policy(policy)
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}


@pytest.mark.parametrize("overrides", [{"filters": (16, 0)}, {"dense_units": (1.5,)}])
def test_sizes_that_are_no_positive_integers_are_named(overrides):
    (name,) = overrides
    with pytest.raises(ValueError, match=f"{name} must be positive integers"):
        build(**overrides)


def test_a_block_is_convolution_pooling_normalisation_activation_dropout():
    model = build(filters=(4,), batch_normalization=True, dense_units=(3,), rescale=0.5)
    assert names(model) == [
        "rescale",
        "conv_1",
        "pool_1",
        "conv_1_norm",
        "conv_1_activation",
        "dropout_1",
        "flatten",
        "dense_1",
        "dense_1_dropout",
        "softmax",
    ]
    assert model.get_layer("conv_1").activation.__name__ == "linear"
    assert not model.get_layer("conv_1").use_bias
    assert model.get_layer("conv_1_activation").activation.__name__ == "relu"


@pytest.mark.parametrize(
    ("pool_after", "pools", "sides"),
    [
        (None, ["pool_1", "pool_2", "pool_3"], [8, 4, 2]),
        ((2,), ["pool_2"], [8, 8, 4]),
        ([3, 1], ["pool_1", "pool_3"], [8, 4, 4]),
        ((), [], [8, 8, 8]),
        (np.array([1]), ["pool_1"], [8, 4, 4]),
        ((2, 4, 9), ["pool_2"], [8, 8, 4]),  # beyond the last one
    ],
)
def test_pooling_follows_the_convolutions_that_pool_after_numbers(pool_after, pools, sides):
    model = build(pool_after=pool_after)
    assert [name for name in names(model) if name.startswith("pool")] == pools
    assert [model.get_layer(f"conv_{i}").output.shape[1] for i in (1, 2, 3)] == sides
    for name in pools:
        assert names(model)[names(model).index(name) - 1] == name.replace("pool", "conv")


@pytest.mark.parametrize(
    ("kernel_size", "unpadded", "sides"),
    [
        (3, (), [8, 4, 2]),
        (3, (2,), [8, 2, 1]),
        (2, [1, 2, 7], [7, 3, 2]),
        (np.int8(3), np.int64(3), [8, 4, 2]),  # maps of 2x2 are smaller than the kernel
        (5, (1, 2), [4, 2, 1]),
    ],
)
def test_convolutions_without_padding_shrink_their_maps_if_the_kernel_fits(
    kernel_size, unpadded, sides
):
    model = build(kernel_size=kernel_size, unpadded=unpadded, pool_after=None)
    shapes = [model.get_layer(f"conv_{i}").output.shape[1:3] for i in (1, 2, 3)]
    assert shapes == [(side, side) for side in sides]


@pytest.mark.parametrize("pool_after", [(0,), (-1,), (1.5,), ("1",), (1, None)])
def test_pooling_after_what_is_no_number_of_a_convolution_is_refused(pool_after):
    with pytest.raises(ValueError, match="pool_after must be positive integers"):
        build(pool_after=pool_after)


@pytest.mark.parametrize(
    ("global_pooling", "kind", "values"),
    [
        (None, "Flatten", 4 * 5),
        ("average", "GlobalAveragePooling2D", 5),
        ("max", "GlobalMaxPooling2D", 5),
    ],
)
def test_maps_are_flattened_or_pooled_to_one_value_each(global_pooling, kind, values):
    model = build(filters=(4, 5), global_pooling=global_pooling)
    last_maps = names(model).index("dense_1") - 1
    layer = model.layers[last_maps]
    assert type(layer).__name__ == kind
    assert layer.name == ("flatten" if global_pooling is None else "global_pooling")
    assert layer.output.shape == (None, values)


@pytest.mark.parametrize(
    ("parameters", "rates"),
    [
        ({"conv_dropout": 0.1, "dropout": 0}, {"dropout_1": 0.1, "dropout_2": 0.1}),
        ({"conv_dropout": 0, "dropout": 0.3}, {"dense_1_dropout": 0.3, "dense_2_dropout": 0.3}),
        ({"conv_dropout": 0, "dropout": 0.3, "dense_units": ()}, {"dropout": 0.3}),
        (
            {"conv_dropout": 0.1, "dropout": 0.3, "dense_units": ()},
            {"dropout_1": 0.1, "dropout_2": 0.1, "dropout": 0.3},
        ),
    ],
)
def test_each_rate_of_dropout_has_its_places(parameters, rates):
    model = build(**{"filters": (4, 5), "dense_units": (6, 7), **parameters})
    assert {layer.name: layer.rate for layer in model.layers if hasattr(layer, "rate")} == rates
    order = names(model)
    for name in rates:
        before, after = order[order.index(name) - 1], order[order.index(name) + 1]
        if name == "dropout":
            assert (before, after) == ("flatten", "softmax")
        elif name.startswith("dense"):
            assert before == name.removesuffix("_dropout")
        else:
            assert before == name.replace("dropout", "pool")


@pytest.mark.parametrize("name", sorted(INITIALIZERS))
def test_the_initializer_is_that_of_all_kernels_but_the_last(name):
    model = build(kernel_initializer=name)
    kinds = [type(layer.kernel_initializer) for layer in model.layers if hasattr(layer, "kernel")]
    expected = type(keras.initializers.get(name))
    assert kinds == [expected] * 5 + [keras.initializers.GlorotUniform]


def test_he_normal_has_the_spread_of_he():
    kernel = build(filters=(256,), kernel_initializer="he_normal").get_layer("conv_1").kernel
    assert np.std(kernel) == pytest.approx(np.sqrt(2 / 9), rel=0.1)


@pytest.mark.parametrize("kernel_initializer", sorted(INITIALIZERS))
@pytest.mark.parametrize("parameters", [{}, {"batch_normalization": True, "dense_units": ()}])
def test_weights_that_are_reset_are_those_of_a_new_network(kernel_initializer, parameters):
    parameters = {"filters": (4, 5), "kernel_initializer": kernel_initializer, **parameters}
    trained, new = build(seed=1, **parameters), build(seed=2, **parameters)
    trained.set_weights([np.full(w.shape, 0.5) for w in trained.get_weights()])
    reset_weights(trained, seed=2)
    for a, b in zip(trained.get_weights(), new.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
