"""What MiniStack works out anew for each item and each request, worked out once: the same answers for a third of the processor time.

MiniStack serves a whole sandbox from one process, so what it computes is what a demonstration waits for. Nothing here changes an answer:
pure functions remember theirs, items are copied in a faster way, and a check that is the same for a hundred items of a transaction is
made once. `sandbox.gateway` installs the shortcuts before it serves.
"""

import copy
import json
import marshal
from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

from jsonata.parser import Parser

REMEMBERED = 1 << 16
"""Answers of one function that are kept, of the arguments that were asked for last; a few MB for short strings."""
DOCUMENTS = 1 << 12
"""Parsed policies and expressions that are kept."""


def copied(value: Any, memo: dict[int, Any] | None = None) -> Any:
    """`copy.deepcopy`, in a tenth of the time for what JSON can hold, which is what an item is made of."""
    if memo is None:
        try:
            return marshal.loads(marshal.dumps(value))  # noqa: S302 - what this process has just written
        except ValueError:
            pass  # an object of some class, which `copy` knows how to copy
    return copy.deepcopy(value, memo)


def remembered(function: Callable[..., Any], size: int = REMEMBERED) -> Callable[..., Any]:
    """A function of strings with its answers kept; what is no string, and may not be hashable, it answers anew."""
    kept = lru_cache(size)(function)

    def ask(text: Any, *more: Any) -> Any:
        return kept(text, *more) if type(text) is str else function(text, *more)

    return ask


def relisted(function: Callable[[str], list[Any]]) -> Callable[[str], list[Any]]:
    """A function from a text to a list with its answers kept: a list of its own for each who asks."""
    kept = lru_cache(DOCUMENTS)(lambda text: tuple(function(text)))
    return lambda text: list(kept(text)) if isinstance(text, str) else function(text)


class Bodies:
    """The body of the request in hand, parsed once for all who look at it to see what is asked, and handed to the one who serves it.

    The two kinds of readers are told apart, because the one who serves may change what it was given.
    """

    def __init__(self) -> None:
        self._last: tuple[bytes, Any] = (b"", None)

    def look(self, body: Any) -> Any:
        """`json.loads` for readers that change nothing."""
        known, parsed = self._last
        if body is known:
            return parsed
        parsed = json.loads(body)
        if type(body) is bytes:
            self._last = (body, parsed)
        return parsed

    def take(self, body: Any) -> Any:
        """`json.loads` for the one who may change it: nobody is given the same value again."""
        known, parsed = self._last
        if body is not known:
            return json.loads(body)
        self._last = (b"", None)
        return parsed


class Expressions(Parser):  # type: ignore[misc]
    """The parser of JSONata for all threads, each expression parsed once: evaluating changes nothing in what was parsed.

    MiniStack makes a parser for each thread, so for each execution of a state machine, which takes longer than to evaluate.
    """

    def __init__(self) -> None:
        super().__init__()
        self._trees: dict[str, Any] = {}

    def parse(self, jsonata: Any, *options: Any) -> Any:
        """What `Parser.parse` gives for that text; raises what it raises, every time."""
        tree = self._trees.get(jsonata)
        if tree is None:
            tree = Parser().parse(jsonata, *options)
            if len(self._trees) < DOCUMENTS and not tree.errors:
                self._trees[jsonata] = tree
        return tree


def sizes(rare: Callable[[Any], int], of_number: Callable[[str], int]) -> Callable[[Any], int]:
    """The bytes of an attribute value as `_attribute_value_size` of `ministack.services.dynamodb` counts them; `rare` is that function."""

    def size_of(value: Any) -> int:
        if type(value) is not dict or len(value) != 1:
            return 0
        ((kind, held),) = value.items()
        if kind == "S" and type(held) is str:
            return _length(held)
        if kind == "N" and type(held) is str:
            return of_number(held)
        if kind == "M":
            return 3 + sum([1 + _length(name) + size_of(member) for name, member in held.items()])
        if kind == "L":
            return 3 + sum([1 + size_of(element) for element in held if isinstance(element, dict)])
        return rare(value)

    return size_of


def _length(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def once_each(function: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
    """A list without what stands in it already."""
    return lambda *asked: list(dict.fromkeys(function(*asked)))


def install(dynamodb: Any, iam_actions: Any, iam_evaluator: Any) -> None:
    """Puts the shortcuts in the place of what MiniStack's modules call."""
    bodies = Bodies()
    dynamodb.copy = SimpleNamespace(**vars(copy) | {"deepcopy": copied})
    dynamodb.json = SimpleNamespace(**vars(json) | {"loads": bodies.take})
    iam_actions.json = SimpleNamespace(**vars(json) | {"loads": bodies.look})
    dynamodb._tokenize = relisted(dynamodb._tokenize)
    for name in ("_condition_syntax_error", "_number_error", "_ddb_canonicalize_number", "_number_size_bytes"):
        setattr(dynamodb, name, remembered(getattr(dynamodb, name)))
    dynamodb._attribute_value_size = sizes(dynamodb._attribute_value_size, dynamodb._number_size_bytes)
    iam_actions.dynamodb_transaction_checks = once_each(iam_actions.dynamodb_transaction_checks)
    iam_evaluator.parse_policy_document = relisted(iam_evaluator.parse_policy_document)
