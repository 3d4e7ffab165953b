"""Recommendations: Personalize's life cycle, and who answers."""

from omnichannel.contracts.environment.base import Env


class InteractionsExportEnv(Env):
    """Writes the interactions that Personalize trains on."""

    lake_bucket: str
    glue_database: str
    customers_table: str


class PersonalizePutEnv(Env):
    """Tells Personalize of products and customers that have changed."""

    lake_bucket: str
    glue_database: str
    customers_table: str
    items_dataset_arn: str
    users_dataset_arn: str


class PersonalizeSetupEnv(Env):
    """Personalize's life cycle, one phase a call."""

    lake_bucket: str
    dataset_group_arn: str
    interactions_dataset_arn: str
    items_dataset_arn: str
    users_dataset_arn: str
    import_role_arn: str
    batch_role_arn: str


class KeepRecommendationsEnv(Env):
    """Puts what a batch of Personalize recommended onto customers' items."""

    lake_bucket: str
    customers_table: str


class RecommendationsApiEnv(Env):
    """Answers by placement with products; an empty `dataset_group_arn` means popular products only.

    `personalize_asks` says whom of the dataset group it asks for which placement, as JSON.
    """

    products_table: str
    customers_table: str
    dataset_group_arn: str
    personalize_asks: str
