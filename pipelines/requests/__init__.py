"""The requests of the pipelines' steps as plain dictionaries: what each job reads, runs and writes.

Values may be pipeline variables (parameters, properties, joins) of the SageMaker SDK; nothing here imports it.
"""

from typing import Any

Request = dict[str, Any]
Value = Any
"""A text or a number, or a pipeline variable that stands for one."""

VOLUME_GB = 30
HOUR = 3600
