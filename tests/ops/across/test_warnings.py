"""Warnings name the line of the program that called, also where an op runs for the first time, or behind ``out=``."""

from __future__ import annotations

import json
import subprocess
import sys

CALLS = [
    "t.var(t.tensor([1.0]))",
    "t.tensor([1.0]).std()",
    "t.var(t.tensor([1.0]), out=t.empty(()))",
    "t.var_mean(t.tensor([1.0]))",
    "t.cov(t.tensor([[1.0], [2.0]]))",
    "t.corrcoef(t.tensor(2.0))",
    "t.where(t.ones(2, dtype=t.uint8), t.ones(2), t.zeros(2))",
    "t.ones(2).where(t.ones(2, dtype=t.uint8), t.zeros(2))",
    "t.meshgrid(t.ones(2), t.ones(3))",
    "t.ones(2, 2, 2).T",
    "t.cross(t.ones(3, 2), t.ones(3, 2))",
    "t.ones(3, 2).cross(t.ones(3, 2))",
    "t.chain_matmul(t.ones(1, 2), t.ones(2, 1))",
    "t.cholesky(t.eye(2))",
    "t.range(0, 2)",
    "t.tensor(t.ones(2))",
    "t.ones(2, 2)[[[0, 1], [0, 1]]]",
    "t.ones(2)[t.ones(2, dtype=t.uint8)]",
    "t.ones(2).__setitem__(t.ones(2, dtype=t.uint8), t.ones(2))",
    "t.add(t.ones(2), t.ones(2), out=t.ones(3))",
    "t.sum(t.ones(2), 0, out=t.ones(3))",
    "t.add(t.ones(2), 2, t.ones(2))",
    "t.ones(2).addcmul(2, t.ones(2), t.ones(2))",
    "t.ones(2).random_(0, 2**25)",
    "t.frombuffer(b'12345678', dtype=t.float32)",
]

PROGRAM = """
import json, sys, warnings
import flambeau as t
found = {}
for call in json.loads(sys.argv[1]):
    for name in ("first", "second"):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            eval(compile(call, name, "eval"))
        found.setdefault(call, []).append([each.filename for each in caught])
print(json.dumps(found))
"""


def test_warnings_name_the_line_of_the_program() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM, json.dumps(CALLS)], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == {call: [["first"], ["second"]] for call in CALLS}
