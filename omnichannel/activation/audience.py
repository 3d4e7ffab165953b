"""An activation run's audience: the score runs of one date joined by customer, with their segment, in parts, the same bytes every time."""

import gzip
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from omnichannel.activation.traits import rounded, scored
from omnichannel.aws import dynamodb as tables
from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.contracts.scores import Trait, activation_order

Record = dict[str, Any]
"""One line of an audience part: customer_id, customer_ref (or None), traits, and the scores by model that they are made of."""
_COLUMNS = ["customer_id", "score", "band", "decile"]


class UnusableScores(Exception):
    """A score run that cannot become an audience: not what its manifest says, or a customer twice."""


def scores(s3: Any, bucket: str, manifest_key: str, *, as_of: str) -> pa.Table:
    """The scores of one finished run: `customer_id`, `score`, `band`, `decile`, and `run`; raises `UnusableScores`."""
    manifest = json.loads(objects.get(s3, bucket, manifest_key))
    if manifest["as_of"] != as_of:
        raise UnusableScores(f"{manifest_key}: scores as of {manifest['as_of']}, expected {as_of}")
    prefix = manifest_key.removesuffix(zones.MANIFEST)
    keys = [part if part.startswith(prefix) else prefix + part for part in manifest["parts"]]
    parts = [pq.read_table(io.BytesIO(objects.get(s3, bucket, key)), columns=_COLUMNS) for key in keys]
    table = pa.concat_tables(parts, promote_options="permissive") if parts else _NO_SCORES
    _check(table, manifest, manifest_key)
    return table.append_column("run", pa.array([manifest["run"]] * table.num_rows, pa.string()))


def references(dynamodb: Any, table: str) -> dict[str, str]:
    """The retailer's own id of every customer that has one, by customer id.

    One projected scan: it reads 4 KB (some ten items) for the price that `BatchGetItem` asks for each single item,
    and an audience is nearly the whole table.
    """
    return {
        item["customer_id"]: item["customer_ref"]
        for item in tables.scan(dynamodb, table, ("customer_id", "customer_ref"))
        if item.get("customer_ref")
    }


def join(
    score_tables: Mapping[str, pa.Table], refs: Mapping[str, str], *, as_of: str, segments: Mapping[str, str] | None = None
) -> list[Record]:
    """Every customer whom a model scored, once, ordered by id; a model without a score leaves its traits out.

    `segments` are the names of customers' segments: who has none gets no such trait.
    """
    in_segments = segments or {}
    traits: dict[str, dict[str, Any]] = {}
    scores: dict[str, dict[str, Any]] = {}
    for model, table in sorted(score_tables.items()):
        columns = (table.column(name).to_pylist() for name in (*_COLUMNS, "run"))
        for customer_id, score, band, decile, run in zip(*columns, strict=True):
            traits.setdefault(customer_id, {}).update(scored(model, score, band))
            scores.setdefault(customer_id, {})[model] = {"score": rounded(score), "band": band, "decile": decile, "run": run}
    return [
        {
            "customer_id": customer_id,
            "customer_ref": refs.get(customer_id),
            "traits": {**traits[customer_id], **_segment(in_segments.get(customer_id)), Trait.PROPENSITY_AS_OF.value: as_of},
            "scores": scores[customer_id],
        }
        for customer_id in sorted(traits)
    ]


def order(s3: Any, bucket: str, manifest_keys: Iterable[str], *, run: str, as_of: str) -> str:
    """Where the run stands among all activation runs: by its date, then by when the newest of its manifests was written."""
    written = max(s3.head_object(Bucket=bucket, Key=key)["LastModified"] for key in manifest_keys)
    return activation_order(as_of, written.isoformat(), run)


def write(s3: Any, bucket: str, *, run: str, as_of: str, records: list[Record], part_size: int, order: str = "") -> dict[str, Any]:
    """Writes the parts and, last, their index; returns the index: `run`, `as_of`, `order`, `parts`, `customers`."""
    if part_size < 1:
        raise ValueError(f"part size is {part_size}; expected at least 1 customer")
    keys = []
    for number, lot in enumerate(tables.batches(records, part_size)):
        keys.append(zones.audience_part(run, number))
        objects.put(s3, bucket, keys[-1], packed(lot), objects.GZIP_JSON_LINES)
    index = {"run": run, "as_of": as_of, "order": order, "parts": keys, "customers": len(records)}
    objects.put(s3, bucket, zones.audience_index(run), json.dumps(index).encode(), objects.JSON)
    return index


def packed(records: Iterable[Record]) -> bytes:
    """One part, without a time of packing in it."""
    return gzip.compress("".join(_lines(records)).encode(), compresslevel=6, mtime=0)


def _segment(name: str | None) -> dict[str, str]:
    return {} if name is None else {Trait.CUSTOMER_SEGMENT.value: name}


_NO_SCORES = pa.schema([("customer_id", pa.string()), ("score", pa.float64()), ("band", pa.string()), ("decile", pa.int32())]).empty_table()
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def _lines(records: Iterable[Record]) -> Iterator[str]:
    return (_encode(record) + "\n" for record in records)


def _check(table: pa.Table, manifest: Mapping[str, Any], key: str) -> None:
    if table.num_rows != manifest["rows"]:
        raise UnusableScores(f"{key}: {manifest['rows']} rows announced, {table.num_rows} found in {len(manifest['parts'])} parts")
    if nulls := sum(column.null_count for column in table.columns):
        raise UnusableScores(f"{key}: {nulls} values missing among {', '.join(_COLUMNS)}")
    distinct = len(table.column("customer_id").unique())
    if distinct != table.num_rows:
        raise UnusableScores(f"{key}: {table.num_rows - distinct} customers twice")
