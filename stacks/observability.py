"""Observability: one dashboard, and one topic that hears of every alarm of the app.

Alarms stand beside what they watch, in every stack. What they say reaches the topic by the bus of the account: a rule on the names
of this deployment's alarms. So no stack needs to know the topic, and a new alarm is heard without a change here.
"""

from aws_cdk import ArnFormat, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from omnichannel.contracts.deployment import APP
from omnichannel.contracts.metrics import (
    MODEL_DIMENSION,
    RUNS_WAITING,
    SCORE_DRIFT,
    SCORING_NAMESPACE,
    SILENT_DATA_SETS,
    WORST_FEATURE_DRIFT,
)
from omnichannel.contracts.sources import DEPLOYMENT_DIMENSION, SERVICE_DIMENSION
from stacks.components.capability import Capability
from stacks.components.rule import Rule
from stacks.foundation import Foundation
from stacks.settings import Settings

PERIOD = Duration.minutes(5)

# Metrics by namespace and dimension: CloudWatch finds every resource whose name has the deployment's words in it.
SHOWN = {
    "Functions: errors": ("AWS/Lambda", "FunctionName", "Errors", "Sum"),
    "Functions: longest": ("AWS/Lambda", "FunctionName", "Duration", "Maximum"),
    "State machines: failed": ("AWS/States", "StateMachineArn", "ExecutionsFailed", "Sum"),
    "State machines: succeeded": ("AWS/States", "StateMachineArn", "ExecutionsSucceeded", "Sum"),
    "Queues: waiting": ("AWS/SQS", "QueueName", "ApproximateNumberOfMessagesVisible", "Maximum"),
    "Queues: oldest": ("AWS/SQS", "QueueName", "ApproximateAgeOfOldestMessage", "Maximum"),
}

OWN = {
    "Scores: drift since training": ((SCORE_DRIFT, WORST_FEATURE_DRIFT), (MODEL_DIMENSION,), "Maximum"),
    "Scores: data sets missing, runs waiting": ((SILENT_DATA_SETS, RUNS_WAITING), (), "Maximum"),
}
"""What our functions say of scores: metrics, the dimensions that they have beside the deployment's and the function's, statistic."""


class AlarmTopic(Construct):
    """Hears of every alarm whose name begins with the deployment's prefix, which CloudFormation gives them."""

    def __init__(self, scope: Capability, id: str, key: kms.IKey) -> None:
        super().__init__(scope, id)
        topic = sns.Topic(self, "Topic", master_key=key, enforce_ssl=True)
        names = scope.format_arn(
            service="cloudwatch",
            resource="alarm",
            resource_name=f"{APP}-{scope.settings.environment}-",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        Rule(
            self,
            "Alarm",
            pattern={
                "source": ["aws.cloudwatch"],
                "detail-type": ["CloudWatch Alarm State Change"],
                "resources": [{"prefix": names}],
                "detail": {"state": {"value": ["ALARM"]}},
            },
            target=topic,
        )
        if scope.settings.alarm_email:
            topic.add_subscription(subscriptions.EmailSubscription(scope.settings.alarm_email))


class Observability(Capability):
    """What a person looks at, and what calls a person."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation) -> None:
        super().__init__(scope, settings, "observability", "One dashboard, and alarms that reach a person")
        AlarmTopic(self, "Alarms", base.message_key)
        graphs = [*(self._graph(title) for title in SHOWN), *(self._own(title, base.database) for title in OWN)]
        dashboard = cloudwatch.Dashboard(self, "Overview", widgets=[graphs[row : row + 2] for row in range(0, len(graphs), 2)])
        self.tell(dashboard=dashboard.dashboard_name)

    def _graph(self, title: str) -> cloudwatch.GraphWidget:
        namespace, dimension, metric, statistic = SHOWN[title]
        words = f'{{{namespace},{dimension}}} MetricName="{metric}" {APP} {self.settings.environment}'
        return _found(title, [(words, statistic)])

    def _own(self, title: str, deployment: str) -> cloudwatch.GraphWidget:
        metrics, more, statistic = OWN[title]
        schema = ",".join((SCORING_NAMESPACE, DEPLOYMENT_DIMENSION, SERVICE_DIMENSION, *more))
        return _found(title, [(f'{{{schema}}} MetricName="{name}" {DEPLOYMENT_DIMENSION}="{deployment}"', statistic) for name in metrics])


def _found(title: str, searches: list[tuple[str, str]]) -> cloudwatch.GraphWidget:
    """A graph of every metric that the searches (words, statistic) find."""
    expressions = [f"SEARCH('{words}', '{statistic}', {PERIOD.to_seconds():.0f})" for words, statistic in searches]
    lines = [cloudwatch.MathExpression(expression=each, using_metrics={}, label="", period=PERIOD) for each in expressions]
    return cloudwatch.GraphWidget(title=title, width=12, left=lines)
