import keras
import numpy as np
import pytest

from skdigits._hyper_parameters import NETWORK_PARAMETERS, REFERENCE
from skdigits.network import build_network


def build(image_shape=(8, 8, 1), n_classes=10, seed=0, **overrides):
    chosen = {name: REFERENCE[name] for name in NETWORK_PARAMETERS}
    return build_network(image_shape, n_classes, seed=seed, **{**chosen, **overrides})


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
    model = build(dropout=0, pool_size=1, dense_units=(), rescale=None)
    assert [layer.name for layer in model.layers] == [
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
