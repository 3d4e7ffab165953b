"""Sums that always fit: what one row says by mistake, or to mean "without end", may not stop the view of everybody."""

from decimal import Decimal

import ibis
import ibis.expr.types as ir

MOST_MONEY = Decimal(99_999_999_999_999)
"""The largest whole amount in decimal(18,4), whose hundredth parts a float still tells apart."""
MOST_PIECES = 10**12
"""More than any place holds; nine million of them together are still a 64-bit number."""


def money(amounts: ir.NumericColumn) -> ir.Value:
    """The sum of amounts in one currency as decimal(18,4); beyond what that holds, the most of it."""
    total, most = amounts.sum(), ibis.literal(MOST_MONEY, "decimal(18,4)")
    bounded = ibis.cases((total > most, most), (total < -most, -most), else_=total)
    return bounded.cast("decimal(18,4)")


def pieces(quantities: ir.IntegerColumn) -> ir.Value:
    """The sum of numbers of pieces, none of them counted as more than `MOST_PIECES`."""
    return quantities.clip(lower=-MOST_PIECES, upper=MOST_PIECES).sum().cast("int64")
