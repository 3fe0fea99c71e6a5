import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skdigits.datasets import load_optdigits, read_digits_csv

NAMES = load_optdigits().feature_names

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


@given(tables, st.none() | st.sampled_from(["class", " Target", "LABEL"]), st.integers(0, 64))
@settings(max_examples=50, deadline=None)
def test_any_valid_table_survives_with_and_without_header(file, table, name, place):
    columns = [*range(64)]
    if name is None:
        place, header = 64, ""
    else:
        header = ",".join([*NAMES[:place], name, *NAMES[place:]]) + "\n"
    columns.insert(place, 64)
    file.write_text(header + text(table[:, columns]), encoding="utf-8")

    digits = read_digits_csv(file)

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
@settings(max_examples=50, deadline=None)
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
    assert ("0..9" if column == 64 else "0..16") in message


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
