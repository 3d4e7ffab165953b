"""SageMaker's own container images: which account publishes them in which region.

Checked in rather than looked up, so that a synthesis needs neither the SageMaker SDK nor a network.
The accounts are those of the SDK's image table for XGBoost and scikit-learn, which are the same.
"""

TRAINING_TAG = "sagemaker-xgboost:3.2-0"
PROCESSING_TAG = "sagemaker-scikit-learn:1.4-2-py312-cpu-py3"
SPARK_TAG = "sagemaker-spark-processing:3.5-cpu-py312-v1.0"
"""Spark 3.5 and Python 3.12 on Amazon Linux 2023, as `aws/sagemaker-spark-container` builds it. Not tried from here: the tag's last
part is the container's own version, which AWS counts up; the knob `spark_image` names another."""

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

SPARK_ACCOUNTS: dict[str, str] = {
    "ap-northeast-1": "411782140378",
    "ap-northeast-2": "860869212795",
    "ap-south-1": "105495057255",
    "ap-southeast-1": "759080221371",
    "ap-southeast-2": "440695851116",
    "ca-central-1": "446299261295",
    "eu-central-1": "906073651304",
    "eu-north-1": "330188676905",
    "eu-south-1": "753923664805",
    "eu-west-1": "571004829621",
    "eu-west-2": "836651553127",
    "eu-west-3": "136845547031",
    "sa-east-1": "737130764395",
    "us-east-1": "173754725891",
    "us-east-2": "314815235551",
    "us-west-1": "667973535471",
    "us-west-2": "153931337802",
}
"""The account whose registry SageMaker's Spark images come from, as the SDK's image table for Spark has it."""

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

CONNECT_REGIONS = frozenset(
    {
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-west-2",
        "us-east-1",
        "us-west-2",
    }
)
"""Regions with Customer Profiles and outbound campaigns v2, as CloudFormation's schemas of October 2026 have them."""


def image(region: str, tag: str) -> str:
    """The registry address of one of SageMaker's images."""
    return f"{account(region, tag)}.dkr.ecr.{region}.amazonaws.com/{tag}"


def account(region: str, tag: str) -> str:
    """The account whose registry has the image."""
    return (SPARK_ACCOUNTS if tag == SPARK_TAG else REGISTRY_ACCOUNTS)[region]
