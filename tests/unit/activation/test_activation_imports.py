"""Each function imports only what its package holds."""

import subprocess
import sys

import pytest

HEAVY = ("pyarrow", "pyiceberg", "duckdb", "ibis", "pandas", "numpy", "requests")
FORBIDDEN = {
    "activation_starter": HEAVY,
    "segment_bridge": HEAVY,
    "file_bridge": HEAVY,
    "pinpoint_bridge": HEAVY,
    "close_ledger": (*HEAVY, "orjson"),
    "audience": ("orjson", "duckdb", "ibis"),  # pyarrow takes pandas where it finds it
}


@pytest.mark.parametrize("function", FORBIDDEN)
def test_a_function_imports_nothing_that_its_package_lacks(function):
    code = f"import sys, lambdas.{function}; print(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert not {name.partition(".")[0] for name in loaded} & set(FORBIDDEN[function])
