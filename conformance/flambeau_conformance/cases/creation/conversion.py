"""Conversions."""

from ...checks import expect, expect_equal
from ...declare import ALL, FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

op("to", dtypes=ALL, tolerance="exact", method=False, samples=[
    Sample("float32", lambda t, x: x.to(t.float32), (In((2, 3)),), gradient=False),
    Sample("int64", lambda t, x: x.to(t.int64), (In((2, 3)),), gradient=False),
    Sample("bool", lambda t, x: x.bool(), (In((2, 3)),), gradient=False),
    Sample("uint8", lambda t, x: x.to(t.uint8), (In((2, 3), "positive"),), gradient=False, also=("uint8",)),
    Sample("other", lambda t, x, y: x.to(y), (In((2, 3)), In((1,), "index:2")), gradient=False),
    Sample("double", lambda t, x: x.double(), (In((2, 3)),)),
], errors=[Error("dtype", lambda t: t.zeros(1).to("float33"), (RuntimeError, TypeError))])  # fmt: skip
op("copy", dtypes=ALL, tolerance="exact", method=False, samples=[
    Sample("broadcast", lambda t, x, y: x.clone().copy_(y), (In((2, 3)), In((3,)))),
    Sample("converted", lambda t, x, y: x.clone().copy_(y), (In((2, 3)), In((2, 3), "index:2")), gradient=False),
], errors=[
    Error("shape", lambda t: t.zeros(2).copy_(t.zeros(3)), (RuntimeError,), "must match"),
])  # fmt: skip
op("contiguous", dtypes=ALL, tolerance="exact", samples=[
    Sample("transposed", lambda t, x: x.t().contiguous(), (In((2, 3)),)),
], method=False, errors=[Error("type", lambda t: t.Tensor.contiguous(3), (TypeError,))])  # fmt: skip
op("clone", dtypes=ALL, tolerance="exact", alias=False, samples=[
    Sample("plain", lambda t, x: t.clone(x), (In((2, 3)),)), Sample("method", lambda t, x: x.clone(), (In(()),)),
])  # fmt: skip


@case("to/alias/same/float32", dtypes=("float32",), anchors=("Tensor.to",))
def _same(subject: Subject) -> None:
    x = subject.torch.zeros(2)
    expect(x.to(subject.torch.float32) is x, "to() of the same dtype made another tensor")
    expect(x.to(x.device) is x, "to() of the same device made another tensor")
    expect(x.to(subject.torch.float32, copy=True) is not x, "copy=True did not copy")


@case("detach/alias/shared/float32", dtypes=("float32",), anchors=("Tensor.detach",))
def _detached(subject: Subject) -> None:
    x = subject.torch.zeros(2, requires_grad=True)
    y = x.detach()
    expect(not y.requires_grad, "a detached tensor requires a gradient")
    y.fill_(3.0)
    expect_equal(x.tolist(), [3.0, 3.0])


for _dtype in FLOATS:

    @case(f"tolist/value/nested/{_dtype}", dtypes=(_dtype,), anchors=("Tensor.tolist",))
    def _tolist(subject: Subject, dtype: str = _dtype) -> None:
        values = [[1.5, -2.0], [0.0, 4.25]]
        expect_equal(subject.tensor(values, dtype).tolist(), values)


for _dtype, _digits in {"float16": 11, "bfloat16": 8}.items():

    @case(f"to/value/just-beyond-the-middle/{_dtype}", dtypes=(_dtype, "float64"), anchors=("Tensor.to", "tensor"))
    def _through_float32(subject: Subject, dtype: str = _dtype, digits: int = _digits) -> None:
        """Numbers come to 16 bits through float32, as in PyTorch, where what is just beyond the middle of two lies on it."""
        t = subject.torch
        values = [1 + 2.0**-digits + 2.0**-40, 1 + 3 * 2.0**-digits - 2.0**-40, 1e60]
        expected = [1.0, 1 + 4 * 2.0**-digits, float("inf")]
        expect_equal(subject.tensor(values, "float64").to(getattr(t, dtype)).tolist(), expected)
        expect_equal(subject.tensor(values, dtype).tolist(), expected)
        expect_equal(t.full((1,), values[0], dtype=getattr(t, dtype)).tolist(), expected[:1])
