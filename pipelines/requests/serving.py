"""A trained model in use: its version in the registry, the model that serves it, and the batch transform that scores with it."""

from collections.abc import Mapping

from omnichannel.contracts.scores import Model
from pipelines.requests import Request, Value

SERVING_ENVIRONMENT = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
JSON = "application/json"


def model(*, image: Value, role: Value, data: Value) -> Request:
    """A model whose serving code travels inside its archive."""
    return {"ExecutionRoleArn": role, "PrimaryContainer": {"Image": image, "ModelDataUrl": data, "Environment": SERVING_ENVIRONMENT}}


def model_package(
    *, name: Model, group: Value, image: Value, data: Value, evaluation: Value, approval: Value, about: Mapping[str, Value]
) -> Request:
    """A new version in the registry, with its evaluation. `about` says where it comes from: texts of at most 256 characters."""
    return {
        "ModelPackageGroupName": group,
        "ModelPackageDescription": f"Propensity model {name}: probability for every customer of its population",
        "ModelApprovalStatus": approval,
        "InferenceSpecification": {
            "Containers": [{"Image": image, "ModelDataUrl": data, "Environment": SERVING_ENVIRONMENT}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
            "SupportedRealtimeInferenceInstanceTypes": ["ml.m5.large"],
            "SupportedTransformInstanceTypes": ["ml.m5.large"],
        },
        "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": JSON, "S3Uri": evaluation}}},
        "CustomerMetadataProperties": dict(about),
    }


def transform(*, model_name: Value, instance: Value, source: Value, output: Value) -> Request:
    """Batch transform of CSV lines. The first column is the customer's id: the model does not see it, and it comes back with the score."""
    return {
        "ModelName": model_name,
        "MaxPayloadInMB": 6,
        "BatchStrategy": "MultiRecord",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": source}},
            "ContentType": "text/csv",
            "CompressionType": "None",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": output, "Accept": "text/csv", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": instance, "InstanceCount": 1},
        "DataProcessing": {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
    }
