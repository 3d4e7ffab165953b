"""The recommenders' mathematics: which items go together, for whom, and what is popular.

The own recommender's weights between items (EASE, above 5,000 items cosine) over what users did (weighted by event type and recency) for
"recommended for you", pairs bought by one user on one day for "bought together", pairs viewed by one user for "also viewed". A million
interactions train in a few seconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy import sparse

from omnichannel.recommendations.learned import ease
from omnichannel.recommendations.learned.affinity import Affinity, Dense, Sparse
from omnichannel.recommendations.learned.fit import MOST_DENSE

WEIGHTS = {"View": 1.0, "AddToCart": 3.0, "Purchase": 5.0}
HALF_LIFE_DAYS = 60.0
NEIGHBOURS = 200
"""How many items that go with it are kept for each item."""
MIN_INTERACTIONS, MIN_USERS = 1000, 25
_DAY = 86_400


class NotTrainableError(Exception):
    """The data lack what the recipe needs."""


@dataclass(frozen=True)
class Interactions:
    """Columns of interactions; users, items and types are positions in their vocabularies, `at` is in epoch seconds."""

    users: np.ndarray
    items: np.ndarray
    types: np.ndarray
    at: np.ndarray
    user_ids: Mapping[str, int]
    item_ids: tuple[str, ...]
    type_names: tuple[str, ...]

    @classmethod
    def of(cls, table: pa.Table) -> "Interactions":
        """From an imported table with USER_ID, ITEM_ID, TIMESTAMP and, if there, EVENT_TYPE."""
        kinds = table["EVENT_TYPE"] if "EVENT_TYPE" in table.column_names else pa.chunked_array([pa.repeat("", table.num_rows)])
        users, user_ids = _coded(table["USER_ID"])
        items, item_ids = _coded(table["ITEM_ID"])
        types, type_names = _coded(kinds)
        at = table["TIMESTAMP"].to_numpy()
        return cls(users, items, types, at, {name: n for n, name in enumerate(user_ids)}, item_ids, type_names)

    def of_type(self, name: str) -> np.ndarray:
        """Which of the interactions are of that event type."""
        if name not in self.type_names:
            return np.zeros(len(self.items), dtype=bool)
        return np.asarray(self.types == self.type_names.index(name))


class Model:
    """What was learnt from one dataset group's interactions."""

    def __init__(self, data: Interactions) -> None:
        self.item_ids = data.item_ids
        self._data = data
        self._by_user = np.argsort(data.users, kind="stable")
        self._first = np.searchsorted(data.users[self._by_user], np.arange(len(data.user_ids) + 1))
        self.positions = {item: n for n, item in enumerate(data.item_ids)}
        self.user_ids = data.user_ids
        self.newest = int(data.at.max())
        self.weights = weights(data.types, data.at, data.type_names, self.newest)
        shape = (len(data.user_ids), len(data.item_ids))
        self.histories = sparse.csr_matrix((self.weights, (data.users, data.items)), shape=shape)
        purchased = data.of_type("Purchase")
        viewed = data.of_type("View")
        self.purchases = _binary(data.users[purchased], data.items[purchased], shape)
        self.affinity = affinity(self.histories)
        baskets = _baskets(data.users[purchased], data.at[purchased])
        self.bought_together = pairs(_binary(baskets, data.items[purchased], (baskets.max(initial=-1) + 1, shape[1])))
        self.also_viewed = pairs(_binary(data.users[viewed], data.items[viewed], shape))
        self.popular = np.bincount(data.items, weights=self.weights, minlength=shape[1])
        self.by_views = np.bincount(data.items[viewed], minlength=shape[1]).astype(float)
        self.by_purchases = np.bincount(data.items[purchased], minlength=shape[1]).astype(float)

    def history_of(self, user_id: str) -> np.ndarray:
        """The user's imported history as a weight for each item; zeros for a stranger."""
        row = self.user_ids.get(user_id)
        return np.zeros(len(self.item_ids)) if row is None else self.histories[row].toarray().ravel()

    def purchased_by(self, user_id: str) -> np.ndarray:
        """Positions of what the user bought."""
        row = self.user_ids.get(user_id)
        return np.empty(0, dtype=np.int64) if row is None else self.purchases[row].indices

    def similar(self, item: int) -> np.ndarray:
        """A score for each item, from how often it was viewed or bought by those who viewed or bought that one."""
        found: np.ndarray = (self.also_viewed[item] + self.bought_together[item]).toarray().ravel()
        return found

    def interacted(self, user_id: str, kinds: Iterable[str], most: int) -> set[int]:
        """Positions of the items of the user's last imported interactions of each of those event types, at most so many a type."""
        row = self.user_ids.get(user_id)
        if row is None:
            return set()
        own = self._by_user[self._first[row] : self._first[row + 1]]
        newest_first = own[np.argsort(-self._data.at[own], kind="stable")]
        coded = [self._data.type_names.index(kind) for kind in kinds if kind in self._data.type_names]
        return {int(n) for kind in coded for n in self._data.items[newest_first[self._data.types[newest_first] == kind]][:most]}

    def for_you(self, history: np.ndarray) -> np.ndarray:
        """A score for each item, from what went together with the items of the history."""
        seen = np.flatnonzero(history)
        return self.affinity.scores(seen, history[seen])

    def ranked(self, scores: np.ndarray, without: Iterable[int], count: int, fill: np.ndarray | None = None) -> list[tuple[str, float]]:
        """The best items and their share of the score; where no score says anything, `fill` (popularity unless said) ranks."""
        left = scores.astype(float).copy()
        fallback = self.popular if fill is None else fill
        best = float(fallback.max(initial=0.0)) or 1.0
        # Popularity only decides among items without a score: it stays below the smallest one.
        floor = float(left[left > 0].min(initial=1.0)) * 1e-3
        left = np.where(left > 0, left, floor * fallback / best)
        left[np.fromiter(set(without), dtype=np.int64)] = 0.0
        order = np.argsort(-left, kind="stable")[:count]
        order = order[left[order] > 0]
        total = float(left[order].sum()) or 1.0
        return [(self.item_ids[n], float(left[n]) / total) for n in order]


def weights(types: np.ndarray, at: np.ndarray, type_names: tuple[str, ...], newest: int) -> np.ndarray:
    """How much each interaction counts: by its type, halved every sixty days."""
    by_type = np.array([WEIGHTS.get(name, 1.0) for name in type_names])
    return np.asarray(by_type[types] * aged(np.maximum(newest - at, 0)))


def aged(seconds: Any) -> Any:
    """What is left of a weight after so many seconds."""
    return 0.5 ** (seconds / _DAY / HALF_LIFE_DAYS)


def check(data: Interactions, event_type: str | None, minimum: int = 1) -> None:
    """Raises `NotTrainableError` unless there is Personalize's minimum of training data, and enough of the recipe's event type."""
    if len(data.items) < MIN_INTERACTIONS:
        raise NotTrainableError(f"{len(data.items)} interactions; at least {MIN_INTERACTIONS} are needed")
    repeated = int((np.bincount(data.users, minlength=1) >= 2).sum())
    if repeated < MIN_USERS or repeated < 0.01 * len(data.user_ids):
        raise NotTrainableError(f"{repeated} users with two or more interactions; at least {MIN_USERS}, and 1 % of all users, are needed")
    if event_type is not None and (found := int(data.of_type(event_type).sum())) < minimum:
        raise NotTrainableError(f"{found} interactions with EVENT_TYPE {event_type}; the recipe needs at least {minimum}")


def affinity(histories: sparse.csr_matrix) -> Affinity:
    """What items say for each other, by users' weights."""
    size = histories.shape[1]
    if size > MOST_DENSE:
        found = cosine(histories).tocoo()
        return Sparse.of(size, found.row, found.col, found.data)
    held = histories.copy()
    held.data = np.minimum(held.data / max(WEIGHTS.values()), 1.0)
    return Dense(size=size, warm=np.arange(size), weights=ease.weights((held.T @ held).toarray()))


def cosine(histories: sparse.csr_matrix) -> sparse.csr_matrix:
    """Item-item cosine of the users' (dampened) weights, the best neighbours of each item."""
    dampened = histories.copy()
    dampened.data = np.log1p(dampened.data)
    lengths = np.sqrt(np.asarray(dampened.multiply(dampened).sum(axis=0)).ravel())
    unit = dampened @ sparse.diags(1.0 / np.where(lengths > 0, lengths, 1.0))
    return _neighbours((unit.T @ unit).tocsr())


def pairs(together: sparse.csr_matrix) -> sparse.csr_matrix:
    """How often two items occur together, against how often each occurs: popular items do not go with everything."""
    counts = np.asarray(together.sum(axis=0)).ravel()
    scale = sparse.diags(1.0 / np.sqrt(np.maximum(counts, 1.0)))
    return _neighbours((scale @ (together.T @ together) @ scale).tocsr())


def _neighbours(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """Each row without its own item, cut to its strongest neighbours."""
    matrix.setdiag(0.0)
    matrix.eliminate_zeros()
    for row in range(matrix.shape[0]):
        start, end = matrix.indptr[row], matrix.indptr[row + 1]
        if end - start > NEIGHBOURS:
            values = matrix.data[start:end]
            values[np.argpartition(values, -NEIGHBOURS)[:-NEIGHBOURS]] = 0.0
    matrix.eliminate_zeros()
    return matrix


def _binary(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_matrix:
    matrix = sparse.csr_matrix((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape)
    matrix.sum_duplicates()
    matrix.data[:] = 1.0
    return matrix


def _baskets(users: np.ndarray, at: np.ndarray) -> np.ndarray:
    """A number for each purchase: the same for what one user bought on one day."""
    keys = users.astype(np.int64) * 1_000_000 + at // _DAY
    return np.unique(keys, return_inverse=True)[1].astype(np.int64)


def _coded(column: pa.ChunkedArray) -> tuple[np.ndarray, tuple[str, ...]]:
    encoded = pc.fill_null(column.cast(pa.string()), "").combine_chunks().dictionary_encode()
    return encoded.indices.to_numpy().astype(np.int64), tuple(encoded.dictionary.to_pylist())
