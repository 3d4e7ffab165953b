"""Every data set of the landing zone: where it lands, its columns and what a value must look like.

Validation, Iceberg schemas, Glue tables, the documentation page and the shop generator are all made from `DATASETS`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum


class Type(StrEnum):
    """The type of a column; `DECIMAL` is money or a rate with at most four decimals (decimal(18,4))."""

    STRING = "string"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    JSON = "json"


class Format(StrEnum):
    """How a landed file is written; each may also be gzipped except Parquet."""

    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column and its checks.

    `path` names where the value stands in a JSON message (dotted); empty means the column's own name.
    `minimum` and `exclusive_minimum` bound numbers; `values` closes an enumeration.
    """

    name: str
    type: Type = Type.STRING
    required: bool = False
    key: bool = False
    personal: bool = False
    values: tuple[str, ...] = ()
    minimum: int | None = None
    maximum: int | None = None
    exclusive_minimum: int | None = None
    path: str = ""
    meaning: str = ""

    @property
    def source(self) -> str:
        """The dotted path of the value in a JSON message."""
        return self.path or self.name


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One data set: its landing prefix, formats and columns.

    `changing` data sets arrive as full loads and changes (`Op`, `source_ts`) and are kept as `<table>_changes`.
    `one_of` lists columns of which a row needs at least one. A file with a larger share of bad rows than `tolerated_share`
    is refused whole.
    """

    name: str
    prefix: str
    formats: tuple[Format, ...]
    columns: tuple[Column, ...]
    changing: bool = False
    needed: bool = False
    one_of: tuple[str, ...] = ()
    ordered_by: str
    tolerated_share: float = 0.05
    meaning: str = ""

    @property
    def table(self) -> str:
        """The name of the trusted Iceberg table that receives this data set's rows."""
        base = self.name.rsplit("/", 1)[-1].replace("-", "_")
        return f"{base}_changes" if self.changing else base

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that together name one record."""
        return tuple(c.name for c in self.columns if c.key)

    @property
    def required(self) -> tuple[str, ...]:
        """The columns without which a file, or a row, cannot be trusted."""
        return tuple(c.name for c in self.columns if c.required)

    @property
    def landed_columns(self) -> tuple[Column, ...]:
        """The columns of a landed file: the data set's own, after `Op` and `source_ts` where it changes."""
        return (*CHANGE_COLUMNS, *self.columns) if self.changing else self.columns

    @property
    def trusted_columns(self) -> tuple[Column, ...]:
        """The columns of the trusted table: the landed ones (lower case) and the lineage."""
        return (*self.landed_columns, *LINEAGE_COLUMNS)


def _c(name: str, type: Type = Type.STRING, flags: str = "", **more: object) -> Column:
    """A column with flags: `*` key, `!` required, `@` personal data."""
    return Column(name=name, type=type, key="*" in flags, required="!" in flags, personal="@" in flags, **more)  # type: ignore[arg-type]


S, N, D, B, DAY, T, J = (Type.STRING, Type.INTEGER, Type.DECIMAL, Type.BOOLEAN, Type.DATE, Type.TIMESTAMP, Type.JSON)

CHANGE_COLUMNS = (
    _c("op", S, values=("I", "U", "D"), path="Op", meaning="insert, update or delete; a full load without it means insert"),
    _c("source_ts", T, "!", meaning="when the source database made the change"),
)
"""What DMS adds to every row of a changing data set. The landed header spells the first one `Op`."""

LINEAGE_COLUMNS = (
    _c("_content_id", S, "!", meaning="which landed content the row came from (hash of the bytes and the data set)"),
    _c("_line", N, "!", meaning="the row's line in the landed file, counted from 1 without the header"),
)

_TABULAR = (Format.CSV, Format.PARQUET)
_FEED = (Format.CSV, Format.JSON_LINES)

CONSENT_PURPOSES = ("marketing", "analytics", "personalization", "advertising")
CONSENT_CHANNELS = ("email", "sms", "push", "web", "any")
MESSAGE_TYPES = ("track", "identify", "page", "screen", "group", "alias", "delete")

EVENTS = Dataset(
    name="events",
    prefix="segment-logs/",
    formats=(Format.JSON_LINES,),
    ordered_by="timestamp",
    one_of=("user_id", "anonymous_id"),
    meaning="Segment spec messages as its S3 destination writes them: gzipped JSON lines",
    columns=(
        _c("message_id", S, "*!", path="messageId", meaning="Segment's own id of the message"),
        _c("type", S, "!", values=MESSAGE_TYPES),
        _c("event", S, path="event", meaning="event name; required when type is track"),
        _c("user_id", S, "@", path="userId", meaning="the retailer's own id of the customer (customer_ref)"),
        _c("anonymous_id", S, "@", path="anonymousId"),
        _c("timestamp", T, "!", meaning="when it happened, corrected by Segment for clock skew"),
        _c("received_at", T, path="receivedAt"),
        _c("session_id", S, path="context.sessionId"),
        _c("device", S, path="context.device.type"),
        _c("channel", S, path="channel"),
        _c("product_id", S, path="properties.product_id"),
        _c("category", S, path="properties.category"),
        _c("query", S, path="properties.query"),
        _c("order_id", S, path="properties.order_id"),
        _c("quantity", N, path="properties.quantity"),
        _c("price", D, path="properties.price"),
        _c("value", D, path="properties.value"),
        _c("currency", S, path="properties.currency"),
        _c("products", J, path="properties.products"),
        _c("campaign", S, path="context.campaign.name"),
        _c("consent", J, path="context.consent"),
        _c("traits", J, "@", path="traits"),
        _c("email", S, "@", path="traits.email"),
    ),
)
CUSTOMERS = Dataset(
    name="crm/customers",
    prefix="dms/crm/customers/",
    formats=_TABULAR,
    changing=True,
    ordered_by="created_at",
    meaning="customers as the CRM knows them",
    columns=(
        _c("customer_ref", S, "*!", meaning="the retailer's own customer id, Segment's userId"),
        _c("email", S, "@"),
        _c("phone", S, "@"),
        _c("loyalty_card", S, "@"),
        _c("first_name", S, "@"),
        _c("last_name", S, "@"),
        _c("birth_date", DAY, "@"),
        _c("country"),
        _c("region"),
        _c("timezone"),
        _c("language"),
        _c("created_at", T, "!"),
    ),
)
ORDERS = Dataset(
    name="sales/orders",
    prefix="dms/sales/orders/",
    formats=_TABULAR,
    changing=True,
    needed=True,
    ordered_by="ordered_at",
    meaning="orders of every channel; a till sale may lack its customer",
    columns=(
        _c("order_id", S, "*!"),
        _c("customer_ref"),
        _c("loyalty_card", S, "@"),
        _c("email", S, "@"),
        _c("ordered_at", T, "!"),
        _c("channel", S, "!", values=("web", "app", "store", "phone")),
        _c("store_id"),
        _c("status", S, "!", values=("completed", "cancelled")),
        _c("total", D, "!", meaning="what the customer paid, in `currency`"),
        _c("discount", D, minimum=0),
        _c("currency", S, "!", meaning="ISO 4217"),
    ),
)
ORDER_LINES = Dataset(
    name="sales/order_lines",
    prefix="dms/sales/order_lines/",
    formats=_TABULAR,
    changing=True,
    ordered_by="source_ts",
    columns=(
        _c("order_id", S, "*!"),
        _c("line", N, "*!"),
        _c("product_id", S, "!"),
        _c("quantity", N, "!", exclusive_minimum=0),
        _c("unit_price", D, "!"),
    ),
)
RETURNS = Dataset(
    name="sales/returns",
    prefix="dms/sales/returns/",
    formats=_TABULAR,
    changing=True,
    ordered_by="returned_at",
    columns=(
        _c("return_id", S, "*!"),
        _c("order_id"),
        _c("customer_ref"),
        _c("product_id", S, "!"),
        _c("quantity", N, "!", exclusive_minimum=0),
        _c("returned_at", T, "!"),
        _c("amount", D, "!"),
        _c("reason"),
    ),
)
SUBSCRIPTIONS = Dataset(
    name="sales/subscriptions",
    prefix="dms/sales/subscriptions/",
    formats=_TABULAR,
    changing=True,
    ordered_by="started_at",
    columns=(
        _c("subscription_id", S, "*!"),
        _c("customer_ref", S, "!"),
        _c("plan", S, "!"),
        _c("started_at", T, "!"),
        _c("renews_at", T),
        _c("ends_at", T),
        _c("status", S, "!", values=("active", "cancelled", "expired")),
        _c("price", D, "!", minimum=0),
        _c("currency", S, "!"),
    ),
)
PRODUCTS = Dataset(
    name="catalog/products",
    prefix="dms/catalog/products/",
    formats=_TABULAR,
    changing=True,
    ordered_by="source_ts",
    columns=(
        _c("product_id", S, "*!"),
        _c("name", S, "!"),
        _c("category_l1", S, "!"),
        _c("category_l2"),
        _c("brand"),
        _c("price", D, "!", minimum=0),
        _c("currency", S, "!"),
        _c("image_url"),
        _c("min_age", N, minimum=0, maximum=120),
        _c("active", B, "!"),
    ),
)
STOCK_LEVELS = Dataset(
    name="inventory/stock_levels",
    prefix="dms/inventory/stock_levels/",
    formats=_TABULAR,
    changing=True,
    ordered_by="updated_at",
    columns=(
        _c("product_id", S, "*!"),
        _c("location_id", S, "*!"),
        _c("quantity", N, "!"),
        _c("updated_at", T, "!"),
    ),
)
TICKETS = Dataset(
    name="support/tickets",
    prefix="support/tickets/",
    formats=_FEED,
    ordered_by="opened_at",
    columns=(
        _c("ticket_id", S, "*!"),
        _c("customer_ref"),
        _c("email", S, "@"),
        _c("opened_at", T, "!"),
        _c("closed_at", T),
        _c("channel", S, "!"),
        _c("csat", N, minimum=1, maximum=5),
        _c("topic"),
    ),
)
CONSENTS = Dataset(
    name="consents",
    prefix="consents/",
    formats=_FEED,
    ordered_by="recorded_at",
    one_of=("customer_ref", "email", "anonymous_id"),
    columns=(
        _c("consent_id", S, "*!"),
        _c("customer_ref"),
        _c("email", S, "@"),
        _c("anonymous_id", S, "@"),
        _c("purpose", S, "!", values=CONSENT_PURPOSES),
        _c("channel", S, "!", values=CONSENT_CHANNELS),
        _c("granted", B, "!"),
        _c("recorded_at", T, "!"),
        _c("source", S, "!"),
    ),
)
MESSAGING_FEEDBACK = Dataset(
    name="messaging-feedback",
    prefix="messaging-feedback/",
    formats=_FEED,
    ordered_by="at",
    columns=(
        _c("event_id", S, "*!"),
        _c("sink", S, "!"),
        _c("run"),
        _c("campaign"),
        _c("customer_id"),
        _c("address", S, "@"),
        _c("type", S, "!", values=("sent", "delivered", "open", "click", "bounce", "complaint", "unsubscribe")),
        _c("at", T, "!"),
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
)
BY_NAME: dict[str, Dataset] = {d.name: d for d in DATASETS}
PREFIXES: tuple[str, ...] = tuple(d.prefix for d in DATASETS)


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
        if key.startswith(dataset.prefix) and len(key) > len(dataset.prefix):
            return dataset
    raise Unrecognised(key)
