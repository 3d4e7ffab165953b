"""What training and evaluation import has to run in SageMaker's XGBoost image, which has Python 3.10 and none of our wheels."""

import ast
import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

STARTED = ("pipelines.steps.train", "pipelines.steps.evaluate", "omnichannel.scoring.model")
IN_THE_IMAGE = {"numpy", "pandas", "scipy", "sklearn", "xgboost", "boto3", "botocore"}
STANDARD = {
    *("argparse", "collections", "concurrent", "contextlib", "ctypes", "dataclasses", "datetime", "functools", "gzip", "hashlib", "io"),
    *("json", "logging", "os", "pathlib", "random", "shutil", "socket", "sys", "tarfile", "tempfile", "time", "types", "typing", "urllib"),
}
NEWER = {"enum": {"StrEnum"}, "typing": {"Self", "Never", "LiteralString", "override", "assert_never"}, "datetime": {"UTC"}}


def source(module: str) -> Path | None:
    spec = importlib.util.find_spec(module)
    return Path(spec.origin) if spec and spec.origin else None


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Modules with the names that are taken from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


def closure(module: str, seen: dict[str, ast.AST]) -> dict[str, ast.AST]:
    path = source(module) if module not in seen else None
    if path is None:
        return seen
    seen[module] = ast.parse(path.read_text(), feature_version=(3, 10))
    for name, taken in imported(seen[module]):
        if name.split(".")[0] in ("pipelines", "omnichannel"):
            closure(name, seen)
            if Path(source(name) or "").name == "__init__.py" and importlib.util.find_spec(f"{name}.{taken}"):
                closure(f"{name}.{taken}", seen)
    return seen


@pytest.mark.parametrize("module", STARTED)
def test_nothing_is_newer_than_python_3_10_or_missing_in_the_image(module: str) -> None:
    found = {(where, name, taken) for where, tree in closure(module, {}).items() for name, taken in imported(tree)}

    newer = {(where, taken) for where, name, taken in found if taken in NEWER.get(name, set())}
    packages = {(where, name.split(".")[0]) for where, name, _ in found}
    missing = {(where, name) for where, name in packages if name not in IN_THE_IMAGE | STANDARD | {"pipelines", "omnichannel"}}
    assert (newer, missing) == (set(), set())


def test_the_archive_s_own_reader_imports_nothing_of_this_repository() -> None:
    found = {name.split(".")[0] for tree in closure("omnichannel.scoring.model", {}).values() for name, _ in imported(tree)}

    assert not {"pipelines", "omnichannel"} & found
