"""Indexing."""

import warnings
from collections.abc import Callable
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...compare import check_same, numbers_of
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_DTYPES = (*FLOATS, "int64", "bool")


def _key(label: str, key: Any, shape: tuple[int, ...] = (3, 4), *, gradient: bool = True) -> Sample:
    return Sample(label, lambda t, x: x[key(t) if callable(key) else key], (In(shape),), gradient=gradient)


op("getitem", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    _key("int", 1), _key("negative", -1), _key("slice", slice(1, None)), _key("step", (slice(None), slice(0, 4, 2))),
    _key("none", (None, slice(None), None)), _key("ellipsis", (Ellipsis, 0), (2, 3, 4)), _key("empty-slice", slice(3, 1)),
    _key("list", [2, 0]), _key("tensor", lambda t: t.tensor([[0, 2], [1, 1]])),
    _key("two", lambda t: (t.tensor([0, 2]), t.tensor([3, 1]))),
    _key("separated", lambda t: (t.tensor([0, 1]), slice(None), t.tensor([0, 1])), (2, 3, 4)),
    _key("behind-slice", lambda t: (slice(None), t.tensor([2, 0, 2]))),
    _key("mask", lambda t: t.tensor([True, False, True])),
    _key("negative-tensor", lambda t: t.tensor([-1, 0])),
    Sample("own-mask", lambda t, x: x[x > 0], (In((3, 4)),), dtypes=FLOATS),
    _key("zero-dim-tensor", lambda t: t.tensor(1)),
], errors=[
    Error("range", lambda t: t.zeros(2)[2], (IndexError,), "index 2 is out of bounds for dimension 0 with size 2"),
    Error("count", lambda t: t.zeros(2)[0, 0], (IndexError,), "too many indices for tensor of dimension 1"),
    Error("float", lambda t: t.zeros(2)[0.5], (TypeError, IndexError)),
    Error("mask", lambda t: t.zeros(2)[t.tensor([True])], (IndexError,), "The shape of the mask"),
    Error("zero-dim", lambda t: t.tensor(1.0)[0], (IndexError,), "invalid index of a 0-dim tensor"),
])  # fmt: skip
op("gather", dtypes=_DTYPES, tolerance="exact", method=False, anchors=("gather",), samples=[
    Sample("dim0", lambda t, x, i: t.gather(x, 0, i), (In((3, 4)), In((2, 4), "index:3"))),
    Sample("dim1", lambda t, x, i: x.gather(1, i), (In((3, 4)), In((3, 2), "index:4"))),
], errors=[
    Error("range", lambda t: t.zeros(2).gather(0, t.tensor([2])), (RuntimeError, IndexError), "out of bounds"),
    Error("dtype", lambda t: t.zeros(2).gather(0, t.tensor([0.0])), (RuntimeError,), "int64"),
])  # fmt: skip
op("scatter", dtypes=FLOATS, tolerance="exact", method=False, samples=[
    Sample("source", lambda t, x, y: t.scatter(x, 1, t.tensor([[0, 2], [3, 1], [2, 0]]), y), (In((3, 4)), In((3, 2)))),
    Sample("value", lambda t, x: x.scatter(0, t.tensor([[0, 2]]), 5.0), (In((3, 4)),)),
], errors=[
    Error("range", lambda t: t.zeros(2).scatter(0, t.tensor([2]), 1.0), (RuntimeError, IndexError), "out of bounds"),
])  # fmt: skip
op("scatter_add", dtypes=(*FLOATS, "int64"), method=False, samples=[
    Sample("repeated", lambda t, x, y: t.scatter_add(x, 1, t.tensor([[0, 0], [3, 1], [2, 2]]), y), (In((3, 4)), In((3, 2)))),
], errors=[
    Error("dtype", lambda t: t.zeros(2).scatter_add(0, t.tensor([0]), t.tensor([1])), (RuntimeError,), "dtype"),
])  # fmt: skip
op("index_select", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("columns", lambda t, x, i: t.index_select(x, 1, i), (In((3, 4)), In((5,), "index:4"))),
], errors=[
    Error("range", lambda t: t.index_select(t.zeros(2), 0, t.tensor([2])), (IndexError, RuntimeError), "out of"),
])  # fmt: skip
op("masked_fill", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("number", lambda t, x, m: x.masked_fill(m, 1), (In((3, 4)), In((3, 4), "bool"))),
    Sample("broadcast", lambda t, x, m: t.masked_fill(x, m, 1), (In((3, 4)), In((4,), "bool"))),
], errors=[
    Error("not-bool", lambda t: t.zeros(2).masked_fill(t.zeros(2), 1), (RuntimeError,), "boolean masks"),
])  # fmt: skip
op("nonzero", dtypes=_DTYPES, tolerance="exact", differentiable=False, method=False, samples=[
    Sample("matrix", lambda t, x: t.nonzero(x), (In((3, 4), "bool"),), dtypes=("bool",)),
    Sample("tuple", lambda t, x: x.nonzero(as_tuple=True), (In((3, 4)),), dtypes=("int64",)),
    Sample("zero-dim", lambda t, x: t.nonzero(x), (In((), "positive"),), dtypes=("int64",)),
])  # fmt: skip

_WRITES: list[tuple[str, Any, Any, list[float]]] = [
    ("int", 1, 9.0, [0, 1, 2, 9, 9, 9]),
    ("slice", (slice(None), slice(1, None)), 9.0, [0, 9, 9, 3, 9, 9]),
    ("row", 0, lambda t: t.tensor([7.0, 8.0, 9.0]), [7, 8, 9, 3, 4, 5]),
    ("mask", lambda t: t.tensor([[True, False, False], [False, True, False]]), -1.0, [-1, 1, 2, 3, -1, 5]),
    ("tensor", lambda t: (t.tensor([0, 1]), t.tensor([2, 0])), lambda t: t.tensor([7.0, 8.0]), [0, 1, 7, 8, 4, 5]),
    ("behind-slice", lambda t: (slice(None), t.tensor([2, 0])), lambda t: t.tensor([7.0, 8.0]), [8, 1, 7, 8, 4, 7]),
    ("ellipsis", (Ellipsis, -1), 9.0, [0, 1, 9, 3, 4, 9]),
]

for _label, _where, _what, _expected in _WRITES:

    @case(f"setitem/value/{_label}/float32", dtypes=("float32",))
    def _write(subject: Subject, where: Any = _where, what: Any = _what, expected: Any = _expected) -> None:
        t = subject.torch
        x = t.arange(6, dtype=t.float32).reshape(2, 3)
        x[where(t) if callable(where) else where] = what(t) if callable(what) else what
        check_same(subject, numbers_of(x), [float(value) for value in expected], "float32", "exact")


# -- slices and elements by index ------------------------------------------------------------------------------------------

_VECTOR = In((4,), "index:3")

op("take", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("shape", lambda t, x, i: t.take(x, i), (In((3, 4)), In((2, 2), "index:12"))), Sample("negative", lambda t, x: x.take(t.tensor([-1, 0])), (In((3,)),)),
], errors=[
    Error("range", lambda t: t.take(t.zeros(2), t.tensor([2])), (IndexError,), "tried to access index 2 on a tensor of 2 elements"),
    Error("dtype", lambda t: t.take(t.zeros(2), t.tensor([0.0])), (RuntimeError,), "Expected a long tensor for index"),
])  # fmt: skip
op("take_along_dim", dtypes=_DTYPES, tolerance="exact", method=False, turned=False, samples=[
    Sample("broadcast", lambda t, x, i: t.take_along_dim(x, i, 0), (In((3, 4)), In((2, 1), "index:3"))),
    Sample("flat", lambda t, x, i: x.take_along_dim(i), (In((3, 4)), In((2,), "index:12"))),
], errors=[Error("dims", lambda t: t.take_along_dim(t.zeros(2, 2), t.tensor([0]), 0), (RuntimeError,), "same number of dimensions")])  # fmt: skip
op("put", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("replace", lambda t, x, y: t.put(x, t.tensor([5, 0]), y), (In((2, 3)), In((2,)))),
    Sample("add", lambda t, x, y: x.put(t.tensor([1, 1]), y, accumulate=True), (In((2, 3)), In((2,))), dtypes=(*FLOATS, "int64")),
], errors=[Error("count", lambda t: t.put(t.zeros(2), t.tensor([0]), t.zeros(2)), (IndexError,), "same number of elements")])  # fmt: skip
op("masked_select", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("own", lambda t, x, m: t.masked_select(x, m), (In((3, 4)), In((3, 4), "bool"))),
    Sample("broadcast", lambda t, x, m: x.masked_select(m), (In((3, 4)), In((4,), "bool"))),
], errors=[Error("dtype", lambda t: t.masked_select(t.zeros(2), t.zeros(2)), (RuntimeError,), "expected BoolTensor for mask")])  # fmt: skip
op("masked_scatter", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("own", lambda t, x, m, y: t.masked_scatter(x, m, y), (In((3, 4)), In((3, 4), "bool"), In((12,)))),
    Sample("broadcast", lambda t, x, m, y: x.masked_scatter(m, y), (In((3, 4)), In((4,), "bool"), In((12,)))),
], errors=[Error("few", lambda t: t.masked_scatter(t.zeros(2), t.tensor([True, True]), t.zeros(1)), (RuntimeError,), "source < number of ones in mask")])  # fmt: skip
op("index_add", dtypes=(*FLOATS, "int64"), method=False, samples=[
    Sample("repeated", lambda t, x, i, y: t.index_add(x, 0, i, y), (In((3, 2)), _VECTOR, In((4, 2)))),
    Sample("scaled", lambda t, x, i, y: x.index_add(1, i, y, alpha=2), (In((2, 3)), _VECTOR, In((2, 4)))),
], errors=[
    Error("range", lambda t: t.index_add(t.zeros(2), 0, t.tensor([2]), t.zeros(1)), (RuntimeError, IndexError), "out of"),
    Error("count", lambda t: t.index_add(t.zeros(2), 0, t.tensor([0]), t.zeros(2)), (RuntimeError,), r"Number of indices \(1\) should be equal"),
])  # fmt: skip
op("index_copy", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("rows", lambda t, x, y: t.index_copy(x, 0, t.tensor([2, 0]), y), (In((3, 2)), In((2, 2)))),
    Sample("columns", lambda t, x, y: x.index_copy(1, t.tensor([1]), y), (In((3, 2)), In((3, 1)))),
], errors=[Error("range", lambda t: t.index_copy(t.zeros(2), 0, t.tensor([2]), t.zeros(1)), (IndexError,), "out of bounds")])  # fmt: skip
op("index_fill", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("number", lambda t, x: t.index_fill(x, 1, t.tensor([0, -1]), 1), (In((2, 3)),)),
    Sample("tensor", lambda t, x, v: x.index_fill(0, t.tensor([1]), v), (In((2, 3)), In(()))),
], errors=[
    Error("range", lambda t: t.index_fill(t.zeros(2), 0, t.tensor([2]), 1), (IndexError,), "out of bounds"),
    Error("complex", lambda t: t.index_fill(t.zeros(2), 0, t.tensor([1]), 1j), (RuntimeError,), "Converting complex Scalar to non-complex type"),
])  # fmt: skip
op("index_put", dtypes=_DTYPES, tolerance="exact", method=False, samples=[
    Sample("pairs", lambda t, x, y: t.index_put(x, (t.tensor([0, 1]), t.tensor([2, 0])), y), (In((2, 3)), In((2,)))),
    Sample("mask", lambda t, x, m, y: x.index_put((m,), y), (In((2, 3)), In((2, 3), "bool"), In(()))),
    Sample("add", lambda t, x, y: t.index_put(x, (t.tensor([1, 1]),), y, accumulate=True), (In((2, 3)), In((2, 3))), dtypes=(*FLOATS, "int64")),
], errors=[
    Error("dtype", lambda t: t.index_put(t.zeros(2), (t.tensor([0]),), t.tensor(1)), (RuntimeError,), "source and destination dtypes match"),
    Error("range", lambda t: t.index_put(t.zeros(2), (t.tensor([2]),), t.tensor(1.0)), (IndexError,), "out of bounds"),
])  # fmt: skip
op("argwhere", dtypes=_DTYPES, tolerance="exact", method=False, differentiable=False, samples=[
    Sample("matrix", lambda t, x: t.argwhere(x > 0), (In((2, 3)),), dtypes=(*FLOATS, "int64"), gradient=False),
])  # fmt: skip

_INDEX = [[0, 2, 1], [2, 2, 0]]
_SCATTERED: list[Sample] = []
for _reduce in ("sum", "prod", "mean", "amax", "amin"):
    _SCATTERED += [
        Sample(f"{_reduce}-{'with' if own else 'without'}-self", lambda t, x, y, reduce=_reduce, own=own: t.scatter_reduce(
            x, 0, t.tensor(_INDEX), y, reduce, include_self=own), (In((3, 3), "distinct"), In((2, 3), "distinct")))
        for own in (True, False)
    ]  # fmt: skip
op("scatter_reduce", method=False, samples=_SCATTERED, errors=[
    Error("word", lambda t: t.scatter_reduce(t.zeros(2), 0, t.tensor([0]), t.zeros(1), "add"), (RuntimeError,), "must be either sum, prod, mean, amax or amin"),
])  # fmt: skip


def _index_reduce(t: Any) -> Any:
    def quiet(*arguments: Any) -> Any:
        with warnings.catch_warnings(action="ignore"):  # PyTorch calls it a beta
            return t.index_reduce(*arguments)

    return quiet


op("index_reduce", method=False, samples=[
    Sample(reduce, lambda t, x, i, y, reduce=reduce: _index_reduce(t)(x, 0, i, y + 0.05, reduce), (In((3, 2), "distinct"), _VECTOR, In((4, 2), "distinct")))
    for reduce in ("prod", "mean", "amax", "amin")
], errors=[
    Error("word", lambda t: _index_reduce(t)(t.zeros(2), 0, t.tensor([0]), t.zeros(1), "sum"), (RuntimeError,), "Expected reduce to be one of"),
])  # fmt: skip


@case("index_put_/inplace/forms/-", dtypes=("float32", "float64"))
def _in_place_forms(subject: Subject) -> None:
    t = subject.torch
    x = t.zeros(2, 3)
    forms: tuple[Callable[[], Any], ...] = (
        lambda: x.index_put_((t.tensor([0]), t.tensor([1])), t.tensor(1.0)), lambda: x.index_add_(0, t.tensor([1]), t.ones(1, 3)),
        lambda: x.index_copy_(1, t.tensor([2]), t.full((2, 1), 5.0)), lambda: x.index_fill_(0, t.tensor([1]), 4.0),
        lambda: x.put_(t.tensor([0]), t.tensor([7.0])), lambda: x.masked_scatter_(x == 4, t.tensor([8.0, 9.0, 10.0])),
        lambda: x.scatter_reduce_(1, t.tensor([[0], [0]]), t.full((2, 1), 2.0), "prod"),
    )  # fmt: skip
    expect_equal([form() is x for form in forms], [True] * len(forms), "whether the forms return the tensor")
    expect_equal(x.tolist(), [[14.0, 1.0, 5.0], [16.0, 9.0, 10.0]], "the tensor after all of them")


@case("index_reduce/out/plain/-", dtypes=("float32",))
def _index_reduce_out(subject: Subject) -> None:
    t = subject.torch
    target, x = t.zeros(2), t.tensor([1.0, 2.0])
    with warnings.catch_warnings(action="ignore"):
        returned = t.index_reduce(x, 0, t.tensor([1, 1]), t.tensor([3.0, 4.0]), "prod", out=target)
    expect_equal(returned is target, True, "whether out= is returned")
    expect_equal(target.tolist(), [1.0, 24.0], "the target")


# -- keys ------------------------------------------------------------------------------------------------------------


@case("index/key/bytes/-", dtypes=("float32", "uint8"))
def _masks_of_bytes(subject: Subject) -> None:
    t = subject.torch
    x, mask = t.arange(4.0), t.tensor([0, 1, 0, 255], dtype=t.uint8)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = x[mask]
        x[mask] = t.tensor([8.0, 9.0])
    expect_equal(found.tolist(), [1.0, 3.0], "what a mask of bytes chooses")
    expect_equal(x.tolist(), [0.0, 8.0, 2.0, 9.0], "the tensor after a write through a mask of bytes")
    expect(any("uint8 is now deprecated" in str(each.message) for each in caught), "there was no warning of bytes")


@case("index/key/sequences/-", dtypes=("float32",))
def _sequences_in_keys(subject: Subject) -> None:
    t = subject.torch
    x = t.arange(6.0).reshape(2, 3)
    expect_equal(x[:, (0, 2)].tolist(), [[0.0, 2.0], [3.0, 5.0]], "columns that a tuple names")
    expect_equal(x[[1, 0]].tolist(), [[3.0, 4.0, 5.0], [0.0, 1.0, 2.0]], "rows that a list names")
    expect_equal(x[[0, 1], [2, 0]].tolist(), [2.0, 3.0], "elements that two lists name")
    expect_equal(x[1, [True, False, True]].tolist(), [3.0, 5.0], "what a list of booleans chooses")
    expect_equal(x[[[0], [1]], [[2, 0]]].tolist(), [[2.0, 0.0], [5.0, 3.0]], "lists of lists")
    expect_equal(list(x[True].shape), [1, 2, 3], "the shape of what True gives")
    expect_equal(list(x[False].shape), [0, 2, 3], "the shape of what False gives")
    x[:, (0, 2)] = 7.0
    expect_equal(x.tolist(), [[7.0, 1.0, 7.0], [7.0, 4.0, 7.0]], "the tensor after a write to columns")


@case("index/key/integers/-", dtypes=("int64", "uint8"))
def _integers_of_all_kinds(subject: Subject) -> None:
    t = subject.torch
    x, one, byte = t.arange(6).reshape(2, 3), t.tensor(1), t.tensor(1, dtype=t.uint8)
    expect_equal(x[one, 2].item(), 5, "the element at a row that a tensor names")
    expect_equal(x[:, one:].tolist(), [[1, 2], [4, 5]], "a slice from where a tensor says")
    for integer in (one, byte):
        expect_equal(x.sum(integer).tolist(), [3, 12], "sums along a dim that a tensor names")
        expect_equal(x.select(0, integer).tolist(), [3, 4, 5], "a row that a tensor names")
        expect_equal(list(t.zeros(integer, 2).shape), [1, 2], "a shape with a tensor in it")
    expect_equal(str(t.zeros(one, 2).shape), "torch.Size([1, 2])", "how a shape prints")
    expect_raises(lambda: x.sort(t.tensor([1])), TypeError)


@case("index_fill/gradient/value/-", dtypes=("float32", "int64"))
def _filled_twice(subject: Subject) -> None:
    t = subject.torch
    x, value = t.ones(3, requires_grad=True), t.tensor(2.0, requires_grad=True)
    first, other = t.autograd.grad(
        (x.index_fill(0, t.tensor([0, 0, 2]), value) * t.tensor([1.0, 2.0, 4.0])).sum(), (x, value)
    )
    expect_equal(first.tolist(), [0.0, 2.0, 0.0], "the gradient of what is filled")
    expect_equal(other.item(), 5.0, "the gradient of the number, each place once")


@case("setitem/gradient/overwritten/-", dtypes=("float32", "int64"))
def _overwritten(subject: Subject) -> None:
    t = subject.torch
    inf, nan = float("inf"), float("nan")

    def keyed(x: Any) -> Any:
        x[:2] = t.tensor([1.0, 2.0])
        return x

    writes: tuple[Callable[[Any], Any], ...] = (
        keyed, lambda x: x.copy_(t.ones(2)), lambda x: x.fill_(3.0), lambda x: x.zero_(), lambda x: x**0,
        lambda x: x.masked_fill(t.tensor([True, True]), 1.0), lambda x: t.slice_scatter(x, t.ones(2)),
        lambda x: x.index_fill(0, t.tensor([0, 1]), 1.0), lambda x: t.where(t.tensor([True, True]), t.ones(2), x),
    )  # fmt: skip
    for write in writes:
        x = t.tensor([0.0, 3.0], requires_grad=True)
        (found,) = t.autograd.grad(write(x * 1), x, t.tensor([inf, nan]))
        expect_equal(found.tolist(), [0.0, 0.0], "the gradient of what is overwritten")


@case("gather/gradient/empty/-", dtypes=("float32", "int64"))
def _empty_index(subject: Subject) -> None:
    """An empty index, which may have any shape, cuts off no graph."""
    t = subject.torch
    for shape in ((0,), (0, 3), (2, 0)):
        x, index = t.ones(2, 3, requires_grad=True), t.zeros(shape, dtype=t.int64)
        (grad,) = t.autograd.grad(x.gather(0, index).sum(), x)
        expect_equal(grad.tolist(), [[0.0] * 3] * 2, "the gradient of what was not taken")
        source = t.ones(shape, requires_grad=True)
        _, other = t.autograd.grad(x.scatter_add(0, index, source).sum(), (x, source))
        expect_equal(tuple(other.shape), shape, "the shape of the gradient of what was not added")


@case("getitem/value/floats/-", dtypes=("float32", "int64"))
def _floats_as_indices(subject: Subject) -> None:
    x = subject.torch.tensor([5.0, 6.0, 7.0])
    expect_equal(x[[0.0, 2.9]].tolist(), [5.0, 7.0], "what a list of floats takes: they are cut off")


_INTO_EVERY_SECOND: dict[str, Any] = {
    "scatter_add": lambda t, x: x.scatter_add_(0, t.tensor([1, 3]), t.ones(2, dtype=x.dtype)),
    "scatter": lambda t, x: x.scatter_(0, t.tensor([1, 3]), t.ones(2, dtype=x.dtype)),
    "index_add": lambda t, x: x.index_add_(0, t.tensor([1, 3]), t.ones(2, dtype=x.dtype)),
    "index_copy": lambda t, x: x.index_copy_(0, t.tensor([1, 3]), t.ones(2, dtype=x.dtype)),
    "index_put": lambda t, x: x.index_put_((t.tensor([1, 3]),), t.ones(2, dtype=x.dtype)),
    "index_put-accumulated": lambda t, x: x.index_put_((t.tensor([1, 3]),), t.ones(2, dtype=x.dtype), accumulate=True),
    "index_fill": lambda t, x: x.index_fill_(0, t.tensor([1, 3]), 1),
    "put": lambda t, x: x.put_(t.tensor([1, 3]), t.ones(2, dtype=x.dtype)),
    "masked_fill": lambda t, x: x.masked_fill_(t.tensor([False, True, False, True]), 1),
    "masked_scatter": lambda t, x: x.masked_scatter_(t.tensor([False, True, False, True]), t.ones(2, dtype=x.dtype)),
}


def _declare_write(name: str, write: Any) -> None:
    @case(f"{name}/memory/every-second/-", dtypes=("float16", "float32", "int64"))
    def check(subject: Subject) -> None:
        """Written into every second element of a tensor: those between keep what they are."""
        t = subject.torch
        for dtype in (t.float16, t.float32):
            whole = t.full((8,), 5, dtype=dtype)
            part = whole[::2]
            part.zero_()
            write(t, part)
            expect_equal(whole.tolist(), [0.0, 5.0, 1.0, 5.0, 0.0, 5.0, 1.0, 5.0], f"the tensor in {dtype}")


for _name, _write in _INTO_EVERY_SECOND.items():
    _declare_write(_name, _write)


@case("scatter_reduce/value/strided-and-equal/-", dtypes=("float32", "int64", "int32"))
def _combined_in_strange_order(subject: Subject) -> None:
    """Of places and values that are every second of others; and where a value equals the element that it is combined with."""
    t = subject.torch
    index = t.tensor([2, 9, 0, 9, 2, 9])[::2]
    for dtype in (t.float32, t.int32):
        source = t.tensor([5, 9, 2, 9, 7, 9], dtype=dtype)[::2]
        for reduce, expected in (("prod", [6, 4, 175]), ("amax", [3, 4, 7]), ("amin", [2, 4, 5])):
            found = t.tensor([3, 4, 5], dtype=dtype).scatter_reduce(0, index, source, reduce)
            expect_equal([int(each) for each in found.tolist()], expected, f"{reduce} in {dtype}")
        x = t.tensor([2, 3, 4], dtype=dtype)
        found = x.scatter_reduce(0, t.tensor([0, 1, 2]), t.tensor([2, 5, 4], dtype=dtype), "prod")
        expect_equal([int(each) for each in found.tolist()], [4, 15, 16], f"the products in {dtype}")


@case("scatter_reduce/value/complex-products/-", dtypes=("complex64", "int64"))
def _products_of_complex(subject: Subject) -> None:
    t = subject.torch
    try:
        found = t.tensor([1j, 2 + 0j]).scatter_reduce(0, t.tensor([0, 0]), t.tensor([1j, 3 + 0j]), "prod")
    except (NotImplementedError, RuntimeError):  # which is not told of them
        return
    expect_equal(found.tolist(), [-3 + 0j, 2 + 0j], "the products")


@case("index_add/value/one-row/-", dtypes=("float32", "int64"))
def _added_within_one_row(subject: Subject) -> None:
    """A row beside places of its columns: it is not a column itself."""
    t = subject.torch
    found = t.zeros(1, 3).index_add(1, t.tensor([2, 0, 2]), t.tensor([[1.0, 2.0, 4.0]]))
    expect_equal(found.tolist(), [[2.0, 0.0, 5.0]], "the row")
