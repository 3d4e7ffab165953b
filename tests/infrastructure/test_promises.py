import json
import pkgutil
import re
from collections import Counter
from dataclasses import fields
from importlib import import_module
from typing import Any

import pytest

from omnichannel.contracts import environment
from omnichannel.contracts.deployment import CAPABILITIES, Deployment, output_id, stack_name
from omnichannel.contracts.environment.base import Env
from omnichannel.contracts.pipelines import Parameter
from omnichannel.contracts.trusted import DATASET_OF
from omnichannel.onboarding.schema import TABLES
from tests.infrastructure.access import KEY_OF, key_of, states
from tests.infrastructure.cloud import Cloud, Resource
from tests.infrastructure.conftest import ALL_ON, ROOT

FIFO = ".fifo"
DAY = 86_400

NO_RESOURCES: dict[str, str] = {
    "sagemaker:ListModelPackages": "listing versions knows no resources",
    **dict.fromkeys(
        ("sagemaker:ListApps", "sagemaker:ListDomains", "sagemaker:ListSpaces", "sagemaker:ListUserProfiles"),
        "lists of Studio's parts know no resources",
    ),
    "cloudformation:DescribeStacks": "without a name it tells of all stacks, and notebooks find ours by their names",
    **dict.fromkeys(
        (
            "logs:CreateLogDelivery",
            "logs:DeleteLogDelivery",
            "logs:DescribeLogGroups",
            "logs:DescribeResourcePolicies",
            "logs:GetLogDelivery",
            "logs:ListLogDeliveries",
            "logs:PutResourcePolicy",
            "logs:UpdateLogDelivery",
        ),
        "log delivery of state machines knows no resources",
    ),
    **dict.fromkeys(
        ("xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"),
        "X-Ray knows no resources",
    ),
    **dict.fromkeys(
        ("states:SendTaskSuccess", "states:SendTaskFailure"), "AWS's reference knows no resource for them: the token is the right"
    ),
    "personalize:PutEvents": "Personalize's guide asks for *",
    **dict.fromkeys(
        (
            *(f"personalize:List{each}" for each in ("Recommenders", "DatasetImportJobs", "Solutions", "SolutionVersions")),
            *(f"personalize:List{each}" for each in ("Campaigns", "Filters", "BatchInferenceJobs")),
        ),
        "lists of Personalize know no resources",
    ),
    "ecr:GetAuthorizationToken": "a token is for the registry",
    "cloudwatch:PutMetricData": "metrics are confined by namespace",
}
"""The only actions that may be allowed on `*`, and why."""


def statements(cloud: Cloud) -> list[tuple[Resource, dict[str, Any]]]:
    policies = [(policy, policy.properties["PolicyDocument"]) for policy in cloud.all("AWS::IAM::Policy")]
    return [(policy, each) for policy, document in policies for each in cloud.parsed(policy.stack, document)]


def denies_plain_http(cloud: Cloud, policies: str, attached_to: str) -> set[str]:
    """Names of resources whose policy denies whatever does not come over TLS."""
    found = set()
    for policy in cloud.all(policies):
        names = policy.properties[attached_to]
        denies = [
            s
            for s in policy.properties["PolicyDocument"]["Statement"]
            if s["Effect"] == "Deny" and s.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport") == "false"
        ]
        if denies:
            found |= {cloud.refers(policy.stack, each) for each in (names if isinstance(names, list) else [names])}
    return found


@pytest.mark.parametrize(
    ("kind", "policies", "attached_to"),
    [
        ("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "Bucket"),
        ("AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "Queues"),
        ("AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "Topics"),
    ],
)
def test_every_bucket_queue_and_topic_refuses_plain_http(cloud: Cloud, kind: str, policies: str, attached_to: str):
    names = {resource.name for resource in cloud.all(kind)}

    assert names
    assert names == denies_plain_http(cloud, policies, attached_to)


def test_every_bucket_is_private_versioned_and_forgets_old_versions(cloud: Cloud):
    for bucket in cloud.all("AWS::S3::Bucket"):
        assert set(bucket.properties["PublicAccessBlockConfiguration"].values()) == {True}, bucket.name
        assert bucket.properties["VersioningConfiguration"] == {"Status": "Enabled"}, bucket.name
        rules = bucket.properties["LifecycleConfiguration"]["Rules"]
        assert any("NoncurrentVersionExpiration" in rule and "AbortIncompleteMultipartUpload" in rule for rule in rules), bucket.name


def test_everything_that_holds_data_is_encrypted_with_a_key_of_ours(cloud: Cloud):
    unencrypted = {resource.name for resource in cloud.all(*KEY_OF) if not key_of(cloud, resource)}

    # S3 delivers access logs only to a bucket with its own encryption.
    assert [name.partition("Logs")[0] for name in unencrypted] == ["foundation/BucketsAccess"]


def test_every_bucket_uses_bucket_keys(cloud: Cloud):
    for bucket in cloud.all("AWS::S3::Bucket"):
        rule = bucket.properties["BucketEncryption"]["ServerSideEncryptionConfiguration"][0]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256" or rule["BucketKeyEnabled"] is True, bucket.name


def test_every_key_rotates(cloud: Cloud):
    assert all(key.properties["EnableKeyRotation"] is True for key in cloud.all("AWS::KMS::Key"))


def test_every_queue_that_a_function_reads_has_a_dead_letter_queue_that_alarms(cloud: Cloud):
    alarmed = {
        (cloud.refers(alarm.stack, dimension["Value"]), alarm.properties["MetricName"])
        for alarm in cloud.all("AWS::CloudWatch::Alarm")
        for dimension in alarm.properties.get("Dimensions", ())
        if dimension["Name"] == "QueueName"
    }
    read = [cloud.get(cloud.refers(m.stack, m.properties["EventSourceArn"])) for m in cloud.all("AWS::Lambda::EventSourceMapping")]

    assert len(read) >= 3
    for queue in read:
        dead_letters = cloud.refers(queue.stack, queue.properties["RedrivePolicy"]["deadLetterTargetArn"])
        assert cloud.get(dead_letters).properties["MessageRetentionPeriod"] == 14 * DAY > queue.properties["MessageRetentionPeriod"]
        assert (dead_letters, "ApproximateNumberOfMessagesVisible") in alarmed
        assert (dead_letters, "ApproximateAgeOfOldestMessage") in alarmed


def test_every_queue_hides_a_message_six_times_as_long_as_its_function_may_run(cloud: Cloud):
    for mapping in cloud.all("AWS::Lambda::EventSourceMapping"):
        queue = cloud.get(cloud.refers(mapping.stack, mapping.properties["EventSourceArn"]))
        function = cloud.get(cloud.refers(mapping.stack, mapping.properties["FunctionName"]))
        assert queue.properties["VisibilityTimeout"] >= 6 * function.properties["Timeout"]
        assert mapping.properties["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_every_function_and_state_machine_has_an_alarm(cloud: Cloud):
    watched = {
        cloud.refers(alarm.stack, dimension["Value"])
        for alarm in cloud.all("AWS::CloudWatch::Alarm")
        for dimension in alarm.properties.get("Dimensions", ())
    }

    names = {resource.name for resource in cloud.all("AWS::Lambda::Function", "AWS::StepFunctions::StateMachine")}

    assert names <= watched


def test_every_alarm_is_heard_by_the_topic(on: Cloud):
    rules = [rule for rule in on.all("AWS::Events::Rule") if rule.stack == "observability"]

    assert len(rules) == 1
    prefix = on.flat("observability", rules[0].properties["EventPattern"]["resources"][0]["prefix"])
    assert prefix.endswith(":alarm:omni-dev-")
    assert all("AlarmName" not in alarm.properties for alarm in on.all("AWS::CloudWatch::Alarm"))


def test_each_functions_environment_has_exactly_the_fields_of_its_class(on: Cloud):
    modules = [import_module(f"{environment.__name__}.{module.name}") for module in pkgutil.iter_modules(environment.__path__)]
    classes = {
        each.__name__: frozenset(map(str.upper, each.names()))
        for module in modules
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, Env) and each is not Env
    }
    found = {}
    for function in on.all("AWS::Lambda::Function"):
        names = function.properties["Environment"]["Variables"].keys() - {"LOG_LEVEL", "POWERTOOLS_SERVICE_NAME"}
        module = function.properties["Handler"].split(".")[1]
        found["".join(part.capitalize() for part in module.split("_")) + "Env"] = frozenset(names)

    for name, names in found.items():
        assert names == classes[name], name


NEITHER = {"lambdas.profiles_bridge.handler", "lambdas.segment_files.handler"}
"""Of the adapters that `off` and `on` both leave out: `messaging=connect` and `segment_sink=files`."""


def test_every_door_is_the_handler_of_a_function_or_of_the_adapter_that_is_not_chosen(off: Cloud, on: Cloud):
    handlers = {f.properties["Handler"] for cloud in (off, on) for f in cloud.all("AWS::Lambda::Function")}

    doors = {path.stem for path in (ROOT / "lambdas").glob("*.py") if "\ndef handler(" in path.read_text()}
    assert handlers | NEITHER == {f"lambdas.{door}.handler" for door in doors}


def test_no_function_reserves_concurrency_or_traces(cloud: Cloud):
    for function in cloud.all("AWS::Lambda::Function"):
        assert "ReservedConcurrentExecutions" not in function.properties
        assert "TracingConfig" not in function.properties


def test_stacks_depend_only_on_those_before_them(cloud: Cloud):
    artifacts = cloud.manifest["artifacts"]
    order = {capability: place for place, capability in enumerate(CAPABILITIES)}

    assert {capability for capability in CAPABILITIES if capability in cloud.templates} == set(cloud.templates)
    for capability in cloud.templates:
        needed = [name for name in artifacts[capability].get("dependencies", ()) if name in order]
        assert all(order[name] < order[capability] for name in needed), (capability, needed)


def test_stacks_are_called_as_the_contract_says(cloud: Cloud):
    names = {capability: cloud.manifest["artifacts"][capability]["properties"]["stackName"] for capability in cloud.templates}

    assert names == {capability: stack_name("dev", capability) for capability in cloud.templates}


def test_with_every_knob_on_each_field_of_the_deployment_is_an_output(on: Cloud):
    outputs = {name for template in on.templates.values() for name in template.get("Outputs", {})}
    # Of messaging=connect, where here it is pinpoint, and of an edge, which asks for JWT where here it is IAM.
    of_another_choice = {output_id("profiles_domain"), output_id("recommendations_edge_url")}

    assert {output_id(field.name) for field in fields(Deployment)} - of_another_choice <= outputs


def test_no_action_has_a_wildcard_and_only_listed_ones_go_to_every_resource(cloud: Cloud):
    for policy, statement in statements(cloud):
        assert not [action for action in statement["Action"] if "*" in action], policy.name
        if statement["Effect"] == "Allow" and "*" in statement["Resource"]:
            assert set(statement["Action"]) <= NO_RESOURCES.keys(), policy.name


def test_each_object_grant_names_a_zone(cloud: Cloud):
    whole = {
        resource.partition("}")[0].split("/")[1]
        for _, statement in statements(cloud)
        if "s3:GetObject" in statement["Action"] or "s3:PutObject" in statement["Action"]
        for resource in statement["Resource"]
        if resource.endswith("}/*")
    }

    # Landing and quarantine are one zone each, and the proof of an erasure reads the code as well.
    assert {re.sub("[0-9A-F]{8}$", "", name) for name in whole} == {"BucketsLanding", "BucketsQuarantine", "BucketsArtifacts"}


def trusts(cloud: Cloud) -> list[tuple[Resource, dict[str, Any]]]:
    """Every statement that lets somebody assume a role."""
    return [(role, each) for role in cloud.all("AWS::IAM::Role") for each in role.properties["AssumeRolePolicyDocument"]["Statement"]]


def test_every_role_of_a_service_but_those_of_functions_is_for_this_account_only(cloud: Cloud):
    for role, statement in trusts(cloud):
        if statement["Principal"].get("Service", "lambda.amazonaws.com") != "lambda.amazonaws.com":
            assert statement["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}, role.name


def test_the_roles_for_another_account_are_segments_and_ask_for_its_workspace(off: Cloud, on: Cloud):
    foreign = {
        statement["Principal"]["AWS"].rsplit("/")[-1]: (role, statement)
        for role, statement in trusts(on)
        if "AWS" in statement["Principal"]
    }

    assert sorted(foreign) == ["customer-lambda-prod-destination-access", "segment-s3-integration-production-access"]
    for _, statement in foreign.values():
        assert statement["Principal"]["AWS"].startswith("arn:aws:iam::595280932656:role/")
        assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": ALL_ON["segment_external_id"]}}
    invoker = foreign["customer-lambda-prod-destination-access"][0]
    assert [s["Action"] for s in on.statements(invoker.name)] == [["lambda:InvokeFunction"]]
    role, _ = foreign["segment-s3-integration-production-access"]
    written = [(s["Action"], s["Resource"]) for s in on.statements(role.name) if any(a.startswith("s3:") for a in s["Action"])]
    assert all(place.endswith("/segment-logs/*") for _, places in written for place in places)
    assert {action for actions, _ in written for action in actions} == {"s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"}
    assert not [role.name for role, statement in trusts(off) if "Service" not in statement["Principal"]]


def test_no_role_has_a_managed_policy(cloud: Cloud):
    assert not [role.name for role in cloud.all("AWS::IAM::Role") if "ManagedPolicyArns" in role.properties]


def test_a_role_is_only_handed_to_the_service_it_is_for(on: Cloud):
    passing = [statement for _, statement in statements(on) if "iam:PassRole" in statement["Action"]]

    assert len(passing) == 8
    assert all("iam:PassedToService" in statement["Condition"]["StringEquals"] for statement in passing)


def test_every_table_can_be_restored_to_a_point_in_time(cloud: Cloud):
    for table in cloud.all("AWS::DynamoDB::Table"):
        assert table.properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True, table.name


def test_every_log_group_forgets(cloud: Cloud):
    assert all(group.properties.get("RetentionInDays") == 14 for group in cloud.all("AWS::Logs::LogGroup"))


def test_every_api_is_throttled_and_logs_no_address(cloud: Cloud):
    for stage in cloud.all("AWS::ApiGatewayV2::Stage"):
        assert stage.properties["DefaultRouteSettings"]["ThrottlingRateLimit"] == 50
        logged = stage.properties["AccessLogSettings"]["Format"]
        assert "requestId" in logged
        assert "identity" not in logged


def test_every_api_but_the_signed_webhook_asks_who_is_calling(cloud: Cloud):
    kinds = {route.properties["RouteKey"]: route.properties["AuthorizationType"] for route in cloud.all("AWS::ApiGatewayV2::Route")}

    assert kinds == {
        "GET /recommendations/{placement}": "AWS_IAM",
        "GET /profiles/{id}": "AWS_IAM",
        "GET /profiles": "AWS_IAM",
        "GET /members": "AWS_IAM",
        "POST /decisions": "AWS_IAM",
        "$default": "AWS_IAM",
        "GET /reviews": "AWS_IAM",
        "GET /reviews/{run}": "AWS_IAM",
        "POST /reviews/{run}/approve": "AWS_IAM",
        "POST /reviews/{run}/reject": "AWS_IAM",
        "POST /segment": "NONE",
    }


def test_no_secret_has_its_value_in_a_template(on: Cloud):
    assert len(list(on.all("AWS::SecretsManager::Secret"))) == 3
    assert not [secret.name for secret in on.all("AWS::SecretsManager::Secret") if "SecretString" in secret.properties]


def test_state_machines_speak_jsonata_are_logged_and_traced(cloud: Cloud):
    for machine in cloud.all("AWS::StepFunctions::StateMachine"):
        assert cloud.machine(machine)["QueryLanguage"] == "JSONata", machine.name
        assert machine.properties["LoggingConfiguration"]["Level"] == "ALL", machine.name
        assert machine.properties["LoggingConfiguration"]["IncludeExecutionData"] is False, machine.name
        assert machine.properties["TracingConfiguration"] == {"Enabled": True}, machine.name


def test_no_two_branches_side_by_side_assign_one_variable(cloud: Cloud):
    # AWS gives each branch variables of its own, the sandbox lets them share.
    machines = {machine.name: cloud.machine(machine) for machine in cloud.all("AWS::StepFunctions::StateMachine")}
    beside = [(name, state["Branches"]) for name, machine in machines.items() for state in states(machine) if "Branches" in state]

    assigned = [
        (name, Counter(variable for branch in branches for variable in {v for state in states(branch) for v in state.get("Assign", ())}))
        for name, branches in beside
    ]

    assert len(beside) >= 3
    assert not [(name, variables) for name, variables in assigned if any(count > 1 for count in variables.values())]


def test_schedules_rest_in_dev(cloud: Cloud):
    schedules = list(cloud.all("AWS::Scheduler::Schedule"))

    assert len(schedules) >= 2
    assert {schedule.properties["State"] for schedule in schedules} == {"DISABLED"}


def test_a_pipelines_definition_is_whole_and_small_enough(cloud: Cloud):
    for pipeline in cloud.all("AWS::SageMaker::Pipeline"):
        body = cloud.flat(pipeline.stack, pipeline.properties["PipelineDefinition"]["PipelineDefinitionBody"])
        given = {p["Name"] for p in json.loads(body)["Parameters"] if "DefaultValue" not in p}
        assert {"AsOf", "Run"} <= given <= set(Parameter)
        assert len(body) < 1_000_000


def test_every_resource_is_tagged_with_its_capability(cloud: Cloud):
    for table in cloud.all("AWS::DynamoDB::Table", "AWS::S3::Bucket", "AWS::Lambda::Function"):
        tags = {tag["Key"]: tag["Value"] for tag in table.properties["Tags"]}
        assert tags["capability"] == table.stack
        assert (tags["app"], tags["environment"]) == ("omni", "dev")


def test_a_trusted_table_has_one_writer(cloud: Cloud):
    writers = {}
    for policy, statement in statements(cloud):
        if "glue:UpdateTable" in statement["Action"]:
            names = {each.partition(":table/")[2].partition("/")[2] for each in statement["Resource"]}
            writers[policy.id.partition("RoleDefaultPolicy")[0]] = names - {""}

    own = {table for tables in writers.values() for table in tables} - DATASET_OF.keys()
    assert writers.pop("CommitCommitFiles") == set(TABLES)
    assert writers, "the customer view writes tables of its own"
    assert all(tables <= own for tables in writers.values()), "only the committer writes a data set's table"


def test_the_committer_deletes_versions_of_tables_and_erasure_of_the_identities_alone(cloud: Cloud):
    deletes = [
        (policy.id.partition("RoleDefaultPolicy")[0], each)
        for policy, statement in statements(cloud)
        if "s3:DeleteObjectVersion" in statement["Action"]
        for each in statement["Resource"]
        if "/trusted/" in each
    ]

    # Erasure follows with the files that the committer had to leave to the identities' second writer.
    tables = {who: sorted(each.partition("/trusted/")[2] for other, each in deletes if other == who) for who, _ in deletes}
    assert tables == {"CommitCommitFiles": ["*"], "ErasurePrivacySubject": ["identity_events/*", "identity_links/*"]}


def test_only_erasure_deletes_versions_of_what_is_not_a_table(cloud: Cloud):
    deleting = {
        policy.id.partition("RoleDefaultPolicy")[0]
        for policy, statement in statements(cloud)
        if "s3:DeleteObjectVersion" in statement["Action"]
        for each in statement["Resource"]
        if "/trusted/" not in each
    }

    assert deleting == {"ErasurePrivacyObjects", "ErasurePrivacyState"}


def test_erasure_reaches_every_folder_of_the_lake_that_the_proof_reads(cloud: Cloud):
    def folders(who: str, action: str) -> set[str]:
        found = (s for policy, s in statements(cloud) if policy.id.startswith(who) and action in s["Action"])
        return {each.partition("}/")[2] for s in found for each in s["Resource"] if "BucketsLake" in each and "}/" in each}

    read, rewritten = folders("ErasurePrivacyProof", "s3:GetObjectVersion"), folders("ErasurePrivacyObjects", "s3:DeleteObjectVersion")

    # Tables are the committer's, answers of the committer are counts, certificates are hashes, and a running request is deleted whole.
    assert read - rewritten == {"trusted/*", "maintenance/*", "privacy/*"}


def test_nothing_starts_an_erasure_by_itself(cloud: Cloud):
    started = [each for _, s in statements(cloud) if "states:StartExecution" in s["Action"] for each in s["Resource"]]
    machines = {m.name for m in cloud.all("AWS::StepFunctions::StateMachine") if m.stack == "privacy"}

    assert len(machines) == 2
    assert not [each for each in started if any(name in each for name in machines)]


def test_live_senders_write_the_ledger_of_their_own_sink_alone(cloud: Cloud):
    """Whoever could write all of it could write an outcome of any run."""
    policies = [each for each in cloud.all("AWS::IAM::Policy") if re.search("(LiveMessenger|SegmentRelay).*Role", each.id)]
    said = {each.id: set(re.findall(r"/((?:activation|ledger)/[^\"]*)\"", json.dumps(each.properties))) for each in policies}

    assert said
    for name, prefixes in said.items():
        assert prefixes - {"activation/run=live-*"} <= {
            "ledger/flow=live-traits/run=*/sink=segment/*",
            *(f"ledger/flow=messaging/run=live-*/sink={sink}/*" for sink in ("file", "connect", "pinpoint")),
        }, name
        assert len({each for each in prefixes if each.startswith("ledger/")}) == 1, name


def test_a_bridge_reads_the_audience_and_what_its_own_sink_left_there(cloud: Cloud):
    policies = [
        each for each in cloud.all("AWS::IAM::Policy") if re.search("(Segment|File|Profiles|Pinpoint)(Bridge|Files).*Role", each.id)
    ]
    said = {each.id: set(re.findall(r"/((?:activation|ledger)/[^\"]*)\"", json.dumps(each.properties))) for each in policies}

    assert said
    for name, prefixes in said.items():
        assert {"activation/run=*/decided/*", "activation/run=*/parts.json*"} <= prefixes, name
        assert not prefixes & {"activation/*", "ledger/*", "activation/run=*/*"}, name
        assert len({each for each in prefixes if each.startswith("ledger/")}) == 1, name
