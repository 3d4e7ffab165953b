"""Foundation: everything that holds state — keys, buckets, tables, the catalog, the bus. It depends on nothing."""

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_glue as glue
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from omnichannel.contracts import store, zones
from omnichannel.contracts.deployment import APP
from omnichannel.contracts.privacy import EXPORT_DAYS, PRIVACY
from stacks.components.bucket import AccessLogBucket, Bucket
from stacks.components.capability import Capability
from stacks.components.keys import DataKey, MessageKey
from stacks.settings import Settings

PASSING_DAYS = 30
"""Days that what can be made again is kept: staged files, pipelines' intermediate files, audiences."""

QUERY_RESULT_DAYS = 7
"""Days that results of analysts' queries are kept; they may name persons."""


class Buckets(Construct):
    """The zones of the lake, one bucket each where their readers differ."""

    def __init__(self, scope: Capability, id: str, key: kms.IKey) -> None:
        super().__init__(scope, id)
        logs = AccessLogBucket(self, "AccessLogs", removal=scope.removal)

        def bucket(id: str, *, announces: bool = False, expire: dict[str, int] | None = None, locked_years: int = 0) -> Bucket:
            return Bucket(
                self, id, key=key, access_logs=logs, removal=scope.removal, announces=announces, expire=expire, locked_years=locked_years
            )

        passing = {f"{zone}/": PASSING_DAYS for zone in (zones.STAGING, zones.PIPELINE_RUNS, zones.ACTIVATION)}
        passing[f"{zones.QUERY_RESULTS}/"] = QUERY_RESULT_DAYS
        passing[f"{PRIVACY}/exports/"] = EXPORT_DAYS
        self.landing = bucket("Landing", announces=True, expire={"": int(scope.settings.landing_days)})
        self.lake = bucket("Lake", announces=True, expire=passing)
        self.quarantine = bucket("Quarantine")
        self.artifacts = bucket("Artifacts")
        locked = scope.settings.consent_lock_years
        self.consent_proof = bucket("ConsentProof", locked_years=locked) if locked else None


class Tables(Construct):
    """State in DynamoDB; the keys are those of `omnichannel.contracts.store`."""

    def __init__(self, scope: Capability, id: str, key: kms.IKey) -> None:
        super().__init__(scope, id)
        policy = scope.settings.policy

        def table(id: str, partition: str, sort: str = "", expires: str | None = None) -> dynamodb.Table:
            return dynamodb.Table(
                self,
                id,
                partition_key=dynamodb.Attribute(name=partition, type=dynamodb.AttributeType.STRING),
                sort_key=dynamodb.Attribute(name=sort, type=dynamodb.AttributeType.STRING) if sort else None,
                billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
                encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
                encryption_key=key,
                point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                    point_in_time_recovery_enabled=policy.point_in_time_recovery
                ),
                deletion_protection=policy.deletion_protection,
                time_to_live_attribute=expires,
                removal_policy=scope.removal,
            )

        self.history = table("History", "content_id")
        self.customers = table("Customers", "customer_id")
        self.customers.add_global_secondary_index(
            index_name=store.BY_SEGMENT,
            partition_key=dynamodb.Attribute(name=store.IN_SEGMENT, type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="customer_id", type=dynamodb.AttributeType.STRING),
            projection_type=dynamodb.ProjectionType.KEYS_ONLY,
        )
        self.products = table("Products", "product_id")
        self.sent = table("Sent", "customer_id", "sink")
        self.privacy = table("Privacy", "id")
        self.reviews = table("Reviews", "run")
        self.windows = table("Windows", "who", "rule", expires="expires")


class Foundation(Capability):
    """What every other stack builds on."""

    def __init__(self, scope: Construct, settings: Settings) -> None:
        super().__init__(scope, settings, "foundation", "Keys, buckets, tables, catalog and bus")
        self.data_key = DataKey(self, "DataKey", self.removal)
        self.message_key = MessageKey(self, "MessageKey", self.removal)
        self.buckets = Buckets(self, "Buckets", self.data_key)
        self.tables = Tables(self, "Tables", self.data_key)
        self.database = f"{APP}_{settings.environment}"
        self._catalog()
        self.bus = events.EventBus(self, "Bus", description="Live events of customers, by detail type")
        if settings.personalize_on:
            self._let_personalize_in()
        self._outputs()

    def _let_personalize_in(self) -> None:
        """Personalize reads training data, and writes what batches recommend, in its own name beside its role's: its guide asks for the
        bucket's and the key's consent."""
        here = {"StringEquals": {"aws:SourceAccount": self.account}}
        service = iam.ServicePrincipal("personalize.amazonaws.com")
        lake = self.buckets.lake
        for sid, actions, resource in (
            ("PersonalizeLists", ["s3:ListBucket"], lake.bucket_arn),
            ("PersonalizeReads", ["s3:GetObject"], lake.arn_for_objects(f"{zones.PERSONALIZE}/*")),
            ("PersonalizeWrites", ["s3:PutObject"], lake.arn_for_objects(f"{zones.PERSONALIZE_RECOMMENDED}*")),
        ):
            lake.add_to_resource_policy(
                iam.PolicyStatement(sid=sid, principals=[service], actions=actions, resources=[resource], conditions=here)
            )
        self.data_key.add_to_resource_policy(
            iam.PolicyStatement(
                sid="Personalize", principals=[service], actions=["kms:Decrypt", "kms:GenerateDataKey"], resources=["*"], conditions=here
            )
        )

    def _catalog(self) -> None:
        """The database of the trusted tables, which `omni migrate` makes and evolves."""
        glue.CfnDatabase(
            self,
            "Trusted",
            catalog_id=self.account,
            # Glue lowers names; a generated one would not match what it then calls itself.
            database_input=glue.CfnDatabase.DatabaseInputProperty(
                name=self.database,
                description="Trusted data: Apache Iceberg tables",
                location_uri=f"s3://{self.buckets.lake.bucket_name}/{zones.TRUSTED}/",
            ),
        )

    def _outputs(self) -> None:
        self.tell(
            landing_bucket=self.buckets.landing.bucket_name,
            lake_bucket=self.buckets.lake.bucket_name,
            quarantine_bucket=self.buckets.quarantine.bucket_name,
            artifacts_bucket=self.buckets.artifacts.bucket_name,
            glue_database=self.database,
            history_table=self.tables.history.table_name,
            customers_table=self.tables.customers.table_name,
            products_table=self.tables.products.table_name,
            sent_table=self.tables.sent.table_name,
            privacy_table=self.tables.privacy.table_name,
            reviews_table=self.tables.reviews.table_name,
            windows_table=self.tables.windows.table_name,
            bus_name=self.bus.event_bus_name,
        )
