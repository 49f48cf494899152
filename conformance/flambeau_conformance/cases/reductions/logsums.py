"""Logarithms of sums of exponentials."""

from ...declare import INTEGERS, Error, Sample, op
from ...inputs import In
from ...over_dims import bad_dim

op("logsumexp", tolerance="reduction", errors=[
    bad_dim("logsumexp"), Error("no-dim", lambda t: t.logsumexp(t.ones(2)), (TypeError,)),
], samples=[
    Sample("dim", lambda t, x: t.logsumexp(x, 1), (In((2, 3)),)),
    Sample("dims-keepdim", lambda t, x: x.logsumexp((0, 1), keepdim=True), (In((2, 3)),)),
    Sample("integers", lambda t, x: t.logsumexp(x, 0), (In((2, 3)),), dtypes=(*INTEGERS, "bool")),
    Sample("empty", lambda t, x: t.logsumexp(x, 1), (In((2, 0)),), gradient=False),
    Sample("special", lambda t, x: t.logsumexp(x, 1), (In((4, 3), "special"),), gradient=False),
    Sample("large", lambda t, x: t.logsumexp(x * 1e4, 0), (In((4, 3)),), gradient=False),
])  # fmt: skip
op("logcumsumexp", tolerance="reduction", errors=[
    bad_dim("logcumsumexp"),
    Error("integers", lambda t: t.logcumsumexp(t.tensor([1, 2]), 0), (NotImplementedError,), "not implemented for 'Long'"),
], samples=[
    Sample("dim", lambda t, x: t.logcumsumexp(x, 1), (In((2, 5)),)),
    Sample("method", lambda t, x: x.logcumsumexp(0), (In((3, 2, 2)),)),
    Sample("zero-dim", lambda t, x: t.logcumsumexp(x, 0), (In(()),)),
    Sample("empty", lambda t, x: t.logcumsumexp(x, 1), (In((2, 0)),), gradient=False),
    Sample("special", lambda t, x: t.logcumsumexp(x, 0), (In((4, 3), "special"),), gradient=False),
    Sample("large", lambda t, x: t.logcumsumexp(x * 1e4, 0), (In((6,)),), gradient=False),
])  # fmt: skip
