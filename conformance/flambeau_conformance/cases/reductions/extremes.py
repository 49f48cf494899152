"""Maxima and minima, and where they are."""

from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import ALL, FLOATS, NUMBERS, Error, Sample, case, op
from ...inputs import In
from ...over_dims import bad_dim, over_dims
from ...subject import Subject


def _nan(name: str, **options: Any) -> Sample:
    return Sample(
        "nan", lambda t, x: getattr(t, name)(x, **options), (In((12,), "special"),), dtypes=FLOATS, gradient=False
    )  # fmt: skip


for _name in ("amax", "amin"):
    op(_name, dtypes=ALL, tolerance="exact", samples=[*over_dims(_name), _nan(_name)], errors=[
        bad_dim(_name),
        Error("empty", lambda t, name=_name: getattr(t, name)(t.zeros(2, 0), 1), (IndexError,), "non-zero size"),
        Error("nothing", lambda t, name=_name: getattr(t, name)(t.zeros(0)), (RuntimeError,), "input.numel\\(\\) == 0"),
        Error("out", lambda t, name=_name: getattr(t, name)(t.ones(2), out=t.ones((), dtype=t.float64)), (RuntimeError,)),
    ])  # fmt: skip
op("aminmax", dtypes=ALL, tolerance="exact", samples=[
    Sample("all", lambda t, x: t.aminmax(x), (In((2, 3), "distinct"),)),
    Sample("dim", lambda t, x: t.aminmax(x, dim=1), (In((2, 3, 2), "distinct"),)),
    Sample("keepdim", lambda t, x: x.aminmax(dim=-1, keepdim=True), (In((2, 3), "distinct"),)),
    Sample("all-keepdim", lambda t, x: x.aminmax(keepdim=True), (In((2, 3), "distinct"),)),
    Sample("zero-dim", lambda t, x: x.aminmax(dim=0), (In(()),)),
    _nan("aminmax"),
], errors=[
    Error("nothing", lambda t: t.aminmax(t.zeros(0)), (RuntimeError,), "the operation has no identity"),
    Error("empty", lambda t: t.aminmax(t.zeros(2, 0), dim=1), (IndexError,), "non-zero size"),
    Error("positional", lambda t: t.aminmax(t.zeros(2), 0), (TypeError,)),
])  # fmt: skip
for _name in ("max", "min"):
    op(_name, dtypes=ALL, tolerance="exact", anchors=(_name, f"Tensor.{_name}"), samples=[
        *over_dims(_name, several=False),
        Sample("two", lambda t, x, y, name=_name: getattr(t, name)(x, y), (In((2, 3)), In((3,)))),
        Sample("other", lambda t, x, y, name=_name: getattr(x, name)(other=y), (In((2, 3)), In((2, 1))), gradient=False),
        Sample("ties", lambda t, x, name=_name: getattr(t, name)(x.sign().int(), 1), (In((3, 5)),), gradient=False, also=("int32",)),
        Sample("zero-size", lambda t, x, name=_name: getattr(t, name)(x, 0), (In((2, 0)),), gradient=False),
        _nan(_name, dim=0),
    ], errors=[
        bad_dim(_name),
        Error("nothing", lambda t, name=_name: getattr(t, name)(t.zeros(0)), (RuntimeError,), "input.numel\\(\\) == 0"),
        Error("empty", lambda t, name=_name: getattr(t, name)(t.zeros(2, 0), 1), (IndexError,), "non-zero size"),
        Error("dims", lambda t, name=_name: getattr(t, name)(t.zeros(2, 2), (0, 1)), (TypeError,)),
        Error("keepdim", lambda t, name=_name: getattr(t, name)(t.zeros(2, 2), keepdim=True), (TypeError,)),
    ])  # fmt: skip
for _name in ("argmax", "argmin"):
    op(_name, dtypes=NUMBERS, tolerance="exact", differentiable=False, anchors=("argmax",), errors=[
        bad_dim(_name),
        Error("bool", lambda t, name=_name: getattr(t, name)(t.tensor([True])), (RuntimeError,), "does not support bool"),
        Error("nothing", lambda t, name=_name: getattr(t, name)(t.zeros(0)), (IndexError,), "input.numel\\(\\) == 0"),
    ], samples=[
        *over_dims(_name, several=False), _nan(_name),
        Sample("ties", lambda t, x, name=_name: getattr(t, name)(x.sign(), 1), (In((3, 5)),)),
        Sample("all-keepdim", lambda t, x, name=_name: getattr(t, name)(x, keepdim=True), (In((2, 3)),)),
    ])  # fmt: skip


@case("max/out/dim/float32", dtypes=("float32", "int64", "int32"), anchors=("max#dim", "max#indices_replace_dim"))
def _out_of_two(subject: Subject) -> None:
    t = subject.torch
    x = subject.tensor([[3.0, 2.0, 1.0], [4.0, 5.0, 6.0]], "float32")
    values, indices = t.empty(2), t.empty(2, dtype=t.int64)
    result = t.max(x, 1, out=(values, indices))
    expect(result.values is values and result[1] is indices, "out= did not return its tensors")
    expect_equal(values.tolist(), [3.0, 6.0], "the values")
    expect_equal(indices.tolist(), [0, 2], "the indices")
    wrong = t.zeros(2, dtype=t.int32)
    expect_raises(lambda: t.max(x, 1, out=(values.zero_(), wrong)), RuntimeError, "Expected out tensor to have dtype")
    expect_equal(values.tolist(), [0.0, 0.0], "the first target, which must not be changed,")


@case("aminmax/out/all/float32", dtypes=("float32",))
def _out_of_aminmax(subject: Subject) -> None:
    t = subject.torch
    low, high = t.empty(()), t.empty(())
    t.aminmax(subject.tensor([3.0, 2.0, 5.0], "float32"), out=(low, high))
    expect_equal([low.item(), high.item()], [2.0, 5.0], "the extremes")


@case("argmax/out/dim/float32", dtypes=("float32", "int64"))
def _out_of_argmax(subject: Subject) -> None:
    _check_index_out(subject, subject.torch.argmax, [1, 0])


@case("argmin/out/dim/float32", dtypes=("float32", "int64"))
def _out_of_argmin(subject: Subject) -> None:
    _check_index_out(subject, subject.torch.argmin, [0, 1])


def _check_index_out(subject: Subject, function: Any, expected: list[int]) -> None:
    t = subject.torch
    x, target = subject.tensor([[1.0, 2.0], [4.0, 3.0]], "float32"), t.empty(2, dtype=t.int64)
    function(x, 1, out=target)
    expect_equal(target.tolist(), expected, "the indices")
    expect_raises(lambda: function(x, 1, out=t.empty(2)), RuntimeError, "to have dtype long int, but got float")


@case("amax/gradient/many-ties/float16", dtypes=("float16",))
def _ties_beyond_the_range(subject: Subject) -> None:
    """A count of ties that float16 does not hold."""
    t = subject.torch
    for extreme in (t.amax, t.max, lambda x: t.aminmax(x).max):
        x = t.ones(100_000, dtype=t.float16, requires_grad=True)
        (found,) = t.autograd.grad(extreme(x), x)
        expect_equal(
            found[0].item(), t.tensor(1e-5, dtype=t.float16).item(), "the share of one of 100,000 equal elements"
        )


@case("argmax/limits/neighbours/-", dtypes=("int32", "int64"))
def _places_of_neighbours(subject: Subject) -> None:
    """Numbers next to each other at the limits are told apart."""
    t = subject.torch
    for dtype in (t.int32, t.int64):
        low, high = t.iinfo(dtype).min, t.iinfo(dtype).max
        x = t.tensor([[high - 1, low + 1], [high, low], [high - 2, low + 2]], dtype=dtype)
        expect_equal((x.argmax().item(), x.argmin().item()), (2, 3), f"the places in {dtype}")
        expect_equal(
            (x.argmax(0).tolist(), x.argmin(0).tolist()), ([1, 2], [2, 1]), f"the places by columns in {dtype}"
        )
