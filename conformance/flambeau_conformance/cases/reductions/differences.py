"""Differences, integrals and derivatives of samples."""

from ...declare import ALL, FLOATS, INTEGERS, Error, Sample, op
from ...inputs import In

op("diff", dtypes=ALL, samples=[
    Sample("dim", lambda t, x: t.diff(x), (In((2, 4)),)),
    Sample("method", lambda t, x: x.diff(dim=0), (In((3, 2)),)),
    Sample("twice", lambda t, x: t.diff(x, 2, 0), (In((4, 2)),)),
    Sample("none", lambda t, x: t.diff(x, 0), (In((4, 2)),)),
    Sample("too-often", lambda t, x: t.diff(x, 7), (In((2, 3)),), gradient=False),
    Sample("joined", lambda t, x, y, z: t.diff(x, prepend=y, append=z), (In((2, 3)), In((2, 1)), In((2, 2)))),
], errors=[
    Error("zero-dim", lambda t: t.diff(t.tensor(1.0)), (RuntimeError,), "at least one-dimensional"),
    Error("negative", lambda t: t.diff(t.ones(3), -1), (RuntimeError,), "order must be non-negative"),
    Error("shape", lambda t: t.diff(t.ones(2, 3), prepend=t.ones(3, 1)), (RuntimeError,), "match that of input"),
    Error("dims", lambda t: t.diff(t.ones(2, 3), append=t.ones(3)), (RuntimeError,), "same dimension as input"),
])  # fmt: skip
for _name in ("trapezoid", "cumulative_trapezoid"):
    op(_name, dtypes=(*FLOATS, *INTEGERS), tolerance="reduction", method=False, samples=[
        Sample("plain", lambda t, y, name=_name: getattr(t, name)(y), (In((2, 4)),)),
        Sample("dx", lambda t, y, name=_name: getattr(t, name)(y, dx=0.5, dim=0), (In((3, 2)),)),
        Sample("x", lambda t, y, x, name=_name: getattr(t, name)(y, x, dim=0), (In((3, 2)), In((3,), "distinct"))),
        Sample("x-of-shape", lambda t, y, x, name=_name: getattr(t, name)(y, x), (In((2, 3)), In((2, 3), "distinct"))),
        Sample("one", lambda t, y, name=_name: getattr(t, name)(y), (In((2, 1)),), gradient=False),
    ], errors=[
        Error("zero-dim", lambda t, name=_name: getattr(t, name)(t.tensor(1.0)), (IndexError,)),
        Error("bool", lambda t, name=_name: getattr(t, name)(t.tensor([True])), (RuntimeError,), "bool is not supported"),
        Error("size", lambda t, name=_name: getattr(t, name)(t.ones(3), t.ones(2)), (RuntimeError,), "one `x` value"),
        Error("both", lambda t, name=_name: getattr(t, name)(t.ones(3), t.ones(3), dx=2), (TypeError,)),
    ])  # fmt: skip
op("gradient", dtypes=(*FLOATS, "int64"), method=False, samples=[
    Sample("all", lambda t, x: t.gradient(x), (In((3, 4)),)),
    Sample("dims", lambda t, x: t.gradient(x, dim=(1, 0), spacing=(0.5, 2.0)), (In((3, 4)),)),
    Sample("spacing", lambda t, x: t.gradient(x, dim=-1, spacing=2), (In((3, 4)),)),
    Sample("points", lambda t, x: t.gradient(x, dim=1, spacing=(t.tensor([0.0, 1.0, 1.5, 4.0]),)), (In((3, 4)),)),
    Sample("second-order", lambda t, x: t.gradient(x, edge_order=2), (In((3, 4)),)),
    Sample("points-second-order", lambda t, x: t.gradient(x, spacing=(t.tensor([0.0, 1.0, 1.5, 4.0]),), edge_order=2),
           (In((4,)),)),
], errors=[
    Error("order", lambda t: t.gradient(t.ones(5), edge_order=3), (RuntimeError,), "only supports edge_order"),
    Error("few", lambda t: t.gradient(t.ones(2), edge_order=2), (RuntimeError,), "at least edge_order"),
    Error("spacing", lambda t: t.gradient(t.ones(5), spacing=[1.0, 2.0]), (RuntimeError,), "of length equal to"),
    Error("uint8", lambda t: t.gradient(t.ones(5, dtype=t.uint8)), (RuntimeError,), "uint8"),
])  # fmt: skip
