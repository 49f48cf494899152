"""Sums, means, products and truth."""

import math

from ...checks import expect, expect_equal
from ...declare import ALL, FLOATS, NUMBERS, Error, Sample, case, op
from ...inputs import In
from ...over_dims import bad_dim, empty, over_dims
from ...subject import Subject


def _repeated(name: str) -> Error:
    return Error(
        "repeated-dims", lambda t: getattr(t, name)(t.zeros(2, 3), (0, -2)), (RuntimeError,), "dim 0 appears multiple times"
    )  # fmt: skip


op("sum", dtypes=ALL, tolerance="reduction", errors=[bad_dim("sum"), _repeated("sum")], samples=[
    *over_dims("sum"), empty("sum"),
    Sample("dtype", lambda t, x: t.sum(x, dtype=t.float64), (In(),), dtypes=("int64", "float32"), gradient=False),
    Sample("dtype-truncates", lambda t, x: t.sum(x, dtype=t.int32), (In(),), dtypes=FLOATS, gradient=False, also=("int32",)),
    Sample("dtype-bool", lambda t, x: t.sum(x, 1, dtype=t.bool), (In(),), dtypes=NUMBERS, gradient=False),
    Sample("no-dims-keepdim", lambda t, x: t.sum(x, (), True), (In(),), dtypes=FLOATS),
    Sample("out-dtype", lambda t, x: t.sum(x, 0, out=t.empty(3, dtype=t.int64)), (In(),), dtypes=FLOATS, gradient=False, also=("int32",)),
])  # fmt: skip
op("nansum", dtypes=ALL, tolerance="reduction", errors=[bad_dim("nansum")], samples=[
    *over_dims("nansum"), empty("nansum"),
    Sample("nan", lambda t, x: t.nansum(x / x, 1), (In((3, 4)),), dtypes=FLOATS),
    Sample("special", lambda t, x: t.nansum(x, 0), (In((4, 3), "special"),), dtypes=FLOATS, gradient=False),
    Sample("dtype", lambda t, x: t.nansum(x, dtype=t.float64), (In(),), dtypes=("int64", "float32"), gradient=False),
])  # fmt: skip
op("mean", tolerance="reduction", anchors=("mean",), samples=[
    *over_dims("mean"), empty("mean"),
    Sample("dtype", lambda t, x: t.mean(x, 0, dtype=t.float64), (In(),), dtypes=("int64", "float32"), gradient=False),
], errors=[
    bad_dim("mean"),
    Error("integers", lambda t: t.mean(t.tensor([1, 2])), (RuntimeError,), "could not infer output dtype"),
    Error("dtype", lambda t: t.mean(t.ones(2), dtype=t.int64), (RuntimeError,), "could not infer output dtype"),
])  # fmt: skip
op("nanmean", tolerance="reduction", samples=[
    *over_dims("nanmean"), empty("nanmean"),
    Sample("special", lambda t, x: t.nanmean(x, 0), (In((4, 3), "special"),), gradient=False),
], errors=[
    bad_dim("nanmean"),
    Error("integers", lambda t: t.nanmean(t.tensor([1, 2])), (RuntimeError,), "floating point or complex dtype"),
])  # fmt: skip
op("prod", dtypes=ALL, tolerance="reduction", errors=[
    bad_dim("prod"), Error("dims", lambda t: t.prod(t.ones(2, 3), (0, 1)), (TypeError,)),
], samples=[
    *over_dims("prod", several=False, domain="positive"), empty("prod"),
    Sample("zeros", lambda t, x: t.prod(x * t.tensor([[1, 0, 0], [0, 1, 2]]), 1), (In(),), dtypes=FLOATS),
    Sample("zeros-all", lambda t, x: t.prod(x * t.tensor([1, 0, 1])), (In((3,)),), dtypes=FLOATS),
    Sample("dtype", lambda t, x: t.prod(x, dtype=t.float64), (In(),), dtypes=("int64", "float32"), gradient=False),
    Sample("dtype-bool", lambda t, x: t.prod(x, 1, dtype=t.bool), (In(),), dtypes=("int64", "bool")),
])  # fmt: skip
for _name in ("any", "all"):
    op(_name, dtypes=ALL, tolerance="exact", differentiable=False, errors=[
        bad_dim(_name), _repeated(_name),
        Error("out", lambda t, name=_name: getattr(t, name)(t.zeros(2), out=t.zeros(())), (RuntimeError,), "only supports bool tensor for result, got: Float"),
    ], samples=[
        Sample("all", lambda t, x, name=_name: getattr(t, name)(x), (In((2, 3)),)),
        Sample("dim", lambda t, x, name=_name: getattr(x, name)(1), (In((2, 3)),)),
        Sample("dims-keepdim", lambda t, x, name=_name: getattr(x, name)((0, -1), True), (In((2, 3, 2)),)),
        Sample("no-dims", lambda t, x, name=_name: getattr(t, name)(x, ()), (In((2, 3)),)),
        Sample("nan", lambda t, x, name=_name: getattr(t, name)(x, 0), (In((4, 3), "special"),), dtypes=FLOATS),
        Sample("empty", lambda t, x, name=_name: getattr(t, name)(x), (In((0,), "bool"),), dtypes=("bool",)),
    ])  # fmt: skip
op("count_nonzero", dtypes=ALL, tolerance="exact", differentiable=False, samples=[
    Sample("all", lambda t, x: t.count_nonzero(x), (In((2, 3)),)),
    Sample("dim", lambda t, x: t.count_nonzero(x, dim=-1), (In((2, 3)),)),
    Sample("dims", lambda t, x: x.count_nonzero((0, 2)), (In((2, 3, 2)),)),
    Sample("zero-dim", lambda t, x: t.count_nonzero(x, 0), (In(()),)),
    Sample("empty", lambda t, x: t.count_nonzero(x, 1), (In((2, 0)),)),
    Sample("nan", lambda t, x: t.count_nonzero(x), (In((12,), "special"),), dtypes=FLOATS),
], errors=[bad_dim("count_nonzero"), _repeated("count_nonzero")])  # fmt: skip
op("sum_to_size", tolerance="reduction", method=False, samples=[
    Sample("broadcast", lambda t, x: x.sum_to_size(1, 3), (In((4, 2, 3)),)),
], errors=[
    Error("size", lambda t: t.zeros(2).sum_to_size(3), (RuntimeError,), "not expandable"),
])  # fmt: skip


@case("prod/gradient/out-of-range/float64", dtypes=("float64",))
def _products_of_others(subject: Subject) -> None:
    """The gradient of an element is the product of the others, where the product of all leaves the range or is nan."""
    t = subject.torch
    x = t.tensor([1e200, 1e200, 1e-100], dtype=t.float64, requires_grad=True)
    (found,) = t.autograd.grad(x.prod(), x)
    for number, expected in zip(found.tolist(), (1e100, 1e100, float("inf")), strict=True):
        expect(number == expected or abs(number - expected) <= 1e-12 * expected, f"{number} instead of {expected}")
    x = t.tensor([0.0, 2.0, 0.0], dtype=t.float64, requires_grad=True)
    (found,) = t.autograd.grad(x.prod(), x)
    expect_equal(found.tolist(), [0.0, 0.0, 0.0], "the gradient of two zeros")


@case("prod/special/negative-zeros/float32", dtypes=("float32", "float64"))
def _products_of_negative_zeros(subject: Subject) -> None:
    t = subject.torch
    for dtype in (t.float32, t.float64):
        x = t.tensor([[2.0, -0.0], [-0.0, -3.0]], dtype=dtype)
        for found, sign in zip(x.prod(1).tolist(), (-1.0, 1.0), strict=True):
            expect_equal(math.copysign(1, found), sign, f"the sign of a product in {dtype}")
        expect_equal(math.copysign(1, x[0].prod().item()), -1.0, f"the sign of the whole product in {dtype}")
