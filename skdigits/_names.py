"""What to say of a name that there is not."""

from collections.abc import Sequence
from difflib import get_close_matches

__all__ = ["check_name"]


def check_name(name: str, known: Sequence[str], kind: str) -> None:
    """Raise ValueError if `name` is not known, with the nearest names and all of them.

    Parameters
    ----------
    name : str
        A name that somebody gave.
    known : sequence of str
        The names that there are.
    kind : str
        What they are names of.

    Raises
    ------
    ValueError
        If `name` is not in `known`.

    Examples
    --------
    >>> from skdigits._names import check_name
    >>> check_name("scv", ("svc", "knn"), "baseline")
    Traceback (most recent call last):
    ValueError: There is no baseline 'scv'. Did you mean 'svc'? Known: svc, knn.
    """
    if name in known:
        return
    near = get_close_matches(str(name), known, n=3)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    raise ValueError(f"There is no {kind} {name!r}.{hint} Known: {', '.join(known)}.")
