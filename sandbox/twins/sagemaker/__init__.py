"""The SageMaker twin: executes pipeline definitions as processes under SageMaker's container contract.

`definition` → `executions` (order) → `engine` (steps) → `jobs` → `processing` | `training` | `transform` on `container` and `transfer`.
`pipelines` and `models` are the API; `twin` is what the server makes.
"""

from sandbox.twins.sagemaker.twin import SageMakerTwin

__all__ = ["SageMakerTwin"]
