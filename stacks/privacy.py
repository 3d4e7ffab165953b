"""Privacy: erasure with a certificate and a proof, access, holds. Only its functions may delete versions of what is personal.

A person starts it; nothing else does.
"""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from lambdas import privacy_export, privacy_objects, privacy_proof, privacy_sinks, privacy_state, privacy_subject
from omnichannel.contracts import zones
from omnichannel.contracts.environment.base import Env
from omnichannel.contracts.environment.privacy import (
    PrivacyExportEnv,
    PrivacyObjectsEnv,
    PrivacyProofEnv,
    PrivacySinksEnv,
    PrivacyStateEnv,
    PrivacySubjectEnv,
)  # fmt: skip
from omnichannel.contracts.identity import EVENTS_TABLE, LINKS_TABLE
from omnichannel.contracts.privacy import ERASED_ZONES, HELD_IN, PRIVACY
from omnichannel.contracts.trusted import MAINTENANCE
from stacks.components import asl, grants
from stacks.components.bucket import ACCESS_LOG_DAYS, Bucket
from stacks.components.capability import Capability
from stacks.components.function import Function, Handler
from stacks.components.packages import Kind
from stacks.components.queue import DEAD_LETTERS_KEPT_DAYS, KEPT_DAYS, Queue
from stacks.components.secret import Secret
from stacks.components.state_machine import StateMachine
from stacks.components.trust import trusted
from stacks.erasing import definition
from stacks.foundation import Foundation
from stacks.settings import Settings
from stacks.sinks.connect import Domain
from stacks.sinks.pinpoint import Pinpoint

LONGEST = Duration.minutes(15)
DISK_MIB = 10_240
"""The most that Lambda has: what one object, old and new, may take."""
REQUESTS = f"{PRIVACY}/requests/"
READ_ZONES = (*ERASED_ZONES, f"{zones.TRUSTED}/", f"{PRIVACY}/", f"{MAINTENANCE}/")
"""Everything that is in the lake: the proof fails on a folder that is not listed here."""


class Functions(Construct):
    """One function a kind of right: who finds, who changes items, who changes objects, who only reads, who speaks with sinks."""

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self._base = base
        self.subject = self._subject(base)
        self.state = self._state(base)
        self.objects = self._objects(base)
        self.proof = self._proof(base)

    def _function(self, id: str, entry: Handler, env: Env, *, memory: int = 2048, disk: int = 512) -> Function:
        function = Function(
            self, id, entry=entry, env=env, kind=Kind.COMMIT, key=self._base.message_key, timeout=LONGEST, memory=memory, disk=disk
        )
        lake = self._base.buckets.lake
        grants.read_objects(function.role, lake, REQUESTS)
        grants.write_objects(function.role, lake, REQUESTS)
        return function

    def _subject(self, base: Foundation) -> Function:
        lake, tables = base.buckets.lake, base.tables
        env = PrivacySubjectEnv(
            lake_bucket=lake.bucket_name, glue_database=base.database,
            customers_table=tables.customers.table_name, privacy_table=tables.privacy.table_name,
        )  # fmt: skip
        function = self._function("PrivacySubject", privacy_subject.handler, env, memory=4096)
        read_customers(function, base)
        grants.items(function.role, tables.privacy, "GetItem", "PutItem", "UpdateItem", "DeleteItem")
        grants.delete_versions(function.role, lake, *(f"{zones.TRUSTED}/{name}/" for name in (LINKS_TABLE, EVENTS_TABLE)))
        return function

    def _state(self, base: Foundation) -> Function:
        lake, tables = base.buckets.lake, base.tables
        env = PrivacyStateEnv(
            lake_bucket=lake.bucket_name, customers_table=tables.customers.table_name, sent_table=tables.sent.table_name,
            windows_table=tables.windows.table_name, history_table=tables.history.table_name, privacy_table=tables.privacy.table_name,
            buckets=str(len(read_buckets(base))),
            queue_days=str(KEPT_DAYS), dead_letter_days=str(DEAD_LETTERS_KEPT_DAYS), access_log_days=str(ACCESS_LOG_DAYS),
            consent_years=str(Capability.holding(self).settings.consent_lock_years),
        )  # fmt: skip
        function = self._function("PrivacyState", privacy_state.handler, env)
        grants.items(function.role, tables.customers, "Scan", "UpdateItem", "DeleteItem")
        for table in (tables.sent, tables.windows):
            grants.items(function.role, table, "Query", "DeleteItem")
        grants.items(function.role, tables.sent, "BatchGetItem", "UpdateItem")
        grants.items(function.role, tables.history, "Scan", "PutItem")
        grants.items(function.role, tables.privacy, "GetItem", "PutItem", "UpdateItem", "Scan", "DeleteItem")
        grants.read_objects(function.role, lake, f"{PRIVACY}/certificates/")
        grants.write_objects(function.role, lake, f"{PRIVACY}/certificates/")
        grants.delete_versions(function.role, lake, REQUESTS)
        return function

    def _objects(self, base: Foundation) -> Function:
        buckets = base.buckets
        env = PrivacyObjectsEnv(
            lake_bucket=buckets.lake.bucket_name, landing_bucket=buckets.landing.bucket_name,
            quarantine_bucket=buckets.quarantine.bucket_name, history_table=base.tables.history.table_name,
        )  # fmt: skip
        function = self._function("PrivacyObjects", privacy_objects.handler, env, disk=DISK_MIB)
        for bucket, prefixes in ((buckets.landing, ("",)), (buckets.quarantine, ("",)), (buckets.lake, ERASED_ZONES)):
            grants.read_versions(function.role, bucket, *prefixes)
            grants.write_objects(function.role, bucket, *prefixes)
            grants.delete_versions(function.role, bucket, *prefixes)
        grants.items(function.role, base.tables.history, "GetItem", "PutItem")
        return function

    def _proof(self, base: Foundation) -> Function:
        of = base.tables
        tables = (of.customers, of.products, of.sent, of.history, of.privacy, of.reviews, of.windows)
        env = PrivacyProofEnv(
            lake_bucket=base.buckets.lake.bucket_name, privacy_table=base.tables.privacy.table_name,
            buckets=",".join(bucket.bucket_name for bucket in read_buckets(base)), tables=",".join(table.table_name for table in tables),
        )  # fmt: skip
        function = self._function("PrivacyProof", privacy_proof.handler, env, disk=DISK_MIB)
        for bucket in read_buckets(base):
            grants.read_versions(function.role, bucket, *(READ_ZONES if bucket is base.buckets.lake else ("",)))
        for table in tables:
            grants.items(function.role, table, "Scan")
        grants.items(function.role, base.tables.privacy, "UpdateItem")
        return function


class Sinks(Construct):
    """The function that has the sinks forget; a sink that is off costs nothing here either."""

    def __init__(
        self, scope: Capability, id: str, base: Foundation, pinpoint: Pinpoint | None, profiles: Domain | None, dataset_group_arn: str
    ) -> None:
        super().__init__(scope, id)
        settings = scope.settings
        self.secret = self._token(base) if settings.segment_on else None
        role = self._deletion_role(base) if dataset_group_arn else None
        self.function = Function(
            self,
            "PrivacySinks",
            entry=privacy_sinks.handler,
            env=PrivacySinksEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                segment_secret=self.secret.arn if self.secret else "",
                segment_endpoint=settings.segment_api_url,
                dataset_group_arn=dataset_group_arn,
                deletion_role_arn=role.role_arn if role else "",
                application_id=pinpoint.application.ref if pinpoint else "",
                profiles_domain=profiles.name if profiles else "",
            ),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=Duration.minutes(2),
        )
        grants.read_objects(self.function.role, base.buckets.lake, REQUESTS)
        grants.write_objects(self.function.role, base.buckets.lake, REQUESTS)
        if self.secret:
            grants.read_secret(self.function.role, self.secret)
        if pinpoint:
            # As it stands in this stack's template, so that the finding can be told apart.
            users = f"{Capability.holding(pinpoint).export_value(pinpoint.application.attr_arn)}/users/*"
            grants.named(
                self.function.role,
                ("mobiletargeting:DeleteUserEndpoints",),
                users,
                reason="Pinpoint names what is made in it, in one application",
            )
        if profiles:
            grants.allow(self.function.role, ("profile:SearchProfiles", "profile:DeleteProfile", "profile:ListUploadJobs"), profiles.arn)
            grants.use_key(self.function.role, base.data_key)
        if role:
            self._let_delete(role, dataset_group_arn)

    def _token(self, base: Foundation) -> Secret:
        return Secret(
            self,
            "ApiToken",
            key=base.data_key,
            description="A token of Segment's Public API that may write regulations, as text or as JSON under token",
            not_rotated_because="Segment issues the key; who changes it there puts the new one here",
        )

    def _deletion_role(self, base: Foundation) -> iam.Role:
        """What Personalize reads the list of users with."""
        role = iam.Role(self, "DeletionRole", assumed_by=trusted(self, "personalize.amazonaws.com"))
        grants.read_objects(role, base.buckets.lake, REQUESTS)
        return role

    def _let_delete(self, role: iam.Role, dataset_group_arn: str) -> None:
        jobs = Capability.holding(self).format_arn(service="personalize", resource="data-deletion-job/erase-*")
        actions = ("personalize:CreateDataDeletionJob", "personalize:DescribeDataDeletionJob")
        grants.named(self.function.role, actions, dataset_group_arn, jobs, reason="a deletion job for each request, named after it")
        grants.pass_role(self.function.role, role, "personalize.amazonaws.com")


class Export(Construct):
    """Access: one function, behind a state machine as everything that a person starts."""

    def __init__(self, scope: Capability, id: str, base: Foundation, profiles: Domain | None) -> None:
        super().__init__(scope, id)
        lake, tables = base.buckets.lake, base.tables
        function = Function(
            self,
            "PrivacyExport",
            entry=privacy_export.handler,
            env=PrivacyExportEnv(
                lake_bucket=lake.bucket_name,
                glue_database=base.database,
                customers_table=tables.customers.table_name,
                sent_table=tables.sent.table_name,
                privacy_table=tables.privacy.table_name,
                profiles_domain=profiles.name if profiles else "",
            ),
            kind=Kind.COMMIT,
            key=base.message_key,
            timeout=LONGEST,
            memory=4096,
            disk=DISK_MIB,
        )
        read_customers(function, base)
        grants.read_versions(function.role, lake, *(f"{zone}/" for zone in HELD_IN))
        grants.write_objects(function.role, lake, f"{PRIVACY}/exports/")
        grants.items(function.role, tables.sent, "Query")
        grants.items(function.role, tables.privacy, "PutItem", "UpdateItem")
        if profiles:
            grants.allow(function.role, ("profile:SearchProfiles",), profiles.arn)
        states = {"Export": asl.invoke(function)}
        self.machine = StateMachine(
            self, "Access", definition=asl.machine("Export", states, timeout_seconds=3600), calls=[function], key=base.message_key
        )


class Privacy(Capability):
    """The rights of a person, at the hand of whoever answers for them."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        base: Foundation,
        commits: Queue,
        pinpoint: Pinpoint | None,
        profiles: Domain | None,
        dataset_group_arn: str,
    ) -> None:
        super().__init__(scope, settings, "privacy", "Erasure with a certificate and a proof, access, legal holds")
        functions, sinks = Functions(self, "Erasure", base), Sinks(self, "Sinks", base, pinpoint, profiles, dataset_group_arn)
        steps = definition(
            subject=functions.subject, state=functions.state, objects=functions.objects, proof=functions.proof, sinks=sinks.function,
            commits=commits.queue.queue_url,
        )  # fmt: skip
        called = [functions.subject, functions.state, functions.objects, functions.proof, sinks.function]
        erase = StateMachine(self, "Erase", definition=steps, calls=called, key=base.message_key)
        grants.send(erase.role, commits.queue)
        export = Export(self, "Export", base, profiles)
        if sinks.secret:
            self.tell(segment_api_secret=sinks.secret.arn)
        self.tell(erase_state_machine=erase.machine.state_machine_arn, export_state_machine=export.machine.machine.state_machine_arn)


def read_customers(function: Function, base: Foundation) -> None:
    """Look a person up: their item and what leads to it, and the trusted tables."""
    grants.read_objects(function.role, base.buckets.lake, f"{zones.TRUSTED}/")
    grants.catalog(function.role, base.database, "*")
    grants.items(function.role, base.tables.customers, "BatchGetItem", "Scan")


def read_buckets(base: Foundation) -> tuple[Bucket, ...]:
    """The buckets that the proof reads; access logs hold keys and no content."""
    return (base.buckets.landing, base.buckets.lake, base.buckets.quarantine, base.buckets.artifacts)
