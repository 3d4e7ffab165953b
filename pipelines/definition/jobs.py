"""What the pipelines have in common: where a run's files lie, processing steps of the bundle's modules, the features step."""

from collections.abc import Mapping, Sequence
from typing import Any

from omnichannel.contracts.pipelines import Definition
from omnichannel.contracts.zones import PIPELINE_RUNS
from pipelines.definition.parameters import Common
from pipelines.definition.sdk import Join, StepTypeEnum
from pipelines.definition.steps import RequestStep
from pipelines.requests.processing import OUTPUT, input_folder, output_folder, processing


class Jobs:
    """The processing steps of one definition."""

    def __init__(self, definition: Definition, given: Common) -> None:
        self.definition = definition
        self.given = given

    def place(self, *path: Any) -> Join:
        """Where a run's intermediate files lie in the lake. No name begins with another's: an S3 prefix would hold both."""
        return Join(on="/", values=["s3:/", self.given.lake, PIPELINE_RUNS, str(self.definition), self.given.run, *path])

    def step(
        self,
        name: str,
        *,
        inputs: Mapping[str, Any],
        outputs: Sequence[str] = (),
        arguments: Sequence[Any] = (),
        image: Any = None,
        **more: Any,
    ) -> RequestStep:
        """A step that runs `pipelines.steps.<name>` with a folder a named input and output, and `arguments` beside them.

        `image` is one that has what the step needs; without it the step runs in the processing image, with our wheels.
        """
        folders = [*_folders(input_folder, inputs), *_folders(output_folder, outputs)]
        request = processing(
            **self._machine(),
            image=image or self.given.processing_image,
            wheels=None if image else self.given.wheels,
            module=f"pipelines.steps.{name.lower()}",
            arguments=["--as-of", self.given.as_of, *arguments, *folders],
            inputs=inputs,
            outputs={o: self.place(o) for o in outputs},
        )
        return RequestStep(name, StepTypeEnum.PROCESSING, request, **more)

    def features(self, model: str, purpose: str, outputs: Sequence[str], **more: Any) -> RequestStep:
        """The features of every customer as of the date, on the engine that the deployment chose: `model` is a model's name or `all`."""
        given = self.given
        cluster = {"image": given.feature_image, "instance": given.feature_instance, "instances": given.feature_instances}
        arguments = {
            "--model": model,
            "--purpose": purpose,
            "--as-of": given.as_of,
            "--glue-database": given.database,
            "--engine": given.feature_engine,
            "--active-days": given.active_days,
            "--output": OUTPUT,
        }
        request = processing(
            **{**self._machine(), **cluster},
            wheels=given.wheels,
            module="pipelines.steps.features",
            arguments=[part for pair in arguments.items() for part in pair],
            inputs={},
            outputs={o: self.place(o) for o in outputs},
        )
        return RequestStep("Features", StepTypeEnum.PROCESSING, request, **more)

    def _machine(self) -> dict[str, Any]:
        return {"role": self.given.role, "instance": self.given.instance, "code": self.given.code}


def _folders(place: Any, names: Sequence[str] | Mapping[str, Any]) -> list[str]:
    return [part for name in names for part in (f"--{name}", place(name))]
