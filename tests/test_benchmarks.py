"""The benchmarks run; how fast is for them to say, never for a test."""

import json
import subprocess
import sys
from pathlib import Path

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
