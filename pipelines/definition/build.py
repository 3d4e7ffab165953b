"""A definition's JSON."""

import json
from pathlib import Path

from omnichannel.contracts.pipelines import Definition
from pipelines.definition.audiences import AudienceSteps
from pipelines.definition.scoring import ScoringSteps
from pipelines.definition.sdk import NoSession, Pipeline
from pipelines.definition.training import TrainingSteps

DEFINITIONS = Path(__file__).parent.parent / "definitions"


def build(definition: Definition) -> str:
    """The definition as pretty JSON that ends in a line break."""
    made = steps_of(definition)
    pipeline = Pipeline(
        name=str(definition),
        parameters=made.given.all(),
        steps=made.all(),
        sagemaker_session=NoSession(),
        pipeline_experiment_config=None,
    )
    written = json.loads(pipeline.definition())
    return json.dumps({k: v for k, v in written.items() if v is not None}, indent=1) + "\n"


def steps_of(definition: Definition) -> TrainingSteps | ScoringSteps | AudienceSteps:
    """The steps behind a definition, with the parameters that they take."""
    if definition.trains:
        return TrainingSteps(definition.trains)
    if definition.scores:
        return ScoringSteps(definition.scores)
    return AudienceSteps()
