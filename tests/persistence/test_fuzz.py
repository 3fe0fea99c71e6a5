"""Altered model files: each loads as it was, or is refused; and nothing crashes, hangs or swells.

Run as a program, this file alters a model file many times and loads what comes of it; the tests
run it in processes of their own, whose memory is limited.
"""

import base64
import collections
import faulthandler
import hashlib
import json
import random
import resource
import struct
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest

MOST_MEMORY = 500_000_000
MOST_SECONDS = 10

HOSTILE_VALUES = [
    None,
    True,
    False,
    0,
    -1,
    1,
    2**63,
    10**19,
    0.5,
    1e-300,
    -1e308,
    "",
    "x" * 10_000,
    "../../etc/passwd",
    "os.system",
    "softmax",
    "\x00",
    "\ud800",
    [],
    {},
    [[]],
    [0] * 1000,
    {"tuple": []},
    {"tuple": [10**9] * 100},
    {"dict": []},
    {"dict": [[1, 2], [1, 2]]},
    {"class_name": "Lambda", "config": {"function": "exec"}},
]
HOSTILE_JSON = [
    "",
    "{}",
    "NaN",
    "[" * 100_000,
    "[" * 100_000 + "]" * 100_000,
    '{"a":' * 50_000,
    "[" + "9" * 5_000 + "]",
    "1" * 4_000_000,
    "[" + "1," * 2_000_000 + "1]",
    "[" + "[]," * 1_390_000 + "[]]",
    "{" + ",".join(f'"{i:07d}":{{}}' for i in range(320_000)) + "}",
    '{"format": "skdigits model", "format": "skdigits model"}',
    '{"format": "skdigits model", "format_version": 1e400}',
    '{"format": "skdigits model", "format_version": 99999999}',
    "\xff" * 1000,
    " " * 4_194_305,
]

ZEROS = "0" * 64


def split(data):
    """Return the document, the entries of the arrays and their values."""
    length = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + length])
    document = json.loads(header.pop("__metadata__")["skdigits"])
    return document, header, data[8 + length :]


def spell(value, **options):
    return json.dumps(value, separators=(",", ":"), **options)


def file_of(header, values, length=None):
    header = header.encode("latin1") if isinstance(header, str) else header
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header) if length is None else length) + header + values


def sealed(document, header, values):
    """Return a file whose digest is right: as an attacker makes it, not an accident."""
    text = spell({**document, "digest": ZEROS}, sort_keys=True)
    return seal(file_of(spell({"__metadata__": {"skdigits": text}, **header}), values))


def seal(data):
    return data.replace(ZEROS.encode(), hashlib.sha256(data).hexdigest().encode(), 1)


# ---- Alterations: of bytes, without the checksums


def flip_bits(data, rng):
    data = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def truncate(data, rng):
    return data[: rng.choice([rng.randrange(len(data)), -rng.randint(1, 300)])]


def insert(data, rng):
    place = rng.choice([0, len(data), rng.randrange(len(data))])
    return data[:place] + rng.randbytes(int(2 ** rng.uniform(0, 12))) + data[place:]


def delete(data, rng):
    start = rng.randrange(len(data))
    return data[:start] + data[start + int(2 ** rng.uniform(0, 12)) :]


def edit_head(data, rng):
    """Change the length of the header, or a character of it to another that JSON is made of."""
    if rng.random() < 0.3:
        length = rng.choice([0, 1, 2**32, 2**63, len(data) - 8, len(data), rng.randrange(2**16)])
        return struct.pack("<Q", length) + data[8:]
    place = rng.randrange(8, 8 + struct.unpack("<Q", data[:8])[0])
    new = bytes([rng.choice(b'0123456789-+.eE {}[]",:\\truefalsn')])
    return data[:place] + new + data[place + 1 :]


def rearrange(data, rng):
    """Swap, rename, repeat, drop or move arrays, and spell the header in other ways."""
    document, header, values = split(data)
    names = list(header)
    one, two = rng.sample(names, 2)
    metadata = {"__metadata__": {"skdigits": spell(document, sort_keys=True)}}
    swapped = {**header, one: header[two], two: header[one]}
    renamed = {("more" if name == one else name): entry for name, entry in header.items()}
    fewer = {name: entry for name, entry in header.items() if name != one}
    twice = spell({**metadata, **header})[:-1] + "," + spell({one: header[two]})[1:]
    moved = {name: header[name] for name in rng.sample(names, len(names))}
    others = [
        spell({**metadata, **swapped}),
        spell({**metadata, **renamed}),
        spell({**metadata, **fewer}),
        spell({**metadata, **moved}),
        spell({**header, **metadata}),
        spell({**metadata, "__metadata__ ": {}, **header}),
        spell({"__metadata__": {**metadata["__metadata__"], "more": "x"}, **header}),
        spell(header),
        json.dumps({**metadata, **header}),
        twice,
    ]
    return file_of(rng.choice(others), values)


# ---- Alterations: of content, with checksums that are right


def edit_json(data, rng):
    """Put something else in one place of the document, or take it away."""
    document, header, values = split(data)
    part = document[rng.choice(["layers", "history"])] if rng.random() < 0.5 else document
    places = list(places_in(part))
    for _ in range(rng.choice([1, 1, 2])):
        container, key = rng.choice(places)
        try:
            if rng.random() < 0.2:
                del container[key]
            elif rng.random() < 0.2 and isinstance(container, dict):
                container[rng.choice(["more", "", "dict", "tuple"])] = rng.choice(HOSTILE_VALUES)
            else:
                container[key] = rng.choice([*HOSTILE_VALUES, near(container[key], rng)])
        except (LookupError, TypeError):  # the first change took it away
            continue
    return sealed(document, header, values)


def places_in(value):
    keys = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places_in(value[key])


def near(value, rng):
    if isinstance(value, int | float):
        return rng.choice([value + 1, -value, value * 2, value / 2, str(value), [value]])
    if isinstance(value, str):
        return rng.choice([value + "x", value[:-1], value.upper(), value * 100])
    if isinstance(value, list):
        return rng.choice([value * 2, value[:-1], value[::-1], value * 1000, [value]])
    return [value]


def hostile_json(data, rng):
    """Put something monstrous in the place of the document, of a part of it, or of the header."""
    document, header, values = split(data)
    hostile = rng.choice(HOSTILE_JSON)
    if rng.random() < 0.2:
        return file_of(hostile, values)
    if rng.random() < 0.3:
        return file_of(spell({"__metadata__": {"skdigits": hostile}, **header}), values)
    part = rng.choice(["layers", "history", "scores", "parameters"])
    text = spell({**document, part: "HERE", "digest": ZEROS}, sort_keys=True)
    text = text.replace('"HERE"', hostile)
    return seal(file_of(spell({"__metadata__": {"skdigits": text}, **header}), values))


def edit_header(data, rng):
    """Change the header of the arrays: names, dtypes, shapes, places, or its length."""
    document, header, values = split(data)
    weight = rng.choice(list(header))
    kind = rng.randrange(5)
    if kind == 0:
        header[rng.choice(["more", "optimizer/9999", weight.upper()])] = header[weight]
    elif kind == 1:
        start, end = header.pop(weight)["data_offsets"]
        if rng.random() < 0.5:  # its values go as well
            values = values[:start] + values[end:]
            for entry in header.values():
                if entry["data_offsets"][0] >= end:
                    entry["data_offsets"] = [x - end + start for x in entry["data_offsets"]]
    elif kind == 2:
        header[weight]["dtype"] = rng.choice(["F64", "F16", "I32", "I64", "BOOL", "O", 1, None])
    elif kind == 3:
        shape = header[weight]["shape"]
        header[weight]["shape"] = rng.choice(
            [shape[::-1], [*shape, 1], [*shape, 0], [2**62] * 4, [-1], shape[:-1], None, [1.5]]
        )
    elif kind == 4:
        start, end = header[weight]["data_offsets"]
        header[weight]["data_offsets"] = rng.choice(
            [[end, start], [start, end + 4], [0, 2**63], [-4, end], [start], None, [0, end - start]]
        )
    return sealed(document, header, values)


def edit_values(data, rng):
    """Change values of the arrays, some to what is not finite or very large."""
    document, header, values = split(data)
    values = bytearray(values)
    for _ in range(rng.randint(1, 5)):
        place = rng.randrange(0, len(values) - 3) // 4 * 4
        value = rng.choice([float("nan"), float("inf"), -3e38, 3e38, 1e-45, -1.0])
        values[place : place + 4] = struct.pack("<f", value)
    length = rng.choice([len(values), len(values), len(values) - 4])
    return sealed(document, header, bytes(values[:length]))


OF_BYTES = [
    flip_bits,
    truncate,
    insert,
    delete,
    edit_head,
    edit_head,
    rearrange,
]
OF_CONTENT = [edit_json, edit_json, edit_json, hostile_json, edit_header, edit_values]


# ---- The program


def state_of(predictor):
    """Return all that a predictor is, to be compared."""
    return (
        predictor.layers_,
        [(w.dtype, w.shape, w.tobytes()) for w in predictor.weights_],
        predictor.classes_.dtype,
        predictor.classes_.tolist(),
        predictor.image_shape_,
        predictor.n_features_in_,
        getattr(predictor, "feature_names_in_", np.array([])).tolist(),
        repr(predictor.metadata),
    )


def load_or_refuse(load, path):
    from skdigits.exceptions import ModelFileError

    try:
        return load(path)
    except ModelFileError:
        return None


def memory(name):
    """Return a size of this process in bytes: what it has, or its peak."""
    (line,) = (x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith(name))
    return int(line.split()[1]) * 1024


def probabilities(model, n_features):
    with np.errstate(all="ignore"):  # of weights that are absurd, though numbers
        return model.predict_proba(np.zeros((2, n_features)))


def main(files, n_altered, seed, every):
    from skdigits import load_model, load_predictor

    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", "The rows to predict are unlike", UserWarning)
    originals = [Path(file).read_bytes() for file in files]
    before = [state_of(load_predictor(file)) for file in files]
    for file in files if every else []:
        load_model(file)  # what it imports shall not count, nor do TensorFlow's threads
    resource.setrlimit(resource.RLIMIT_AS, (memory("VmSize") + MOST_MEMORY, -1))
    Path("/proc/self/clear_refs").write_text("5")  # sets the peak to what there is now
    start = memory("VmRSS")
    path = Path(files[0]).with_name("altered.skdigits")
    outcomes, slowest = collections.Counter(), 0.0
    for number in range(n_altered):
        rng = random.Random(f"{seed} {number}")
        which = rng.randrange(len(files))
        alteration = rng.choice(OF_BYTES + OF_CONTENT)
        data = alteration(originals[which], rng)
        path.write_bytes(data)
        faulthandler.dump_traceback_later(MOST_SECONDS, exit=True)
        began = time.perf_counter()
        try:
            predictor = load_or_refuse(load_predictor, path)
            if predictor is None:
                outcome = "refused"
            elif data == originals[which]:
                assert state_of(predictor) == before[which]
                outcome = "the same"
            else:
                assert alteration in OF_CONTENT, "altered, and not noticed"
                n_features, n_classes = predictor.n_features_in_, len(predictor.classes_)
                proba = probabilities(predictor, n_features)
                assert proba.shape == (2, n_classes)
                outcome = "another model"
            if every and number % every == 0:
                model = load_or_refuse(load_model, path)
                assert model is None or predictor is not None
                if model is not None:
                    np.testing.assert_array_equal(
                        probabilities(model, model.n_features_in_),
                        probabilities(predictor, model.n_features_in_),
                    )
                outcomes["classifiers"] += 1
        except BaseException:
            print(f"{seed=} {number=} {alteration.__name__}", file=sys.stderr)
            print(base64.b64encode(data[:2000]), file=sys.stderr)
            raise
        slowest = max(slowest, time.perf_counter() - began)
        faulthandler.cancel_dump_traceback_later()
        outcomes[outcome] += 1
        outcomes[f"{alteration.__name__}: {outcome}"] += 1
    print(json.dumps({"outcomes": outcomes, "slowest": slowest, "grown": memory("VmHWM") - start}))


# ---- The tests


@pytest.fixture(scope="module")
def files(small_classifier, tmp_path_factory):
    from skdigits import save_model

    folder = tmp_path_factory.mktemp("fuzz")
    paths = [folder / "weights.skdigits", folder / "optimizer.skdigits"]
    for path, optimizer in zip(paths, (False, True), strict=True):
        save_model(small_classifier, path, optimizer=optimizer, scores={"accuracy": [0.5, 1]})
    return list(map(str, paths))


def alter(files, n_altered, *, seed, every):
    arguments = [json.dumps(files), str(n_altered), str(seed), str(every)]
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=590,
    )
    assert done.returncode == 0, done.stderr[-5000:]
    found = json.loads(done.stdout.splitlines()[-1])
    print(json.dumps(found, indent=1))
    outcomes = found["outcomes"]
    assert sum(outcomes.get(o, 0) for o in ("refused", "the same", "another model")) == n_altered
    assert found["grown"] < MOST_MEMORY
    assert found["slowest"] < MOST_SECONDS
    return outcomes


on_linux = pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")


@on_linux
def test_altered_files_load_as_they_were_or_are_refused(files):
    outcomes = alter(files, 200, seed=0, every=20)
    assert outcomes["refused"] > 125
    assert outcomes["another model"] > 0
    assert outcomes["classifiers"] == 10
    for alteration in {*OF_BYTES, *OF_CONTENT}:
        assert outcomes.get(f"{alteration.__name__}: refused", 0) > 0


@on_linux
@pytest.mark.slow
def test_ten_thousand_altered_files_load_as_they_were_or_are_refused(files):
    assert alter(files, 10_000, seed=2, every=50)["classifiers"] == 200


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), *map(int, sys.argv[2:]))
