"""Who belongs together: union-find that refuses a union which would break a rule, and says which.

Edges come in the order of `encode`: by type from the surest to the least sure, so when a value is decided, everything surer is. Each edge
is looked at once; the work grows with the number of edges and nothing is ever compared with everything.
"""

from array import array
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import pyarrow as pa

from omnichannel.contracts.identity import Rule, Trait
from omnichannel.contracts.store import IdType
from omnichannel.identity.rules import Rules

REFUSALS = tuple(Rule)
"""A refused edge keeps the place of its rule in here."""
_CONFLICTS = {Trait.BIRTH_DATE: Rule.DIFFERENT_BIRTH_DATES, Trait.FIRST_NAME: Rule.DIFFERENT_FIRST_NAMES}


def ints(column: pa.ChunkedArray | pa.Array, code: Literal["i", "q"] = "i") -> "array[int]":
    """An int32 (`i`) or int64 (`q`) column without nulls as a compact array."""
    found: array[int] = array(code)
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        whole = memoryview(chunk.buffers()[1]).cast("B").cast(code)
        found.frombytes(whole[chunk.offset : chunk.offset + len(chunk)].tobytes())
    return found


class Components:
    """Every node's component. `refused` lists edges (`v`, `u`, place in `REFUSALS`) in the order of decision."""

    def __init__(self, ranks: "array[int]", traits: pa.Table, rules: Rules) -> None:
        size = len(ranks)
        self._rules = rules
        self._ranks = ranks
        self._parent = array("i", range(size))
        self._size = array("i", [1]) * size
        self._values = [array("i", (rank == own for own in ranks)) for rank in range(len(rules.types))]
        self._customer = bytearray(rules.types[rank].customer for rank in ranks)
        self._ref = self._values[rules.rank[IdType.CUSTOMER_REF]]
        self._card = self._values[rules.rank[IdType.LOYALTY_CARD]]
        self._limits = [(values, rule.most_values) for values, rule in zip(self._values, rules.types, strict=True)]
        self._own_limit = [(pair,) for pair in self._limits]
        self._traits = [(self._told(traits, trait, size), REFUSALS.index(_CONFLICTS[trait])) for trait in rules.conflicts]
        self.refused: list[tuple[int, int, int]] = []

    @staticmethod
    def _told(traits: pa.Table, trait: Trait, size: int) -> "array[int]":
        codes = array("i", [0]) * size
        for node, name, code in zip(*(traits[c].to_pylist() for c in ("node", "trait", "code")), strict=True):
            if name == trait:
                codes[node] = code
        return codes

    def decide(self, v: "array[int]", u: "array[int]", declared: "array[int]") -> None:
        """Every edge, in the given order."""
        joins = [rule.joins for rule in self._rules.types]
        starts = array("i", (i for i in range(len(v)) if i == 0 or v[i] != v[i - 1]))
        if v:
            starts.append(len(v))
        for start, end in pairwise(starts):
            value = v[start]
            if joins[self._ranks[value]]:
                self._join(value, u[start:end], declared[start:end])
            else:
                self._attach(value, u[start:end])

    def roots(self) -> "array[int]":
        """The component of each node, as one of its nodes."""
        return array("i", map(self.find, range(len(self._parent))))

    def customers(self, roots: "array[int]") -> bytes:
        """1 for each node whose component is a customer."""
        return bytes(map(self._customer.__getitem__, roots))

    def find(self, node: int) -> int:
        """The root of a node's component."""
        parent = self._parent
        while parent[node] != node:
            parent[node] = node = parent[parent[node]]
        return node

    def _join(self, value: int, others: "array[int]", declared: "array[int]") -> None:
        for other, said in zip(others, declared, strict=True):
            home, root = self.find(value), self.find(other)
            if home != root:
                rule = self._forbidden(home, root, self._ranks[value]) if said or not (self._ref[home] and self._ref[root]) else _USED
                self._settle(value, other, home, root, rule)

    def _attach(self, value: int, others: "array[int]") -> None:
        """To the one customer among the others; of several to the first, and then nobody else comes along."""
        customers = list(dict.fromkeys(root for root in map(self.find, (value, *others)) if self._customer[root]))
        for other in others:
            home, root = self.find(value), self.find(other)
            if home != root:
                alone = len(customers) < 2 or (self._customer[root] and root == self.find(customers[0]))
                rule = self._forbidden(home, root, self._ranks[value]) if alone else _SEVERAL
                self._settle(value, other, home, root, rule)

    def _settle(self, value: int, other: int, home: int, root: int, rule: int) -> None:
        if rule >= 0:
            self.refused.append((value, other, rule))
        else:
            self._unite(home, root)

    def _forbidden(self, a: int, b: int, rank: int) -> int:
        """The place of the rule that forbids to unite two components by a value of that rank; -1 when none does."""
        if self._ref[a] and self._ref[b]:
            for codes, rule in self._traits:
                if codes[a] and codes[b] and codes[a] != codes[b]:
                    return rule
            if self._card[a] and self._card[b] and rank != self._rules.rank[IdType.LOYALTY_CARD]:
                return _CARDS
        for values, most in self._held(a if self._size[a] < self._size[b] else b):
            if values[a] + values[b] > most:
                return _VALUES
        return -1

    def _held(self, root: int) -> "Sequence[tuple[array[int], int]]":
        """Counts by root, and limits, of the types that a component may have: a lone node has its own alone."""
        return self._limits if self._size[root] > 1 else self._own_limit[self._ranks[root]]

    def _unite(self, a: int, b: int) -> None:
        if self._size[a] < self._size[b]:
            a, b = b, a
        self._parent[b] = a
        self._size[a] += self._size[b]
        self._customer[a] |= self._customer[b]
        for values, _ in self._held(b):
            values[a] += values[b]
        for codes, _ in self._traits:
            codes[a] = codes[a] or codes[b]


_USED, _SEVERAL, _CARDS, _VALUES = (
    REFUSALS.index(rule) for rule in (Rule.USED_NOT_DECLARED, Rule.SEVERAL_CUSTOMERS, Rule.DIFFERENT_LOYALTY_CARDS, Rule.TOO_MANY_VALUES)
)
