"""Events: Segment's doors -> bus -> queue -> Personalize; and an archive of everything on the bus, to play again."""

import json
import math

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_events as events
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from lambdas import event_door, personalize_relay
from omnichannel.contracts import zones
from omnichannel.contracts.environment.events import EventDoorEnv, PersonalizeRelayEnv
from omnichannel.contracts.events import BUS_SOURCE
from omnichannel.playbook import interactions
from stacks.components import grants
from stacks.components.acknowledge import acknowledge
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.http_api import HttpApi
from stacks.components.packages import Kind
from stacks.components.queue import VISIBILITY_FACTOR, Queue
from stacks.components.rule import Rule
from stacks.components.secret import Secret
from stacks.foundation import Foundation
from stacks.reverse_relay import ReverseRelay
from stacks.segment_doors import Destination, PartnerSource
from stacks.settings import Settings
from stacks.triggers import LiveSegments

# Segment gives up after five seconds.
DOOR_TIMEOUT = Duration.seconds(5)
RELAY_TIMEOUT = Duration.seconds(60)
RELAYED_AT_ONCE = 500
"""As many as fit into an invocation's payload of 6 MB with 10 KB each, which no event of ours has; the more, the fuller the calls."""
RELAY_WINDOW = Duration.seconds(2)
RELAY_OUTAGE = Duration.hours(2)
"""For so long Personalize may be away before an event becomes a dead letter."""
RELAY_TRIES = math.ceil(RELAY_OUTAGE.to_seconds() / (RELAY_TIMEOUT.to_seconds() * VISIBILITY_FACTOR)) + 1
ARCHIVE_DAYS = 30


class Door(Construct):
    """`POST /segment`: the function checks the signature, so the route has no authorizer."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.secret = Secret(
            self,
            "SharedSecret",
            key=base.data_key,
            description="What Segment's webhook signs with: current, and previous while it is being rotated",
            not_rotated_because="the other half is typed into Segment: rotation is a person's work, and both secrets are valid during it",
            generate=secretsmanager.CfnSecret.GenerateSecretStringProperty(
                secret_string_template=json.dumps({"previous": ""}),
                generate_string_key="current",
                password_length=48,
                exclude_punctuation=True,
            ),
        )
        function = Function(
            self,
            "EventDoor",
            entry=event_door.handler,
            env=EventDoorEnv(
                bus_name=base.bus.event_bus_name, webhook_secret=self.secret.arn, forwarded=json.dumps(interactions.forwarded())
            ),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=DOOR_TIMEOUT,
            memory=1024,
        )
        grants.read_secret(function.role, self.secret)
        grants.allow(function.role, ("events:PutEvents",), base.bus.event_bus_arn)
        self.api = HttpApi(self, "Api", function=function, method=apigateway.HttpMethod.POST, path="/segment", key=base.message_key)
        for route in self.api.routes:
            acknowledge(route, "AwsSolutions-APIG4", "the function checks the signature of the body, which no authorizer sees")


class Relay(Construct):
    """Interactions from the bus to Personalize's event tracker."""

    def __init__(self, scope: Construct, id: str, base: Foundation, tracking_id: str) -> None:
        super().__init__(scope, id)
        mapping = interactions.interactions()
        self.queue = Queue(self, "Interactions", key=base.message_key, consumer_timeout=RELAY_TIMEOUT, tries=RELAY_TRIES)
        function = Function(
            self,
            "PersonalizeRelay",
            entry=personalize_relay.handler,
            env=PersonalizeRelayEnv(
                tracking_id=tracking_id,
                interactions=mapping.to_json(),
                customers_table=base.tables.customers.table_name,
                lake_bucket=base.buckets.lake.bucket_name,
            ),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=RELAY_TIMEOUT,
        )
        function.consume(self.queue, batch=RELAYED_AT_ONCE, window=RELAY_WINDOW)
        grants.items(function.role, base.tables.customers, "BatchGetItem")
        grants.write_objects(function.role, base.buckets.lake, f"{zones.LEDGER}/")
        grants.anything(function.role, "personalize:PutEvents", reason="the tracking id is the permission: Personalize's guide asks for *")
        Rule(
            self,
            "Interaction",
            bus=base.bus,
            pattern={"source": [BUS_SOURCE], "detail": {"name": sorted(mapping.names)}},
            target=self.queue.queue,
        )


class Events(Capability):
    """From live events to recommendations that know of them."""

    def __init__(
        self, scope: Construct, settings: Settings, base: Foundation, score: Function, tracking_id: str, write_key: Secret | None = None
    ) -> None:
        super().__init__(scope, settings, "events", "Live events onto the bus and into Personalize")
        door = Door(self, "Door", base)
        self.tell(event_door_url=door.api.url, webhook_secret=door.secret.arn)
        if settings.destination_external_id:
            destination = Destination(self, "Destination", base, external_id=settings.destination_external_id)
            self.tell(
                event_destination_function=destination.function.function.function_arn, event_destination_role=destination.role.role_arn
            )
        if settings.partner_source:
            PartnerSource(self, "PartnerSource", base, name=settings.partner_source)
        if tracking_id:
            relay = Relay(self, "Relay", base, tracking_id)
            self.tell(relay_queue=relay.queue.queue.queue_url)
        LiveSegments(self, "LiveSegments", base, score)
        if settings.live_traits and write_key:
            ReverseRelay(self, "ReverseRelay", base, settings.live_traits, write_key)
        archive = events.CfnArchive(
            self,
            "Archive",
            source_arn=base.bus.event_bus_arn,
            retention_days=ARCHIVE_DAYS,
            kms_key_identifier=base.message_key.key_arn,
            description="Every live event, to be played again after a fault",
        )
        self.tell(event_archive=archive.attr_arn)
