import csv
import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from skdigits.datasets import load_optdigits, read_digits_csv

NAMES = load_optdigits().feature_names

DIGITS = np.column_stack(load_optdigits(return_X_y=True)).astype(int)

# Sixty-four counts and a label per row.
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


# Appearances of a file, as the keywords of DataFrame.to_csv.
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
).filter(
    lambda look: (
        (look["decimal"] == "." or look["sep"] in ";\t|")
        # Between spaces, the empty name of an index cannot be seen.
        and not (look["index"] and look["sep"] == " ")
    )
)

COUNT_NAMES = [
    NAMES,
    [f"Attribute{i}" for i in range(1, 65)],
    [*range(64)],
    [f"{i}x{j}" for i in range(1, 9) for j in range(1, 9)],
]


def columns_of(table, names, place):
    """Return a frame of a table whose label is last, with the label at another place."""
    columns = [*range(64)]
    columns.insert(place, 64)
    return pd.DataFrame(table[:, columns], columns=names)


@given(
    tables,
    st.sampled_from(["class", " Target", "LABEL", "'label'"]),
    st.sampled_from(COUNT_NAMES),
    st.data(),
)
def test_a_table_with_a_named_label_is_read_as_it_was_written(file, table, label, counts, data):
    names, place, look = [*counts], data.draw(st.integers(0, 64)), data.draw(looks)
    names.insert(place, label)
    frame = columns_of(table, names, place)
    (frame.astype(float) if look["float_format"] else frame).to_csv(file, **look)

    digits = read_digits_csv(file)

    np.testing.assert_array_equal(digits.data, table[:, :64])
    np.testing.assert_array_equal(digits.target, table[:, 64])


@given(tables, st.integers(0, 64))
def test_any_table_without_names_is_read_if_the_place_of_the_label_is_given(file, table, place):
    columns_of(table, None, place).to_csv(file, index=False, header=False)

    digits = read_digits_csv(file, label_column=place)

    np.testing.assert_array_equal(digits.data, table[:, :64])
    np.testing.assert_array_equal(digits.target, table[:, 64])


@pytest.mark.parametrize("header", [False, [f"V{i}" for i in range(65)], [*map(str, range(65))]])
def test_a_label_without_a_name_is_the_last_column(file, header):
    frame().to_csv(file, index=False, header=header)

    assert read_digits_csv(file).target.tolist() == frame().label.tolist()


@pytest.mark.parametrize("header", [False, ["writer", *NAMES]])
def test_a_label_in_the_first_column_has_to_be_named(file, header):
    first = frame()[["label", *NAMES]]
    first.to_csv(file, index=False, header=header)
    with pytest.raises(ValueError, match=r"cannot be the label.* label_column=0"):
        read_digits_csv(file)

    first.assign(pixel_7_7=range(20)).to_csv(file, index=False, header=header)
    with pytest.raises(ValueError, match=r"the label, an integer 0..9.* label_column=0"):
        read_digits_csv(file)


@given(
    tables,
    st.booleans(),
    st.data(),
    st.sampled_from(["", "NaN", "x", "1_0", "0.5", "inf", "-1", "17"]),
)
def test_any_single_bad_cell_is_named(file, table, with_header, data, cell):
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
    assert ([*NAMES, "target"][column] in message) == with_header
    assert repr(cell) in message
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


@pytest.mark.parametrize("content", ["\ufeff{}", "{}\n\n", "\n{}"], ids=["mark", "end", "begin"])
def test_a_byte_order_mark_blank_lines_and_spaces_do_no_harm(file, rows, content):
    spaced = text(rows).replace(",", " , ")
    file.write_text(content.format(spaced), encoding="utf-8")

    assert read_digits_csv(file).target.tolist() == [3, 1, 4]


def set_cell(row, column, cell):
    return lambda rows: rows[row].__setitem__(column, cell)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda rows: rows[1].pop(), "line 2 has 64 columns, expected 65"),
        (lambda rows: rows[1].append("0"), "line 2 has 66 columns, expected 65"),
        (set_cell(2, 64, "10"), r"line 3, column 65.*'10'.*the label, an integer 0\.\.9"),
        (lambda rows: rows.append([""] * 65), "line 4, column 1.*''"),
        (lambda rows: rows.insert(0, ["255"] * 65), "line 1, column 1.*'255'"),
        (lambda rows: rows.clear(), "there are no rows"),
        (lambda rows: rows.__setitem__(slice(None), [[*NAMES, "class"]]), "there are no rows"),
        (
            lambda rows: rows.insert(0, [*NAMES[:63], "class", "label"]),
            r"several label columns .'class', 'label'.",
        ),
    ],
)
def test_wrong_rows_are_refused(file, rows, change, message):
    change(rows)
    file.write_text(text(rows), encoding="utf-8")

    with pytest.raises(ValueError, match=message):
        read_digits_csv(file)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("digits.csv", b"\xff\xfe\x00"),
        ("digits.csv", b"1,\x002\n"),
        ("digits.csv", b"1" * 200_000),
        ("digits.csv.gz", b"0,1,2"),
        ("digits.csv.gz", gzip.compress(b"0,1\n" * 100, mtime=0)[:-9]),
        ("digits.csv.gz", gzip.compress(b"0,1,2\n" * 100, mtime=0).replace(b"\x02", b"\x07")),
    ],
)
def test_file_of_another_kind_is_a_value_error_that_names_it(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(ValueError, match=name):
        read_digits_csv(tmp_path / name)


def test_a_missing_file_and_a_folder_are_os_errors(tmp_path):
    with pytest.raises(FileNotFoundError, match="absent"):
        read_digits_csv(tmp_path / "absent.csv")
    with pytest.raises(OSError, match=tmp_path.name):
        read_digits_csv(tmp_path)


def frame():
    """Twenty real digits as pandas has them, the label last."""
    return pd.DataFrame(DIGITS[:20], columns=[*NAMES, "label"])


def sorted_as_words(frame):
    """Return a frame with columns in another order than that of the image."""
    names = [*(f"pixel_{i}" for i in range(64)), "label"]
    return frame.set_axis(names, axis=1).sort_index(axis=1)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: frame()[NAMES], "64 columns besides the index, expected 65"),
        (lambda: frame().assign(writer=1), "66 columns besides the index, expected 65"),
        (lambda: sorted_as_words(frame()), "'pixel_19' stands before 'pixel_2'"),
    ],
)
def test_other_columns_are_refused(file, make, message):
    make().to_csv(file)

    with pytest.raises(ValueError, match=message):
        read_digits_csv(file)


def test_a_label_can_be_named(file):
    with_two = frame()[["label", *NAMES]].rename(columns={NAMES[63]: "class"})
    with_two.to_csv(file, index=False)

    assert read_digits_csv(file, label_column="Label").target.tolist() == frame().label.tolist()
    for wrong in ("lable", 65):
        with pytest.raises(ValueError, match=str(wrong)):
            read_digits_csv(file, label_column=wrong)
