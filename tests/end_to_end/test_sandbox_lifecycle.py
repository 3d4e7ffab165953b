"""The real MiniStack and the real twins: what listens, who is let in, what a kill leaves behind."""

import json
import os
import signal
import ssl
import urllib.error
import urllib.request

import boto3
import psutil
import pytest
from botocore.exceptions import ClientError, SSLError

from sandbox import custom_resources, launcher, processes
from sandbox.cloud import Cloud
from sandbox.resources import PROVIDER_ARN
from sandbox.state import endpoint_variable

pytestmark = pytest.mark.sandbox

TRUST = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    directory = tmp_path_factory.mktemp("sandboxes") / "box"
    yield directory
    launcher.down(directory, wipe=True)


@pytest.fixture
def cloud(folder):
    sandbox = launcher.up(folder).sandbox
    custom_resources.install(sandbox)
    return Cloud.of_sandbox(sandbox)


def stack(cloud, name, resources, outputs):
    """Create or update a stack and give its outputs; a failure is raised with CloudFormation's reasons."""
    cloudformation = cloud.client("cloudformation")
    template = json.dumps({"Resources": resources, "Outputs": {key: {"Value": value} for key, value in outputs.items()}})
    try:
        cloudformation.create_stack(StackName=name, TemplateBody=template)
        waiter = cloudformation.get_waiter("stack_create_complete")
    except cloudformation.exceptions.AlreadyExistsException:
        cloudformation.update_stack(StackName=name, TemplateBody=template)
        waiter = cloudformation.get_waiter("stack_update_complete")
    waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    [described] = cloudformation.describe_stacks(StackName=name)["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def custom(kind, **properties):
    name = "Custom::" + "".join(kind.split("::")[1:])
    return {"Type": name, "Properties": {"ServiceToken": PROVIDER_ARN, "SandboxType": kind, **properties}}


def test_every_socket_listens_on_loopback(cloud, folder):
    addresses = {address for address, _ in processes.listening(folder)}
    ports = {port for _, port in processes.listening(folder)}

    assert addresses == {"127.0.0.1"}
    assert ports == {cloud.sandbox.port, cloud.sandbox.twin_port}


def test_calls_are_encrypted_and_made_by_the_sandboxes_own_root(cloud):
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="anything")

    s3.put_object(Bucket="anything", Key="a/b", Body=b"kept")

    assert s3.get_object(Bucket="anything", Key="a/b")["Body"].read() == b"kept"
    assert cloud.client("sts").get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"


@pytest.mark.parametrize(("key", "refusal"), [("AKIAAAAAAAAAAAAAAAAA", "InvalidAccessKeyId"), ("test", "403"), ("000000000000", "403")])
def test_a_key_that_is_not_the_sandboxes_own_is_refused(cloud, key, refusal):
    stranger = boto3.client(
        "s3",
        endpoint_url=cloud.endpoint,
        verify=str(cloud.sandbox.ca_bundle),
        aws_access_key_id=key,
        aws_secret_access_key="test",
        region_name="us-east-1",
    )

    with pytest.raises(ClientError, match=refusal):
        stranger.list_buckets()


def test_who_does_not_trust_the_certificate_does_not_connect(cloud):
    wary = boto3.client(
        "s3", endpoint_url=cloud.endpoint, verify=True, aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1"
    )
    wary.meta.config.retries = {"total_max_attempts": 1}

    with pytest.raises(SSLError):
        wary.list_buckets()


def test_python_and_the_bundle_are_enough_to_reach_both_servers(cloud):
    context = ssl.create_default_context(cafile=cloud.sandbox.ca_bundle)

    answers = [
        urllib.request.urlopen(f"{url}", context=context).status  # noqa: S310
        for url in (f"{cloud.endpoint}/_ministack/health", f"{cloud.sandbox.twin_url}/health")
    ]

    assert answers == [200, 200]


def test_a_stack_of_stand_ins_answers_ref_and_getatt_like_the_real_types(cloud):
    arn = "arn:aws:sagemaker:us-east-1:000000000000:model-package-group/churn"
    resources = {
        "Group": custom("AWS::SageMaker::ModelPackageGroup", ModelPackageGroupName="churn"),
        "Past": custom("AWS::Events::Archive", SourceArn="arn:aws:events:us-east-1:000000000000:event-bus/default", RetentionDays=7),
        "Alarm": custom("AWS::CloudWatch::CompositeAlarm", AlarmName="any", AlarmRule="FALSE"),
    }
    outputs = {
        "Ref": {"Ref": "Group"},
        "GetAtt": {"Fn::GetAtt": ["Group", "ModelPackageGroupArn"]},
        "Archive": {"Fn::GetAtt": ["Past", "Arn"]},
        "Alarm": {"Fn::GetAtt": ["Alarm", "Arn"]},
    }

    made = stack(cloud, "stand-ins", resources, outputs)

    [archive] = cloud.client("events").list_archives()["Archives"]
    assert cloud.client("sagemaker").describe_model_package_group(ModelPackageGroupName="churn")["ModelPackageGroupArn"] == arn
    assert made == {
        "Ref": arn,
        "GetAtt": arn,
        "Archive": f"arn:aws:events:us-east-1:000000000000:archive/{archive['ArchiveName']}",
        "Alarm": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:any",
    }


def test_a_stand_in_changes_with_its_stack_and_keeps_its_name(cloud):
    def past(days):
        source = "arn:aws:events:us-east-1:000000000000:event-bus/default"
        return {"Past": custom("AWS::Events::Archive", ArchiveName="past", SourceArn=source, RetentionDays=days)}

    first = stack(cloud, "changing", past(7), {"Name": {"Ref": "Past"}})

    second = stack(cloud, "changing", past(30), {"Name": {"Ref": "Past"}})

    assert first == second == {"Name": "past"}
    assert cloud.client("events").describe_archive(ArchiveName="past")["RetentionDays"] == 30


def test_deleting_the_stack_deletes_what_stands_in(cloud):
    stack(
        cloud,
        "short",
        {"Query": custom("AWS::Athena::NamedQuery", Database="d", QueryString="select 1", Name="one")},
        {"Id": {"Ref": "Query"}},
    )
    before = cloud.client("athena").list_named_queries()["NamedQueryIds"]

    cloud.client("cloudformation").delete_stack(StackName="short")
    cloud.client("cloudformation").get_waiter("stack_delete_complete").wait(StackName="short", WaiterConfig={"Delay": 1})

    assert len(before) == 1
    assert cloud.client("athena").list_named_queries()["NamedQueryIds"] == []


def test_a_stand_in_that_fails_tells_the_services_words(cloud):
    cloudformation = cloud.client("cloudformation")
    resources = {"Group": custom("AWS::SageMaker::ModelPackageGroup", ModelPackageGroupName="no spaces here")}

    cloudformation.create_stack(StackName="wrong", TemplateBody=json.dumps({"Resources": resources}), OnFailure="DO_NOTHING")
    with pytest.raises(Exception, match="CREATE_FAILED"):
        cloudformation.get_waiter("stack_create_complete").wait(StackName="wrong", WaiterConfig={"Delay": 1})
    events = cloudformation.describe_stack_events(StackName="wrong")["StackEvents"]

    reasons = [event.get("ResourceStatusReason", "") for event in events if event["LogicalResourceId"] == "Group"]
    assert any("AWS::SageMaker::ModelPackageGroup" in reason and "no spaces here" in reason for reason in reasons)


def test_a_function_reaches_a_twin_only_as_its_own_role_allows(cloud):
    iam, functions = cloud.client("iam"), cloud.client("lambda")
    role = iam.create_role(RoleName="caller", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [TRUST]}))["Role"]
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    found = boto3.client('sagemaker').list_pipelines()['PipelineSummaries']\n"
        "    return [pipeline['PipelineName'] for pipeline in found]"
    )
    source = {"ZipFile": zipped("index.py", code)}
    where = {endpoint_variable("sagemaker"): f"{cloud.sandbox.twin_url}/aws/sagemaker/as/caller"}
    functions.create_function(
        FunctionName="caller",
        Runtime="python3.13",
        Role=role["Arn"],
        Handler="index.handler",
        Code=source,
        Environment={"Variables": where},
        Timeout=30,
    )

    refused = json.loads(functions.invoke(FunctionName="caller")["Payload"].read())
    allowed = {"Effect": "Allow", "Action": "sagemaker:ListPipelines", "Resource": "*"}
    iam.put_role_policy(RoleName="caller", PolicyName="list", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}))

    assert "AccessDenied" in refused["errorMessage"]
    assert eventually(lambda: json.loads(functions.invoke(FunctionName="caller")["Payload"].read()) == [])


def test_killing_everything_midway_leaves_nothing_that_stops_the_next_start(cloud, folder):
    function_workers = [p for p in processes.belonging(folder) if p.pid not in {r.pid for r in cloud.sandbox.processes.values()}]
    for known in cloud.sandbox.processes.values():
        os.kill(known.pid, signal.SIGKILL)

    again = launcher.up(folder)

    assert (again.fresh, again.replaced) == (True, True)
    assert Cloud.of_sandbox(again.sandbox).client("s3").list_buckets()["Buckets"] == []
    assert not [p for p in function_workers if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]


def test_two_sandboxes_run_side_by_side(cloud, folder):
    other = folder.parent / "second"
    second = Cloud.of_sandbox(launcher.up(other).sandbox)
    cloud.client("s3").create_bucket(Bucket="only-in-the-first")

    seen = second.client("s3").list_buckets()["Buckets"]
    launcher.down(other, wipe=True)

    assert seen == []
    assert launcher.up(folder).fresh is False


def test_down_leaves_no_process_and_no_listener(folder):
    launcher.up(folder)
    running = processes.belonging(folder)

    launcher.down(folder)

    assert len(running) >= 2
    assert not [p for p in running if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert not list(processes.listening(folder))


def zipped(name, content):
    """A zip file with one file."""
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr(name, content)
    return packed.getvalue()


def eventually(condition, seconds=20.0):
    """Whether the condition comes true in time: grants are cached for a few seconds."""
    from sandbox.flow.waiting import until

    return until(condition, bool, step="waiting", seconds=seconds, every=0.2)
