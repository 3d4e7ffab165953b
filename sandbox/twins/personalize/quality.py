"""The metrics of a solution version: everybody's last interaction is hidden, and looked for among what is recommended from the rest."""

from dataclasses import replace

import numpy as np

from sandbox.twins.personalize.model import Interactions, Model
from sandbox.twins.personalize.recipes import NEEDS_ITEM, Recipe

MOST_USERS = 1000
CUTS = (5, 10, 25)
DEEPEST = max(CUTS)


def metrics(data: Interactions, recipe: Recipe) -> dict[str, float]:
    """Coverage, mean reciprocal rank, NDCG and precision at Personalize's cuts, over at most `MOST_USERS` users, evenly chosen."""
    order = np.lexsort((np.arange(len(data.at)), data.at, data.users))
    users = data.users[order]
    last = np.flatnonzero(np.append(users[1:] != users[:-1], True))
    # Who has one interaction has nothing to be recommended from.
    hidden = last[np.flatnonzero(last > 0)]
    hidden = hidden[users[hidden] == users[hidden - 1]]
    left = np.ones(len(order), dtype=bool)
    left[hidden] = False
    kept = order[left]
    model = Model(replace(data, users=data.users[kept], items=data.items[kept], types=data.types[kept], at=data.at[kept]))
    asked = hidden[np.linspace(0, len(hidden) - 1, min(MOST_USERS, len(hidden))).astype(int)] if len(hidden) else hidden
    names = dict(enumerate(data.user_ids))
    ranks, shown = [], set[str]()
    for place in asked:
        listed = _listed(model, recipe, names[int(users[place])], int(data.items[order[place - 1]]))
        shown.update(listed)
        wanted = data.item_ids[data.items[order[place]]]
        ranks.append(listed.index(wanted) if wanted in listed else DEEPEST)
    return _summary(np.array(ranks, dtype=float), len(shown) / max(1, len(data.item_ids)))


def _listed(model: Model, recipe: Recipe, user: str, item: int) -> list[str]:
    scores = recipe.scores(model, model.history_of(user), item)
    without = (item,) if recipe.needs == NEEDS_ITEM else ()
    return [item_id for item_id, _ in model.ranked(scores, without, DEEPEST, recipe.fill(model))]


def _summary(ranks: np.ndarray, coverage: float) -> dict[str, float]:
    """From the place of the hidden item in each list, counted from 0; `DEEPEST` when it is not in it."""

    def mean(values: np.ndarray) -> float:
        return float(values.mean()) if len(values) else 0.0

    found = {"coverage": coverage, "mean_reciprocal_rank_at_25": mean(np.where(ranks < DEEPEST, 1 / (ranks + 1), 0.0))}
    for cut in CUTS:
        found[f"normalized_discounted_cumulative_gain_at_{cut}"] = mean(np.where(ranks < cut, 1 / np.log2(ranks + 2), 0.0))
        found[f"precision_at_{cut}"] = mean(np.where(ranks < cut, 1 / cut, 0.0))
    return found
