"""Review before activation: the scores of a run against the last approved ones, and a person where the tolerances do not decide."""

from pathlib import Path
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from lambdas import review_api, review_gate, review_scores
from omnichannel.contracts import zones
from omnichannel.contracts.environment.review import ReviewApiEnv, ReviewGateEnv, ReviewScoresEnv
from omnichannel.contracts.metrics import DRIFTED, MODEL_DIMENSION, RUNS_WAITING, SCORE_DRIFT, SCORING_NAMESPACE, WORST_FEATURE_DRIFT
from omnichannel.contracts.reviews import WAIT_SECONDS
from omnichannel.contracts.scores import Model
from omnichannel.contracts.sources import DEPLOYMENT_DIMENSION, SERVICE_DIMENSION
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, filled, read
from omnichannel.review.tolerances import BadTolerances, Tolerances
from stacks.components import asl, grants
from stacks.components.capability import Capability
from stacks.components.function import Function, service_name
from stacks.components.http_api import HttpApi
from stacks.components.packages import Kind
from stacks.foundation import Foundation
from stacks.settings import SettingsError

TIMEOUT = Duration.minutes(15)
MEMORY_MB, QUERIES_MB, DISK_MIB = 3072, 1536, 10_240
"""The disk holds the parts of two runs of two models, and what the queries put aside."""
API_TIMEOUT = Duration.seconds(29)
"""HTTP APIs wait 30 s; an approval may have to read the scores that were written again."""
RUN = {"run": "{% $states.context.Execution.Input.run %}"}
ANSWERS = ("states:SendTaskSuccess", "states:SendTaskFailure")
ANSWERING = "task tokens belong to no resource in AWS's reference: a token, which only a review holds, is the right to answer it"
PERIOD = Duration.minutes(5)


def tolerances(folder: Path = FOLDER) -> Tolerances:
    """What `playbook/review.yaml` says; raises `SettingsError` with the place that cannot be meant."""
    try:
        return filled(Tolerances, read("review", folder), "review.yaml")
    except (UnusablePlaybook, BadTolerances) as wrong:
        raise SettingsError(str(wrong)) from wrong


class Review(Construct):
    """The head of an activation: `states` go from `start` to `then`, or end the execution by the name of what became of the review."""

    start = "Review"

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.scores = self._scores(base)
        self.gate = self._gate(base)
        self.functions = [self.scores, self.gate]
        self._alarms(base)

    def states(self, *, then: str) -> dict[str, asl.State]:
        """Within tolerances on at once; else a person, for as long as a run may wait."""
        return {
            "Review": asl.invoke(self.scores, Next="Decided?"),
            "Decided?": asl.choice(("$states.input.status = 'waiting'", "WaitForApproval"), otherwise="SameScores"),
            "WaitForApproval": self._wait(),
            "NobodyDecided": asl.invoke(self.gate, payload={"action": "settle", **RUN}, Next="SameScores"),
            "SameScores": asl.invoke(self.gate, payload={"action": "check", **RUN}, Next=then),
        }

    def _wait(self) -> asl.State:
        """A decision that came as the time ran out counts: settling reads the review, and the review is the truth."""
        token: dict[str, Any] = {"action": "wait", **RUN, "token": "{% $states.context.Task.Token %}"}
        state = asl.invoke(self.gate, payload=token, output="{% $states.result %}", Next="SameScores")
        return {
            **state,
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "TimeoutSeconds": WAIT_SECONDS,
            # Not after the time-out, which the usual retry would begin anew.
            "Retry": [*asl.wait_for_concurrency(), *asl.retry(*(error for error in asl.TRANSIENT if error != "States.Timeout"))],
            "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "NobodyDecided"}],
        }

    def _scores(self, base: Foundation) -> Function:
        lake, table = base.buckets.lake, base.tables.reviews
        function = Function(
            self,
            "ReviewScores",
            entry=review_scores.handler,
            env=ReviewScoresEnv(
                lake_bucket=lake.bucket_name,
                reviews_table=table.table_name,
                tolerances=tolerances().to_json(),
                approval=Capability.holding(self).settings.approval_by.value,
                deployment=base.database,
                memory_mb=str(QUERIES_MB),
            ),
            kind=Kind.STAGE,
            key=base.message_key,
            timeout=TIMEOUT,
            memory=MEMORY_MB,
            disk=DISK_MIB,
        )
        grants.read_objects(function.role, lake, f"{zones.SCORES}/")
        grants.write_objects(function.role, lake, f"{zones.ACTIVATION}/")
        grants.items(function.role, table, "GetItem", "PutItem", "UpdateItem", "Scan")
        grants.anything(function.role, *ANSWERS, reason=ANSWERING)
        return function

    def _gate(self, base: Foundation) -> Function:
        lake, table = base.buckets.lake, base.tables.reviews
        function = Function(
            self,
            "ReviewGate",
            entry=review_gate.handler,
            env=ReviewGateEnv(lake_bucket=lake.bucket_name, reviews_table=table.table_name),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=TIMEOUT,
            memory=1024,
        )
        grants.read_objects(function.role, lake, f"{zones.SCORES}/")
        grants.items(function.role, table, "GetItem", "UpdateItem", "Scan")
        grants.anything(function.role, *ANSWERS, reason=ANSWERING)
        return function

    def _alarms(self, base: Foundation) -> None:
        self._alarm(base, "Waiting", RUNS_WAITING, 1, "Scores wait for a person's approval; omni scores list says which")
        for model in Model:
            words = f"drifted since training of the {model} model; omni scores review RUN shows how"
            title = model.value.capitalize()
            self._alarm(base, f"{title}Scores", SCORE_DRIFT, DRIFTED, f"The scores have {words}", {MODEL_DIMENSION: model.value})
            self._alarm(base, f"{title}Features", WORST_FEATURE_DRIFT, DRIFTED, f"A feature has {words}", {MODEL_DIMENSION: model.value})

    def _alarm(self, base: Foundation, id: str, metric: str, threshold: float, says: str, more: dict[str, str] | None = None) -> None:
        service = service_name(review_scores.handler)
        cloudwatch.Metric(
            namespace=SCORING_NAMESPACE,
            metric_name=metric,
            dimensions_map={DEPLOYMENT_DIMENSION: base.database, SERVICE_DIMENSION: service, **(more or {})},
            statistic="Maximum",
            period=PERIOD,
        ).create_alarm(
            self,
            id,
            alarm_description=says,
            threshold=threshold,
            evaluation_periods=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


class Decisions(Construct):
    """The reviews API: reading and deciding are different routes, so that a policy can allow the one without the other."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        lake, table = base.buckets.lake, base.tables.reviews
        self.function = Function(
            self,
            "ReviewApi",
            entry=review_api.handler,
            env=ReviewApiEnv(lake_bucket=lake.bucket_name, reviews_table=table.table_name),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=API_TIMEOUT,
            memory=1024,
        )
        grants.read_objects(self.function.role, lake, f"{zones.SCORES}/")
        grants.items(self.function.role, table, "GetItem", "UpdateItem", "Scan")
        grants.anything(self.function.role, *ANSWERS, reason=ANSWERING)
        self.api = HttpApi(
            self,
            "Api",
            function=self.function,
            method=apigateway.HttpMethod.GET,
            path="/reviews",
            more=("/reviews/{run}",),
            posts=("/reviews/{run}/approve", "/reviews/{run}/reject"),
            key=base.message_key,
            authorizer=authorizers.HttpIamAuthorizer(),
        )
