"""The commands that speak of the contracts and need no sandbox: validate, datasets. `register` adds them to `omni`."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from omnichannel.contracts.datasets import BY_NAME, DATASETS, Dataset
from omnichannel.contracts.tracking_plan import Gap
from sandbox.errors import SandboxError

if TYPE_CHECKING:
    from omnichannel.onboarding.planned import Left
    from omnichannel.onboarding.validate import Validation

VALIDATE_HELP = """Say what onboarding would refuse of files, and what would work, before they are sent.

The data set is told by --dataset, by --key (where the file will land), or by the file's own path when that ends like a landing key
(`…/dms/sales/orders/LOAD00000001.csv`). Nothing is uploaded, no sandbox needs to run.

Shown are, for every kind of problem: how many rows, the first lines (counted from 1, a CSV header aside), the column, what stood there,
and what would work. Of personal columns only the shape is shown (aaa@aaa.aaa, 99/99/9999), unless --show-values.

Columns that the contract does not know, and messages outside the tracking plan, are told but are no fault.

Exit code 0 when every row would be trusted, 1 when something would be refused.

  omni validate orders.csv --dataset sales/orders
  omni validate export.jsonl.gz --key support/tickets/export.jsonl.gz
  omni validate landing/dms/crm/customers/*.csv --show-values
"""
GAPS = {
    Gap.UNPLANNED_EVENT: "is not in the plan",
    Gap.MISSING_PROPERTY: "must carry {column}",
    Gap.EXPECTED_PROPERTY: "should carry {column}",
}


def register(app: typer.Typer, console: Console, open_cloud: Any = None) -> None:
    """Add the commands to `omni`; `open_cloud` is not needed."""
    del open_cloud

    @app.command(help=VALIDATE_HELP)
    def validate(
        files: Annotated[
            list[Path], typer.Argument(metavar="FILE", help="CSV, JSON lines or Parquet, gzipped or not.", exists=True, dir_okay=False)
        ],
        dataset: Annotated[str, typer.Option(help="Such as sales/orders; `omni datasets` lists them.")] = "",
        key: Annotated[str, typer.Option(help="The landing key that the file will have (one file only).")] = "",
        show_values: Annotated[bool, typer.Option("--show-values", help="Show personal values as they stand in the file.")] = False,
    ) -> None:
        from omnichannel.onboarding import validate as files_validation

        if key and len(files) > 1:
            raise SandboxError("Reading the options", "--key names one landing key, not one for each file", hint="--dataset for several")
        results = []
        for file in files:
            try:
                landing_key = files_validation.key_of(file, dataset=dataset, key=key)
            except files_validation.WhichDataset as unclear:
                raise SandboxError("Reading the options", str(unclear)) from unclear
            results.append(files_validation.validate(file, landing_key, received=datetime.now(UTC), show_values=show_values))
            show(console, file, results[-1])
        raise typer.Exit(code=0 if all(result.ok for result in results) else 1)

    @app.command()
    def datasets(name: Annotated[str, typer.Argument(metavar="NAME", help="One of them, with its columns.")] = "") -> None:
        """What may land, where and in which form; with a name, what every column must hold."""
        if not name:
            console.print(_overview())
            return
        if name not in BY_NAME:
            raise SandboxError("Looking for the data set", f"there is no {name!r}", hint=f"one of {', '.join(BY_NAME)}")
        _show_contract(console, BY_NAME[name])


def show(console: Console, file: Path, result: "Validation") -> None:
    """One file's result in words."""
    console.print(f"[bold]{escape(file.name)}[/bold] as {escape(result.dataset)} ({escape(result.key)})", soft_wrap=True)
    if result.refused is not None:
        where = f" in {result.refused.column}" if result.refused.column else ""
        console.print(f"  [red]refused whole[/red]: {result.refused.reason.value}{escape(where)}", soft_wrap=True)
        console.print(f"  what would work: {escape(result.advice)}\n", soft_wrap=True)
        return
    bad = result.rows - result.good
    console.print(f"  {result.rows:,} rows: {result.good:,} good, {bad:,} would be refused (tolerated: {result.tolerated:,})")
    if result.fails:
        console.print("  [red]too-many-bad-rows[/red]: nothing of the file would be trusted before the bad rows are dealt with")
    if result.problems:
        console.print(_problems(result))
    if result.unknown:
        listed = (f"{u.name}" + (f" (did you mean {u.meant}?)" if u.meant else "") for u in result.unknown)
        console.print(f"  not in the contract, kept but not trusted: {escape(', '.join(listed))}", soft_wrap=True)
    if result.plan:
        console.print("  outside the tracking plan, trusted all the same:")
        for left in result.plan:
            console.print(f"    {escape(_left(left))}", soft_wrap=True)
    console.print("  [green]every row would be trusted[/green]\n" if result.ok else "")


def _problems(result: "Validation") -> Table:
    table = _table("rows", "lines", "column", "reason", "what stood there", "what would work")
    for problem in result.problems:
        more = ", …" if problem.rows > len(problem.lines) else ""
        found = "\n".join(map(escape, problem.examples))
        lines = ", ".join(map(str, problem.lines)) + more
        table.add_row(f"{problem.rows:,}", lines, problem.column, problem.reason.value, found, escape(problem.advice))
    return table


def _left(left: "Left") -> str:
    told = GAPS[left.gap].format(column=left.column)
    hint = f"; did you mean {left.meant}?" if left.meant else ""
    return f"{left.event} {told}: {left.messages:,} of {left.of:,} messages{hint}"


def _overview() -> Table:
    table = _table("data set", "lands under", "forms", "key")
    for dataset in DATASETS:
        table.add_row(dataset.name, "\n".join(dataset.prefixes), _listed(f.value for f in dataset.formats), _listed(dataset.keys))
    return table


def _show_contract(console: Console, dataset: Dataset) -> None:
    console.print(f"[bold]{dataset.name}[/bold]: {escape(dataset.meaning)}" if dataset.meaning else f"[bold]{dataset.name}[/bold]")
    console.print(f"  lands under {_listed(dataset.prefixes)} as {_listed(f.value for f in dataset.formats)}")
    console.print(f"  trusted as table {dataset.table}; {dataset.tolerated_share:.0%} of a file's rows may be bad, one always")
    if dataset.one_of:
        console.print(f"  every row needs at least one of {_listed(dataset.one_of)}")
    table = _table("column", "in the file", "type", "needed", "personal", "must be, means")
    for column in dataset.landed_columns:
        told = [f"one of {_listed(column.values)}"] if column.values else []
        told += [text for text, bound in _bounds(column) if bound is not None]
        told += [column.meaning] if column.meaning else []
        needed = "key" if column.key else "yes" if column.required else ""
        table.add_row(column.name, column.source, column.type.value, needed, column.pii or "", escape("; ".join(told)))
    console.print(table)


def _bounds(column: Any) -> tuple[tuple[str, int | None], ...]:
    return (
        (f"at least {column.minimum}", column.minimum),
        (f"at most {column.maximum}", column.maximum),
        (f"more than {column.exclusive_minimum}", column.exclusive_minimum),
    )


def _table(*names: str) -> Table:
    table = Table(box=None, pad_edge=True, header_style="dim")
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
