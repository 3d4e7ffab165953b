"""Training a model: features, tuning, training, evaluation on later time, the gate, and the registry."""

from typing import Any

from omnichannel.contracts.pipelines import TRAINING
from omnichannel.contracts.scores import Model
from pipelines.definition.jobs import Jobs
from pipelines.definition.parameters import Training
from pipelines.definition.sdk import ConditionEquals, ConditionStep, FailStep, Join, JsonGet, PropertyFile, Step, StepTypeEnum
from pipelines.definition.steps import RequestStep, output
from pipelines.requests import serving
from pipelines.requests.training import training, tuning

EVALUATION = PropertyFile(name="Evaluation", output_name="evaluation", path="evaluation.json")
SNAPSHOT = PropertyFile(name="Snapshot", output_name="meta", path="snapshot.json")


class TrainingSteps:
    """The steps that end in a new version of the model, or in words about why there is none."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.given = Training()
        self.jobs = Jobs(TRAINING[model], self.given)
        self.features = self.jobs.features(str(model), "train", ("train", "validation", "test", "meta"), property_files=[SNAPSHOT])
        self.tune = self._tune()
        self.train = self._train()
        self.evaluate = self._evaluate()

    def all(self) -> list[Step]:
        """In the order of the definition."""
        return [self.features, self.tune, self.train, self.evaluate, self._gate()]

    def _channels(self) -> dict[str, Any]:
        return {name: output(self.features, name) for name in ("train", "validation", "meta")}

    def _machine(self) -> dict[str, Any]:
        given = self.given
        return {"image": given.training_image, "role": given.role, "instance": given.instance, "code": given.code}

    def _tune(self) -> RequestStep:
        request = tuning(
            **self._machine(),
            channels=self._channels(),
            output=self.jobs.place("tuning"),
            jobs=self.given.tuning_jobs,
            parallel=self.given.tuning_parallel,
        )
        return RequestStep("Tune", StepTypeEnum.TUNING, request)

    def _train(self) -> RequestStep:
        best = self.jobs.place("tuning", self.tune.properties.BestTrainingJob.TrainingJobName, "output", "model.tar.gz")
        request = training(
            **self._machine(),
            instances=self.given.training_instances,
            channels={**self._channels(), "tuned": best},
            output=self.jobs.place("artifacts"),
        )
        return RequestStep("Train", StepTypeEnum.TRAINING, request)

    def _evaluate(self) -> RequestStep:
        given = self.given
        arguments = {
            "--model": str(self.model),
            "--champion": given.champion,
            "--minimum-auc": given.minimum_auc.to_string(),
            "--maximum-auc": given.maximum_auc.to_string(),
            "--maximum-ece": given.maximum_ece.to_string(),
        }
        return self.jobs.step(
            "Evaluate",
            image=given.training_image,
            inputs={
                "trained": self.train.properties.ModelArtifacts.S3ModelArtifacts,
                **{name: output(self.features, name) for name in ("validation", "test", "meta")},
            },
            outputs=("evaluation", "repacked"),
            arguments=[part for pair in arguments.items() for part in pair],
            property_files=[EVALUATION],
        )

    def _gate(self) -> ConditionStep:
        return ConditionStep(
            name="Gate",
            conditions=[ConditionEquals(left=_said("gate.passed"), right="true")],
            if_steps=[self._register()],
            # The whole message and no part of a Join: of a JsonGet inside a Join's values the documentation shows no case.
            else_steps=[FailStep(name="Refused", error_message=_said("gate.refusal"))],
        )

    def _register(self) -> RequestStep:
        given, evaluated = self.given, output(self.evaluate, "evaluation")
        request = serving.model_package(
            name=self.model,
            group=given.group,
            image=given.training_image,
            data=Join(on="/", values=[output(self.evaluate, "repacked"), "model.tar.gz"]),
            evaluation=Join(on="/", values=[evaluated, "evaluation.json"]),
            approval=given.approval,
            about={
                "as_of": given.as_of,
                "run": given.run,
                "data_snapshot": JsonGet(step_name="Features", property_file=SNAPSHOT, json_path="digest"),
                "code": given.code,
                "model_card": Join(on="/", values=[evaluated, "card.json"]),
            },
        )
        return RequestStep("Register", StepTypeEnum.REGISTER_MODEL, request)


def _said(path: str) -> JsonGet:
    return JsonGet(step_name="Evaluate", property_file=EVALUATION, json_path=path)
