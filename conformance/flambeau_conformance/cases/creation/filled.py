"""Factories."""

from ...declare import ALL, Error, Sample, op
from ...inputs import In

_NOTHING = ("float32",)


def _made(label: str, call: object, dtypes: tuple[str, ...] = _NOTHING) -> Sample:
    return Sample(label, call, (), dtypes=dtypes, gradient=False)  # type: ignore[arg-type]


op("tensor", dtypes=_NOTHING, tolerance="exact", differentiable=False, method=False, anchors=("tensor",), samples=[
    _made("ints", lambda t: t.tensor([[1, 2], [3, 4]]), ("int64",)), _made("floats", lambda t: t.tensor([1.5, 2])),
    _made("bools", lambda t: t.tensor([True, False]), ("bool",)), _made("number", lambda t: t.tensor(5.0)),
    _made("empty", lambda t: t.tensor([])), _made("empty-rows", lambda t: t.tensor([[], []])),
    _made("dtype", lambda t: t.tensor([1.7, -1.7], dtype=t.int32), ("int32",)),
    _made("of-tensors", lambda t: t.tensor([t.tensor(1), t.tensor(2)]), ("int64",)),
], errors=[
    Error("ragged", lambda t: t.tensor([[1, 2], [3]]), (ValueError,), r"expected sequence of length 2 at dim 1 \(got 1\)"),
    Error("text", lambda t: t.tensor(["a"]), (ValueError, TypeError)),
    Error("overflow", lambda t: t.tensor([300], dtype=t.uint8), (RuntimeError,), "overflow|cannot be converted", also=("uint8",)),
])  # fmt: skip
for _name in ("zeros", "ones"):
    op(_name, dtypes=_NOTHING, tolerance="exact", differentiable=False, method=False, anchors=(_name,), samples=[
        _made("sizes", lambda t, name=_name: getattr(t, name)(2, 3)), _made("tuple", lambda t, name=_name: getattr(t, name)((2, 3))),
        _made("zero-dim", lambda t, name=_name: getattr(t, name)(())),
        _made("dtype", lambda t, name=_name: getattr(t, name)(2, dtype=t.bool), ("bool",)),
    ], errors=[
        Error("negative", lambda t, name=_name: getattr(t, name)(-1), (RuntimeError,), "negative dimension|non-negative"),
    ])  # fmt: skip
    op(f"{_name}_like", dtypes=ALL, tolerance="exact", differentiable=False, method=False, samples=[
        Sample("plain", lambda t, x, name=_name: getattr(t, f"{name}_like")(x), (In((2, 3)),)),
    ])  # fmt: skip
op("full", dtypes=_NOTHING, tolerance="exact", differentiable=False, method=False, samples=[
    _made("int", lambda t: t.full((2, 2), 7), ("int64",)), _made("float", lambda t: t.full((2,), 0.5)),
    _made("bool", lambda t: t.full((2,), True), ("bool",)),
], errors=[Error("size", lambda t: t.full("a", 1), (TypeError,))])  # fmt: skip
op("full_like", dtypes=ALL, tolerance="exact", differentiable=False, method=False, samples=[
    Sample("plain", lambda t, x: t.full_like(x, 1), (In((2, 3)),)),
])  # fmt: skip
op("new_zeros", dtypes=ALL, tolerance="exact", differentiable=False, method=False, samples=[
    Sample("plain", lambda t, x: x.new_zeros(2), (In((2, 3)),)), Sample("full", lambda t, x: x.new_full((2,), 1), (In(()),)),
    Sample("ones", lambda t, x: x.new_ones((2, 1)), (In(()),)), Sample("tensor", lambda t, x: x.new_tensor([1, 0]), (In(()),)),
], errors=[Error("negative", lambda t: t.zeros(1).new_zeros(-2), (RuntimeError,), "negative dimension|non-negative")])  # fmt: skip
op("empty", dtypes=_NOTHING, tolerance="exact", differentiable=False, method=False, samples=[
    _made("size", lambda t: t.empty(0, 3)), _made("like", lambda t: t.empty_like(t.zeros(2, 3)).fill_(1)),
], errors=[Error("negative", lambda t: t.empty(-1), (RuntimeError,), "negative dimension|non-negative")])  # fmt: skip
op("fill", dtypes=ALL, tolerance="exact", method=False, samples=[
    Sample("inplace", lambda t, x: (x * 1 if x.dtype != t.bool else x.clone()).fill_(1), (In((2, 3)),)),
    Sample("zero", lambda t, x: x.clone().fill_(0), (In((2, 3)),)),
])  # fmt: skip
op("as_tensor", dtypes=_NOTHING, tolerance="exact", differentiable=False, method=False, samples=[
    _made("list", lambda t: t.as_tensor([1.0, 2.0])), _made("dtype", lambda t: t.as_tensor([1, 2], dtype=t.float32)),
], errors=[Error("text", lambda t: t.as_tensor("a"), (TypeError, ValueError))])  # fmt: skip
op("empty_strided", dtypes=_NOTHING, tolerance="exact", differentiable=False, method=False, samples=[
    _made("turned", lambda t: t.empty_strided((2, 3), (1, 2)).fill_(1)), _made("none", lambda t: t.empty_strided((0,), (1,))),
], errors=[
    Error("lengths", lambda t: t.empty_strided((2, 3), (1,)), (RuntimeError,), "length|dimensionality"),
    Error("negative", lambda t: t.empty_strided((2,), (-1,)), (RuntimeError,)),
])  # fmt: skip
op("asarray", dtypes=_NOTHING, tolerance="exact", differentiable=False, method=False, samples=[
    _made("list", lambda t: t.asarray([1.0, 2.0])), _made("dtype", lambda t: t.asarray([1, 2], dtype=t.float32)),
    Sample("tensor", lambda t, x: t.asarray(x.detach(), copy=True), (In((2,)),)),
], errors=[Error("alias", lambda t: t.asarray([1.0], copy=False), (ValueError,), "can't alias")])  # fmt: skip
op("scalar_tensor", dtypes=_NOTHING, tolerance="exact", differentiable=False, method=False, samples=[
    _made("number", lambda t: t.scalar_tensor(3)), _made("dtype", lambda t: t.scalar_tensor(3, dtype=t.int32), ("int32",)),
], errors=[Error("text", lambda t: t.scalar_tensor("a"), (TypeError,))])  # fmt: skip
