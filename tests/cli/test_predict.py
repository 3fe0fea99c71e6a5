"""``skdigits predict``: what it says of pictures, and of what is none."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from sklearn.dummy import DummyClassifier

from skdigits import DigitCNNClassifier, save_model
from skdigits.cli import _predict
from skdigits.datasets import load_optdigits
from skdigits.default_model import default_model_path
from skdigits.pictures import NOT_SURE, NOT_SURE_WHICH


@pytest.fixture(scope="module")
def model_file(tmp_path_factory):
    """A small network that knows the digits."""
    path = tmp_path_factory.mktemp("model") / "digits.skdigits"
    clf = DigitCNNClassifier.fast(epochs=3, random_state=0).fit(*load_optdigits(return_X_y=True))
    save_model(clf, path)
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


def test_a_picture_is_recognised_by_its_content(predict, picture, tmp_path):
    (tmp_path / "png_in_truth.jpg").write_bytes(encoded(picture("3"), "PNG"))
    picture("3").convert("CMYK").save(tmp_path / "cmyk.jpg")
    status, out, err = predict("png_in_truth.jpg", "cmyk.jpg")
    assert (status, err) == (0, "")
    first, second = out.splitlines()
    assert first.startswith("png_in_truth.jpg: 3 (")
    assert first.endswith("%)")
    assert second.startswith("cmyk.jpg: 3 (")


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
    status, out, err = predict(folder)
    found = [line.split(":")[0] for line in out.splitlines()]
    assert (status, err) == (0, "")
    assert found == [str(folder / name) for name in ("a.PNG", "b.png", "more/c.jpg")]


def test_other_files_of_a_folder_are_named_in_one_line(predict, picture, tmp_path):
    (tmp_path / "digits/more").mkdir(parents=True)
    picture("1").save(tmp_path / "digits/one.png")
    names = [".hidden", "a.heic", "b\x1b[31m.txt", "c.cr2", "more/d.txt", "more/e.txt"]
    for name in names:
        (tmp_path / "digits" / name).touch()
    status, out, err = predict("digits")
    assert (status, out[:18]) == (0, "digits/one.png: 1 ")
    assert err == (
        "Warning: digits: Passed over, not named as pictures: a.heic, b\\x1b[31m.txt, c.cr2 and 2 "
        "more.\n"
    )


def test_a_picture_may_have_a_name_of_255_bytes(predict, picture, tmp_path):
    long = "é" * 125 + "a.png"
    names = [long, long.replace("a", "b")]
    for name in names:
        picture("1").save(tmp_path / name)
    status, out, err = predict("--json", "--explain", "figures", *names)
    figures = {json.loads(line)["figure"] for line in out.splitlines()}
    assert (status, err) == (0, "")
    assert {str(path.relative_to(tmp_path)) for path in tmp_path.glob("figures/*")} == figures
    assert len(figures) == 2


def test_json_is_an_object_a_line(predict, picture, tmp_path):
    picture("7").save(tmp_path / "seven.png")
    (tmp_path / "note.png").write_text("seven")
    status, out, err = predict("--json", "seven.png", "note.png")
    good, bad = map(json.loads, out.splitlines())
    assert status == 1
    probabilities = good.pop("probabilities")
    assert list(probabilities) == [str(digit) for digit in range(10)]
    assert sum(probabilities.values()) == pytest.approx(1)
    confidence = probabilities["7"]
    assert good == {"file": "seven.png", "digit": 7, "confidence": confidence, "findings": []}
    assert bad.keys() == {"file", "error"}
    assert bad["error"] in err


def test_a_number_is_read_where_there_are_several_digits(predict, picture, tmp_path):
    picture("107").save(tmp_path / "number.png")
    status, out, _ = predict("--several", "number.png")
    assert (status, out[:16]) == (0, "number.png: 107 ")
    _, out, _ = predict("--several", "--json", "number.png")
    answer = json.loads(out)
    assert answer["number"] == "107"
    assert [digit["digit"] for digit in answer["digits"]] == [1, 0, 7]
    assert all(len(digit["probabilities"]) == 10 for digit in answer["digits"])
    product = np.prod([digit["confidence"] for digit in answer["digits"]])
    assert answer["confidence"] == pytest.approx(product)
    lefts = [digit["box"][0] for digit in answer["digits"]]
    assert lefts == sorted(lefts)
    assert lefts[0] == 16


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


@pytest.mark.parametrize("sign", ["a", "é"])
def test_figures_of_pictures_with_the_longest_names(sign, predict, picture, tmp_path):
    stem = sign * (250 // len(sign.encode()))
    for name in (f"{stem}.png", f"{stem}.bmp"):
        picture("5").save(tmp_path / name)
    status, _, err = predict("--explain", "figures", f"{stem}.png", f"{stem}.bmp")
    assert (status, err) == (0, "")
    assert len([*(tmp_path / "figures").glob("*_explained.png")]) == 2


def test_figures_need_no_backend_of_matplotlib(predict, picture, tmp_path):
    picture("5").save(tmp_path / "five.png")
    command = [sys.executable, "-m", "skdigits", "predict", "--explain", "figures", "five.png"]
    environment = {**os.environ, "MPLBACKEND": "not-installed"}
    done = subprocess.run(
        command, env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "figures" / "five_explained.png").exists()


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


@pytest.mark.parametrize("several", [[], ["--several"]])
def test_a_bad_file_is_one_line_and_the_others_go_on(several, predict, picture, tmp_path):
    bad = {
        "truncated.png": encoded(picture("6"), "PNG")[:200],
        "nothing.png": b"",
        "svg.png": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "text.png": b"three\n" * 200_000,
        "blank.png": encoded(Image.new("L", (40, 40), 255), "PNG"),
    }
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    picture("6").save(tmp_path / "six.png")
    status, out, err = predict(*several, *bad, "six.png")
    assert status == 1
    assert out.startswith("six.png: 6 ")
    errors = [line for line in err.splitlines() if line.startswith("Error: ")]
    assert [line.split(":")[1].strip() for line in errors] == list(bad)
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
    [[], ["--json"], ["-", "-"], ["--sevral", "x.png"]],
)
def test_wrong_usage_is_2(arguments, skdigits):
    status, out, err = skdigits("predict", *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("Error: ")
    assert err.endswith(" See skdigits predict --help.\n")


def test_a_model_of_something_else_ends_the_command(skdigits, tiny, picture, tmp_path):
    picture("1").save(tmp_path / "one.png")
    X = np.random.default_rng(0).random((40, 16))
    save_model(tiny(epochs=1).fit(X, X[:, 0] > 0.5), tmp_path / "other.skdigits")
    status, _, err = skdigits("predict", "--model", "other.skdigits", "one.png")
    assert status == 1
    assert "16 features" in err


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("labels", [int, str])
def test_a_class_of_outliers_that_is_not_marked_is_warned_of(
    skdigits, tiny, picture, tmp_path, labels
):
    X, y = load_optdigits(return_X_y=True)
    clf = tiny(epochs=1).fit(X[:100], np.where(y[:100] < 8, y[:100], -1).astype(labels))
    save_model(clf, tmp_path / "other.skdigits")
    picture("3").save(tmp_path / "three.png")
    status, out, err = skdigits("predict", "--model", "other.skdigits", "three.png")
    assert (status, out.count("\n")) == (0, 1)
    assert err.startswith("Warning: The class -1 of")
    assert err.count("outlier_label=-1") == 1


@pytest.mark.filterwarnings("default")
def test_a_model_of_scaled_samples_is_warned_of_once(skdigits, tiny, picture, tmp_path, digits):
    save_model(tiny(epochs=1).fit(digits[0] / 16, digits[1]), tmp_path / "scaled.skdigits")
    for name in ("a.png", "b.png"):
        picture("3").save(tmp_path / name)
    status, out, err = skdigits("predict", "--model", "scaled.skdigits", "a.png", "b.png")
    assert (status, out.count("\n"), err.count("\n")) == (0, 2, 1)
    assert err.startswith("Warning: The model was not trained on counts 0..16")


def test_without_a_model_the_packaged_one_reads(skdigits, picture, tmp_path):
    picture("9").save(tmp_path / "nine.png")
    status, out, err = skdigits("predict", "nine.png", "nowhere.png")
    assert (status, out[:11]) == (1, "nine.png: 9")
    assert err.startswith("Error: nowhere.png: ")


def test_ctrl_c_ends_it_with_130(picture, tmp_path):
    picture("1").save(tmp_path / "one.png")
    with subprocess.Popen(
        [sys.executable, "-m", "skdigits", "predict", *["one.png"] * 20_000],
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


def test_an_answer_below_nine_tenths_is_doubted(skdigits, picture, tmp_path, monkeypatch):
    model = DummyClassifier().fit(*load_optdigits(return_X_y=True))
    monkeypatch.setattr(_predict, "load_reader", lambda file: model)
    picture("1").save(tmp_path / "one.png")
    status, _, err = skdigits("predict", "one.png")
    assert status == 0
    assert err.startswith(f"Warning: one.png: {NOT_SURE_WHICH} The second guess is ")
    _, _, err = skdigits("predict", "--several", "one.png")
    assert err == "Warning: one.png: Not sure which digits these are: 1 of 1.\n"


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
        # A model file keeps the label of the class "not a digit".
        shutil.copy(default_model_path(), tmp_path / "mine.skdigits")
        picture("3").transpose(Image.Transpose.ROTATE_90).save(tmp_path / "three.png")
        status, out, err = skdigits("predict", "three.png")
        assert status == 0
        assert out.startswith("three.png: ")
        assert err.startswith(f"Warning: three.png: {NOT_SURE} The second guess is ")
        assert (out, err) == skdigits("predict", "--model", "mine.skdigits", "three.png")[1:]
        _, out, _ = skdigits("predict", "--json", "three.png")
        answer = json.loads(out)
        assert answer["findings"] == ["unlike_a_digit"]
        assert 0.99 < answer["novelty"] <= 1

    def test_several_digits_are_noticed(self, skdigits, picture, tmp_path):
        picture("17").save(tmp_path / "number.png")
        status, out, err = skdigits("predict", "number.png")
        assert status == 0
        assert "several digits, '17'" in err
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
        assert "unlike a digit" in err

    def test_cleaning_that_takes_most_of_the_ink_is_said(self, predict, picture, tmp_path):
        ruled = np.full((240, 240), 230, dtype=np.uint8)
        ruled[::16] = 40
        three = np.asarray(picture("3"))[16:-16, 16:-16]
        place = ruled[90 : 90 + three.shape[0], 90 : 90 + three.shape[1]]
        place[three < 100] = 40
        Image.fromarray(ruled).save(tmp_path / "ruled.png")
        _, _, err = predict("ruled.png")
        assert "of the ink was taken for ruled lines" in err
