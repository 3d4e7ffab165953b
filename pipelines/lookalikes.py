"""Look-alikes: likely buyers, and the customers nearest to them in the scaled space of features."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.neighbors import NearestNeighbors

from omnichannel.playbook.segments import LookalikeRules
from pipelines.segmenting.customers import ID, Customers
from pipelines.segmenting.space import Matrix, Space

ROWS_AT_ONCE = 20_000
EMAIL, PHONE = "email_sha256", "phone_sha256"

NO_CONSENT, NO_ADDRESS, NO_SEED, NOTHING_VARIES = "no-consent", "no-address", "no-seed", "nothing-varies"


@dataclass(frozen=True, kw_only=True)
class Audience:
    """`seed` and `expansion` (`customer_id`, hashes, `distance`, null for the seed); `empty` says why there is nobody."""

    seed: pa.Table
    expansion: pa.Table
    consented: int
    quality: Mapping[str, Any]
    empty: Mapping[str, str] | None = None


def audience(customers: Customers, space: Space, allowed: pa.Table, scores: pa.Table, rules: LookalikeRules) -> Audience:
    """The seed and who is most like it.

    `allowed` has `customer_id` and hashes of those who may be advertised to, `scores` has `customer_id`, `score`, `band`: everybody
    in an audience is among both `customers` and `allowed`, and has at least one hash.
    """
    known = allowed.filter(pc.is_in(allowed[ID], value_set=_flat(customers.column(ID))))
    reachable = known.filter(pc.or_(pc.is_valid(known[EMAIL]), pc.is_valid(known[PHONE])))
    seed = _seed(reachable, scores, rules)
    why = _why_empty(customers, space, known, reachable, seed, rules)
    if why:
        nobody = _with_distance(reachable.slice(0, 0), [])
        return Audience(seed=nobody, expansion=nobody, consented=known.num_rows, quality={}, empty=why)
    pool = reachable.filter(pc.invert(pc.is_in(reachable[ID], value_set=_flat(seed[ID]))))
    expansion = _nearest(customers, space, seed, pool, rules)
    return Audience(
        seed=_with_distance(seed, [None] * seed.num_rows),
        expansion=expansion,
        consented=known.num_rows,
        quality=quality(scores, seed, expansion, pool),
    )


def quality(scores: pa.Table, seed: pa.Table, expansion: pa.Table, pool: pa.Table) -> dict[str, Any]:
    """How much likelier to buy the expansion is than as many picked at random from those it was chosen from, by the model's scores.

    Customers whom the model did not score count on neither side; `scored` is the share of the expansion that has a score.
    """
    means = {name: _mean(scores, rows) for name, rows in (("seed", seed), ("expansion", expansion), ("everybody_else", pool))}
    ours, theirs = means["expansion"], means["everybody_else"]
    scored = pc.sum(pc.is_in(expansion[ID], value_set=_flat(scores[ID]))).as_py() or 0
    return {
        "mean_score": {name: None if mean is None else round(mean, 6) for name, mean in means.items()},
        "lift": round(ours / theirs, 4) if ours is not None and theirs else None,
        "chosen_from": pool.num_rows,
        "scored": round(scored / expansion.num_rows, 4) if expansion.num_rows else None,
    }


def _seed(reachable: pa.Table, scores: pa.Table, rules: LookalikeRules) -> pa.Table:
    """The likeliest of the band, so many."""
    likely = scores.filter(pc.equal(scores["band"], rules.band)).select([ID, "score"])
    found = reachable.join(likely, ID, join_type="inner").sort_by([("score", "descending"), (ID, "ascending")])
    return found.slice(0, rules.seed_size).select([ID, EMAIL, PHONE])


def _why_empty(
    customers: Customers, space: Space, known: pa.Table, reachable: pa.Table, seed: pa.Table, rules: LookalikeRules
) -> dict[str, str] | None:
    if not known.num_rows:
        return {"name": NO_CONSENT, "message": f"of {customers.rows} customers nobody agreed to advertising (purpose advertising)"}
    if not reachable.num_rows:
        return {"name": NO_ADDRESS, "message": f"of {known.num_rows} customers who agreed none has an e-mail address or a phone number"}
    if not seed.num_rows:
        return {
            "name": NO_SEED,
            "message": f"none of {reachable.num_rows} customers who agreed is in the band {rules.band} of {rules.model}",
        }
    if not space.features:
        return {"name": NOTHING_VARIES, "message": "customers are alike in every feature: nobody is more like the seed than others"}
    return None


def _nearest(customers: Customers, space: Space, seed: pa.Table, pool: pa.Table, rules: LookalikeRules) -> pa.Table:
    wanted = min(rules.expansion_size, int(np.ceil(rules.expansion_share * pool.num_rows)))
    index = NearestNeighbors(n_neighbors=min(rules.neighbours, seed.num_rows), algorithm="brute").fit(_points(customers, space, seed))
    ids, far = _distances(customers, space, pool, index)
    best = np.lexsort((ids, far))[:wanted]
    found = pa.table({ID: pa.array(ids[best], pa.string()), "distance": np.round(far[best] / space.unit, 6)})
    return pool.join(found, ID, join_type="inner").select([ID, EMAIL, PHONE, "distance"])


def _points(customers: Customers, space: Space, some: pa.Table) -> Matrix:
    wanted = _flat(some[ID])
    rows = [values[_mask(ids, wanted)] for ids, values in customers.batches(space.features)]
    return space.place(np.concatenate(rows))


def _distances(customers: Customers, space: Space, pool: pa.Table, index: NearestNeighbors) -> tuple[npt.NDArray[np.object_], Matrix]:
    """Of everyone in the pool the mean distance to the nearest of the seed."""
    wanted, ids, far = _flat(pool[ID]), [], []
    for batch_ids, values in customers.batches(space.features):
        here = _mask(batch_ids, wanted)
        points = space.place(values[here])
        ids.append(np.asarray(batch_ids.to_numpy(zero_copy_only=False), dtype=object)[here])
        lots = (points[start : start + ROWS_AT_ONCE] for start in range(0, len(points), ROWS_AT_ONCE))
        far += [index.kneighbors(lot)[0].mean(axis=1) for lot in lots]
    return np.concatenate(ids), np.concatenate(far) if far else np.empty(0)


def _mask(ids: pa.Array, wanted: pa.Array) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = pc.is_in(ids.cast(pa.string()), value_set=wanted).to_numpy(zero_copy_only=False)
    return found


def _mean(scores: pa.Table, some: pa.Table) -> float | None:
    theirs = scores.filter(pc.is_in(scores[ID], value_set=_flat(some[ID])))
    found: float | None = pc.mean(theirs["score"]).as_py()
    return found


def _flat(column: pa.ChunkedArray) -> pa.Array:
    return column.cast(pa.string()).combine_chunks()


def _with_distance(rows: pa.Table, distances: list[float | None]) -> pa.Table:
    return rows.append_column("distance", pa.array(distances, pa.float64()))
