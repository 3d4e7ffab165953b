"""`omni features`: what customers are described by, without a running sandbox."""

import io

import pytest
import typer
from rich.console import Console
from typer.testing import CliRunner

from pipelines.features import registered
from sandbox.errors import SandboxError
from sandbox.flow import feature_commands


def said(*arguments: str) -> str:
    app, console = typer.Typer(), Console(file=io.StringIO(), width=200)
    app.callback()(lambda: None)
    feature_commands.register(app, console, lambda *_: pytest.fail("no cloud is needed"))
    CliRunner().invoke(app, ["features", *arguments], catch_exceptions=False)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_all_features_are_listed() -> None:
    assert all(f.name in said() for f in registered())


def test_a_family_is_listed_alone() -> None:
    assert "returns_90d" in said("returns")
    assert "recency_days" not in said("returns")


def test_one_feature_is_described_with_the_reasons_that_were_agreed_on() -> None:
    shown = said("returns_90d")

    assert "owner service; drives churn +; absent 0" in shown
    assert "agreed driver of repurchase - (service): a disappointment" in shown


def test_an_unknown_name_gets_near_ones() -> None:
    with pytest.raises(SandboxError, match="try: omni features recency_days"):
        said("recency_dais")
