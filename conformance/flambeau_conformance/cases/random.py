"""Random numbers: PyTorch's CPU stream, recorded for a seed."""

from typing import Any

from ..declare import FLOATS, Sample, op
from ..subject import CPU_STREAM


def _seeded(t: Any, call: Any) -> Any:
    t.manual_seed(42)
    first = call(t)
    return (first, call(t))


for _name, _call in {
    "rand": lambda t: t.rand(2), "rand_64": lambda t: t.rand(5, dtype=t.float64), "randn": lambda t: t.randn(17),
    "randn_small": lambda t: t.randn(3), "randn_64": lambda t: t.randn(16, dtype=t.float64),
    "randint": lambda t: t.randint(0, 10, (5,)), "randperm": lambda t: t.randperm(10),
    "uniform_": lambda t: t.empty(5).uniform_(-2, 3), "normal_": lambda t: t.empty(20).normal_(1, 2),
    "random_": lambda t: t.empty(5, dtype=t.int64).random_(), "bernoulli_": lambda t: t.empty(9).bernoulli_(0.3),
    "exponential_": lambda t: t.empty(5).exponential_(2.0), "cauchy_": lambda t: t.empty(5).cauchy_(),
    "log_normal_": lambda t: t.empty(5).log_normal_(), "geometric_": lambda t: t.empty(5).geometric_(0.4),
}.items():  # fmt: skip
    op(_name, dtypes=FLOATS[:1], tolerance="arithmetic", differentiable=False, method=False, refuses=False, extensions=(CPU_STREAM,),
       samples=[
        Sample("seed-42", lambda t, call=_call: _seeded(t, call), (), gradient=False),
    ])  # fmt: skip
