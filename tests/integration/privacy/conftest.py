"""The sinks' twins, beside moto."""

import pytest
from moto import mock_aws

from tests.integration.twins.conftest import SESSION, Serving, eventually

__all__ = ["eventually"]

BUCKET = "lake"


@pytest.fixture
def serving(tmp_path):
    """A server of twins whose S3 is moto's, with one bucket."""
    with mock_aws():
        SESSION.client("s3").create_bucket(Bucket=BUCKET)
        served = Serving(tmp_path)
        yield served
        served.stop()
