"""The file in which a fit keeps its state: whole, its own, or not used."""

import json
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import numpy as np
import pytest
import safetensors.numpy
from filelock import FileLock
from hypothesis import given, settings
from hypothesis import strategies as st

from skdigits import save_model
from skdigits.training import NetworkState
from skdigits.training._checkpoint import FitState, claim_checkpoint, fit_digest
from skdigits.training._early_stopping import StoppingState

DIGEST = fit_digest({"epochs": 3}, [np.arange(3)])


def a_state(seed=7):
    rng = np.random.default_rng(seed)
    return FitState(
        seed=seed,
        logs=[{"loss": 0.1 + 0.2, "accuracy": 0.5}, {"loss": float("nan"), "accuracy": 1.0}],
        is_stopped=False,
        network=NetworkState(
            [rng.normal(size=(3, 2)).astype(np.float32), np.zeros(2, np.float32)],
            [np.array(5, np.int64), np.array(0.01, np.float32)],
        ),
        stopping=StoppingState(
            {"wait": 1, "stopped_epoch": 0, "best": 0.25, "best_epoch": 0},
            [np.ones((3, 2), np.float32), np.full(2, np.inf, np.float32)],
        ),
    )


def leave_behind(folder, digest=DIGEST, state=None):
    """Write a state, as a fit that then does not come to its end."""
    with claim_checkpoint(folder, digest) as checkpoint:
        checkpoint.write(state or a_state())
    return checkpoint.path


def found_in(folder, digest=DIGEST):
    with claim_checkpoint(folder, digest) as checkpoint:
        return checkpoint.found


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_is_found_bit_for_bit(tmp_path):
    leave_behind(tmp_path)
    found, written = found_in(tmp_path), a_state()
    assert repr(found.logs) == repr(written.logs)  # NaN is not equal to itself
    assert (found.seed, found.is_stopped) == (7, False)
    assert found.stopping.numbers == written.stopping.numbers
    for mine, theirs in (
        (found.network.weights, written.network.weights),
        (found.network.optimizer, written.network.optimizer),
        (found.stopping.best_weights, written.stopping.best_weights),
    ):
        assert [(a.dtype, a.shape, a.tobytes()) for a in mine] == [
            (a.dtype, a.shape, a.tobytes()) for a in theirs
        ]


def test_without_early_stopping_there_is_none_in_the_file(tmp_path):
    leave_behind(tmp_path, state=a_state()._replace(stopping=None, is_stopped=True))
    found = found_in(tmp_path)
    assert found.stopping is None
    assert found.is_stopped is True


def test_early_stopping_may_remember_no_weights(tmp_path):
    stopping = a_state().stopping._replace(best_weights=None)
    leave_behind(tmp_path, state=a_state()._replace(stopping=stopping))
    assert found_in(tmp_path).stopping == stopping


def test_logs_of_numpys_types_become_those_of_python(tmp_path):
    logs = [{"loss": np.float32(0.5), "steps": np.int64(3), "rates": np.array([1.0, 2.0])}]
    leave_behind(tmp_path, state=a_state()._replace(logs=logs))
    assert found_in(tmp_path).logs == [{"loss": 0.5, "steps": 3, "rates": [1.0, 2.0]}]


def test_a_file_goes_when_training_is_done_and_stays_otherwise(tmp_path):
    path = leave_behind(tmp_path)
    assert names(tmp_path) == [path.name]
    with suppress(ZeroDivisionError), claim_checkpoint(tmp_path, DIGEST) as checkpoint:
        checkpoint.is_done = True
        raise ZeroDivisionError
    assert names(tmp_path) == [path.name]
    with claim_checkpoint(tmp_path, DIGEST) as checkpoint:
        checkpoint.is_done = True
    assert names(tmp_path) == []


def test_another_fit_does_not_see_it(tmp_path):
    path = leave_behind(tmp_path)
    other = fit_digest({"epochs": 4}, [np.arange(3)])
    with claim_checkpoint(tmp_path, other) as checkpoint:
        assert checkpoint.found is None
        assert checkpoint.path != path
        checkpoint.is_done = True
    assert names(tmp_path) == [path.name]


def test_the_same_fit_twice_at_a_time_has_two_files(tmp_path):
    leave_behind(tmp_path, state=a_state(1))
    with ExitStack() as both:
        first, second = (both.enter_context(claim_checkpoint(tmp_path, DIGEST)) for _ in range(2))
        assert first.path != second.path
        assert first.found.seed == 1
        assert second.found is None
        second.write(a_state(2))
    with ExitStack() as three:
        again = [three.enter_context(claim_checkpoint(tmp_path, DIGEST)) for _ in range(3)]
        assert [c.found and c.found.seed for c in again] == [1, 2, None]


def test_what_a_second_one_left_is_found_when_the_first_is_done(tmp_path):
    with ExitStack() as both:
        first, second = (both.enter_context(claim_checkpoint(tmp_path, DIGEST)) for _ in range(2))
        second.write(a_state(2))
        first.is_done = True
    assert found_in(tmp_path).seed == 2


def test_fits_in_threads_never_share_a_file(tmp_path):
    def fit(number):
        with claim_checkpoint(tmp_path, DIGEST) as checkpoint:
            assert checkpoint.found is None
            for _ in range(5):
                checkpoint.write(a_state(number))
                # Reading it anew shows what is really there.
                assert type(checkpoint)(checkpoint.path, DIGEST).found.seed == number
            checkpoint.is_done = True

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(fit, range(12)))
    assert names(tmp_path) == []


def test_what_a_killed_process_left_beside_it_is_cleared_away(tmp_path):
    path = leave_behind(tmp_path)
    path.with_suffix(".lock").touch()
    path.with_name(f"{path.name}.0-1-2.part").write_bytes(b"half")
    assert found_in(tmp_path) is not None
    assert names(tmp_path) == [path.name]


def test_a_file_of_another_fit_under_this_name_is_not_used(tmp_path):
    other = fit_digest({"epochs": 4}, [])
    path = leave_behind(tmp_path, other)
    own = tmp_path / path.name.replace(other[:32], DIGEST[:32])
    path.rename(own)
    with pytest.warns(UserWarning, match="it is of another fit") as caught:
        assert found_in(tmp_path) is None
    assert own.name in str(caught[0].message)


def test_a_damaged_file_is_replaced_with_the_next_epoch(tmp_path):
    path = leave_behind(tmp_path)
    path.write_bytes(path.read_bytes()[:-1])
    with (
        pytest.warns(UserWarning, match="begins anew: .*damaged"),
        claim_checkpoint(tmp_path, DIGEST) as checkpoint,
    ):
        checkpoint.write(a_state(8))
    assert found_in(tmp_path).seed == 8


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_an_altered_file_is_never_used(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("altered")
    path = leave_behind(folder)
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    altered = data.draw(
        st.sampled_from(
            [
                whole[:place],
                whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :],
                whole[:place] + b"\0" + whole[place:],
                whole[place:],
            ]
        )
    )
    path.write_bytes(altered)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = found_in(folder)
    assert (found is not None) == (altered == whole)
    assert [str(path.name) in str(w.message) for w in caught] == [True] * (altered != whole)


@pytest.mark.parametrize("content", [b"", b"PK\3\4", b"\x80\x04K\x01.", bytes(1000)])
def test_a_file_of_something_else_is_not_used(content, tmp_path):
    path = leave_behind(tmp_path)
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="is not used"):
        assert found_in(tmp_path) is None


class Bomb:
    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def test_nothing_is_unpickled(tmp_path):
    path = leave_behind(tmp_path)
    np.savez(tmp_path / "bomb.npz", bomb=np.array([Bomb()], dtype=object))
    for content in (pickle.dumps(Bomb()), (tmp_path / "bomb.npz").read_bytes()):
        path.write_bytes(content)
        with pytest.warns(UserWarning, match="is not used"):
            assert found_in(tmp_path) is None
        assert path.exists()


def test_nothing_is_pickled(tmp_path):
    harmful = a_state().network._replace(weights=[np.array([Bomb()], dtype=object)])
    with pytest.raises(ValueError, match="'weights/0000' is of dtype object, which is not kept"):
        leave_behind(tmp_path, state=a_state()._replace(network=harmful))
    assert names(tmp_path) == []


def test_a_model_file_is_not_used(tmp_path, small_classifier):
    save_model(small_classifier, leave_behind(tmp_path))
    with pytest.warns(UserWarning, match="it is of another fit"):
        assert found_in(tmp_path) is None


def test_it_opens_as_safetensors(tmp_path):
    path = leave_behind(tmp_path)
    with safetensors.safe_open(path, framework="np") as opened:
        document = json.loads(opened.metadata()["skdigits"])
    arrays = safetensors.numpy.load_file(path)
    assert (document["format"], document["fit"]) == ("skdigits checkpoint", DIGEST)
    assert sorted(arrays) == sorted(
        f"{name}/000{i}" for name in ("best_weights", "optimizer", "weights") for i in range(2)
    )
    np.testing.assert_array_equal(arrays["weights/0000"], a_state().network.weights[0])


def test_the_folder_is_made_and_a_file_in_its_place_is_named(tmp_path):
    assert found_in(tmp_path / "a" / "b") is None
    assert names(tmp_path / "a" / "b") == []
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match=r"checkpoint='.*file.*' must be a folder that can be"):
            found_in(folder)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path, monkeypatch):
    def acquire(self, **options):
        raise PermissionError(13, "Permission denied", self.lock_file)

    monkeypatch.setattr(FileLock, "acquire", acquire)
    with pytest.raises(OSError, match=r"must be a folder that can be written to: .*Permission"):
        found_in(tmp_path)


def test_the_digest_is_of_rows_description_and_versions(monkeypatch):
    rows = [np.zeros((2, 2), np.float32), np.arange(2)]
    digest = fit_digest({"a": 1, "b": (2, None)}, rows)
    assert digest == fit_digest({"b": (2, None), "a": 1}, [array.copy() for array in rows])
    others = [
        fit_digest({"a": 1, "b": (2, 0)}, rows),
        fit_digest({"a": 1, "b": (2, None)}, rows[:1]),
        fit_digest({"a": 1, "b": (2, None)}, [rows[0].reshape(4), rows[1]]),
        fit_digest({"a": 1, "b": (2, None)}, [rows[0].astype(np.float64), rows[1]]),
        fit_digest({"a": 1, "b": (2, None)}, [rows[0] + 1e-38, rows[1]]),
    ]
    monkeypatch.setattr("keras.__version__", "999")
    others.append(fit_digest({"a": 1, "b": (2, None)}, rows))
    assert len({digest, *others}) == 7
