"""Documented behaviours of tensors and their everyday methods: memory, NumPy, in-place rules, dtypes, devices, arithmetic."""

from typing import Any

from ...documented import gives, prints, refuses

_INTS = ("int64",)


def _matrix(t: Any) -> Any:
    return t.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


def _grad(t: Any, function: Any, values: Any) -> Any:
    x = t.tensor(values, requires_grad=True)
    function(x).backward()
    return x.grad


# -- memory ---------------------------------------------------------------------------------------------------------------


def _shared(t: Any, view: Any) -> Any:
    x = _matrix(t)
    view(x)[0] = 9.0
    return x


gives("Tensor.__getitem__#slice", "view", lambda t: _shared(t, lambda x: x[:, 1]), [[1.0, 9.0, 3.0], [4.0, 5.0, 6.0]])
gives("Tensor.t", "view", lambda t: _shared(t, lambda x: x.t()[2]), [[1.0, 2.0, 9.0], [4.0, 5.0, 6.0]])
gives("Tensor.t", "vector", lambda t: t.tensor([1, 2]).t(), [1, 2], dtypes=_INTS)
refuses(
    "Tensor.t",
    "three-dims",
    lambda t: t.zeros(1, 2, 3).t(),
    RuntimeError,
    "expects a tensor with <= 2 dimensions, but self is 3D",
)
gives("Tensor.transpose", "not-contiguous", lambda t: _matrix(t).transpose(0, 1).is_contiguous(), False)
gives(
    "Tensor.contiguous",
    "copy",
    lambda t: [_matrix(t).t().contiguous().is_contiguous(), (lambda x: x.contiguous() is x)(_matrix(t))],
    [True, True],
)
gives("expand#vs_repeat", "copy", lambda t: _shared(t, lambda x: x.repeat(2, 1)), [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
gives("expand#vs_repeat", "view", lambda t: (lambda x: x.expand(2, 3).data_ptr() == x.data_ptr())(t.ones(3)), True)
refuses(
    "expand#vs_repeat",
    "write",
    lambda t: t.ones(1, 3).expand(2, 3).add_(1),
    RuntimeError,
    "more than one element of the written-to tensor",
)
gives(
    "empty",
    "shape",
    lambda t: [list(t.empty(2, 3).shape), str(t.empty(2, dtype=t.int64).dtype)],
    [[2, 3], "torch.int64"],
)
gives("Tensor.shape", "size", lambda t: (lambda x: [x.shape == x.size(), list(x.shape)])(_matrix(t)), [True, [2, 3]])
gives("size", "function", lambda t: list(t.size(_matrix(t))), [2, 3])
gives("Tensor.reshape#versions", "reshape", lambda t: t.arange(4).reshape(2, 2), [[0, 1], [2, 3]], dtypes=_INTS)
gives("Tensor#base_class", "instance", lambda t: isinstance(t.zeros(1), t.Tensor), True)

# -- NumPy ------------------------------------------------------------------------------------------------------------------


def _numpy(values: Any, dtype: str) -> Any:
    import numpy

    return numpy.array(values, dtype)


def _from_numpy(t: Any) -> Any:
    array = _numpy([[1, 2, 3], [4, 5, 6]], "float64")
    tensor = t.from_numpy(array)
    array[0, 0] = 100
    tensor[1, 2] = 7.0
    return [str(tensor.dtype), tensor.tolist(), array.tolist()]


gives(
    "from_numpy",
    "shares",
    _from_numpy,
    ["torch.float64", [[100.0, 2.0, 3.0], [4.0, 5.0, 7.0]], [[100.0, 2.0, 3.0], [4.0, 5.0, 7.0]]],
)
refuses("from_numpy", "list", lambda t: t.from_numpy([1]), TypeError, r"expected np.ndarray \(got list\)")


def _to_numpy(t: Any) -> Any:
    tensor = t.zeros(2, device="cpu")
    array = tensor.numpy()
    tensor[0] = 77.0
    array[1] = 8.0
    return [array.tolist(), tensor.tolist()]


gives("Tensor.numpy", "shares", _to_numpy, [[77.0, 8.0], [77.0, 8.0]])
refuses(
    "Tensor.numpy",
    "gradient",
    lambda t: t.zeros(1, requires_grad=True).numpy(),
    RuntimeError,
    "Can't call numpy\\(\\) on Tensor that requires grad",
)


def _constructed(t: Any, kind: str, make: str) -> Any:
    array = _numpy([1, 2], kind)
    tensor = getattr(t, make)(array)
    array[0] = 100
    return [str(tensor.dtype), tensor.tolist()]


gives(
    "Tensor#numpy_float32_shares",
    "int64-copied",
    lambda t: _constructed(t, "int64", "Tensor"),
    ["torch.float32", [1.0, 2.0]],
)
gives(
    "tensor#numpy_always_copies",
    "float32",
    lambda t: _constructed(t, "float32", "tensor"),
    ["torch.float32", [1.0, 2.0]],
)
gives("tensor#numpy_always_copies", "int64", lambda t: _constructed(t, "int64", "tensor"), ["torch.int64", [1, 2]])
gives("Tensor#always_float32", "int64", lambda t: str(t.Tensor(t.tensor([1, 2])).dtype), "torch.float32")
gives(
    "Tensor#copy_of_tensor",
    "alias",
    lambda t: (lambda x: t.Tensor(x).data_ptr() == x.data_ptr())(t.ones(2, device="cpu")),
    True,
)
gives("Tensor#recommendation", "length", lambda t: list(t.Tensor(3).shape), [3])
refuses("Tensor#constructor_keywords", "dtype", lambda t: t.Tensor([1.0], dtype=t.float64), TypeError)
gives("tensor#dtype_positional", "second", lambda t: str(t.tensor([1], t.float64).dtype), "torch.float64")
gives("FloatTensor", "type", lambda t: t.Tensor([1]).type().rpartition(".")[2], "FloatTensor")
gives("BoolTensor", "made", lambda t: t.BoolTensor([True, False]), [True, False])

# -- in place -------------------------------------------------------------------------------------------------------------------


def _in_place(t: Any) -> Any:
    x = t.tensor([-1.0, 2.0])
    return [
        x.add_(1) is x,
        x.mul_(2) is x,
        x.clamp_(max=3) is x,
        t.relu_(x) is x,
        t.nn.functional.leaky_relu(x, inplace=True) is x,
        x.tolist(),
    ]


gives("inplace#rules", "returns-itself", _in_place, [True, True, True, True, True, [0.0, 3.0]])
gives("Tensor.__setitem__", "shared", lambda t: (lambda x: (x[0].fill_(7.0), x.__setitem__((1, 0), 8.0), x)[2])(_matrix(t)),
      [[7.0, 7.0, 7.0], [8.0, 5.0, 6.0]])  # fmt: skip
gives(
    "nn.functional.relu",
    "same",
    lambda t: (lambda x: [t.nn.functional.relu(x).tolist() == t.relu(x).tolist(), x.tolist()])(t.tensor([-1.0, 2.0])),
    [True, [-1.0, 2.0]],
)
gives("nn.functional", "callable", lambda t: t.nn.functional.relu(t.tensor([-2.0])), [0.0])
gives(
    "activation#which_form",
    "three",
    lambda t: [f(t.tensor([-1.0, 3.0])).tolist() for f in (t.relu, t.nn.functional.relu, t.nn.ReLU())],
    [[0.0, 3.0]] * 3,
)

# -- picking ----------------------------------------------------------------------------------------------------------------

gives("Tensor.__getitem__#advanced", "pairs", lambda t: _matrix(t)[t.tensor([0, 1]), t.tensor([2, 0])], [3.0, 4.0])
gives("Tensor.__getitem__#advanced", "rows", lambda t: _matrix(t)[t.tensor([1, 1])], [[4.0, 5.0, 6.0]] * 2)
gives("Tensor.__getitem__#advanced", "mask", lambda t: (lambda x: x[x > 4])(_matrix(t)), [5.0, 6.0])
gives(
    "Tensor.__getitem__#advanced",
    "gradient",
    lambda t: _grad(t, lambda x: x[t.tensor([0, 0, 1])].sum(), [1.0, 2.0, 3.0]),
    [2.0, 1.0, 0.0],
)
gives(
    "Tensor.index_select",
    "columns",
    lambda t: _shared(t, lambda x: x.index_select(1, t.tensor([0]))),
    [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
)
gives("Tensor.gather", "method", lambda t: _matrix(t).gather(1, t.tensor([[2], [0]])), [[3.0], [4.0]])
gives("Tensor.argmax", "method", lambda t: _matrix(t).argmax(1), [2, 2])

# -- functions and operators ----------------------------------------------------------------------------------------------------

gives(
    "matmul",
    "operator",
    lambda t: (lambda x: [t.matmul(x, x.t()).tolist(), (x @ x.t()).tolist()])(t.tensor([[1.0, 2.0]])),
    [[[5.0]], [[5.0]]],
)
gives(
    "Tensor.__matmul__",
    "gradient",
    lambda t: _grad(t, lambda x: (t.tensor([[1.0, 2.0]]) @ x).sum(), [[1.0], [1.0]]),
    [[1.0], [2.0]],
)
gives("Tensor.__add__", "number", lambda t: [(t.tensor([1.0]) + 2).item(), (2 + t.tensor([1.0])).item()], [3.0, 3.0])
gives("Tensor.__add__", "gradient", lambda t: _grad(t, lambda x: (x + 5).sum(), [1.0, 2.0]), [1.0, 1.0])
gives(
    "Tensor.__mul__", "gradient", lambda t: _grad(t, lambda x: (x * t.tensor([3.0, 4.0])).sum(), [1.0, 2.0]), [3.0, 4.0]
)
gives("Tensor.__rmul__", "number", lambda t: 2 * t.tensor([1.5]), [3.0])
gives("exp", "integers", lambda t: str(t.exp(t.tensor([1])).dtype), "torch.float32")
gives("Tensor.mean", "method", lambda t: _matrix(t).mean().item(), 3.5)
gives("Tensor.log", "method", lambda t: t.ones(2).log(), [0.0, 0.0])
gives("Tensor.log2", "method", lambda t: t.tensor([8.0]).log2(), [3.0])
gives("Tensor.log10", "method", lambda t: t.tensor([1000.0]).log10(), [3.0])
gives(
    "rsqrt", "function", lambda t: [t.rsqrt(t.tensor([4.0])).tolist(), t.tensor([4.0]).rsqrt().tolist()], [[0.5], [0.5]]
)
gives(
    "clip#versions",
    "same",
    lambda t: [f(t.tensor([-1, 5]), 0, 3).tolist() for f in (t.clamp, t.clip)],
    [[0, 3], [0, 3]],
)
gives("Tensor.unflatten", "keywords", lambda t: list(t.zeros(2, 6).unflatten(dim=1, sizes=(2, 3)).shape), [2, 2, 3])
gives("Tensor.roll", "method", lambda t: t.tensor([0, 1, 2]).roll(1), [2, 0, 1], dtypes=_INTS)
prints(
    "roll#print_example",
    "two-lines",
    lambda t: t.roll(t.tensor([[1, 2], [3, 4]]), 1),
    "tensor([[4, 1],\n        [2, 3]])",
    dtypes=_INTS,
)
gives(
    "Tensor.float",
    "itself",
    lambda t: (lambda x: [x.float() is x, str(t.tensor([1]).float().dtype)])(t.ones(1)),
    [True, "torch.float32"],
)
prints("float32", "name", lambda t: [t.float32, t.tensor([1.0])], "[torch.float32, tensor([1.])]")
prints("int64", "name", lambda t: [t.int64, t.tensor([1])], "[torch.int64, tensor([1])]", dtypes=_INTS)
gives(
    "max#positional_out",
    "keyword",
    lambda t: (lambda out: t.max(t.tensor([3.0, 5.0]), 0, out=out)[0] is out[0])(
        (t.empty(()), t.empty((), dtype=t.int64))
    ),
    True,
)
gives(
    "backward",
    "alias",
    lambda t: (lambda x: [t.backward((x * 2).sum()), x.grad.item()])(t.tensor([1.0], requires_grad=True)),
    [None, 2.0],
)
gives(
    "Tensor.requires_grad",
    "default",
    lambda t: [t.zeros(1).requires_grad, t.nn.Parameter(t.zeros(1)).requires_grad],
    [False, True],
)
refuses(
    "Tensor.requires_grad",
    "non-leaf",
    lambda t: setattr(t.zeros(1, requires_grad=True) * 2, "requires_grad", False),
    RuntimeError,
)

# -- devices ----------------------------------------------------------------------------------------------------------------------

gives("Tensor.device", "printed", lambda t: f"{t.zeros(1, device='cpu').device}", "cpu")
gives("Tensor.cpu", "itself", lambda t: (lambda x: x.cpu() is x)(t.zeros(1, device="cpu")), True)
