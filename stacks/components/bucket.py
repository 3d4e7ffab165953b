"""Buckets as we make them: encrypted, versioned, private, TLS only, logged, and telling EventBridge what arrives."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from omnichannel.contracts.privacy import UNFINISHED_UPLOAD_DAYS

OLD_VERSIONS_DAYS = 30
ACCESS_LOG_DAYS = 90
DAYS_OF_A_YEAR = 366
"""Of a leap year, so that a lock never ends early."""


class Bucket(s3.Bucket):
    """A private bucket. `expire` maps key prefixes to the days after which what lies there goes.

    With `locked_years` nobody can change or delete what lies there before that time, but whoever may lift a lock (governance mode);
    afterwards it goes by itself.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        key: kms.IKey,
        access_logs: s3.IBucket,
        removal: RemovalPolicy,
        announces: bool = False,
        expire: dict[str, int] | None = None,
        locked_years: int = 0,
    ) -> None:
        locked = Duration.days(DAYS_OF_A_YEAR * locked_years) if locked_years else None
        super().__init__(
            scope,
            id,
            object_lock_default_retention=s3.ObjectLockRetention.governance(locked) if locked else None,
            encryption=s3.BucketEncryption.KMS,
            encryption_key=key,
            bucket_key_enabled=True,
            versioned=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=access_logs,
            server_access_logs_prefix=f"{id.lower()}/",
            # What is locked cannot be deleted, and a stack that tries fails.
            removal_policy=RemovalPolicy.RETAIN if locked else removal,
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=Duration.days(OLD_VERSIONS_DAYS),
                    abort_incomplete_multipart_upload_after=Duration.days(UNFINISHED_UPLOAD_DAYS),
                ),
                *((s3.LifecycleRule(expiration=Duration.days(locked.to_days() + 1)),) if locked else ()),
                *(s3.LifecycleRule(prefix=prefix, expiration=Duration.days(days)) for prefix, days in (expire or {}).items()),
            ],
        )
        if announces:
            # The L2's own switch brings a custom resource with a function and wide rights for what is one property.
            self.node.default_child.add_property_override(  # type: ignore[union-attr]
                "NotificationConfiguration", {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
            )


class AccessLogBucket(s3.Bucket):
    """Receives the access logs of the other buckets. S3 delivers logs only to buckets with its own encryption."""

    def __init__(self, scope: Construct, id: str, *, removal: RemovalPolicy) -> None:
        super().__init__(
            scope,
            id,
            encryption=s3.BucketEncryption.S3_MANAGED,
            versioned=True,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            removal_policy=removal,
            lifecycle_rules=[
                s3.LifecycleRule(
                    expiration=Duration.days(ACCESS_LOG_DAYS),
                    noncurrent_version_expiration=Duration.days(1),
                    abort_incomplete_multipart_upload_after=Duration.days(UNFINISHED_UPLOAD_DAYS),
                )
            ],
        )
