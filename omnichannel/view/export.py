"""The customer view as a file in the lake, for questions that no single customer answers."""

from pathlib import Path
from typing import Any

from omnichannel.contracts import zones
from omnichannel.transform.lake import Lake

NAME = "customer_view"
"""The transformation that is exported, which names nobody; and the table over its file."""


def export(lake: Lake, s3: Any, bucket: str, work: Path) -> str:
    """Writes the transformation's rows as Parquet, one file that replaces the one before; gives its key."""
    file, key = work / f"{NAME}.parquet", f"{zones.view_export(NAME)}part-000.parquet"
    lake.build(NAME)
    lake.connection.execute(f"COPY (FROM {NAME} ORDER BY customer_id) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
    s3.upload_file(str(file), bucket, key)
    return key
