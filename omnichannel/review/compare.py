"""Two score runs of a model side by side: where the scores moved, and who. Read by DuckDB from local files, in bounded memory."""

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from omnichannel.contracts.scores import SCORE_DECIMALS, Band

BINS = 10
"""Bins of the stability index, each a tenth of the last run: the customary number."""
HISTOGRAM_BINS = 20
CHANCE = 16.92
"""The 95 % point of chi-square with nine degrees of freedom: the index of two samples of one population, times 1 / (1/n + 1/m), stays
below it nineteen times in twenty (Yurdakul, Statistical Properties of Population Stability Index, 2018)."""


@dataclass(frozen=True, kw_only=True)
class Spread:
    """How one run's customers lie: `bands` and `histogram` (twenty bins of equal width over 0..1) are counts."""

    rows: int
    mean: float
    bands: dict[str, int]
    histogram: list[int]


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What lies between two runs: the index, customers in both, only now and only before, and who went from which band to which."""

    score_psi: float
    chance_psi: float
    both: int
    new: int
    gone: int
    movers: dict[str, int] = field(default_factory=dict)

    @property
    def moved(self) -> int:
        """Customers in another band than before."""
        return sum(self.movers.values())


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Who may be sent something: customers whom any model scored, and those of them who are not as they were in the last runs."""

    customers: int
    changed: int


@contextmanager
def reading(work: Path, memory_mb: int) -> Iterator["Runs"]:
    """A DuckDB that puts aside into `work` what its memory does not hold, and reaches for nothing outside."""
    config: dict[str, Any] = {
        "memory_limit": f"{memory_mb}MB",
        "threads": 2,
        "temp_directory": str(work / "spill"),
        "home_directory": str(work),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
        "python_enable_replacements": False,
    }
    connection = duckdb.connect(config=config)
    try:
        yield Runs(connection)
    finally:
        connection.close()


@dataclass(frozen=True)
class Runs:
    """Score runs as views of one connection; a run without a part is empty."""

    connection: duckdb.DuckDBPyConnection

    def view(self, name: str, parts: Sequence[Path]) -> str:
        """Gives a run's files a name."""
        files = ", ".join("'" + str(path).replace("'", "''") + "'" for path in parts)
        rows = f"read_parquet([{files}])" if parts else "(SELECT '' AS customer_id, 0.0 AS score, '' AS band) WHERE false"
        self.connection.execute(f'CREATE OR REPLACE VIEW "{name}" AS SELECT customer_id, score, band FROM {rows}')  # noqa: S608 - our names
        return name

    def spread(self, run: str) -> Spread:
        """How the customers of one run lie."""
        rows, mean = self._row(f'SELECT count(*), coalesce(avg(score), 0) FROM "{run}"')  # noqa: S608
        found = dict(self._all(f'SELECT band, count(*) FROM "{run}" GROUP BY band'))  # noqa: S608
        place = f"least(floor(score * {HISTOGRAM_BINS})::INTEGER, {HISTOGRAM_BINS - 1})"
        counts = dict(self._all(f'SELECT {place} AS bin, count(*) FROM "{run}" GROUP BY bin'))  # noqa: S608
        return Spread(
            rows=rows,
            mean=mean,
            bands={band.value: found.get(band.value, 0) for band in Band},
            histogram=[counts.get(number, 0) for number in range(HISTOGRAM_BINS)],
        )

    def moved(self, now: str, last: str) -> Moved:
        """From the last run to this one."""
        both = f'"{now}" AS n JOIN "{last}" AS l USING (customer_id)'
        n, m, joined = (self._row(f"SELECT count(*) FROM {what}")[0] for what in (f'"{now}"', f'"{last}"', both))  # noqa: S608
        movers = self._all(f"SELECT l.band || ' -> ' || n.band, count(*) FROM {both} WHERE n.band <> l.band GROUP BY ALL ORDER BY ALL")  # noqa: S608
        index = psi(*self._shares(now, last)) if n and m else 0.0
        chance = CHANCE * (1 / n + 1 / m) if n and m else 0.0
        return Moved(score_psi=index, chance_psi=chance, both=joined, new=n - joined, gone=m - joined, movers=dict(movers))

    def sending(self, pairs: Mapping[str, str]) -> Sending:
        """Over every run of `pairs` (a run -> the last one of its model, or "" for none): customers, and those who changed."""
        same = f"round(n.score, {SCORE_DECIMALS}) = round(l.score, {SCORE_DECIMALS}) AND n.band = l.band"
        parts = [
            f'SELECT customer_id, coalesce(NOT ({same}), true) AS changed FROM "{now}" AS n LEFT JOIN "{last}" AS l USING (customer_id)'  # noqa: S608
            if last
            else f'SELECT customer_id, true AS changed FROM "{now}"'  # noqa: S608
            for now, last in pairs.items()
        ]
        each = f"SELECT customer_id, bool_or(changed) AS changed FROM ({' UNION ALL '.join(parts)}) GROUP BY customer_id"  # noqa: S608
        customers, changed = self._row(f"SELECT count(*), count(*) FILTER (changed) FROM ({each})")  # noqa: S608
        return Sending(customers=customers, changed=changed)

    def _shares(self, now: str, last: str) -> tuple[list[int], list[int]]:
        """Customers of both runs by the last run's tenths; tenths between which scores are equal are one bin."""
        tenths = [number / BINS for number in range(1, BINS)]
        edges = sorted(set(self._row(f'SELECT quantile_cont(score, {tenths}) FROM "{last}"')[0]))  # noqa: S608
        beyond = f"list_count(list_filter({edges}, lambda edge: score > edge))"
        counts = [dict(self._all(f'SELECT {beyond} AS bin, count(*) FROM "{run}" GROUP BY bin')) for run in (now, last)]  # noqa: S608
        here, before = ([found.get(number, 0) for number in range(len(edges) + 1)] for found in counts)
        return here, before

    def _row(self, query: str) -> Any:
        return self.connection.execute(query).fetchone()

    def _all(self, query: str) -> list[Any]:
        return self.connection.execute(query).fetchall()


def psi(now: Sequence[int], last: Sequence[int]) -> float:
    """The population stability index of two histograms with the same bins: 0 = alike.

    A bin that one of them leaves empty counts as half a customer; one that both leave empty counts for nothing.
    """
    pairs = [(max(n, 0.5) / sum(now), max(m, 0.5) / sum(last)) for n, m in zip(now, last, strict=True) if n or m]
    return sum((n - m) * math.log(n / m) for n, m in pairs)
