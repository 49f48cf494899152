"""Warnings name the line of the program that called, also where an op runs for the first time, or behind ``out=``."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import flambeau

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
    "t.from_numpy(numpy.broadcast_to(numpy.float32(1), 2))",
    "t.as_tensor(numpy.broadcast_to(numpy.float32(1), 2))",
    "t.nn.functional.softmax(t.ones(2))",
    "t.nn.Softmax()(t.ones(2))",
    "t.nn.Sequential(t.nn.LogSoftmax())(t.ones(2))",
    "t.nn.functional.mse_loss(t.ones(2), t.ones(1))",
    "t.nn.MSELoss()(t.ones(2), t.ones(1))",
    "t.nn.functional.l1_loss(t.ones(2), t.ones(2), size_average=True)",
    "t.nn.L1Loss(reduce=False)",
    "t.nn.functional.dropout2d(t.ones(1, 1, 1))",
    "t.nn.Dropout2d()(t.ones(1, 1, 1))",
    "t.nn.Dropout3d()(t.ones(1, 1))",
    "t.nn.init.trunc_normal_(t.ones(2), mean=9.0)",
    "t.optim.SGD([p, p], lr=0.1)",
    "(p * 2).grad",
    "t.autograd.backward(p.sum(), grad_variables=t.tensor(1.0))",
    "t.autograd.grad(p.sum(), p, only_inputs=False)",
    "t.autograd.Variable(p, volatile=True)",
    "t.autograd.detect_anomaly()",
    "t.autograd.gradcheck(t.sin, p, eps=1e-3, atol=1e-2)",
    "t.distributions.Normal(0.0, 1.0).sample_n(2)",
]

PROGRAM = """
import json, sys, warnings
import flambeau as t, numpy
p = t.nn.Parameter(t.ones(2))
found = {}
for call in json.loads(sys.argv[1]):
    for name in ("first", "second"):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            eval(compile(call, name, "eval"))
        found.setdefault(call, []).append([each.filename for each in caught])
print(json.dumps(found))
"""


def test_no_warning_counts_frames() -> None:
    core = Path(flambeau.__file__).parent
    paths = [*core.rglob("*.py"), *(core.parents[1] / "backends").rglob("*.py")]
    fixed = re.compile(r"[^_]stacklevel=\d")
    assert [path.name for path in paths if fixed.search(path.read_text())] == []


def test_warnings_name_the_line_of_the_program() -> None:
    run = subprocess.run([sys.executable, "-c", PROGRAM, json.dumps(CALLS)], capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == {call: [["first"], ["second"]] for call in CALLS}
