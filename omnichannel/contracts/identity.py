"""Who is who: the trusted tables `identity_links` (the only map from outside identifiers to customers) and `identity_events` (why)."""

from enum import StrEnum

from omnichannel.contracts.datasets import Column, Type

LINKS_TABLE = "identity_links"
EVENTS_TABLE = "identity_events"
SIGHTINGS = "identity_sightings"
"""The name of the transformation that collects which identifiers were seen together."""


class Trait(StrEnum):
    """What a sighting may tell about a `customer_ref` besides identifiers: it joins nobody, and may forbid a join."""

    BIRTH_DATE = "birth_date"
    FIRST_NAME = "first_name"


class Rule(StrEnum):
    """Why two customers were not joined, or an identifier was given to nobody. Names end up in `identity_events`."""

    SHARED = "shared-by-too-many"
    TOO_MANY_VALUES = "too-many-values"
    DIFFERENT_BIRTH_DATES = "different-birth-dates"
    DIFFERENT_FIRST_NAMES = "different-first-names"
    DIFFERENT_LOYALTY_CARDS = "different-loyalty-cards"
    USED_NOT_DECLARED = "used-not-declared"
    SEVERAL_CUSTOMERS = "several-customers"


class EventKind(StrEnum):
    """What happened to a customer or an identifier."""

    MINTED = "minted"
    MERGED = "merged"
    SPLIT = "split"
    MOVED = "moved"
    ENDED = "ended"
    REFUSED = "refused"
    SHARED = "shared"


LINK_COLUMNS = (
    Column(name="customer_id", required=True, meaning="our resolved id, in every table, score and decision"),
    Column(name="id_type", required=True, key=True, meaning="customer_ref, loyalty_card, email_sha256, phone_sha256, anonymous_id, …"),
    Column(
        name="id_value", required=True, key=True, personal=True, meaning="the identifier; of an e-mail address or phone number its SHA-256"
    ),
    Column(name="valid_from", type=Type.TIMESTAMP, meaning="when identifier and customer were first seen together"),
    Column(name="valid_to", type=Type.TIMESTAMP, meaning="when the identifier went to another customer or to nobody; empty while it holds"),
)
"""An identifier has at most one row without `valid_to`; only that one counts."""

EVENT_COLUMNS = (
    Column(name="event_id", required=True, key=True, meaning="the same for the same event on every rebuild"),
    Column(
        name="customer_id",
        meaning="whom it happened to: the one who goes on (merged, split), has the identifier (refused), lost it (moved)",
    ),
    Column(name="kind", required=True, values=tuple(EventKind), meaning="minted, merged, split, moved, ended, refused or shared"),
    Column(
        name="other_customer_id",
        meaning="merged: the id that ended; split: the new one; moved: who has it now; refused: who was not joined",
    ),
    Column(name="id_type", meaning="the identifier it is about"),
    Column(name="id_value_hash", meaning="SHA-256 of `type:value`"),
    Column(name="rule", values=tuple(Rule), meaning="which rule refused"),
    Column(name="at", type=Type.TIMESTAMP, meaning="the rebuild that found it"),
)
"""Append-only. Without plain values: what an identifier was is in `identity_links`, until it is erased."""

SIGHTING_COLUMNS = (
    Column(name="left_type", required=True, meaning="the surer of the two identifiers"),
    Column(name="left_value", required=True, personal=True),
    Column(name="right_type", meaning="the other identifier, or a trait of a `customer_ref`; empty: the first was seen alone"),
    Column(name="right_value", personal=True),
    Column(name="source", required=True, meaning="the table that told it, or `identify` and `alias` for those messages"),
    Column(name="first_seen", type=Type.TIMESTAMP, required=True),
    Column(name="last_seen", type=Type.TIMESTAMP, required=True),
    Column(name="seen", type=Type.INTEGER, required=True, meaning="how many records told it"),
)
"""Never stored: `identity_sightings` is made from the trusted tables whenever identities are resolved."""
