"""``skdigits predict``: what it says of pictures, and of what is none."""

import errno
import io
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import zlib
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from skdigits import DigitCNNClassifier, save_model
from skdigits.datasets import load_optdigits
from skdigits.default_model import default_model_path


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """A small network that knows the digits."""
    path = tmp_path_factory.mktemp("model") / "digits.skdigits"
    save_model(DigitCNNClassifier.fast(random_state=0).fit(*load_optdigits(return_X_y=True)), path)
    return path


@pytest.fixture
def predict(skdigits, model_file):
    return lambda *arguments: skdigits("predict", "--model", model_file, *arguments)


@pytest.fixture
def picture(handwriting):
    """Write a number dark on light: a grey PIL image."""

    def draw(text, **settings):
        ink, _ = handwriting(text, **{"height": 60, **settings})
        return Image.fromarray((230 - 190 * np.pad(ink, 16)).astype(np.uint8))

    return draw


def encoded(image, kind, **settings):
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file.getvalue()


FORMATS = {
    "png": lambda image: encoded(image, "PNG"),
    "jpg": lambda image: encoded(image, "JPEG", quality=60),
    "bmp": lambda image: encoded(image, "BMP"),
    "gif": lambda image: encoded(image, "GIF"),
    "tif": lambda image: encoded(image, "TIFF"),
    "colour.png": lambda image: encoded(image.convert("RGB"), "PNG"),
    "transparent.png": lambda image: encoded(image.convert("RGBA"), "PNG"),
    "palette.png": lambda image: encoded(image.convert("P"), "PNG"),
    "two_levels.png": lambda image: encoded(image.convert("1"), "PNG"),
    "cmyk.jpg": lambda image: encoded(image.convert("RGB").convert("CMYK"), "JPEG"),
    "16_bit.png": lambda image: encoded(
        Image.fromarray(np.asarray(image).astype(np.uint16) * 257), "PNG"
    ),
    "turned.jpg": lambda image: encoded(
        image.transpose(Image.Transpose.ROTATE_90), "JPEG", exif=orientation(6)
    ),
    "png_in_truth.jpg": lambda image: encoded(image, "PNG"),
}


def orientation(value):
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_of_any_kind_is_recognised(name, predict, picture, tmp_path):
    (tmp_path / name).write_bytes(FORMATS[name](picture("3")))
    status, out, err = predict(name)
    assert (status, err) == (0, "")
    assert out.startswith(f"{name}: 3 (")
    assert out.endswith("%)\n")


def test_standard_input_is_a_file_too(predict, picture, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(encoded(picture("3"), "PNG")))
    monkeypatch.setattr("sys.stdin", stdin)
    status, out, _ = predict("-")
    assert (status, out[:4]) == (0, "-: 3")


def test_a_folder_gives_its_pictures_in_order(predict, picture, tmp_path):
    folder = tmp_path / "digits"
    (folder / "more").mkdir(parents=True)
    for name in ("b.png", "a.PNG", "more/c.jpg"):
        picture("1").convert("RGB").save(folder / name)
    (folder / "notes.txt").write_text("not a picture")

    def names(*arguments):
        status, out, _ = predict(*arguments)
        assert status == 0
        return [line.split(":")[0] for line in out.splitlines()]

    here = [str(folder / name) for name in ("a.PNG", "b.png")]
    assert names(folder) == here
    assert names("--recursive", folder) == [*here, str(folder / "more/c.jpg")]


def test_json_is_an_object_a_line(predict, picture, tmp_path):
    picture("7").save(tmp_path / "seven.png")
    (tmp_path / "note.png").write_text("seven")
    status, out, err = predict("--json", "seven.png", "note.png")
    good, bad = map(json.loads, out.splitlines())
    assert status == 1
    assert good == {
        "file": "seven.png",
        "digit": 7,
        "confidence": pytest.approx(0.9, abs=0.11),
        "findings": [],
    }
    assert bad.keys() == {"file", "error"}
    assert bad["error"] in err


def test_probabilities_are_given_when_asked_for(predict, picture, tmp_path):
    picture("0").save(tmp_path / "zero.png")
    _, out, _ = predict("--json", "--proba", "zero.png")
    answer = json.loads(out)
    assert list(answer["probabilities"]) == [str(digit) for digit in range(10)]
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["probabilities"]["0"] == answer["confidence"]
    _, out, _ = predict("--proba", "zero.png")
    assert f"0 {answer['confidence']:.1%}  1 " in out.splitlines()[1]


def test_a_number_is_read_where_there_are_several_digits(predict, picture, tmp_path):
    picture("1 0 7".replace(" ", "")).save(tmp_path / "number.png")
    status, out, _ = predict("--several", "number.png")
    assert (status, out[:16]) == (0, "number.png: 107 ")
    _, out, _ = predict("--several", "--json", "--proba", "number.png")
    answer = json.loads(out)
    assert answer["number"] == "107"
    assert [digit["digit"] for digit in answer["digits"]] == [1, 0, 7]
    assert all(len(digit["probabilities"]) == 10 for digit in answer["digits"])
    product = np.prod([digit["confidence"] for digit in answer["digits"]])
    assert answer["confidence"] == pytest.approx(product)
    lefts = [digit["box"][0] for digit in answer["digits"]]
    assert lefts == sorted(lefts)
    assert lefts[0] == 16


def test_a_picture_of_several_digits_read_as_one_is_warned_of(predict, picture, tmp_path):
    picture("88888888", gap=4).save(tmp_path / "number.png")
    status, out, err = predict("number.png")
    assert status == 0
    assert out.startswith("number.png: ")
    assert err.startswith("Warning: number.png: ")
    assert "--several" in err


def test_light_ink_can_be_told(predict, picture, tmp_path):
    Image.fromarray(255 - np.asarray(picture("2"))).save(tmp_path / "two.png")
    assert predict("--polarity", "light", "two.png")[1].startswith("two.png: 2 ")


@pytest.mark.parametrize("several", [[], ["--several"]])
def test_figures_explain(several, predict, picture, tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        picture("5").save(tmp_path / folder / "five.png")
    before = (tmp_path / "a/five.png").read_bytes()
    status, out, _ = predict(*several, "--json", "--explain", "a", "a/five.png", "b/five.png")
    figures = [json.loads(line)["figure"] for line in out.splitlines()]
    assert (status, len(set(figures))) == (0, 2)
    for figure in figures:
        with Image.open(tmp_path / figure) as image:
            assert image.format == "PNG"
    assert (tmp_path / "a/five.png").read_bytes() == before


@pytest.mark.parametrize("several", [[], ["--several"]])
def test_an_explained_picture_is_decoded_and_encoded_once(
    several, predict, picture, tmp_path, monkeypatch
):
    from skdigits.pictures import PictureEncoding

    encoded, opened = [], []
    really_explain, really_open = PictureEncoding.explain, Image.open
    monkeypatch.setattr(
        PictureEncoding, "explain", lambda *given: encoded.append(1) or really_explain(*given)
    )
    monkeypatch.setattr(
        Image, "open", lambda *given, **kw: opened.append(1) or really_open(*given, **kw)
    )
    picture("5").save(tmp_path / "five.png")
    status, out, _ = predict(*several, "--explain", "figures", "five.png")
    assert (status, out[:11]) == (0, "five.png: 5")
    assert (len(encoded), len(opened)) == (1, 1)


def png_header(width, height):
    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'

HOSTILE = {
    "truncated.png": lambda image: encoded(image, "PNG")[:200],
    "truncated.jpg": lambda image: encoded(image, "JPEG")[:400],
    "only_a_header.png": lambda image: encoded(image, "PNG")[:8],
    "50000_x_50000.png": lambda image: png_header(50_000, 50_000),
    "no_pixels.png": lambda image: png_header(0, 0),
    "nothing.png": lambda image: b"",
    "svg.png": lambda image: SVG,
    "text.png": lambda image: b"three\n" * 200_000,
    "zeros.png": lambda image: bytes(100_000),
    "animated.gif": lambda image: encoded(
        image, "GIF", save_all=True, append_images=[Image.new("L", image.size, 200)]
    ),
    "blank.png": lambda image: encoded(Image.new("L", (40, 40), 255), "PNG"),
    "pdf.png": lambda image: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "postscript.png": lambda image: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
}


@pytest.mark.parametrize("several", [[], ["--several"]])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_bad_file_is_one_line_and_the_others_go_on(several, name, predict, picture, tmp_path):
    (tmp_path / name).write_bytes(HOSTILE[name](picture("6")))
    picture("6").save(tmp_path / "six.png")
    status, out, err = predict(*several, name, "six.png")
    assert status == 1
    assert out.startswith("six.png: 6 ")
    assert err.startswith(f"Error: {name}: ")
    assert err.count("\n") == 1
    assert str(tmp_path) not in err


def test_what_is_not_there_or_holds_no_pictures_is_named(predict, picture, tmp_path):
    (tmp_path / "empty").mkdir()
    picture("1").save(tmp_path / "one.png")
    status, out, err = predict("nowhere.png", "empty", "one.png")
    assert status == 1
    assert out.startswith("one.png: 1 ")
    missing, empty = err.splitlines()
    assert missing == "Error: nowhere.png: No such file or directory."
    assert empty.startswith("Error: empty: No pictures")


def test_a_file_that_may_not_be_read_is_named(predict, picture, tmp_path, monkeypatch):
    picture("1").save(tmp_path / "secret.png")
    really_open = os.open

    def refuse(path, *arguments, **keywords):
        if str(path).endswith("secret.png"):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return really_open(path, *arguments, **keywords)

    monkeypatch.setattr(os, "open", refuse)
    status, _, err = predict("secret.png")
    assert (status, err) == (1, "Error: secret.png: Permission denied.\n")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_pipes_and_devices_neither_hang_nor_fill_the_memory(predict, tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    status, out, err = predict("pipe.png", "/dev/zero", "/dev/null")
    assert (status, out) == (1, "")
    lines = err.splitlines()
    assert len(lines) == 3
    assert all("not a file" in line for line in lines)


def test_standard_input_without_an_end_is_given_up(predict, monkeypatch):
    class Endless(io.RawIOBase):
        taken = 0

        def read(self, size=-1):
            assert 0 < size < 200_000_000
            self.taken += size
            return bytes(size)

    endless = Endless()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=endless))
    status, _, err = predict("-")
    assert status == 1
    assert "MB" in err
    assert endless.taken < 200_000_000


def test_names_cannot_write_to_the_terminal(predict, picture, tmp_path):
    name = "red\x1b[31m\nfive.png"
    try:
        picture("5").save(tmp_path / name)
    except OSError:
        pytest.skip("the file system does not take such a name")
    status, out, _ = predict(name)
    assert status == 0
    assert out.startswith("red\\x1b[31m\\nfive.png: 5 ")


@pytest.mark.parametrize(
    "arguments",
    [[], ["--polarity", "blue", "x.png"], ["--proba"], ["-", "-"], ["--sevral", "x.png"]],
)
def test_wrong_usage_is_2(arguments, skdigits):
    status, out, err = skdigits("predict", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert err.endswith(" See skdigits predict --help.\n")


def test_a_file_that_is_no_model_ends_the_command(skdigits, picture, tmp_path):
    picture("1").save(tmp_path / "one.png")
    status, out, err = skdigits("predict", "--model", "one.png", "one.png")
    assert (status, out) == (1, "")
    assert err.startswith("Error: one.png is no sound model file")
    assert err.count("\n") == 1


def test_a_model_of_something_else_ends_the_command(skdigits, picture, tmp_path):
    picture("1").save(tmp_path / "one.png")
    X = np.random.default_rng(0).random((40, 16))
    clf = DigitCNNClassifier.fast(epochs=1, random_state=0).fit(X, X[:, 0] > 0.5)
    save_model(clf, tmp_path / "other.skdigits")
    status, _, err = skdigits("predict", "--model", "other.skdigits", "one.png")
    assert status == 1
    assert "16 features" in err


def test_without_a_model_the_packaged_one_reads(skdigits, picture, tmp_path):
    picture("9").save(tmp_path / "nine.png")
    status, out, err = skdigits("predict", "nine.png", "nowhere.png")
    assert (status, out[:11]) == (1, "nine.png: 9")
    assert err.startswith("Error: nowhere.png: ")


def test_ctrl_c_ends_it_with_130(model_file, picture, tmp_path):
    picture("1").save(tmp_path / "one.png")
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "skdigits",
            "predict",
            "--model",
            model_file,
            *["one.png"] * 100_000,
        ],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip() == "Interrupted."


def test_it_starts_without_what_it_does_not_need(model_file, picture, run_python, tmp_path):
    picture("1").save(tmp_path / "one.png")
    loaded = run_python(
        f"""
import sys
from skdigits.cli import main
sys.argv = ["skdigits", "predict", "--model", {str(model_file)!r}, {str(tmp_path / "one.png")!r}]
try:
    main()
finally:
    print(*sys.modules)
"""
    ).split()
    assert {"tensorflow", "keras", "matplotlib", "sklearn", "pandas"}.isdisjoint(loaded)


class TestWhatIsNoDigit:
    """The packaged model can tell, and the command says so."""

    def test_a_digit_on_its_side_is_doubted_and_has_a_second_guess(
        self, skdigits, picture, tmp_path
    ):
        picture("3").transpose(Image.Transpose.ROTATE_90).save(tmp_path / "three.png")
        status, out, err = skdigits("predict", "three.png")
        assert status == 0
        assert out.startswith("three.png: ")
        assert err.startswith("Warning: three.png: not sure that this is a digit; the second guess")
        _, out, _ = skdigits("predict", "--json", "three.png")
        answer = json.loads(out)
        assert answer["findings"] == ["unlike_a_digit"]
        assert 0.99 < answer["novelty"] <= 1

    def test_several_digits_are_noticed(self, skdigits, picture, tmp_path):
        picture("17").save(tmp_path / "number.png")
        status, out, err = skdigits("predict", "number.png")
        assert status == 0
        assert err == (
            "Warning: number.png: this looks like several digits, '17': try --several.\n"
        )
        _, out, err = skdigits("predict", "--several", "number.png")
        assert (out.split(" (")[0], err) == ("number.png: 17", "")

    def test_a_sign_between_digits_is_marked(self, skdigits, picture, tmp_path):
        image = picture("37", gap=50)
        left, right = (np.flatnonzero((np.asarray(image) < 100).any(axis=0))[i] for i in (0, -1))
        middle = (left + right) // 2
        image.paste(40, (middle - 14, 43, middle + 14, 50))
        image.save(tmp_path / "minus.png")
        status, out, err = skdigits("predict", "--several", "minus.png")
        assert (status, out.split(" (")[0]) == (0, "minus.png: 3?7")
        assert err == 'Warning: minus.png: what "?" stands for looks unlike a digit.\n'

    def test_cleaning_that_takes_most_of_the_ink_is_said(self, predict, picture, tmp_path):
        ruled = np.full((240, 240), 230, dtype=np.uint8)
        ruled[::16] = 40
        three = np.asarray(picture("3"))[16:-16, 16:-16]
        place = ruled[90 : 90 + three.shape[0], 90 : 90 + three.shape[1]]
        place[three < 100] = 40
        Image.fromarray(ruled).save(tmp_path / "ruled.png")
        _, _, err = predict("ruled.png")
        assert "most of the ink was taken for ruled lines" in err

    def test_a_model_of_ones_own_that_knows_what_is_none_says_so_too(
        self, skdigits, picture, tmp_path
    ):
        shutil.copy(default_model_path(), tmp_path / "mine.skdigits")  # its eleventh class is -1
        picture("3").transpose(Image.Transpose.ROTATE_90).save(tmp_path / "three.png")
        _, out, err = skdigits("predict", "--model", "mine.skdigits", "three.png")
        assert "not sure that this is a digit" in err
        assert (out, err) == skdigits("predict", "three.png")[1:]
