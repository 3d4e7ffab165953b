"""A file before it is sent: what onboarding would refuse of it and why, what would work, and where it leaves the tracking plan."""
# ruff: noqa: S608 - names and literals in the SQL go through `rules.identifier` and `rules.literal`

import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePath

import duckdb

from omnichannel.contracts.datasets import BY_NAME, DATASETS, EVENTS, PREFIXES, Dataset, Format, Unrecognised, dataset_of
from omnichannel.contracts.reasons import Reason
from omnichannel.onboarding import check, numbered, planned
from omnichannel.onboarding.advice import advice, meant, meant_column, whole_file_advice
from omnichannel.onboarding.check import BadRow
from omnichannel.onboarding.decode import plain_chunks, utf8_chunks
from omnichannel.onboarding.examine import source_of, tolerated
from omnichannel.onboarding.recognise import FileRefused, format_of
from omnichannel.onboarding.rules import literal
from omnichannel.onboarding.sources import Source

LINES_SHOWN = 5
EXAMPLES_SHOWN = 3
LONGEST_EXAMPLE = 60
CONTENT_ID = "not-landed"


class WhichDataset(Exception):
    """Nobody said, and nothing tells, which data set a file belongs to."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Rows that are refused for one reason in one column, their first lines, what stood there, and what would work.

    `examples` are values as they stand in the file; of personal columns their shape only, unless values were asked for.
    """

    reason: Reason
    column: str
    rows: int
    lines: tuple[int, ...]
    advice: str
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Unknown:
    """A column that the contract does not know: it is kept in staging and trusted nowhere; `meant` is the one it may be."""

    name: str
    meant: str = ""


@dataclass(frozen=True, kw_only=True)
class Validation:
    """What onboarding would make of a file.

    `refused` says why it cannot be read at all (`advice`, what would). `fails`: more rows are bad than `tolerated`, so that
    nothing of the file would be staged.
    """

    dataset: str
    key: str
    rows: int = 0
    good: int = 0
    tolerated: int = 0
    fails: bool = False
    refused: FileRefused | None = None
    advice: str = ""
    problems: list[Problem] = field(default_factory=list)
    unknown: list[Unknown] = field(default_factory=list)
    plan: list[planned.Left] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every row would be trusted."""
        return self.refused is None and not self.problems


def key_of(file: Path, *, dataset: str = "", key: str = "") -> str:
    """The landing key that the file would have: the one given, one in the data set's folder, or what its own path ends with.

    Raises `WhichDataset` with what would tell.
    """
    if key:
        return key.lstrip("/")
    if dataset:
        return f"{_named(dataset).prefix}{file.name}"
    parts = file.resolve().parts
    for start in range(1, len(parts)):
        candidate = "/".join(parts[start:])
        if any(candidate.startswith(prefix) for prefix in PREFIXES):
            return candidate
    raise WhichDataset(f"{file.name}: which data set is it? {_looks_like(file)}--dataset NAME says so, or --key and its landing key")


def validate(file: Path, key: str, *, received: datetime, show_values: bool = False, memory_mb: int = 1024) -> Validation:
    """Checks a local file as onboarding would if it landed under `key` at `received`; nothing is written anywhere.

    Raises `OSError` when the file cannot be read.
    """
    try:
        dataset = dataset_of(key)
    except Unrecognised:
        refused = FileRefused(Reason.UNKNOWN_PREFIX, rows=0)
        folder = meant(str(PurePath(key).parent), [prefix.rstrip("/") for prefix in PREFIXES])
        hint = f"; did you mean {folder}/?" if folder else ""
        return Validation(dataset="unknown", key=key, refused=refused, advice=whole_file_advice(refused) + hint)
    with tempfile.TemporaryDirectory(prefix="omni-validate-") as folder_name:
        work = Path(folder_name)
        with closing(check.connect(work, memory_mb=memory_mb, threads=2)) as connection:
            try:
                return _checked(connection, dataset, key, file, work, received, show_values=show_values)
            except FileRefused as refused:
                told = whole_file_advice(refused, dataset, _header(file, dataset, key))
                return Validation(dataset=dataset.name, key=key, rows=refused.rows, refused=refused, advice=told)


def _checked(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, key: str, file: Path, work: Path, received: datetime, *, show_values: bool
) -> Validation:
    source = source_of(connection, dataset, key, file, work)
    checking = check.Checking(connection, dataset, source, received=received, content_id=CONTENT_ID, work=work)
    counted = checking.run()
    problems = [_problem(connection, dataset, source, kind, show_values=show_values) for kind in _kinds(checking.bad_rows())]
    checking.write_good(good := work / "good.parquet")
    rows = counted.good + counted.bad
    return Validation(
        dataset=dataset.name,
        key=key,
        rows=rows,
        good=counted.good,
        tolerated=tolerated(dataset, rows),
        fails=counted.bad > tolerated(dataset, rows),
        problems=sorted(problems, key=lambda problem: (-problem.rows, problem.lines)),
        unknown=[Unknown(name=name, meant=meant_column(name, dataset, _filled(connection, dataset, good))) for name in source.extras],
        plan=planned.left_the_plan(connection, f"read_parquet({literal(str(good))})") if dataset is EVENTS else [],
    )


@dataclass
class _Kind:
    """Refused rows of one reason and column, counted as they come: there may be millions."""

    reason: Reason
    column: str
    rows: int = 0
    lines: list[int] = field(default_factory=list)


def _kinds(bad: Iterable[BadRow]) -> list[_Kind]:
    found: dict[tuple[Reason, str], _Kind] = {}
    for row in bad:
        kind = found.setdefault((row.reason, row.column), _Kind(row.reason, row.column))
        kind.rows += 1
        if kind.rows <= LINES_SHOWN:
            kind.lines.append(row.line)
    return list(found.values())


def _problem(connection: duckdb.DuckDBPyConnection, dataset: Dataset, source: Source, kind: _Kind, *, show_values: bool) -> Problem:
    return Problem(
        reason=kind.reason,
        column=kind.column,
        rows=kind.rows,
        lines=tuple(kind.lines),
        advice=advice(dataset, kind.reason, kind.column),
        examples=tuple(_examples(connection, dataset, source, kind.column, kind.lines, show_values=show_values)),
    )


def _examples(
    connection: duckdb.DuckDBPyConnection, dataset: Dataset, source: Source, name: str, lines: Iterable[int], *, show_values: bool
) -> Iterator[str]:
    """What stands in the column on those lines, each value once."""
    text = next((text for text in source.texts if text.column.name == name), None)
    if text is None:
        return
    listed = ", ".join(map(str, lines))
    found = connection.execute(f"SELECT DISTINCT {text.value} FROM {source.these_rows(f'{source.line} IN ({listed})')}").fetchall()
    values = sorted(str(value) for (value,) in found if value is not None)[:EXAMPLES_SHOWN]
    personal = next(c.personal for c in dataset.landed_columns if c.name == name)
    yield from (_short(value if show_values or not personal else shape(value)) for value in values)


def shape(value: str) -> str:
    """Letters as `a` or `A`, digits as `9`, the rest as it is: enough to see what is wrong, nothing of what it says."""
    return re.sub(r"[^\W\d_]", lambda letter: "A" if letter[0].isupper() else "a", re.sub(r"\d", "9", value))


def _short(value: str) -> str:
    return value if len(value) <= LONGEST_EXAMPLE else f"{value[:LONGEST_EXAMPLE]}… ({len(value)} characters)"


def _filled(connection: duckdb.DuckDBPyConnection, dataset: Dataset, good: Path) -> set[str]:
    """The columns of the contract in which some good row has something."""
    names = [c.name for c in dataset.landed_columns]
    counts = ", ".join(f'count("{name}")' for name in names)
    found = connection.execute(f"SELECT {counts} FROM read_parquet({literal(str(good))})").fetchall()[0]
    return {name for name, count in zip(names, found, strict=True) if count}


def _named(dataset: str) -> Dataset:
    if dataset in BY_NAME:
        return BY_NAME[dataset]
    other = meant(dataset, BY_NAME)
    raise WhichDataset(f"no data set {dataset!r}" + (f"; did you mean {other}?" if other else f"; there are {', '.join(BY_NAME)}"))


def _looks_like(file: Path) -> str:
    """The data set whose columns the header of a CSV file names best."""
    header = {name.lower() for name in _csv_header(file)}
    best = max(DATASETS, key=lambda d: len(header & {c.name for c in d.landed_columns}) / len(d.landed_columns))
    alike = len(header & {c.name for c in best.landed_columns})
    return f"its columns look like {best.name}; " if alike > len(best.landed_columns) / 2 else ""


def _header(file: Path, dataset: Dataset, key: str) -> list[str]:
    """The names in a CSV file's header; nothing of other formats."""
    try:
        first = next(plain_chunks(file), b"")
        return _csv_header(file) if format_of(dataset, key, first) is Format.CSV else []
    except FileRefused:
        return []


def _csv_header(file: Path) -> list[str]:
    try:
        return numbered.csv_header(utf8_chunks(plain_chunks(file), file))[0]
    except FileRefused:
        return []
