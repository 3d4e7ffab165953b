"""Promises of the pipelines and of what starts them."""

import json
from pathlib import Path
from typing import Any

import pytest

from omnichannel.contracts.pipelines import SCORING, TRAINING, Definition
from tests.infrastructure.access import states
from tests.infrastructure.cloud import Cloud
from tests.infrastructure.conftest import synthesised

STARTED_BY = {"Training": set(TRAINING.values()), "Scoring": {*SCORING.values(), Definition.AUDIENCES}}


def pipelines(cloud: Cloud) -> dict[str, dict[str, Any]]:
    """The body of each pipeline by its name."""
    found = cloud.all("AWS::SageMaker::Pipeline")
    return {
        p.properties["PipelineName"]: json.loads(cloud.flat(p.stack, p.properties["PipelineDefinition"]["PipelineDefinitionBody"]))
        for p in found
    }


def bound(cloud: Cloud, definition: Definition) -> dict[str, Any]:
    """What the stack gives the parameters of a pipeline."""
    return {p["Name"]: p.get("DefaultValue") for p in pipelines(cloud)[f"omni-dev-{definition}"]["Parameters"]}


def machine(cloud: Cloud, name: str) -> dict[str, Any]:
    """One of the two state machines around pipelines."""
    found = (m for m in cloud.all("AWS::StepFunctions::StateMachine") if m.stack == "propensity" and m.id.startswith(f"Models{name}"))
    return cloud.machine(next(found))


def test_every_definition_is_a_pipeline_of_the_deployment(cloud: Cloud):
    assert set(pipelines(cloud)) == {f"omni-dev-{definition}" for definition in Definition}


def test_numbers_are_bound_as_numbers(cloud: Cloud):
    types = {"Integer": int, "Float": float, "String": str}

    wrong = [
        (name, parameter)
        for name, body in pipelines(cloud).items()
        for parameter in body["Parameters"]
        if "DefaultValue" in parameter and not isinstance(parameter["DefaultValue"], types[parameter["Type"]])
    ]

    assert wrong == []


@pytest.mark.parametrize("name", STARTED_BY)
def test_a_state_machine_starts_its_pipelines(cloud: Cloud, name: str):
    payloads = [state["Arguments"]["Payload"] for state in states(machine(cloud, name)) if state["Type"] == "Task"]

    assert {payload["definition"] for payload in payloads if payload["action"] == "start"} == set(map(str, STARTED_BY[name]))


def test_every_way_in_which_a_pipeline_can_end_badly_has_a_name(cloud: Cloud):
    failures = {name: {s["Error"] for s in states(machine(cloud, name)) if s["Type"] == "Fail"} for name in STARTED_BY}

    assert failures == {"Training": {"NotTrained"}, "Scoring": {"NotScored", "NoAudiences", "NoApprovedModel"}}


def test_audiences_come_after_both_scores(cloud: Cloud):
    scoring = machine(cloud, "Scoring")

    first = scoring["States"][scoring["StartAt"]]

    assert (first["Type"], first["Next"]) == ("Parallel", "StartAudiences")


def test_training_and_scoring_are_scheduled_with_tries_and_a_queue_for_what_failed_them_all(cloud: Cloud):
    found = [s.properties for s in cloud.all("AWS::Scheduler::Schedule") if s.stack == "propensity"]

    assert {s["ScheduleExpression"] for s in found} == {"cron(0 3 ? * SUN *)", "cron(0 6 * * ? *)"}
    assert all(s["Target"]["RetryPolicy"]["MaximumRetryAttempts"] >= 1 and s["Target"]["DeadLetterConfig"]["Arn"] for s in found)


def test_somebody_hears_of_missing_data_failed_machines_and_missed_starts(cloud: Cloud):
    alarms = [alarm.properties for alarm in cloud.all("AWS::CloudWatch::Alarm") if alarm.stack == "propensity"]

    named = [alarm["MetricName"] for alarm in alarms]

    assert {"SilentDataSets", "ApproximateNumberOfMessagesVisible"} <= set(named)
    assert named.count("ExecutionsFailed") == named.count("ExecutionsTimedOut") == 2


def test_on_spark_features_have_a_cluster_and_its_image_and_nothing_else_has(tmp_path: Path):
    cloud = synthesised(tmp_path, {"feature_engine": "spark", "spark_instances": "3", "spark_instance_type": "ml.m5.4xlarge"})

    given = bound(cloud, Definition.CHURN_TRAIN)

    assert (given["FeatureEngine"], given["FeatureInstances"], given["FeatureInstanceType"]) == ("spark", 3, "ml.m5.4xlarge")
    assert "sagemaker-spark-processing" in given["FeatureImage"]
    assert "sagemaker-scikit-learn" in given["ProcessingImage"]
    assert given["InstanceType"] == "ml.m5.large"


def test_knobs_reach_the_pipelines(tmp_path: Path):
    knobs = {
        "tuning_jobs": "30",
        "tuning_parallel": "5",
        "training_instances": "2",
        "active_days": "180",
        "reasons": "all",
        "gate_maximum_ece": "0.1",
    }
    cloud = synthesised(tmp_path, {**knobs, "environment": "prod"}, nag=False)

    bodies = {
        name.removeprefix("omni-prod-"): {p["Name"]: p.get("DefaultValue") for p in body["Parameters"]}
        for name, body in pipelines(cloud).items()
    }

    train, score = bodies["repurchase-train"], bodies["repurchase-score"]
    assert (train["TuningJobs"], train["TuningParallel"], train["TrainingInstances"], train["MaximumEce"]) == (30, 5, 2, 0.1)
    assert (train["ApprovalStatus"], train["ActiveDays"], score["ActiveDays"], score["Reasons"]) == (
        "PendingManualApproval",
        "180",
        "180",
        "all",
    )
