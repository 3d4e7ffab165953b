import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from omnichannel.scoring.model import TrainedModel
from stacks.components import packages
from stacks.components.packages import KEPT, SIZE_LIMIT, Kind, archive, build, size
from stacks.components.pipeline import wheels_bundle
from stacks.components.wheels import for_image
from stacks.platforms import Platform
from tests.infrastructure.cloud import Cloud
from tests.unit.scoring.archives import customers, model_folder

# botocore and boto3 come with Lambda's runtime; everything else must be in the package.
IMPORT = """
import importlib, json, sys
assets, runtime, handlers = json.loads(sys.argv[1])
sys.path[:0] = [assets]
class Runtime:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3"):
            from importlib.machinery import PathFinder
            return PathFinder.find_spec(name, path or [runtime], target)
sys.meta_path.append(Runtime())
for handler in handlers:
    module, _, name = handler.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name)), handler
outside = {m.__file__ for m in sys.modules.values() if (getattr(m, "__file__", None) or "").startswith(runtime)}
print(json.dumps(sorted({f[len(runtime) + 1 :].split("/")[0] for f in outside})))
"""


def handlers(off: Cloud, on: Cloud, kind: Kind) -> list[str]:
    """The handlers whose function uses the package of this kind, told by the asset they share."""
    by_asset: dict[str, set[str]] = {}
    for cloud in (off, on):
        for function in cloud.all("AWS::Lambda::Function"):
            by_asset.setdefault(function.properties["Code"]["S3Key"], set()).add(function.properties["Handler"])
    known = {
        Kind.LIGHT: "event_door",
        Kind.STAGE: "stage_file",
        Kind.COMMIT: "commit_files",
        Kind.VIEW: "customer_view",
        Kind.SCORE: "score_customer",
        Kind.DECIDE: "campaign_audiences",
        Kind.RECOMMEND: "learn_recommendations",
    }
    return sorted(next(names for names in by_asset.values() if f"lambdas.{known[kind]}.handler" in names))


@pytest.mark.parametrize("kind", list(Kind))
def test_every_package_for_aws_is_well_under_lambdas_limit(kind: Kind):
    assert size(build(kind, Platform.aws())) < SIZE_LIMIT


@pytest.mark.parametrize("kind", list(Kind))
def test_every_handler_imports_only_what_its_package_and_the_runtime_hold(off: Cloud, on: Cloud, kind: Kind):
    assets = build(kind, Platform.host())
    runtime = str(next(Path(path) for path in sys.path if path.endswith("site-packages")))

    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", IMPORT, json.dumps([str(assets), runtime, handlers(off, on, kind)])],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)) <= {"boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3"}


@pytest.mark.parametrize("kind", [Kind.STAGE, Kind.COMMIT, Kind.VIEW])
def test_no_package_for_functions_has_ibis_and_all_have_the_compiled_sql(kind: Kind):
    directory = build(kind, Platform.aws())

    assert not (directory / "ibis").exists()
    assert (directory / "omnichannel/transform/sql/manifest.json").exists()


def test_the_event_door_imports_no_botocore():
    assets = build(Kind.LIGHT, Platform.host())
    code = f"import sys; sys.path[:0] = [{str(assets)!r}]; import lambdas.event_door; print('botocore' in sys.modules)"

    done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "False"


def test_the_scoring_package_predicts_and_explains_to_the_bit_as_the_pipelines_do(tmp_path: Path):
    folder, matrix = model_folder(tmp_path / "model", calibration={"xgboost": {"slope": 0.9, "intercept": 0.1}}), customers(50)
    np.save(tmp_path / "matrix.npy", matrix)
    code = f"""
import sys; sys.path[:0] = [{str(build(Kind.SCORE, Platform.host()))!r}]
import json, pathlib, numpy, xgboost
from omnichannel.scoring.model import TrainedModel
model, matrix = TrainedModel.load(pathlib.Path({str(folder)!r})), numpy.load({str(tmp_path / "matrix.npy")!r})
print(json.dumps([xgboost.__file__, model.predict(matrix).tolist(), model.reasons(matrix, 3)]))
"""

    done = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    library, scores, reasons = json.loads(done.stdout)
    model = TrainedModel.load(folder)
    assert str(build(Kind.SCORE, Platform.host())) in library
    assert (scores, reasons) == (model.predict(matrix).tolist(), model.reasons(matrix, 3))


def test_an_archive_has_the_files_of_its_directory_and_nothing_else():
    directory = build(Kind.LIGHT, Platform.aws())

    with zipfile.ZipFile(archive(Kind.LIGHT, Platform.aws())) as bundle:
        names = set(bundle.namelist())

    assert names == {path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()}
    assert {"lambdas/event_door.py", "omnichannel/contracts/zones.py", "orjson/__init__.py"} <= names


def test_an_archive_for_this_machine_can_be_read_by_every_unzip_and_holds_the_same_bytes():
    directory = build(Kind.LIGHT, Platform.host())

    with zipfile.ZipFile(archive(Kind.LIGHT, Platform.host())) as bundle:
        damaged, held = bundle.testzip(), {name: bundle.read(name) for name in bundle.namelist() if name.startswith("orjson/")}

    assert damaged is None
    assert held == {path.relative_to(directory).as_posix(): path.read_bytes() for path in (directory / "orjson").iterdir()}


def test_packages_of_earlier_states_and_locks_are_forgotten_but_for_the_latest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packages, "BUILD", tmp_path)
    platform = Platform.host()
    family = f"light-{platform.tag}-{platform.python}"
    made = archive.__wrapped__(Kind.LIGHT, platform)
    wheels = made.name[: -len("-0123456789ab.zip")]
    locks = [f"{family}-{digit * 12}" for digit in "abc"]
    states = [f"{wheels}-{digit * 12}.zip" for digit in "01234"]
    for age, name in enumerate((*states, *locks)):
        path = tmp_path / name
        path.touch() if path.suffix else path.mkdir()
        os.utime(path, (age, age))
    (tmp_path / f"{locks[0]}.wheels.zip").touch()
    (tmp_path / "stage-other").mkdir()
    made.unlink()

    archive.__wrapped__(Kind.LIGHT, platform)

    assert {path.name for path in tmp_path.iterdir()} == {
        "stage-other",
        locks[-1],
        wheels,
        f"{wheels}.wheels.zip",
        made.name,
        *states[-KEPT + 1 :],
    }


def test_what_a_killed_process_left_half_built_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(packages, "BUILD", tmp_path)
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    name = archive.__wrapped__(Kind.LIGHT, Platform.host()).name
    (tmp_path / name).unlink()
    (tmp_path / f"{name}.part{ended.pid}").mkdir()
    (tmp_path / f"{name}.part{ended.pid}.txt").touch()
    (tmp_path / f"{name}.part{os.getppid()}").touch()

    archive.__wrapped__(Kind.LIGHT, Platform.host())

    assert [path.name for path in tmp_path.glob("*.part*")] == [f"{name}.part{os.getppid()}"]
    assert (tmp_path / name).is_file()


def test_packages_of_the_sandbox_and_of_aws_hold_the_same_source():
    aws, host = build(Kind.STAGE, Platform.aws()), build(Kind.STAGE, Platform.host())

    def source(directory: Path) -> dict[str, bytes]:
        paths = [path for name in ("omnichannel", "lambdas") for path in (directory / name).rglob("*.py")]
        return {str(path.relative_to(directory)): path.read_bytes() for path in paths}

    assert source(aws) == source(host)


def test_wheels_for_jobs_are_those_of_the_images_python():
    locked = ["numpy==2.4.6 ; python_full_version < '3.12'", "numpy==2.5.5 ; python_full_version >= '3.12'", "duckdb==2.0.0"]

    assert list(for_image([*locked, "nvidia-nccl-cu12==2.32.3 ; sys_platform == 'never'"])) == ["numpy==2.5.5", "duckdb==2.0.0"]


def test_a_bundle_of_wheels_holds_them_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stacks.components.pipeline.BUILD", tmp_path)
    wheel = tmp_path / "a-1-py3-none-any.whl"
    wheel.write_bytes(b"wheel")

    with zipfile.ZipFile(wheels_bundle((wheel,))) as full, zipfile.ZipFile(wheels_bundle(())) as empty:
        assert (full.namelist(), empty.namelist()) == ([wheel.name], [])
