"""The customer view for questions that no single customer answers: flat, and naming nobody."""

import ibis.expr.types as ir

from omnichannel.transform import identity_values
from omnichannel.transform.registry import Tables, transformation

_WHO = ("country", "region", "language", "timezone", "age_band", "created_at")
_DID = (
    *("orders", "recent_orders", "first_order_at", "last_order_at", "discount_share", "returns", "last_return_at"),
    *("subscriptions", "renews_at", "views", "carts", "wishes", "searches", "visits", "last_seen_at"),
    *("tickets", "last_ticket_at", "average_csat", "delivered", "opened", "clicked"),
)
_IS = ("frequency", "lifecycle", "demographic", "without_crm", "without_address", "without_country", "odd_birth_date", "address_bounced")


@transformation(reads=("customer_profiles",))
def customer_view(t: Tables) -> ir.Table:
    """One row a customer with addresses as hashes, without names and without the retailer's own references."""
    profiles = t["customer_profiles"]
    return profiles.select(
        "customer_id",
        email_sha256=identity_values.email_sha256(profiles.email),
        phone_sha256=identity_values.phone_sha256(profiles.phone, profiles.country),
        **{name: profiles[name] for name in (*_WHO, *_DID, *_IS)},
    )
