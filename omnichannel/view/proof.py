"""Proof of consent: the consent log's entries in a bucket where nobody can change them for years. Off unless such a bucket is there."""

from pathlib import Path
from typing import Any

from omnichannel.aws import s3 as objects
from omnichannel.contracts import zones
from omnichannel.transform.lake import Lake

_NEW = """
COPY (SELECT l.* FROM consent_log l ANTI JOIN proven p USING (entry_id) ORDER BY recorded_at, entry_id)
TO '{file}' (FORMAT parquet, COMPRESSION zstd)
"""


def prove(lake: Lake, s3: Any, bucket: str, work: Path) -> int:
    """Adds one file with the entries of `consent_log` that no earlier file has; gives how many they are.

    Whom an entry is about is told by our customer id: after an erasure it leads to nobody any more, and the entry still proves that
    somebody had consented.
    """
    lake.build("consent_log")
    _read_proven(lake, s3, bucket, work)
    file = work / "consents.parquet"
    lake.connection.execute(_NEW.format(file=file))
    new = int(lake.rows("SELECT count(*) AS n FROM consent_log ANTI JOIN proven USING (entry_id)")[0]["n"])
    if new:
        s3.upload_file(str(file), bucket, f"{zones.CONSENT_LOG}/{lake.as_of:%Y-%m-%dT%H%M%S}.parquet")
    return new


def _read_proven(lake: Lake, s3: Any, bucket: str, work: Path) -> None:
    """Makes `proven(entry_id)` of the files that are there."""
    lake.connection.execute("CREATE OR REPLACE TABLE proven (entry_id VARCHAR)")
    for key in objects.keys(s3, bucket, f"{zones.CONSENT_LOG}/"):
        file = work / "proven.parquet"
        s3.download_file(bucket, key, str(file))
        lake.connection.execute(f"INSERT INTO proven SELECT entry_id FROM read_parquet('{file}')")  # noqa: S608 - our own file
