"""The SageMaker twin: executes pipeline definitions as processes under SageMaker's container contract.

`definition` → `executions` (order) → `engine` (steps) → `jobs` → `processing` | `training` | `transform` on `container` and `transfer`.
`tuning_jobs` → `tuning` (the loop) on `ranges`, `proposals`, `stopping` and `trials`; each trial is a training job of `jobs`.
`pipelines` and `models` are the API; `twin` is what the server makes.

Where it differs from the service, beside that jobs are processes of this machine:
- Several hosts of a training job are called 127.a.b.1, 127.a.b.2, … instead of algo-1, algo-2 (`container.host_names` says why); two
  hosts that write the same file name into /opt/ml/model fail the job, where the service leaves open what happens.
- As many jobs compute at once as there are cores, whatever a pipeline or a tuning job allows; the others wait.
- Tuning is Bayesian or Random with one training job definition. What decides, and when, does not depend on how fast trials are:
  a seed gives the same trials again. `Auto` scaling, the number of trials before the median rule and the model behind Bayesian
  search are not published by the service, and are ours.
"""

from sandbox.twins.sagemaker.twin import SageMakerTwin

__all__ = ["SageMakerTwin"]
