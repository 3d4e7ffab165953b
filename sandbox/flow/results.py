"""What a run of the loop leaves behind: the files of the output folder."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from omnichannel.aws import dynamodb
from omnichannel.contracts import zones
from omnichannel.contracts.scores import Model
from sandbox.cloud import Cloud
from sandbox.flow.score import ScoreRun
from sandbox.flow.twins import delivered

METRICS = (
    *("as_of", "published", "population", "positives", "roc_auc", "pr_auc", "log_loss", "brier"),
    *("calibration_error", "lift_at_10", "baselines", "cut_offs", "intervals", "against", "expected_drivers", "gate"),
)
SCORE_FILE_COLUMNS = ("customer_id", "customer_ref", "churn_score", "churn_band", "repurchase_score", "repurchase_band", "as_of")


def write_scores(cloud: Cloud, runs: Mapping[Model, ScoreRun], out: Path) -> int:
    """`scores.csv`: a line for every customer that any model scored; an empty score means not in that population."""
    lines: dict[str, dict[str, Any]] = {}
    for model, run in runs.items():
        for row in _scores(cloud, run).to_pylist():
            line = lines.setdefault(row["customer_id"], {"customer_id": row["customer_id"], "as_of": run.manifest["as_of"]})
            line[f"{model}_score"] = f"{row['score']:.6f}"
            line[f"{model}_band"] = row["band"]
    keys = ({"customer_id": customer_id} for customer_id in lines)
    for item in dynamodb.batch_get(cloud.client("dynamodb"), cloud.deployment.customers_table, keys, ("customer_id", "customer_ref")):
        lines[item["customer_id"]]["customer_ref"] = item.get("customer_ref", "")
    with (out / "scores.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, SCORE_FILE_COLUMNS, restval="")
        writer.writeheader()
        writer.writerows(lines[customer_id] for customer_id in sorted(lines))
    return len(lines)


def write_metrics(cloud: Cloud, runs: Mapping[Model, ScoreRun], out: Path) -> dict[str, Any]:
    """`metrics.json`, and each model's whole evaluation with its curves under `evaluation/`."""
    models: dict[str, Any] = {}
    (out / "evaluation").mkdir(exist_ok=True)
    for model, run in runs.items():
        key = str(PurePosixPath(run.key).with_name(zones.EVALUATION))
        evaluation = json.loads(_get(cloud, cloud.deployment.lake_bucket, key))
        write_json(out / "evaluation" / f"{model}.json", evaluation)
        models[model.value] = {name: evaluation[name] for name in METRICS}
    write_json(out / "metrics.json", {"models": models})
    return models


def copy_quarantine(cloud: Cloud, out: Path) -> None:
    """The quarantine as it is, a file per refused content."""
    bucket = cloud.deployment.quarantine_bucket
    for page in cloud.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket):
        for item in page.get("Contents", []):
            path = out / "quarantine" / item["Key"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_get(cloud, bucket, item["Key"]))


def write_delivered(cloud: Cloud, sinks: Iterable[str], out: Path) -> dict[str, int]:
    """`delivered/{sink}.jsonl`: what each sink holds, as it received it; gives how many."""
    folder, counts = out / "delivered", {}
    folder.mkdir(exist_ok=True)
    for sink in sinks:
        with (folder / f"{sink}.jsonl").open("w", encoding="utf-8") as file:
            counts[sink] = 0
            for record in delivered(cloud, sink):
                file.write(json.dumps(record, ensure_ascii=False) + "\n")
                counts[sink] += 1
    return counts


def write_json(path: Path, value: object) -> None:
    """Indented JSON with a newline at the end."""
    path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _scores(cloud: Cloud, run: ScoreRun) -> pa.Table:
    bodies = (_get(cloud, cloud.deployment.lake_bucket, key) for key in run.manifest["parts"])
    return pa.concat_tables(pq.read_table(io.BytesIO(body), columns=["customer_id", "score", "band"]) for body in bodies)


def _get(cloud: Cloud, bucket: str, key: str) -> bytes:
    return bytes(cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
