"""Live events: their doors, who relays them, live segments."""

from omnichannel.contracts.environment.base import Env


class EventDoorEnv(Env):
    """Segment's webhook: signature, one event, onto the bus. `forwarded` is a JSON list of the names that somebody acts on."""

    bus_name: str
    webhook_secret: str
    forwarded: str


class EventDestinationEnv(Env):
    """Segment's Lambda destination: one event, onto the bus."""

    bus_name: str
    forwarded: str


class EventSourceEnv(Env):
    """Segment's EventBridge source: its messages, onto the bus."""

    bus_name: str
    forwarded: str


class PersonalizeRelayEnv(Env):
    """Relays interactions from its queue to Personalize; `interactions` is the playbook's mapping as JSON."""

    tracking_id: str
    interactions: str
    customers_table: str
    lake_bucket: str


class SegmentRelayEnv(Env):
    """Tells Segment what live events have changed of customers. `holdout` is JSON, `{"salt", "share"}`."""

    lake_bucket: str
    customers_table: str
    sent_table: str
    segment_secret: str
    segment_endpoint: str
    events_per_second: str
    holdout: str


class SegmentWindowsEnv(Env):
    """Applies live events to the windows of the playbook's triggers; `trigger_time_scale` is how much shorter their durations are.

    `timer_group`, `timer_role_arn` and `timer_queue_arn` make the one-shot schedules that say when a window runs out.
    """

    customers_table: str
    products_table: str
    windows_table: str
    bus_name: str
    trigger_time_scale: str
    timer_group: str
    timer_role_arn: str
    timer_queue_arn: str


class SegmentTimerEnv(SegmentWindowsEnv):
    """Looks at a window again when its time has come."""


class RedecideEnv(Env):
    """Decides a customer anew who entered or left a live segment, or bought; `score_function` scores them first."""

    customers_table: str
    products_table: str
    sent_table: str
    bus_name: str
    score_function: str
