"""Since when an identifier is its customer's: the first moment at which sightings connect it to the customer's first identifier.

Two things seen together in March are not known to belong to somebody who first appears in May: the chain is as old as its youngest
sighting. Sightings are taken oldest first; a tree of unions then remembers when each part joined, and the youngest union on the way from
an identifier to the first one is the answer.
"""

from array import array
from collections.abc import Iterable

_NEVER = (1 << 63) - 1


def joined_since(
    first_seen: "array[int]", naming: bytes, edges: Iterable[tuple[int, int, int]]
) -> tuple["array[int]", "array[int]"]:  # fmt: skip
    """For each node the time (as in the edges), and the node whose sighting made the connection (its own for the first one).

    `edges` (node, node, time) come oldest first. `naming` is 1 for identifiers that make a customer: the earliest of a component is its
    first. Components without such a node keep 0 and -1.
    """
    forest = _Forest(len(first_seen))
    for v, u, at in edges:
        forest.join(v, u, at)
    firsts = _first_of_each(forest, first_seen, naming)
    since, via = array("q", [0]) * len(first_seen), array("i", [-1]) * len(first_seen)
    for node in range(len(first_seen)):
        first = firsts[forest.root(node)]
        if first >= 0:
            since[node], via[node] = (first_seen[node], node) if node == first else forest.meeting(node, first)
    return since, via


def _first_of_each(forest: "_Forest", first_seen: "array[int]", naming: bytes) -> "array[int]":
    """By root the earliest naming node of its component, -1 where there is none; of equally early ones the surest."""
    firsts = array("i", [-1]) * len(first_seen)
    for node, names in enumerate(naming):
        if names:
            root = forest.root(node)
            if firsts[root] < 0 or first_seen[node] < first_seen[firsts[root]]:
                firsts[root] = node
    return firsts


class _Forest:
    """Unions by size, never flattened: the way up is short, and times on it grow."""

    def __init__(self, nodes: int) -> None:
        self._parent = array("i", range(nodes))
        self._size = array("i", [1]) * nodes
        self._at = array("q", [_NEVER]) * nodes
        self._via = array("i", [-1]) * nodes

    def root(self, node: int) -> int:
        parent = self._parent
        while parent[node] != node:
            node = parent[node]
        return node

    def join(self, v: int, u: int, at: int) -> None:
        a, b = self.root(v), self.root(u)
        if a == b:
            return
        if self._size[a] < self._size[b]:
            a, b = b, a
        self._parent[b], self._at[b], self._via[b] = a, at, v
        self._size[a] += self._size[b]

    def meeting(self, a: int, b: int) -> tuple[int, int]:
        """When two different nodes of a component came together, and by which node's sighting."""
        at, via, when = 0, -1, self._at
        while a != b:
            if when[a] > when[b]:
                a, b = b, a
            at, via, a = when[a], self._via[a], self._parent[a]
        return at, via
