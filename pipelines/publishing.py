"""A score run: every scored customer with band, decile and reasons, and the manifest that is written last."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from omnichannel.contracts.scores import SCORE_COLUMNS, Band
from omnichannel.scoring.model import Matrix, TrainedModel
from pipelines.evaluation import histogram

ROWS_A_PART = 250_000
CURVES = ("curves", "candidates", "publishing_rule")
"""What the manifest leaves to evaluation.json."""

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


class IdsDifferError(Exception):
    """Other customers came back from scoring than were sent."""


def matched(features: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """`features` with the column `score`, both indexed by customer; raises `IdsDifferError` unless both hold the same customers."""
    for name, frame in (("sent to scoring", features), ("scored", scores)):
        twice = frame.index[frame.index.duplicated()]
        if len(twice):
            raise IdsDifferError(f"{len(twice)} customers were {name} twice")
    lost, extra = features.index.difference(scores.index), scores.index.difference(features.index)
    if len(lost) or len(extra):
        raise IdsDifferError(f"{len(features)} customers were sent to scoring: {len(lost)} did not come back, {len(extra)} others did")
    return features.join(scores).sort_index()


def bands(scores: Matrix, cut_offs: Mapping[str, float]) -> list[str]:
    """Each score in words; a band begins at its cut-off."""
    names = np.where(scores >= cut_offs["high"], str(Band.HIGH), np.where(scores >= cut_offs["medium"], str(Band.MEDIUM), str(Band.LOW)))
    return [str(n) for n in names]


def deciles(scores: Matrix) -> npt.NDArray[np.int32]:
    """1 to 10, 10 for the tenth with the highest scores; equal scores share a decile."""
    ranks = pd.Series(scores).rank(method="average")
    return np.ceil(ranks.to_numpy() * 10 / len(scores)).astype(np.int32)


def score_table(model: TrainedModel, customers: pd.DataFrame, cut_offs: Mapping[str, float], version: str, as_of: date) -> pa.Table:
    """The rows of a score run from `customers` (features and `score`, indexed by customer)."""
    scores = customers["score"].to_numpy(dtype=np.float64)
    outside = int((~((scores >= 0) & (scores <= 1))).sum())
    if outside:
        raise ValueError(f"{outside} of {len(scores)} scores are not between 0 and 1")
    columns = {
        "customer_id": customers.index.to_list(),
        "score": scores,
        "band": bands(scores, cut_offs),
        "decile": deciles(scores),
        "reasons": model.reasons(customers[model.features].to_numpy(dtype=np.float64)),
        "model_version": [version] * len(customers),
        "as_of": [as_of] * len(customers),
    }
    return pa.table([pa.array(columns[name], SCHEMA.field(name).type) for name in SCORE_COLUMNS], schema=SCHEMA)


def parts(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The table in files of at most `ROWS_A_PART` rows, by name."""
    for number, start in enumerate(range(0, table.num_rows, ROWS_A_PART)):
        yield f"part-{number:03d}.parquet", table.slice(start, ROWS_A_PART)


def run_id(artifact: str, snapshot: str, as_of: date) -> str:
    """The name of a score run: the same model, data and date give the same run."""
    return hashlib.sha256(f"{artifact}|{snapshot}|{as_of.isoformat()}".encode()).hexdigest()[:16]


def numbers(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """The part of an evaluation that goes into the manifest."""
    return {k: v for k, v in evaluation.items() if k not in CURVES}


def scored_summary(table: pa.Table) -> dict[str, Any]:
    """How the scored customers are spread: by band and by score."""
    return {
        "rows": table.num_rows,
        "bands": dict(Counter(table.column("band").to_pylist())),
        "histogram": histogram(table.column("score").to_numpy()),
    }
