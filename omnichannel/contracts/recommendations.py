"""What Personalize learns from and what it answers: the schemas of its data sets; recommenders, their recipes and placements."""

from dataclasses import dataclass
from enum import StrEnum

MAX_ID = 256
"""Personalize's limit for every id, in characters."""

LEAST_INTERACTIONS, LEAST_CUSTOMERS, LEAST_SHARE = 1000, 25, 0.01
"""Personalize refuses to learn from less: interactions, and customers with two or more of them, in number and of all customers."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a schema: an Avro type, null allowed or not; a categorical one is learned from and filtered by."""

    name: str
    type: str = "string"
    optional: bool = False
    categorical: bool = False

    def to_avro(self) -> dict[str, object]:
        """The field as Personalize's schemas spell it."""
        kind = [self.type, "null"] if self.optional else self.type
        return {"name": self.name, "type": kind, **({"categorical": True} if self.categorical else {})}


@dataclass(frozen=True, kw_only=True)
class TrainingData:
    """One of Personalize's data sets: its type, the fields of its schema, which are the columns of its files, and their folder."""

    kind: str
    folder: str
    fields: tuple[Field, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the fields, in the order of the files' columns."""
        return tuple(field.name for field in self.fields)

    @property
    def columns(self) -> tuple[str, ...]:
        """The same as columns of the transformation that makes them."""
        return tuple(name.lower() for name in self.names)

    def schema(self) -> dict[str, object]:
        """The Avro record."""
        fields = [field.to_avro() for field in self.fields]
        return {"type": "record", "name": self.kind, "namespace": "com.amazonaws.personalize.schema", "version": "1.0", "fields": fields}


INTERACTIONS = TrainingData(
    kind="Interactions",
    folder="interactions",
    fields=(Field(name="USER_ID"), Field(name="ITEM_ID"), Field(name="EVENT_TYPE"), Field(name="TIMESTAMP", type="long")),
)
ITEMS = TrainingData(
    kind="Items",
    folder="items",
    fields=(
        Field(name="ITEM_ID"),
        Field(name="PRICE", type="float"),
        Field(name="CATEGORY_L1", categorical=True),
        Field(name="CATEGORY_L2", categorical=True, optional=True),
        Field(name="BRAND", categorical=True, optional=True),
        # A float in the ECOMMERCE domain, where the other domains and custom groups have a long.
        Field(name="CREATION_TIMESTAMP", type="float"),
        Field(name="AVAILABLE", categorical=True),
    ),
)
USERS = TrainingData(
    kind="Users",
    folder="users",
    fields=(
        Field(name="USER_ID"),
        Field(name="COUNTRY", categorical=True, optional=True),
        Field(name="AGE_BAND", categorical=True, optional=True),
        Field(name="FREQUENCY", categorical=True),
        Field(name="LIFECYCLE", categorical=True),
    ),
)
TRAINING_DATA = (INTERACTIONS, ITEMS, USERS)
"""Times are seconds since 1970; `AVAILABLE` is yes or no, since filters know no booleans; users have nothing that names anybody."""


class Recommender(StrEnum):
    """The recommenders of a dataset group; the value ends the recommender's name."""

    FOR_YOU = "for-you"
    BOUGHT_TOGETHER = "bought-together"
    ALSO_VIEWED = "also-viewed"
    POPULAR_BY_VIEWS = "popular-by-views"
    POPULAR_BY_PURCHASES = "popular-by-purchases"

    @property
    def recipe_arn(self) -> str:
        """The recipe (of the ECOMMERCE domain) that it is made by."""
        return f"arn:aws:personalize:::recipe/{_RECIPES[self]}"


_RECIPES = {
    Recommender.FOR_YOU: "aws-ecomm-recommended-for-you",
    Recommender.BOUGHT_TOGETHER: "aws-ecomm-frequently-bought-together",
    Recommender.ALSO_VIEWED: "aws-ecomm-customers-who-viewed-x-also-viewed",
    Recommender.POPULAR_BY_VIEWS: "aws-ecomm-popular-items-by-views",
    Recommender.POPULAR_BY_PURCHASES: "aws-ecomm-popular-items-by-purchases",
}


class Custom(StrEnum):
    """The custom solutions that may stand beside the recommenders; the value ends the names of the solution and of its campaign."""

    SIMILAR_ITEMS = "similar-items"
    RANKING = "ranking"
    FOR_USERS = "for-users"

    @property
    def recipe_arn(self) -> str:
        """The recipe that it is trained by; only the last one's answers batch inference for users."""
        return f"arn:aws:personalize:::recipe/{_CUSTOM_RECIPES[self]}"


_CUSTOM_RECIPES = {
    Custom.SIMILAR_ITEMS: "aws-similar-items",
    Custom.RANKING: "aws-personalized-ranking-v2",
    Custom.FOR_USERS: "aws-user-personalization-v2",
}


class Placement(StrEnum):
    """Where recommendations are shown."""

    HOME = "home"
    PRODUCT = "product"
    CART = "cart"
    CHECKOUT = "checkout"
    EMAIL = "email"

    @property
    def recommender(self) -> Recommender | None:
        """The recommender whose products the placement shows; None where the own lists know better: what is usually bought."""
        return _PLACED.get(self)


_PLACED = {
    Placement.HOME: Recommender.FOR_YOU,
    Placement.PRODUCT: Recommender.ALSO_VIEWED,
    Placement.CART: Recommender.BOUGHT_TOGETHER,
    Placement.EMAIL: Recommender.FOR_YOU,
}


SHOWN = ("product_id", "name", "category_l1", "brand", "price", "currency", "image_url")
"""Attributes of a product that are shown, as far as they are known."""


class Source(StrEnum):
    """Where a recommended product comes from."""

    PERSONALIZE = "personalize"
    OWN = "own"
    POPULAR = "popular"
    PROMOTION = "promotion"


class Reason(StrEnum):
    """Why a product is recommended."""

    FOR_YOU = "for-you"
    SIMILAR = "similar"
    BOUGHT_TOGETHER = "bought-together"
    BUY_AGAIN = "buy-again"
    POPULAR = "popular"
    IN_STOCK = "in-stock"
    PROMOTION = "promotion"


def own_arn(dataset_group_arn: str, thing: str) -> str:
    """The ARN of what this app makes in the dataset group; `thing` is `kind/name`, such as `filter/in-stock`, without the group's name."""
    kind, _, name = thing.partition("/")
    return f"{dataset_group_arn.rpartition(':')[0]}:{kind}/{own_prefix(dataset_group_arn)}{name}"


def own_prefix(dataset_group_arn: str) -> str:
    """What the names of everything that this app makes in the dataset group begin with."""
    return f"{dataset_group_arn.rsplit('/', 1)[-1]}-"
