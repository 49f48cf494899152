"""Variance, standard deviation, covariance and correlation."""

from ...declare import Error, Sample, op
from ...inputs import In
from ...over_dims import bad_dim

for _name in ("var", "std", "var_mean", "std_mean"):
    op(_name, tolerance="reduction", method=_name in ("var", "std"), samples=[
        Sample("all", lambda t, x, name=_name: getattr(t, name)(x), (In((2, 3)),)),
        Sample("dim", lambda t, x, name=_name: getattr(t, name)(x, 1), (In((2, 3)),)),
        Sample("dims-keepdim", lambda t, x, name=_name: getattr(t, name)(x, (0, 2), keepdim=True), (In((2, 3, 2)),)),
        Sample("biased", lambda t, x, name=_name: getattr(t, name)(x, 0, unbiased=False, keepdim=True), (In((3, 2)),)),
        Sample("biased-all", lambda t, x, name=_name: getattr(t, name)(x, False), (In((3, 2)),)),
        Sample("correction", lambda t, x, name=_name: getattr(t, name)(x, dim=0, correction=2), (In((4, 2)),)),
        Sample("zero-dim", lambda t, x, name=_name: getattr(t, name)(x, correction=0), (In(()),), gradient=False),
    ], errors=[
        bad_dim(_name),
        Error("integers", lambda t, name=_name: getattr(t, name)(t.tensor([1, 2])), (RuntimeError,), "only support floating"),
        Error("twice", lambda t, name=_name: getattr(t, name)(t.ones(3), unbiased=True, correction=1), (TypeError,)),
    ])  # fmt: skip
op("cov", tolerance="reduction", samples=[
    Sample("matrix", lambda t, x: t.cov(x), (In((2, 4)),)),
    Sample("one-dim", lambda t, x: x.cov(), (In((5,)),)),
    Sample("biased", lambda t, x: t.cov(x, correction=0), (In((3, 2)),)),
    Sample("integers", lambda t, x: t.cov(x), (In((2, 4)),), dtypes=("int64", "uint8")),
    Sample("fweights", lambda t, x: t.cov(x, fweights=t.tensor([2, 1, 0, 4])), (In((2, 4)),)),
    Sample("aweights", lambda t, x, w: t.cov(x, aweights=w), (In((2, 4)), In((4,), "positive"))),
    Sample("both", lambda t, x, w: t.cov(x, correction=2, fweights=t.tensor([2, 1, 0, 4]), aweights=w),
           (In((2, 4)), In((4,), "positive"))),
], errors=[
    Error("dims", lambda t: t.cov(t.zeros(2, 2, 2)), (RuntimeError,), "two or fewer dimensions"),
    Error("bool", lambda t: t.cov(t.tensor([True])), (RuntimeError,), "bool dtype is not supported"),
    Error("fweights", lambda t: t.cov(t.ones(2), fweights=t.ones(2)), (RuntimeError,), "expected fweights to have integral"),
    Error("aweights", lambda t: t.cov(t.ones(2), aweights=t.tensor([1, 2])), (RuntimeError,), "aweights to have floating"),
    Error("negative", lambda t: t.cov(t.ones(2), fweights=t.tensor([1, -2])), (RuntimeError,), "cannot be negative"),
    Error("count", lambda t: t.cov(t.ones(2), fweights=t.tensor([1])), (RuntimeError,), "1 != 2"),
    Error("no-weight", lambda t: t.cov(t.ones(2), fweights=t.tensor([0, 0])), (RuntimeError,), "weights sum to zero"),
])  # fmt: skip
op("corrcoef", tolerance="reduction", samples=[
    Sample("matrix", lambda t, x: t.corrcoef(x), (In((3, 5)),)),
    Sample("one-dim", lambda t, x: x.corrcoef(), (In((5,)),), gradient=False),
    Sample("integers", lambda t, x: t.corrcoef(x), (In((2, 4)),), dtypes=("int64",)),
], errors=[Error("dims", lambda t: t.corrcoef(t.zeros(2, 2, 2)), (RuntimeError,), "two or fewer dimensions")])  # fmt: skip
