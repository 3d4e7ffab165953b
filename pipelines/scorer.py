"""Scores customers in this process: files of features in, one file of customer ids and scores out, a lot of rows at a time.

What batch transform does for a pipeline, for a machine that has the model and the customers already: a notebook, a benchmark, a
comparison of two versions. What is in memory does not depend on the number of customers.

    python -m pipelines.scorer --model model.tar.gz --customers DIR --output scores.parquet
"""

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from omnichannel.scoring.model import Matrix, TrainedModel
from pipelines import archive
from pipelines.returned import UnusableScoresError

log = logging.getLogger(__name__)

ROWS = 100_000
"""How many customers are in memory at a time."""
CSV_BLOCK = 32 << 20
ID = "customer_id"
SCHEMA = pa.schema([(ID, pa.string()), ("score", pa.float64())])


def score(model: TrainedModel, customers: Sequence[Path], output: Path) -> int:
    """Writes a Parquet file with `customer_id` and `score` in the order of the files' rows; gives how many.

    `.parquet` files need the model's features by name; others are CSV without a header, id first, then the features in order.
    Raises `UnusableScoresError` when a score is not between 0 and 1, `KeyError` or `ArrowInvalid` for files without the features.
    """
    count = 0
    with pq.ParquetWriter(output, SCHEMA) as writer:
        for path in customers:
            for batch in _read(path, model.features):
                scores = model.predict(matrix_of(batch, model.features))
                _check(scores)
                writer.write_table(pa.table([batch.column(ID), scores], schema=SCHEMA))
                count += batch.num_rows
    return count


def matrix_of(batch: pa.RecordBatch, features: Sequence[str]) -> Matrix:
    """The feature columns as rows x features, NaN where unknown."""
    matrix: Matrix = np.empty((batch.num_rows, len(features)))
    for place, name in enumerate(features):
        column = batch.column(name)
        matrix[:, place] = (column if pa.types.is_floating(column.type) else pc.cast(column, pa.float64())).to_numpy(zero_copy_only=False)
    return matrix


def _read(path: Path, features: Sequence[str]) -> Iterator[pa.RecordBatch]:
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            missing = [name for name in (ID, *features) if name not in file.schema_arrow.names]
            if missing:
                raise KeyError(f"{path.name} lacks {', '.join(missing)}; the model reads {len(features)} features")
            yield from file.iter_batches(ROWS, columns=[ID, *features])
        return
    types = {ID: pa.string(), **dict.fromkeys(features, pa.float64())}
    with pcsv.open_csv(
        path,
        read_options=pcsv.ReadOptions(column_names=list(types), block_size=CSV_BLOCK),
        convert_options=pcsv.ConvertOptions(column_types=types, null_values=["nan", ""], strings_can_be_null=False),
    ) as reader:
        yield from reader


def _check(scores: npt.NDArray[np.float64]) -> None:
    outside = int((~((scores >= 0) & (scores <= 1))).sum())
    if outside:
        raise UnusableScoresError(f"{outside} of {len(scores)} scores are not between 0 and 1")


def main(argv: Sequence[str] | None = None) -> None:
    """Reads the model's archive and every file of a folder."""
    parser = argparse.ArgumentParser()
    for name in ("model", "customers", "output"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stdout)
    files = sorted(p for p in args.customers.rglob("*") if p.is_file()) if args.customers.is_dir() else [args.customers]
    with tempfile.TemporaryDirectory() as scratch:
        archive.extract(args.model, Path(scratch))
        count = score(TrainedModel.load(Path(scratch)), files, args.output)
    log.info("%d customers scored", count)


if __name__ == "__main__":
    main()
