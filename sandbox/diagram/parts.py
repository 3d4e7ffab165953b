"""The picture of the parts: every function, state machine, table and zone of the flow, stack by stack."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from omnichannel.contracts.pipelines import Definition
from omnichannel.contracts.zones import LEDGER
from sandbox.diagram.app import API, BUCKET, BUS, FUNCTION, MACHINE, PIPELINE, QUEUE, SCHEDULE, SERVICES, SHARED, TABLE, App, Arrow, Node
from sandbox.diagram.arrows import arrows

SHAPES = {
    BUCKET: ("[(", ")]"),
    TABLE: ("[(", ")]"),
    FUNCTION: ("(", ")"),
    MACHINE: ("{{", "}}"),
    BUS: ("([", "])"),
    API: ("[/", "/]"),
    PIPELINE: ("{{", "}}"),
    **dict.fromkeys(SERVICES, ("[[", "]]")),
}
"""What is drawn, and in which shape. A queue is a word on an arrow, a schedule a word in what it starts; the rest is wiring."""

ASIDE = ("catalog", "privacy")
"""Stacks that look after what the flow leaves behind; drawn, they would hide it."""

TO, BOTH_WAYS, QUEUED = "-->", "<-->", "-- queue -->"


class Line(NamedTuple):
    """An arrow as it is drawn."""

    tail: Node
    how: str
    head: Node


@dataclass(frozen=True)
class Flow:
    """What is drawn of an app: the lines, and by a node's word in the picture which schedules start it."""

    app: App
    lines: frozenset[Line]
    nodes: dict[str, Node]
    starts: dict[str, list[str]]

    @classmethod
    def of(cls, app: App) -> "Flow":
        """From the templates."""
        found = arrows(app)
        drawn = {arrow for arrow in found if all(_drawn(app, node) for node in arrow)}
        queued = {
            Arrow(into.tail, out.head)
            for into in found
            if _drawn(app, into.tail) and app.kind(into.head) == QUEUE
            for out in found
            if out.tail == into.head and _drawn(app, out.head)
        }
        starts: dict[str, list[str]] = {}
        for when, name in sorted({(app.name(tail), word(app, head)) for tail, head in found if app.kind(tail) == SCHEDULE}):
            starts.setdefault(name, []).append(when)
        nodes = {word(app, node): node for arrow in drawn | queued for node in arrow}
        return cls(app, frozenset(_lines(app, drawn, queued)), nodes, starts)

    def label(self, name: str) -> str:
        """A node in its shape: what it is called, and which schedules start it."""
        node = self.nodes[name]
        pipelines = "SageMaker pipelines:<br/>" + ", ".join(Definition) if self.app.kind(node) == PIPELINE else ""
        return shaped(self.app, node, [pipelines or self.app.name(node), ", ".join(self.starts.get(name, ()))])


def mermaid(flow: Flow) -> str:
    """The picture as Mermaid text, the same text for the same app."""
    out = ["flowchart TB"]
    for stack in (stack for stack in flow.app.templates if stack != SHARED):
        inside = sorted(name for name, node in flow.nodes.items() if node.stack == stack)
        if inside:
            out += [f"  subgraph {stack}", *(f"    {name}{flow.label(name)}" for name in inside), "  end"]
    out += [f"  {name}{flow.label(name)}" for name, node in sorted(flow.nodes.items()) if node.stack in ("", SHARED)]
    named = {(word(flow.app, line.tail), line.how, word(flow.app, line.head)) for line in flow.lines}
    out += [f"  {tail} {how} {head}" for tail, how, head in sorted(named) if tail != head]
    return "\n".join(out) + "\n"


def word(app: App, node: Node) -> str:
    """What stands for a node in Mermaid's text."""
    return re.sub(r"\W+", "_", f"{node.stack} {app.name(node)}".strip())


def shaped(app: App, node: Node, said: Sequence[str]) -> str:
    """Lines of text in the shape of a node."""
    left, right = SHAPES.get(app.kind(node), ("[[", "]]"))
    return f'{left}"{"<br/>".join(filter(None, said))}"{right}'


def _lines(app: App, drawn: set[Arrow], queued: set[Arrow]) -> Iterator[Line]:
    """The arrows without those that would hide the flow: looking something up in a table, and reading back what one writes."""
    back = {arrow for arrow in drawn if Arrow(arrow.head, arrow.tail) in drawn and app.kind(arrow.tail) in (BUCKET, TABLE)}
    fed = {head for tail, head in drawn - back if app.kind(tail) == BUCKET} | {head for _, head in queued}
    # A zone that alone feeds whoever also writes there: shown both ways.
    shared = {arrow for arrow in back if app.kind(arrow.tail) == BUCKET and arrow.tail.zone != LEDGER and arrow.head not in fed}
    fed |= {head for _, head in shared}
    for tail, head in queued:
        yield Line(tail, QUEUED, head)
    for arrow in drawn:
        looked_up = app.kind(arrow.tail) == TABLE and arrow.head in fed
        if arrow in shared:
            yield Line(arrow.tail, BOTH_WAYS, arrow.head)
        elif not (arrow in back or looked_up or Arrow(arrow.head, arrow.tail) in shared):
            yield Line(arrow.tail, TO, arrow.head)


def _drawn(app: App, node: Node) -> bool:
    return not node.stack or (app.kind(node) in SHAPES and node.stack not in ASIDE)
