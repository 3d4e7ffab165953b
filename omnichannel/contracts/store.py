"""DynamoDB tables: their keys and attributes. State lives here; facts live in the lake.

- `history`: one item per landed content. Key `content_id`.
- `customers`: the single customer view. Key `customer_id`. Also one redirect item per outside identifier,
  `customer_id = "<id type>#<id value>"` with the attribute `customer` (what the relay looks up with one get).
- `products`: what the recommendations API shows. Key `product_id`; popular lists live under `product_id = "#popular"`,
  and those of a category under `"#popular#<category_l1>"`.
- `sent`: what each sink holds. Key `customer_id` + `sink`.
- `privacy`: requests, legal holds and tombstones (`omnichannel.contracts.privacy`). Key `id`.
- `windows`: what live segments keep of a person's events (`omnichannel.realtime.windows`). Key `who` (`customer_id`, or
  `anonymous#<id>` before a login) + `rule`; `#link` leads from a browser to its customer. Expires by `expires`.
- `reviews`: score runs that wait for approval, or were decided (`omnichannel.contracts.reviews`). Key `run`.
"""

from enum import StrEnum


class IdType(StrEnum):
    """Kinds of outside identifiers that point to a customer. E-mail addresses and phone numbers are stored hashed."""

    CUSTOMER_REF = "customer_ref"
    ANONYMOUS_ID = "anonymous_id"
    EMAIL_SHA256 = "email_sha256"
    LOYALTY_CARD = "loyalty_card"
    PHONE_SHA256 = "phone_sha256"
    DEVICE_ID = "device_id"
    SEGMENT_ID = "segment_id"


class FileStatus(StrEnum):
    """Where a landed content stands in onboarding."""

    STAGED = "staged"
    COMMITTED = "committed"
    QUARANTINED = "quarantined"
    FAILED = "failed"
    ERASED = "erased"


REF = "ref:"
"""In front of the retailer's own id, where an id of ours may stand too."""

POPULAR_KEY = "#popular"
LEARNED = ("related", "together", "complement")
"""Attributes of a product's item that the own recommender writes: ids of products that are viewed or bought by the same customers,
bought on one day, and of those the ones of another product line."""

ANONYMOUS = "anonymous#"
"""Before the id of a visitor whom nobody knows yet, in the key of `windows`."""
LINK_RULE = "#link"
"""The `rule` under which `windows` holds whom a visitor turned out to be."""

IN_SEGMENT, BY_SEGMENT = "in_segment", "by-segment"
"""The name of a customer's behaviour segment as an attribute of its own, and the index of `customers` that has it as its key, beside
`customer_id`. Who is in no segment, and every redirect, is not in it."""

VIEW_KEY = "#view"
"""The item of `customers` in which rebuilds of the customer view note when the newest of them began."""


def link_key(id_type: IdType, value: str) -> str:
    """The `customer_id` of the redirect item of one outside identifier."""
    return f"{id_type}#{value}"
