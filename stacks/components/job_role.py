"""What the role of a SageMaker job needs beside its data: its image, its code, its log, its metrics."""

from aws_cdk import ArnFormat
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3_assets as assets

from stacks import images
from stacks.components import grants
from stacks.components.capability import Capability

ASKS_FOR_ALL = "a registry token, and job metrics by namespace, know no resources"


def let_run(role: iam.Role, stack: Capability, *, tags: tuple[str, ...], code: tuple[assets.Asset, ...]) -> None:
    """Allow a job in images of those tags to start with its code, to log, and to report metrics."""
    for asset in code:
        grants.allow(role, ("s3:GetObject",), asset.bucket.arn_for_objects(asset.s3_object_key))
        grants.allow(role, ("s3:ListBucket",), asset.bucket.bucket_arn, conditions={"StringLike": {"s3:prefix": asset.s3_object_key}})
    _let_use_images(role, stack, tags)
    _let_log(role, stack)


def _let_use_images(role: iam.Role, stack: Capability, tags: tuple[str, ...]) -> None:
    """SageMaker's images lie in AWS's own registries."""
    region = stack.settings.region
    repositories = [
        stack.format_arn(service="ecr", account=images.account(region, tag), resource="repository", resource_name=tag.partition(":")[0])
        for tag in tags
    ]
    grants.allow(role, ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"), *repositories)
    grants.anything(role, "ecr:GetAuthorizationToken", reason=ASKS_FOR_ALL)


def _let_log(role: iam.Role, stack: Capability) -> None:
    grants.named(
        role,
        ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"),
        stack.format_arn(service="logs", resource="log-group", resource_name="/aws/sagemaker/*", arn_format=ArnFormat.COLON_RESOURCE_NAME),
        reason="SageMaker names the log groups and streams of its jobs",
    )
    grants.anything(
        role,
        "cloudwatch:PutMetricData",
        reason=ASKS_FOR_ALL,
        conditions={"StringLike": {"cloudwatch:namespace": "/aws/sagemaker/*"}},
    )
