"""The base of every stack: its name, tags, region and outputs follow the contracts."""

from dataclasses import fields
from typing import Self

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack, Tags
from aws_cdk.aws_logs import RetentionDays
from constructs import Construct, IConstruct

from omnichannel.contracts.deployment import APP, Deployment, output_id, stack_name
from stacks.settings import Settings

_FIELDS = {f.name for f in fields(Deployment)}

RETENTION: dict[int, RetentionDays] = {
    7: RetentionDays.ONE_WEEK,
    14: RetentionDays.TWO_WEEKS,
    30: RetentionDays.ONE_MONTH,
    365: RetentionDays.ONE_YEAR,
}


class Capability(Stack):
    """One stack of the app. `capability` is one of `CAPABILITIES`, which is also the order of dependencies."""

    def __init__(self, scope: Construct, settings: Settings, capability: str, description: str) -> None:
        super().__init__(
            scope,
            capability,
            stack_name=stack_name(settings.environment, capability),
            description=description,
            env=Environment(region=settings.region),
            termination_protection=settings.policy.deletion_protection,
            analytics_reporting=False,
        )
        self.settings = settings
        self.capability = capability
        for key, value in (("app", APP), ("environment", settings.environment), ("capability", capability)):
            Tags.of(self).add(key, value)

    @classmethod
    def holding(cls, construct: IConstruct) -> Self:
        """The stack of ours that a construct is in."""
        stack = Stack.of(construct)
        if not isinstance(stack, cls):
            raise TypeError(f"{construct.node.path} is not in one of our stacks")
        return stack

    @property
    def log_retention(self) -> RetentionDays:
        """How long this environment keeps logs."""
        return RETENTION[self.settings.policy.log_retention_days]

    @property
    def removal(self) -> RemovalPolicy:
        """What becomes of what holds data when the stack goes."""
        return RemovalPolicy.RETAIN if self.settings.policy.retain_data else RemovalPolicy.DESTROY

    def tell(self, **outputs: str) -> None:
        """Write outputs named by fields of `Deployment`."""
        for field, value in outputs.items():
            if field not in _FIELDS:
                raise LookupError(f"{field!r} is no field of Deployment; expected one of {', '.join(sorted(_FIELDS))}")
            CfnOutput(self, output_id(field), value=value)
