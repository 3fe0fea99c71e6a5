import numpy as np
import pytest
from matplotlib import pyplot
from matplotlib.patches import FancyArrowPatch

from skdigits.displays import ArchitectureDisplay

LAYERS = [
    {"name": "conv_1", "type": "Conv2D", "output_shape": [8, 8, 16], "parameters": 1160},
    {"name": "pool_1", "type": "MaxPooling2D", "output_shape": [4, 4, 16], "parameters": 0},
    {"name": "flatten", "type": "Flatten", "output_shape": [256], "parameters": 0},
    {"name": "softmax", "type": "Dense", "output_shape": [10], "parameters": 2570},
]


def texts_by_box(display):
    """Return the texts whose anchor is in each box, from left to right."""
    texts = sorted(display.ax_.texts, key=lambda text: text.get_position())
    found = []
    for box in display.boxes_:
        low, high = box.get_y(), box.get_y() + box.get_height()
        found.append([t.get_text() for t in texts if low < t.get_position()[1] < high])
    return found


def test_each_layer_has_a_box_that_describes_it():
    display = ArchitectureDisplay(layers=LAYERS).plot()
    assert texts_by_box(display) == [
        ["conv_1", "Conv2D", "8 x 8 x 16", "1,160 parameters"],
        ["pool_1", "MaxPooling2D", "4 x 4 x 16", "0 parameters"],
        ["flatten", "Flatten", "256", "0 parameters"],
        ["softmax", "Dense", "10", "2,570 parameters"],
    ]
    assert display.ax_.get_title() == "4 layers, 3,730 parameters"
    conv, pool, *_ = display.boxes_
    assert conv.get_height() > pool.get_height()


def test_arrows_lead_from_each_box_to_the_next_one_below():
    display = ArchitectureDisplay(layers=LAYERS).plot()
    arrows = [patch for patch in display.ax_.patches if isinstance(patch, FancyArrowPatch)]
    ends = [arrow.get_path().vertices[[0, -1], 1] for arrow in arrows]
    bottoms = [box.get_y() + box.get_height() for box in display.boxes_[:-1]]
    tops = [box.get_y() for box in display.boxes_[1:]]
    assert len(arrows) == 3
    assert all(bottom < top for bottom, top in zip(bottoms, tops, strict=True))
    np.testing.assert_allclose([end[0] for end in ends], bottoms, atol=0.2)


def test_layers_of_a_kind_look_alike(small_classifier):
    display = ArchitectureDisplay.from_estimator(small_classifier)
    names = [layer.name for layer in small_classifier.model_.layers]
    assert [texts[0] for texts in texts_by_box(display)] == names
    looks = {}
    for box, layer in zip(display.boxes_, display.layers, strict=True):
        looks.setdefault(layer["type"], set()).add((box.get_facecolor(), box.get_height()))
    assert {kind: len(look) for kind, look in looks.items()} == dict.fromkeys(looks, 1)


@pytest.mark.parametrize("figsize", [None, (3, 4)])
def test_texts_stay_in_their_boxes_and_do_not_overlap(figsize):
    ax = None if figsize is None else pyplot.subplots(figsize=figsize)[1]
    display = ArchitectureDisplay(layers=LAYERS).plot(ax)
    display.figure_.canvas.draw()
    extents = [text.get_window_extent() for text in display.ax_.texts]
    boxes = [box.get_window_extent() for box in display.boxes_]
    for place, text in enumerate(extents):
        box = boxes[place // 4]
        assert box.x0 < text.x0 < text.x1 < box.x1
        assert box.y0 < text.y0 < text.y1 < box.y1
        assert not any(text.overlaps(other) for other in extents[place + 1 :])
