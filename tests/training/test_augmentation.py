"""Random maps of images, each draw of which is known or follows from a seed."""

import numpy as np
import pytest
from scipy import ndimage

from skdigits._tensorflow import tf
from skdigits.training import AFFINE
from skdigits.training._augmentation import RandomAffine, affine_ranges

SHAPES = [(8, 8, 1), (5, 9, 1), (6, 4, 3)]
RANGES = {"shift": 1.5, "rotation": 30.0, "zoom": 0.4, "shear": 0.3}


def random_images(n, shape):
    return np.random.default_rng(0).uniform(0, 16, (n, *shape)).astype(np.float32)


@pytest.fixture
def distort(monkeypatch):
    """Distort with the draws, out of [-1, 1], that are given for each image."""

    def run(images, draws, **ranges):
        draws = np.asarray(draws, np.float32)
        assert draws.shape == (len(images), 6)

        def known(shape, seed, low, high):
            assert (low, high) == (-1, 1)
            return tf.constant(draws.T.reshape(shape))

        with monkeypatch.context() as patched:
            patched.setattr(tf.random, "stateless_uniform", known)
            return RandomAffine(ranges=ranges)(tf.constant(images), training=True).numpy()

    return run


def draw(*, down=0, right=0, rotation=0, zoom_y=0, zoom_x=0, shear=0):
    return [[down, right, rotation, zoom_y, zoom_x, shear]]


def by_scipy(image, draws, *, shift=0.0, rotation=0.0, zoom=0.0, shear=0.0):
    """Map an image as its draws say; without interpolation at the border there would be gaps."""
    down, right, angle, zoom_y, zoom_x, slant = np.asarray(draws, np.float32)
    angle = np.radians(rotation) * angle
    turned = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    sheared = np.array([[1, 0], [-shear * slant, 1]])
    zoomed = np.diag(np.exp([-zoom * zoom_y, -zoom * zoom_x]))
    matrix = zoomed @ sheared @ turned
    centre = (np.array(image.shape[:2]) - 1) / 2
    offset = centre - matrix @ (centre + shift * np.array([down, right]))
    return np.stack(
        [
            ndimage.affine_transform(channel, matrix, offset, order=1, mode="grid-constant")
            for channel in np.moveaxis(image.astype(float), -1, 0)
        ],
        axis=-1,
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_ranges_of_0_leave_the_images(shape):
    images = random_images(3, shape)
    np.testing.assert_allclose(RandomAffine(ranges={})(images, training=True), images, rtol=1e-6)


@pytest.mark.parametrize(("rotation", "turns"), [(1, -1), (-1, 1)])
@pytest.mark.parametrize("shape", [(8, 8, 1), (5, 5, 3)])
def test_90_degrees_turn_the_image_clockwise(shape, rotation, turns, distort):
    images = random_images(1, shape)
    turned = distort(images, draw(rotation=rotation), rotation=90.0)
    np.testing.assert_allclose(turned[0], np.rot90(images[0], turns), atol=1e-4)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("draws", "ranges"),
    [
        (draw(zoom_y=1, zoom_x=-0.5), {"zoom": 0.5}),
        (draw(shear=1), {"shear": 0.4}),
        (draw(shear=-1), {"shear": 0.4}),
        (draw(rotation=0.7), {"rotation": 40.0}),
        (draw(down=0.3, right=-0.8), {"shift": 1.2}),
    ],
)
def test_each_map_alone_is_that_of_scipy(shape, draws, ranges, distort):
    images = random_images(1, shape)
    np.testing.assert_allclose(
        distort(images, draws, **ranges)[0], by_scipy(images[0], draws[0], **ranges), atol=1e-3
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_all_maps_together_are_those_of_scipy_for_each_image(shape, distort):
    images = random_images(20, shape)
    draws = np.random.default_rng(1).uniform(-1, 1, (20, 6))
    expected = [by_scipy(*pair, **RANGES) for pair in zip(images, draws, strict=True)]
    np.testing.assert_allclose(distort(images, draws, **RANGES), expected, atol=1e-3)


def test_a_zoom_above_0_enlarges(distort):
    image = np.zeros((1, 8, 8, 1), np.float32)
    image[:, 3:5, 3:5] = 1
    assert distort(image, draw(zoom_y=1, zoom_x=1), zoom=0.5).sum() > 1.2 * image.sum()
    assert distort(image, draw(zoom_y=-1, zoom_x=-1), zoom=0.5).sum() < 0.8 * image.sum()


def test_each_image_of_a_batch_has_a_map_of_its_own():
    images = np.repeat(random_images(1, (8, 8, 1)), 5, axis=0)
    distorted = RandomAffine(ranges=RANGES)(images, training=True).numpy()
    assert len({image.tobytes() for image in distorted}) == 5


def test_the_state_gives_the_maps_and_each_step_has_others():
    layer, images = RandomAffine(ranges=RANGES, seed=3), random_images(2, (8, 8, 1))
    state = layer.seed_generator.state.numpy()
    first, second = (layer(images, training=True).numpy() for _ in range(2))
    assert (first != second).any()
    layer.seed_generator.state.assign(state)
    np.testing.assert_array_equal(layer(images, training=True), first)
    np.testing.assert_array_equal(layer(images, training=True), second)


def test_shifts_are_spread_over_their_range_down_and_right_apart():
    image = np.zeros((1, 9, 9, 1), np.float32)
    image[:, 4, 4] = 1
    dots = RandomAffine(ranges={"shift": 2.0})(
        np.repeat(image, 2000, axis=0), training=True
    ).numpy()[..., 0]
    np.testing.assert_allclose(dots.sum(axis=(1, 2)), 1, rtol=1e-5)
    down, right = dots.sum(axis=2) @ np.arange(-4, 5), dots.sum(axis=1) @ np.arange(-4, 5)
    for shift in (down, right):
        assert -2 <= shift.min() < -1.9
        assert 1.9 < shift.max() <= 2
        assert shift.mean() == pytest.approx(0, abs=0.1)
    assert abs(np.corrcoef(down, right)[0, 1]) < 0.1


@pytest.mark.parametrize("shape", SHAPES)
def test_a_graph_takes_batches_of_any_size(shape):
    layer = RandomAffine(ranges=RANGES)

    @tf.function(input_signature=[tf.TensorSpec((None, *shape))])
    def call(inputs):
        return layer(inputs, training=True)

    state = layer.seed_generator.state.numpy()
    for n in (0, 1, 7):
        layer.seed_generator.state.assign(state)
        in_graph = call(random_images(n, shape))
        layer.seed_generator.state.assign(state)
        expected = layer(random_images(n, shape), training=True)
        np.testing.assert_allclose(in_graph, expected, atol=1e-4)


@pytest.mark.parametrize(
    ("augment", "ranges"),
    [
        ("affine", AFFINE),
        ({"shift": 1, "zoom": 0.2}, {"shift": 1.0, "zoom": 0.2}),
        ({"rotation": np.float64(20), "shear": np.float32(1)}, {"rotation": 20.0, "shear": 1.0}),
        ({"shift": np.int64(1)}, {"shift": 1.0}),
        ({}, {}),
    ],
)
def test_a_parameter_gives_the_ranges(augment, ranges):
    found = affine_ranges(augment, (8, 8, 1))
    assert found == ranges
    assert {type(value) for value in found.values()} <= {float}


def test_a_graph_takes_new_ranges():
    images, layer = random_images(3, (8, 8, 1)), RandomAffine(ranges={})
    distort = tf.function(lambda images: layer(images, training=True))
    np.testing.assert_allclose(distort(images), images, rtol=1e-6)
    layer.set_ranges(**RANGES)
    layer.seed_generator.state.assign([0, 0])
    other = RandomAffine(ranges=RANGES)
    other.seed_generator.state.assign([0, 0])
    np.testing.assert_allclose(distort(images), other(images, training=True), rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("image_shape", [(1, 10, 1), (3, 8, 1), (8, 3, 2)])
def test_images_too_small_to_be_pictures_are_left_alone(image_shape):
    assert affine_ranges("affine", image_shape) is None
    with pytest.raises(ValueError, match="augment has 'flip'"):
        affine_ranges({"flip": 1}, image_shape)


def test_an_unknown_name_is_refused_with_those_that_are_known():
    with pytest.raises(ValueError, match=r"augment has 'shfit'; known are shift, rotation"):
        affine_ranges({"shfit": 1.0}, (8, 8, 1))


@pytest.mark.parametrize("value", [-0.1, np.nan, np.inf, "1", None, [1.0], 1j])
def test_a_range_that_is_no_number_of_at_least_0_is_refused_by_name(value):
    with pytest.raises(ValueError, match=r"augment\['zoom'\] must be a finite number"):
        affine_ranges({"shift": 1.0, "zoom": value}, (8, 8, 1))
