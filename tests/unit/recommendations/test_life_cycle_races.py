"""Personalize changes while it is looked at: what has just gone, or has just been made, fails no run."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from omnichannel.contracts.environment.recommendations import PersonalizeSetupEnv
from omnichannel.contracts.recommendations import Custom, Recommender, own_prefix
from omnichannel.recommendations.lifecycle.email import batch
from omnichannel.recommendations.lifecycle.look import look
from omnichannel.recommendations.lifecycle.make import Transient
from omnichannel.recommendations.lifecycle.things import Email, Trained, Wanted
from omnichannel.recommendations.setup import act

GROUP = "arn:aws:personalize:us-east-1:000000000000:dataset-group/omni-dev"
NOW = datetime(2026, 11, 22, 5, tzinfo=UTC)
SPEC = Trained(made=True, campaign=True, least_tps=1, metric="coverage", tolerance=0.05)
WANTED = Wanted(
    recommenders=(),
    solutions={Custom.FOR_USERS: SPEC},
    filters={"in-stock": "INCLUDE …"},
    email=Email(made=True, items=10, filter="in-stock"),
    retrain="rate(7 days)",
)
ENV = PersonalizeSetupEnv(**dict.fromkeys(PersonalizeSetupEnv.names(), GROUP))


def _refused(code, operation):
    return ClientError({"Error": {"Code": code, "Message": "in Personalize's words"}}, operation)


def _listed(kind, name, status="ACTIVE"):
    return {"name": f"{own_prefix(GROUP)}{name}", f"{kind}Arn": f"arn-{kind}", "status": status, "creationDateTime": NOW}


class Personalize:
    """Lists one of everything; describing, and creating, is refused with a code where one is named."""

    def __init__(self, **refuses):
        self.refuses = refuses

    def __getattr__(self, operation):
        def call(**_):
            if operation in self.refuses:
                raise _refused(self.refuses[operation], operation)
            return self._answer(operation)

        return call

    def _answer(self, operation):
        verb, kind = operation.split("_", 1)
        if operation == "list_dataset_import_jobs":
            return {"datasetImportJobs": []}
        if operation == "list_batch_inference_jobs":
            return {"batchInferenceJobs": []}
        if operation == "list_solution_versions":
            version = {"solutionVersionArn": "version", "status": "ACTIVE", "creationDateTime": NOW + timedelta(hours=1)}
            return {"solutionVersions": [version]}
        kind = kind.removesuffix("s")
        name = {"recommender": Recommender.FOR_YOU, "filter": "in-stock"}.get(kind, Custom.FOR_USERS)
        one = _listed(kind, name, "CREATE FAILED" if kind == "recommender" else "ACTIVE")
        if verb == "describe":
            return {kind: {**one, "filterExpression": "INCLUDE …", "solutionVersionArn": "version", "minProvisionedTPS": 1}}
        return {("Filters" if kind == "filter" else f"{kind}s"): [one]}


@pytest.mark.parametrize("kind", ["recommender", "solution", "campaign", "filter"])
def test_what_goes_between_its_list_and_its_description_is_gone(kind):
    everything = vars(look(Personalize(), GROUP))

    left = vars(look(Personalize(**{f"describe_{kind}": "ResourceNotFoundException"}), GROUP))

    assert [name for name, found in everything.items() if found] == ["recommenders", "solutions", "campaigns", "filters"]
    assert [name for name, found in left.items() if not found] == [f"{kind}s"]


def test_versions_of_a_solution_that_goes_are_gone_too():
    assert look(Personalize(list_solution_versions="ResourceNotFoundException"), GROUP).solutions == {}
    assert look(Personalize(list_campaigns="ResourceNotFoundException"), GROUP).campaigns == {}


def test_other_refusals_of_a_look_are_told():
    with pytest.raises(ClientError, match="AccessDenied"):
        look(Personalize(describe_filter="AccessDeniedException"), GROUP)


@pytest.mark.parametrize("action", ["import", "email"])
def test_a_job_that_no_list_shows_yet_is_asked_for_again(action):
    made = {"create_dataset_import_job": "ResourceAlreadyExistsException", "create_batch_inference_job": "ResourceAlreadyExistsException"}

    with pytest.raises(Transient, match=f"{action}: ResourceAlreadyExistsException"):
        act(Personalize(**made), ENV, WANTED, {"action": action, "run": "r"})


@pytest.mark.parametrize("code", ["InvalidInputException", "ResourceNotFoundException"])
def test_a_batch_that_personalize_does_not_take_is_told_and_the_run_goes_on(code):
    where = SimpleNamespace(group=GROUP, bucket="lake", role="role", since=NOW, run="r")

    state = batch(Personalize(create_batch_inference_job=code), WANTED, **vars(where))

    assert (state["ready"], state["failed"], state["made"]) == (True, False, False)
    assert state["reason"] == f"e-mail: {code}: in Personalize's words"
