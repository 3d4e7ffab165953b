"""Mean scores of groups of customers in a score run: what a review compares with the last run."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from omnichannel.scoring.model import Matrix
from pipelines.customers import Customers
from pipelines.groups import groups


@dataclass
class GroupMeans:
    """Adds up customers and scores by group, some customers at a time."""

    customers: Counter[tuple[str, str]] = field(default_factory=Counter)
    scores: dict[tuple[str, str], float] = field(default_factory=dict)

    def add(self, features: Sequence[str], matrix: Matrix, scores: Matrix) -> None:
        """Some more customers: their features (rows x features) and scores."""
        nobody = np.zeros(0)
        some = Customers(tuple(features), matrix, nobody, nobody.astype(np.uint64), nobody.astype(np.str_))
        for kind, name, rows in groups(some):
            self.customers[kind, name] += int(rows.sum())
            self.scores[kind, name] = self.scores.get((kind, name), 0.0) + float(scores[rows].sum())

    def to_list(self) -> list[dict[str, Any]]:
        """`group`, `value`, `customers` and `mean_score` of each group that has anybody."""
        return [
            {"group": kind, "value": name, "customers": count, "mean_score": self.scores[kind, name] / count}
            for (kind, name), count in self.customers.items()
            if count
        ]
