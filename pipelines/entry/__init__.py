"""Files that SageMaker's containers look for by name: the training entry point and the serving script."""
