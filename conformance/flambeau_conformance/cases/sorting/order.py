"""Sorting, and the first elements of an order."""

from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import ALL, FLOATS, NUMBERS, Error, Sample, case, op
from ...inputs import In
from ...over_dims import bad_dim
from ...subject import Subject


def _along(name: str, *args: Any) -> list[Sample]:
    """Along the last dim, another and a negative one; without dims, and of nan and infinities."""

    def call(*dims: int, **options: Any) -> Any:
        return lambda t, x: getattr(t, name)(x, *args, *dims, **options)

    return [
        Sample("last", call(), (In((2, 5), "distinct"),)),
        Sample("dim", call(1), (In((2, 3, 2), "distinct"),)),
        Sample("negative-dim", call(dim=-2), (In((3, 4), "distinct"),)),
        Sample("zero-dim", call(), (In(()),)),
        Sample("method", lambda t, x: getattr(x, name)(*args), (In((3, 2), "distinct"),)),
    ]


_SPECIAL = (In((12,), "special"),)

op("sort", dtypes=ALL, tolerance="exact", errors=[
    bad_dim("sort"),
    Error("out", lambda t: t.sort(t.ones(2), out=(t.ones(2), t.ones(2))), (RuntimeError,), "to have dtype long int"),
], samples=[
    *_along("sort"),
    Sample("descending", lambda t, x: t.sort(x, 0, True), (In((4, 3), "distinct"),)),
    Sample("stable", lambda t, x: t.sort(x.round(), stable=True), (In((3, 9)),), dtypes=FLOATS, gradient=False),
    Sample("stable-descending", lambda t, x: t.sort(x.round(), stable=True, descending=True, dim=0), (In((9, 2)),),
           dtypes=FLOATS, gradient=False),
    Sample("zero-size", lambda t, x: t.sort(x, 0), (In((0, 2)),), gradient=False),
    Sample("special", lambda t, x: t.sort(x, stable=True, descending=True), _SPECIAL, dtypes=FLOATS, gradient=False),
])  # fmt: skip
op("msort", dtypes=ALL, tolerance="exact", out=True, samples=[
    Sample("plain", lambda t, x: t.msort(x), (In((4, 3), "distinct"),), plain=True),
    Sample("zero-dim", lambda t, x: t.msort(x), (In(()),)),
])  # fmt: skip
op("argsort", dtypes=ALL, tolerance="exact", differentiable=False, anchors=(
    "argsort", "argsort#descending_ties", "argsort#inverse_permutation",
), errors=[
    bad_dim("argsort"),
    Error("out", lambda t: t.argsort(t.ones(2), stable=True, out=t.ones(2)), (RuntimeError,), "but got float instead"),
], samples=[
    *_along("argsort"),
    Sample("descending", lambda t, x: t.argsort(x, 0, True), (In((4, 3), "distinct"),)),
    Sample("stable", lambda t, x: t.argsort(x, stable=True, dim=1), (In((3, 9)),), dtypes=("int64",)),
    Sample("permutation", lambda t, x: t.argsort(t.argsort(x)), (In((9,), "distinct"),)),
    Sample("special", lambda t, x: t.argsort(x, stable=True), _SPECIAL, dtypes=FLOATS),
])  # fmt: skip
op("topk", dtypes=NUMBERS, tolerance="exact", anchors=("topk", "Tensor.topk"), errors=[
    Error("dim", lambda t: t.topk(t.zeros(2, 3), 1, 2), (IndexError,), "Dimension out of range"),
    Error("large", lambda t: t.topk(t.zeros(2, 3), 4), (RuntimeError,), "selected index k out of range"),
    Error("negative", lambda t: t.topk(t.zeros(2, 3), -1), (RuntimeError,), "selected index k out of range"),
    Error("float", lambda t: t.topk(t.zeros(2, 3), 1.0), (TypeError,), "argument 'k' \\(position 2\\) must be int"),
    Error("bool", lambda t: t.topk(t.tensor([True]), 1), (RuntimeError,), "does not support bool"),
], samples=[
    *_along("topk", 1),
    Sample("two", lambda t, x: t.topk(x, 2), (In((3, 5), "distinct"),)),
    Sample("smallest", lambda t, x: t.topk(x, 2, 0, False), (In((4, 3), "distinct"),)),
    Sample("all", lambda t, x: t.topk(x, 5, largest=False), (In((2, 5), "distinct"),)),
    Sample("none", lambda t, x: t.topk(x, 0), (In((2, 5)),), gradient=False),
    Sample("zero-size", lambda t, x: t.topk(x, 1), (In((0, 5)),), gradient=False),
    Sample("values-of-ties", lambda t, x: t.topk(x, 7).values, (In((3, 9)),), gradient=False),
    Sample("unsorted", lambda t, x: t.topk(x, 3, sorted=False).values.sort().values, (In((3, 9), "distinct"),)),
    Sample("special", lambda t, x: t.topk(x, 3).values, _SPECIAL, dtypes=FLOATS, gradient=False),
])  # fmt: skip
op("kthvalue", dtypes=NUMBERS, tolerance="exact", errors=[
    Error("dim", lambda t: t.kthvalue(t.zeros(2, 3), 1, 2), (IndexError,), "Dimension out of range"),
    Error("zero", lambda t: t.kthvalue(t.zeros(3), 0), (RuntimeError,), "selected number k out of range for dimension 0"),
    Error("large", lambda t: t.kthvalue(t.zeros(3), 4), (RuntimeError,), "selected number k out of range"),
    Error("empty", lambda t: t.kthvalue(t.zeros(2, 0), 1), (IndexError,), "to have non-zero size"),
    Error("bool", lambda t: t.kthvalue(t.tensor([True]), 1), (NotImplementedError,), "not implemented for 'Bool'"),
], samples=[
    *_along("kthvalue", 1),
    Sample("keepdim", lambda t, x: t.kthvalue(x, 3, 0, True), (In((4, 3), "distinct"),)),
    Sample("values-of-ties", lambda t, x: t.kthvalue(x, 4).values, (In((3, 9)),), gradient=False),
    Sample("zero-size", lambda t, x: t.kthvalue(x, 2), (In((0, 5)),), gradient=False),
    Sample("special", lambda t, x: t.kthvalue(x, 12).values, _SPECIAL, dtypes=FLOATS, gradient=False),
])  # fmt: skip


@case("sort/out/pair/float32", dtypes=("float32", "int64", "int32"))
def _out_of_sort(subject: Subject) -> None:
    _check_pair(subject, lambda t, x, out: t.sort(x, descending=True, out=out), [3.0, 2.0, 1.0], [1, 2, 0])


@case("topk/out/pair/float32", dtypes=("float32", "int64", "int32"))
def _out_of_topk(subject: Subject) -> None:
    _check_pair(subject, lambda t, x, out: t.topk(x, 2, out=out), [3.0, 2.0], [1, 2])


@case("kthvalue/out/pair/float32", dtypes=("float32", "int64", "int32"))
def _out_of_kthvalue(subject: Subject) -> None:
    _check_pair(subject, lambda t, x, out: t.kthvalue(x, 2, keepdim=True, out=out), [2.0], [2])


def _check_pair(subject: Subject, call: Any, values: list[float], indices: list[int]) -> None:
    t = subject.torch
    x = subject.tensor([1.0, 3.0, 2.0], "float32")
    out = t.empty(0), t.empty(0, dtype=t.int64)
    result = call(t, x, out)
    expect(result.values is out[0] and result[1] is out[1], "out= did not return its tensors")
    expect_equal(out[0].tolist(), values, "the values")
    expect_equal(out[1].tolist(), indices, "the indices")
    wrong = t.zeros(len(values)), t.zeros(len(values), dtype=t.int32)
    expect_raises(lambda: call(t, x, wrong), RuntimeError)
    expect_equal(wrong[0].tolist(), [0.0] * len(values), "the first target, which must not be changed,")


@case("sort/order/stable/float32", dtypes=("float32", "int64"))
def _ties_stay_in_order(subject: Subject) -> None:
    t = subject.torch
    x = subject.tensor([2.0, 1.0, 2.0, 1.0, 2.0], "float32")
    expect_equal(t.sort(x, stable=True).indices.tolist(), [1, 3, 0, 2, 4], "ascending indices")
    expect_equal(t.sort(x, stable=True, descending=True).indices.tolist(), [0, 2, 4, 1, 3], "descending indices")


@case("topk/dim/none/float32", dtypes=("float32",), anchors=("topk#dim_none",))
def _topk_without_dim(subject: Subject) -> None:
    t = subject.torch
    x = subject.tensor([[1.0, 3.0, 2.0], [4.0, 6.0, 5.0]], "float32")
    expect_equal(t.topk(x, 1, dim=None).values.tolist(), [[3.0], [6.0]], "dim=None, which is the last dim,")


@case("argsort/out/stable-or-not/float32", dtypes=("float32", "int64"), anchors=(
    "argsort#out", "argsort#stable_positional", "argsort#stable_gpu",
))  # fmt: skip
def _forms_of_argsort(subject: Subject) -> None:
    t = subject.torch
    x = subject.tensor([2.0, 1.0, 2.0, 1.0], "float32")
    target = t.empty(4, dtype=t.int64)
    expect(t.argsort(x, out=target) is target, "out= did not return its tensor")
    expect_equal(target.tolist(), [1, 3, 0, 2], "out=")
    expect_equal(t.argsort(x, -1, True, True).tolist(), [0, 2, 1, 3], "stable by position")


# What does not depend on which of equal elements is found: with ties, nan and zeros of both signs, in lines of every length.
_DETERMINED = {
    "sort-stable": lambda t, x, dim: tuple(t.sort(x, dim=dim, stable=True)),
    "sort-stable-down": lambda t, x, dim: tuple(t.sort(x, dim=dim, stable=True, descending=True)),
    "topk-values": lambda t, x, dim: t.topk(x, 2, dim).values + 0,
    "topk-least-values": lambda t, x, dim: t.topk(x, 2, dim, largest=False).values + 0,
    "kthvalue-values": lambda t, x, dim: t.kthvalue(x, 2, dim).values + 0,
    "median-values": lambda t, x, dim: t.median(x, dim).values + 0,
    "mode-values": lambda t, x, dim: t.mode(x, dim).values + 0,
}
for _name, _found in _DETERMINED.items():
    op(_name, dtypes=NUMBERS, tolerance="exact", method=False, refuses=False, samples=[
        Sample(label, lambda t, x, dim=dim, found=_found: found(t, x, dim), (In((3, 5), "distinct"),), gradient=False)
        for label, dim in (("rows", 1), ("columns", 0))
    ])  # fmt: skip


# -- among so many that a kernel of its own looks for them -----------------------------------------------------------------

_ROWS, _COLUMNS = 32, 40
_LARGE = {
    "float32": lambda place: place * 2.0**-24,
    "float64": lambda place: place * 2.0**-24 * (1 + 2.0**-40),
    "int32": lambda place: (1 << 30) + place,
    "int64": lambda place: (1 << 62) + place,
}
"""Numbers next to each other in a dtype; of floats, so near zero that only a relative tolerance tells them apart."""


def _declare_among_many(dtype: str, number: Any) -> None:
    @case(f"topk/value/among-many/{dtype}", dtypes=(dtype, "int64"))
    def first(subject: Subject) -> None:
        for dim, largest in ((0, True), (1, False)):
            _check_among_many(
                subject, dtype, number, dim, lambda x, dim=dim, largest=largest: x.topk(3, dim, largest),
                lambda line, largest=largest: sorted(line, reverse=largest)[:3],
            )  # fmt: skip

    @case(f"kthvalue/value/among-many/{dtype}", dtypes=(dtype, "int64"))
    def kth(subject: Subject) -> None:
        for dim in (0, 1):
            _check_among_many(
                subject, dtype, number, dim, lambda x, dim=dim: x.kthvalue(7, dim, True), lambda line: [sorted(line)[6]]
            )


def _check_among_many(subject: Subject, dtype: str, number: Any, dim: int, call: Any, wanted: Any) -> None:
    """Of a tensor in order, and of every second column of a wider one."""
    t, count = subject.torch, _ROWS * _COLUMNS
    rows = [[number((row * _COLUMNS + column) * 37 % count + 1) for column in range(_COLUMNS)] for row in range(_ROWS)]
    lines = rows if dim else list(zip(*rows, strict=True))
    expected = [wanted(line) for line in lines]
    wide = t.tensor([[each for element in row for each in (element, 0)] for row in rows], dtype=getattr(t, dtype))
    for x in (t.tensor(rows, dtype=getattr(t, dtype)), wide[:, ::2]):
        values, indices = call(x)
        found = values if dim else values.t()
        expect_equal(found.tolist(), expected, "the elements")
        expect_equal(x.gather(dim, indices).tolist(), values.tolist(), "what is at the places")
        expect_equal(x.tolist(), rows, "the argument afterwards")
        expect(values.is_contiguous(), "the elements do not lie in order")


for _dtype, _number in _LARGE.items():
    _declare_among_many(_dtype, _number)


@case("topk/special/negative-zeros-among-many/float32", dtypes=("float32", "int64", "bool"))
def _negative_zeros_among_many(subject: Subject) -> None:
    t = subject.torch
    x = t.full((_ROWS, _COLUMNS), -0.0)
    for name, values in (("topk", x.topk(2, 1).values), ("kthvalue", x.kthvalue(2, 1).values)):
        expect(bool(t.signbit(values).all()), f"{name} loses the sign of zeros")
