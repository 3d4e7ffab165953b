"""What a deployment tells the outside: one CloudFormation output per field, and where to read it.

The output's logical id is the field's name in CamelCase; the stack that owns the resource writes it.
"""

from dataclasses import dataclass, fields
from typing import Self

APP = "omni"


def stack_name(environment: str, capability: str) -> str:
    """The CloudFormation name of one capability's stack."""
    return f"{APP}-{environment}-{capability}"


CAPABILITIES = (
    "foundation",
    "catalog",
    "sources",
    "onboarding",
    "customers",
    "propensity",
    "studio",
    "recommendations",
    "activation",
    "events",
    "privacy",
    "observability",
)
"""The stacks, in the order in which they may depend on each other; `sources` and `studio` are there when a knob turns them on."""


def output_id(field_name: str) -> str:
    """`landing_bucket` -> `LandingBucket`."""
    return "".join(part.capitalize() for part in field_name.split("_"))


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """Names of what is deployed; empty where a knob left the part out."""

    landing_bucket: str = ""
    lake_bucket: str = ""
    quarantine_bucket: str = ""
    artifacts_bucket: str = ""
    glue_database: str = ""
    history_table: str = ""
    customers_table: str = ""
    products_table: str = ""
    sent_table: str = ""
    athena_workgroup: str = ""
    quality_state_machine: str = ""
    segment_logs_role: str = ""
    till_orders_stream: str = ""
    till_order_lines_stream: str = ""
    privacy_table: str = ""
    reviews_table: str = ""
    windows_table: str = ""
    bus_name: str = ""
    onboarding_queue: str = ""
    commit_queue: str = ""
    onboarding_state_machine: str = ""
    view_state_machine: str = ""
    churn_train_pipeline: str = ""
    churn_score_pipeline: str = ""
    repurchase_train_pipeline: str = ""
    repurchase_score_pipeline: str = ""
    audiences_pipeline: str = ""
    churn_models: str = ""
    repurchase_models: str = ""
    training_state_machine: str = ""
    scoring_state_machine: str = ""
    score_customer_function: str = ""
    studio_domain: str = ""
    activation_state_machine: str = ""
    segment_secret: str = ""
    pinpoint_application: str = ""
    profiles_domain: str = ""
    webhook_secret: str = ""
    event_door_url: str = ""
    event_destination_function: str = ""
    event_destination_role: str = ""
    event_archive: str = ""
    relay_queue: str = ""
    personalize_dataset_group: str = ""
    personalize_tracking_id: str = ""
    personalize_state_machine: str = ""
    recommendations_url: str = ""
    recommendations_edge_url: str = ""
    profiles_url: str = ""
    reviews_url: str = ""
    decisions_url: str = ""
    erase_state_machine: str = ""
    export_state_machine: str = ""
    segment_api_secret: str = ""
    dashboard: str = ""

    @classmethod
    def of_outputs(cls, outputs: dict[str, str]) -> Self:
        """From the outputs of all stacks, keyed by output id; unknown outputs are other people's."""
        return cls(**{f.name: outputs.get(output_id(f.name), "") for f in fields(cls)})
