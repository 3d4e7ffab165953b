"""The pipeline definitions, built by the SageMaker SDK: `python -m pipelines.definition` writes `definitions/*.json`.

Only this package imports the SDK, and of it only the parts that describe a pipeline. No network, no clock, no upload: the same
sources give the same bytes.
"""
