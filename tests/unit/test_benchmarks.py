"""What `make bench` tells, writes and ends with; the benchmarks themselves are told what they found."""

import contextlib
import json
import signal
import subprocess
import sys

import pytest

from tests.benchmarks import __main__ as bench


def row(name, *, met):
    return {"name": name, "value": 1.5, "unit": "s", "floor": 1.0, "ratio": 1.5, "goal": 2, "met": met, "rows": 5, "peak_mb": None}


@pytest.fixture
def benched(monkeypatch, tmp_path, capsys):
    """Runs the benchmarks with what each of them finds; gives the exit code, what was said, and what was written."""

    def run(found, *options):
        def measured(name, scale):
            if isinstance(found[name], Exception):
                raise found[name]
            return found[name]

        monkeypatch.setattr(bench, "ROWS", dict.fromkeys(found, 100))
        monkeypatch.setattr(bench, "run", measured)
        out = tmp_path / "out" / "bench.json"
        code = bench.main(["--out", str(out), *options])
        return code, capsys.readouterr().out, json.loads(out.read_text())["rows"]

    return run


def test_goals_that_are_met_end_with_0(benched):
    code, said, written = benched({"door": [row("a", met=True)], "relay": [row("b", met=True)]})

    assert code == 0
    assert [each["name"] for each in written] == ["a", "b"]
    assert "relay (2 of 2, 100 rows): The relay: events a second" in said
    assert "Missed" not in said


def test_a_missed_goal_ends_with_1_and_its_name(benched):
    code, said, _ = benched({"door": [row("a", met=True), row("b", met=False)]})

    assert code == 1
    assert said.splitlines()[-1] == "Missed: b: 1.5 s, ratio 1.50; goal 2"


def test_a_benchmark_that_breaks_off_is_a_row_whose_goal_is_missed_and_the_others_go_on(benched):
    code, said, written = benched({"door": bench.Broken("broke off with exit code 3"), "relay": [row("b", met=True)]})

    assert code == 1
    assert "broke off with exit code 3" in said
    assert [(each["name"], each["met"]) for each in written] == [("door: broke off", False), ("b", True)]
    assert all(set(each) == set(bench.FIELDS) for each in written)


def test_a_benchmark_without_its_data_measures_nothing_and_says_so(benched):
    code, said, written = benched({"recommender": []})

    assert (code, written) == (0, [])
    assert "nothing measured" in said


def test_a_smaller_scale_is_told_beside_what_was_missed(benched):
    _, said, _ = benched({"door": [row("a", met=False)]}, "--scale", "0.05")

    assert "5 rows" in said
    assert "Goals are about --scale 1; this was 0.05." in said


@pytest.mark.parametrize("scale", ["0", "-1", "nan"])
def test_a_scale_that_is_none_is_refused(scale, capsys):
    with pytest.raises(SystemExit):
        bench.main(["--scale", scale])

    assert "expected a number above 0" in capsys.readouterr().err


def test_the_help_says_what_every_benchmark_measures(capsys):
    with pytest.raises(SystemExit) as ended:
        bench.main(["--help"])

    said = capsys.readouterr().out
    assert ended.value.code == 0
    assert all(f"{name} " in said and bench.about(name) in said for name in bench.ROWS)


def test_the_answer_is_the_last_line():
    assert bench.answer([sys.executable, "-c", "print('on the way'); print('[1]')"], 60) == "[1]"


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "pass"])
def test_a_process_without_an_answer_broke_off(program):
    with pytest.raises(bench.Broken, match="broke off with exit code"):
        bench.answer([sys.executable, "-c", program], 60)


class Endless(contextlib.AbstractContextManager):
    """A process that ends when it is interrupted, and not before."""

    def __init__(self, *_, **__):
        self.signals = []

    def __exit__(self, *_):
        assert self.signals == [signal.SIGINT]

    def communicate(self, timeout=None):
        if not self.signals:
            raise subprocess.TimeoutExpired("", timeout)
        return "", None

    def send_signal(self, number):
        self.signals.append(number)


def test_what_takes_too_long_is_interrupted_so_that_it_can_clean_up(monkeypatch):
    monkeypatch.setattr(subprocess, "Popen", Endless)

    with pytest.raises(bench.Broken, match="stopped after 60 s"):
        bench.answer(["endless"], 60)
