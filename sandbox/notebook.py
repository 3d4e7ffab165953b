"""What a notebook opens first: the trusted tables, wherever they are.

`OMNI_DATA` says where: `folder` (the default: a generated shop in a folder, made in a minute where there is none), `sandbox` (the one
that runs, `OMNI_SANDBOX` names another) or `aws` (the account of your credentials; `OMNI_ENVIRONMENT` is dev, staging or prod).
`OMNI_AS_OF` is the day that is asked about, 2026-11-01 when not set; in the folder everything happened before it.
`OMNI_FOLDER` and `OMNI_CUSTOMERS` choose the folder and how many customers its shop has.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.cloud import Cloud
from sandbox.errors import SandboxError
from sandbox.launcher import running
from sandbox.state import ROOT, directory_of

# pyarrow learns once, on import, whose certificates to trust: the process is pointed at its cloud before.
if TYPE_CHECKING:
    from omnichannel.transform.lake import Lake

AS_OF = date(2026, 11, 1)
CUSTOMERS = 2_000
FOLDER = ROOT / ".build" / "notebooks"
PLACES = ("folder", "sandbox", "aws")


@dataclass(frozen=True, kw_only=True)
class Data:
    """Trusted tables: their Iceberg catalog and database, the day that is asked about, and in words where they are.

    `scratch` is a folder for what is fetched from them; it goes when the process ends.
    """

    catalog: Any = field(repr=False)
    database: str
    as_of: date
    where: str
    scratch: tempfile.TemporaryDirectory[str] = field(default_factory=tempfile.TemporaryDirectory, repr=False)
    _lakes: Any = field(default_factory=count, repr=False)

    def lake(self, day: date | None = None) -> "Lake":
        """The tables as of the beginning of a day (UTC), in a DuckDB of their own."""
        from omnichannel.transform.lake import Lake

        work = self.folder(f"lake-{next(self._lakes)}")
        return Lake(self.catalog, self.database, work, as_of=datetime.combine(day or self.as_of, time(), UTC))

    def folder(self, name: str) -> Path:
        """A folder of that name under `scratch`."""
        made = Path(self.scratch.name) / name
        made.mkdir(exist_ok=True)
        return made


def open_data(environ: Mapping[str, str] | None = None) -> Data:
    """The data that the environment variables name. Raises `SandboxError` with what would work."""
    given = os.environ if environ is None else environ
    place = given.get("OMNI_DATA") or PLACES[0]
    as_of = _day(given.get("OMNI_AS_OF") or AS_OF.isoformat())
    if place == "folder":
        return _folder(given, as_of)
    if place == "sandbox":
        return _deployed(Cloud.of_sandbox(running(directory_of(given.get("OMNI_SANDBOX") or "default"))), as_of)
    if place == "aws":
        return _deployed(Cloud.of_aws(given.get("OMNI_ENVIRONMENT") or "dev"), as_of)
    raise SandboxError("finding the data", f"OMNI_DATA={place!r}", hint=f"one of {', '.join(PLACES)}")


def _folder(given: Mapping[str, str], as_of: date) -> Data:
    from sandbox.folder_lake import DATABASE, folder_lake

    folder, customers = Path(given.get("OMNI_FOLDER") or FOLDER).resolve(), int(given.get("OMNI_CUSTOMERS") or CUSTOMERS)
    catalog = folder_lake(folder, customers=customers, as_of=as_of)
    return Data(catalog=catalog, database=DATABASE, as_of=as_of, where=f"a generated shop of {customers:,} customers")


def _deployed(cloud: Cloud, as_of: date) -> Data:
    cloud.enter()
    from omnichannel.aws.iceberg import catalog

    return Data(catalog=catalog(), database=cloud.deployment.glue_database, as_of=as_of, where=cloud.where)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise SandboxError("finding the data", f"OMNI_AS_OF={text!r} is no day", hint="OMNI_AS_OF=2026-11-01") from wrong
