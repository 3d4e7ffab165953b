"""Amazon Personalize: the dataset group with its data sets and tracker, and the life cycle that CloudFormation cannot have."""

import json

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_personalize as personalize
from constructs import Construct

from lambdas import interactions_export, personalize_setup
from omnichannel.contracts import zones
from omnichannel.contracts.deployment import APP
from omnichannel.contracts.environment import InteractionsExportEnv, PersonalizeSetupEnv
from omnichannel.contracts.recommendations import INTERACTIONS, ITEMS, TRAINING_DATA, USERS, TrainingData
from stacks.components import asl, grants
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.schedule import Schedule
from stacks.components.state_machine import StateMachine
from stacks.components.trust import trusted
from stacks.foundation import Foundation

DOMAIN = "ECOMMERCE"
LIFE_CYCLE_SECONDS = 24 * 3600
RETRAIN_SCHEDULE = "cron(0 5 ? * SUN *)"


class Group(Construct):
    """The dataset group with its data sets, and the tracker that takes live interactions."""

    def __init__(self, scope: Capability, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        self.name = f"{APP}-{scope.settings.environment}"
        self.group = personalize.CfnDatasetGroup(self, "DatasetGroup", name=self.name, domain=DOMAIN)
        self.datasets = {data: self._dataset(data) for data in TRAINING_DATA}
        self.tracker = personalize.CfnEventTracker(
            self, "Tracker", name=f"{self.name}-live", dataset_group_arn=self.group.attr_dataset_group_arn
        )
        # A tracker may only follow the dataset that it writes to.
        self.tracker.add_resource_dependency(self.datasets[INTERACTIONS])
        self.import_role = iam.Role(self, "ImportRole", assumed_by=trusted(self, "personalize.amazonaws.com"))
        grants.read_objects(self.import_role, base.buckets.lake, f"{zones.PERSONALIZE}/")

    def _dataset(self, data: TrainingData) -> personalize.CfnDataset:
        name = f"{self.name}-{data.folder}"
        schema = personalize.CfnSchema(self, f"{data.kind}Schema", name=name, domain=DOMAIN, schema=json.dumps(data.schema()))
        return personalize.CfnDataset(
            self,
            data.kind,
            name=name,
            dataset_group_arn=self.group.attr_dataset_group_arn,
            dataset_type=data.kind,
            schema_arn=schema.attr_schema_arn,
        )


class LifeCycle(Construct):
    """Export, import, recommenders: each step says how it stands, and the machine waits."""

    def __init__(self, scope: Construct, id: str, base: Foundation, group: Group) -> None:
        super().__init__(scope, id)
        export, setup = self._export(base), self._setup(base, group)
        self.machine = StateMachine(self, "Learn", definition=definition(export, setup), calls=[export, setup], key=base.message_key)
        Schedule(self, "Weekly", expression=RETRAIN_SCHEDULE, target=self.machine)

    def _export(self, base: Foundation) -> Function:
        function = Function(
            self,
            "InteractionsExport",
            entry=interactions_export.handler,
            env=InteractionsExportEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                glue_database=base.database,
                customers_table=base.tables.customers.table_name,
            ),
            kind=Kind.VIEW,
            key=base.message_key,
            timeout=Duration.minutes(15),
            memory=4096,
        )
        grants.read_objects(function.role, base.buckets.lake, f"{zones.TRUSTED}/")
        grants.write_objects(function.role, base.buckets.lake, f"{zones.PERSONALIZE}/")
        grants.catalog(function.role, base.database, "*")
        grants.items(function.role, base.tables.customers, "BatchGetItem")
        return function

    def _setup(self, base: Foundation, group: Group) -> Function:
        function = Function(
            self,
            "PersonalizeSetup",
            entry=personalize_setup.handler,
            env=PersonalizeSetupEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                dataset_group_arn=group.group.attr_dataset_group_arn,
                interactions_dataset_arn=group.datasets[INTERACTIONS].attr_dataset_arn,
                items_dataset_arn=group.datasets[ITEMS].attr_dataset_arn,
                users_dataset_arn=group.datasets[USERS].attr_dataset_arn,
                import_role_arn=group.import_role.role_arn,
            ),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=Duration.seconds(60),
        )
        role = function.role
        grants.named(
            role,
            ("personalize:CreateDatasetImportJob", "personalize:DescribeDatasetImportJob"),
            *(dataset.attr_dataset_arn for dataset in group.datasets.values()),
            *(of_group(self, f"dataset-import-job/{data.folder}-*") for data in group.datasets),
            reason="an import job a request, named by its content",
        )
        grants.named(
            role,
            ("personalize:CreateRecommender", "personalize:DescribeRecommender", "personalize:DeleteRecommender"),
            group.group.attr_dataset_group_arn,
            of_group(self, f"recommender/{group.name}-*"),
            reason="the recommenders of one dataset group, named after it",
        )
        grants.anything(
            role, "personalize:ListDatasetImportJobs", "personalize:ListRecommenders", reason="lists of Personalize know no resources"
        )
        grants.pass_role(role, group.import_role, "personalize.amazonaws.com")
        return function


def definition(export: Function, setup: Function) -> dict[str, object]:
    """Export -> import, polled -> recommenders, polled. Its output says `ready`; too little to learn from is an outcome, no failure."""
    failed, ready = "$states.input.failed", "$states.input.ready"
    return asl.machine(
        "Export",
        {
            "Export": asl.invoke(export, Next="Enough?"),
            "Enough?": asl.choice((ready, "Import"), otherwise="NotEnough"),
            "NotEnough": {"Type": "Succeed"},
            "Import": asl.invoke(
                setup,
                # The execution names the import: one job a run, however often the step is tried.
                payload={"action": "import", "run": "{% $states.context.Execution.Name %}"},
                Assign={"imports": "{% $states.result.Payload.arns %}"},
                Next="Imported?",
            ),
            "Imported?": asl.choice((failed, "NotImported"), (ready, "Recommenders"), otherwise="Importing"),
            "Importing": asl.wait(then="HowFarImported"),
            "HowFarImported": asl.invoke(setup, payload={"action": "describe_import", "arns": "{% $imports %}"}, Next="Imported?"),
            "Recommenders": asl.invoke(setup, payload={"action": "recommender"}, Next="Trained?"),
            "Trained?": asl.choice((failed, "NotTrained"), (ready, "Done"), otherwise="Training"),
            "Training": asl.wait(then="HowFarTrained"),
            "HowFarTrained": asl.invoke(setup, payload={"action": "describe_recommender"}, Next="Trained?"),
            "Done": {"Type": "Succeed"},
            "NotImported": asl.fail("ImportFailed", "{% $states.input.reason %}"),
            "NotTrained": asl.fail("RecommenderFailed", "{% $states.input.reason %}"),
        },
        timeout_seconds=LIFE_CYCLE_SECONDS,
    )


def of_group(scope: Construct, name: str) -> str:
    """The ARN of one of this account's Personalize resources."""
    return Capability.holding(scope).format_arn(service="personalize", resource=name)
