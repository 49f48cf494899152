"""The benchmarks run; how fast is for them to say, never for a test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import figures, growth, memory, peers, plot, tables
from benchmarks.__main__ import THREAD_VARIABLES, main
from benchmarks.report import Result, slowest
from benchmarks.run import matching

import flambeau

ROOT = Path(__file__).parents[1]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_table_and_json_have_a_line_for_every_matching_case(tmp_path: Path) -> None:
    target = tmp_path / "results.json"
    done = run("--quick", "--filter", "add", "--json", str(target))
    assert done.returncode == 0, done.stderr
    results = json.loads(target.read_text())["results"]
    assert {"overhead/add", "overhead/add/chain", "arrays/add/10000"} <= {result["name"] for result in results}
    assert all("add" in result["name"] and result["seconds"] > 0 for result in results)
    for result in results:
        assert f"\n{result['name']} " in done.stdout


def test_a_filter_that_matches_nothing_is_wrong_usage() -> None:
    done = run("--filter", "no such case")
    assert done.returncode == 2
    assert "no case has 'no such case' in its name" in done.stderr


def test_every_op_is_measured_on_small_tensors() -> None:
    from benchmarks import small

    from flambeau_conformance.catalogue import ops

    names = [case.name for case in small.cases()]
    assert len(names) == len(set(names))
    assert set(names) == {f"small/{op.name}" for op in ops().values() if any(sample.inputs for sample in op.samples)}


def _result(name: str, ratio: float | None) -> Result:
    return Result(name, 1.0 if ratio is None else ratio, None if ratio is None else 1.0, None)


def test_a_page_shows_goals_first_and_what_misses_them() -> None:
    text = tables.page(
        [
            Result("overhead/add", 1e-6, 2e-6, 0.6),
            Result("overhead/sum", 2e-6, 2e-6, 0.95),
            Result("small/abs", 1e-6, 2e-6, None),
            Result("small/zeta", 5e-6, 1e-6, None),
            Result("small/alone", 1e-6, None, None),
        ],
        "one thread",
    )
    assert "- one thread\n" in text
    assert "1 of 2 rows reach their goal" in text
    assert "| `add` | 1.00 µs | 2.00 µs | 0.50 | 0.60 |" in text
    assert "| `sum` | 2.00 µs | 2.00 µs | **1.00** | 0.95 |" in text
    assert "## small, without goals\n\n2 rows, of which 1 are above 2." in text
    assert "\n| `zeta` | 5.00 | `abs` | 0.50 |" in text
    assert "alone" not in text


def test_figures_are_kept_and_those_that_have_grown_are_found(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    figures.keep([_result("a", 1.0), _result("b", 2.0), _result("alone", None)], path)
    figures.keep([_result("b", 3.0)], path)
    assert figures.read(path) == {"a": 1.0, "b": 3.0}
    found = figures.fallen(
        [_result("a", 1.11), _result("b", 3.2), _result("new", 9.0), _result("alone", None)], figures.read(path)
    )
    assert [result.name for result in found] == ["a"]


def test_kept_figures_are_of_cases_that_there_are_and_misses_are_explained() -> None:
    goals = {case.name: case.goal for case in matching("", with_goals=True)}
    kept = figures.read()
    assert set(kept) <= set(goals)
    missed = [name for name, ratio in kept.items() if (goal := goals[name]) is not None and ratio > goal]
    explained = (ROOT / "docs/performance.md").read_text().partition("## What keeps rows from their goals")[2]
    assert [name for name in missed if f"`{name}`" not in explained] == []


def test_the_slowest_come_in_order() -> None:
    results = [_result("a", 1.0), _result("b", 2.0), _result("alone", None)]
    assert [result.name for result in slowest(results, 2)] == ["b", "a"]


@pytest.mark.parametrize("option", ["--check", "--keep"])
def test_figures_are_of_one_thread(option: str) -> None:
    done = run(option, "--threads", "2")
    assert done.returncode == 2
    assert "figures.json is of one thread" in done.stderr


def test_there_is_nothing_to_check_against_before_figures_are_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(figures, "OWN", tmp_path / "figures.json")
    for name in THREAD_VARIABLES:  # which the command sets
        monkeypatch.setenv(name, "1")
    assert main(["--check"]) == 2
    assert "there are no figures to check against: make figures.json with --keep" in capsys.readouterr().err


PNG = b"\x89PNG"


def test_ratios_are_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    plot.ratios([Result("a", 1.0, 2.0, 0.4), Result("alone", 1.0, None, None)], tmp_path / "a.png")
    plot.growth([Result("a/10", 1.0, 2.0, None), Result("a/100", 1.0, None, None)], "elements", tmp_path / "b.png")
    assert [(tmp_path / name).read_bytes()[:4] for name in ("a.png", "b.png")] == [PNG] * 2


def test_growth_is_measured_and_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.growth", "--most", "1000", "--out", str(tmp_path)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {path.name for path in tmp_path.iterdir()} == set(growth.PICTURES)
    assert "\nbackward/100 " in done.stdout


def test_pictures_say_what_they_need(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(plot, "available", lambda: False)
    for name in THREAD_VARIABLES:
        monkeypatch.setenv(name, "1")
    assert main(["--plot", "a.png"]) == growth.main([]) == 2
    assert capsys.readouterr().err == f"{plot.NEEDED}\n" * 2


@pytest.mark.parametrize("row", peers.ROWS)
def test_flambeau_and_pytorch_say_every_row_of_the_peers_alike(row: str) -> None:
    statement, setup = next(peer for peer in peers.PEERS if peer.name == "flambeau").dialect[row]
    assert next(peer for peer in peers.PEERS if peer.name == "PyTorch").dialect[row] == (statement, setup)
    exec(statement, setup(flambeau))


def test_peers_have_words_for_rows_only() -> None:
    assert all(set(peer.dialect) <= set(peers.ROWS) for peer in peers.PEERS)


@pytest.mark.parametrize("name", ["torch", "jax", "autograd"])
def test_peers_that_are_installed_say_what_runs(name: str) -> None:
    module = pytest.importorskip(name)
    peer = next(peer for peer in peers.PEERS if peer.module == name)
    for statement, setup in peer.dialect.values():
        exec(statement, setup(module))


def test_a_peer_that_is_missing_leaves_its_cells_empty_and_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in (*THREAD_VARIABLES, "XLA_FLAGS", "JAX_PLATFORMS"):  # which the command sets
        monkeypatch.setenv(name, "1")
    absent = peers.Peer("absent", "no_such_library", {"add": ("pass", dict)}, True, "pip install it")
    monkeypatch.setattr(peers, "PEERS", [peers.PEERS[0], absent])
    assert peers.main(["--quick", "--filter", "add"]) == 0
    out = capsys.readouterr().out
    assert "absent (pip install it): ModuleNotFoundError: No module named 'no_such_library': add\n" in out
    assert "\nflambeau is ahead of the peers that are written in Python in every row\n" in out


def test_the_table_of_peers_says_where_flambeau_is_behind() -> None:
    own, pure = peers.PEERS[0], next(peer for peer in peers.PEERS if peer.pure)
    times = {
        "one": {"flambeau": 2e-6, pure.name: 1e-6},
        "two": {"flambeau": 1e-6, pure.name: 2e-6},
        "three": {"flambeau": 1e-6},
    }
    assert peers.behind(times, [own, pure]) == [f"one: 2.00 times {pure.name}'s time"]
    assert [len(line.split()) for line in peers.table(times, [own, pure])] == [3, 5, 5, 3]


@pytest.mark.parametrize(
    "name",
    ["softmax", "log_softmax", "layer_norm", "batch_norm", "group_norm", "sigmoid", "cross_entropy", "max_pool2d"],
)
def test_layers_have_no_temporaries_but_blocks(name: str) -> None:
    """Beside the result, which is as large as what it is made of or smaller: no time, so it is the same each time."""
    statement, setup, _ = memory.RUNS[f"layers/{name}"]
    assert memory.flambeau_peak(statement, setup) <= 4.5


def test_a_training_step_is_measured() -> None:
    statement, setup, goal = memory.RUNS["training/lstm"]
    assert goal == 1.05
    assert 5 < memory.flambeau_peak(statement, setup) < 12
