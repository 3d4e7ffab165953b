"""Onboarding: landed file -> stage A (state machine) -> FIFO queue -> stage B (the one committer) -> trusted tables."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import onboarding_starter, stage_file
from omnichannel.contracts import zones
from omnichannel.contracts.environment import OnboardingStarterEnv, StageFileEnv
from stacks.commit import Commit
from stacks.components import asl, grants
from stacks.components.capability import Capability
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.components.queue import Queue
from stacks.components.rule import Rule
from stacks.components.state_machine import StateMachine
from stacks.foundation import Foundation
from stacks.settings import Settings

STARTER_TIMEOUT = Duration.seconds(60)
STAGE_TIMEOUT = Duration.minutes(10)

STARTS_AT_ONCE = 10


class Stage(Construct):
    """Stage A: one execution per landed content, which stages the good rows and quarantines the bad."""

    def __init__(self, scope: Construct, id: str, base: Foundation, commit: Queue) -> None:
        super().__init__(scope, id)
        self.landed = Queue(self, "Landed", key=base.message_key, consumer_timeout=STARTER_TIMEOUT)
        self.function = self._stage_file(base)
        self.machine = StateMachine(self, "Onboard", definition=self._definition(commit), calls=[self.function], key=base.message_key)
        grants.send(self.machine.role, commit.queue)
        grants.send(self.machine.role, self.landed.dead_letters)
        self._starter(base)
        Rule(
            self,
            "ObjectLanded",
            pattern={
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [base.buckets.landing.bucket_name]}},
            },
            target=self.landed.queue,
        )

    def _stage_file(self, base: Foundation) -> Function:
        function = Function(
            self,
            "StageFile",
            entry=stage_file.handler,
            env=StageFileEnv(
                lake_bucket=base.buckets.lake.bucket_name,
                quarantine_bucket=base.buckets.quarantine.bucket_name,
                history_table=base.tables.history.table_name,
            ),
            kind=Kind.STAGE,
            key=base.message_key,
            timeout=STAGE_TIMEOUT,
            memory=2048,
            disk=4096,
        )
        grants.read_objects(function.role, base.buckets.landing, "")
        grants.write_objects(function.role, base.buckets.lake, f"{zones.STAGING}/")
        grants.write_objects(function.role, base.buckets.quarantine, "")
        grants.items(function.role, base.tables.history, "GetItem", "PutItem", "UpdateItem")
        return function

    def _starter(self, base: Foundation) -> None:
        starter = Function(
            self,
            "OnboardingStarter",
            entry=onboarding_starter.handler,
            env=OnboardingStarterEnv(state_machine_arn=self.machine.machine.state_machine_arn),
            kind=Kind.LIGHT,
            key=base.message_key,
            timeout=STARTER_TIMEOUT,
        )
        starter.consume(self.landed, batch=STARTS_AT_ONCE)
        self.machine.let_start(starter.role)

    def _definition(self, commit: Queue) -> dict[str, object]:
        refused = {
            "input": "{% $states.context.Execution.Input %}",
            "error": "{% $states.errorOutput.Error %}",
            "cause": "{% $states.errorOutput.Cause %}",
        }
        caught = asl.catch("DeadLetter", output=refused)
        return asl.machine(
            "Stage",
            {
                "Stage": asl.invoke(self.function, Catch=caught, Next="Staged?"),
                "Staged?": asl.choice(("$states.input.status = 'staged'", "HandOver"), otherwise="Done"),
                "HandOver": asl.send(
                    commit.queue.queue_url,
                    "{% $string($states.input) %}",
                    group="{% $states.input.dataset %}",
                    deduplication="{% $states.input.content_id %}",
                    Catch=caught,
                    Next="Done",
                ),
                "Done": {"Type": "Succeed"},
                "DeadLetter": asl.send(self.landed.dead_letters.queue_url, "{% $string($states.input) %}", Next="NotOnboarded"),
                "NotOnboarded": asl.fail(
                    "NotOnboarded", "The file is in none of the zones; its dead letter names it. Redrive the execution."
                ),
            },
            timeout_seconds=3 * 3600,
        )


class Onboarding(Capability):
    """From the landing zone to the trusted zone and the customer view."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation) -> None:
        super().__init__(scope, settings, "onboarding", "Landed files become trusted tables")
        commit = Commit(self, "Commit", base)
        self.staged = commit.queue
        stage = Stage(self, "Stage", base, commit.queue)
        self.tell(
            onboarding_queue=stage.landed.queue.queue_url,
            commit_queue=commit.queue.queue.queue_url,
            onboarding_state_machine=stage.machine.machine.state_machine_arn,
        )
