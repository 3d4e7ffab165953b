"""Each onboarding function imports only what its package holds."""

import subprocess
import sys

import pytest

FORBIDDEN = {
    "onboarding_starter": ("pyarrow", "pyiceberg", "duckdb", "numpy", "pandas"),
    "stage_file": ("pyarrow", "pyiceberg", "ibis"),
    "commit_files": ("duckdb", "ibis", "orjson"),
    "customer_view": ("duckdb", "ibis", "orjson"),
    "interactions_export": ("duckdb", "ibis", "orjson"),
}


@pytest.mark.parametrize("function", FORBIDDEN)
def test_an_onboarding_function_imports_nothing_that_its_package_lacks(function):
    code = f"import sys, lambdas.{function}; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {name.partition(".")[0] for name in loaded} & set(FORBIDDEN[function])
