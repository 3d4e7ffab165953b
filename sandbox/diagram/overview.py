"""The picture of the whole: a box a stack, with what it is for and what it answers, and the stores through which stacks hand on."""

from collections.abc import Iterator

from sandbox.diagram.app import API, SERVICES, SHARED, App, Node
from sandbox.diagram.parts import BOTH_WAYS, TO, Flow, Line, shaped, word


def mermaid(flow: Flow) -> str:
    """The picture as Mermaid text, the same text for the same app."""
    app = flow.app
    met = {(_box(app, tail), _box(app, head)) for line in flow.lines for tail, head in _ways(line)}
    met = {(tail, head) for tail, head in met if tail != head}
    stores = {word(app, node) for node in flow.nodes.values() if node.stack == SHARED}
    own = {(store, stack) for store, stack in met if store in stores and _writers(store, met) == {stack}}
    aside = {store for store in stores if not any(head in app.templates for head in _readers(store, met - own))}
    shown = {(tail, head) for tail, head in met - own if not {tail, head} & aside}
    named = {box for pair in shown for box in pair}
    out = ["flowchart LR", *(f"  {name}{label}" for name, label in sorted(_labels(flow).items()) if name in named)]
    for tail, head in sorted(shown):
        if (head, tail) not in shown:
            out.append(f"  {tail} {TO} {head}")
        elif tail < head:
            out.append(f"  {tail} {BOTH_WAYS} {head}")
    return "\n".join(out) + "\n"


def _box(app: App, node: Node) -> str:
    """The word of what a node is drawn in: its stack, or itself where it stands between stacks or outside."""
    return word(app, node) if node.stack in ("", SHARED) or app.kind(node) in SERVICES else node.stack


def _ways(line: Line) -> Iterator[tuple[Node, Node]]:
    yield line.tail, line.head
    if line.how == BOTH_WAYS:
        yield line.head, line.tail


def _writers(store: str, met: set[tuple[str, str]]) -> set[str]:
    return {tail for tail, head in met if head == store}


def _readers(store: str, met: set[tuple[str, str]]) -> set[str]:
    return {head for tail, head in met if tail == store}


def _labels(flow: Flow) -> dict[str, str]:
    """Every box's shape and text."""
    app = flow.app
    stacks = {}
    for stack, template in app.templates.items():
        routes = [route for node, _ in app.resources(API) if node.stack == stack for route in app.routes(node)]
        stacks[stack] = '("' + "<br/>".join([f"<b>{stack}</b>", template.get("Description", ""), *routes]) + '")'
    alone = {word(app, node): shaped(app, node, [app.name(node)]) for node in flow.nodes.values() if _box(app, node) == word(app, node)}
    return {**stacks, **alone}
