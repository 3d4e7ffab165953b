"""Live events: Segment's e-commerce names, what goes on our bus, and what Personalize calls it."""

from enum import StrEnum

BUS_SOURCE = "omnichannel.events"
"""`source` of what customers do, on the bus."""
SEGMENTS_SOURCE = "omnichannel.segments"
"""`source` of changes of live segments: `{customer_id, segment, rule, at, event_id, products}`."""
DECISIONS_SOURCE = "omnichannel.decisions"
"""`source` of decisions that such a change, or a purchase, led to: a `Decision` as plain values."""
IDENTITY_SOURCE = "omnichannel.identity"
"""`source` of merges, which a rebuild of the view finds: `{merged, customer_id}`."""


class DetailType(StrEnum):
    """`detail-type` on the bus."""

    INTERACTION = "Interaction"
    OTHER = "Other"
    SEGMENT_ENTERED = "SegmentEntered"
    SEGMENT_LEFT = "SegmentLeft"
    DECIDED = "Decided"
    MERGED = "CustomersMerged"


class EventName(StrEnum):
    """Names of Segment's e-commerce spec that we act on."""

    PRODUCT_VIEWED = "Product Viewed"
    PRODUCT_ADDED = "Product Added"
    PRODUCT_ADDED_TO_WISHLIST = "Product Added to Wishlist"
    PRODUCT_LIST_VIEWED = "Product List Viewed"
    PRODUCTS_SEARCHED = "Products Searched"
    CHECKOUT_STARTED = "Checkout Started"
    ORDER_COMPLETED = "Order Completed"


PERSONALIZE_EVENT_TYPES: dict[str, str] = {
    EventName.PRODUCT_VIEWED: "View",
    EventName.PRODUCT_ADDED: "AddToCart",
    EventName.ORDER_COMPLETED: "Purchase",
}
