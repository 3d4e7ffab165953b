"""Look-alikes step: likely buyers and who is like them, as hashes that display networks take; the manifest comes last."""

import argparse
import csv
import gzip
import hashlib
import io
import json
import logging
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from omnichannel.activation import starter
from omnichannel.activation.audience import scores
from omnichannel.aws import iceberg
from omnichannel.aws import s3 as objects
from omnichannel.aws.clients import client
from omnichannel.contracts import zones
from omnichannel.contracts.scores import Model
from omnichannel.contracts.segments import AUDIENCE_COLUMNS, LookalikesManifest
from omnichannel.playbook.segments import SegmentsPlaybook, segments_playbook
from omnichannel.segments.advertising import addresses
from omnichannel.transform.lake import Lake
from pipelines.lookalikes import EMAIL, PHONE, Audience, audience
from pipelines.segmenting.customers import Customers
from pipelines.segmenting.space import space_of

log = logging.getLogger(__name__)

SEED_FILE, AUDIENCE_FILE, ROWS_FILE = "seed.csv.gz", "audience.csv.gz", "part-000.parquet"
SCHEMA = pa.schema(
    [
        ("email_sha256", pa.string()),
        ("phone_sha256", pa.string()),
        ("part", pa.string()),
        ("distance", pa.float64()),
        ("as_of", pa.date32()),
    ]
)
"""A look-alikes run's `part-*.parquet`: hashes or null, `seed` or `expansion`, the mean distance to the nearest of the seed (null for
the seed), date."""


class NoScoreRunError(Exception):
    """The model has no finished score run of the date; the message says what would work."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The scores that the seed is taken from, and the run that they are of."""

    run: str
    rows: pa.Table


def scored(s3: Any, bucket: str, rules_model: str, as_of: date) -> Scored:
    """The newest score run of the date; raises `NoScoreRunError`."""
    found = starter.newest(starter.manifests_of(s3, bucket, as_of)).get(Model(rules_model))
    if found is None:
        raise NoScoreRunError(
            f"{rules_model} has no finished score run as of {as_of} under {zones.score_runs(rules_model, as_of)}: "
            f"run the pipeline {rules_model}-score for that date first"
        )
    return Scored(run=found.run, rows=scores(s3, bucket, found.key, as_of=as_of.isoformat()))


def make(s3: Any, bucket: str, customers: Customers, allowed: pa.Table, playbook: SegmentsPlaybook, as_of: date) -> dict[str, Any]:
    """Writes the run and gives its manifest; the same customers, consents, scores and rules give the same run and the same bytes."""
    rules = playbook.lookalikes
    given = scored(s3, bucket, rules.model, as_of)
    space = space_of(customers.features, customers.sample(playbook.clusters.sample))
    found = audience(customers, space, allowed, given.rows, rules)
    files = {
        SEED_FILE: as_csv(found.seed),
        AUDIENCE_FILE: as_csv(found.expansion),
        ROWS_FILE: as_rows(found, as_of),
    }
    digest = hashlib.sha256(b"".join(hashlib.sha256(body).digest() for body in files.values())).hexdigest()
    run = hashlib.sha256(json.dumps([given.run, asdict(rules), as_of.isoformat(), digest], sort_keys=True).encode()).hexdigest()[:16]
    manifest = _manifest(customers, found, given, playbook, as_of, run, digest, list(files), space.features)
    prefix = zones.lookalikes_run(as_of, run)
    for name, body in files.items():
        objects.put(s3, bucket, prefix + name, body)
    objects.put(s3, bucket, prefix + zones.MANIFEST, json.dumps(manifest, indent=1).encode(), objects.JSON)
    return manifest


def as_csv(rows: pa.Table) -> bytes:
    """A gzipped CSV file that networks take: hashes alone, ordered by them, so that the order tells nothing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(AUDIENCE_COLUMNS)
    pairs = zip(rows[EMAIL].to_pylist(), rows[PHONE].to_pylist(), strict=True)
    writer.writerows(sorted((email or "", phone or "") for email, phone in pairs))
    return gzip.compress(text.getvalue().encode(), mtime=0)


def as_rows(found: Audience, as_of: date) -> bytes:
    """The same with part and distance, as Parquet for our own eyes: no ids either."""
    parts = [
        rows.select([EMAIL, PHONE, "distance"]).append_column("part", pa.array([name] * rows.num_rows, pa.string()))
        for name, rows in (("seed", found.seed), ("expansion", found.expansion))
    ]
    both = pa.concat_tables(parts)
    dated = both.append_column("as_of", pa.array([as_of] * both.num_rows, pa.date32())).select(SCHEMA.names).cast(SCHEMA)
    body = io.BytesIO()
    pq.write_table(dated.sort_by([(EMAIL, "ascending"), (PHONE, "ascending")]), body, compression="zstd")
    return body.getvalue()


def _manifest(
    customers: Customers,
    found: Audience,
    given: Scored,
    playbook: SegmentsPlaybook,
    as_of: date,
    run: str,
    digest: str,
    files: list[str],
    features: list[str],
) -> dict[str, Any]:
    return LookalikesManifest(
        run=run,
        as_of=as_of.isoformat(),
        score_run=given.run,
        model=playbook.lookalikes.model,
        band=playbook.lookalikes.band,
        seed=found.seed.num_rows,
        expansion=found.expansion.num_rows,
        customers=customers.rows,
        consented=found.consented,
        digest=digest,
        files=files,
        quality=dict(found.quality),
        features=features,
        empty=dict(found.empty) if found.empty else None,
    ).to_dict()


def _allowed(database: str, as_of: datetime, now: datetime) -> pa.Table:
    """Who may be advertised to, with hashes, by the trusted tables."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as other:
        lakes = [Lake(iceberg.catalog(), database, Path(work), as_of=at) for work, at in ((folder, as_of), (other, now))]
        allowed = addresses(*lakes)
        for lake in lakes:
            lake.close()
    return allowed


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the folders of the features step and the trusted consents, and writes to the lake."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--bucket", required=True)
    parser.add_argument("--glue-database", required=True)
    for folder in ("customers", "meta"):
        parser.add_argument(f"--{folder}", type=Path, required=True)
    args = parser.parse_args(argv)
    allowed = _allowed(args.glue_database, datetime.combine(args.as_of, time(), UTC), datetime.now(UTC))
    made = make(client("s3"), args.bucket, Customers.read(args.customers, args.meta), allowed, segments_playbook(), args.as_of)
    said = f": {made['empty']['message']}" if made["empty"] else ""
    log.info("run %s: %d of the seed, %d like them%s", made["run"], made["seed"], made["expansion"], said)


if __name__ == "__main__":
    main()
