"""What the rights of a person need of the lake, and may not reach beyond."""

from omnichannel.contracts import privacy
from tests.infrastructure.access import Need, allowed
from tests.infrastructure.cloud import Cloud

EXPORT = "lambdas.privacy_export.handler"


def test_an_access_request_may_read_every_folder_that_its_archive_is_made_of(cloud: Cloud):
    [function] = [each for each in cloud.all("AWS::Lambda::Function") if each.properties["Handler"] == EXPORT]
    role = cloud.refers(function.stack, function.properties["Role"])
    lake = next(name for statement in cloud.statements(role) for name in statement["Resource"] if "/ledger/" in name)

    wanted = [Need(role, "s3:GetObject", lake.replace("/ledger/", f"/{folder}/"), "archive") for folder in privacy.HELD_IN]

    assert [need for need in wanted if not allowed(cloud, need)] == []
    assert not allowed(cloud, Need(role, "s3:GetObject", lake.replace("/ledger/", "/trusted-by-nobody/"), "nothing"))
