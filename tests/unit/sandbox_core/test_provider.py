"""CloudFormation's protocol for custom resources, towards botocore's own service models."""

import boto3
import pytest
from botocore.stub import ANY, Stubber

from sandbox import provider
from sandbox.resources import TABLE, Call

ARN = "arn:aws:personalize:us-east-1:000000000000:dataset-group/shop"
STACK = "arn:aws:cloudformation:us-east-1:000000000000:stack/omni-sandbox-propensity/0a1b"


def event(request, kind, physical_id="", old=None, **properties):
    asked = {
        "RequestType": request,
        "RequestId": "request-1",
        "StackId": STACK,
        "LogicalResourceId": "Churn",
        "ResponseURL": "https://127.0.0.1:1/answer",
        "ResourceProperties": {"ServiceToken": "arn", "ServiceTimeout": "900", "SandboxType": kind, **properties},
    }
    if physical_id:
        asked["PhysicalResourceId"] = physical_id
    if old is not None:
        asked["OldResourceProperties"] = {"SandboxType": kind, **old}
    return asked


@pytest.fixture
def service(monkeypatch):
    """Answers of one service, expected in order."""
    made = {}

    def client(name):
        made[name] = made.get(name) or boto3.session.Session(
            region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
        ).client(name)
        return made[name]

    monkeypatch.setattr(provider.boto3, "client", client)
    monkeypatch.setattr(provider, "POLL_SECONDS", 0)
    return lambda name: Stubber(client(name))


def test_a_pipeline_is_created_with_its_definition_and_typed_numbers(service):
    expected = {
        "PipelineName": "churn",
        "PipelineDefinition": '{"Version": "2020-12-01"}',
        "RoleArn": "arn:aws:iam::000000000000:role/pipeline",
        "ParallelismConfiguration": {"MaxParallelExecutionSteps": 2},
    }
    with service("sagemaker") as sagemaker:
        sagemaker.add_response("create_pipeline", {"PipelineArn": "arn:aws:sagemaker:us-east-1:000000000000:pipeline/churn"}, expected)

        made = provider.fulfil(
            event(
                "Create",
                "AWS::SageMaker::Pipeline",
                PipelineName="churn",
                PipelineDefinition={"PipelineDefinitionBody": '{"Version": "2020-12-01"}'},
                RoleArn="arn:aws:iam::000000000000:role/pipeline",
                ParallelismConfiguration={"MaxParallelExecutionSteps": "2"},
            )
        )

    assert made == ("churn", {})


def test_a_pipeline_keeps_its_name_when_it_changes(service):
    with service("sagemaker") as sagemaker:
        sagemaker.add_response(
            "update_pipeline", {"PipelineArn": "arn:x:pipeline/churn"}, {"PipelineName": "churn", "PipelineDefinition": "{}"}
        )

        made = provider.fulfil(
            event(
                "Update",
                "AWS::SageMaker::Pipeline",
                physical_id="churn",
                old={"PipelineName": "churn", "PipelineDefinition": {"PipelineDefinitionBody": "[]"}},
                PipelineName="churn",
                PipelineDefinition={"PipelineDefinitionBody": "{}"},
            )
        )

    assert made == ("churn", {})


def test_tags_are_named_as_the_service_names_them(service):
    with service("personalize") as personalize:
        expected = {"name": "events", "schema": "{}", "domain": "ECOMMERCE"}
        personalize.add_response("create_schema", {"schemaArn": "arn:schema"}, expected)
        tagged = {"name": "shop", "tags": [{"tagKey": "app", "tagValue": "omni"}]}
        personalize.add_response("create_dataset_group", {"datasetGroupArn": ARN}, tagged)
        personalize.add_response("describe_dataset_group", {"datasetGroup": {"status": "ACTIVE"}})

        schema = provider.fulfil(event("Create", "AWS::Personalize::Schema", Name="events", Schema="{}", Domain="ECOMMERCE", Tags=[]))
        group = provider.fulfil(event("Create", "AWS::Personalize::DatasetGroup", Name="shop", Tags=[{"Key": "app", "Value": "omni"}]))

    assert (schema[0], group[0]) == ("arn:schema", ARN)


def test_what_is_still_being_created_is_waited_for(service):
    with service("personalize") as personalize:
        personalize.add_response(
            "create_dataset_group", {"datasetGroupArn": ARN, "domain": "ECOMMERCE"}, {"name": "shop", "domain": "ECOMMERCE"}
        )
        for status in ("CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"):
            personalize.add_response("describe_dataset_group", {"datasetGroup": {"status": status}}, {"datasetGroupArn": ARN})

        made = provider.fulfil(event("Create", "AWS::Personalize::DatasetGroup", Name="shop", Domain="ECOMMERCE"))

    assert made == (ARN, {"DatasetGroupArn": ARN})


def test_a_creation_that_fails_later_tells_the_services_reason(service):
    failed = {"datasetGroup": {"status": "CREATE FAILED", "failureReason": "the role cannot use the key"}}
    with service("personalize") as personalize:
        personalize.add_response("create_dataset_group", {"datasetGroupArn": ARN})
        personalize.add_response("describe_dataset_group", failed)

        with pytest.raises(provider.ResourceError, match="the role cannot use the key"):
            provider.fulfil(event("Create", "AWS::Personalize::DatasetGroup", Name="shop"))


def test_an_event_tracker_tells_its_tracking_id(service):
    arn = "arn:aws:personalize:us-east-1:000000000000:event-tracker/live"
    with service("personalize") as personalize:
        personalize.add_response("create_event_tracker", {"eventTrackerArn": arn, "trackingId": "track-1"})
        personalize.add_response("describe_event_tracker", {"eventTracker": {"status": "ACTIVE"}})

        _, attributes = provider.fulfil(event("Create", "AWS::Personalize::EventTracker", Name="live", DatasetGroupArn=ARN))

    assert attributes == {"EventTrackerArn": arn, "TrackingId": "track-1"}


def test_a_pinpoint_application_is_found_by_its_id(service):
    app = {"ApplicationResponse": {"Arn": "arn:app", "Id": "app-1", "Name": "shop"}}
    with service("pinpoint") as pinpoint:
        pinpoint.add_response("create_app", app, {"CreateApplicationRequest": {"Name": "shop"}})
        pinpoint.add_response("delete_app", app, {"ApplicationId": "app-1"})

        made = provider.fulfil(event("Create", "AWS::Pinpoint::App", Name="shop"))
        provider.fulfil(event("Delete", "AWS::Pinpoint::App", physical_id="app-1", Name="shop"))

    assert made == ("app-1", {"Arn": "arn:app", "Id": "app-1"})


def test_a_resource_whose_tags_alone_changed_stays(service):
    tracker = {"eventTrackerArn": "arn:tracker", "trackingId": "track-1", "status": "ACTIVE"}
    with service("personalize") as personalize:
        personalize.add_response("describe_event_tracker", {"eventTracker": tracker}, {"eventTrackerArn": "arn:tracker"})

        kept = provider.fulfil(
            event(
                "Update",
                "AWS::Personalize::EventTracker",
                physical_id="arn:tracker",
                old={"Name": "live", "DatasetGroupArn": ARN},
                Name="live",
                DatasetGroupArn=ARN,
                Tags=[{"Key": "app", "Value": "omni"}],
            )
        )

    assert kept == ("arn:tracker", {"EventTrackerArn": "arn:tracker", "TrackingId": "track-1"})


def test_a_resource_that_cannot_change_is_made_again(service):
    with service("pinpoint") as pinpoint:
        pinpoint.add_response("create_app", {"ApplicationResponse": {"Arn": "arn:app", "Id": "app-2", "Name": "new"}})

        made, _ = provider.fulfil(event("Update", "AWS::Pinpoint::App", physical_id="app-1", old={"Name": "old"}, Name="new"))

    assert made == "app-2"


def test_deleting_what_is_gone_already_is_no_error(service):
    with service("sagemaker") as sagemaker:
        sagemaker.add_client_error("delete_pipeline", "ResourceNotFound", expected_params={"PipelineName": "churn"})

        made = provider.fulfil(event("Delete", "AWS::SageMaker::Pipeline", physical_id="churn", PipelineName="churn"))

    assert made == ("churn", {})


def test_a_property_that_the_api_does_not_know_is_refused(service):
    with service("personalize"), pytest.raises(provider.ResourceError, match="does not understand Colour"):
        provider.fulfil(event("Create", "AWS::Personalize::DatasetGroup", Name="shop", Colour="blue"))


def test_a_resource_without_a_name_gets_one_that_tells_where_it_belongs(service):
    with service("athena") as athena:
        athena.add_response(
            "create_named_query",
            {"NamedQueryId": "query-1"},
            {"Name": ANY, "Database": "trusted", "QueryString": "select 1"},
        )

        made = provider.fulfil(event("Create", "AWS::Athena::NamedQuery", Database="trusted", QueryString="select 1"))

    assert made == ("query-1", {"NamedQueryId": "query-1"})


def test_a_record_answers_what_cloudformation_would():
    named, attributes = provider.fulfil(event("Create", "AWS::CloudWatch::CompositeAlarm", AlarmName="all", AlarmRule="TRUE"))
    generated, _ = provider.fulfil(event("Create", "AWS::Budgets::Budget", Budget={}))

    assert (named, attributes) == ("all", {"Arn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:all"})
    assert generated.startswith("omni-sandbox-propensity-Churn-")


def test_a_record_keeps_its_id_through_updates():
    created, _ = provider.fulfil(event("Create", "AWS::Budgets::Budget", Budget={}))

    updated, _ = provider.fulfil(event("Update", "AWS::Budgets::Budget", physical_id=created, old={}, Budget={"BudgetType": "COST"}))

    assert updated == created


@pytest.mark.parametrize("problem", [ValueError("odd"), AttributeError("a mistake of our own")])
def test_cloudformation_is_answered_whatever_happens(monkeypatch, problem):
    sent = []

    def broken(_):
        raise problem

    monkeypatch.setattr(provider, "fulfil", broken)
    monkeypatch.setattr(provider, "_send", lambda url, answer: sent.append((url, answer)))

    provider.handler(event("Create", "AWS::Pinpoint::App"), None)

    [(url, answer)] = sent
    assert url == "https://127.0.0.1:1/answer"
    assert (answer["Status"], answer["Reason"]) == ("FAILED", f"AWS::Pinpoint::App: {problem}")
    assert answer["PhysicalResourceId"] == "FAILED_CREATE_MARKER"


@pytest.mark.parametrize("kind", [kind for kind, rule in TABLE.items() if isinstance(rule, Call)])
def test_every_row_names_operations_and_parameters_that_exist(kind):
    rule = TABLE[kind]
    client = boto3.session.Session(region_name="us-east-1").client(rule.service)

    def members(operation):
        return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[operation]).input_shape.members

    finders = [operation for operation in (rule.update, rule.delete, rule.describe) if operation]
    inner = members(rule.create)[rule.wrap].members if rule.wrap else members(rule.create)

    assert all(rule.identity in members(operation) for operation in finders)
    assert {target.split(".")[0] for target in rule.lift.values()} | ({rule.name} if rule.name else set()) <= set(inner)
