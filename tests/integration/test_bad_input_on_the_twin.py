"""Bad input ends a deployed pipeline by its name, in the failed step's own reason, or is told of; no score comes of it silently."""

import io
import json
import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from omnichannel.contracts.datasets import ORDERS, PRODUCTS
from omnichannel.contracts.pipelines import Definition
from pipelines.archive import write_archive
from tests.integration.deployed_pipelines import deployed, manifests, model_data, reasons, registered, run, trust
from tests.integration.sagemaker_twin import BUCKET, World
from tests.unit.pipelines.shops import AS_OF, Shop, lively_shop

MIDNIGHT = datetime.combine(AS_OF, time(), UTC)
DOUBTFUL = "doubtful"
SCORES = "scores/"
Archive = dict[str, bytes]
LOSES_ONE = b"""

_whole = output_fn


def output_fn(prediction, accept):
    return _whole(prediction[1:], accept)
"""


def stopped(days: int) -> Shop:
    """A shop whose orders stopped arriving so many days ago."""
    shop = lively_shop(25)
    shop.rows[ORDERS.table] = [o for o in shop.rows[ORDERS.table] if o["ordered_at"] < MIDNIGHT - timedelta(days=days)]
    return shop


def gone() -> Shop:
    """Of all who were there, nobody buys in the last month but one."""
    shop = stopped(30)
    shop.order("R0000", MIDNIGHT - timedelta(days=1), order_id="last")
    return shop


def doubtful_shop() -> Shop:
    """Discounts all null, one channel and one currency for all, no event for weeks, and products of no category."""
    shop = lively_shop(120)
    for order in shop.rows[ORDERS.table]:
        order["discount"] = None
    for product in shop.rows[PRODUCTS.table]:
        product["category_l1"] = None
    shop.rows["events"] = [e for e in shop.rows["events"] if e["timestamp"] < MIDNIGHT - timedelta(days=40)]
    return shop


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, endpoint: str) -> Iterator[World]:
    with deployed(tmp_path_factory.mktemp("twin"), endpoint) as running:
        trust(doubtful_shop(), DOUBTFUL)
        yield running


@pytest.fixture(scope="module")
def version(world: World) -> dict[str, Any]:
    """What training registers of the shop whose data is doubtful in every way that hurts nobody."""
    return registered(world, run(world, Definition.REPURCHASE_TRAIN, "doubtful", GlueDatabase=DOUBTFUL))


@pytest.mark.parametrize(
    ("name", "shop", "definition", "message"),
    [
        ("one-class", gone, Definition.REPURCHASE_TRAIN, "too few customers to test repurchase"),
        ("ten", lambda: lively_shop(10), Definition.REPURCHASE_TRAIN, "at least 10 positive and 10 negative are needed"),
        ("silent", lambda: stopped(20), Definition.CHURN_TRAIN, "sales/orders stopped arriving"),
        ("silent-score", lambda: stopped(20), Definition.CHURN_SCORE, "sales/orders stopped arriving"),
        ("empty", Shop, Definition.CHURN_TRAIN, "no completed orders in the trusted zone"),
    ],
)
def test_data_that_is_of_no_use_fails_the_first_step_by_its_name(
    world: World, name: str, shop: Callable[[], Shop], definition: Definition, message: str
) -> None:
    database = name.replace("-", "_")
    trust(shop(), database)
    model = {} if definition.trains else {"ModelDataUrl": world.put("some/model.tar.gz", "never read"), "ModelVersion": "some"}
    before = manifests(world, SCORES)

    (reason,) = reasons(run(world, definition, name, GlueDatabase=database, **model))

    assert reason.startswith("Features: ")
    assert message in reason
    assert manifests(world, SCORES) == before


def test_a_date_in_the_future_fails_before_anything_is_read(world: World) -> None:
    ahead = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()

    (reason,) = reasons(run(world, Definition.CHURN_TRAIN, "ahead", GlueDatabase="none-of-this-name", AsOf=ahead))

    assert f"as of {ahead} lies in the future" in reason


def test_columns_that_say_nothing_are_told_of_and_train_without_harm(world: World, version: dict[str, Any]) -> None:
    found = json.loads(world.text("pipelines/repurchase-train/doubtful/meta/check.json"))

    features = {feature["name"]: feature for feature in found["features"]}
    assert version["ModelApprovalStatus"] == "Approved"
    assert (features["discount_share_365d"]["constant"], features["top_category_share_365d"]["unknown"]) == (True, 1.0)
    assert any("events stopped arriving" in warning for warning in found["warnings"])


def test_an_unseen_category_is_scored(world: World, version: dict[str, Any]) -> None:
    shop = doubtful_shop()
    for product in shop.rows[PRODUCTS.table]:
        product["category_l1"] = "never seen in training"
    for number, order in enumerate(shop.rows[ORDERS.table]):
        order["channel"] = ("app", "phone", "store")[number % 3]
        order["discount"] = Decimal(1)
    trust(shop, "unseen")
    before = manifests(world, SCORES)

    execution = run(world, Definition.REPURCHASE_SCORE, "unseen", GlueDatabase="unseen", **_of(version))

    assert reasons(execution) == []
    (manifest,) = (found for key, found in manifests(world, SCORES).items() if key not in before)
    assert manifest["rows"] == len({order["customer_ref"] for order in shop.rows[ORDERS.table]})


def other_layout(files: Archive) -> Archive:
    return {**files, "layout.json": b'{"layout": 99}'}


def losing_a_row(files: Archive) -> Archive:
    return {**files, "code/inference.py": files["code/inference.py"] + LOSES_ONE}


@pytest.mark.parametrize(
    ("spoilt", "message"), [(other_layout, "has layout 99; this code reads layout"), (losing_a_row, "they cannot be joined")]
)
def test_a_model_that_cannot_be_trusted_publishes_nothing(
    world: World, version: dict[str, Any], spoilt: Callable[[Archive], Archive], message: str, tmp_path: Path
) -> None:
    before, key = manifests(world, SCORES), f"spoilt/{spoilt.__name__}/model.tar.gz"
    write_archive(tmp_path / "model.tar.gz", spoilt(_unpacked(world, model_data(version))))
    world.s3.upload_file(str(tmp_path / "model.tar.gz"), BUCKET, key)
    given = {**_of(version), "ModelDataUrl": f"s3://{BUCKET}/{key}"}

    (reason,) = reasons(run(world, Definition.REPURCHASE_SCORE, spoilt.__name__, GlueDatabase=DOUBTFUL, **given))

    assert reason.startswith("Score: ")
    assert message in reason
    assert manifests(world, SCORES) == before


def _of(version: dict[str, Any]) -> dict[str, str]:
    return {"ModelDataUrl": model_data(version), "ModelVersion": version["ModelPackageArn"]}


def _unpacked(world: World, uri: str) -> Archive:
    body = world.s3.get_object(Bucket=BUCKET, Key=uri.removeprefix(f"s3://{BUCKET}/"))["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        members = {m.name.removeprefix("./"): archive.extractfile(m) for m in archive.getmembers() if m.isfile()}
        return {name: opened.read() for name, opened in members.items() if opened}
