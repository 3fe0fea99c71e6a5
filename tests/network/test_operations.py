"""Fused operations give what the operations give, one after the other."""

import numpy as np
import pytest

from skdigits.network._activations import ACTIVATION_KINDS
from skdigits.network._operations import (
    Activation,
    Convolution,
    Flattening,
    MaxPooling,
    Product,
    Scaling,
    Shift,
    fuse,
)

IMAGES = np.random.default_rng(0).normal(size=(6, 5, 4, 3))
MONOTONE = {name for name, kind in ACTIVATION_KINDS.items() if kind.keeps_order}


def random(*shape):
    return np.random.default_rng(1).normal(size=shape)


def run(operations, x):
    x = x.copy()
    for operation in operations:
        x = operation(x)
    return x


def kinds(operations):
    return [type(operation) for operation in operations]


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_pooling_comes_before_a_bias_and_a_monotone_activation(activation):
    convolution = Convolution(random(3, 3, 3, 2))
    operations = [convolution, Shift(np.array([-1.0, 2.0])), Activation(activation), MaxPooling(2)]
    fused = fuse(operations)
    assert kinds(fused) == [Convolution, MaxPooling, Shift, Activation]
    np.testing.assert_allclose(run(fused, IMAGES), run(operations, IMAGES), rtol=1e-12)


@pytest.mark.parametrize("activation", sorted(ACTIVATION_KINDS.keys() - MONOTONE - {"softmax"}))
def test_pooling_stays_behind_an_activation_that_is_not_monotone(activation):
    operations = [Convolution(np.full((1, 1, 1, 1), 2.0)), Activation(activation), MaxPooling(2)]
    image = np.array([-0.3, -0.5, -2.0, -4.0]).reshape(1, 2, 2, 1)
    expected = run([Activation(activation)], 2 * image).max()
    assert run(fuse(operations), image).item() == pytest.approx(expected, rel=1e-12)
    reordered = [operations[0], operations[2], operations[1]]
    assert run(reordered, image).item() != pytest.approx(expected)


def test_pooling_stays_behind_factors_that_may_be_negative():
    operations = [Activation("relu"), Scaling(np.array([-1.0, 2.0, 0.5])), MaxPooling(2)]
    assert kinds(fuse(operations)) == kinds(operations)
    np.testing.assert_array_equal(run(fuse(operations), IMAGES), run(operations, IMAGES))


def test_pooling_that_pads_is_the_same_before_and_after_an_activation():
    operations = [Shift(np.array([-9.0, 0.0, 9.0])), Activation("relu"), MaxPooling(3)]
    np.testing.assert_array_equal(run(fuse(operations), IMAGES), run(operations, IMAGES))


def test_factors_go_into_the_kernels_beside_them():
    operations = [
        Scaling(np.float64(0.1)),
        Convolution(random(3, 3, 3, 2)),
        Scaling(np.array([-2.0, 3.0])),
        Shift(np.array([0.5, -0.5])),
        MaxPooling(2),
        Flattening(),
        Product(random(12, 4)),
        Scaling(np.array([1.0, -2.0, 3.0, 0.0])),
    ]
    fused = fuse(operations)
    assert kinds(fused) == [Convolution, MaxPooling, Shift, Flattening, Product]
    np.testing.assert_allclose(run(fused, IMAGES), run(operations, IMAGES), atol=1e-12)


def test_a_shift_before_a_convolution_stays_because_padding_is_0():
    operations = [Scaling(np.float64(2)), Shift(np.float64(1)), Convolution(random(3, 3, 3, 2))]
    assert kinds(fuse(operations)) == kinds(operations)
    np.testing.assert_allclose(run(fuse(operations), IMAGES), run(operations, IMAGES), rtol=1e-12)


def test_fusing_leaves_the_operations_as_they_were():
    kernel = random(3, 3, 3, 2)
    operations = [Scaling(np.float64(3)), Convolution(kernel), MaxPooling(2)]
    before = run(operations, IMAGES)
    fuse(operations)
    assert kinds(operations) == [Scaling, Convolution, MaxPooling]
    np.testing.assert_array_equal(run(operations, IMAGES), before)
    np.testing.assert_array_equal(kernel, random(3, 3, 3, 2))


def test_a_factor_for_each_channel_stays_before_a_convolution():
    operations = [Scaling(np.array([1.0, 10.0])), Convolution(np.ones((1, 1, 2, 2)))]
    x = np.ones((1, 1, 1, 2))
    for operation in fuse(operations):
        x = operation(x)
    assert x.ravel().tolist() == [11.0, 11.0]


def test_pooling_stays_before_the_factors_and_terms_of_a_normalisation():
    operations = [
        Convolution(random(3, 3, 3, 2)),
        MaxPooling(2),
        Scaling(np.array([-1.5, 0.5])),
        Shift(np.array([0.5, -0.5])),
        Activation("relu"),
    ]
    fused = fuse(operations)
    assert kinds(fused) == kinds(operations)
    np.testing.assert_allclose(run(fused, IMAGES), run(operations, IMAGES), rtol=1e-12)
