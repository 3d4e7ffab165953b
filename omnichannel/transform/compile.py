"""Writes the SQL that functions run: `python -m omnichannel.transform.compile`.

`sql/<name>.sql` is a transformation in DuckDB's dialect, over tables by their plain names; the moment is DuckDB's variable
`as_of` there, because a filter by a variable is pushed into the scan and one by a subquery is a join. `sql/manifest.json` says of
each what it reads, and which columns.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ibis
import sqlglot
from ibis.backends.sql.datatypes import DuckDBType
from sqlglot import exp
from sqlglot.optimizer.pushdown_projections import pushdown_projections
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import traverse_scope

from omnichannel.transform.registry import CLOCK, Transformation, load, schema_of

SQL = Path(__file__).parent / "sql"
MANIFEST = "manifest.json"


def compiled() -> dict[str, str]:
    """Every file of the folder by its name."""
    every = load()
    queries = {f"{name}.sql": sql(each) for name, each in every.items()}
    manifest = {name: _described(each) for name, each in every.items()}
    return {**queries, MANIFEST: json.dumps(manifest, indent=1) + "\n"}


def sql(of: Transformation) -> str:
    """The query in DuckDB's dialect."""
    query = sqlglot.parse_one(ibis.to_sql(of.expression, dialect="duckdb"), dialect="duckdb")
    for star in query.find_all(exp.Star):
        # Ibis keeps the columns that it drops in a set.
        star.set("except_", sorted(star.args.get("except_") or [], key=lambda column: column.name))
    return query.transform(_moment).sql(dialect="duckdb", pretty=True) + "\n"


def _moment(node: exp.Expr) -> exp.Expr:
    """The variable instead of a look into the clock."""
    tables = list(node.find_all(exp.Table)) if isinstance(node, exp.Subquery) else []
    if [table.name for table in tables] == [CLOCK]:
        return exp.func("getvariable", exp.Literal.string("as_of"))
    return node


def _described(of: Transformation) -> Mapping[str, Any]:
    return {"reads": columns_read(of), "columns": _types(of)}


def _types(of: Transformation) -> dict[str, str]:
    """By column of the result, its type in DuckDB."""
    return {column: DuckDBType.to_string(dtype) for column, dtype in of.expression.schema().items()}


def columns_read(of: Transformation) -> dict[str, list[str]]:
    """By table that it reads, the columns that have an effect on the result, in the table's order."""
    schemas = {name: schema_of(name) for name in of.reads}
    typed: dict[str, object] = {name: dict.fromkeys(schema, "text") for name, schema in schemas.items()}
    query = qualify(sqlglot.parse_one(sql(of), dialect="duckdb"), schema=typed, dialect="duckdb")
    pruned = pushdown_projections(query)
    used: dict[str, set[str]] = {name: set() for name in of.reads}
    for scope in traverse_scope(pruned):
        for alias, source in scope.sources.items():
            if isinstance(source, exp.Table):
                used[source.name] |= {column.name for column in scope.source_columns(alias)}
    return {name: [column for column in schemas[name] if column in used[name]] for name in of.reads}


def main() -> None:
    """Brings the folder up to date; files of transformations that are gone go too."""
    SQL.mkdir(exist_ok=True)
    wanted = compiled()
    for path in SQL.iterdir():
        if path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (SQL / name).write_bytes(text.encode())


if __name__ == "__main__":
    main()
