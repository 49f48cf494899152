"""What elements there are, and how many of each."""

from typing import Any

from ...declare import ALL, INTEGERS, Error, Sample, op
from ...inputs import In


def _counted(name: str, **options: Any) -> Any:
    def call(t: Any, x: Any) -> Any:
        x = x.round() if x.is_floating_point() else x
        if name == "unique" and x.is_floating_point():
            x = x + 0.0  # without -0.0: which of the zeros stands for both is left open
        return getattr(t, name)(x, **options)

    return call


_BOTH = {"return_inverse": True, "return_counts": True}

for _name in ("unique", "unique_consecutive"):
    op(_name, dtypes=ALL, tolerance="exact", errors=[
        Error("dim", lambda t, name=_name: getattr(t, name)(t.zeros(2, 3), dim=2), (IndexError,), "out of range"),
        Error("sizes", lambda t, name=_name: getattr(t, name)(t.zeros(2, 0), dim=0), (RuntimeError,), "0 sized dimensions"),
    ], samples=[
        Sample("all", _counted(_name), (In((4, 5)),), gradient=False),
        Sample("inverse", _counted(_name, return_inverse=True), (In((4, 5)),), gradient=False),
        Sample("counts", _counted(_name, return_counts=True), (In((20,)),), gradient=False),
        Sample("both", _counted(_name, **_BOTH), (In((4, 5)),), gradient=False),
        Sample("dim", _counted(_name, dim=0, **_BOTH), (In((9, 2)),), gradient=False),
        Sample("last-dim", _counted(_name, dim=-1, **_BOTH), (In((2, 1, 9)),), gradient=False),
        Sample("middle-dim", _counted(_name, dim=1), (In((1, 9, 2)),), gradient=False),
        Sample("method", lambda t, x, name=_name: getattr(x, name)(), (In((5,)),), gradient=False),
        Sample("zero-dim", _counted(_name, **_BOTH), (In(()),), gradient=False),
        Sample("zero-size", _counted(_name, **_BOTH), (In((2, 0)),), gradient=False),
        Sample("zero-size-dim", _counted(_name, dim=1, **_BOTH), (In((2, 0)),), gradient=False),
        Sample("special", _counted(_name, return_counts=True), (In((24,), "special"),), dtypes=("float32",), gradient=False),
    ])  # fmt: skip


def _weighted(t: Any, x: Any, weights: Any) -> Any:
    return t.bincount(x, weights, 7)


op("bincount", dtypes=INTEGERS, tolerance="reduction", errors=[
    Error("negative", lambda t: t.bincount(t.tensor([-1])), (RuntimeError,), "non-negative integral inputs"),
    Error("dims", lambda t: t.bincount(t.tensor([[1]])), (RuntimeError,), "only supports 1-d"),
    Error("float", lambda t: t.bincount(t.ones(2)), (NotImplementedError,), "not implemented for 'Float'"),
    Error("weights", lambda t: t.bincount(t.tensor([1]), t.ones(2)), (RuntimeError,), "have the same length as input"),
    Error("minlength", lambda t: t.bincount(t.tensor([1]), minlength=-1), (RuntimeError,), "should be >= 0"),
], samples=[
    Sample("counts", lambda t, x: t.bincount(x.abs()), (In((20,)),), gradient=False),
    Sample("minlength", lambda t, x: t.bincount(x.abs(), minlength=12), (In((5,)),), gradient=False),
    Sample("empty", lambda t, x: t.bincount(x, minlength=3), (In((0,)),), gradient=False),
    Sample("method", lambda t, x: (x * x).bincount(), (In((5,)),), gradient=False),
    Sample("integer-weights", lambda t, x: t.bincount(x.abs(), x), (In((9,)),), gradient=False, also=("float64",)),
    Sample("weights", _weighted, (In((9,), "index:6"), In((9,))), dtypes=("float32", "float64"), gradient=False, also=("float64",)),
])  # fmt: skip
