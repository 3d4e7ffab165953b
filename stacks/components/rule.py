"""Rules: events of a pattern, from a bus to one queue or topic that takes them from this rule only."""

from collections.abc import Mapping

from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct


class Rule(Construct):
    """`pattern` is EventBridge's own (`source`, `detail-type`, `detail`, …); without a bus it is the account's default one."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        pattern: Mapping[str, object],
        target: sqs.Queue | sns.Topic,
        bus: events.IEventBus | None = None,
    ) -> None:
        super().__init__(scope, id)
        is_queue = isinstance(target, sqs.Queue)
        arn = target.queue_arn if isinstance(target, sqs.Queue) else target.topic_arn
        rule = events.CfnRule(
            self,
            "Rule",
            event_bus_name=bus.event_bus_name if bus else None,
            event_pattern=dict(pattern),
            targets=[events.CfnRule.TargetProperty(id="Target", arn=arn)],
        )
        # The CDK's own targets leave the condition out for encrypted queues and for topics.
        target.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sqs:SendMessage" if is_queue else "sns:Publish"],
                resources=[arn],
                conditions={"ArnEquals": {"aws:SourceArn": rule.attr_arn}},
            )
        )
