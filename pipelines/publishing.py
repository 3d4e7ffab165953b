"""A score run: every scored customer with band, decile and reasons, part by part, and the features that they were scored with."""

import gzip
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from omnichannel.contracts.scores import SCORE_COLUMNS, Band
from omnichannel.scoring.model import Matrix, TrainedModel, without_infinity
from pipelines.evaluation import histogram
from pipelines.group_means import GroupMeans
from pipelines.reasons import Explained, explained, wanted
from pipelines.returned import UnusableFeaturesError

CURVES = ("curves", "candidates", "publishing_rule", "validation", "groups")
"""What the manifest leaves to evaluation.json."""
GZIP_LEVEL = 3

_encode = json.JSONEncoder(ensure_ascii=False).encode

SCHEMA = pa.schema(
    [
        ("customer_id", pa.string()),
        ("score", pa.float64()),
        ("band", pa.string()),
        ("decile", pa.int32()),
        ("reasons", pa.list_(pa.string())),
        ("model_version", pa.string()),
        ("as_of", pa.date32()),
    ]
)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """By what a score run's rows are made, the same for every part."""

    model: TrainedModel
    cut_offs: Mapping[str, float]
    decile_starts: Sequence[tuple[int, float]]
    explain: Explained
    version: str
    as_of: date


def bands(scores: Matrix, cut_offs: Mapping[str, float]) -> list[str]:
    """Each score in words; a band begins at its cut-off."""
    names = np.where(scores >= cut_offs["high"], str(Band.HIGH), np.where(scores >= cut_offs["medium"], str(Band.MEDIUM), str(Band.LOW)))
    return [str(n) for n in names]


def deciles(scores: Matrix, starts: Sequence[tuple[int, float]]) -> npt.NDArray[np.int32]:
    """1 to 10, by the lowest score of each decile; what is below all of them belongs to the lowest."""
    places = np.searchsorted([start for _, start in starts], scores, side="right") - 1
    return np.asarray([decile for decile, _ in starts], dtype=np.int32)[np.maximum(places, 0)]


def matrix_of(rows: pa.Table, features: Sequence[str]) -> Matrix:
    """The feature columns of a table, NaN where unknown."""
    columns = [pc.cast(rows.column(name), pa.float64()).to_numpy() for name in features]
    return np.column_stack(columns) if columns else np.empty((rows.num_rows, 0))


def score_table(rows: pa.Table, matrix: Matrix, rules: Rules, consented: frozenset[str]) -> pa.Table:
    """The rows of a score run from customers with `score`; `matrix` are their features, `consented` who may be contacted."""
    scores = rows.column("score").to_numpy()
    ids, names = rows.column("customer_id").to_pylist(), bands(scores, rules.cut_offs)
    columns = {
        "customer_id": ids,
        "score": scores,
        "band": names,
        "decile": deciles(scores, rules.decile_starts),
        "reasons": explained(rules.model, matrix, wanted(rules.explain, ids, names, consented)),
        "model_version": [rules.version] * len(ids),
        "as_of": [rules.as_of] * len(ids),
    }
    return pa.table([pa.array(columns[name], SCHEMA.field(name).type) for name in SCORE_COLUMNS], schema=SCHEMA)


def buckets(rows: pa.Table, matrix: Matrix) -> Iterator[tuple[int, str]]:
    """The customers' features by number of bucket: JSON lines, each value in the shortest text that reads as the same double."""
    numbers = rows.column("bucket").to_numpy()
    lines = _lines(rows.column("customer_id").to_pylist(), matrix)
    order = np.argsort(numbers, kind="stable")
    for places in np.split(order, np.flatnonzero(np.diff(numbers[order])) + 1):
        if len(places):
            yield int(numbers[places[0]]), "".join(lines[place] for place in places)


def packed(lines: str) -> bytes:
    """A bucket as it is stored: gzipped, without a time of packing in it."""
    return gzip.compress(lines.encode(), GZIP_LEVEL, mtime=0)


def _lines(ids: Sequence[str], matrix: Matrix) -> list[str]:
    columns = [pc.fill_null(pc.cast(pa.array(matrix[:, n], from_pandas=True), pa.string()), "null") for n in range(matrix.shape[1])]
    values = pc.binary_join_element_wise(*columns, ",").to_pylist() if columns else [""] * len(ids)
    return [f'{{"customer_id":{_encode(i)},"values":[{v}]}}\n' for i, v in zip(ids, values, strict=True)]


def check_features(sent: Sequence[str], model: TrainedModel) -> None:
    """Raises `UnusableFeaturesError` unless customers were described by the model's own features, in its order."""
    if list(sent) == model.features:
        return
    missing, extra = [n for n in model.features if n not in sent], [n for n in sent if n not in model.features]
    raise UnusableFeaturesError(
        f"customers were described by {len(sent)} features, the model reads {len(model.features)}: "
        f"missing {', '.join(missing) or 'none'}, unknown {', '.join(extra) or 'none'}, or in another order. "
        "The model is of another version than the features step: train again"
    )


def run_id(artifact: str, snapshot: str, as_of: date, explain: str = "") -> str:
    """The name of a score run: the same model, data and date, explained to the same people, give the same run."""
    return hashlib.sha256(f"{artifact}|{snapshot}|{as_of.isoformat()}|{explain}".encode()).hexdigest()[:16]


def numbers(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an evaluation that goes into the manifest."""
    return {k: v for k, v in evaluation.items() if k not in CURVES}


@dataclass
class Spread:
    """How the scored customers are spread: by band and by score; and which of their features were infinite, with how many."""

    rows: int = 0
    bands: Counter[str] = field(default_factory=Counter)
    counts: npt.NDArray[np.int64] | None = None
    edges: Sequence[float] = ()
    explained: int = 0
    infinite: Counter[str] = field(default_factory=Counter)
    means: GroupMeans = field(default_factory=GroupMeans)

    def known(self, matrix: Matrix, features: Sequence[str]) -> Matrix:
        """The same features with unknown in the place of infinite, which is what the model makes of them; they are counted."""
        for name, count in zip(features, np.isinf(matrix).sum(axis=0).tolist(), strict=True):
            self.infinite.update({name: count} if count else {})
        return without_infinity(matrix)

    def add(self, table: pa.Table) -> None:
        """Some more of them."""
        self.rows += table.num_rows
        self.bands.update(table.column("band").to_pylist())
        self.explained += int(pc.sum(pc.greater(pc.list_value_length(table.column("reasons")), 0)).as_py() or 0)
        found = histogram(table.column("score").to_numpy())
        counted = np.asarray(found["counts"], dtype=np.int64)
        self.counts, self.edges = counted if self.counts is None else self.counts + counted, found["edges"]

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        counts = [] if self.counts is None else self.counts.tolist()
        told = {"edges": list(self.edges), "counts": counts}
        return {
            "rows": self.rows,
            "bands": dict(self.bands),
            "histogram": told,
            "explained": self.explained,
            "infinite_as_unknown": dict(self.infinite),
            "groups": self.means.to_list(),
        }
