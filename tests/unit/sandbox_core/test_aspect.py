"""The one difference between the template for AWS and the template for the sandbox."""

import json

import pytest
from aws_cdk import App, Aspects, CfnResource, Stack, assertions
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sagemaker as sagemaker

from sandbox.aspect import SandboxAspect, UnsupportedTypeError, role_name, supported_types
from sandbox.resources import OWN_PROPERTIES, PROVIDER_ARN, TABLE, custom_type

URL = "https://127.0.0.1:4567"


def shop(app):
    stack = Stack(app, "Shop")
    group = sagemaker.CfnModelPackageGroup(stack, "Churn", model_package_group_name="churn")
    lambda_.Function(
        stack,
        "Relay",
        runtime=lambda_.Runtime.PYTHON_3_13,
        handler="index.handler",
        code=lambda_.Code.from_inline("def handler(event, context): ..."),
        environment={"GROUP": group.attr_model_package_group_arn},
    )
    return stack


def template(build, *, sandbox):
    app = App()
    stack = build(app)
    if sandbox:
        Aspects.of(app).add(SandboxAspect(URL))
    return assertions.Template.from_stack(stack).to_json()


def without_what_the_aspect_adds(resource):
    properties = {name: value for name, value in resource["Properties"].items() if name not in OWN_PROPERTIES}
    variables = properties.get("Environment", {}).get("Variables", {})
    for name in [name for name in variables if name.startswith("AWS_ENDPOINT_URL_")]:
        del variables[name]
    return properties


def test_logical_ids_and_properties_stay_and_types_change_by_the_table():
    aws, sandbox = (template(shop, sandbox=target)["Resources"] for target in (False, True))

    changed = {(aws[key]["Type"], sandbox[key]["Type"]) for key in aws if aws[key]["Type"] != sandbox[key]["Type"]}

    assert {key: without_what_the_aspect_adds(r) for key, r in sandbox.items()} == {key: r["Properties"] for key, r in aws.items()}
    assert changed == {("AWS::SageMaker::ModelPackageGroup", "Custom::SageMakerModelPackageGroup")}


def test_a_converted_resource_names_its_provider_and_what_it_was():
    resources = template(shop, sandbox=True)["Resources"]

    [converted] = [r["Properties"] for r in resources.values() if r["Type"].startswith("Custom::")]

    assert (converted["ServiceToken"], converted["SandboxType"]) == (PROVIDER_ARN, "AWS::SageMaker::ModelPackageGroup")


def test_a_function_reaches_each_twin_under_the_name_of_its_own_role():
    resources = template(shop, sandbox=True)["Resources"]

    [function] = [r["Properties"] for r in resources.values() if r["Type"] == "AWS::Lambda::Function"]
    [role] = [key for key, r in resources.items() if r["Type"] == "AWS::IAM::Role"]

    assert function["Environment"]["Variables"]["AWS_ENDPOINT_URL_PERSONALIZE_EVENTS"] == {
        "Fn::Join": ["", [f"{URL}/aws/personalize-events/as/", {"Ref": role}]]
    }


def test_a_type_that_nothing_stands_in_for_fails_by_its_name():
    def build(app):
        stack = Stack(app, "Shop")
        CfnResource(stack, "Robot", type="AWS::RoboMaker::Robot")
        return stack

    with pytest.raises(Exception, match="Shop/Robot: the sandbox has no AWS::RoboMaker::Robot"):
        template(build, sandbox=True)


def test_the_aspect_raises_an_error_of_its_own():
    stack = Stack(App(), "Shop")

    with pytest.raises(UnsupportedTypeError):
        SandboxAspect(URL).visit(CfnResource(stack, "Robot", type="AWS::RoboMaker::Robot"))


@pytest.mark.parametrize(
    ("role", "name"),
    [
        ({"Fn::GetAtt": ["Role1234", "Arn"]}, {"Ref": "Role1234"}),
        ("arn:aws:iam::000000000000:role/relay", "relay"),
        ({"Fn::ImportValue": "x"}, {"Fn::Select": [1, {"Fn::Split": [":role/", {"Fn::ImportValue": "x"}]}]}),
    ],
)
def test_the_role_of_a_function_is_found_wherever_it_comes_from(role, name):
    assert role_name(role) == name


def test_the_types_read_out_of_ministack_are_the_ones_it_provisions():
    from ministack.services.cloudformation.provisioners import _RESOURCE_HANDLERS

    assert supported_types() == set(_RESOURCE_HANDLERS)


def test_the_table_holds_only_types_that_ministack_lacks():
    assert not supported_types() & TABLE.keys()


def test_custom_type_names_are_distinct_and_short_enough():
    names = [custom_type(kind) for kind in TABLE]

    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 60


def test_references_to_a_converted_resource_survive():
    def build(app):
        stack = Stack(app, "Shop")
        archive = events.CfnArchive(stack, "Past", source_arn="arn:aws:events:us-east-1:000000000000:event-bus/default")
        iam.CfnRole(stack, "Reader", assume_role_policy_document={}, description=archive.attr_arn)
        return stack

    aws, sandbox = (template(build, sandbox=target)["Resources"]["Reader"] for target in (False, True))

    assert json.dumps(aws) == json.dumps(sandbox)
