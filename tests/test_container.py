"""The container of model files and checkpoints: one spelling, whole and unaltered, or refused."""

import hashlib
import itertools
import json
import struct

import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from skdigits._container import by_number, dump, in_order, parse

NUMBERS = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False)
SCALARS = st.none() | st.booleans() | NUMBERS | st.text(max_size=5)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.text().filter("digest".__ne__), JSON, max_size=4)
ARRAYS = st.dictionaries(
    st.text("abc_/0é", min_size=1),
    stn.arrays(
        st.sampled_from([np.float32, np.float64, np.int32, np.int64]),
        stn.array_shapes(min_dims=0, max_dims=4, max_side=3),
    ),
    max_size=4,
)
DOCUMENT = {"epochs": 3, "logs": [0.1 + 0.2, None], "name": 'é"\\'}
CONTENT = {
    "conv_1/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "optimizer/0000": np.array(7),
}
WHOLE = dump(DOCUMENT, CONTENT)
ZEROS = "0" * 64


def same(arrays, others):
    def content(arrays):
        return {name: (a.dtype, a.shape, a.tobytes()) for name, a in arrays.items()}

    return content(arrays) == content(others)


def types(value):
    if isinstance(value, dict):
        return {key: types(item) for key, item in value.items()}
    return [*map(types, value)] if isinstance(value, list) else type(value)


def split(data):
    """Return the entries of a file's arrays, the text of its document, and the rest."""
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    return header, header.pop("__metadata__")["skdigits"], data[8 + length :]


def spell(value, **options):
    return json.dumps(value, **{"separators": (",", ":"), **options})


def file_of(header, buffer, *, length=None):
    header = header if isinstance(header, bytes) else header.encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header) if length is None else length) + header + buffer


def sealed(entries, text, buffer, **options):
    """Return a file whose digest is right, not by the code under test."""
    text = text.replace(json.loads(text)["digest"], ZEROS)
    unsealed = file_of(spell({"__metadata__": {"skdigits": text}, **entries}, **options), buffer)
    digest = hashlib.sha256(unsealed).hexdigest()
    return unsealed.replace(ZEROS.encode(), digest.encode(), 1)


# ---- What is written


@given(DOCUMENTS, ARRAYS)
def test_what_is_written_is_read(document, arrays):
    data = dump(document, arrays)
    back, back_arrays = parse(data)
    assert back == document
    assert types(back) == types(document)
    assert same(back_arrays, arrays)
    assert all(values.flags.writeable for values in back_arrays.values())
    assert dump(back, back_arrays) == data
    assert same(safetensors.numpy.load(data), arrays)


def test_the_document_is_canonical_json_with_the_digest_of_the_file():
    entries, text, buffer = split(WHOLE)
    document = json.loads(text)
    assert text == spell(document, sort_keys=True)
    assert text.isascii()
    assert {name: value for name, value in document.items() if name != "digest"} == DOCUMENT
    unsealed = WHOLE.replace(document["digest"].encode(), ZEROS.encode())
    assert hashlib.sha256(unsealed).hexdigest() == document["digest"]
    assert sealed(entries, text, buffer) == WHOLE


def test_views_and_other_orders_of_memory_and_of_bytes_come_back():
    values = np.arange(24, dtype=np.float32).reshape(4, 6)
    for view in (values.T, values[::-1, ::2], np.asfortranarray(values), values.astype(">f4")):
        back = parse(dump({}, {"a": view}))[1]["a"]
        np.testing.assert_array_equal(back, view)
        assert back.dtype == np.dtype(np.float32)


def test_numbers_that_are_not_finite_come_back():
    document = {"a": [np.inf, -np.inf, np.nan]}
    assert repr(parse(dump(document, {"b": np.array([np.nan])}))[0]) == repr(
        {"a": [float("inf"), float("-inf"), float("nan")]}
    )


@pytest.mark.parametrize("dtype", ["O", "U1", "c8", "f2", "u4", "f4,f4"])
def test_arrays_of_another_dtype_are_not_written(dtype):
    with pytest.raises(ValueError, match=r"'a' is of dtype .*, which is not kept"):
        dump({}, {"a": np.zeros(1, dtype)})


@pytest.mark.parametrize("value", [object(), b"a", 1j, {(1, 2): 3}])
def test_what_json_does_not_know_is_not_written(value):
    with pytest.raises(TypeError):
        dump({"a": value}, {})


@given(st.lists(st.integers(), max_size=30))
def test_a_list_of_arrays_comes_back_from_among_others(values):
    arrays = {**by_number("ab", values), **by_number("a", values[::-1]), "a": 0, "abc/0000": 0}
    assert in_order("ab", arrays) == values
    assert in_order("a", arrays) == values[::-1]


# ---- What is not read


def refused(data, problem=r"."):
    with pytest.raises(ValueError, match=problem):
        parse(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_value_error(data):
    refused(data)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04" * 9])
def test_what_is_something_else_is_refused(data):
    refused(data, "does not begin as a safetensors file does")


def test_a_file_of_somebody_else_is_refused():
    refused(safetensors.numpy.save(CONTENT), "skdigits has not written it .*__metadata__")
    refused(safetensors.numpy.save(CONTENT, {"by": "me"}), "skdigits has not written it")


def test_every_truncation_is_refused():
    for length in range(len(WHOLE)):
        refused(WHOLE[:length], "does not begin|is damaged")


@given(st.data())
def test_an_altered_byte_is_refused(data):
    altered = bytearray(WHOLE)
    altered[data.draw(st.integers(0, len(WHOLE) - 1))] ^= data.draw(st.integers(1, 255))
    refused(bytes(altered))


@pytest.mark.parametrize("junk", [b"\0", b"junk" * 20])
def test_what_stands_before_or_after_or_between_is_refused(junk):
    entries, text, buffer = split(WHOLE)
    refused(junk + WHOLE)
    refused(WHOLE + junk, "is damaged")
    refused(sealed(entries, text, junk + buffer), "is damaged")
    refused(sealed(entries, text, buffer + junk), "is damaged")


@pytest.mark.parametrize(
    "respell",
    [
        lambda text: text.replace(",", ", "),
        lambda text: text.replace('"epochs":3', '"epochs":3.0e0'),
        lambda text: text.replace('"epochs":3', '"epochs":1e999'),
        lambda text: text.replace('"epochs":3', '"epochs":4,"epochs":3'),
        lambda text: text.replace('"epochs":3,', "").replace("{", '{"epochs":3,'),
        lambda text: text.replace("\\u00e9", "é"),
        lambda text: text[::-1],
    ],
    ids=itertools.count(),
)
def test_another_spelling_of_the_document_is_refused_though_its_digest_is_right(respell):
    entries, text, buffer = split(WHOLE)
    new = respell(text)
    assert new != text
    try:
        data = sealed(entries, new, buffer)
    except ValueError:  # no JSON at all
        data = file_of(spell({"__metadata__": {"skdigits": new}, **entries}), buffer)
    refused(data, "is damaged")


@pytest.mark.parametrize("options", [{"separators": (", ", ":")}, {"indent": 1}, {"sort_keys": 1}])
def test_another_spelling_of_the_header_is_refused_though_its_digest_is_right(options):
    entries, text, buffer = split(WHOLE)
    entries = entries if options.get("sort_keys") else dict(reversed(entries.items()))
    refused(sealed(entries, text, buffer, **options), "is damaged")


def test_more_metadata_and_a_key_that_is_there_twice_are_refused():
    for more in (b'"__metadata__":{"more":"x",', b'"__metadata__":{"skdigits":"","skdigits":"",'):
        length = struct.unpack("<Q", WHOLE[:8])[0]
        header = WHOLE[8 : 8 + length].replace(b'"__metadata__":{', more)
        refused(file_of(header, WHOLE[8 + length :]), "is damaged")
    entries, text, buffer = split(WHOLE)
    twice = sealed({"conv_1/kernel": entries["optimizer/0000"], "conv_2/kernel": {}}, text, buffer)
    refused(twice.replace(b"conv_2", b"conv_1"), "is damaged")


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"a": {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}}


@pytest.mark.parametrize(
    "entries",
    [
        entry("F16"),
        entry("O"),
        entry(["F32"]),
        entry(shape=(3,)),
        entry(shape=(-1,)),
        entry(shape=(2.0,)),
        entry(shape=(2**62, 2**62)),
        entry(shape=(10**18,) * 10**4),
        {"a": {**entry()["a"], "shape": None}},
        {"a": {**entry()["a"], "more": 1}},
        {"a": {"dtype": "F32", "shape": [2]}},
        {"a": None},
        entry(offsets=(0, 16)),
        entry(offsets=(8, 0)),
        entry(offsets=(-8, 8)),
        entry(offsets=(0, 2**80)),
        {**entry(shape=(1,), offsets=(0, 4)), "b": entry(shape=(1,), offsets=(0, 4))["a"]},
        {**entry(), "b": entry()["a"]},
        {**entry(), "b": entry(shape=(0,), offsets=(8, 8))["a"], "c": entry()["a"]},
        {},
    ],
    ids=itertools.count(),
)
def test_impossible_arrays_are_refused_though_the_digest_is_right(entries):
    _, text, _ = split(WHOLE)
    assert parse(sealed(entry(), text, bytes(8)))[1]["a"].tolist() == [0, 0]
    refused(sealed(entries, text, bytes(8)), "is damaged")


def test_arrays_that_overlap_are_refused_before_they_become_large():
    _, text, _ = split(WHOLE)
    many = {f"{i:05d}": entry(shape=(2**18,), offsets=(0, 2**20))["a"] for i in range(20_000)}
    refused(sealed(many, text, bytes(2**20)), "is damaged")  # 20 GB


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[" * 10**6, "Recursion"),
        ('{"a":' * 10**6, "Recursion"),
        ("9" * 10**6, "4300 digits"),
        ("[]", "TypeError"),
        ("{}", "'digest'"),
        ("", "Expecting value"),
        ("\ufeff{}", "Expecting value|BOM"),
    ],
)
def test_hostile_documents_are_refused(text, problem):
    refused(file_of(spell({"__metadata__": {"skdigits": text}}), b""), problem)


@pytest.mark.parametrize("header", [b"[" * 10**6, b"[]", b"\xff\xfe"])
def test_hostile_headers_are_refused(header):
    refused(file_of(header, b""), "is damaged")


def test_lengths_beyond_the_file_are_refused():
    for length in (0, 2**31, 2**40, 2**63, 2**64 - 1, len(WHOLE) - 7):
        refused(struct.pack("<Q", length) + WHOLE[8:], "does not begin")


def test_json_beyond_a_limit_is_refused_unread():
    length = struct.unpack("<Q", WHOLE[:8])[0]
    assert parse(WHOLE, max_json=length)[0] == DOCUMENT
    with pytest.raises(ValueError, match=f"its JSON is larger than {length - 1} bytes"):
        parse(WHOLE, max_json=length - 1)
    with pytest.raises(ValueError, match="larger than 100 bytes"):
        parse(file_of(b"[" * 10**6, b""), max_json=100)
