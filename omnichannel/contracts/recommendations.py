"""Recommenders and placements: what each is called, which recipe makes it, and where its products are shown."""

from enum import StrEnum

LEAST_INTERACTIONS, LEAST_CUSTOMERS, LEAST_SHARE = 1000, 25, 0.01
"""Personalize refuses to learn from less: interactions, and customers with two or more of them, in number and of all customers."""


class Recommender(StrEnum):
    """The recommenders of a dataset group; the value ends the recommender's name."""

    FOR_YOU = "for-you"
    BOUGHT_TOGETHER = "bought-together"
    ALSO_VIEWED = "also-viewed"

    @property
    def recipe_arn(self) -> str:
        """The recipe (of the ECOMMERCE domain) that it is made by."""
        return f"arn:aws:personalize:::recipe/{_RECIPES[self]}"


_RECIPES = {
    Recommender.FOR_YOU: "aws-ecomm-recommended-for-you",
    Recommender.BOUGHT_TOGETHER: "aws-ecomm-frequently-bought-together",
    Recommender.ALSO_VIEWED: "aws-ecomm-customers-who-viewed-x-also-viewed",
}


class Placement(StrEnum):
    """Where recommendations are shown."""

    HOME = "home"
    PRODUCT = "product"
    CART = "cart"

    @property
    def recommender(self) -> Recommender:
        """The recommender whose products the placement shows."""
        return _PLACED[self]


_PLACED = {
    Placement.HOME: Recommender.FOR_YOU,
    Placement.PRODUCT: Recommender.ALSO_VIEWED,
    Placement.CART: Recommender.BOUGHT_TOGETHER,
}


def recommender_name(dataset_group_arn: str, recommender: Recommender) -> str:
    """`<name of the dataset group>-<recommender>`: one name for whoever creates it and whoever asks it."""
    return f"{dataset_group_arn.rsplit('/', 1)[-1]}-{recommender}"
