"""Factories of numbers in a row, and of the identity."""

from ...declare import Error, Sample, op

_NOTHING = ("float32",)


def _made(label: str, call: object, dtypes: tuple[str, ...] = _NOTHING) -> Sample:
    return Sample(label, call, (), dtypes=dtypes, gradient=False)  # type: ignore[arg-type]


op("arange", dtypes=_NOTHING, tolerance="exact", differentiable=False, method=False, anchors=("arange",), samples=[
    _made("end", lambda t: t.arange(4), ("int64",)), _made("step", lambda t: t.arange(1, 6, 2), ("int64",)),
    _made("down", lambda t: t.arange(3, -1, -2), ("int64",)), _made("float", lambda t: t.arange(0.5, 2.0, 0.5)),
    _made("empty", lambda t: t.arange(0)[:0], ("int64",)),
    _made("tenths", lambda t: t.arange(0, 1, 0.1)), _made("tenths-64", lambda t: t.arange(0, 1, 0.1, dtype=t.float64), ("float64",)),
    _made("tenths-16", lambda t: t.arange(0, 1, 0.1, dtype=t.float16), ("float16",)),
    _made("tenths-b16", lambda t: t.arange(0, 1, 0.1, dtype=t.bfloat16), ("bfloat16",)),
    _made("beyond-float64", lambda t: t.arange(2**53, 2**53 + 6), ("int64",)),
    _made("beyond-float32", lambda t: t.arange(2**24, 2**24 + 6, dtype=t.int32), ("int32",)),
    _made("limits", lambda t: t.arange(-128, 128, 51, dtype=t.int8), ("int8",)),
], errors=[
    Error("step", lambda t: t.arange(0, 1, 0), (RuntimeError,), "step must be nonzero"),
    Error("sign", lambda t: t.arange(0, 1, -1), (RuntimeError,), "inconsistent with step sign"),
])  # fmt: skip
op("linspace", dtypes=_NOTHING, differentiable=False, method=False, anchors=("linspace",), samples=[
    _made("three", lambda t: t.linspace(0, 2, steps=3)), _made("one", lambda t: t.linspace(3, 9, 1)),
    _made("down", lambda t: t.linspace(1, -1, 5)), _made("none", lambda t: t.linspace(0, 1, 0)),
    _made("ints", lambda t: t.linspace(-7, 5, 6, dtype=t.int64), ("int64",)),
    _made("sevenths-64", lambda t: t.linspace(0, 1, 8, dtype=t.float64), ("float64",)),
    _made("sevenths-16", lambda t: t.linspace(0, 1, 8, dtype=t.float16), ("float16",)),
], errors=[Error("steps", lambda t: t.linspace(0, 1, -1), (RuntimeError,), "number of steps must be non-negative")])  # fmt: skip
op("logspace", dtypes=_NOTHING, differentiable=False, method=False, samples=[
    _made("decades", lambda t: t.logspace(0, 2, 3)), _made("base", lambda t: t.logspace(0, 3, 4, base=2)),
    _made("ints", lambda t: t.logspace(0, 3, 4, base=2, dtype=t.int32), ("int32",)),
    _made("quarters-64", lambda t: t.logspace(0, 1, 5, dtype=t.float64), ("float64",)),
], errors=[Error("steps", lambda t: t.logspace(0, 1, -1), (RuntimeError,), "number of steps must be non-negative")])  # fmt: skip
op("eye", dtypes=_NOTHING, tolerance="exact", differentiable=False, method=False, samples=[
    _made("square", lambda t: t.eye(2)), _made("wide", lambda t: t.eye(2, 3, dtype=t.int64), ("int64",)),
], errors=[Error("type", lambda t: t.eye("a"), (TypeError,))])  # fmt: skip
