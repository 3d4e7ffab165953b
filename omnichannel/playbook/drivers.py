"""`playbook/drivers.yaml`: the features that business and data science agreed drive a model, with the sign that they expect."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from omnichannel.contracts.scores import Model
from omnichannel.playbook.document import FOLDER, UnusablePlaybook, filled, read, refuse_unknown

NAME = "drivers"
SIGNS = ("+", "-")


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One of them: `expected` is `+` when more of the feature raises the model's score, `-` when it lowers it."""

    feature: str
    expected: str
    owner: str
    reason: str


def parsed(content: Mapping[str, Any], features: Collection[str]) -> dict[Model, tuple[Driver, ...]]:
    """From the file's content, and the names of the features there are; raises `UnusablePlaybook`, with near names for an unknown one."""
    refuse_unknown(content, tuple(map(str, Model)), f"{NAME}.yaml")
    return {model: _drivers(content.get(str(model)), str(model), features) for model in Model}


def load(features: Collection[str], folder: Path = FOLDER) -> dict[Model, tuple[Driver, ...]]:
    """The file in a folder; raises `UnusablePlaybook`."""
    return parsed(read(NAME, folder), features)


def _drivers(listed: Any, model: str, features: Collection[str]) -> tuple[Driver, ...]:
    if not isinstance(listed, list) or not listed:
        raise UnusablePlaybook(f"{model} has no list of drivers; expected at least one, with {', '.join(Driver.__annotations__)}")
    found = tuple(filled(Driver, each, f"{model}[{n}]") for n, each in enumerate(listed))
    for n, driver in enumerate(found):
        _check(driver, f"{model}[{n}]", features)
        if driver.feature in {earlier.feature for earlier in found[:n]}:
            raise UnusablePlaybook(f"{model}[{n}].feature is {driver.feature!r} again; expected each feature once")
    return found


def _check(driver: Driver, place: str, features: Collection[str]) -> None:
    if driver.expected not in SIGNS:
        raise UnusablePlaybook(f"{place}.expected is {driver.expected!r}; expected one of {', '.join(SIGNS)}")
    if driver.feature not in features:
        near = get_close_matches(driver.feature, features) or sorted(features)
        raise UnusablePlaybook(f"{place}.feature is {driver.feature!r}, which is no feature; expected one such as {', '.join(near[:3])}")
    for name in ("owner", "reason"):
        if not getattr(driver, name).strip():
            raise UnusablePlaybook(f"{place}.{name} is empty; expected who answers for it, and why")
