"""Pictures of every kind, whole and damaged; what is read, and what is refused."""

import io
import re
import struct
import sys
import warnings
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, features

from skdigits.exceptions import PictureError
from skdigits.pictures._read_picture import read_picture

GREYS = np.arange(12, dtype=np.uint8).reshape(3, 4) * 20


def encoded(image, format="PNG", **options):
    """Return the content of a file."""
    file = io.BytesIO()
    image.save(file, format, **options)
    return file.getvalue()


def png(width, height, *, depth=8, colour=0, data=b""):
    """Return a PNG with this header, whatever its data."""

    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(data))
        + chunk(b"IEND", b"")
    )


def frames(format, **options):
    """Return a file of two pictures."""
    first, second = Image.new("L", (4, 4), 0), Image.new("L", (4, 4), 255)
    return encoded(first, format, save_all=True, append_images=[second], **options)


WHOLE = {
    format: encoded(Image.fromarray(np.kron(GREYS, np.ones((4, 4), np.uint8))), format)
    for format in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM")
}


@pytest.mark.parametrize(
    "kind", ["path", "str", "bytes", "memoryview", "file", "pillow", "array", "list"]
)
def test_every_kind_of_picture_gives_the_same(kind, tmp_path):
    path = tmp_path / "digit.png"
    path.write_bytes(encoded(Image.fromarray(GREYS)))
    picture = {
        "path": lambda: path,
        "str": lambda: str(path),
        "bytes": path.read_bytes,
        "memoryview": lambda: memoryview(path.read_bytes()),
        "file": lambda: io.BytesIO(path.read_bytes()),
        "pillow": lambda: Image.open(path),
        "array": lambda: GREYS,
        "list": GREYS.tolist,
    }[kind]()
    grey = read_picture(picture)
    assert grey.dtype == np.float64
    np.testing.assert_allclose(grey, GREYS / 255)


@pytest.mark.parametrize("format", ["PNG", "BMP", "GIF", "TIFF", "PPM", "WEBP", "JPEG"])
def test_every_format_is_read(format):
    big = np.kron(GREYS, np.ones((8, 8), dtype=np.uint8))
    options = {"lossless": True} if format == "WEBP" else {}
    data = encoded(Image.fromarray(big), format, **options)
    np.testing.assert_allclose(read_picture(data), big / 255, atol=0.03)


@pytest.mark.skipif(not features.check("avif"), reason="this Pillow does not read AVIF")
def test_avif_is_read_where_pillow_reads_it():
    big = np.kron(GREYS, np.ones((8, 8), dtype=np.uint8))
    data = encoded(Image.fromarray(big), "AVIF", quality=100)
    np.testing.assert_allclose(read_picture(data), big / 255, atol=0.03)
    with pytest.raises(PictureError, match="no picture that can be read"):
        read_picture(data[:40])


@pytest.mark.parametrize(
    ("size", "enough", "expected"),
    [
        ((640, 480), None, (480, 640)),
        ((640, 480), 700, (480, 640)),
        ((640, 480), 330, (480, 640)),
        ((640, 480), 320, (240, 320)),
        ((480, 640), 100, (160, 120)),
        ((640, 8), 10, (1, 80)),
    ],
)
def test_of_a_photograph_no_more_is_decoded_than_is_enough(size, enough, expected):
    slope = Image.linear_gradient("L").resize(size)
    grey = read_picture(encoded(slope, "JPEG", quality=95), enough=enough)
    assert grey.shape == expected
    smaller = np.asarray(slope.resize(expected[::-1], Image.Resampling.BOX)) / 255
    np.testing.assert_allclose(grey, smaller, atol=0.02)
    assert read_picture(encoded(slope), enough=enough).shape == size[::-1]  # PNG


def test_a_photograph_that_was_opened_is_left_as_it_is():
    image = Image.open(io.BytesIO(encoded(Image.new("L", (640, 480)), "JPEG")))
    assert read_picture(image, enough=80).shape == (480, 640)
    assert image.size == (640, 480)


def test_a_stream_that_cannot_be_rewound_is_read():
    class Pipe(io.RawIOBase):
        def __init__(self, data):
            self.rest = io.BytesIO(data)

        def readable(self):
            return True

        def readinto(self, buffer):
            return self.rest.readinto(buffer)

    pipe = io.BufferedReader(Pipe(encoded(Image.fromarray(GREYS))))
    np.testing.assert_allclose(read_picture(pipe), GREYS / 255)


class TestColours:
    @pytest.mark.parametrize("mode", ["RGB", "RGBA", "palette", "CMYK", "array"])
    @pytest.mark.parametrize(
        ("ink", "paper"), [((200, 60, 60), (60, 130, 60)), ((90, 90, 255), (110, 110, 40))]
    )
    def test_ink_that_is_as_light_as_the_paper_is_seen_by_its_colour(self, mode, ink, paper):
        picture = Image.new("RGB", (60, 60), paper)
        picture.paste(ink, (25, 10, 32, 50))
        others = {"array": np.asarray, "palette": Image.Image.quantize}
        given = others[mode](picture) if mode in others else picture.convert(mode)
        assert np.abs(np.diff(np.asarray(picture.convert("L"), float))).max() < 15
        assert np.abs(np.diff(read_picture(given))).max() > 0.3

    @pytest.mark.parametrize(
        ("rgb", "luminance"), [((255, 0, 0), 0.299), ((0, 255, 0), 0.587), ((0, 0, 255), 0.114)]
    )
    def test_luminance(self, rgb, luminance):
        image = Image.new("RGB", (3, 2), rgb)
        assert read_picture(image) == pytest.approx(luminance, abs=0.003)
        assert read_picture(np.asarray(image)) == pytest.approx(luminance, abs=0.003)

    def test_cmyk(self):
        image = Image.fromarray(np.kron(GREYS, np.ones((8, 8), np.uint8))).convert("CMYK")
        assert image.mode == "CMYK"
        expected = np.kron(GREYS, np.ones((8, 8))) / 255
        np.testing.assert_allclose(read_picture(encoded(image, "TIFF")), expected, atol=0.01)

    @pytest.mark.parametrize("format", ["PNG", "TIFF", "PPM"])
    def test_16_bits(self, format):
        deep = GREYS.astype(np.uint16) * 257
        np.testing.assert_allclose(
            read_picture(encoded(Image.fromarray(deep), format)), GREYS / 255, atol=1e-4
        )

    def test_a_photograph_is_turned_upright(self):
        upright = np.kron(GREYS, np.ones((8, 8), dtype=np.uint8))
        exif = Image.Exif()
        exif[0x0112] = 6
        turned = Image.fromarray(upright).transpose(Image.Transpose.ROTATE_90)
        grey = read_picture(encoded(turned, exif=exif))
        np.testing.assert_allclose(grey, upright / 255)

    @pytest.mark.filterwarnings("error")
    @pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
    @pytest.mark.parametrize(
        ("entry", "value"),
        [
            # A signed rational of -1/0, as telephones have written it.
            ((0x011A, 10, 1, 38), struct.pack("<ii", -1, 0)),
            # The address of GPS data beyond the end.
            ((0x8825, 4, 1, 0xFFFF), b""),
        ],
    )
    def test_of_broken_exif_data_the_orientation_is_taken(self, format, entry, value):
        entries = [(0x0112, 3, 1, 6), entry]
        exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", len(entries))
        exif += b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4) + value
        turned = encoded(Image.new("L", (40, 30)), format, exif=exif)
        assert read_picture(turned).shape == (40, 30)

    @pytest.mark.parametrize("exif", [bytes(40), b"II*\0\xff\xff\xff\x7f"])
    def test_exif_data_that_cannot_be_parsed_are_left_out(self, exif):
        data = encoded(Image.new("L", (40, 30)), "JPEG", exif=b"Exif\0\0" + exif)
        assert read_picture(data).shape == (30, 40)

    def test_lab_is_seen_in_its_colours(self):
        picture = Image.new("RGB", (60, 60), (60, 130, 60))
        picture.paste((200, 60, 60), (25, 10, 32, 50))
        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        lab = ImageCms.profileToProfile(picture, *profiles, outputMode="LAB")
        for image in (lab, encoded(lab, "TIFF")):
            np.testing.assert_allclose(read_picture(image), read_picture(picture), atol=0.03)


class TestTransparency:
    @pytest.fixture(params=["RGBA", "LA", "La", "RGBa", "array"])
    def drawn(self, request):
        """Make a stroke on a transparent canvas."""

        def draw(ink):
            pixels = np.zeros((8, 8, 4), dtype=np.uint8)
            pixels[2:6, 3] = [ink, ink, ink, 255]
            image = Image.fromarray(pixels)
            if request.param == "array":
                return pixels
            return image.convert(request.param.upper()).convert(request.param)

        return draw

    def test_black_strokes_stand_on_white(self, drawn):
        grey = read_picture(drawn(0))
        expected = np.ones((8, 8))
        expected[2:6, 3] = 0
        np.testing.assert_array_equal(grey, expected)

    def test_white_strokes_stand_on_black(self, drawn):
        grey = read_picture(drawn(255))
        expected = np.zeros((8, 8))
        expected[2:6, 3] = 1
        np.testing.assert_array_equal(grey, expected)

    @pytest.mark.parametrize("paper", [30, 230])
    def test_corners_cut_off_become_like_the_paper(self, paper):
        pixels = np.full((20, 20, 4), [paper, paper, paper, 255], dtype=np.uint8)
        pixels[5:15, 9:11, :3] = 255 - paper
        pixels[:3, :3, 3] = 0
        assert read_picture(pixels)[0, 0] == round(paper / 255)


class TestArrays:
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
    def test_numbers_to_255(self, dtype):
        np.testing.assert_allclose(read_picture(GREYS.astype(dtype)), GREYS / 255, rtol=1e-6)

    @pytest.mark.parametrize("dtype", [bool, np.uint8, np.int32, np.float32])
    def test_zeros_and_ones_are_black_and_white(self, dtype):
        mask = np.eye(4).astype(dtype)
        np.testing.assert_array_equal(read_picture(mask), np.eye(4))

    @pytest.mark.parametrize("white", [16, 15, 1023, 4095, 16383, 65535])
    def test_numbers_have_the_least_usual_range_that_holds_them(self, white):
        pixels = np.round(GREYS / 255 * white).astype(np.uint16)
        pixels[0, 0] = white
        full = 16 if white == 15 else white
        np.testing.assert_allclose(read_picture(pixels), pixels / full)

    def test_what_interpolation_overshoots_by_is_cut_off(self):
        np.testing.assert_array_equal(read_picture([[-0.04, 0.5, 1.07]]), [[0, 0.5, 1]])
        np.testing.assert_allclose(read_picture([[-9.0, 51, 262]]), [[0, 0.2, 1]])

    def test_the_array_stays_as_it_is(self):
        pixels = np.random.default_rng(0).random((5, 6, 4))
        before = pixels.copy()
        read_picture(pixels)
        np.testing.assert_array_equal(pixels, before)

    @pytest.mark.parametrize(
        ("pixels", "message"),
        [
            (np.full((3, 3), np.nan), "finite numbers.*nan"),
            (np.array([[-1.0, 1.0]]), "go from -1 to 1"),
            (np.array([[0, 70000]]), "go from 0 to 70000"),
            (np.zeros((0, 5)), r"is empty: its shape is \(0, 5\)"),
            (np.zeros(64), r"got \(64,\). A row of counts needs no encoding"),
            (np.zeros((3, 20, 20)), "channels go last"),
            (np.zeros((20, 20, 5)), "1 to 4 channels"),
            (np.zeros((3, 3), dtype=complex), "array of real numbers"),
            ([[1, 2], [3]], "array of real numbers"),
            (None, "got NoneType"),
            (5, r"got \(\)"),
        ],
    )
    def test_what_is_no_picture_is_refused(self, pixels, message):
        with pytest.raises(PictureError, match=message):
            read_picture(pixels)


class TestDamagedAndHostileFiles:
    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (b"", "no picture that can be read"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Known are PNG, JPEG"),
            (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "no picture that can be read"),
            (png(5, 5), "damaged or incomplete"),
            (encoded(Image.fromarray(GREYS))[:-30], "damaged or incomplete"),
            (encoded(Image.effect_noise((50, 50), 60), "JPEG")[:-200], "damaged or incomplete"),
            (png(50_000, 50_000), "more than the 50,000,000 pixels that are read"),
            (png(10_000, 10_000), "10000 x 10000 pixels are more than the 50,000,000"),
            (frames("GIF"), "several frames"),
            (frames("TIFF"), "several frames"),
        ],
    )
    def test_each_is_refused_with_a_reason(self, data, message, tmp_path):
        path = tmp_path / "digit.png"
        path.write_bytes(data)
        for picture in (data, path):
            with pytest.raises(PictureError, match=message) as refused:
                read_picture(picture)
            assert str(tmp_path) not in str(refused.value)
            # Pillow's own words name objects in memory, or speak of bombs and attacks.
            assert not re.search(r"object at|bomb|DOS|image file|int\(\)", str(refused.value))
        assert "'digit.png'" in str(refused.value)

    @pytest.mark.filterwarnings("error")
    def test_a_picture_that_pillow_warns_of_is_read(self, monkeypatch):
        data = encoded(Image.fromarray(GREYS))
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", GREYS.size - 1)
        np.testing.assert_allclose(read_picture(data), GREYS / 255)

    def test_a_pillow_image_whose_file_is_closed(self):
        image = Image.open(io.BytesIO(encoded(Image.fromarray(GREYS))))
        image.close()
        with pytest.raises(PictureError, match=r"its file was closed .* load\(\) first"):
            read_picture(image)

    def test_a_bomb_is_refused_before_it_is_decoded(self, monkeypatch):
        limit = Image.MAX_IMAGE_PIXELS
        monkeypatch.setattr(
            Image.Image, "load", lambda image: pytest.fail("the pixels were decoded")
        )
        for size in ((50_000, 50_000), (200, 100)):
            with pytest.raises(PictureError, match="too large"):
                read_picture(png(*size), max_pixels=10_000)
        assert limit == Image.MAX_IMAGE_PIXELS

    def test_the_limit_is_for_arrays_and_pillow_images_too(self):
        for picture in (np.zeros((101, 100)), Image.new("L", (100, 101))):
            with pytest.raises(PictureError, match="too large: 100 x 101"):
                read_picture(picture, max_pixels=10_000)

    def test_a_frame_that_pillow_was_told_is_read(self):
        image = Image.open(io.BytesIO(frames("GIF")))
        image.seek(1)
        assert (read_picture(image) == 1).all()

    def test_previews_of_a_phone_do_not_count(self):
        images = [Image.new("L", (side, side), grey) for side, grey in ((32, 255), (8, 0))]
        data = encoded(images[0], "MPO", save_all=True, append_images=images[1:])
        grey = read_picture(data)
        assert grey.shape == (32, 32)
        assert (grey == 1).all()

    @pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
    def test_a_photograph_of_a_telephone_is_named_with_the_way_out(self, brand):
        data = b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0mif1heic" + bytes(400)
        with pytest.raises(PictureError, match=r"format HEIC, .* JPEG, or, .* pillow-heif"):
            read_picture(data)

    @settings(max_examples=80, deadline=None)
    @given(data=st.data())
    def test_whatever_is_damaged_gives_greys_or_a_picture_error(self, data):
        content = bytearray(WHOLE[data.draw(st.sampled_from(sorted(WHOLE)))])
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        content = content[: data.draw(st.integers(1, len(content)))]
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                grey = read_picture(bytes(content), max_pixels=100_000)
        except PictureError:
            return
        assert grey.ndim == 2
        assert 0 <= grey.min() <= grey.max() <= 1


@pytest.mark.skipif(sys.platform == "win32", reason="libtiff cannot be silenced in Pillow there")
@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_deflate"])
def test_of_a_damaged_tiff_nothing_is_written_to_standard_error(compression, capfd):
    noise = np.random.default_rng(0).integers(0, 256, (60, 60), np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).convert("1").save(file, "TIFF", compression=compression)
    data = bytearray(file.getvalue())
    data[8:250] = bytes(242)  # the pixels, which come before their description
    with pytest.raises(PictureError, match="damaged"):
        read_picture(bytes(data))
    assert capfd.readouterr().err == ""
