import copy
import pickle
import threading
import tracemalloc
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
import threadpoolctl
from threadpoolctl import threadpool_info, threadpool_limits

from skdigits.network import ACTIVATIONS, NumpyNetwork, _numpy, build_network

DEFAULTS = {
    "filters": (5, 7),
    "kernel_size": 3,
    "activation": "relu",
    "kernel_initializer": "he_normal",
    "pool_after": None,
    "unpadded": (),
    "batch_normalization": True,
    "conv_dropout": 0.2,
    "global_pooling": None,
    "dense_units": (6,),
    "dense_activation": "tanh",
    "dropout": 0.2,
    "rescale": 0.1,
}


def network_with_all_weights_random(image_shape=(8, 8, 1), **overrides):
    model = build_network(image_shape, 4, seed=0, **{**DEFAULTS, **overrides})
    generator = np.random.default_rng(0)
    model.set_weights(
        [generator.uniform(0.1, 1, w.shape) - 0.3 * (w.ndim > 1) for w in model.get_weights()]
    )
    return model


def numpy_network(model):
    return NumpyNetwork(layers_of(model), model.get_weights())


def layers_of(model):
    return model.get_config()["layers"][1:]  # without the input


@pytest.mark.parametrize(
    ("image_shape", "overrides"),
    [
        ((8, 8, 1), {}),
        ((8, 8, 1), {"batch_normalization": False, "rescale": None}),
        ((5, 3, 2), {"kernel_size": 2}),
        ((1, 10, 1), {"kernel_size": 5}),
        ((1, 1, 1), {"kernel_size": 4}),
        ((7, 7, 1), {"pool_after": (), "dropout": 0, "dense_units": ()}),
        ((8, 8, 1), {"global_pooling": "average"}),
        ((9, 8, 2), {"filters": (32, 64), "pool_after": (), "global_pooling": "max"}),
        ((5, 3, 2), {"global_pooling": "max", "dense_units": ()}),
        ((1, 1, 1), {"global_pooling": "average", "pool_after": ()}),
        ((8, 8, 1), {"unpadded": (1, 2), "global_pooling": "max"}),
        ((3, 5, 2), {"unpadded": (1,), "pool_after": (), "kernel_size": 2}),
        ((8, 8, 1), {"pool_after": (2,), "global_pooling": "average", "dense_units": ()}),
        ((7, 6, 1), {"pool_after": (1,), "global_pooling": "max"}),
        *(
            ((4, 4, 1), {"activation": name, "dense_activation": name})
            for name in sorted(ACTIVATIONS)
        ),
    ],
)
def test_agrees_with_keras(image_shape, overrides):
    model = network_with_all_weights_random(image_shape, **overrides)
    images = np.random.default_rng(1).normal(size=(9, *image_shape)).astype(np.float32)
    probabilities = numpy_network(model).predict_proba(images)
    assert probabilities.dtype == np.float64
    np.testing.assert_allclose(probabilities, model(images), rtol=2e-4, atol=1e-6)


def test_layer_outputs_agree_with_keras_layer_by_layer():
    model = network_with_all_weights_random()
    images = np.random.default_rng(1).normal(size=(3, 8, 8, 1)).astype(np.float32)
    outputs = dict(numpy_network(model).layer_outputs(images))
    assert list(outputs) == [layer.name for layer in model.layers]
    expected = keras.Model(model.inputs[0], [layer.output for layer in model.layers])(images)
    for output, of_keras in zip(outputs.values(), expected, strict=True):
        np.testing.assert_allclose(output, of_keras, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("activation", ["relu", "silu"])
@pytest.mark.parametrize("global_pooling", [None, "average", "max"])
@pytest.mark.parametrize("pool_after", [None, (2,), ()])
def test_normalisation_with_negative_factors_comes_after_pooling(
    activation, global_pooling, pool_after
):
    model = network_with_all_weights_random(
        activation=activation, global_pooling=global_pooling, pool_after=pool_after
    )
    for i in (1, 2):
        gamma = model.get_layer(f"conv_{i}_norm").gamma
        signs = np.where(np.arange(gamma.shape[0]) % 2, 1.0, -1.0)
        gamma.assign(signs * gamma.numpy())
    images = np.random.default_rng(1).normal(size=(9, 8, 8, 1)).astype(np.float32)
    expected = model.predict(images, verbose=0)
    network = numpy_network(model)
    np.testing.assert_allclose(network.predict_proba(images), expected, atol=1e-5)
    outputs = dict(network.layer_outputs(images))
    assert list(outputs) == [layer.name for layer in model.layers]
    np.testing.assert_allclose(outputs["softmax"], expected, atol=1e-5)


@pytest.mark.parametrize(
    "overrides", [{}, {"filters": (32, 64), "pool_after": (2,), "global_pooling": "max"}]
)
def test_a_row_has_the_same_probabilities_in_any_batch(overrides):
    network = numpy_network(network_with_all_weights_random(**overrides))
    images = np.random.default_rng(1).normal(size=(600, 8, 8, 1))
    together = network.predict_proba(images)
    np.testing.assert_allclose(network.predict_proba(images[::-1])[::-1], together, rtol=1e-12)
    alone = np.concatenate([network.predict_proba(image[None]) for image in images[:20]])
    np.testing.assert_allclose(alone, together[:20], rtol=1e-12)


MANY = 5000  # rows, enough for threads


def test_many_rows_in_threads_have_the_probabilities_of_small_batches(monkeypatch):
    network = numpy_network(network_with_all_weights_random())
    images = np.random.default_rng(1).normal(size=(MANY, 8, 8, 1))
    small = [network.predict_proba(images[i : i + 100]) for i in range(0, MANY, 100)]
    workers, forward = set(), NumpyNetwork._forward

    def note_thread(self, batch):
        workers.add(threading.get_ident())
        return forward(self, batch)

    monkeypatch.setattr(NumpyNetwork, "_forward", note_thread)
    np.testing.assert_allclose(network.predict_proba(images), np.concatenate(small), rtol=1e-12)
    assert threading.get_ident() not in workers


def blas_threads():
    return {
        library["filepath"]: library["num_threads"]
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }


@pytest.mark.parametrize("limit", [None, 1, 2])
def test_the_threads_of_blas_are_as_before(limit):
    network = numpy_network(network_with_all_weights_random())
    with threadpool_limits(limit, user_api="blas"):
        before = blas_threads()
        network.predict_proba(np.ones((MANY, 8, 8, 1)))
        assert blas_threads() == before
        with pytest.raises(ValueError, match="shape"):
            network.predict_proba(np.ones((MANY, 8, 8, 2)))
        assert blas_threads() == before


def test_an_unknown_layer_is_refused_by_name():
    layer = {"class_name": "LayerNormalization", "config": {"name": "strange"}}
    with pytest.raises(TypeError, match="'strange' of type LayerNormalization"):
        NumpyNetwork([layer], [])


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda c: pickle.loads(pickle.dumps(c))])
def test_a_copy_predicts_the_same(duplicate):
    network = numpy_network(network_with_all_weights_random())
    images = np.random.default_rng(1).normal(size=(3, 8, 8, 1))
    np.testing.assert_array_equal(
        duplicate(network).predict_proba(images), network.predict_proba(images)
    )


def test_it_needs_numpy_alone(run_python, tmp_path):
    network = numpy_network(network_with_all_weights_random())
    (tmp_path / "network.pickle").write_bytes(pickle.dumps(network))
    printed = run_python(
        "import pickle, sys, numpy as np\n"
        "with open('network.pickle', 'rb') as file: network = pickle.load(file)\n"
        "print(network.predict_proba(np.ones((1, 8, 8, 1))).shape)\n"
        "print({'tensorflow', 'keras', 'scikeras', 'sklearn', 'scipy', 'onnx'} & set(sys.modules))"
    )
    assert printed.split("\n")[:2] == ["(1, 4)", "set()"]


def test_memory_of_a_large_batch_is_bounded():
    network = numpy_network(network_with_all_weights_random())
    images = np.ones((20_000, 8, 8, 1), np.float32)
    tracemalloc.start()
    network.predict_proba(images)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2 * images.nbytes


def test_other_weights_than_those_of_the_layers_are_refused():
    model = network_with_all_weights_random()
    layers, weights = layers_of(model), model.get_weights()
    for number in range(len(weights)):
        with pytest.raises(ValueError, match=r"weights are fewer than the layers have"):
            NumpyNetwork(layers, weights[:number])
    with pytest.raises(ValueError, match=r"weights are more than the layers have"):
        NumpyNetwork(layers, [*weights, weights[-1]])


def test_large_inputs_at_once_leave_the_threads_of_blas_as_they_were():
    network = numpy_network(network_with_all_weights_random())
    many, more = (np.ones((n, 8, 8, 1), np.float32) for n in (6_000, 12_000))
    with threadpoolctl.threadpool_limits(2, user_api="blas"):
        before = threadpoolctl.threadpool_info()
        with ThreadPoolExecutor(2) as executor:
            list(executor.map(network.predict_proba, [more, many] * 3))
        assert threadpoolctl.threadpool_info() == before


def test_one_large_image_does_not_wait_for_the_many_rows_of_another_thread():
    network = numpy_network(network_with_all_weights_random())
    image = np.random.default_rng(1).normal(size=(1, 8, 8, 1))
    expected = network.predict_proba(image)
    network._unfolded[8, 8, 1] = _numpy._LEAST_FOR_THREADS
    before = blas_threads()
    with _numpy._BLAS_LOCK:
        np.testing.assert_array_equal(network.predict_proba(image), expected)
    np.testing.assert_array_equal(network.predict_proba(image), expected)
    assert blas_threads() == before
