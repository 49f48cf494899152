"""Distances: of two tensors, of all pairs of rows."""

from math import inf

from ...declare import Error, Sample, op
from ...inputs import In

_M23 = In((2, 3))

op("dist", tolerance="reduction", samples=[
    Sample("plain", lambda t, x, y: t.dist(x, y), (In((2, 3)), In((2, 3)))),
    Sample("broadcast", lambda t, x, y: x.dist(y, 1), (In((2, 3)), In((3,)))),
    Sample("p-3", lambda t, x, y: t.dist(x, y, p=3), (In((4,)), In((4,)))),
    Sample("inf", lambda t, x, y: t.dist(x, y, inf), (In((4,)), In((4,)))),
    Sample("empty", lambda t, x, y: t.dist(x, y), (In((0,)), In((0,))), gradient=False),
], errors=[
    Error("number", lambda t: t.dist(t.ones(2), 1.0), (TypeError,)),
    Error("integers", lambda t: t.dist(t.tensor([1]), t.tensor([2])), (RuntimeError,), "floating point or complex"),
    Error("shapes", lambda t: t.dist(t.ones(2), t.ones(3)), (RuntimeError,), "must match the size"),
])  # fmt: skip
op("cdist", tolerance="reduction", method=False, alias=False, samples=[
    Sample("two", lambda t, x, y: t.cdist(x, y), (_M23, In((4, 3)))), Sample("one", lambda t, x, y: t.cdist(x, y, p=1), (_M23, In((4, 3)))),
    Sample("batch", lambda t, x, y: t.cdist(x, y, p=float("inf")), (In((2, 2, 3)), In((2, 1, 3)))),
], errors=[
    Error("columns", lambda t: t.cdist(t.zeros(2, 3), t.zeros(2, 2)), (RuntimeError,), "must have the same number of columns"),
    Error("power", lambda t: t.cdist(t.zeros(2, 3), t.zeros(2, 3), p=-1), (RuntimeError,), "non-negative p"),
])  # fmt: skip
op("pdist", tolerance="reduction", method=False, alias=False, samples=[Sample("two", lambda t, x: t.pdist(x), (In((4, 3)),))], errors=[
    Error("dims", lambda t: t.pdist(t.zeros(2)), (RuntimeError,), "only supports 2D tensors"),
])  # fmt: skip
