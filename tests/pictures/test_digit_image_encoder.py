"""Pictures of digits, however they come, to the counts that the data set holds."""

import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC
from sklearn.utils import estimator_checks, get_tags

from skdigits.datasets import load_optdigits
from skdigits.exceptions import PictureError
from skdigits.pictures import DigitImageEncoder

X_TRAIN, LABELS = load_optdigits(subset="train", return_X_y=True)
SVM = SVC(C=10, gamma=0.2).fit(X_TRAIN / 16, LABELS)


def shape_of(counts, height=60):
    """Return ink in its box, `height` pixels high, whose outline follows the counts."""
    grey = ndimage.zoom(
        np.pad(counts.reshape(8, 8) / 16, 1), 16, order=3, grid_mode=True, mode="nearest"
    )
    ink = grey > 0.5
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    image = Image.fromarray(ink.astype(np.uint8) * 255)
    size = max(1, round(height * ink.shape[1] / ink.shape[0])), height
    return np.asarray(image.resize(size, Image.Resampling.BICUBIC)) / 255


def digit(label, height=60):
    """Return the ink of the training digit that is most like the others of its class."""
    rows = X_TRAIN[label == LABELS]
    return shape_of(rows[np.argmin(((rows - rows.mean(axis=0)) ** 2).sum(axis=1))], height)


DIGITS = {label: digit(label) for label in range(10)}


def paper(ink, *, shape=(120, 120), place=(30, 40), dark=0.1, light=0.95):
    """Put ink on a page."""
    cover = np.zeros(shape)
    cover[place[0] : place[0] + ink.shape[0], place[1] : place[1] + ink.shape[1]] = ink
    return light + (dark - light) * cover


def read(picture, **parameters):
    """Recognise one picture."""
    counts = DigitImageEncoder(**parameters).transform([picture])
    return int(SVM.predict(counts / 16)[0])


def vignette(picture):
    """Darken a photograph towards its edges."""
    y, x = np.mgrid[-1:1:120j, -1:1:120j]
    return picture * (1 - 0.7 * (x * x + y * y) / 2)


def shadow(picture):
    return np.where(np.arange(120) < 55, picture, 0.45 * picture)


def specks(picture):
    for top, left in np.random.default_rng(0).integers(0, 119, (40, 2)):
        picture[top : top + 2, left : left + 2] = 0
    return picture


def squares(picture):
    picture[5:110:16] = picture[:, 5:110:16] = 0.1
    return picture


def corner_of_a_form(picture):
    picture[:, 10:12] = picture[112:114, 10:] = 0.1
    return picture


def faint(picture):
    return 0.9 + 0.1 * picture


labels = st.integers(0, 9)


class TestGroundTruth:
    def test_every_bitmap_gives_its_row_of_the_data_set(self, bitmaps):
        known, _ = load_optdigits(subset="test", return_X_y=True)
        encoder = DigitImageEncoder()
        np.testing.assert_array_equal(encoder.transform(bitmaps), known)
        for pictures in (1 - bitmaps[:50], bitmaps[:50] * np.uint8(255)):
            np.testing.assert_array_equal(encoder.transform(pictures), known[:50])

    def test_as_ordinary_pictures_they_are_recognised_as_well(self, bitmaps):
        known, y = load_optdigits(subset="test", return_X_y=True)
        counts = DigitImageEncoder().transform(np.pad(bitmaps[::9], [(0, 0), (9, 9), (9, 9)]))
        of_known = SVM.score(known[::9] / 16, y[::9])
        assert abs(SVM.score(counts / 16, y[::9]) - of_known) <= 0.02


class TestNormalisedBitmaps:
    def test_a_small_digit_in_a_corner_is_no_normalised_bitmap(self):
        icon = paper(digit(5, 14) > 0.5, shape=(32, 32), place=(2, 3))
        steps = DigitImageEncoder().explain(icon)
        assert "enlarged" in steps
        assert read(icon) == 5


class TestWhatMakesNoDifference:
    @settings(max_examples=10, deadline=None)
    @given(labels, st.integers(0, 60), st.integers(0, 60))
    def test_where_the_digit_is(self, label, top, left):
        counts = DigitImageEncoder().transform(
            [paper(DIGITS[label], place=place) for place in ((30, 30), (top, left))]
        )
        assert np.abs(counts[0] - counts[1]).max() <= 1

    @settings(max_examples=20, deadline=None)
    @given(labels, st.tuples(*[st.integers(0, 150)] * 4), st.booleans())
    def test_how_much_paper_there_is_around_it(self, label, margins, is_cut_close):
        picture = 1 - DIGITS[label] if is_cut_close else paper(DIGITS[label], dark=0, light=1)
        top, bottom, left, right = (margin + 10 for margin in margins)
        padded = np.pad(picture, [(top, bottom), (left, right)], constant_values=1)
        counts = DigitImageEncoder().transform([np.pad(picture, 10, constant_values=1), padded])
        assert np.abs(counts[0] - counts[1]).max() <= 2

    @settings(max_examples=20, deadline=None)
    @given(labels, st.floats(0, 0.4), st.floats(0.6, 1))
    def test_polarity_and_contrast(self, label, dark, light):
        picture = paper(DIGITS[label], dark=dark, light=light)
        counts = DigitImageEncoder().transform([paper(DIGITS[label]), picture, 1 - picture])
        assert np.abs(counts - counts[0]).max() <= 1

    def test_the_kind_of_picture(self, tmp_path):
        grey = np.round(paper(DIGITS[3]) * 255).astype(np.uint8)
        path = tmp_path / "digit.png"
        Image.fromarray(grey).save(path)
        colour = np.stack([grey] * 3, axis=2)
        same = [grey, grey / 255, grey.astype(np.uint16) * 257, colour, path, str(path)]
        same += [path.read_bytes(), path.open("rb"), Image.fromarray(colour)]
        counts = DigitImageEncoder().transform(same)
        same[-2].close()
        np.testing.assert_array_equal(counts, np.broadcast_to(counts[0], counts.shape))


class TestWhatIsRecognised:
    @settings(max_examples=20, deadline=None)
    @given(labels, st.integers(16, 400))
    def test_any_size(self, label, height):
        ink = digit(label, height)
        margin = height // 4
        shape = height + 2 * margin, ink.shape[1] + 2 * margin
        assert read(paper(ink, shape=shape, place=(margin, margin))) == label

    @settings(max_examples=20, deadline=None)
    @given(labels, st.floats(-15, 15))
    def test_rotation(self, label, degrees):
        turned = ndimage.rotate(np.pad(DIGITS[label], 10), degrees, order=1)
        assert read(paper(np.clip(turned, 0, 1), place=(10, 10))) == label

    @settings(max_examples=15, deadline=None)
    @given(labels, st.floats(-0.3, 0.3))
    def test_slant(self, label, slant):
        ink = np.pad(DIGITS[label], [(0, 0), (20, 20)])
        shear = np.array([[1, 0], [slant, 1]])
        sheared = ndimage.affine_transform(ink, shear, offset=[0, -slant * 30], order=1)
        assert read(paper(sheared, place=(30, 10))) == label

    @settings(max_examples=15, deadline=None)
    @given(labels, st.floats(0, 0.08), st.integers(0, 2**32 - 1))
    def test_noise(self, label, deviation, seed):
        noise = np.random.default_rng(seed).normal(0, deviation, (120, 120))
        assert read(np.clip(paper(DIGITS[label], light=0.8) + noise, 0, 1)) == label

    @settings(max_examples=15, deadline=None)
    @given(labels, st.integers(10, 95))
    def test_jpeg_of_any_quality(self, label, quality):
        file = io.BytesIO()
        grey = np.round(paper(DIGITS[label]) * 255).astype(np.uint8)
        Image.fromarray(grey).save(file, "JPEG", quality=quality)
        assert read(file.getvalue()) == label

    @settings(max_examples=15, deadline=None)
    @given(labels, st.floats(0, 2 * np.pi), st.floats(0.3, 1))
    def test_uneven_light(self, label, direction, darkest):
        y, x = np.mgrid[-1:1:120j, -1:1:120j]
        light = np.cos(direction) * x + np.sin(direction) * y
        light = darkest + (1 - darkest) * (light - light.min()) / np.ptp(light)
        assert read(paper(DIGITS[label]) * light) == label

    @pytest.mark.parametrize(
        "disturb", [vignette, shadow, specks, squares, corner_of_a_form, faint]
    )
    def test_disturbed_pictures(self, disturb):
        for label in range(10):
            assert read(disturb(paper(DIGITS[label]))) == label

    @settings(max_examples=15, deadline=None)
    @given(labels, st.integers(12, 30), st.integers(1, 2), st.floats(-1.5, 1.5))
    def test_ruled_paper(self, label, distance, thickness, degrees):
        picture = paper(DIGITS[label])
        drift = np.tan(np.radians(degrees)) * np.arange(120)
        for place in range(5, 110, distance):
            for along, across in enumerate((place + drift).astype(int)):
                picture[max(across, 1) : across + thickness, along] = 0.1
        assert read(picture) == label

    def test_a_picture_cut_close_around_the_digit(self):
        for label in (0, *range(2, 10)):  # around a 1, there is less paper than ink
            ink = digit(label, 32) > 0.5
            for picture in (ink, np.pad(ink, 1), digit(label, 300) > 0.5):
                assert read(1.0 - picture) == label

    def test_strokes_on_a_transparent_canvas(self):
        for label in range(10):
            alpha = np.round((1 - paper(DIGITS[label], dark=0, light=1)) * 255).astype(np.uint8)
            for ink in (0, 255):
                canvas = np.dstack([np.full((120, 120, 3), ink, dtype=np.uint8), alpha])
                assert read(canvas) == read(Image.fromarray(canvas)) == label

    @pytest.mark.parametrize("radius", [1, 5])
    def test_thin_and_thick_pens(self, radius):
        for label in (0, 1, 2, 3, 5, 6, 7, 9):  # the core of a 4 and of an 8 is another digit
            ink = np.pad(digit(label, 120) > 0.5, 10)
            core = ndimage.distance_transform_edt(ink)
            core = core > 0.75 * ndimage.maximum_filter(core, 25)
            drawn = ndimage.distance_transform_edt(~(core & ink)) <= radius
            assert read(paper(drawn, shape=(200, 200))) == label

    def test_outlines_are_filled(self):
        encoder = DigitImageEncoder()
        for label in (0, 2, 3, 4, 5, 6, 8, 9):  # a 1 may as well be a narrow 0
            ink = np.pad(digit(label, 200) > 0.5, 10)
            outline = ink & ~ndimage.binary_erosion(ink, iterations=3)
            filled = encoder.transform([paper(i, shape=(260, 260)) for i in (outline, ink)])
            assert np.abs(filled[0] - filled[1]).max() <= 3

    def test_dotted_strokes(self):
        for label in range(10):
            ink = np.pad(digit(label, 120) > 0.5, 10)
            rows, columns = np.indices(ink.shape)
            dots = (rows % 6 < 4) & (columns % 6 < 4)
            assert read(paper(ink & dots, shape=(200, 200))) == label

    def test_a_digit_that_fills_the_picture_keeps_its_level_strokes(self):
        ink = DIGITS[2]
        counts = DigitImageEncoder().transform([paper(ink), 1 - ink])
        assert np.abs(counts[0] - counts[1]).max() <= 2


class TestAnyPicture:
    @settings(max_examples=50, deadline=None)
    @given(st.data())
    def test_gives_counts_or_a_picture_error(self, data):
        height, width = (data.draw(st.integers(1, 70)) for _ in range(2))
        random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
        kind = data.draw(st.sampled_from(["noise", "blobs", "bits", "few"]))
        picture = random.random((height, width))
        if kind == "blobs":
            picture = ndimage.gaussian_filter(picture, 3)
        elif kind == "bits":
            picture = picture > data.draw(st.floats(0.01, 0.99))
        elif kind == "few":
            picture = np.isin(np.arange(height * width), random.integers(0, height * width, 3))
            picture = picture.reshape(height, width)
        parameters = {
            "deslant": data.draw(st.sampled_from(["mean", "moments", "ends", None])),
            "remove_lines": data.draw(st.booleans()),
        }
        try:
            counts = DigitImageEncoder(**parameters).transform([picture])
        except PictureError:
            return
        assert counts.shape == (1, 64)
        assert counts.dtype == np.float64
        assert counts.sum() > 0
        assert ((counts == np.round(counts)) & (counts >= 0) & (counts <= 16)).all()

    @pytest.mark.parametrize(
        "picture",
        [
            np.ones((50, 50)),
            np.zeros((28, 28)),
            np.zeros((10, 10, 4)),
            np.tile(np.linspace(0.3, 1, 80), (60, 1)),
            np.random.default_rng(0).normal(0.6, 0.05, (100, 100)),
        ],
        ids=["white", "black", "transparent", "a slope of light", "noise"],
    )
    def test_without_ink_is_refused(self, picture):
        with pytest.raises(PictureError, match="No ink was found"):
            DigitImageEncoder().transform([picture])

    def test_the_error_says_which_picture_it_was(self):
        pictures = [paper(DIGITS[1]), np.ones((9, 9)), paper(DIGITS[2])]
        with pytest.raises(PictureError, match=r"^Picture 1 of 3: No ink"):
            DigitImageEncoder().transform(pictures)


class TestSequences:
    @pytest.mark.parametrize(
        "one",
        ["digit.png", b"png", Image.new("L", (9, 9)), io.BytesIO(b"png"), np.ones((28, 28, 3))],
        ids=["str", "bytes", "pillow", "file", "array"],
    )
    def test_a_single_picture_is_refused(self, one):
        with pytest.raises(ValueError, match=r"transform\(\[picture\]\)"):
            DigitImageEncoder().transform(one)

    @pytest.mark.parametrize("nothing", [[], 3])
    def test_what_is_not_a_sequence_of_pictures_is_refused(self, nothing):
        with pytest.raises(ValueError, match=r"Found 0 pictures|got int"):
            DigitImageEncoder().transform(nothing)

    def test_an_array_of_pictures_a_list_and_a_generator_are_the_same(self):
        pictures = np.stack([paper(DIGITS[label]) for label in range(10)])
        encoder = DigitImageEncoder()
        counts = encoder.transform(pictures)
        assert SVM.predict(counts / 16).tolist() == list(range(10))
        np.testing.assert_array_equal(counts, encoder.transform(list(pictures)))
        np.testing.assert_array_equal(counts, encoder.transform(iter(pictures)))
        coloured = np.repeat(pictures[..., np.newaxis], 3, axis=3)
        np.testing.assert_allclose(counts, encoder.transform(coloured), atol=1)


class TestParameters:
    def ink(self, name, picture, **parameters):
        return DigitImageEncoder(**parameters).explain(picture)[name]

    def test_polarity(self):
        picture = paper(DIGITS[0])
        dark, light = (self.ink("ink", picture, polarity=which) for which in ("dark", "light"))
        np.testing.assert_array_equal(dark, ~light)
        assert dark.sum() < light.sum()

    def test_remove_lines(self):
        picture = paper(DIGITS[0])
        picture[60] = 0
        assert not self.ink("cleaned", picture)[60].all()
        assert self.ink("cleaned", picture, remove_lines=False)[60].all()

    @pytest.mark.parametrize("method", ["moments", "ends", "mean"])
    def test_deslant(self, method):
        ink = np.zeros((60, 60))
        for y in range(60):
            ink[y, 25 - y // 4 : 33 - y // 4] = 1
        bar = self.ink("deslanted", paper(ink), deslant=method)
        kept = self.ink("enlarged", paper(ink))
        assert bar.shape[1] < 0.5 * kept.shape[1]
        assert "deslanted" not in DigitImageEncoder(deslant=None).explain(paper(ink))

    @pytest.mark.parametrize(
        "wrong",
        [
            {"polarity": "grey"},
            {"deslant": True},
            {"max_pixels": 0},
        ],
        ids=str,
    )
    def test_what_is_not_valid_is_refused(self, wrong):
        encoder = DigitImageEncoder(**wrong)
        for call in (encoder.fit, encoder.transform, encoder.explain):
            with pytest.raises(ValueError, match=next(iter(wrong))):
                call([paper(DIGITS[0])])


class TestScikitLearn:
    # The others feed tables to the estimator.
    @pytest.mark.parametrize(
        "check",
        [
            estimator_checks.check_estimator_cloneable,
            estimator_checks.check_estimator_repr,
            estimator_checks.check_estimator_tags_renamed,
            estimator_checks.check_get_params_invariance,
            estimator_checks.check_mixin_order,
            estimator_checks.check_no_attributes_set_in_init,
            estimator_checks.check_parameters_default_constructible,
            estimator_checks.check_set_params,
            estimator_checks.check_valid_tag_types,
        ],
        ids=lambda check: check.__name__,
    )
    def test_passes_the_checks_that_need_no_table(self, check):
        check("DigitImageEncoder", DigitImageEncoder())

    def test_its_tags_keep_tables_away(self):
        tags = get_tags(DigitImageEncoder())
        assert not tags.input_tags.two_d_array
        assert not tags.requires_fit

    def test_it_is_part_of_pipelines_and_searches(self):
        X = np.array([paper(DIGITS[label]) for label in (0, 1, 7) for _ in range(4)])
        y = np.repeat([0, 1, 7], 4)
        pipeline = make_pipeline(DigitImageEncoder(), KNeighborsClassifier(1))
        search = GridSearchCV(pipeline, {"digitimageencoder__deslant": ["mean", None]}, cv=2)
        assert search.fit(X, y).best_score_ == 1
        assert search.fit(list(X), y).score(list(X), y) == 1

    def test_columns_are_named_as_in_the_data_set(self):
        encoder = DigitImageEncoder().set_output(transform="pandas")
        frame = encoder.fit_transform([paper(DIGITS[0])])
        names = load_optdigits().feature_names
        assert frame.columns.tolist() == names
        assert encoder.get_feature_names_out().tolist() == names

    def test_it_need_not_be_fitted_and_survives_cloning_and_pickling(self):
        encoder = DigitImageEncoder(deslant="ends")
        counts = encoder.transform([paper(DIGITS[4])])
        for copy in (clone(encoder), pickle.loads(pickle.dumps(encoder)), encoder.fit()):
            assert copy.get_params() == encoder.get_params()
            np.testing.assert_array_equal(copy.transform([paper(DIGITS[4])]), counts)


def test_the_explanation_ends_with_the_counts():
    encoder = DigitImageEncoder()
    picture = paper(DIGITS[2])
    steps = encoder.explain(picture)
    names = [
        "grey",
        "ink",
        "cleaned",
        "enlarged",
        "deslanted",
        "scaled",
        "bitmap",
        "counts",
    ]
    assert list(steps) == names
    np.testing.assert_array_equal(steps["counts"].ravel(), encoder.transform([picture])[0])
    np.testing.assert_array_equal(
        steps["bitmap"].reshape(8, 4, 8, 4).sum(axis=(1, 3)), steps["counts"]
    )
    np.testing.assert_array_equal(steps["grey"], picture)
