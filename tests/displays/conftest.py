import matplotlib
import pytest


@pytest.fixture(autouse=True)
def headless():
    """Draw without a window, and close what was drawn."""
    from matplotlib import pyplot

    with matplotlib.rc_context({"backend": "agg"}):
        yield
        pyplot.close("all")
