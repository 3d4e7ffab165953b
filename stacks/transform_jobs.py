"""Transformations on Spark: the SageMaker Processing job that takes over when trusted tables outgrow a function, and its states.

`function` measures, starts and asks; `states` are the steps of a state machine around one job. What a job made is taken by
`omnichannel.transform.job.take`.
"""

from collections.abc import Sequence

from aws_cdk import Duration, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from lambdas import transform_job
from omnichannel.contracts import zones
from omnichannel.contracts.deployment import APP
from omnichannel.contracts.environment.customers import TransformJobEnv
from omnichannel.transform.job import AS_OF, JOB, TABLES
from pipelines.requests import Request
from pipelines.requests.processing import processing
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
STARTED = "{% $states.context.Execution.StartTime %}"
"""The moment of everything that one execution makes."""


class TransformJobs(Construct):
    """A processing job on Spark for whatever transformations a state machine names."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        stack = Capability.holding(self)
        found = () if stack.settings.in_sandbox else fetched()
        if not found and not stack.settings.in_sandbox:
            Validations.of(self).add_warning("omni:no-wheels", MISSING)
        self._code = assets.Asset(self, "Code", path=str(code_bundle()))
        self._wheels = assets.Asset(self, "Wheels", path=str(wheels_bundle(found)))
        self._prefix = f"{APP}-{stack.settings.environment}-transform-"
        self.role = self._role(stack, base)
        self.function = self._function(stack, base)

    def measure(self, names: Sequence[str], *, large: str, small: str) -> asl.States:
        """`Measure` and `Large?`: how big the tables are that those transformations read, and where to go then."""
        return {
            "Measure": asl.invoke(self.function, payload={"action": "measure", "names": list(names)}, Next="Large?"),
            "Large?": asl.choice(("$states.input.large", large), otherwise=small),
        }

    def states(self, title: str, names: Sequence[str], *, then: str) -> asl.States:
        """`Start<title>`, and waiting until the job `job(title)` has made those transformations, as of the execution's start."""
        begin = {"action": "start", "job": self.job(title), "names": list(names), "as_of": STARTED}
        ask = {"action": "describe", "job": self.job(title)}
        return {
            f"Start{title}": asl.invoke(self.function, payload=begin, Next=f"{title}Run"),
            f"{title}Run": asl.wait(then=f"HowAre{title}"),
            f"HowAre{title}": asl.invoke(self.function, payload=ask, Next=f"{title}Made?"),
            f"{title}Made?": asl.choice(("$states.input.status = 'Completed'", then), otherwise=f"{title}Run"),
        }

    def job(self, title: str) -> str:
        """The name of an execution's job, as an expression: unlike any other's, and the same when a step is tried again."""
        end = f"-{title.lower()}"
        return f"{{% $substring('{self._prefix}' & $states.context.Execution.Name, 0, {NAME_LENGTH - len(end)}) & '{end}' %}}"

    def _role(self, stack: Capability, base: Foundation) -> iam.Role:
        role = iam.Role(self, "JobRole", assumed_by=trusted(self, "sagemaker.amazonaws.com"))
        lake, results = base.buckets.lake, zones.transformed("")[:-1]
        grants.read_objects(role, lake, f"{zones.TRUSTED}/", results)
        grants.write_objects(role, lake, results)
        # Spark writes into a folder of its own beside the results, and takes it away in the end.
        grants.allow(role, ("s3:DeleteObject",), lake.arn_for_objects(f"{results}*"))
        grants.catalog(role, base.database, "*")
        job_role.let_run(role, stack, tags=(images.SPARK_TAG,), code=(self._code, self._wheels))
        return role

    def _function(self, stack: Capability, base: Foundation) -> Function:
        function = Function(
            self,
            "TransformJob",
            entry=transform_job.handler,
            env=TransformJobEnv(
                glue_database=base.database,
                threshold_bytes=str(int(stack.settings.spark_threshold_gigabytes) * 10**9),
                request=Stack.of(self).to_json_string(self._request(stack, base)),
            ),
            kind=Kind.VIEW,
            key=base.message_key,
            timeout=Duration.seconds(60),
        )
        # It reads the tables' metadata, which lie beside their data.
        grants.read_objects(function.role, base.buckets.lake, f"{zones.TRUSTED}/")
        grants.catalog(function.role, base.database, "*")
        grants.named(
            function.role,
            ("sagemaker:CreateProcessingJob", "sagemaker:DescribeProcessingJob"),
            stack.format_arn(service="sagemaker", resource="processing-job", resource_name=f"{self._prefix}*"),
            reason="the jobs that this function starts, which are named by the executions that ask for them",
        )
        grants.pass_role(function.role, self.role, "sagemaker.amazonaws.com")
        # A job that is started before its role may do its work fails.
        function.function.node.add_dependency(self.role.node.find_child("DefaultPolicy"))
        return function

    def _request(self, stack: Capability, base: Foundation) -> Request:
        settings = stack.settings
        arguments = {
            "--engine": "spark",
            "--glue-database": base.database,
            "--as-of": AS_OF,
            "--tables": TABLES,
            "--output": f"s3://{base.buckets.lake.bucket_name}/{zones.transformed(JOB)}",
        }
        request = processing(
            image=settings.spark_image_uri,
            role=self.role.role_arn,
            instance=settings.spark_instance_type,
            instances=int(settings.spark_instances),
            code=self._code.s3_object_url,
            wheels=self._wheels.s3_object_url,
            module="pipelines.steps.transform",
            arguments=[part for pair in arguments.items() for part in pair],
            inputs={},
            outputs={},
        )
        return {**request, "StoppingCondition": {"MaxRuntimeInSeconds": JOB_HOURS * 3600}}
