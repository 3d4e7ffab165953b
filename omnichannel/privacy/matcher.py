"""Does this name the person? One matcher for bytes, text, records, rows of cells and columns, for removal and proof alike.

A telling identifier counts wherever it stands as a word of its own, in whatever case and however JSON or URLs escape it. Any other
counts only as the whole value of a field that holds identifiers of its kind. Patterns run in RE2 (through Arrow), whose time grows with the
text alone.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.compute as pc

from omnichannel.privacy.borders import borders
from omnichannel.privacy.fields import kinds
from omnichannel.privacy.subject import SHORTEST, Subject, is_telling, telling

_JOINS = frozenset("-_@")
"""In an identifier with one of these, a dash or an underscore beside it makes another one: `jo-ann@x.example` is not `ann@x.example`."""
_BORDERS = {joined: borders(joined=joined) for joined in (True, False)}
_ESCAPED_BY_SOME = {"@": "\\u0040", "+": "\\u002b", "/": "\\/", "&": "\\u0026", "'": "\\u0027"}
_WIDE = ("utf-16-le", "utf-16-be")
SHORT = 1 << 14


class Matcher:
    """Finds one person. `hint` may say yes where nothing names them; the others decide."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._telling = telling(subject.everything)
        self._by_kind = {kind: frozenset(map(_plain, values)) for kind, values in subject.values.items()}

    @cached_property
    def overlap(self) -> int:
        """How many bytes two neighbouring pieces must share, so that no identifier is cut by their border."""
        return 2 + max((len(form) for value in self.subject.everything for form in _forms(value)), default=0) * 2

    def hint(self, piece: bytes) -> bool:
        """Whether the bytes may name the person."""
        return self._in(piece, self._anything, self._anything_compiled)

    def tells(self, piece: bytes) -> bool:
        """Whether a telling identifier stands in the bytes."""
        return self._in(piece, self._words, self._words_compiled)

    def lines(self, lines: Sequence[bytes]) -> tuple[list[bool], list[bool]]:
        """For each line whether a telling identifier stands in it, and whether it may name the person at all."""
        column = pa.array(lines, pa.binary())
        return self._found(self._words, column).to_pylist(), self._found(self._anything, column).to_pylist()

    def record(self, value: Any, field: str = "") -> bool:
        """Whether a JSON value, or anything in it, names the person; `field` is the name under which it stands."""
        return self.hint(json.dumps(value, default=str, ensure_ascii=False).encode()) and self._names(value, field)

    def _names(self, value: Any, field: str) -> bool:
        match value:
            case Mapping():
                return any(self._names(inner, name) or self.tells(name.encode()) for name, inner in value.items())
            case list() | tuple():
                return any(self._names(inner, field) for inner in value)
            case None | bool():
                return False
        return self.cell(field, str(value))

    def cell(self, field: str, text: str) -> bool:
        """Whether the value of one field names the person."""
        if any(_plain(text) in self._by_kind.get(kind, ()) for kind in kinds(field)):
            return True
        return len(text) >= SHORTEST and self.tells(text.encode())

    def rows(self, batch: pa.RecordBatch) -> pa.BooleanArray:
        """True for each row of a record batch that names the person."""
        found = pa.array([False] * batch.num_rows, pa.bool_())
        for field, column in zip(batch.schema, batch.columns, strict=True):
            for mask in self._masks(field.name, column):
                found = pc.or_(found, pc.fill_null(mask, False))
        return found

    def _masks(self, name: str, column: pa.Array) -> Iterator[pa.BooleanArray]:
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if pa.types.is_nested(column.type):
            yield pa.array([self.record(value, name) for value in column.to_pylist()], pa.bool_())
            return
        wanted = self.values_in(name)
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
            column = column.cast(pa.string())
            if wanted:
                yield pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(column)), value_set=pa.array(sorted(wanted), pa.string()))
            yield self._found(self._words, column.cast(pa.binary()))
        elif pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type) or pa.types.is_fixed_size_binary(column.type):
            yield self._found(self._words, column.cast(pa.binary()))
        elif wanted and (pa.types.is_integer(column.type) or pa.types.is_decimal(column.type)):
            yield pc.is_in(column.cast(pa.string()), value_set=pa.array(sorted(wanted), pa.string()))

    def values_in(self, field: str) -> frozenset[str]:
        """The values (in small letters) that would name the person in that field."""
        return frozenset().union(*(self._by_kind.get(kind, frozenset()) for kind in kinds(field)))

    def _in(self, piece: bytes, pattern: str, compiled: re.Pattern[bytes]) -> bool:
        """RE2 is much the faster one, once its pattern is compiled, which Arrow does for every call."""
        if len(piece) < SHORT:
            return bool(pattern) and compiled.search(piece) is not None
        return self._found(pattern, pa.array([piece], pa.binary()))[0].as_py() is True

    def _found(self, pattern: str, column: pa.Array) -> pa.BooleanArray:
        if not pattern:
            return pa.array([False] * len(column), pa.bool_())
        return pc.match_substring_regex(column, pattern, ignore_case=True)

    @cached_property
    def _words(self) -> str:
        return _pattern(self._telling)

    @cached_property
    def _anything(self) -> str:
        return _pattern(self.subject.everything)

    @cached_property
    def _words_compiled(self) -> re.Pattern[bytes]:
        return re.compile(self._words.encode("latin-1"), re.IGNORECASE)

    @cached_property
    def _anything_compiled(self) -> re.Pattern[bytes]:
        return re.compile(self._anything.encode("latin-1"), re.IGNORECASE)


def _plain(value: str) -> str:
    return value.strip().lower()


def _pattern(values: frozenset[str]) -> str:
    """RE2 over bytes: any of the values as a word, in every form in which it may be written; empty for no values."""
    words = []
    for joins, (before, after) in _BORDERS.items():
        forms = sorted({form for value in values if bool(_JOINS & set(value)) is joins for form in _forms(value)})
        words += [f"{before}(?:{'|'.join(map(_bytes, forms))}){after}"] if forms else []
    wide = sorted({value.encode(encoding) for value in values if is_telling(value) for encoding in _WIDE})
    return "|".join([*words, *map(_bytes, wide)])


def _forms(value: str) -> Iterator[bytes]:
    """Each case of the value as text, as it stands in JSON (with and without what only some escape), in a URL, and in Latin-1."""
    for cased in {value, value.lower(), value.upper()}:
        yield from _written(cased)


def _written(value: str) -> Iterator[bytes]:
    escaped = json.dumps(value)[1:-1]
    yield from (value.encode(), escaped.encode(), json.dumps(value, ensure_ascii=False)[1:-1].encode())
    for char, form in _ESCAPED_BY_SOME.items():
        yield escaped.replace(char, form).encode()
    yield "".join(_ESCAPED_BY_SOME.get(char, char) for char in escaped).encode()
    yield quote(value, safe="").encode()
    try:
        yield value.encode("latin-1")
    except UnicodeEncodeError:
        return


def _bytes(form: bytes) -> str:
    return "".join(chr(byte) if byte < 128 and chr(byte).isalnum() else f"\\x{byte:02x}" for byte in form)
