"""Customers as the features step leaves them, made up: groups that differ, or none."""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from omnichannel.playbook.segments import SegmentsPlaybook, segments_playbook
from pipelines.features import registered
from pipelines.segmenting.customers import Customers

AS_OF = date(2026, 11, 1)
FEATURES = [f.to_dict() for f in registered()]
GROUPS: dict[str, dict[str, float]] = {
    "regulars": {"recency_days": 5, "orders_365d": 24, "spend_365d": 1800, "orders_90d": 6, "product_views_30d": 30, "tenure_days": 700},
    "lapsed": {"recency_days": 300, "orders_365d": 1, "spend_365d": 30, "orders_90d": 0, "product_views_30d": 0, "tenure_days": 900},
    "lookers": {"recency_days": 90, "orders_365d": 2, "spend_365d": 80, "orders_90d": 0, "product_views_30d": 60, "tenure_days": 150},
}
"""Means of the features that tell three groups apart; the others are the same for everybody."""


def people(
    sizes: Mapping[str, int], *, seed: int = 7, shift: float = 0.0, noise: float = 0.08, groups: Mapping[str, Mapping[str, float]] = GROUPS
) -> pa.Table:
    """Customers of those groups, in an order of their own; `shift` moves every feature by that share."""
    draw = np.random.default_rng(seed)
    names = [name for name, size in sizes.items() for _ in range(size)]
    columns: dict[str, Any] = {"customer_id": [f"c_{name}_{n:05d}" for n, name in enumerate(names)]}
    for feature in FEATURES:
        means = np.array([groups[name].get(feature["name"], 1.0) for name in names])
        columns[feature["name"]] = means * (1 + shift) * np.exp(draw.normal(0, noise, len(names)))
    columns["lifecycle"] = ["active"] * len(names)
    return pa.table(columns).take(draw.permutation(len(names)))


def groups_of(ids: list[str]) -> list[str]:
    return [customer_id.split("_")[1] for customer_id in ids]


@pytest.fixture
def left(tmp_path: Path) -> Callable[..., Customers]:
    """Writes a table as the features step does, and reads it."""
    made = iter(range(1000))

    def write(table: pa.Table, *, features: list[dict[str, Any]] = FEATURES, snapshot: str = "s1", files: int = 1) -> Customers:
        folder = tmp_path / str(next(made))
        (folder / "customers").mkdir(parents=True)
        (folder / "meta").mkdir()
        size = -(-table.num_rows // files) or 1
        for number in range(files):
            pq.write_table(table.slice(number * size, size), folder / "customers" / f"customers-{number}.parquet")
        (folder / "meta" / "features.json").write_text(json.dumps(features))
        (folder / "meta" / "snapshot.json").write_text(json.dumps({"digest": snapshot, "tables": {}}))
        return Customers.read(folder / "customers", folder / "meta")

    return write


@pytest.fixture
def playbook() -> SegmentsPlaybook:
    """The app's own, finding segments anew every time."""
    ours = segments_playbook()
    return replace(ours, clusters=replace(ours.clusters, refit_days=0))
