"""Every data set of the landing zone: where it lands, its columns and what a value must look like.

Validation, Iceberg schemas, Glue tables, the documentation page and the shop generator are all made from `DATASETS`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from omnichannel.contracts.own_data import OWN
from omnichannel.contracts.segment_data import EVENTS, MESSAGE_TYPES, PROFILE_IDENTIFIERS, PROFILE_MERGES, PROFILE_TRAITS
from omnichannel.contracts.shapes import (
    CHANGE_COLUMNS,
    LINEAGE_COLUMNS,
    SEQUENCE_COLUMN,
    Column,
    Dataset,
    Format,
    Pii,
    Type,
    column,
    sequence_of,
)

S, N, D, B, DAY, T = (Type.STRING, Type.INTEGER, Type.DECIMAL, Type.BOOLEAN, Type.DATE, Type.TIMESTAMP)

_TABULAR = (Format.CSV, Format.PARQUET)
_FEED = (Format.CSV, Format.JSON_LINES)
_TILL = (Format.CSV, Format.PARQUET, Format.JSON_LINES)

CONSENT_PURPOSES = ("marketing", "analytics", "personalization", "advertising")
CONSENT_CHANNELS = ("email", "sms", "push", "web", "any")

CUSTOMERS = Dataset(
    name="crm/customers",
    prefix="dms/crm/customers/",
    formats=_TABULAR,
    changing=True,
    ordered_by="created_at",
    meaning="customers as the CRM knows them",
    columns=(
        column("customer_ref", S, "*!", meaning="the retailer's own customer id, Segment's userId"),
        column("email", S, "@", Pii.EMAIL),
        column("phone", S, "@", Pii.PHONE),
        column("loyalty_card", S, "@", Pii.IDENTIFIER),
        column("first_name", S, "@", Pii.NAME),
        column("last_name", S, "@", Pii.NAME),
        column("birth_date", DAY, "@", Pii.BIRTH_DATE),
        column("country"),
        column("region"),
        column("timezone"),
        column("language"),
        column("created_at", T, "!"),
    ),
)
ORDERS = Dataset(
    name="sales/orders",
    prefix="dms/sales/orders/",
    also=("pos/orders/",),
    formats=_TILL,
    changing=True,
    needed=True,
    ordered_by="ordered_at",
    meaning="orders of every channel; a till sale may lack its customer, and may come straight from the till as JSON lines",
    columns=(
        column("order_id", S, "*!"),
        column("customer_ref"),
        column("loyalty_card", S, "@", Pii.IDENTIFIER),
        column("email", S, "@", Pii.EMAIL),
        column("ordered_at", T, "!"),
        column("channel", S, "!", values=("web", "app", "store", "phone")),
        column("store_id"),
        column("status", S, "!", values=("completed", "cancelled")),
        column("total", D, "!", meaning="what the customer paid, in `currency`"),
        column("discount", D, minimum=0),
        column("currency", S, "!", meaning="ISO 4217"),
    ),
)
ORDER_LINES = Dataset(
    name="sales/order_lines",
    prefix="dms/sales/order_lines/",
    also=("pos/order_lines/",),
    formats=_TILL,
    changing=True,
    ordered_by="source_ts",
    columns=(
        column("order_id", S, "*!"),
        column("line", N, "*!"),
        column("product_id", S, "!"),
        column("quantity", N, "!", exclusive_minimum=0),
        column("unit_price", D, "!"),
    ),
)
RETURNS = Dataset(
    name="sales/returns",
    prefix="dms/sales/returns/",
    formats=_TABULAR,
    changing=True,
    ordered_by="returned_at",
    columns=(
        column("return_id", S, "*!"),
        column("order_id"),
        column("customer_ref"),
        column("product_id", S, "!"),
        column("quantity", N, "!", exclusive_minimum=0),
        column("returned_at", T, "!"),
        column("amount", D, "!"),
        column("reason"),
    ),
)
SUBSCRIPTIONS = Dataset(
    name="sales/subscriptions",
    prefix="dms/sales/subscriptions/",
    formats=_TABULAR,
    changing=True,
    ordered_by="started_at",
    columns=(
        column("subscription_id", S, "*!"),
        column("customer_ref", S, "!"),
        column("plan", S, "!"),
        column("started_at", T, "!"),
        column("renews_at", T),
        column("ends_at", T),
        column("status", S, "!", values=("active", "cancelled", "expired")),
        column("price", D, "!", minimum=0),
        column("currency", S, "!"),
    ),
)
PRODUCTS = Dataset(
    name="catalog/products",
    prefix="dms/catalog/products/",
    formats=_TABULAR,
    changing=True,
    ordered_by="source_ts",
    columns=(
        column("product_id", S, "*!"),
        column("name", S, "!"),
        column("category_l1", S, "!"),
        column("category_l2"),
        column("brand"),
        column("price", D, "!", minimum=0),
        column("currency", S, "!"),
        column("image_url"),
        column("min_age", N, minimum=0, maximum=120),
        column("active", B, "!"),
    ),
)
STOCK_LEVELS = Dataset(
    name="inventory/stock_levels",
    prefix="dms/inventory/stock_levels/",
    formats=_TABULAR,
    changing=True,
    ordered_by="updated_at",
    columns=(
        column("product_id", S, "*!"),
        column("location_id", S, "*!"),
        column("quantity", N, "!"),
        column("updated_at", T, "!"),
    ),
)
TICKETS = Dataset(
    name="support/tickets",
    prefix="support/tickets/",
    formats=_FEED,
    ordered_by="opened_at",
    columns=(
        column("ticket_id", S, "*!"),
        column("customer_ref"),
        column("email", S, "@", Pii.EMAIL),
        column("opened_at", T, "!"),
        column("closed_at", T),
        column("channel", S, "!"),
        column("csat", N, minimum=1, maximum=5),
        column("topic"),
    ),
)
CONSENTS = Dataset(
    name="consents",
    prefix="consents/",
    formats=_FEED,
    ordered_by="recorded_at",
    one_of=("customer_ref", "email", "anonymous_id"),
    columns=(
        column("consent_id", S, "*!"),
        column("customer_ref"),
        column("email", S, "@", Pii.EMAIL),
        column("anonymous_id", S, "@", Pii.IDENTIFIER),
        column("purpose", S, "!", values=CONSENT_PURPOSES),
        column("channel", S, "!", values=CONSENT_CHANNELS),
        column("granted", B, "!"),
        column("recorded_at", T, "!"),
        column("source", S, "!"),
    ),
)
MESSAGING_FEEDBACK = Dataset(
    name="messaging-feedback",
    prefix="messaging-feedback/",
    formats=_FEED,
    ordered_by="at",
    one_of=("customer_id", "address"),
    meaning="what became of messages: whoever sends them reports it",
    columns=(
        column("event_id", S, "*!"),
        column("sink", S, "!"),
        column("run"),
        column("campaign"),
        column("customer_id", meaning="our id of the customer, or the retailer's own reference"),
        column("address", S, "@", Pii.CONTACT),
        column(
            "type",
            S,
            "!",
            values=("sent", "delivered", "open", "click", "bounce", "complaint", "unsubscribe", "suppress"),
            meaning="suppress: nothing more on this channel, by somebody's decision",
        ),
        column("at", T, "!"),
        column("channel", S, values=("email", "sms", "push", "any"), meaning="email when empty"),
        column("message_id", S, meaning="the sender's own id of the message, as the ledger has it"),
        column("bounce", S, values=("hard", "soft"), meaning="of a bounce: whether the address is dead; hard when empty"),
    ),
)

DATASETS: tuple[Dataset, ...] = (
    EVENTS,
    CUSTOMERS,
    ORDERS,
    ORDER_LINES,
    RETURNS,
    SUBSCRIPTIONS,
    PRODUCTS,
    STOCK_LEVELS,
    TICKETS,
    CONSENTS,
    MESSAGING_FEEDBACK,
    PROFILE_IDENTIFIERS,
    PROFILE_MERGES,
    PROFILE_TRAITS,
    *OWN,
)
SOURCED: tuple[Dataset, ...] = tuple(d for d in DATASETS if d not in OWN)
"""Those that others land; the rest is activation's own account of what it did."""
BY_NAME: dict[str, Dataset] = {d.name: d for d in DATASETS}
PREFIXES: tuple[str, ...] = tuple(prefix for d in DATASETS for prefix in d.prefixes)


__all__ = [
    "BY_NAME",
    "CHANGE_COLUMNS",
    "CONSENTS",
    "CONSENT_CHANNELS",
    "CONSENT_PURPOSES",
    "CUSTOMERS",
    "DATASETS",
    "EVENTS",
    "LINEAGE_COLUMNS",
    "MESSAGE_TYPES",
    "MESSAGING_FEEDBACK",
    "ORDERS",
    "ORDER_LINES",
    "OWN",
    "PREFIXES",
    "PRODUCTS",
    "PROFILE_IDENTIFIERS",
    "PROFILE_MERGES",
    "PROFILE_TRAITS",
    "RETURNS",
    "SEQUENCE_COLUMN",
    "SOURCED",
    "STOCK_LEVELS",
    "SUBSCRIPTIONS",
    "TICKETS",
    "Column",
    "Dataset",
    "Format",
    "Pii",
    "Type",
    "Unrecognised",
    "column",
    "dataset_of",
    "sequence_of",
]


@dataclass(frozen=True)
class Unrecognised(Exception):
    """A landed key under no known prefix."""

    key: str
    prefixes: Iterable[str] = field(default=PREFIXES)

    def __str__(self) -> str:
        return f"unknown data set {self.key!r}; expected a key under one of {', '.join(self.prefixes)}"


def dataset_of(key: str) -> Dataset:
    """The data set that a landed key (already URL-decoded) belongs to; raises `Unrecognised`."""
    for dataset in DATASETS:
        if any(key.startswith(prefix) and len(key) > len(prefix) for prefix in dataset.prefixes):
            return dataset
    raise Unrecognised(key)
