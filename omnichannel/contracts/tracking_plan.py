"""The tracking plan: what a message of each event name must carry to be of use.

Names and properties are those of Segment's specs (e-commerce v2, e-mail, A/B testing, mobile) plus our own two for recommendations.
Properties are named by the columns of `EVENTS`, so the plan can be checked on landed files and on the trusted table alike.
A message outside the plan is trusted like any other, as Segment's Protocols lets it through, and reported; what is refused is decided by
`EVENTS` alone.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from omnichannel.contracts.events import EventName

RECOMMENDATIONS_VIEWED = "Recommendations Viewed"
RECOMMENDATION_CLICKED = "Recommendation Clicked"
CONSENT_UPDATED = "Segment Consent Preference Updated"
UNSUBSCRIBED = "Unsubscribed"


class Gap(StrEnum):
    """How a track message leaves the plan."""

    UNPLANNED_EVENT = "unplanned-event"
    MISSING_PROPERTY = "missing-property"
    EXPECTED_PROPERTY = "expected-property"


@dataclass(frozen=True, kw_only=True)
class Planned:
    """One event name: the columns it cannot do without, those that should be there, and of which at least one is needed.

    `of_products` are properties that each of the `products` must have, where there are any. `formerly` are names of the same event in
    older versions of the spec.
    """

    name: str
    required: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    one_of: tuple[str, ...] = ()
    of_products: tuple[str, ...] = ()
    formerly: tuple[str, ...] = ()
    meaning: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column of `EVENTS` that the plan says something about."""
        return (*self.required, *self.one_of, *self.expected)

    def gaps(self, present: Collection[str]) -> Iterator[tuple[Gap, str]]:
        """What a message with these columns filled lacks, with the column (several joined by `or`)."""
        yield from ((Gap.MISSING_PROPERTY, column) for column in self.required if column not in present)
        if self.one_of and not any(column in present for column in self.one_of):
            yield Gap.MISSING_PROPERTY, " or ".join(self.one_of)
        yield from ((Gap.EXPECTED_PROPERTY, column) for column in self.expected if column not in present)


def _product(name: str, *required: str, meaning: str, formerly: tuple[str, ...] = (), expected: tuple[str, ...] = ()) -> Planned:
    """An event about one product."""
    columns = ("product_id", *required)
    return Planned(name=name, required=columns, expected=("price", "currency", *expected), formerly=formerly, meaning=meaning)


def _order(name: str, *, meaning: str, formerly: tuple[str, ...] = ()) -> Planned:
    """An event about an order."""
    amounts = ("total", "revenue", "value")
    required, expected = ("order_id", "products"), ("currency",)
    return Planned(
        name=name, required=required, expected=expected, one_of=amounts, of_products=("product_id",), formerly=formerly, meaning=meaning
    )


def _mail(name: str, meaning: str, *expected: str) -> Planned:
    """What an e-mail tool tells about one e-mail."""
    return Planned(name=name, one_of=("campaign_id", "email_id"), expected=("recipient_email", *expected), meaning=meaning)


_PLANNED = (
    # Browsing
    Planned(name=EventName.PRODUCTS_SEARCHED, required=("query",), meaning="a search"),
    Planned(
        name=EventName.PRODUCT_LIST_VIEWED,
        one_of=("list_id", "category"),
        expected=("products",),
        formerly=("Viewed Product Category",),
        meaning="a list or category was seen, with the products shown",
    ),
    Planned(name="Product List Filtered", one_of=("list_id", "category"), meaning="a list was narrowed or sorted"),
    _product("Product Clicked", meaning="a product of a list was chosen", formerly=("Clicked Product",), expected=("position",)),
    _product(EventName.PRODUCT_VIEWED, meaning="a product's page was seen", formerly=("Viewed Product",), expected=("category",)),
    Planned(name="Product Reviewed", required=("product_id",), meaning="a review was written"),
    Planned(name="Product Shared", required=("product_id",), meaning="a product was sent to somebody"),
    # Promotions, recommendations and experiments
    Planned(name="Promotion Viewed", required=("promotion_id",), expected=("creative", "position"), formerly=("Viewed Promotion",)),
    Planned(name="Promotion Clicked", required=("promotion_id",), expected=("creative", "position"), formerly=("Clicked Promotion",)),
    Planned(
        name=RECOMMENDATIONS_VIEWED,
        required=("recommendation_id", "products"),
        expected=("placement",),
        meaning="recommended products came into sight: the impression that recommendations are measured by",
    ),
    Planned(name=RECOMMENDATION_CLICKED, required=("recommendation_id", "product_id"), expected=("placement", "position")),
    Planned(name="Experiment Viewed", required=("experiment_id", "variation_id"), meaning="a variation of an experiment was shown"),
    # Cart, wish list and checkout
    _product(EventName.PRODUCT_ADDED, meaning="put into the cart", formerly=("Added Product",), expected=("quantity", "cart_id")),
    _product("Product Removed", meaning="taken out of the cart", formerly=("Removed Product",), expected=("quantity", "cart_id")),
    Planned(name="Cart Viewed", required=("products",), expected=("cart_id",), of_products=("product_id",)),
    Planned(name="Cart Shared", required=("products",), of_products=("product_id",), meaning="a cart was sent to somebody"),
    _product(EventName.PRODUCT_ADDED_TO_WISHLIST, meaning="saved for later", expected=("wishlist_id",)),
    _product("Product Removed from Wishlist", meaning="no longer saved", expected=("wishlist_id",)),
    _product("Wishlist Product Added to Cart", meaning="from the wish list into the cart", expected=("wishlist_id", "cart_id")),
    Planned(
        name=EventName.CHECKOUT_STARTED,
        required=("products",),
        one_of=("order_id", "checkout_id", "cart_id"),
        expected=("currency",),
        of_products=("product_id",),
    ),
    Planned(name="Checkout Step Viewed", required=("checkout_id",)),
    Planned(name="Checkout Step Completed", required=("checkout_id",)),
    Planned(name="Payment Info Entered", one_of=("checkout_id", "order_id")),
    *(Planned(name=f"Coupon {done}", one_of=("order_id", "cart_id")) for done in ("Entered", "Applied", "Denied", "Removed")),
    # Orders
    _order(EventName.ORDER_COMPLETED, meaning="paid", formerly=("Completed Order",)),
    _order("Order Updated", meaning="changed after it was placed", formerly=("Updated Order",)),
    Planned(name="Order Refunded", required=("order_id",), expected=("products", "currency"), of_products=("product_id",)),
    Planned(name="Order Cancelled", required=("order_id",), expected=("products", "currency"), of_products=("product_id",)),
    # Campaigns
    _mail("Email Delivered", "the receiving server took it"),
    _mail("Email Opened", "opened, or fetched by a mail program"),
    _mail("Email Link Clicked", "a link in it was followed"),
    _mail("Email Bounced", "could not be delivered"),
    _mail("Email Marked as Spam", "the recipient complained: no consent any more"),
    *(Planned(name=f"Push Notification {what}", expected=("push_campaign",)) for what in ("Received", "Tapped", "Bounced")),
    _mail(UNSUBSCRIBED, "the recipient left a mailing list: no consent any more", "list_id"),
    # The application itself, and consent
    *(Planned(name=f"Application {what}") for what in ("Installed", "Opened", "Updated", "Backgrounded", "Crashed")),
    Planned(name=CONSENT_UPDATED, required=("consent",), meaning="somebody chose on the consent banner"),
)

PLAN: dict[str, Planned] = {planned.name: planned for planned in _PLANNED}
"""Every planned event by its name."""

FORMERLY: dict[str, str] = {old: planned.name for planned in _PLANNED for old in planned.formerly}
"""Names of older versions of the spec with today's."""
