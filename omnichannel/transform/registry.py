"""What a transformation is: one Ibis expression over trusted tables and other transformations, as of a moment."""

import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib import import_module

import ibis
import ibis.expr.types as ir

from omnichannel.contracts.datasets import Column, Type
from omnichannel.onboarding.schema import TABLES
from omnichannel.transform.alike import alike

CLOCK = "clock"
"""The table with one row and one column, `as_of`: the moment that is asked about."""

_TYPES: dict[Type, str] = {
    Type.STRING: "string",
    Type.JSON: "string",
    Type.INTEGER: "int64",
    Type.DECIMAL: "decimal(18, 4)",
    Type.BOOLEAN: "boolean",
    Type.DATE: "date",
    Type.TIMESTAMP: "timestamp('UTC', 6)",
}

Build = Callable[["Tables"], ir.Table]


class UnknownTable(LookupError):
    """A transformation reads what is neither a trusted table nor a transformation, or what it does not name in `reads`."""


@dataclass(frozen=True, kw_only=True)
class Transformation:
    """A transformation: its name, what it reads, and the function that says what it is."""

    name: str
    reads: tuple[str, ...]
    build: Build
    meaning: str = ""

    @cached_property
    def expression(self) -> ir.Table:
        """The expression, over tables that are bound to no engine."""
        return alike(self.build(Tables(self)))


@dataclass(frozen=True)
class Tables:
    """What a transformation may read, by name."""

    of: Transformation

    def __getitem__(self, name: str) -> ir.Table:
        if name not in self.of.reads:
            raise UnknownTable(f"{self.of.name} reads {name!r}; add it to its `reads` ({', '.join(self.of.reads)})")
        return ibis.table(schema_of(name), name=name)

    @property
    def as_of(self) -> ir.TimestampScalar:
        """The moment that is asked about."""
        return ibis.table({"as_of": _TYPES[Type.TIMESTAMP]}, name=CLOCK).as_of.as_scalar()


TRANSFORMATIONS: dict[str, Transformation] = {}
"""Every transformation by name; complete after `load`."""


def transformation(*, reads: tuple[str, ...]) -> Callable[[Build], Build]:
    """Registers a function of `Tables` under its own name; its docstring is the meaning of a row."""

    def register(build: Build) -> Build:
        add(Transformation(name=build.__name__, reads=reads, build=build, meaning=inspect.getdoc(build) or ""))
        return build

    return register


def add(new: Transformation) -> None:
    """Registers one that is made rather than written. Raises `ValueError` for a name that is taken."""
    if new.name in TRANSFORMATIONS or new.name in TABLES or new.name == CLOCK:
        raise ValueError(f"the name {new.name!r} is taken: transformations and trusted tables share one space of names")
    TRANSFORMATIONS[new.name] = new


def load() -> Mapping[str, Transformation]:
    """Imports every module of this package; gives all transformations, those that are read before those that read them."""
    package = import_module(__package__)
    for module in sorted(pkgutil.iter_modules(package.__path__), key=lambda found: found.name):
        import_module(f"{__package__}.{module.name}")
    # Sorted first: who imported which module before is nobody's business.
    return {name: TRANSFORMATIONS[name] for name in in_order(tuple(sorted(TRANSFORMATIONS)))}


def in_order(names: Mapping[str, Transformation] | tuple[str, ...]) -> Iterator[str]:
    """The transformations of those names and all that they read, each once, after those that it reads."""
    return iter(_Order().of(names))


@dataclass
class _Order:
    done: dict[str, None] = field(default_factory=dict)

    def of(self, names: Mapping[str, Transformation] | tuple[str, ...], path: tuple[str, ...] = ()) -> dict[str, None]:
        for name in names:
            if name in path:
                raise ValueError(f"transformations read each other in a circle: {' <- '.join((*path, name))}")
            if name not in self.done and name not in TABLES:
                self.of(_known(name).reads, (*path, name))
                self.done[name] = None
        return self.done


def schema_of(name: str) -> ibis.Schema:
    """The columns and types of a trusted table or of a transformation's result."""
    if name in TABLES:
        return ibis.schema({c.name: _type(c) for c in TABLES[name]})
    return _known(name).expression.schema()


def _type(column: Column) -> str:
    return _TYPES[column.type]


def _known(name: str) -> Transformation:
    if name not in TRANSFORMATIONS:
        raise UnknownTable(f"unknown table {name!r}; expected a trusted table or one of {', '.join(sorted(TRANSFORMATIONS))}")
    return TRANSFORMATIONS[name]
