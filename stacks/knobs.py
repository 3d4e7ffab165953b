"""What the knobs that take more than a word mean, and the checks that they share; each refusal says what would work."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Self

from omnichannel.contracts.datasets import BY_NAME, DATASETS
from omnichannel.contracts.sources import SOURCES

CHANGING = tuple(d.name for d in DATASETS if d.changing)
_SUBNET = re.compile(r"subnet-[0-9a-f]{8,17}$")
_SECURITY_GROUP = re.compile(r"sg-[0-9a-f]{8,17}$")
_SECRET = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+$")
_KEY = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/.+$")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/.+$")
_TABLE = re.compile(r"(?P<schema>[^.=,\s]+)\.(?P<table>[^.=,\s]+)=(?P<dataset>\S+)$")
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{20,1224}$")
_PARTNER_SOURCE = re.compile(r"aws\.partner/segment\.com/[A-Za-z0-9._/-]{1,200}$")

MIN_CAPACITY, MAX_CAPACITY = 1, 384
CAPACITIES = ("1", "2", "4", "8", "16", "32", "64", "128", "192", "256", "384")
"""What DMS Serverless offers, in capacity units of 2 GB each."""


class SettingsError(ValueError):
    """A deploy-time choice that cannot work; the message says which and what would."""


def one_of(name: str, value: str, choices: Sequence[str]) -> None:
    """The value is one of the choices."""
    if value not in choices:
        raise SettingsError(f"{name}={value!r} is not a choice; expected one of {', '.join(c or '(empty)' for c in choices)}")


def whole(name: str, value: str, *, least: int = 1, most: int) -> None:
    """The value is a whole number from `least` to `most`."""
    if not value.isdigit() or not least <= int(value) <= most:
        raise SettingsError(f"{name}={value!r} is not a whole number from {least} to {most}")


def listed(value: str) -> tuple[str, ...]:
    """The parts of a value with commas, without the spaces around them."""
    return tuple(part.strip() for part in value.split(",") if part.strip())


def needed(switch: str, given: Mapping[str, str]) -> None:
    """A switch that was turned on has every value that it needs."""
    missing = [name for name, value in given.items() if not value]
    if missing:
        raise SettingsError(f"{switch} needs {', '.join(missing)} as well: --context {missing[0]}=…, or {switch.partition('=')[0]}=off")


def matching(name: str, values: Sequence[str], pattern: re.Pattern[str], example: str) -> None:
    """Every value looks as the pattern says."""
    wrong = [value for value in values if not pattern.match(value)]
    if wrong:
        raise SettingsError(f"{name}: {wrong[0]!r} is not as expected; expected e.g. {example}")


@dataclass(frozen=True, kw_only=True)
class TableToReplicate:
    """One table of the source database and the data set of ours that it is."""

    schema: str
    table: str
    dataset: str

    @classmethod
    def of(cls, text: str) -> Self:
        """From `dbo.Orders=sales/orders`."""
        found = _TABLE.match(text)
        if not found:
            raise SettingsError(f"dms_tables: {text!r} names no table and data set; expected e.g. dbo.Orders=sales/orders")
        if found["dataset"] not in CHANGING:
            raise SettingsError(
                f"dms_tables: {found['dataset']!r} is no data set that takes changes; expected one of {', '.join(CHANGING)}"
            )
        return cls(**found.groupdict())

    @property
    def target(self) -> tuple[str, str]:
        """Schema and table as the landing zone names them: the parts of the data set's prefix."""
        _, schema, table, _ = BY_NAME[self.dataset].prefix.split("/")
        return schema, table


@dataclass(frozen=True, kw_only=True)
class Dms:
    """A database to replicate from: what `dms=sqlserver` or `dms=oracle` needs beside the switch.

    The secret holds host, port, username and password; DMS takes all four from it and none from the template.
    """

    engine: str
    database: str
    secret_arn: str
    secret_key_arn: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    tables: tuple[TableToReplicate, ...]
    capacity: int

    @classmethod
    def of(cls, engine: str, given: Mapping[str, str]) -> Self:
        """Checked: every value is there and looks right, and no data set comes from two tables. Raises `SettingsError`."""
        needed(f"dms={engine}", {name: given[name] for name in DMS_NEEDS})
        matching("dms_secret_arn", [given["dms_secret_arn"]], _SECRET, "arn:aws:secretsmanager:us-east-1:111122223333:secret:shop-AbCdEf")
        matching("dms_secret_key_arn", listed(given["dms_secret_key_arn"]), _KEY, "arn:aws:kms:us-east-1:111122223333:key/…")
        subnets, groups = listed(given["dms_subnets"]), listed(given["dms_security_groups"])
        matching("dms_subnets", subnets, _SUBNET, "subnet-0a1b2c3d4e5f60718,subnet-1a2b3c4d5e6f70819")
        matching("dms_security_groups", groups, _SECURITY_GROUP, "sg-0a1b2c3d4e5f60718")
        if len(subnets) < 2:
            raise SettingsError(f"dms_subnets={given['dms_subnets']!r} is one subnet; expected two or more, in two availability zones")
        one_of("dms_capacity", given["dms_capacity"], CAPACITIES)
        tables = tuple(TableToReplicate.of(text) for text in listed(given["dms_tables"]))
        twice = sorted({t.dataset for t in tables if sum(t.dataset == other.dataset for other in tables) > 1})
        if twice:
            raise SettingsError(f"dms_tables: {twice[0]} comes from two tables; expected one table a data set")
        return cls(
            engine=engine, database=given["dms_database"], secret_arn=given["dms_secret_arn"], secret_key_arn=given["dms_secret_key_arn"],
            subnets=subnets, security_groups=groups, tables=tables, capacity=int(given["dms_capacity"]),
        )  # fmt: skip

    @property
    def replications(self) -> list[tuple[TableToReplicate, ...]]:
        """The tables of each replication. DMS renames a schema as a whole, so one source schema has one target in a replication."""
        found: list[list[TableToReplicate]] = []
        for table in self.tables:
            fits = (group for group in found if all(t.target[0] == table.target[0] for t in group if t.schema == table.schema))
            group = next(fits, None)
            if group is None:
                found.append(group := [])
            group.append(table)
        return [tuple(group) for group in found]


DMS_NEEDS = ("dms_database", "dms_secret_arn", "dms_subnets", "dms_security_groups", "dms_tables")
DMS_KNOBS = (*DMS_NEEDS, "dms_secret_key_arn", "dms_capacity")


@dataclass(frozen=True, kw_only=True)
class LakeFormation:
    """Who may see what: role ARNs. The administrator assigns tags; analysts see no direct identifier, engineers see everything."""

    admin_role: str
    analyst_role: str
    engineer_role: str

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Checked. Raises `SettingsError`."""
        names = tuple(field.name for field in fields(cls))
        needed("lake_formation=on", {name: given[name] for name in names})
        for name in names:
            matching(name, [given[name]], _ROLE, "arn:aws:iam::111122223333:role/analysts")
        return cls(**{name: given[name] for name in names})


LAKE_FORMATION_KNOBS = ("admin_role", "analyst_role", "engineer_role")


def live_sources(value: str) -> tuple[str, ...]:
    """The names in `sources`, each of the registry. Raises `SettingsError`."""
    for name in listed(value):
        one_of("sources", name, sorted(SOURCES))
    return listed(value)


def partner_source(value: str) -> str:
    """The name under which EventBridge knows Segment's source. Raises `SettingsError`."""
    matching("segment_event_source", [value], _PARTNER_SOURCE, "aws.partner/segment.com/your-source-id")
    return value


def external_id(value: str, wanted_by: str = "segment_logs=on") -> str:
    """Segment's workspace id. Raises `SettingsError` when it is missing or could be guessed."""
    needed(wanted_by, {"segment_external_id": value})
    if not _EXTERNAL_ID.match(value):
        raise SettingsError(
            f"segment_external_id has {len(value)} characters; expected the id of your Segment workspace, 20 or more letters and digits"
        )
    return value
