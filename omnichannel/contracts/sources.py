"""The sources of the lake: who owns each, which contract it meets, how often it must send, and why we may hold what it sends.

A source is known by the landing prefixes that it writes; several may feed one data set (tills and the order database).
"""

from dataclasses import dataclass
from enum import StrEnum

from omnichannel.contracts.catalog import Exposure, exposure
from omnichannel.contracts.datasets import DATASETS, OWN, Dataset


class Basis(StrEnum):
    """Why personal data of a source may be processed: Article 6(1) of the GDPR, and `NONE` where a source has none."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    LEGITIMATE_INTERESTS = "legitimate-interests"
    NONE = "no-personal-data"


class Freshness(StrEnum):
    """How a source stands: when something of it was trusted last, against what is expected."""

    OK = "ok"
    LATE = "late"
    SILENT = "silent"


SILENT_AFTER = 2
"""A source that has sent nothing for so many times its expected hours is silent, no longer late."""

LONGEST_HOURS = 168
"""CloudWatch looks back seven days at most."""

METRIC_NAMESPACE = "Omni/Sources"
FILES_METRIC = "FilesTrusted"
DEPLOYMENT_DIMENSION, SOURCE_DIMENSION, SERVICE_DIMENSION = "deployment", "source", "service"
"""An alarm names every dimension of its metric. The service is the function that tells, which Powertools adds by itself."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source. `prefixes` are landing prefixes of data sets; `hours` is how long it may be quiet at most, 168 at the longest.

    `consent` says what a customer's consent changes about the source: which rows come at all, or what may be done with them.
    """

    name: str
    owner: str
    prefixes: tuple[str, ...]
    hours: int
    basis: Basis
    consent: str
    meaning: str

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """The contracts that it meets."""
        return tuple(d for d in DATASETS if set(d.prefixes) & set(self.prefixes))

    @property
    def personal(self) -> bool:
        """Whether what it sends names persons or singles them out: a pseudonym is personal data too."""
        return any(exposure(c) is not Exposure.NONE for d in self.datasets for c in d.columns)


def _dms(name: str, *tables: str, owner: str, hours: int, basis: Basis, consent: str, meaning: str) -> Source:
    return Source(name=name, owner=owner, prefixes=tuple(f"dms/{t}/" for t in tables), hours=hours, basis=basis, consent=consent,
                  meaning=meaning)  # fmt: skip


NO_CONSENT_NEEDED = "none needed; marketing with it asks the gate"

_REGISTRY = (
    Source(
        name="segment-events",
        owner="digital analytics",
        prefixes=("segment-logs/",),
        hours=3,
        basis=Basis.CONSENT,
        consent="the consent preferences that travel with each message are appended to the log",
        meaning="Segment's AWS S3 destination: every message of every source, about once an hour",
    ),
    Source(
        name="segment-profiles",
        owner="digital analytics",
        prefixes=("segment-profiles/identifiers/", "segment-profiles/merges/", "segment-profiles/traits/"),
        hours=48,
        basis=Basis.CONSENT,
        consent="as for the events that the profiles are made of",
        meaning="Segment's profiles and computed traits, exported",
    ),
    _dms("crm-customers", "crm/customers", owner="customer relations", hours=24, basis=Basis.CONTRACT, consent=NO_CONSENT_NEEDED,
         meaning="the customer database"),
    _dms("sales-orders", "sales/orders", "sales/order_lines", owner="order management", hours=24, basis=Basis.CONTRACT,
         consent=NO_CONSENT_NEEDED, meaning="orders and their lines, of every channel"),
    _dms("sales-returns", "sales/returns", owner="order management", hours=72, basis=Basis.CONTRACT, consent=NO_CONSENT_NEEDED,
         meaning="what customers sent back"),
    _dms("sales-subscriptions", "sales/subscriptions", owner="order management", hours=72, basis=Basis.CONTRACT,
         consent=NO_CONSENT_NEEDED, meaning="boxes, service plans, memberships"),
    _dms("catalog-products", "catalog/products", owner="merchandising", hours=48, basis=Basis.NONE, consent="no personal data",
         meaning="the catalogue"),
    _dms("inventory-stock", "inventory/stock_levels", owner="logistics", hours=24, basis=Basis.NONE, consent="no personal data",
         meaning="what lies where"),
    Source(
        name="tills",
        owner="store operations",
        prefixes=("pos/orders/", "pos/order_lines/"),
        hours=24,
        basis=Basis.CONTRACT,
        consent=NO_CONSENT_NEEDED,
        meaning="sales as the tills ring them up, minutes later",
    ),
    Source(
        name="support-tickets",
        owner="customer service",
        prefixes=("support/tickets/",),
        hours=48,
        basis=Basis.CONTRACT,
        consent=NO_CONSENT_NEEDED,
        meaning="tickets of the service desk and what customers thought of the help",
    ),
    Source(
        name="consents",
        owner="privacy office",
        prefixes=("consents/",),
        hours=48,
        basis=Basis.LEGAL_OBLIGATION,
        consent="is the record of consent: kept as proof, also of refusals",
        meaning="consents as the CRM, checkouts and preference centres record them",
    ),
    Source(
        name="messaging-feedback",
        owner="campaign team",
        prefixes=("messaging-feedback/",),
        hours=72,
        basis=Basis.LEGITIMATE_INTERESTS,
        consent="an unsubscribe or complaint withdraws consent for its channel",
        meaning="what became of messages: delivered, opened, bounced, unsubscribed",
    ),
    Source(
        name="activation",
        owner="campaign team",
        prefixes=tuple(prefix for dataset in OWN for prefix in dataset.prefixes),
        hours=LONGEST_HOURS,
        basis=Basis.LEGITIMATE_INTERESTS,
        consent="says who was not reached for want of consent; erased with the customer",
        meaning="what activation did: the log of deliveries, the decisions, the arms of experiments",
    ),
)  # fmt: skip

SOURCES: dict[str, Source] = {source.name: source for source in _REGISTRY}
"""The registry, by name."""


def source_of(key: str) -> Source | None:
    """The source whose prefix a landed key (URL-decoded) lies under; None for a key that no source writes."""
    return next((s for s in SOURCES.values() if any(key.startswith(prefix) for prefix in s.prefixes)), None)


def freshness(source: Source, hours_since: float | None) -> Freshness:
    """How a source stands that was heard of so many hours ago; None = never."""
    if hours_since is None or hours_since >= source.hours * SILENT_AFTER:
        return Freshness.SILENT
    return Freshness.LATE if hours_since >= source.hours else Freshness.OK
