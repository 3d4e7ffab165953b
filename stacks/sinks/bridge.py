"""What every sink has: a bridge function with its grants, and the words by which the activation state machine feeds it."""

from typing import Protocol

from aws_cdk import Duration
from constructs import Construct

from omnichannel.contracts import zones
from omnichannel.contracts.environment.base import Env
from omnichannel.contracts.ledger import Sink
from omnichannel.playbook.experiments import holdout
from stacks.components import asl, grants
from stacks.components.function import Function, Handler
from stacks.components.packages import Kind
from stacks.foundation import Foundation

BRIDGE_TIMEOUT = Duration.minutes(14)

RUN = {"run": "{% $states.context.Execution.Input.run %}", "as_of": "{% $states.context.Execution.Input.as_of %}"}
PART = {**RUN, "part": "{% $states.context.Map.Item.Value %}"}
PART_INPUT = {name: f"{{% $states.input.{name} %}}" for name in PART}
# A sink that took nothing does not stop the other one; the ledger counts what is missing and ends the execution as failed.
NOT_DELIVERED = {"done": False, "error": "{% $states.errorOutput.Error %}"}
DONE = {"done": True}
"""What a part leaves in the state machine once it is delivered: a state holds 256 KB at most, and there may be a thousand parts."""
AGAIN = asl.retry("SinkUnavailable", "OutOfTime", attempts=8)


class Fed(Protocol):
    """A sink as the activation state machine sees it."""

    sink: Sink
    functions: list[Function]

    @property
    def branch(self) -> tuple[str, asl.States]:
        """Its first state and its states, which never fail: what was not delivered is the ledger's to say."""
        ...


EVERY = "*"
"""Stands for any run in the keys of the lake."""


def bridge(scope: Construct, id: str, base: Foundation, *, sink: Sink, entry: Handler, env: Env, kind: Kind = Kind.LIGHT) -> Function:
    """What every bridge is and may: read the audience, look customers up, remember what was sent, keep its sink's ledger."""
    function = Function(scope, id, entry=entry, env=env, kind=kind, key=base.message_key, timeout=BRIDGE_TIMEOUT, memory=1024)
    lake = base.buckets.lake
    ledger = zones.ledger_sink(sink.flow, EVERY, sink)
    grants.read_objects(
        function.role, lake, zones.audience_index(EVERY), zones.decided_parts(EVERY), zones.replayed_parts(EVERY, sink), ledger
    )
    grants.write_objects(function.role, lake, ledger)
    grants.items(function.role, base.tables.customers, "BatchGetItem")
    grants.items(function.role, base.tables.sent, "BatchGetItem", "PutItem", "UpdateItem")
    return function


def message_bridge(scope: Construct, id: str, base: Foundation, *, sink: Sink, entry: Handler, env: Env) -> Function:
    """A bridge that writes messages: with the playbook's caps and templates, and products as they are in stock now."""
    function = bridge(scope, id, base, sink=sink, entry=entry, env=env, kind=Kind.DECIDE)
    grants.items(function.role, base.tables.products, "BatchGetItem")
    return function


def import_prefixes(sink: Sink) -> tuple[str, str]:
    """Where a bridge keeps which job a sink's service runs for a run, and who is in it."""
    return zones.import_notes(EVERY, sink), zones.import_job(EVERY, sink)


def message_env(base: Foundation) -> dict[str, str]:
    """What the environment of every such bridge has."""
    tables = base.tables
    return {
        "lake_bucket": base.buckets.lake.bucket_name,
        "customers_table": tables.customers.table_name,
        "sent_table": tables.sent.table_name,
        "products_table": tables.products.table_name,
        "holdout": holdout(),
    }
