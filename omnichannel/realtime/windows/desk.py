"""The desk of a function: its tables, the bus, the timers."""

from datetime import datetime

from omnichannel.aws.clients import client
from omnichannel.contracts.environment.events import SegmentWindowsEnv
from omnichannel.playbook.triggers import Triggers
from omnichannel.realtime.windows.others import micros
from omnichannel.realtime.windows.rows import Rows
from omnichannel.realtime.windows.settle import Desk
from omnichannel.realtime.windows.tell import Teller, Timers


def desk_of(env: SegmentWindowsEnv, triggers: Triggers, now: datetime) -> Desk:
    """Everything that a change goes through, as of an aware moment."""
    dynamodb = client("dynamodb")
    return Desk(
        rows=Rows(dynamodb, env.windows_table),
        tell=Teller(
            dynamodb=dynamodb,
            customers_table=env.customers_table,
            put_events=lambda request: client("events").put_events(**request),
            bus_name=env.bus_name,
        ),
        arm=Timers(scheduler=client("scheduler"), group=env.timer_group, role_arn=env.timer_role_arn, queue_arn=env.timer_queue_arn),
        now=micros(now),
        late=triggers.late,
    )
