"""Propensity: schedules -> state machines -> SageMaker pipelines -> versions of models, score runs and audiences in the lake."""

from constructs import Construct

from omnichannel.contracts.pipelines import Definition
from omnichannel.contracts.scores import Model
from stacks.components.capability import Capability
from stacks.foundation import Foundation
from stacks.on_demand import OnDemand
from stacks.pipelines import Pipelines
from stacks.scoring import Models, PipelineRuns
from stacks.settings import Settings


class Propensity(Capability):
    """From trusted data to score runs."""

    def __init__(self, scope: Construct, settings: Settings, base: Foundation) -> None:
        super().__init__(scope, settings, "propensity", "Every customer scored for churn and repurchase")
        pipelines = Pipelines(self, "Pipelines", base)
        models = Models(self, "Models", base, PipelineRuns(self, "Runs", base, pipelines))
        on_demand = OnDemand(self, "OnDemand", base)
        self.score_customer = on_demand.function
        self.tell(
            **{f"{definition.replace('-', '_')}_pipeline": pipelines.by_definition[definition].name for definition in Definition},
            **{f"{model}_models": pipelines.groups[model].model_package_group_name for model in Model},
            training_state_machine=models.training.machine.state_machine_arn,
            scoring_state_machine=models.scoring.machine.state_machine_arn,
            score_customer_function=on_demand.function.function.function_name,
        )
