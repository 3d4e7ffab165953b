"""Where the bridges read consent and keep what each sink holds."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class State:
    """The tables of customers and of what was sent, and the client that reaches them."""

    dynamodb: Any = field(repr=False)
    customers_table: str
    sent_table: str
