"""Stage A of large files: a SageMaker Processing job that runs the very code of the function, and the function that starts and asks it."""

from aws_cdk import Duration, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from lambdas import stage_job
from omnichannel.contracts import zones
from omnichannel.contracts.deployment import APP
from omnichannel.contracts.environment.onboarding import StageJobEnv
from omnichannel.onboarding.job import JOB
from pipelines.requests import Request
from pipelines.requests.processing import WORK, input_folder, output_folder, processing
from stacks import images
from stacks.components import asl, grants, job_role
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.pipeline import code_bundle, wheels_bundle
from stacks.components.trust import trusted
from stacks.components.wheels import MISSING, fetched
from stacks.foundation import Foundation

JOB_HOURS = 6
NAME_LENGTH = 63
"""Of a processing job."""


class StageJobs(Construct):
    """`function` starts a job and tells how it stands; `states` are the steps of the state machine around it."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        stack = Capability.holding(self)
        found = () if stack.settings.in_sandbox else fetched()
        if not found and not stack.settings.in_sandbox:
            Validations.of(self).add_warning("omni:no-wheels", MISSING)
        self._code = assets.Asset(self, "Code", path=str(code_bundle()))
        self._wheels = assets.Asset(self, "Wheels", path=str(wheels_bundle(found)))
        self.prefix = f"{APP}-{stack.settings.environment}-stage-"
        self.role = self._role(stack, base)
        self.function = self._function(stack, base)

    def states(self, *, then: str, refused: object) -> asl.States:
        """Start, wait, ask; the answer goes on to `then` as the function's would, a failure to `DeadLetter` with `refused`."""
        caught = asl.catch("DeadLetter", output=refused)
        name = f"{{% $substring('{self.prefix}' & $states.context.Execution.Name, 0, {NAME_LENGTH}) %}}"
        begin = {"action": "start", "job": name, "landed": "{% $states.context.Execution.Input %}"}
        return {
            "StartJob": asl.invoke(self.function, payload=begin, Catch=caught, Next="JobRuns"),
            "JobRuns": asl.wait(then="HowIsJob"),
            "HowIsJob": asl.invoke(
                self.function, payload={"action": "describe", "job": "{% $states.input.job %}"}, Catch=caught, Next="JobEnded?"
            ),
            "JobEnded?": asl.choice(("$states.input.status = 'Completed'", "JobAnswer"), otherwise="JobRuns"),
            "JobAnswer": {"Type": "Pass", "Output": "{% $states.input.staged %}", "Next": then},
        }

    def _role(self, stack: Capability, base: Foundation) -> iam.Role:
        role = iam.Role(self, "JobRole", assumed_by=trusted(self, "sagemaker.amazonaws.com"))
        let_stage(role, base)
        grants.read_objects(role, base.buckets.lake, f"{zones.STAGE_JOBS}/")
        grants.write_objects(role, base.buckets.lake, f"{zones.STAGE_JOBS}/")
        job_role.let_run(role, stack, tags=(images.PROCESSING_TAG,), code=(self._code, self._wheels))
        return role

    def _function(self, stack: Capability, base: Foundation) -> Function:
        lake = base.buckets.lake
        function = Function(
            self,
            "StageJob",
            entry=stage_job.handler,
            env=StageJobEnv(lake_bucket=lake.bucket_name, request=Stack.of(self).to_json_string(self._request(stack, base))),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=Duration.seconds(60),
        )
        grants.write_objects(function.role, lake, f"{zones.STAGE_JOBS}/")
        grants.read_objects(function.role, lake, f"{zones.STAGE_JOBS}/")
        grants.named(
            function.role,
            ("sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob"),
            stack.format_arn(service="sagemaker", resource="processing-job", resource_name=f"{self.prefix}*"),
            reason="the jobs that this function starts, which are named by the executions that ask for them",
        )
        grants.pass_role(function.role, self.role, "sagemaker.amazonaws.com")
        # A job that is started before its role may do its work fails.
        function.function.node.add_dependency(self.role.node.find_child("DefaultPolicy"))
        return function

    def _request(self, stack: Capability, base: Foundation) -> Request:
        lake = f"s3://{base.buckets.lake.bucket_name}"
        names = {
            "--lake-bucket": base.buckets.lake.bucket_name,
            "--quarantine-bucket": base.buckets.quarantine.bucket_name,
            "--history-table": base.tables.history.table_name,
            "--order": input_folder("order"),
            "--answer": output_folder("answer"),
            "--work": f"{WORK}/stage",
        }
        request = processing(
            image=stack.settings.processing_image_uri,
            role=self.role.role_arn,
            instance=stack.settings.instance_type,
            code=self._code.s3_object_url,
            wheels=self._wheels.s3_object_url,
            module="pipelines.steps.stage_file",
            arguments=[part for pair in names.items() for part in pair],
            inputs={"order": f"{lake}/{zones.stage_job_order(JOB)}"},
            outputs={"answer": f"{lake}/{zones.stage_job_answer(JOB)}"},
        )
        return {**request, "StoppingCondition": {"MaxRuntimeInSeconds": JOB_HOURS * 3600}}


def let_stage(role: iam.IRole, base: Foundation) -> None:
    """What stage A reads and writes, in a function or in a job; refused rows are read again when they are taken up again."""
    grants.read_versions(role, base.buckets.landing, "")
    grants.write_objects(role, base.buckets.lake, f"{zones.STAGING}/")
    grants.read_objects(role, base.buckets.quarantine, "")
    grants.write_objects(role, base.buckets.quarantine, "")
    grants.items(role, base.tables.history, "GetItem", "PutItem", "UpdateItem")
