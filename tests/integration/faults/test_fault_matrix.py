"""Every cell of the fault matrix with one seed; `make faults` runs all of them."""

from collections.abc import Iterator

import pytest

from tests.faults.matrix import WORLDS, Cell, Deployed, every_cell, outcome

CELLS = every_cell()


@pytest.fixture(scope="module")
def deployed(request: pytest.FixtureRequest) -> Iterator[Deployed]:
    with WORLDS[request.param]() as made:
        yield made


@pytest.mark.parametrize(
    ("deployed", "cell"), [(cell.flow, cell) for cell in CELLS], ids=[cell.name for cell in CELLS], indirect=["deployed"]
)
def test_nothing_is_lost_nothing_comes_twice_and_every_refusal_is_explained(cell: Cell, deployed: Deployed):
    found = outcome(deployed, cell, seed=1)

    assert found.landed or "nobody" in cell.fault
    assert (found.lost, found.twice, found.unexplained, found.dead_lettered) == (0, 0, 0, 0)
