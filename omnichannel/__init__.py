"""The rules and contracts of the personalization loop; knows neither the CDK nor SageMaker."""
