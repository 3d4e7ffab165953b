"""Scoring with an approved version: features, batch transform that keeps the customer's id, and the score run."""

from omnichannel.contracts.pipelines import SCORING
from omnichannel.contracts.scores import Model
from pipelines.definition.jobs import Jobs
from pipelines.definition.parameters import Scoring
from pipelines.definition.sdk import Step, StepTypeEnum
from pipelines.definition.steps import RequestStep, output
from pipelines.requests import serving


class ScoringSteps:
    """The steps that end in a score run."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.given = Scoring()
        self.jobs = Jobs(SCORING[model], self.given)

    def all(self) -> list[Step]:
        """In the order of the definition."""
        features = self.jobs.features(str(self.model), "score", ("customers", "meta"))
        score = self._score(model := self._model(), features)
        return [features, model, score, self._publish(features, score)]

    def _model(self) -> RequestStep:
        given = self.given
        request = serving.model(image=given.training_image, role=given.role, data=given.model_data)
        return RequestStep("Model", StepTypeEnum.CREATE_MODEL, request)

    def _score(self, model: RequestStep, features: RequestStep) -> RequestStep:
        request = serving.transform(
            model_name=model.properties.ModelName,
            instance=self.given.instance,
            source=output(features, "customers"),
            output=self.jobs.place("scores"),
        )
        return RequestStep("Score", StepTypeEnum.TRANSFORM, request)

    def _publish(self, features: RequestStep, score: RequestStep) -> RequestStep:
        given = self.given
        arguments = {
            "--model": str(self.model),
            "--bucket": given.lake,
            "--version": given.model_version,
            "--reasons": given.reasons,
            "--database": given.database,
        }
        return self.jobs.step(
            "Publish",
            inputs={
                "trained": given.model_data,
                "sent": output(features, "customers"),
                "scored": score.properties.TransformOutput.S3OutputPath,
                "meta": output(features, "meta"),
            },
            arguments=[part for pair in arguments.items() for part in pair],
        )
