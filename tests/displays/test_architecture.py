import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.patches import FancyArrowPatch
from sklearn.exceptions import NotFittedError

from skdigits import DigitCNNClassifier
from skdigits.displays import ArchitectureDisplay

LAYERS = [
    {"name": "conv_1", "type": "Conv2D", "output_shape": [8, 8, 16], "parameters": 1160},
    {"name": "pool_1", "type": "MaxPooling2D", "output_shape": [4, 4, 16], "parameters": 0},
    {"name": "flatten", "type": "Flatten", "output_shape": [256], "parameters": 0},
    {"name": "softmax", "type": "Dense", "output_shape": [10], "parameters": 2570},
]


@pytest.fixture(scope="module")
def reference():
    X, y = np.random.default_rng(0).integers(0, 17, size=(20, 64)), np.arange(20) % 10
    return DigitCNNClassifier.reference(epochs=1, random_state=0).fit(X, y)


def texts_by_box(display):
    """Return the texts whose anchor is in each box, from left to right."""
    texts = sorted(display.ax_.texts, key=lambda text: text.get_position())
    found = []
    for box in display.boxes_:
        low, high = box.get_y(), box.get_y() + box.get_height()
        found.append([t.get_text() for t in texts if low < t.get_position()[1] < high])
    return found


def test_each_layer_has_a_box_that_describes_it():
    assert texts_by_box(ArchitectureDisplay(layers=LAYERS).plot()) == [
        ["conv_1", "Conv2D", "8 x 8 x 16", "1,160 parameters"],
        ["pool_1", "MaxPooling2D", "4 x 4 x 16", "0 parameters"],
        ["flatten", "Flatten", "256", "0 parameters"],
        ["softmax", "Dense", "10", "2,570 parameters"],
    ]


def test_the_title_counts_layers_and_parameters():
    display = ArchitectureDisplay(layers=LAYERS).plot()
    assert display.ax_.get_title() == "4 layers, 3,730 parameters"


def test_it_draws_the_network_of_a_classifier(reference):
    display = ArchitectureDisplay.from_estimator(reference)
    network = reference.model_
    assert [texts[0] for texts in texts_by_box(display)] == [la.name for la in network.layers]
    assert display.layers[0] == {
        "name": "conv_1",
        "type": "Conv2D",
        "output_shape": [8, 8, 16],
        "parameters": 160,
    }
    assert display.ax_.get_title() == f"{len(network.layers)} layers, 102,794 parameters"


def test_arrows_lead_from_each_box_to_the_next_one_below():
    display = ArchitectureDisplay(layers=LAYERS).plot()
    arrows = [patch for patch in display.ax_.patches if isinstance(patch, FancyArrowPatch)]
    ends = [[y for _, y in arrow._posA_posB] for arrow in arrows]
    bottoms = [box.get_y() + box.get_height() for box in display.boxes_[:-1]]
    tops = [box.get_y() for box in display.boxes_[1:]]
    np.testing.assert_allclose(ends, np.transpose([bottoms, tops]))
    low, high = display.ax_.get_ylim()
    assert low > high  # downwards
    assert all(bottom < top for bottom, top in ends)


def test_layers_of_a_kind_look_alike(reference):
    display = ArchitectureDisplay.from_estimator(reference)
    looks = {}
    for box, layer in zip(display.boxes_, display.layers, strict=True):
        looks.setdefault(layer["type"], set()).add((box.get_facecolor(), box.get_height()))
    assert {kind: len(look) for kind, look in looks.items()} == dict.fromkeys(looks, 1)
    colours = [look.pop()[0] for look in looks.values()]
    assert len(set(colours)) == len(colours) == 5


def test_layers_with_parameters_have_taller_boxes():
    conv, pool, *_ = ArchitectureDisplay(layers=LAYERS).plot().boxes_
    assert conv.get_height() > pool.get_height()


@pytest.mark.parametrize("figsize", [None, (3, 4), (12, 3)])
def test_texts_stay_in_their_boxes_and_do_not_overlap(reference, figsize):
    ax = None if figsize is None else pyplot.subplots(figsize=figsize)[1]
    display = ArchitectureDisplay.from_estimator(reference, ax=ax)
    display.figure_.canvas.draw()
    extents = [text.get_window_extent() for text in display.ax_.texts]
    boxes = [box.get_window_extent() for box in display.boxes_]
    for place, text in enumerate(extents):
        box = boxes[place // 4]
        assert box.x0 < text.x0
        assert text.x1 < box.x1
        assert box.y0 < text.y0
        assert text.y1 < box.y1
        assert not any(text.overlaps(other) for other in extents[place + 1 :])


def test_it_draws_again_from_what_it_keeps(reference):
    display = ArchitectureDisplay.from_estimator(reference)
    before = texts_by_box(display)
    figure, (_, right) = pyplot.subplots(1, 2)
    assert display.plot(right) is display
    assert display.ax_ is right
    assert display.figure_ is figure
    assert texts_by_box(display) == before


def test_a_classifier_that_is_not_fitted_is_refused(tiny):
    with pytest.raises(NotFittedError):
        ArchitectureDisplay.from_estimator(tiny())
