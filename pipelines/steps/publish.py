"""Publishing step: bands, deciles and reasons for every scored customer, written as a score run whose manifest comes last."""

import argparse
import io
import json
import logging
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from omnichannel.aws.clients import client
from omnichannel.contracts import zones
from omnichannel.contracts.scores import Model, ScoreManifest
from omnichannel.scoring.model import TrainedModel
from pipelines import archive, publishing

log = logging.getLogger(__name__)


def publish(
    s3: Any,
    bucket: str,
    model: Model,
    as_of: date,
    trained: TrainedModel,
    artifact: str,
    customers: pd.DataFrame,
    evaluation: dict[str, Any],
    snapshot: str,
) -> ScoreManifest:
    """Puts parts, then the evaluation, then the manifest: its arrival means that the run is complete."""
    run, version = publishing.run_id(artifact, snapshot, as_of), artifact[:16]
    table = publishing.score_table(trained, customers, evaluation["cut_offs"], version, as_of)
    prefix = zones.score_run(model, as_of, run)
    keys = []
    for name, part in publishing.parts(table):
        buffer = io.BytesIO()
        pq.write_table(part, buffer)
        s3.put_object(Bucket=bucket, Key=prefix + name, Body=buffer.getvalue())
        keys.append(prefix + name)
    _put_json(s3, bucket, prefix + zones.EVALUATION, {**evaluation, "scored": publishing.scored_summary(table)})
    manifest = ScoreManifest(
        model=model,
        run=run,
        as_of=as_of.isoformat(),
        model_version=version,
        published=trained.published,
        snapshot=snapshot,
        parts=keys,
        rows=table.num_rows,
        cut_offs=evaluation["cut_offs"],
        metrics=publishing.numbers(evaluation),
    )
    _put_json(s3, bucket, zones.score_manifest(model, as_of, run), manifest.to_dict())
    return manifest


def _put_json(s3: Any, bucket: str, key: str, value: object) -> None:
    s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(value, indent=1).encode(), ContentType="application/json")


def read_customers(sent: Path, scored: Path, features: Sequence[str]) -> pd.DataFrame:
    """The scored customers: features as sent to batch transform, and what came back for each customer id."""
    before = pd.concat([pd.read_csv(p, header=None, names=["customer_id", *features], dtype={"customer_id": str}) for p in _files(sent)])
    after = pd.concat([pd.read_csv(p, header=None, names=["customer_id", "score"], dtype={"customer_id": str}) for p in _files(scored)])
    return publishing.matched(before.set_index("customer_id"), after.set_index("customer_id"))


def _files(folder: Path) -> list[Path]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.stat().st_size)
    if not files:
        raise FileNotFoundError(f"no scores in {folder}: batch transform wrote nothing")
    return files


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the folders of earlier steps and writes to the lake."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", type=Model, required=True)
    parser.add_argument("--as-of", type=date.fromisoformat, required=True)
    parser.add_argument("--bucket", required=True)
    for folder in ("trained", "sent", "scored", "evaluation", "meta"):
        parser.add_argument(f"--{folder}", type=Path, required=True)
    args = parser.parse_args(argv)
    evaluation = json.loads((args.evaluation / "evaluation.json").read_text())
    snapshot = json.loads((args.meta / "snapshot.json").read_text())
    with tempfile.TemporaryDirectory() as scratch:
        archive.extract(args.trained / "model.tar.gz", Path(scratch))
        trained = TrainedModel.load(Path(scratch))
        artifact = archive.digest(archive.folder_files(Path(scratch)))
    customers = read_customers(args.sent, args.scored, trained.features)
    manifest = publish(client("s3"), args.bucket, args.model, args.as_of, trained, artifact, customers, evaluation, snapshot["digest"])
    log.info("%s: %d customers in run %s", args.model, manifest.rows, manifest.run)


if __name__ == "__main__":
    main()
