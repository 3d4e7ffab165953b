"""Propensity models: their pipelines, and scores on demand."""

from omnichannel.contracts.environment.base import Env


class PipelineRunEnv(Env):
    """Starts a SageMaker pipeline and tells how its execution stands.

    `prefix` is what the names of the deployment's pipelines and model package groups begin with.
    """

    lake_bucket: str
    glue_database: str
    prefix: str


class ScoreCustomerEnv(Env):
    """Scores one customer from the features and the model of the newest score run."""

    lake_bucket: str
