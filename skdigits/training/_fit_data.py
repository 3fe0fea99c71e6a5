"""Prepare the data of a fit: encode labels, view rows as images, merge repeated rows."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from sklearn.base import clone

from skdigits._validation import digest_samples, warn_of_shared_samples
from skdigits.preprocessing import ImageReshaper
from skdigits.training._rows import (
    Images,
    Rows,
    check_magnitudes,
    describe_rows,
    index_rows,
    merge_rows,
    naming_validation_rows,
)

__all__ = ["FitData"]


@dataclass(frozen=True, eq=False)
class FitData:
    """Samples of a fit, ready for training.

    Attributes
    ----------
    classes : ndarray of shape (n_classes,)
        Sorted labels.
    reshaper : ImageReshaper
        Fitted transformer from rows of features to images.
    rows : Rows
        Images, class indices and positive weights of mean 1; no row occurs twice.
    validation : Rows or None
        The caller's rows to evaluate after each epoch, in the same form.
    description : dict
        Description of the caller's rows by :func:`~skdigits.training.describe_rows`.
    """

    classes: np.ndarray
    reshaper: ImageReshaper
    rows: Rows
    validation: Rows | None
    description: dict[str, Any]

    @classmethod
    def prepare(
        cls,
        given: Rows,
        validation: Rows | None,
        *,
        classes: np.ndarray | None,
        class_weight: dict[Any, float] | str | None,
        reshaper: ImageReshaper,
        keep_order: bool,
    ) -> Self:
        """Prepare validated rows with their labels.

        `classes` are all possible labels, sorted; None takes the labels of rows with a positive
        weight. `keep_order` keeps the order of the rows, instead of sorting them. ValueError is
        raised if labels, weights or the shape of the images are invalid.
        """
        check_magnitudes(given, name="X")
        reshaper = clone(reshaper).fit(given.X)
        shape = reshaper.image_shape_
        rows = given._replace(X=Images(given.X, shape))
        classes, rows = index_rows(*rows, classes, class_weight)
        description = describe_rows(*given, classes)
        if validation is not None:
            check_magnitudes(validation, name="X_val")
            train, own = (
                digest_samples(part.X)[part.sample_weight > 0] for part in (given, validation)
            )
            warn_of_shared_samples(
                [(train, own)], where="X and X_val", way="Leave them out of one of the two."
            )
            with naming_validation_rows():
                validation = validation._replace(X=Images(validation.X, shape))
                _, validation = index_rows(*validation, classes, class_weight)
            validation = merge_rows(validation, keep_order=keep_order)
        rows = merge_rows(rows, keep_order=keep_order)
        return cls(classes, reshaper, rows, validation, description)
