import csv
import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skdigits.datasets import load_optdigits, read_digits_csv

NAMES = load_optdigits().feature_names

DIGITS = np.column_stack(load_optdigits(return_X_y=True)).astype(int)

# Sixty-four counts and a label a row.
tables = st.integers(1, 5).flatmap(
    lambda n: st.builds(
        lambda counts, labels: np.column_stack([counts, labels]),
        arrays(np.int64, (n, 64), elements=st.integers(0, 16)),
        arrays(np.int64, (n,), elements=st.integers(0, 9)),
    )
)


def text(table):
    return "\n".join(",".join(map(str, row)) for row in table) + "\n"


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return tmp_path_factory.mktemp("csv") / "digits.csv"


@pytest.fixture
def rows():
    """Three valid rows of cells."""
    return [["0"] * 64 + [str(label)] for label in (3, 1, 4)]


# What a file looks like, as the keywords of DataFrame.to_csv.
looks = st.fixed_dictionaries(
    {
        "index": st.booleans(),
        "sep": st.sampled_from([",", ";", "\t", "|", " "]),
        "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
        "lineterminator": st.sampled_from(["\n", "\r\n", "\r"]),
        "encoding": st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
        "compression": st.sampled_from([None, "gzip"]),
        "float_format": st.sampled_from([None, "%.1f", "%.18e"]),
        "decimal": st.sampled_from([".", ","]),
    }
).filter(lambda look: look["decimal"] == "." or look["sep"] in ";\t|")

COUNT_NAMES = {
    "of the package": NAMES,
    "from 0": [f"pixel{i}" for i in range(64)],
    "from 1": [f"Attribute{i}" for i in range(1, 65)],
    "numbers": [*range(64)],
    "row x column": [f"{i}x{j}" for i in range(1, 9) for j in range(1, 9)],
}
LABEL_NAMES = [*("class", " Target", "LABEL", "digit", "y", "y_true", "'Species'", "true-label")]


def columns_of(table, names, place):
    """Return a frame of a table whose label is last, with the label at another place."""
    columns = [*range(64)]
    columns.insert(place, 64)
    return pd.DataFrame(table[:, columns], columns=names)


def write(file, frame, look):
    as_float = frame.astype(float) if look["float_format"] else frame
    as_float.to_csv(file, **look)


@given(tables, st.sampled_from(LABEL_NAMES), st.sampled_from([*COUNT_NAMES]), st.data())
def test_a_table_with_a_named_label_is_read_as_it_was_written(file, table, label, counts, data):
    place = data.draw(st.integers(0, 64))
    names = [*COUNT_NAMES[counts]]
    names.insert(place, label)
    look = data.draw(looks)
    # Between spaces, an index without a name cannot be seen in a single row: that is refused.
    assume(len(table) > 1 or not (look["index"] and look["sep"] == " "))
    write(file, columns_of(table, names, place), look)

    digits = read_digits_csv(file)

    np.testing.assert_array_equal(digits.data, table[:, :64])
    np.testing.assert_array_equal(digits.target, table[:, 64])


@given(
    st.tuples(st.integers(0, 5000), st.integers(3, 60)),
    st.sampled_from([0, 64]),
    st.sampled_from([False, [f"V{i}" for i in range(65)], [*map(str, range(65))], ["a"] * 65]),
    looks,
)
def test_digits_with_an_unnamed_label_are_read_as_they_were_written_or_refused(
    file, rows, place, header, look
):
    first, n_rows = rows
    table = DIGITS[first : first + n_rows]
    write(file, columns_of(table, header or None, place), {**look, "header": header})

    try:
        digits = read_digits_csv(file)
    except ValueError as error:
        # A few rows of the same digit, or whose labels count up.
        assert "cannot be told" in str(error)  # noqa: PT017
        assert n_rows < 25
    else:
        np.testing.assert_array_equal(digits.data, table[:, :64])
        np.testing.assert_array_equal(digits.target, table[:, 64])


@given(tables, st.sampled_from([0, 64]))
def test_any_table_without_names_is_read_if_the_place_of_the_label_is_given(file, table, place):
    columns_of(table, None, place).to_csv(file, index=False, header=False)

    digits = read_digits_csv(file, label_column=-1 if place else 0)

    np.testing.assert_array_equal(digits.data, table[:, :64])
    np.testing.assert_array_equal(digits.target, table[:, 64])


@given(
    tables,
    st.booleans(),
    st.data(),
    st.sampled_from(
        [
            ("", "a missing value"),
            ("NaN", "a missing value"),
            ("x", "not a number"),
            ("1_0", "not a number"),
            ("0.5", "not an integer"),
            ("inf", "not an integer"),
            ("-1", "out of range"),
            ("17", "out of range"),
        ]
    ),
)
def test_any_single_bad_cell_is_named(file, table, with_header, data, bad):
    cell, reason = bad
    row = data.draw(st.integers(0, len(table) - 1))
    column = data.draw(st.integers(0, 64))
    cells = table.astype(str).astype(object)
    cells[row, column] = cell
    header = ",".join([*NAMES, "target"]) + "\n" if with_header else ""
    file.write_text(header + text(cells), encoding="utf-8")

    with pytest.raises(ValueError, match="expected") as caught:
        read_digits_csv(file)

    message = str(caught.value)
    assert f"{file}: line {row + 1 + with_header}, column {column + 1}" in message
    assert f"{cell!r} is {reason}" in message
    assert ("0..9" if with_header and column == 64 else "0..16") in message


def test_bunch_has_the_arrays_of_load_optdigits(file):
    expected = load_optdigits(subset="test", as_frame=True)
    expected.frame.to_csv(file, index=False)

    digits = read_digits_csv(str(file))

    for key in ("data", "target", "images", "target_names"):
        np.testing.assert_array_equal(digits[key], expected[key])
    assert digits.feature_names == expected.feature_names
    assert digits.frame is None
    assert digits.filename == str(file)


def test_gzip(tmp_path, rows):
    path = tmp_path / "digits.csv.gz"
    path.write_bytes(gzip.compress(text(rows).encode()))

    assert read_digits_csv(path).target.tolist() == [3, 1, 4]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff{}",  # a byte order mark
        "{}\n\n",  # blank lines at the end
        "\n{}",  # and at the beginning
    ],
)
def test_harmless_oddities_of_files(file, rows, content):
    file.write_text(content.format(text(rows)), encoding="utf-8")

    assert read_digits_csv(file).target.tolist() == [3, 1, 4]


def test_windows_line_ends_and_spaces(file, rows):
    file.write_bytes(text(rows).replace(",", " , ").replace("\n", "\r\n").encode())

    assert read_digits_csv(file).target.tolist() == [3, 1, 4]


def test_nameless_label_is_the_last_column(file, rows):
    file.write_text(",".join(f"c{i}" for i in range(65)) + "\n" + text(rows), encoding="utf-8")

    assert read_digits_csv(file).target.tolist() == [3, 1, 4]


def test_column_of_a_bad_cell_is_called_by_its_header(file, rows):
    rows[1][12] = "99"
    file.write_text(",".join([*NAMES, "class"]) + "\n" + text(rows), encoding="utf-8")

    with pytest.raises(ValueError, match=r"line 3, column 13 \(pixel_1_4\): '99' is out of range"):
        read_digits_csv(file)


@pytest.mark.parametrize(
    ("change", "n_columns"), [(list.pop, 64), (lambda row: row.append("0"), 66)]
)
def test_wrong_number_of_columns(file, rows, change, n_columns):
    change(rows[1])
    file.write_text(text(rows), encoding="utf-8")

    with pytest.raises(ValueError, match=f"line 2 has {n_columns} columns, expected 65"):
        read_digits_csv(file)


def test_pixels_of_another_scale_are_no_header(file):
    file.write_text(text([["255"] * 64 + ["3"]]), encoding="utf-8")

    with pytest.raises(ValueError, match="line 1, column 1: '255' is out of range"):
        read_digits_csv(file)


def test_label_that_is_no_digit(file, rows):
    rows[2][64] = "10"
    file.write_text(text(rows), encoding="utf-8")

    with pytest.raises(
        ValueError, match=r"line 3, column 65: '10' .* the label, an integer 0\.\.9"
    ):
        read_digits_csv(file)


def test_row_of_empty_cells_is_not_a_blank_line(file, rows):
    rows[2] = [""] * 65
    file.write_text(text(rows), encoding="utf-8")

    with pytest.raises(ValueError, match="line 3, column 1: '' is a missing value"):
        read_digits_csv(file)


def test_two_label_columns(file, rows):
    file.write_text(",".join([*NAMES[:63], "class", "label"]) + "\n" + text(rows), encoding="utf-8")

    with pytest.raises(ValueError, match=r"several label columns .'class', 'label'."):
        read_digits_csv(file)


@pytest.mark.parametrize("content", ["", "\n\n", ",".join([*NAMES, "class"]) + "\n"])
def test_file_without_rows(file, content):
    file.write_text(content, encoding="utf-8")

    with pytest.raises(ValueError, match=r"digits\.csv: there are no rows"):
        read_digits_csv(file)


def damaged_gzip():
    whole = bytearray(gzip.compress(b"0,1,2\n" * 100, mtime=0))
    whole[12] ^= 0xFF
    return bytes(whole)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("digits.csv", b"\xff\xfe\x00"),
        ("digits.csv", b"1,\x002\n"),
        ("digits.csv", b"1" * 200_000),
        ("digits.csv.gz", b"0,1,2"),
        ("digits.csv.gz", gzip.compress(b"0,1\n" * 100, mtime=0)[:-9]),
        ("digits.csv.gz", damaged_gzip()),
    ],
)
def test_file_of_another_kind_is_a_value_error_that_names_it(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ValueError, match=name):
        read_digits_csv(tmp_path / name)


def test_missing_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        read_digits_csv(tmp_path / "absent.csv")


@pytest.mark.parametrize("name", ["folder.csv", "folder.csv.gz"])
def test_directory(tmp_path, name):
    (tmp_path / name).mkdir()

    with pytest.raises(OSError, match="folder"):
        read_digits_csv(tmp_path / name)


def frame(n_rows=20, first=0):
    """Real digits as pandas has them, the label last."""
    return pd.DataFrame(DIGITS[first : first + n_rows], columns=[*NAMES, "label"])


def sorted_as_words(frame):
    """Return a frame with columns in another order than that of the image."""
    names = [*(f"pixel_{i}" for i in range(64)), "label"]
    return frame.set_axis(names, axis=1).sort_index(axis=1)


def swapped(frame):
    """Return a frame with the label's column first, under the names as they were."""
    return frame[["label", *NAMES]].set_axis(frame.columns, axis=1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: (frame()[NAMES], {"index": False}), "64 columns, expected 65.*label is missing"),
        (lambda: (frame()[NAMES], {}), "64 columns besides an index.*label is missing"),
        (lambda: (frame()[NAMES], {"header": False}), "64 columns besides an index"),
        (lambda: (frame().assign(writer=1), {"index": False}), "66 columns, expected 65"),
        (lambda: (swapped(frame()), {"index": False}), "calls column 65 'label', but the values"),
        (lambda: (sorted_as_words(frame()), {}), "'pixel_19' stands before 'pixel_2'"),
        (
            lambda: (frame().rename(columns={"label": "writer"})[["writer", *NAMES]] * 0, {}),
            "cannot be told whether 'writer' is one",
        ),
        (lambda: (frame() * 0, {"index": False, "header": False}), "first or the last column"),
        (lambda: (frame(2), {"index": False, "header": False}), "first or the last column"),
        # Ten rows, 0 to 9: labels or an index?
        (
            lambda: (frame(10, 3823)[["label", *NAMES]], {"index": False, "header": False}),
            "first or the last column",
        ),
    ],
)
def test_what_cannot_be_told_or_is_contradictory_is_refused(file, make, message):
    table, how = make()
    table.to_csv(file, **how)

    with pytest.raises(ValueError, match=message):
        read_digits_csv(file)


def test_a_label_under_any_name_is_recognised_where_the_values_agree(file):
    frame().rename(columns={"label": "Ergebnis"}).to_csv(file, index=False)

    assert read_digits_csv(file).target.tolist() == frame().label.tolist()


def test_a_label_can_be_named(file):
    with_two = frame()[["label", *NAMES]].rename(columns={NAMES[63]: "class"})
    with_two.to_csv(file, index=False)

    assert read_digits_csv(file, label_column="Label").target.tolist() == frame().label.tolist()
    for wrong in ("lable", 3):
        with pytest.raises(ValueError, match=str(wrong)):
            read_digits_csv(file, label_column=wrong)


def test_an_index_that_was_saved_twice_and_one_that_r_has_written(file):
    frame().reset_index(names="Unnamed: 0").to_csv(file)
    twice = read_digits_csv(file)
    lines = frame().to_csv().splitlines(keepends=True)
    file.write_text("".join([lines[0].removeprefix(","), *lines[1:]]), encoding="utf-8")

    for digits in (twice, read_digits_csv(file)):
        np.testing.assert_array_equal(digits.data, frame()[NAMES])


@pytest.mark.parametrize("n_more", [0, 1])
def test_a_header_that_lacks_the_name_of_another_column_is_refused(file, n_more):
    table = frame().assign(weight=1) if n_more else frame()
    head, rest = table.to_csv(index=False).split("\n", 1)
    file.write_text(f"{head.rpartition(',')[0]}\n{rest}", encoding="utf-8")

    with pytest.raises(ValueError, match=f"line 1 has {64 + n_more} columns, expected"):
        read_digits_csv(file)


def test_a_separator_may_end_each_line(file):
    file.write_text(frame().to_csv(index=False).replace("\n", ",\n"), encoding="utf-8")

    assert read_digits_csv(file).target.tolist() == frame().label.tolist()
