"""The run of the matrix itself: what its cells do to it is in its report, and nothing of it is left behind."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.faults.__main__ import BROKEN_OFF, main
from tests.faults.matrix import Cell
from tests.faults.worker import Task
from tests.faults.workers import Workers
from tests.integration.faults.breaking import cells

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def children(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where worlds note the processes that they start."""
    folder = tmp_path / "children"
    folder.mkdir()
    monkeypatch.setenv("SMALL_CHILDREN", str(folder))
    return folder


def alive(folder: Path) -> list[int]:
    numbers = [int(each.name) for each in folder.iterdir()]
    return [each for each in numbers if psutil.pid_exists(each) and psutil.Process(each).status() != psutil.STATUS_ZOMBIE]


def place_of(fault: str) -> int:
    return [each.fault for each in cells()].index(fault)


def rows(out: Path) -> dict[str, dict]:
    return {row["fault"]: row for row in json.loads(out.read_text())["rows"]}


def without_hangs() -> list[Cell]:
    return [each for each in cells() if each.fault != "hangs"]


def test_a_cell_that_raises_or_ends_its_process_is_broken_with_its_error_and_the_others_run(tmp_path: Path, children: Path):
    out = tmp_path / "faults.json"

    code = main(["--seeds", "3", "--workers", "2", "--out", str(out)], without_hangs)

    found = rows(out)
    assert code == 1
    assert {name: row["seeds"] for name, row in found.items()} == {"well": 3, "loses": 3, "raises": 3, "ends": 3}
    assert {name: row["errors"] for name, row in found.items()} == {
        "well": {},
        "loses": {},
        "raises": {"2": "ValueError: the second one"},
        "ends": {"2": "the process ended with exit code 3"},
    }
    assert {name: (row["lost"], row["unexplained"]) for name, row in found.items()} == {
        "well": (0, 0),
        "loses": (1, 0),
        "raises": (0, 1),
        "ends": (0, 1),
    }
    assert not alive(children)


def test_seeds_begin_where_they_are_told_to(tmp_path: Path):
    out = tmp_path / "faults.json"

    code = main(["--seeds", "2", "--first-seed", "3", "--only", "raises", "--workers", "1", "--out", str(out)], without_hangs)

    told = json.loads(out.read_text())
    assert (code, told["first_seed"], told["seeds"], told["cells"], told["complete"]) == (0, 3, 2, 1, 1)


def test_a_process_that_is_ended_while_it_has_nothing_to_do_is_followed_by_another(tmp_path: Path, children: Path):
    place = place_of("well")

    with Workers(1, cells, tmp_path / "faults.log") as workers:
        found = workers.run([Task(place, (1,)), Task(place, (2,))])
        first = next(found)
        (idle,) = workers._idle
        idle.process.kill()
        idle.process.join()
        others = list(found)

    assert [(each.seed, each.error) for each in (first, *others)] == [(1, ""), (2, "")]
    assert not alive(children)


def test_a_cell_that_hangs_is_broken_and_its_processes_end(tmp_path: Path, children: Path):
    with Workers(1, cells, tmp_path / "log", patience=1.0) as workers:
        found = list(workers.run([Task(place_of("hangs"), (1, 2))]))

    assert [(each.seed, each.error) for each in found] == [(1, "no answer within 1 s"), (2, "no answer within 1 s")]
    assert not alive(children)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_broken_off_leaves_what_it_found_and_no_process(tmp_path: Path, children: Path, ending: signal.Signals):
    out = tmp_path / "faults.json"
    script = f"""
import signal, sys
from tests.faults.__main__ import main
from tests.integration.faults.breaking import cells
# Whoever runs tests in the background of a shell has told them to pass over Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main(["--seeds", "1", "--workers", "2", "--out", {str(out)!r}], cells))
"""
    command = [sys.executable, "-u", "-c", script]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}) as run:
        assert run.stdout
        # All but the one that hangs.
        for _ in range(4):
            while "[" not in run.stdout.readline():
                pass
        run.send_signal(ending)
        run.communicate()

    assert run.returncode == BROKEN_OFF
    assert set(rows(out)) == {"well", "loses", "raises", "ends"}
    assert len(list(children.iterdir())) >= 4
    assert not alive(children)
