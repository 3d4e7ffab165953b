"""Score on demand: a function that whoever may invoke it asks for one customer's fresh score."""

from aws_cdk import Duration
from constructs import Construct

from lambdas import score_customer
from omnichannel.contracts import zones
from omnichannel.contracts.environment.propensity import ScoreCustomerEnv
from stacks.components import grants
from stacks.components.function import Function
from stacks.components.packages import Kind
from stacks.foundation import Foundation

MEMORY_MB = 1024
"""XGBoost and NumPy take a quarter of it; the rest buys the processor that loads them."""
TIMEOUT = Duration.seconds(30)


class OnDemand(Construct):
    """`function` reads score runs and the features beside them, and nothing else."""

    def __init__(self, scope: Construct, id: str, base: Foundation) -> None:
        super().__init__(scope, id)
        lake = base.buckets.lake
        self.function = Function(
            self,
            "ScoreCustomer",
            entry=score_customer.handler,
            env=ScoreCustomerEnv(lake_bucket=lake.bucket_name),
            kind=Kind.SCORE,
            key=base.message_key,
            timeout=TIMEOUT,
            memory=MEMORY_MB,
        )
        grants.read_objects(self.function.role, lake, f"{zones.SCORES}/", f"{zones.FEATURES}/")
