"""The recipes that the twin trains, of the ECOMMERCE domain and of custom solutions: what each needs, and how it scores."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sandbox.twins.errors import ServiceError
from sandbox.twins.personalize.model import Model

NEEDS_USER, NEEDS_ITEM = "userId", "itemId"
Scores = Callable[[Model, np.ndarray, int | None], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """One recipe. `needs` is the member that GetRecommendations must have; `fill` ranks where `scores` says nothing."""

    name: str
    needs: str
    event_type: str | None = None
    minimum: int = 1
    scores: Scores
    fill: Callable[[Model], np.ndarray]
    leaves_out_purchases: bool = True

    @property
    def arn(self) -> str:
        """The recipe's ARN, the same in every account."""
        return f"arn:aws:personalize:::recipe/{self.name}"


def _zeros(model: Model) -> np.ndarray:
    return np.zeros(len(model.item_ids))


def _of_item(matrix: str) -> Scores:
    def scores(model: Model, history: np.ndarray, item: int | None) -> np.ndarray:
        return _zeros(model) if item is None else getattr(model, matrix)[item].toarray().ravel()

    return scores


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="aws-ecomm-recommended-for-you",
            needs=NEEDS_USER,
            scores=lambda model, history, item: model.for_you(history),
            fill=lambda model: model.popular,
        ),
        Recipe(
            name="aws-ecomm-frequently-bought-together",
            needs=NEEDS_ITEM,
            event_type="Purchase",
            scores=_of_item("bought_together"),
            fill=lambda model: model.by_purchases,
            leaves_out_purchases=False,
        ),
        Recipe(
            name="aws-ecomm-customers-who-viewed-x-also-viewed",
            needs=NEEDS_ITEM,
            event_type="View",
            scores=_of_item("also_viewed"),
            fill=lambda model: model.by_views,
        ),
        Recipe(
            name="aws-ecomm-popular-items-by-views",
            needs=NEEDS_USER,
            event_type="View",
            minimum=1000,
            scores=lambda model, history, item: model.by_views,
            fill=lambda model: model.by_views,
        ),
        Recipe(
            name="aws-ecomm-popular-items-by-purchases",
            needs=NEEDS_USER,
            event_type="Purchase",
            minimum=1000,
            scores=lambda model, history, item: model.by_purchases,
            fill=lambda model: model.by_purchases,
        ),
    )
}


CUSTOM_RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="aws-similar-items",
            needs=NEEDS_ITEM,
            scores=lambda model, history, item: _zeros(model) if item is None else model.similar(item),
            fill=lambda model: model.popular,
            leaves_out_purchases=False,
        ),
        Recipe(
            name="aws-personalized-ranking-v2",
            needs=NEEDS_USER,
            scores=lambda model, history, item: model.for_you(history),
            fill=lambda model: model.popular,
            leaves_out_purchases=False,
        ),
        Recipe(
            name="aws-user-personalization-v2",
            needs=NEEDS_USER,
            scores=lambda model, history, item: model.for_you(history),
            fill=lambda model: model.popular,
            leaves_out_purchases=False,
        ),
    )
}
"""What custom solutions are trained by; what somebody bought stays in, as with AWS: that is what filters are for."""


def custom_recipe_of(arn: str) -> Recipe:
    """The recipe of that ARN for a custom solution; `InvalidInputException` for one that the twin cannot train."""
    found = next((recipe for recipe in CUSTOM_RECIPES.values() if recipe.arn == arn), None)
    if found is None:
        raise ServiceError("InvalidInputException", f"no recipe {arn} for a solution; the twin has {', '.join(CUSTOM_RECIPES)}")
    return found


def recipe_of(arn: str) -> Recipe:
    """The recipe of that ARN; `InvalidInputException` for one that the twin cannot train."""
    found = next((recipe for recipe in RECIPES.values() if recipe.arn == arn), None)
    if found is None:
        raise ServiceError("InvalidInputException", f"no recommender recipe {arn}; the twin has {', '.join(RECIPES)}")
    return found
