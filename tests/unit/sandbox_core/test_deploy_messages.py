"""What a deployment's output and events say."""

from datetime import UTC, datetime, timedelta

from sandbox import deploy
from sandbox.cdk import Progress, progress
from sandbox.console import deployment

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def happened(logical_id, status, reason="", kind="AWS::S3::Bucket", after=1, stack="omni-sandbox-foundation"):
    return {
        "StackName": stack,
        "LogicalResourceId": logical_id,
        "ResourceType": kind,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
        "Timestamp": NOW + timedelta(seconds=after),
    }


def test_a_line_of_the_cli_tells_the_resource_and_how_far_the_stack_is():
    line = "omni-sandbox-events |  6/12 | 12:47:05 AM | CREATE_COMPLETE         | AWS::Lambda::Function              | Fn (Fn9270CBC0) "

    assert progress(line) == Progress("omni-sandbox-events", 6, 12, "CREATE_COMPLETE", "AWS::Lambda::Function", "Fn (Fn9270CBC0)")


def test_other_lines_of_the_cli_are_no_progress():
    assert [progress(line) for line in ("", "✨  Deployment time: 0.41s", "omni-sandbox-events: deploying... [2/2]")] == [None] * 3


def test_a_failure_names_stack_resource_and_cloudformations_reason():
    events = [
        happened("Landing", "CREATE_FAILED", "Bucket name is taken"),
        happened("Lake", "CREATE_FAILED", "Resource creation cancelled", after=2),
        happened("omni-sandbox-foundation", "CREATE_FAILED", "The following resource(s) failed", "AWS::CloudFormation::Stack", after=3),
        happened("Old", "CREATE_FAILED", "long ago", after=-60),
        happened("Fine", "CREATE_COMPLETE"),
    ]

    reasons = deploy._reasons(events, NOW)

    assert reasons == ["omni-sandbox-foundation/Landing (AWS::S3::Bucket): Bucket name is taken"]


def test_a_stack_that_fails_by_itself_is_told_too():
    events = [happened("omni-sandbox-foundation", "UPDATE_FAILED", "Export is in use", "AWS::CloudFormation::Stack")]

    assert deploy._reasons(events, NOW) == [
        "omni-sandbox-foundation/omni-sandbox-foundation (AWS::CloudFormation::Stack): Export is in use"
    ]


def test_a_failed_synthesis_tells_the_apps_own_error(tmp_path):
    log = tmp_path / "synth.log"
    said = [
        "Traceback (most recent call last):",
        "  File ...",
        "stacks.settings.SettingsError: no Personalize here",
        "Subprocess exited with error 1",
    ]
    log.write_text("\n".join(said))

    assert deploy._synth_reason(log) == "stacks.settings.SettingsError: no Personalize here"


def test_progress_adds_up_over_stacks_that_deploy_at_once():
    said = []
    listen = deployment(said.append, every_resource=False)

    listen(Progress("a", 1, 4, "CREATE_COMPLETE", "AWS::S3::Bucket", "B"))
    listen(Progress("b", 2, 2, "CREATE_COMPLETE", "AWS::CloudFormation::Stack", "b"))

    assert said == ["3/6 resources, 1 stacks ready, now b"]
