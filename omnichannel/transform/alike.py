"""What DuckDB and Spark say differently although Ibis spells it the same, put so that they agree; found by comparing their rows."""

from collections.abc import Mapping
from typing import Any

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops
import ibis.expr.types as ir
from ibis.expr.operations.core import Node


def alike(expression: ir.Table) -> ir.Table:
    """The same expression, without

    - seconds since 1970 of a time between two seconds: DuckDB rounds, Spark cuts, so the time is cut before;
    - rows counted under a condition that is null for all of them: 0 in DuckDB, null in Spark, so null becomes false.
    """
    return expression.op().replace(_agreed).to_expr()


def _agreed(node: Node, changed: Mapping[str, Any] | None) -> Node:
    arguments = changed or dict(zip(node.__argnames__, node.__args__, strict=True))
    if isinstance(node, ops.ExtractEpochSeconds):
        return ops.ExtractEpochSeconds(ops.TimestampTruncate(arguments["arg"], unit="s"))
    if isinstance(node, ops.CountStar) and node.where is not None:
        false = ops.Literal(False, dtype=dt.boolean)
        return ops.CountStar(arguments["arg"], where=ops.Coalesce((arguments["where"], false)))
    return node.__recreate__(changed) if changed else node
