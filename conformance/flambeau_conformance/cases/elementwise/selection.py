"""Choosing between elements."""

from ...declare import ALL, FLOATS, NUMBERS, Error, Sample, op
from ...inputs import In

op("where", dtypes=ALL, tolerance="exact", method=False, samples=[
    Sample("tensors", lambda t, c, x, y: t.where(c, x, y), (In((2, 3), "bool"), In(), In())),
    Sample("broadcast", lambda t, c, x, y: t.where(c, x, y), (In((2, 1), "bool"), In((3,)), In(()))),
    Sample("number", lambda t, c, x: t.where(c, x, 1), (In((2, 3), "bool"), In())),
    Sample("method", lambda t, c, x, y: x.where(c, y), (In((2, 3), "bool"), In(), In())),
    Sample("numbers", lambda t, c: t.where(c, 1.0, 2), (In((2, 3), "bool"),), dtypes=("bool",)),
    Sample("zero-dim", lambda t, c, x: t.where(c, x, t.tensor(1.5)), (In((2, 3), "bool"), In())),
    Sample("condition-only", lambda t, c: t.where(c), (In((2, 3), "bool"),), dtypes=("bool",)),
], errors=[
    Error("not-bool", lambda t: t.where(t.zeros(2), t.zeros(2), t.zeros(2)), (RuntimeError,), "boolean"),
    Error("one", lambda t: t.where(t.tensor([True]), t.zeros(1)), (TypeError,)),
    Error("out-dtype", lambda t: t.where(t.tensor([True]), t.zeros(1), t.ones(1), out=t.zeros(1, dtype=t.float64)), (RuntimeError,), "Expected out type to be Float but got Double"),
], anchors=("where",))  # fmt: skip
op("clamp", dtypes=NUMBERS, tolerance="exact", samples=[
    Sample("both", lambda t, x: t.clamp(x, -1, 1), (In((3, 4)),), dtypes=("float32", "float64", "int64", "int32")),
    Sample("min", lambda t, x: x.clamp(min=1), (In((3, 4)),)),
    Sample("max", lambda t, x: t.clip(x, max=1), (In((3, 4)),)),
    Sample("crossed", lambda t, x: t.clamp(x, 2, 1), (In((3, 4)),)),
    Sample("tensors", lambda t, x, y: t.clamp(x, min=y), (In((3, 4)), In((4,)))),
    Sample("two-tensors", lambda t, x, y, z: t.clamp(x, y, z), (In((3, 4)), In((4,)), In((3, 1)))),
    Sample("promoted", lambda t, x: t.clamp(x, 0.5, t.tensor(1.5)), (In((3, 4)),)),
    Sample("nan-limit", lambda t, x: t.clamp(x, min=float("nan")), (In((3, 4)),), dtypes=FLOATS, gradient=False),
    Sample("special", lambda t, x: t.clamp(x, -1, 1), (In((12,), "special"),), dtypes=FLOATS, gradient=False),
], errors=[
    Error("nothing", lambda t: t.clamp(t.zeros(2)), (RuntimeError, ValueError), "At least one of"),
    Error("overflow", lambda t: t.clamp(t.ones(1, dtype=t.uint8), 256), (RuntimeError,), "cannot be converted to type uint8_t without overflow", also=("uint8",)),
], anchors=("clamp", "clip"))  # fmt: skip
op("clamp_min", dtypes=NUMBERS, tolerance="exact", samples=[
    Sample("number", lambda t, x: t.clamp_min(x, 1), (In((3, 4)),)),
])  # fmt: skip
op("clamp_max", dtypes=NUMBERS, tolerance="exact", samples=[
    Sample("number", lambda t, x: t.clamp_max(x, 1), (In((3, 4)),)),
])  # fmt: skip
op("heaviside", elementwise=2, dtypes=ALL, tolerance="exact", gradient=False, errors=[
    Error("dtype", lambda t: t.heaviside(t.ones(1), t.tensor([1])), (RuntimeError,), "not yet implemented for tensors with different dtypes"),
], names=("input", "values"))  # fmt: skip
