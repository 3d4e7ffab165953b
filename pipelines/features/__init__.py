"""Features of a customer as of a date: Ibis expressions over half-open windows [as_of - n days, as_of)."""

import sys
from collections.abc import Mapping

import ibis
import ibis.expr.types as ir

# Importing the modules registers their features, in this order.
from pipelines.features import orders, behaviour, service, messaging  # isort: skip
from pipelines.features.registry import Feature, of_features, of_sources, registered
from pipelines.features.sources import SOURCES

__all__ = ["Feature", "aggregates", "behaviour", "customer_features", "joined", "messaging", "orders", "registered", "service"]

GREATEST = sys.float_info.max


def customer_features(customers: ir.Table, sources: Mapping[str, ir.Table]) -> ir.Table:
    """One row for each of `customers` (its `customer_id` and further columns are kept) with every feature as float64.

    `sources` are what features are aggregates of (`pipelines.features.sources`), as known on the date. A value is finite or null.
    """
    return joined(customers, aggregates(sources))


def aggregates(sources: Mapping[str, ir.Table]) -> dict[str, ir.Table]:
    """By source, `customer_id` and its features: one aggregation each, however many features are made of it."""
    return {
        name: sources[name].group_by("customer_id").agg(**{f.name: f.build(sources[name]).cast("float64") for f in features})
        for name, features in of_sources(SOURCES).items()
        if features
    }


def joined(customers: ir.Table, aggregated: Mapping[str, ir.Table]) -> ir.Table:
    """The aggregates beside the customers, with what is made of features, in the order of definition."""
    wide = customers
    for name, rows in aggregated.items():
        side = rows.rename({f"_{name}": "customer_id"})
        wide = wide.left_join(side, wide.customer_id == side[f"_{name}"]).drop(f"_{name}")
    every = {f.name: f for f in registered()}
    wide = wide.mutate(**{c: _value(wide[c], every[c].absent) for c in wide.columns if c in every})
    made = {f.name: _value(f.build(*(wide[name] for name in f.inputs)).cast("float64"), f.absent) for f in of_features(SOURCES)}
    wide = wide.mutate(**made)
    return wide.select(*customers.columns, *every)


def _value(found: ir.FloatingValue, absent: float | None) -> ir.FloatingValue:
    value = found if absent is None else ibis.coalesce(found, float(absent))
    # Beyond the greatest number is infinity, and both engines put what is no number beyond that.
    return (value.abs() <= GREATEST).ifelse(value, ibis.null("float64"))
