"""Customers to learn from or to test on: a matrix of features with labels, and who and when each row is about."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from omnichannel.scoring.model import Matrix, without_infinity

ID, CUT_OFF, LABEL = "customer_id", "cut_off", "label"
LEAST_OF_EACH_CLASS = 10
"""Fewer positives or negatives than this say nothing."""

Rows = npt.NDArray[np.bool_]


class CannotLearnError(Exception):
    """The customers cannot train a model; the message says what was found and what would work."""


class OneClassError(CannotLearnError):
    """The label holds for everybody, or for nobody."""


class TooFewCustomersError(CannotLearnError):
    """Too few customers of one of the classes."""


class MissingFeatureError(CannotLearnError):
    """A table lacks columns that `features.json` names."""


@dataclass(frozen=True)
class Customers:
    """Rows in one order: `matrix` (rows x features, NaN where unknown), `labels` 0 or 1, `who` (customer) and `when` (cut-off)."""

    features: tuple[str, ...]
    matrix: Matrix
    labels: Matrix
    who: npt.NDArray[np.uint64]
    when: npt.NDArray[np.str_]

    @classmethod
    def of(cls, table: pd.DataFrame, features: Sequence[str]) -> "Customers":
        """From a table with `customer_id`, `cut_off`, `label` and the features; infinite values become unknown.

        Raises `MissingFeatureError` when columns are missing.
        """
        missing = [name for name in (ID, CUT_OFF, LABEL, *features) if name not in table.columns]
        if missing:
            raise MissingFeatureError(f"the table lacks the columns {', '.join(missing)}; features.json and the tables are of one run")
        return cls(
            features=tuple(features),
            matrix=without_infinity(table[list(features)].to_numpy(dtype=np.float64)),
            labels=table[LABEL].to_numpy(dtype=np.float64),
            who=hashed(table[ID]),
            when=table[CUT_OFF].astype(str).to_numpy(dtype=np.str_),
        )

    @classmethod
    def read(cls, folder: Path, features: Sequence[str]) -> "Customers":
        """From the Parquet files of a folder."""
        return cls.of(pd.read_parquet(folder), features)

    def __len__(self) -> int:
        return len(self.labels)

    def none(self) -> "Customers":
        """The same columns without a row."""
        return self.take(np.zeros(len(self), dtype=np.bool_))

    def take(self, rows: Rows) -> "Customers":
        """Some of the rows."""
        return Customers(self.features, self.matrix[rows], self.labels[rows], self.who[rows], self.when[rows])

    def joined(self, other: "Customers") -> "Customers":
        """These rows, then the other's."""
        return Customers(
            self.features,
            np.concatenate([self.matrix, other.matrix]),
            np.concatenate([self.labels, other.labels]),
            np.concatenate([self.who, other.who]),
            np.concatenate([self.when, other.when]),
        )

    def column(self, name: str) -> Matrix:
        """A feature by name."""
        return np.asarray(self.matrix[:, self.features.index(name)], dtype=np.float64)

    @property
    def tell_both_classes(self) -> bool:
        """Whether there are enough rows of each class."""
        positives = int(self.labels.sum())
        return min(positives, len(self) - positives) >= LEAST_OF_EACH_CLASS

    def refuse_too_few(self, purpose: str) -> None:
        """Raises `OneClassError` or `TooFewCustomersError` unless there are enough rows of each class to `purpose`."""
        positives = int(self.labels.sum())
        if self.tell_both_classes:
            return
        kind = OneClassError if len(self) >= LEAST_OF_EACH_CLASS and positives in (0, len(self)) else TooFewCustomersError
        raise kind(
            f"too few customers to {purpose}: of {len(self)} rows {positives} are positive; at least {LEAST_OF_EACH_CLASS} positive and "
            f"{LEAST_OF_EACH_CLASS} negative are needed. Land the orders of more customers, or ask for another as-of date."
        )


def hashed(ids: "pd.Series[str]") -> npt.NDArray[np.uint64]:
    """A number for each customer id, the same everywhere."""
    return np.asarray(pd.util.hash_array(ids.to_numpy(dtype=object)), dtype=np.uint64)


def read_features(meta: Path) -> list[str]:
    """The features' names in their order, from `meta/features.json`."""
    return [feature["name"] for feature in json.loads((meta / "features.json").read_text())]
