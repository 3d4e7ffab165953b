"""The own recommender on a real purchase log: each customer's last order is hidden, and its new products are to be found.

UCI Online Retail, `online_retail.parquet` in the folder that `REAL_DATA` names. Nothing in the code under test knows which set it
reads. The floor is what was bought most in the last thirty days, in the same run, by the same measure: full ranking, what the
customer has bought left out, recall divided by min(targets, 10), coverage as the share of the products that anybody is shown.
"""

import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from examples.online_retail import convert
from examples.online_retail.tables import tables
from omnichannel.recommendations.learned.catalogue import Floats, Ints
from omnichannel.recommendations.learned.fit import Learned, fit
from omnichannel.transform.lake import Lake

SHOWN = 10
RECALL, COVERAGE, SECONDS, OVER_POPULAR = 0.093, 0.3, 10.0, 1.5
FILE = "online_retail.parquet"
_DAY = 86_400


def measure(rows: int) -> list[dict[str, Any]]:
    """Recall, NDCG, coverage and CPU seconds of learning; nothing, and a word, where the file is not there."""
    path = Path(os.environ.get("REAL_DATA") or Path(__file__).parents[3] / "shared" / "data") / FILE
    if not path.exists():
        sys.stderr.write(f"recommender: no {path}, left out; REAL_DATA names the folder\n")
        return []
    train, test = split(purchases(path))
    with tempfile.TemporaryDirectory() as work:
        lake = lake_of(train, Path(work), datetime.fromtimestamp(int(test["moment"].max()) + 1, UTC))
        started = time.process_time()
        learned = fit(lake)
        seconds = time.process_time() - started
        sparse = fit(lake, most_dense=0)
        found = Trial(learned, lake, train, test)
    recent = train[train["moment"] > train["moment"].max() - 30 * _DAY]["product_id"]
    counts = recent.value_counts().reindex(learned.catalogue.ids).fillna(0).to_numpy(float)
    popular, own, near = found.of(lambda *_: counts), found.of(learned.hybrid.scores), found.of(sparse.hybrid.scores)
    ratio = own["recall"] / popular["recall"]
    return [
        _row("recommender, Recall@10 over 30-day popularity", own["recall"], "", len(train), floor=popular["recall"], ratio=ratio,
             goal=f"≥ {OVER_POPULAR}", met=ratio >= OVER_POPULAR),
        _row("recommender, Recall@10", own["recall"], "", len(train), goal=f"≥ {RECALL}", met=own["recall"] >= RECALL),
        _row("recommender, coverage@10", own["coverage"], "", len(train), goal=f"≥ {COVERAGE}", met=own["coverage"] >= COVERAGE),
        _row("recommender, NDCG@10", own["ndcg"], "", len(train), floor=popular["ndcg"], ratio=own["ndcg"] / popular["ndcg"]),
        _row("recommender, learning", seconds, "s", len(train), goal=f"≤ {SECONDS:g}", met=seconds <= SECONDS),
        _row("recommender, Recall@10 by neighbours", near["recall"], "", len(train), floor=popular["recall"],
             ratio=near["recall"] / popular["recall"]),
        _row("recommender, coverage@10 by neighbours", near["coverage"], "", len(train)),
    ]  # fmt: skip


def purchases(path: Path) -> pd.DataFrame:
    """The lines of completed orders of known customers: `order_id`, `customer_ref`, `product_id`, `moment` in seconds."""
    made = tables(convert.read(path))
    orders = made.orders[(made.orders["status"] == "completed") & made.orders["customer_ref"].notna()]
    lines = made.order_lines[made.order_lines["product_id"].notna() & (made.order_lines["quantity"] > 0)]
    sold = lines.merge(orders[["order_id", "customer_ref", "ordered_at"]], on="order_id")
    moments = pd.to_datetime(sold["ordered_at"], utc=True).astype("datetime64[s, UTC]").astype("int64")
    return sold[["order_id", "customer_ref", "product_id"]].assign(moment=moments)


def split(sold: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Everything before each customer's last order; and of that order what is not new to the catalogue or the only order."""
    last = sold.sort_values(["moment", "order_id"]).groupby("customer_ref")["order_id"].last()
    hidden = sold["order_id"] == sold["customer_ref"].map(last)
    train, test = sold[~hidden], sold[hidden]
    return train, test[test["customer_ref"].isin(train["customer_ref"]) & test["product_id"].isin(train["product_id"])]


def lake_of(train: pd.DataFrame, work: Path, as_of: datetime) -> Lake:
    """The purchases as what is learned from: a catalogue without any description, customers of no country."""
    lake = Lake(None, "", work, as_of=as_of)
    products, users = sorted(set(train["product_id"])), sorted(set(train["customer_ref"]))
    nothing = pa.nulls(len(products), pa.string())
    described = {"category_l1": nothing, "category_l2": nothing, "brand": nothing, "price": nothing.cast(pa.float64())}
    lake.put("items", pa.table({"item_id": products, "available": ["yes"] * len(products), **described}))
    lake.put("users", pa.table({"user_id": users, "country": pa.nulls(len(users), pa.string())}))
    lake.put("permitted", pa.table({"user_id": users}))
    did = {"user_id": list(train["customer_ref"]), "item_id": list(train["product_id"]), "timestamp": list(train["moment"])}
    lake.put("interactions", pa.table({**did, "event_type": ["Purchase"] * len(train)}))
    return lake


class Trial:
    """Histories and targets of those whose last order has anything new; scores of models are judged by them."""

    def __init__(self, learned: Learned, lake: Lake, train: pd.DataFrame, test: pd.DataFrame) -> None:
        self._learned = learned
        places = {product_id: place for place, product_id in enumerate(learned.catalogue.ids)}
        seen, wanted = (_sets(part["product_id"].map(places), part["customer_ref"]) for part in (train, test))
        self._targets = {user: new for user, found in wanted.items() if (new := found - seen[user])}
        self._seen = {user: np.array(sorted(seen[user])) for user in self._targets}
        query = 'SELECT user_id, item, aged FROM learned_history JOIN learned_users USING ("user") ORDER BY user_id, item'
        rows = lake.connection.sql(query).to_arrow_table().to_pandas()
        self._histories = {user: (part["item"].to_numpy(), part["aged"].to_numpy()) for user, part in rows.groupby("user_id")}

    def of(self, scores: Callable[[Ints, Floats], Floats]) -> dict[str, float]:
        """Recall, NDCG and coverage of a model."""
        shown: set[int] = set()
        judged = []
        for user, targets in self._targets.items():
            listed = self._learned.hybrid.best(scores(*self._histories[user]), SHOWN, without=self._seen[user]).tolist()
            shown.update(listed)
            judged.append(_judged([each in targets for each in listed], min(len(targets), SHOWN)))
        recall, ndcg = np.mean(judged, axis=0)
        return {"recall": float(recall), "ndcg": float(ndcg), "coverage": len(shown) / len(self._learned.catalogue)}


def _sets(places: "pd.Series[int]", owners: "pd.Series[str]") -> dict[str, set[int]]:
    return {str(owner): set(found) for owner, found in places.groupby(owners)}


def _judged(hits: list[bool], most: int) -> tuple[float, float]:
    gains = 1 / np.log2(np.arange(2, SHOWN + 2))
    return sum(hits) / most, float(gains[: len(hits)][hits].sum() / gains[:most].sum())


def _row(name: str, value: float, unit: str, rows: int, **told: Any) -> dict[str, Any]:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    plain = {"floor": None, "ratio": None, "goal": "reported", "met": True, "peak_mb": peak}
    return {"name": name, "value": value, "unit": unit, "rows": rows, **plain, **told}
