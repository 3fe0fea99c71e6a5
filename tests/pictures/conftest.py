from pathlib import Path

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier

from skdigits.datasets import load_optdigits


@pytest.fixture(scope="session")
def bitmaps():
    """The 1797 bitmaps, (1797, 32, 32) of 0 and 1, that UCI's test part was counted from."""
    path = Path(__file__).parents[1] / "files" / "optdigits_test_bitmaps_32x32.npz"
    with np.load(path) as stored:
        bitmaps = np.unpackbits(stored["bitmaps"], axis=1).reshape(-1, 32, 32)
    bitmaps.flags.writeable = False
    return bitmaps


@pytest.fixture(scope="session")
def model():
    """A classifier that needs no training to speak of."""
    return KNeighborsClassifier().fit(*load_optdigits(return_X_y=True))
