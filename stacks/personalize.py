"""Amazon Personalize: the dataset group with its data sets and tracker, and the life cycle that CloudFormation cannot have."""

import json
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_personalize as personalize
from constructs import Construct

from lambdas import interactions_export, keep_recommendations, personalize_setup
from omnichannel.contracts import zones
from omnichannel.contracts.deployment import APP
from omnichannel.contracts.environment.recommendations import InteractionsExportEnv, KeepRecommendationsEnv, PersonalizeSetupEnv
from omnichannel.contracts.recommendations import INTERACTIONS, ITEMS, TRAINING_DATA, USERS, TrainingData
from omnichannel.playbook.document import FOLDER, UnusablePlaybook
from omnichannel.playbook.personalize import FILE, load
from omnichannel.recommendations.lifecycle.things import Wanted
from stacks.components import asl, grants
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.schedule import Schedule
from stacks.components.state_machine import StateMachine
from stacks.components.trust import trusted
from stacks.foundation import Foundation
from stacks.schedule_expression import schedule
from stacks.settings import SettingsError

DOMAIN = "ECOMMERCE"
LIFE_CYCLE_SECONDS = 24 * 3600
IMPORTS = ("personalize:CreateDatasetImportJob", "personalize:DescribeDatasetImportJob")
KINDS = ("Recommender", "Solution", "Campaign", "Filter")
MAKES = (
    *(f"personalize:{verb}{kind}" for kind in KINDS for verb in ("Create", "Describe", "Delete")),
    *(f"personalize:{each}" for each in ("UpdateSolution", "CreateSolutionVersion", "GetSolutionMetrics", "UpdateCampaign")),
    "personalize:CreateBatchInferenceJob",
)
LISTS = tuple(
    f"personalize:List{each}"
    for each in ("DatasetImportJobs", "Recommenders", "Solutions", "SolutionVersions", "Campaigns", "Filters", "BatchInferenceJobs")
)


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
        self.batch_role = iam.Role(self, "BatchRole", assumed_by=trusted(self, "personalize.amazonaws.com"))
        grants.read_objects(self.batch_role, base.buckets.lake, zones.PERSONALIZE_USERS)
        grants.write_objects(self.batch_role, base.buckets.lake, zones.PERSONALIZE_RECOMMENDED)

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
    """Export, import, training, filters, campaigns, a batch for messages: each step says how it stands, and the machine waits.

    What is made is the playbook's `personalize.yaml`; all of it but the schedule is read when a run needs it.
    """

    def __init__(self, scope: Construct, id: str, base: Foundation, group: Group) -> None:
        super().__init__(scope, id)
        wanted = checked()
        export, setup, keep = self._export(base), self._setup(base, group), self._keep(base)
        steps = definition(export, setup, keep, batch=wanted.email.made)
        self.machine = StateMachine(self, "Learn", definition=steps, calls=[export, setup, keep], key=base.message_key)
        Schedule(self, "Weekly", expression=wanted.retrain, target=self.machine)

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
                batch_role_arn=group.batch_role.role_arn,
            ),
            # The playbook is read with it.
            kind=Kind.DECIDE,
            key=base.message_key,
            timeout=Duration.seconds(60),
        )
        self._may_make(function, group)
        grants.pass_role(function.role, group.import_role, "personalize.amazonaws.com")
        grants.pass_role(function.role, group.batch_role, "personalize.amazonaws.com")
        return function

    def _may_make(self, function: Function, group: Group) -> None:
        """Make, look at and take away what carries the dataset group's name, and nothing else."""
        imports = (*(each.attr_dataset_arn for each in group.datasets.values()),)
        jobs = (*(of_group(self, f"dataset-import-job/{data.folder}-*") for data in group.datasets),)
        grants.named(function.role, IMPORTS, *imports, *jobs, reason="an import job a request, named by its content")
        kinds = (of_group(self, f"{kind}/{group.name}-*") for kind in map(str.lower, KINDS))
        grants.named(
            function.role,
            MAKES,
            group.group.attr_dataset_group_arn,
            *kinds,
            of_group(self, "batch-inference-job/email-*"),
            reason="what is made in one dataset group, named after it; batches are named by the version that they ask",
        )
        grants.anything(function.role, *LISTS, reason="lists know no resources: AWS asks for *")

    def _keep(self, base: Foundation) -> Function:
        function = Function(
            self,
            "KeepRecommendations",
            entry=keep_recommendations.handler,
            env=KeepRecommendationsEnv(lake_bucket=base.buckets.lake.bucket_name, customers_table=base.tables.customers.table_name),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=Duration.minutes(15),
            memory=512,
        )
        grants.read_objects(function.role, base.buckets.lake, zones.PERSONALIZE_RECOMMENDED)
        grants.items(function.role, base.tables.customers, "BatchGetItem", "UpdateItem")
        return function


def definition(export: Function, setup: Function, keep: Function, *, batch: bool) -> dict[str, object]:
    """A run, phase by phase, each asked for until it is over. Its output is how everything stands and says `ready`.

    Too little to learn from is an outcome, no failure. What could not be trained is: then the last state names it, and whatever was there
    before goes on. `batch` says whether the export names those whom a batch recommends to.
    """
    failed, ready, run = "$states.input.failed", "$states.input.ready", "{% $states.context.Execution.Name %}"
    trained = asl.parallel(
        ("Recommenders", _until_over(setup, "Recommenders")), ("Solutions", _until_over(setup, "Solutions")), Next="Trained?"
    )
    lost = "$join($states.input[failed].reason, '; ')"
    return asl.machine(
        "Export",
        {
            "Export": asl.invoke(export, payload={"batch": batch}, Next="Enough?"),
            "Enough?": asl.choice((ready, "Import"), otherwise="NotEnough"),
            "NotEnough": {"Type": "Succeed"},
            "Import": asl.invoke(
                setup,
                # The execution names the import: one job a run, however often the step is tried.
                payload={"action": "import", "run": run},
                Assign={"imports": "{% $states.result.Payload.arns %}"},
                Next="Imported?",
            ),
            "Imported?": asl.choice((failed, "NotImported"), (ready, "Train"), otherwise="Importing"),
            "Importing": asl.wait(then="HowFarImported"),
            "HowFarImported": asl.invoke(setup, payload={"action": "describe_import", "arns": "{% $imports %}"}, Next="Imported?"),
            "Train": trained,
            "Trained?": asl.choice(("true in $states.input.failed", "NotTrained"), otherwise="Filters"),
            **_until_over(setup, "Filters", then="Campaigns", failing="NotMade"),
            **_until_over(setup, "Campaigns", then="Email", failing="NotMade"),
            **_until_over(setup, "Email", then="Prepared?", failing="NotMade"),
            "Prepared?": asl.choice(("$states.input.made", "Keep"), otherwise="Tell"),
            "Keep": asl.invoke(keep, payload={}, Next="Tell"),
            "Tell": asl.invoke(setup, payload={"action": "status"}),
            "NotImported": asl.fail("ImportFailed", "{% $states.input.reason %}"),
            "NotTrained": asl.fail("TrainingFailed", f"{{% {lost} %}}"),
            "NotMade": asl.fail("CreationFailed", "{% $states.input.reason %}"),
        },
        timeout_seconds=LIFE_CYCLE_SECONDS,
    )


def _until_over(setup: Function, phase: str, *, then: str = "", failing: str = "") -> asl.States:
    """A phase, asked for until it is over; without `then` the branch ends with how the phase stands, well or not."""
    over, after = f"{phase}Over?", f"{phase}Wait"
    ready, failed = "$states.input.ready", "$states.input.failed"
    ending = then or f"{phase}Stand"
    return {
        phase: asl.invoke(setup, payload={"action": phase.lower(), "run": "{% $states.context.Execution.Name %}"}, Next=over),
        over: asl.choice((failed, failing or ending), (ready, ending), otherwise=after),
        after: asl.wait(then=phase),
        **({} if then else {ending: asl.make(asl.INPUT)}),
    }


def checked(folder: Path = FOLDER) -> Wanted:
    """The playbook's `personalize.yaml`; raises `SettingsError` with the place that cannot be meant."""
    try:
        wanted = load(folder)
    except UnusablePlaybook as wrong:
        raise SettingsError(str(wrong)) from wrong
    schedule(f"{FILE}.retrain", wanted.retrain)
    return wanted


def of_group(scope: Construct, name: str) -> str:
    """The ARN of one of this account's Personalize resources."""
    return Capability.holding(scope).format_arn(service="personalize", resource=name)
