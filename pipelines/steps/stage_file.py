"""Stage A of a file that is too large for the function: the same code, on an instance with the disk and the time for it."""

import argparse
import json
import logging
import os
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from omnichannel.aws.clients import client
from omnichannel.onboarding.job import ANSWER, ORDER
from omnichannel.onboarding.stage import Landed, Limits, Stores, stage_file

log = logging.getLogger(__name__)
DUCKDB_SHARE = 0.5
"""Of the instance's memory, as in the function."""


def memory() -> int:
    """Bytes of memory that the instance has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def main(argv: Sequence[str] | None = None) -> None:
    """Reads `order.json`, stages the landed object that it names, writes `answer.json`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--order", type=Path, required=True)
    parser.add_argument("--answer", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--lake-bucket", required=True)
    parser.add_argument("--quarantine-bucket", required=True)
    parser.add_argument("--history-table", required=True)
    args = parser.parse_args(argv)
    landed = Landed.of(json.loads((args.order / ORDER).read_text()))
    stores = Stores(
        s3=client("s3"), dynamodb=client("dynamodb"),
        lake_bucket=args.lake_bucket, quarantine_bucket=args.quarantine_bucket, history_table=args.history_table,
    )  # fmt: skip
    limits = Limits(memory_mb=int(memory() * DUCKDB_SHARE / 2**20), threads=os.cpu_count() or 1)
    args.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=args.work) as work:
        staged = stage_file(landed, stores, Path(work), now=datetime.now(UTC), limits=limits)
    args.answer.mkdir(parents=True, exist_ok=True)
    (args.answer / ANSWER).write_text(json.dumps(staged.to_dict()))
    log.info("%s: %s, %d rows in, %d staged", staged.content_id, staged.status, staged.rows_in, staged.rows_staged)


if __name__ == "__main__":
    main()
