"""Views with strides of their own: as_strided, unfold, the bytes as another dtype; tensors that become views of themselves."""

from ...checks import expect_equal, expect_raises
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_DTYPES = (*FLOATS, "int64", "bool")

op("as_strided", dtypes=_DTYPES, tolerance="exact", alias=True, turned=False, samples=[
    Sample("windows", lambda t, x: t.as_strided(x, (2, 3), (2, 1), 1), (In((6,)),)),
    Sample("of-a-view", lambda t, x: x[1:].as_strided((2, 2), (1, 2)), (In((3, 2)),)),
], errors=[
    Error("beyond", lambda t: t.as_strided(t.zeros(3), (2,), (3,)), (RuntimeError,), "out of bounds for storage of size 12"),
    Error("negative", lambda t: t.as_strided(t.zeros(3), (2,), (-1,)), (RuntimeError,), "Negative strides are not supported"),
])  # fmt: skip
op("as_strided_scatter", dtypes=_DTYPES, tolerance="exact", alias=False, turned=False, samples=[
    Sample("steps", lambda t, x, y: t.as_strided_scatter(x, y, (2,), (2,), 1), (In((5,)), In((2,)))),
], errors=[Error("shape", lambda t: t.as_strided_scatter(t.zeros(3), t.zeros(3), (2,), (1,)), (RuntimeError,), "expected src to have a size")])  # fmt: skip
op("unfold", dtypes=_DTYPES, tolerance="exact", alias=True, samples=[
    Sample("overlapping", lambda t, x: x.unfold(1, 3, 1), (In((2, 5)),)), Sample("apart", lambda t, x: x.unfold(0, 2, 3), (In((6, 2)),)),
], errors=[
    Error("not-a-tensor", lambda t: t.Tensor.unfold(3, 0, 1, 1), (TypeError, AttributeError)),
    Error("size", lambda t: t.zeros(2).unfold(0, 3, 1), (RuntimeError,), "maximum size for tensor at dimension 0 is 2 but size is 3"),
    Error("step", lambda t: t.zeros(2).unfold(0, 1, 0), (RuntimeError,), "step is 0 but must be > 0"),
])  # fmt: skip


@case("view/value/bytes/-", dtypes=("float32", "float64"), extensions=("bytes",))
def _bytes(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor([1.0, -2.0])
    bits = x.view(t.int32)
    expect_equal(bits.tolist(), [0x3F800000, -0x40000000], "the bits")
    bits[0] = 0x40400000
    expect_equal(x.tolist(), [3.0, -2.0], "the numbers after a change of the bits")
    expect_equal(list(t.zeros(2, 4).view(t.float64).shape), [2, 2], "the shape of larger elements")
    expect_raises(lambda: t.zeros(2, 3).view(t.float64), RuntimeError, "must be divisible by 2")
    expect_equal(t.zeros(2, requires_grad=True).view(t.int32).requires_grad, False, "whether bits require a gradient")


@case("t_/inplace/becomes-view/-", dtypes=("float32", "float64"))
def _becomes_view(subject: Subject) -> None:
    t = subject.torch
    x = t.arange(6.0).reshape(2, 3).clone()
    row = x[0]
    expect_equal(x.t_() is x, True, "whether t_ returns the tensor")
    expect_equal(x.tolist(), [[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]], "the tensor after t_")
    x.unsqueeze_(0).squeeze_()
    x.transpose_(0, 1)[0, 1] = 9.0
    expect_equal(row.tolist(), [0.0, 9.0, 2.0], "an older view after a change")
    leaf = t.ones(1, 3, requires_grad=True)
    expect_raises(lambda: leaf.squeeze_(), RuntimeError, "a leaf Variable that requires grad")
    y = leaf * 2
    y.squeeze_().mul_(t.tensor([1.0, 2.0, 3.0]))
    y.sum().backward()
    expect_equal(leaf.grad.tolist(), [[2.0, 4.0, 6.0]], "the gradient through squeeze_")
