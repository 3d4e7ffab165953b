"""Features of a customer as of a date: Ibis expressions over half-open windows [as_of - n days, as_of)."""

import ibis
import ibis.expr.types as ir

# Importing the modules registers their features, in this order.
from pipelines.features import behaviour, orders, service
from pipelines.features.registry import Feature, registered

__all__ = ["Feature", "behaviour", "customer_features", "orders", "registered", "service"]


def customer_features(customers: ir.Table, tables: dict[str, ir.Table], as_of: ir.TimestampScalar) -> ir.Table:
    """One row for each of `customers` (its `customer_id` and further columns are kept) with every feature as float64.

    `tables` holds what the features name as inputs, each as it was known on `as_of`.
    """
    given = {**tables, "as_of": as_of}
    # One long table and one aggregate instead of a join per feature.
    long = ibis.union(*(_values(f, given) for f in registered()), distinct=False)
    wide = long.group_by("customer_id").agg(**{f.name: long.value.max(where=long.feature == f.name) for f in registered()})
    joined = customers.left_join(wide, "customer_id")
    filled = {f.name: wide[f.name] if f.absent is None else ibis.coalesce(wide[f.name], float(f.absent)) for f in registered()}
    return joined.select(*[customers[c] for c in customers.columns], **filled)


def _values(f: Feature, given: dict[str, ir.Table]) -> ir.Table:
    built = f.build(**{name: given[name] for name in f.inputs})
    return built.select("customer_id", feature=ibis.literal(f.name), value=built[f.name].cast("float64"))
