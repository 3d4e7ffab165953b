"""Every cell of the fault matrix with one seed; `make faults` runs all of them."""

from collections.abc import Iterator

import pytest

from tests.faults.matrix import Cell, every_cell, outcome
from tests.faults.world import World, world


@pytest.fixture(scope="module")
def deployed() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.mark.parametrize("cell", every_cell(), ids=lambda cell: cell.fault)
def test_nothing_is_lost_nothing_comes_twice_and_every_refusal_is_explained(cell: Cell, deployed: World):
    found = outcome(deployed, cell, seed=1)

    assert found.landed
    assert (found.lost, found.twice, found.unexplained, found.dead_lettered) == (0, 0, 0, 0)
