"""Messaging adapter `pinpoint`: import files, one import job a run, and then the playbook's segments, campaigns and journeys."""

from aws_cdk import Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_pinpoint as pinpoint
from constructs import Construct

from lambdas import pinpoint_bridge
from omnichannel.activation.pinpoint_adapter import COMPLETED, FAILED
from omnichannel.activation.pinpoint_sendings import OURS
from omnichannel.contracts import zones
from omnichannel.contracts.environment.sinks import PinpointBridgeEnv
from omnichannel.contracts.ledger import Sink
from stacks.components import asl, grants
from stacks.components.acknowledge import acknowledge
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.trust import trusted
from stacks.foundation import Foundation
from stacks.sinks.bridge import DONE, EVERY, NOT_DELIVERED, PART, PART_INPUT, RUN, import_prefixes, message_bridge, message_env

IMPORT = (
    "mobiletargeting:CreateImportJob",
    "mobiletargeting:GetImportJob",
    "mobiletargeting:GetEndpoint",
    "mobiletargeting:UpdateEndpointsBatch",
)
ARRANGE = (
    "mobiletargeting:GetSegments",
    "mobiletargeting:CreateSegment",
    "mobiletargeting:DeleteSegment",
    "mobiletargeting:GetCampaigns",
    "mobiletargeting:CreateCampaign",
    "mobiletargeting:DeleteCampaign",
    "mobiletargeting:ListJourneys",
    "mobiletargeting:CreateJourney",
    "mobiletargeting:UpdateJourneyState",
)
PINPOINT_ENDED = "Amazon Pinpoint ended on 2026-10-30: its API answers no more; messaging=file writes the same audience as files"
TEMPLATES = ("mobiletargeting:GetEmailTemplate", "mobiletargeting:CreateEmailTemplate")
BUSY = ("TooManyRequestsException", "InternalServerErrorException", "ReadTimeoutError", "ConnectTimeoutError", "EndpointConnectionError")
"""Errors of a Pinpoint that is to be asked again; what it did meanwhile is found by its name."""


def endpoints(application: str) -> tuple[str, str]:
    """ARNs of an application's endpoints: all of them, as an update of a batch asks for, and each."""
    return f"{application}/endpoints", f"{application}/endpoints/*"


class Pinpoint(Construct):
    """Messaging adapter `pinpoint`: an import file a part, then one import job for the run."""

    sink = Sink.PINPOINT

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.application = pinpoint.CfnApp(self, "Application", name=f"{scope.stack_name}-messaging")
        self._warn()
        self.import_role = iam.Role(self, "ImportRole", assumed_by=trusted(self, "pinpoint.amazonaws.com"))
        files = zones.messaging_files(EVERY, self.sink)
        grants.read_objects(self.import_role, base.buckets.lake, files)
        grants.allow(self.import_role, ("s3:GetBucketLocation",), base.buckets.lake.bucket_arn)
        env = PinpointBridgeEnv(**message_env(base), application_id=self.application.ref, import_role_arn=self.import_role.role_arn)
        self.function = message_bridge(self, "PinpointBridge", base, sink=self.sink, entry=pinpoint_bridge.handler, env=env)
        grants.read_objects(self.function.role, base.buckets.lake, *import_prefixes(self.sink))
        grants.write_objects(self.function.role, base.buckets.lake, files, *import_prefixes(self.sink))
        self._let_import()
        self._let_arrange()
        self.functions = [self.function]

    def _warn(self) -> None:
        """Say once, in our words, what the validators say about the resource type."""
        Validations.of(self).add_warning("omni:pinpoint-ended", PINPOINT_ENDED)
        acknowledge(self.application, "CloudFormation-Validate::W3696", PINPOINT_ENDED)
        self.application.add_metadata("cfn-lint", {"config": {"ignore_checks": ["W3696"]}})

    def _let_import(self) -> None:
        role, application = self.function.role, self.application.attr_arn
        grants.named(
            role,
            IMPORT,
            application,
            f"{application}/jobs/*",
            *endpoints(application),
            reason="Pinpoint names what is made in it, in one application",
        )
        grants.pass_role(role, self.import_role, "pinpoint.amazonaws.com")

    def let_update(self, function: Function) -> None:
        """Lets a function update endpoints, and look whether they are there."""
        arn = self.application.attr_arn
        reason = "Pinpoint names what is made in it, in one application"
        asked = ("mobiletargeting:GetEndpoint", "mobiletargeting:UpdateEndpointsBatch")
        grants.named(function.role, asked, arn, *endpoints(arn), reason=reason)

    def _let_arrange(self) -> None:
        role, application = self.function.role, self.application.attr_arn
        kinds = ("segments", "campaigns", "journeys")
        templates = Stack.of(self).format_arn(
            service="mobiletargeting", resource="templates", resource_name=f"{OURS}{self.application.ref}-*/EMAIL"
        )
        grants.named(
            role,
            ARRANGE,
            application,
            *(f"{application}/{kind}" for kind in kinds),
            *(f"{application}/{kind}/*" for kind in kinds),
            reason="Pinpoint names what is made in it, in one application",
        )
        grants.named(role, TEMPLATES, templates, reason="e-mail templates belong to the account; ours have the application in their names")

    @property
    def branch(self) -> tuple[str, asl.States]:
        """A file for every part, then the job, polled until it has ended, then what is sent; what fails there changes no outcome."""
        send = asl.invoke(self.function, payload={**PART_INPUT, "action": "send"}, output=DONE)
        taken, failed = (f"$states.input.status = '{status}'" for status in (COMPLETED, FAILED))
        step = {"Assign": {"job": "{% $states.result.Payload.job_id %}"}}
        caught = asl.catch("NotImported", output=NOT_DELIVERED)
        arrange = {**RUN, "action": "campaigns", "job_id": "{% $job %}"}
        again = [*asl.wait_for_concurrency(), *asl.retry(), *asl.retry(*BUSY)]
        return "ToPinpoint", {
            "ToPinpoint": asl.each(
                "{% $states.input.parts %}",
                "WriteImportFile",
                {"WriteImportFile": send},
                at_once=1,
                selector=PART,
                Output=DONE,
                Catch=caught,
                Next="Import",
            ),
            "Import": asl.invoke(self.function, payload={**RUN, "action": "start"}, Catch=caught, Next="Importing", **step),
            "Importing": asl.wait(then="HowFar"),
            "HowFar": asl.invoke(self.function, payload={**RUN, "action": "poll", "job_id": "{% $job %}"}, Catch=caught, Next="Imported?"),
            "Imported?": asl.choice((taken, "Campaigns"), (failed, "Imported"), otherwise="Importing"),
            "Campaigns": asl.invoke(
                self.function, payload=arrange, Retry=again, Catch=asl.catch("NotArranged", output=NOT_DELIVERED), Next="Imported"
            ),
            "NotArranged": {"Type": "Succeed"},
            "Imported": {"Type": "Succeed"},
            "NotImported": {"Type": "Succeed"},
        }
