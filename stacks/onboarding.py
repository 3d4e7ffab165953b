"""Onboarding: landed file -> stage A (state machine) -> FIFO queue -> stage B (the one committer) -> trusted tables."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import onboarding_starter, stage_file
from omnichannel.contracts.environment.onboarding import OnboardingStarterEnv, StageFileEnv
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
from stacks.stage_jobs import StageJobs, let_stage

STARTER_TIMEOUT = Duration.seconds(60)
STAGE_TIMEOUT = Duration.minutes(10)
STAGE_DISK = 10_240
"""Megabytes, all that Lambda has. A gzipped file takes up to 25 times its size, so this is what `stage_function_megabytes` goes by;
at 2 GB of memory the function stages some 3 MB of gzipped JSON lines a second, so its time would do for four times as much."""

STARTS_AT_ONCE = 10


class Stage(Construct):
    """Stage A: one execution per landed content, which stages the good rows and quarantines the bad."""

    def __init__(self, scope: Construct, id: str, base: Foundation, commit: Queue) -> None:
        super().__init__(scope, id)
        self.landed = Queue(self, "Landed", key=base.message_key, consumer_timeout=STARTER_TIMEOUT)
        self.function = self._stage_file(base)
        self.jobs = StageJobs(self, "Jobs", base)
        self.machine = StateMachine(
            self, "Onboard", definition=self._definition(commit, base), calls=[self.function, self.jobs.function], key=base.message_key
        )
        grants.send(self.machine.role, commit.queue)
        grants.send(self.machine.role, self.landed.dead_letters)
        grants.items(self.machine.role, base.tables.history, "GetItem")
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
            disk=STAGE_DISK,
        )
        let_stage(function.role, base)
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

    def _definition(self, commit: Queue, base: Foundation) -> dict[str, object]:
        refused = {
            "state_machine": "{% $states.context.StateMachine.Id %}",
            "execution": "{% $states.context.Execution.Name %}",
            "input": "{% $states.context.Execution.Input %}",
            "error": "{% $states.errorOutput.Error %}",
            "cause": "{% $states.errorOutput.Cause %}",
        }
        caught = asl.catch("DeadLetter", output=refused)
        too_large = [{"ErrorEquals": ["NoRoom"], "Next": "StartJob", "Output": "{% $states.context.Execution.Input %}"}]
        most = int(Capability.holding(self).settings.stage_function_megabytes) * 2**20
        return asl.machine(
            "Large?",
            {
                "Large?": asl.choice((f"$states.input.size > {most}", "StartJob"), otherwise="Stage"),
                "Stage": asl.invoke(self.function, Catch=[*too_large, *caught], Next="RowsConserved?"),
                **self.jobs.states(then="RowsConserved?", refused=refused),
                "RowsConserved?": asl.choice((f"$states.input.rows_in != {_ACCOUNTED_FOR}", "RowsNotConserved"), otherwise="Staged?"),
                "Staged?": asl.choice(
                    ("$states.input.status = 'staged'", "HandOver"), ("$states.input.status = 'failed'", "TooManyBadRows"), otherwise="Done"
                ),
                "HandOver": asl.send(
                    commit.queue.queue_url,
                    "{% $string($states.input) %}",
                    group="{% $states.input.dataset %}",
                    deduplication="{% $states.input.content_id %}",
                    Catch=caught,
                    Next="Commits",
                ),
                **_committed(base),
                "Done": {"Type": "Succeed"},
                "TooManyBadRows": asl.fail("TooManyBadRows", "{% $states.input.said %}"),
                "RowsNotConserved": asl.fail(
                    "RowsNotConserved",
                    "{% $states.input.key & ' (' & $states.input.content_id & '): ' & $states.input.rows_in & ' rows in, ' & "
                    "$states.input.rows_staged & ' staged, the rest not accounted for. Nothing was committed; the file stays landed.' %}",
                ),
                "RowsNotTrusted": asl.fail(
                    "RowsNotTrusted",
                    "{% $states.input.staged.key & ' (' & $states.input.staged.content_id & '): ' & $states.input.staged.rows_staged & "
                    "' rows staged, ' & $states.input.rows & ' committed. Compare the staged file with the snapshot in the history.' %}",
                ),
                "DeadLetter": asl.send(self.landed.dead_letters.queue_url, "{% $string($states.input) %}", Next="NotOnboarded"),
                "NotOnboarded": asl.fail(
                    "NotOnboarded", "The file is in none of the zones; its dead letter names it. After a fix: omni replay."
                ),
            },
            timeout_seconds=12 * 3600,
        )


_ACCOUNTED_FOR = "$states.input.rows_staged + $sum($append([0], $states.input.quarantined.*))"


def _committed(base: Foundation) -> asl.States:
    """Wait until the committer has told the history; then every staged row must be a trusted one."""
    ask = {
        "TableName": base.tables.history.table_name,
        "Key": {"content_id": {"S": "{% $states.input.content_id %}"}},
        "ConsistentRead": True,
    }
    told = {
        "staged": "{% $states.input %}",
        "status": "{% $states.result.Item.status.S %}",
        "rows": "{% $exists($states.result.Item.rows_committed) ? $number($states.result.Item.rows_committed.N) : 0 %}",
    }
    return {
        "Commits": asl.wait(then="HowCommitted"),
        "HowCommitted": asl.get_item(ask, output=told, Next="Committed?"),
        "Committed?": asl.choice(
            ("$states.input.status = 'committed' and $states.input.rows != $states.input.staged.rows_staged", "RowsNotTrusted"),
            ("$states.input.status != 'staged'", "Done"),
            otherwise="CommitsStill",
        ),
        "CommitsStill": {"Type": "Pass", "Output": "{% $states.input.staged %}", "Next": "Commits"},
    }


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
