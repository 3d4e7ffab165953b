"""Sinks: where an audience goes, each with its function and the branch of the activation state machine that feeds it."""

from aws_cdk import Duration, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_pinpoint as pinpoint
from constructs import Construct

from lambdas import file_bridge, pinpoint_bridge, segment_bridge
from omnichannel.contracts import zones
from omnichannel.contracts.environment import Env, FileBridgeEnv, PinpointBridgeEnv, SegmentBridgeEnv
from omnichannel.contracts.ledger import Sink
from stacks.components import asl, grants
from stacks.components.acknowledge import acknowledge
from stacks.components.capability import Capability
from stacks.components.function import Function, Handler
from stacks.components.packages import Kind
from stacks.components.secret import Secret
from stacks.components.trust import trusted
from stacks.foundation import Foundation
from stacks.settings import PINPOINT_ENDED

BRIDGE_TIMEOUT = Duration.minutes(14)

RUN = {"run": "{% $states.context.Execution.Input.run %}", "as_of": "{% $states.context.Execution.Input.as_of %}"}
PART = {**RUN, "part": "{% $states.context.Map.Item.Value %}"}
PART_INPUT = {name: f"{{% $states.input.{name} %}}" for name in PART}
# A sink that took nothing does not stop the other one; the ledger counts what is missing and ends the execution as failed.
NOT_DELIVERED = {"done": False, "error": "{% $states.errorOutput.Error %}"}
AGAIN = asl.retry("SinkUnavailable", "OutOfTime", attempts=8)


class Segment(Construct):
    """Traits to Segment, one audience part a call."""

    sink = Sink.SEGMENT

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        settings = scope.settings
        self.secret = Secret(
            self,
            "WriteKey",
            key=base.data_key,
            description="The write key of the Segment source, as text or as JSON under write_key",
            not_rotated_because="Segment issues the key; who changes it there puts the new one here",
        )
        self.function = bridge(
            self,
            "SegmentBridge",
            base,
            entry=segment_bridge.handler,
            env=SegmentBridgeEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                customers_table=base.tables.customers.table_name,
                sent_table=base.tables.sent.table_name,
                segment_secret=self.secret.arn,
                segment_endpoint=settings.segment_url,
                events_per_second=settings.segment_events_per_second,
            ),
        )
        grants.read_secret(self.function.role, self.secret)
        self.functions = [self.function]

    @property
    def branch(self) -> tuple[str, asl.States]:
        """Every part to Segment, one after the other: the rate is Segment's, not ours."""
        deliver = asl.invoke(self.function, Catch=asl.catch("SegmentPartNotSent", output=NOT_DELIVERED), Next="SegmentPartSent")
        deliver["Retry"] = AGAIN + deliver["Retry"]
        states = {"SendPart": deliver, "SegmentPartSent": {"Type": "Succeed"}, "SegmentPartNotSent": {"Type": "Succeed"}}
        return "ToSegment", {"ToSegment": asl.each("{% $states.input.parts %}", "SendPart", states, at_once=1, selector=PART)}


class Files(Construct):
    """Messaging adapter `file`."""

    sink = Sink.FILE

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.function = bridge(
            self,
            "FileBridge",
            base,
            entry=file_bridge.handler,
            env=FileBridgeEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                customers_table=base.tables.customers.table_name,
                sent_table=base.tables.sent.table_name,
            ),
        )
        grants.write_objects(self.function.role, base.buckets.lake, f"{zones.ACTIVATION}/")
        self.functions = [self.function]

    @property
    def branch(self) -> tuple[str, asl.States]:
        """A file for every part."""
        write = asl.invoke(self.function, Catch=asl.catch("FileNotWritten", output=NOT_DELIVERED), Next="FileWritten")
        states = {"WriteFile": write, "FileWritten": {"Type": "Succeed"}, "FileNotWritten": {"Type": "Succeed"}}
        return "ToFiles", {"ToFiles": asl.each("{% $states.input.parts %}", "WriteFile", states, at_once=1, selector=PART)}


class Pinpoint(Construct):
    """Messaging adapter `pinpoint`: an import file a part, then one import job for the run."""

    sink = Sink.PINPOINT

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.application = pinpoint.CfnApp(self, "Application", name=f"{scope.stack_name}-messaging")
        self._warn()
        self.import_role = iam.Role(self, "ImportRole", assumed_by=trusted(self, "pinpoint.amazonaws.com"))
        grants.read_objects(self.import_role, base.buckets.lake, f"{zones.ACTIVATION}/")
        grants.allow(self.import_role, ("s3:GetBucketLocation",), base.buckets.lake.bucket_arn)
        self.function = bridge(
            self,
            "PinpointBridge",
            base,
            entry=pinpoint_bridge.handler,
            env=PinpointBridgeEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                customers_table=base.tables.customers.table_name,
                sent_table=base.tables.sent.table_name,
                application_id=self.application.ref,
                import_role_arn=self.import_role.role_arn,
            ),
        )
        grants.write_objects(self.function.role, base.buckets.lake, f"{zones.ACTIVATION}/")
        self._let_import()
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
            ("mobiletargeting:CreateImportJob", "mobiletargeting:GetImportJob", "mobiletargeting:GetEndpoint"),
            application,
            f"{application}/jobs/*",
            f"{application}/endpoints/*",
            reason="Pinpoint names import jobs and holds an endpoint a customer, in one application",
        )
        grants.pass_role(role, self.import_role, "pinpoint.amazonaws.com")

    @property
    def branch(self) -> tuple[str, asl.States]:
        """A file for every part, then the job, polled until it has ended."""
        send = asl.invoke(self.function, payload={**PART_INPUT, "action": "send"})
        ended = "$states.input.status in ['COMPLETED', 'FAILED']"
        step = {"Assign": {"job": "{% $states.result.Payload.job_id %}"}}
        caught = asl.catch("NotImported", output=NOT_DELIVERED)
        return "ToPinpoint", {
            "ToPinpoint": asl.each(
                "{% $states.input.parts %}",
                "WriteImportFile",
                {"WriteImportFile": send},
                at_once=1,
                selector=PART,
                Catch=caught,
                Next="Import",
            ),
            "Import": asl.invoke(self.function, payload={**RUN, "action": "start"}, Catch=caught, Next="Importing", **step),
            "Importing": asl.wait(then="HowFar"),
            "HowFar": asl.invoke(self.function, payload={**RUN, "action": "poll", "job_id": "{% $job %}"}, Catch=caught, Next="Imported?"),
            "Imported?": asl.choice((ended, "Imported"), otherwise="Importing"),
            "Imported": {"Type": "Succeed"},
            "NotImported": {"Type": "Succeed"},
        }


def bridge(scope: Construct, id: str, base: Foundation, *, entry: Handler, env: Env) -> Function:
    """What every bridge is and may: read the audience, look customers up, remember what was sent, keep the ledger."""
    function = Function(scope, id, entry=entry, env=env, kind=Kind.LIGHT, key=base.message_key, timeout=BRIDGE_TIMEOUT, memory=1024)
    lake = base.buckets.lake
    grants.read_objects(function.role, lake, f"{zones.ACTIVATION}/", f"{zones.LEDGER}/")
    grants.write_objects(function.role, lake, f"{zones.LEDGER}/")
    grants.items(function.role, base.tables.customers, "BatchGetItem")
    grants.items(function.role, base.tables.sent, "BatchGetItem", "BatchWriteItem")
    return function
