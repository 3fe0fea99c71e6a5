"""Assemble the objects that scikit-learn's loaders return from a table of digits."""

from copy import deepcopy
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.utils import Bunch

from skdigits.datasets._packaged import METADATA, N_TRAIN, Table, description

__all__ = ["FEATURE_NAMES", "SUBSETS", "digits_bunch", "optdigits_bunch"]

FEATURE_NAMES = [f"pixel_{row}_{column}" for row in range(8) for column in range(8)]

SUBSETS = {"all": slice(None), "train": slice(N_TRAIN), "test": slice(N_TRAIN, None)}


def digits_bunch(table: Table, *, as_frame: bool = False, **extra: Any) -> Bunch:
    """Assemble fresh arrays, or frames, from a table; `extra` is added to the Bunch."""
    data: Any = table[:, :64].astype(np.float64, order="C")
    target: Any = table[:, 64].astype(np.int64)
    images = data.reshape(-1, 8, 8)
    frame = None
    if as_frame:
        import pandas as pd

        data = pd.DataFrame(data, columns=FEATURE_NAMES)
        target = pd.Series(target, name="target")
        frame = pd.concat([data, target], axis=1)
    return Bunch(
        data=data,
        target=target,
        frame=frame,
        feature_names=list(FEATURE_NAMES),
        target_names=np.arange(10),
        images=images,
        **extra,
    )


def optdigits_bunch(
    table: Table,
    *,
    subset: str,
    return_X_y: bool,
    as_frame: bool,
    metadata: dict[str, Any] | None = None,
    **per_sample: npt.NDArray[Any],
) -> Bunch | tuple[Any, Any]:
    """Assemble a subset of optdigits; `metadata` completes what is known about it.

    `per_sample` are further arrays of all samples, of which the Bunch gets those of the subset.
    """
    bunch = digits_bunch(
        table[SUBSETS[subset]],
        as_frame=as_frame,
        subset=subset,
        DESCR=description(),
        metadata=deepcopy(METADATA | (metadata or {})),
        **{name: values[SUBSETS[subset]].copy() for name, values in per_sample.items()},
    )
    return (bunch.data, bunch.target) if return_X_y else bunch
