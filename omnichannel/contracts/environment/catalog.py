"""The lake's catalogue: the quality of what is in it."""

from omnichannel.contracts.environment.base import Env


class QualityReportEnv(Env):
    """Checks the data quality rules over the lake; `memory_mb` is what its queries may take."""

    lake_bucket: str
    glue_database: str
    history_table: str
    memory_mb: str
