"""Audiences that no model scores: customer segments and look-alikes, side by side over the same features."""

from omnichannel.contracts.pipelines import Definition
from pipelines.definition.jobs import Jobs
from pipelines.definition.parameters import Common
from pipelines.definition.sdk import Step
from pipelines.definition.steps import output


class AudienceSteps:
    """The steps that end in a run of segments and one of look-alikes."""

    def __init__(self) -> None:
        self.given = Common()
        self.jobs = Jobs(Definition.AUDIENCES, self.given)

    def all(self) -> list[Step]:
        """In the order of the definition."""
        features = self.jobs.features("all", "audience", ("customers", "meta"))
        inputs = {name: output(features, name) for name in ("customers", "meta")}
        bucket = ["--bucket", self.given.lake]
        return [
            features,
            self.jobs.step("Segments", inputs=inputs, arguments=bucket),
            self.jobs.step("Lookalikes", inputs=inputs, arguments=[*bucket, "--glue-database", self.given.database]),
        ]
