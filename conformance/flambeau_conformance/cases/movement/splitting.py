"""Cutting tensors into pieces."""

from functools import partial
from typing import Any

from ...checks import expect_equal, expect_raises
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_DTYPES = (*FLOATS, "int64", "bool")


def _cutting(
    name: str, *samples: tuple[str, Any, tuple[int, ...]], error: Error, anchors: tuple[str, ...] = ()
) -> None:
    op(name, dtypes=_DTYPES, tolerance="exact", alias=True, anchors=anchors, errors=[error],
       samples=[Sample(label, call, (In(shape),)) for label, call, shape in samples])  # fmt: skip


_cutting("unbind", ("rows", lambda t, x: t.unbind(x), (2, 3)), ("columns", lambda t, x: x.unbind(1), (2, 3)), anchors=("unbind",),
         error=Error("dim", lambda t: t.unbind(t.zeros(2), 2), (IndexError,), "Dimension out of range"))  # fmt: skip
_cutting("split", ("size", lambda t, x: t.split(x, 2), (5, 2)), ("sections", lambda t, x: x.split([1, 3], 1), (2, 4)), anchors=("split",),
         error=Error("sections", lambda t: t.split(t.zeros(4), [1, 2]), (RuntimeError,), "sum exactly to 4"))  # fmt: skip
_cutting("split_with_sizes", ("sections", lambda t, x: x.split_with_sizes([1, 3], 1), (2, 4)),
         error=Error("sections", lambda t: t.split_with_sizes(t.zeros(4), [-1, 5]), (RuntimeError,), "only non-negative entries"))  # fmt: skip
_cutting("chunk", ("two", lambda t, x: t.chunk(x, 2), (5,)), ("fewer", lambda t, x: t.chunk(x, 4), (6,)), ("dim", lambda t, x: x.chunk(3, 1), (2, 7)),
         anchors=("chunk", "chunk#contradiction"), error=Error("none", lambda t: t.chunk(t.zeros(2), 0), (RuntimeError,), "greater than 0"))  # fmt: skip
_cutting("tensor_split", ("sections", lambda t, x: t.tensor_split(x, 3), (5, 2)), ("indices", lambda t, x: x.tensor_split((1, -1), 1), (2, 4)),
         error=Error("none", lambda t: t.tensor_split(t.zeros(2), 0), (RuntimeError,), "larger than 0"))  # fmt: skip
_cutting("hsplit", ("columns", lambda t, x: t.hsplit(x, 2), (2, 4)), ("vector", lambda t, x: x.hsplit((1,)), (3,)),
         error=Error("size", lambda t: t.hsplit(t.zeros(2, 3), 2), (RuntimeError,), "not divisible by the split_size 2"))  # fmt: skip
_cutting("vsplit", ("rows", lambda t, x: t.vsplit(x, 2), (2, 4)),
         error=Error("dims", lambda t: t.vsplit(t.zeros(2), 2), (RuntimeError,), "requires a tensor with at least 2 dimension"))  # fmt: skip
_cutting("dsplit", ("indices", lambda t, x: t.dsplit(x, (1, 3)), (1, 2, 4)),
         error=Error("dims", lambda t: t.dsplit(t.zeros(2, 2), 2), (RuntimeError,), "requires a tensor with at least 3 dimension"))  # fmt: skip
_cutting("unsafe_split", ("size", lambda t, x: t.unsafe_split(x, 2), (5, 2)),
         error=Error("size", lambda t: t.unsafe_split(t.zeros(4), -1), (RuntimeError,), "non-negative"))  # fmt: skip
_cutting("unsafe_split_with_sizes", ("sections", lambda t, x: t.unsafe_split_with_sizes(x, (1, 2)), (3, 2)),
         error=Error("sections", lambda t: t.unsafe_split_with_sizes(t.zeros(4), [1, 2]), (RuntimeError,), "sum exactly to 4"))  # fmt: skip
_cutting("unsafe_chunk", ("two", lambda t, x: t.unsafe_chunk(x, 2), (5,)),
         error=Error("none", lambda t: t.unsafe_chunk(t.zeros(2), 0), (RuntimeError,), "greater than 0"))  # fmt: skip


@case("unbind/inplace/refused/-", dtypes=("float32",))
def _several_views(subject: Subject) -> None:
    t = subject.torch
    x = t.zeros(2, 2, requires_grad=True) * 1
    for pieces in (x.unbind(), x.split(1), x.chunk(2)):
        expect_raises(partial(pieces[0].add_, 1), RuntimeError, "is a view and is being modified inplace")
        expect_equal(x.tolist(), [[0.0, 0.0], [0.0, 0.0]], "the tensor after the refusal")


@case("unbind/inplace/plain/-", dtypes=("float32",))
def _pieces_are_views(subject: Subject) -> None:
    x = subject.torch.zeros(2, 2)
    x.unbind()[0].add_(1)
    x.split(1, 1)[1].mul_(3)
    expect_equal(x.tolist(), [[1.0, 3.0], [0.0, 0.0]], "the tensor after its pieces were changed")
