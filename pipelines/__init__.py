"""Features, training and scoring: what SageMaker's steps run, and the definition that ties them together."""
