"""Reductions and scans."""

from typing import Any

from ..declare import ALL, FLOATS, NUMBERS, Error, Sample, op
from ..inputs import In


def _over_dims(name: str, *, several: bool = True, domain: str = "distinct") -> list[Sample]:
    def call(**options: Any) -> Any:
        return lambda t, x: getattr(t, name)(x, **options)

    samples = [
        Sample("all", call(), (In((2, 3, 2), domain),)),
        Sample("dim", call(dim=1), (In((2, 3, 2), domain),)),
        Sample("negative-dim-keepdim", call(dim=-1, keepdim=True), (In((2, 3), domain),)),
        Sample("zero-dim", call(), (In((), domain),)),
        Sample("method", lambda t, x: getattr(x, name)(0), (In((2, 3), domain),)),
    ]
    if several:
        samples.append(Sample("dims", call(dim=(0, 2)), (In((2, 3, 2), domain),)))
    return samples


def _bad_dim(name: str) -> Error:
    return Error(
        "dim", lambda t: getattr(t, name)(t.zeros(2, 3), 2), (IndexError,),
        r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)",
    )  # fmt: skip


def _empty(name: str) -> Sample:
    return Sample("empty", lambda t, x: getattr(t, name)(x), (In((0,)),), gradient=False)


op("sum", dtypes=ALL, tolerance="reduction", errors=[_bad_dim("sum")], samples=[
    *_over_dims("sum"), _empty("sum"),
    Sample("dtype", lambda t, x: t.sum(x, dtype=t.float64), (In(),), dtypes=("int64", "float32"), gradient=False),
])  # fmt: skip
op("mean", tolerance="reduction", samples=[*_over_dims("mean"), _empty("mean")], errors=[
    _bad_dim("mean"),
    Error("integers", lambda t: t.mean(t.tensor([1, 2])), (RuntimeError,), "could not infer output dtype"),
])  # fmt: skip
op("prod", dtypes=ALL, tolerance="reduction", errors=[_bad_dim("prod")], samples=[
    *_over_dims("prod", several=False, domain="positive"), _empty("prod"),
])  # fmt: skip
for _name in ("var", "std"):
    op(_name, tolerance="reduction", errors=[_bad_dim(_name)], samples=[
        Sample("all", lambda t, x, name=_name: getattr(t, name)(x), (In((2, 3)),)),
        Sample("dim", lambda t, x, name=_name: getattr(t, name)(x, 1), (In((2, 3)),)),
        Sample("biased", lambda t, x, name=_name: getattr(t, name)(x, 0, unbiased=False, keepdim=True), (In((3, 2)),)),
        Sample("correction", lambda t, x, name=_name: getattr(x, name)(dim=0, correction=2), (In((4, 2)),)),
    ])  # fmt: skip
op("cumsum", dtypes=ALL, tolerance="reduction", errors=[_bad_dim("cumsum")], samples=[
    Sample("dim", lambda t, x: t.cumsum(x, 1), (In((2, 3)),)),
    Sample("zero-dim", lambda t, x: x.cumsum(0), (In(()),)),
    Sample("empty", lambda t, x: t.cumsum(x, 0), (In((0, 2)),), gradient=False),
])  # fmt: skip
op("logsumexp", tolerance="transcendental", samples=[
    Sample("dim", lambda t, x: t.logsumexp(x, 1), (In((2, 3)),)),
    Sample("dims-keepdim", lambda t, x: x.logsumexp((0, 1), keepdim=True), (In((2, 3)),)),
    Sample("special", lambda t, x: t.logsumexp(x, 1), (In((4, 3), "special"),), gradient=False),
])  # fmt: skip
for _name in ("amax", "amin"):
    op(_name, dtypes=ALL, tolerance="exact", samples=_over_dims(_name), errors=[
        _bad_dim(_name),
        Error("empty", lambda t, name=_name: getattr(t, name)(t.zeros(2, 0), 1), (IndexError,), "non-zero size"),
    ])  # fmt: skip
for _name in ("max", "min"):
    op(_name, dtypes=NUMBERS, tolerance="exact", anchors=(_name,), samples=[
        *_over_dims(_name, several=False),
        Sample("two", lambda t, x, y, name=_name: getattr(t, name)(x, y), (In((2, 3)), In((3,)))),
        Sample("nan", lambda t, x, name=_name: getattr(t, name)(x, 0), (In((12,), "special"),), dtypes=FLOATS, gradient=False),
    ], errors=[
        _bad_dim(_name),
        Error("empty", lambda t, name=_name: getattr(t, name)(t.zeros(0)), (RuntimeError,), "input.numel\\(\\) == 0"),
    ])  # fmt: skip
for _name in ("argmax", "argmin"):
    op(_name, dtypes=NUMBERS, tolerance="exact", differentiable=False, errors=[_bad_dim(_name)], samples=[
        *_over_dims(_name, several=False),
        Sample("nan", lambda t, x, name=_name: getattr(t, name)(x), (In((12,), "special"),), dtypes=FLOATS),
    ])  # fmt: skip
for _name in ("any", "all"):
    op(_name, dtypes=ALL, tolerance="exact", differentiable=False, errors=[_bad_dim(_name)], samples=[
        Sample("all", lambda t, x, name=_name: getattr(t, name)(x), (In((2, 3)),), dtypes=(*FLOATS, "int64", "bool")),
        Sample("dim", lambda t, x, name=_name: getattr(x, name)(1), (In((2, 3), "bool"),), dtypes=("bool",)),
        Sample("empty", lambda t, x, name=_name: getattr(t, name)(x), (In((0,), "bool"),), dtypes=("bool",)),
    ])  # fmt: skip
op("sum_to_size", method=False, samples=[
    Sample("broadcast", lambda t, x: x.sum_to_size(1, 3), (In((4, 2, 3)),)),
], errors=[
    Error("size", lambda t: t.zeros(2).sum_to_size(3), (RuntimeError,), "not expandable"),
])  # fmt: skip
