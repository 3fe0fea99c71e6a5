import numpy as np
import pytest

from skdigits.export._network import TrainedNetwork


@pytest.fixture(scope="session")
def test_part():
    """All 1797 rows of UCI's test part, as exported networks take them."""
    from skdigits.datasets import load_optdigits

    X, _ = load_optdigits(subset="test", return_X_y=True)
    return X.astype(np.float32)


@pytest.fixture(scope="session")
def fitted(digits):
    """A classifier of the default layers, trained for a moment."""
    from skdigits import DigitCNNClassifier

    return DigitCNNClassifier(epochs=3, random_state=0).fit(*digits)


@pytest.fixture(scope="session")
def make_network():
    """Make a network of given layers, and rows for it; no training, all weights are random."""
    from skdigits import DigitCNNClassifier
    from skdigits._parameters import NETWORK_PARAMETERS
    from skdigits.network import NumpyNetwork, architecture, build_network

    def make(image_shape=(8, 8, 1), classes=(0, 1, 2), **parameters):
        all_parameters = DigitCNNClassifier.fast(**parameters).get_params()
        parameters = {name: all_parameters[name] for name in NETWORK_PARAMETERS}
        keras_network = build_network(image_shape, len(classes), **parameters, seed=0)
        random = np.random.default_rng(0)
        for variable in keras_network.weights:
            if variable.name == "moving_variance":
                variable.assign(random.uniform(0.5, 1.5, variable.shape))
            elif len(variable.shape) == 1:  # biases are zeros and scales are ones at first
                variable.assign(random.normal(size=variable.shape))
        layers = architecture(image_shape, len(classes), **parameters)
        rows = random.integers(0, 17, (50, np.prod(image_shape))).astype(np.float32)
        *weights, kernel, _ = keras_network.get_weights()
        # Logits that differ, from row to row and from class to class.
        *_, (_, features), _ = NumpyNetwork(layers, keras_network.get_weights()).layer_outputs(
            rows.reshape(-1, *image_shape)
        )
        logits = features @ kernel
        spread = max(logits.std(axis=0).min(), 0.2 * np.abs(logits).max()) or 1.0
        last = [kernel / spread, -logits.mean(axis=0) / spread]
        weights += [values.astype(np.float32) for values in last]
        return TrainedNetwork(layers, weights, image_shape, np.array(classes)), rows

    return make


@pytest.fixture(scope="session")
def expect():
    """Return what NumPy's forward pass makes of the rows."""
    from skdigits.network import NumpyNetwork

    def expect(network, rows):
        numpy_network = NumpyNetwork(network.layers, network.weights)
        return numpy_network.predict_proba(rows.reshape(-1, *network.image_shape))

    return expect
