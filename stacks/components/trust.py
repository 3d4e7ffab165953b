"""Who may assume a role: a service, and only on behalf of this account; and who may add to what a role can do."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import IConstruct


def trusted(scope: IConstruct, service: str) -> iam.PrincipalBase:
    """A service principal that cannot be made a confused deputy by another account."""
    account = Stack.of(scope).account
    return iam.ServicePrincipal(service).with_conditions({"StringEquals": {"aws:SourceAccount": account}})


def fixed(role: iam.Role) -> iam.IRole:
    """The role as something to run as, which no construct adds rights to: every right is one of `grants`."""
    return iam.Role.from_role_arn(role, "Fixed", role.role_arn, mutable=False)
