"""Documented behaviours of tensors: making, printing, joining, cutting and reshaping them."""

from typing import Any

from ...documented import gives, prints, refuses

_INTS = ("int64",)
_ABC = "tensor([[1, 2],\n        [3, 4],\n        [5, 6],\n        [7, 8]])"


def _grid(t: Any) -> Any:
    return t.arange(12).reshape(3, 4)


def _x(t: Any) -> Any:
    return t.tensor([[3, 2, 1], [4, 5, 6]])


# -- layout, dtype, device, shape --------------------------------------------------------------------------------------

prints("Tensor.layout", "strided", lambda t: t.tensor([[1, 2, 3], [4, 5, 6]]).layout, "torch.strided", dtypes=_INTS)
gives("layout", "identity", lambda t: (t.ones(1).layout is t.strided, isinstance(t.strided, t.layout)), [True, True])
gives("strided", "contiguous", lambda t: t.zeros(2, 3).is_contiguous(), True)
gives("strided#factory_default", "keyword", lambda t: t.ones(1, 2, layout=t.strided), [[1.0, 1.0]])
gives("Tensor.stride", "swapped", lambda t: (t.zeros(2, 3).stride(), t.zeros(2, 3).t().stride(0)), [[3, 1], 1])
prints("Tensor.dtype", "float32", lambda t: f"{t.ones(1).dtype} {t.ones(1).dtype is t.float32}", "torch.float32 True")
gives(
    "dtype",
    "aliases",
    lambda t: (t.float is t.float32, t.double is t.float64, t.long is t.int64, t.int is t.int32),
    [True] * 4,
)
prints("bool", "printed", lambda t: t.tensor([1, 2]) == 2, "tensor([False,  True])", dtypes=("int64", "bool"))
prints(
    "float64",
    "printed",
    lambda t: t.ones(2, dtype=t.float64),
    "tensor([1., 1.], dtype=torch.float64)",
    dtypes=("float64",),
)
prints("Size#print", "four", lambda t: t.zeros(1, 2, 2, 2).shape, "torch.Size([1, 2, 2, 2])")
prints("Size#print", "none", lambda t: t.tensor(1.0).shape, "torch.Size([])")
gives(
    "Size",
    "tuple",
    lambda t: (t.zeros(3, 2).size() == (3, 2), len(t.zeros(3, 2).size()), t.zeros(3, 2).shape.numel()),
    [True, 2, 6],
)
prints("Size", "slice", lambda t: t.zeros(1, 2, 3).shape[1:], "torch.Size([2, 3])")
gives(
    "Tensor.size",
    "dim",
    lambda t: (t.zeros(3, 2).size(1), t.zeros(3, 2).size(-1), t.zeros(3, 2).size(dim=0)),
    [2, 2, 3],
)
refuses(
    "Tensor.size", "range", lambda t: t.zeros(2).size(1), IndexError, r"expected to be in range of \[-1, 0\], but got 1"
)
gives("Tensor.__len__", "first", lambda t: len(t.zeros(3, 1)), 3)
refuses("Tensor.__len__", "zero-dim", lambda t: len(t.tensor(1.0)), TypeError, "len.. of a 0-d tensor")
prints("device", "written", lambda t: f"{t.device('cpu')} {t.device('cuda:1')!r}", "cpu device(type='cuda', index=1)")
gives("device", "index", lambda t: (t.device("cuda").index, t.device("cuda", 1) == t.device("cuda:1")), [None, True])
refuses("device", "unknown", lambda t: t.device("foo"), RuntimeError, "device type at start of device string: foo")

# -- factories ---------------------------------------------------------------------------------------------------------

prints("tensor", "dtype", lambda t: t.tensor([1, 2, 3], dtype=t.float32), "tensor([1., 2., 3.])")
gives(
    "tensor",
    "inferred",
    lambda t: [str(t.tensor([each]).dtype) for each in (1, 1.0, True)],
    ["torch.int64", "torch.float32", "torch.bool"],
)
refuses(
    "tensor",
    "ragged",
    lambda t: t.tensor([[1, 2], [3]]),
    ValueError,
    r"expected sequence of length 2 at dim 1 \(got 1\)",
)
prints("tensor#number", "zero-dim", lambda t: t.tensor(5.0), "tensor(5.)")
prints("Tensor", "ints", lambda t: t.Tensor([1, 2, 3]), "tensor([1., 2., 3.])")
gives("Tensor", "length", lambda t: (t.Tensor(5).shape, str(t.Tensor(5).dtype)), [[5], "torch.float32"])
refuses("Tensor", "float", lambda t: t.Tensor(5.0), TypeError, r"new\(\): data must be a sequence \(got float\)")
prints(
    "Tensor#requires_grad_kw", "printed", lambda t: t.tensor(2.0, requires_grad=True), "tensor(2., requires_grad=True)"
)
refuses(
    "Tensor#requires_grad_kw",
    "ints",
    lambda t: t.tensor([1], requires_grad=True),
    RuntimeError,
    "Only Tensors of floating point and complex dtype",
)
gives("ones", "twice", lambda t: t.ones(2, 2) * 2, [[2.0, 2.0], [2.0, 2.0]])
gives("ones_like", "plain", lambda t: t.ones_like(t.zeros(2, requires_grad=True)).requires_grad, False)
prints("arange", "step", lambda t: t.arange(0, 10, step=2), "tensor([0, 2, 4, 6, 8])", dtypes=_INTS)
gives("arange", "float", lambda t: str(t.arange(1.0).dtype), "torch.float32")
prints("linspace", "four", lambda t: t.linspace(0, 2, steps=4), "tensor([0.0000, 0.6667, 1.3333, 2.0000])")
prints("linspace#example", "three", lambda t: t.linspace(0, 2, steps=3), "tensor([0., 1., 2.])")

# -- text and Python values --------------------------------------------------------------------------------------------

prints(
    "Tensor.__repr__",
    "aligned",
    _grid,
    "tensor([[ 0,  1,  2,  3],\n        [ 4,  5,  6,  7],\n        [ 8,  9, 10, 11]])",
    dtypes=_INTS,
)
prints("Tensor.__repr__", "decimals", lambda t: t.tensor([0.0, 2 / 3]), "tensor([0.0000, 0.6667])")
prints(
    "Tensor.__repr__",
    "blocks",
    lambda t: t.arange(4).reshape(2, 1, 2),
    "tensor([[[0, 1]],\n\n        [[2, 3]]])",
    dtypes=_INTS,
)
prints("Tensor.__repr__", "special", lambda t: t.tensor([float("nan"), float("inf"), -1.0]), "tensor([nan, inf, -1.])")
prints("Tensor.__repr__", "empty", lambda t: t.tensor([]), "tensor([])")
prints("Tensor.__format__", "number", lambda t: f"{t.tensor(3.14159):.2f}", "3.14")
gives(
    "Tensor.item",
    "types",
    lambda t: [type(t.tensor([each]).item()).__name__ for each in (5, 0.5, True)],
    ["int", "float", "bool"],
)
refuses(
    "Tensor.item#error",
    "runtime",
    lambda t: t.zeros(3).item(),
    RuntimeError,
    "3 elements cannot be converted to Scalar",
)
refuses(
    "Tensor.item#error", "value", lambda t: t.zeros(3).item(), ValueError, "only one element tensors can be converted"
)
gives("Tensor.tolist", "nested", _x, [[3, 2, 1], [4, 5, 6]], dtypes=_INTS)

# -- joining and cutting -----------------------------------------------------------------------------------------------


def _pair(t: Any) -> Any:
    return t.tensor([[1, 2], [3, 4]]), t.tensor([[5, 6], [7, 8]])


def _fives(t: Any) -> Any:
    return t.zeros(1, 3, 4, 5, 6), t.zeros(1, 3, 4, 5, 6)


prints("cat", "rows", lambda t: t.cat(_pair(t), dim=0), _ABC, dtypes=_INTS)
prints(
    "cat", "columns", lambda t: t.cat(_pair(t), dim=1), "tensor([[1, 2, 5, 6],\n        [3, 4, 7, 8]])", dtypes=_INTS
)
gives("cat", "shape", lambda t: t.cat(_fives(t), dim=2).shape, [1, 3, 8, 5, 6])
refuses("cat", "sizes", lambda t: t.cat([t.zeros(2, 2), t.zeros(2, 3)]), RuntimeError,
        "Sizes of tensors must match except in dimension 0. Expected size 2 but got size 3 for tensor number 1 in the list.")  # fmt: skip
prints(
    "stack",
    "first",
    lambda t: t.stack([t.tensor([1, 2, 3]), t.tensor([4, 5, 6])]),
    "tensor([[1, 2, 3],\n        [4, 5, 6]])",
    dtypes=_INTS,
)
gives("stack", "shape", lambda t: t.stack(_fives(t), dim=2).shape, [1, 3, 2, 4, 5, 6])
refuses(
    "stack",
    "sizes",
    lambda t: t.stack([t.zeros(2), t.zeros(3)]),
    RuntimeError,
    r"equal size, but got \[2\] at entry 0 and \[3\] at entry 1",
)
gives(
    "hstack", "shapes", lambda t: (t.hstack(_fives(t)).shape, t.hstack([t.zeros(3)] * 2).shape), [[1, 6, 4, 5, 6], [6]]
)
gives(
    "vstack",
    "shapes",
    lambda t: (t.vstack(_fives(t)).shape, t.vstack([t.zeros(3)] * 2).shape),
    [[2, 3, 4, 5, 6], [2, 3]],
)
gives("chunk", "rows", lambda t: t.chunk(_grid(t), 2), [[[0, 1, 2, 3], [4, 5, 6, 7]], [[8, 9, 10, 11]]], dtypes=_INTS)
gives("chunk", "columns", lambda t: t.chunk(_grid(t), 2, dim=1)[1], [[2, 3], [6, 7], [10, 11]], dtypes=_INTS)
refuses(
    "chunk",
    "none",
    lambda t: t.chunk(t.zeros(2), 0),
    RuntimeError,
    "chunk expects `chunks` to be greater than 0, got: 0",
)
gives("chunk#uneven_1d_example", "uneven", lambda t: t.chunk(t.arange(1, 6), 2), [[1, 2, 3], [4, 5]], dtypes=_INTS)
gives("chunk#number_of_chunks", "fewer", lambda t: t.chunk(t.arange(6), 4), [[0, 1], [2, 3], [4, 5]], dtypes=_INTS)
gives(
    "split",
    "sizes",
    lambda t: (t.split(t.arange(5), 2), t.split(t.arange(5), [1, 4])),
    [[[0, 1], [2, 3], [4]], [[0], [1, 2, 3, 4]]],
    dtypes=_INTS,
)
gives("unbind", "columns", lambda t: t.unbind(_x(t), dim=1), [[3, 4], [2, 5], [1, 6]], dtypes=_INTS)

# -- shapes ------------------------------------------------------------------------------------------------------------

prints(
    "flatten",
    "all",
    lambda t: t.flatten(t.arange(1, 9).reshape(1, 2, 2, 2)),
    "tensor([1, 2, 3, 4, 5, 6, 7, 8])",
    dtypes=_INTS,
)
gives("flatten", "middle", lambda t: t.flatten(t.zeros(1, 2, 2, 2), start_dim=1, end_dim=2).shape, [1, 4, 2])
gives("unflatten", "two", lambda t: t.unflatten(t.zeros(1, 4, 2), 1, (2, 2)).shape, [1, 2, 2, 2])
prints("unflatten#example_print", "tensor", lambda t: t.arange(1, 9).reshape(1, 4, 2).unflatten(dim=1, sizes=(2, 2)),
       "tensor([[[[1, 2],\n          [3, 4]],\n\n         [[5, 6],\n          [7, 8]]]])", dtypes=_INTS)  # fmt: skip
refuses("unflatten", "sizes", lambda t: t.unflatten(t.zeros(1, 4, 2), 1, (3, 2)), RuntimeError,
        r"unflatten: Provided sizes \[3, 2\] don't multiply up to the size of dim 1 \(4\) in the input tensor")  # fmt: skip
gives("unflatten#unflattened_size", "keyword", lambda t: t.zeros(4).unflatten(0, unflattened_size=(2, 2)).shape, [2, 2])
gives(
    "Tensor.squeeze",
    "dims",
    lambda t: [t.zeros(1, 2, 1).squeeze(*each).shape for each in ((), (0,), (1,))],
    [[2], [2, 1], [1, 2, 1]],
)
gives(
    "Tensor.unsqueeze",
    "places",
    lambda t: [_x(t).unsqueeze(dim).shape for dim in (0, 1, -1)],
    [[1, 2, 3], [2, 1, 3], [2, 3, 1]],
    dtypes=_INTS,
)
gives("Tensor.__getitem__#None", "places", lambda t: [_x(t)[key].shape for key in (None, (slice(None), None), (Ellipsis, None))],
      [[1, 2, 3], [2, 1, 3], [2, 3, 1]], dtypes=_INTS)  # fmt: skip
gives(
    "Tensor.unsqueeze#third_equivalence",
    "last",
    lambda t: _x(t)[:, :, None].shape == _x(t).unsqueeze(2).shape,
    True,
    dtypes=_INTS,
)
gives("Tensor.expand", "rows", lambda t: t.tensor([1, 2, 3]).expand(2, 3), [[1, 2, 3], [1, 2, 3]], dtypes=_INTS)
gives("Tensor.expand", "kept", lambda t: t.zeros(3, 1).expand(-1, 4).stride(), [1, 0])
refuses("Tensor.expand", "sizes", lambda t: t.tensor([1, 2]).expand(3, 4), RuntimeError,
        r"The expanded size of the tensor \(4\) must match the existing size \(2\) at non-singleton dimension 1.  "
        r"Target sizes: \[3, 4\].  Tensor sizes: \[2\]", dtypes=_INTS)  # fmt: skip
gives(
    "Tensor.expand_as",
    "columns",
    lambda t: t.tensor([[1], [2]]).expand_as(t.zeros(2, 3)),
    [[1, 1, 1], [2, 2, 2]],
    dtypes=_INTS,
)
refuses("Tensor.view", "strides", lambda t: t.zeros(2, 3).t().view(6), RuntimeError,
        r"view size is not compatible with input tensor's size and stride .* Use .reshape\(...\) instead")  # fmt: skip
refuses(
    "Tensor.view", "count", lambda t: t.zeros(6).view(4), RuntimeError, r"shape '\[4\]' is invalid for input of size 6"
)
gives(
    "Tensor.view#contiguity_requirement",
    "possible",
    lambda t: t.zeros(2, 4, 3).transpose(1, 2).view(2, 3, 2, 2).shape,
    [2, 3, 2, 2],
)
gives("Tensor.reshape", "turned", lambda t: _x(t).t().reshape(6), [3, 4, 2, 5, 1, 6], dtypes=_INTS)
gives("Tensor.is_contiguous", "turned", lambda t: [each.is_contiguous() for each in (_x(t), _x(t).t(), _x(t).t().contiguous())],
      [True, False, True], dtypes=_INTS)  # fmt: skip
gives("Tensor.T", "same", lambda t: _x(t).T, [[3, 4], [2, 5], [1, 6]], dtypes=_INTS)
gives("Tensor.permute", "three", lambda t: t.zeros(2, 3, 4).permute(2, 0, 1).shape, [4, 2, 3])
gives("Tensor.flip", "forms", lambda t: [_x(t).flip(0).tolist(), _x(t).flip([0]).tolist(), _x(t).flip(dims=(0,)).tolist()],
      [[[4, 5, 6], [3, 2, 1]]] * 3, dtypes=_INTS)  # fmt: skip
gives("Tensor.flip#dims_int_keyword", "int", lambda t: t.arange(3).flip(dims=0), [2, 1, 0], dtypes=_INTS)
gives("Tensor.__getitem__#negative_step", "reversed", lambda t: t.arange(4)[::-2], [3, 1], dtypes=_INTS)
