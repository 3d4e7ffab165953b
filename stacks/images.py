"""SageMaker's own container images: which account publishes them in which region.

Checked in rather than looked up, so that a synthesis needs neither the SageMaker SDK nor a network.
The accounts are those of the SDK's image table for XGBoost and scikit-learn, which are the same.
"""

TRAINING_TAG = "sagemaker-xgboost:3.2-0"
PROCESSING_TAG = "sagemaker-scikit-learn:1.4-2-py312-cpu-py3"

REGISTRY_ACCOUNTS: dict[str, str] = {
    "ap-northeast-1": "354813040037",
    "ap-northeast-2": "366743142698",
    "ap-south-1": "720646828776",
    "ap-southeast-1": "121021644041",
    "ap-southeast-2": "783357654285",
    "ca-central-1": "341280168497",
    "eu-central-1": "492215442770",
    "eu-north-1": "662702820516",
    "eu-south-1": "978288397137",
    "eu-west-1": "141502667606",
    "eu-west-2": "764974769150",
    "eu-west-3": "659782779980",
    "sa-east-1": "737474898029",
    "us-east-1": "683313688378",
    "us-east-2": "257758044811",
    "us-west-1": "746614075791",
    "us-west-2": "246618743249",
}
"""Regions the app can be deployed to, and the account whose registry SageMaker's images come from there."""

PERSONALIZE_REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "us-east-1",
        "us-east-2",
        "us-west-2",
    }
)
"""Regions where Amazon Personalize exists."""

PINPOINT_REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-1",
        "eu-west-2",
        "us-east-1",
        "us-west-2",
    }
)
"""Regions that had Amazon Pinpoint."""


def image(region: str, tag: str) -> str:
    """The registry address of one of SageMaker's images."""
    return f"{REGISTRY_ACCOUNTS[region]}.dkr.ecr.{region}.amazonaws.com/{tag}"
