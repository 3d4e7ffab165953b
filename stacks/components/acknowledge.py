"""Findings of cdk-nag that we keep, each with its reason, as narrow as the finding."""

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct


def acknowledge(construct: IConstruct, finding: str, reason: str) -> None:
    """Keep one finding on one construct."""
    Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))


def acknowledge_resources(construct: IConstruct, resource: str, reason: str) -> None:
    """Keep the finding that a statement of this construct's role allows `resource`, which ends in a wildcard."""
    acknowledge(construct, f"AwsSolutions-IAM5[Resource::{_flat(Stack.of(construct).resolve(resource))}]", reason)


def _flat(value: object) -> str:
    """A resolved value the way cdk-nag writes it in a finding."""
    match value:
        case str():
            return value
        case {"Fn::Join": [str(delimiter), list(parts)]}:
            return delimiter.join(_flat(part) for part in parts)
        case {"Fn::GetAtt": [str(resource), str(attribute)]}:
            return f"<{resource}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return _flat(name)
        case {"Ref": str(name)}:
            return f"<{name}>"
        case _:
            raise TypeError(f"cannot write {value!r} as cdk-nag does")
