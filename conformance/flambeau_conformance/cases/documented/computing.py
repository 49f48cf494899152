"""Documented behaviours of functions, gradients, modules and random numbers."""

from typing import Any

from ...documented import gives, prints, refuses
from ...subject import CPU_STREAM

_INTS = ("int64",)
_NAN, _INF = float("nan"), float("inf")


def _x(t: Any) -> Any:
    return t.tensor([[3, 2, 1], [4, 5, 6]])


# -- functions ---------------------------------------------------------------------------------------------------------

prints("max", "all", lambda t: t.max(_x(t)), "tensor(6)", dtypes=_INTS)
prints("max#default_dim_comment", "method", lambda t: _x(t).max(), "tensor(6)", dtypes=_INTS)
prints(
    "max#dim",
    "pair",
    lambda t: t.max(_x(t), dim=1),
    "torch.return_types.max(\nvalues=tensor([3, 6]),\nindices=tensor([0, 2]))",
    dtypes=_INTS,
)
prints("max#dim", "kept", lambda t: t.max(_x(t), 1, keepdim=True).values, "tensor([[3],\n        [6]])", dtypes=_INTS)
gives(
    "max#dim",
    "gathered",
    lambda t: t.gather(_x(t), dim=1, index=_x(t).max(1).indices.unsqueeze(1)).squeeze(),
    [3, 6],
    dtypes=_INTS,
)
gives("max#dim", "indexed", lambda t: _x(t)[t.arange(2), _x(t).max(1)[1]], [3, 6], dtypes=_INTS)
gives("min", "pair", lambda t: t.min(_x(t), dim=0), [[3, 2, 1], [0, 0, 0]], dtypes=_INTS)
gives("argmax", "all", lambda t: (t.argmax(_x(t)), _x(t).argmax(dim=1)), [5, [0, 2]], dtypes=_INTS)
refuses(
    "mean",
    "ints",
    lambda t: t.mean(t.tensor([1, 2])),
    RuntimeError,
    r"^mean\(\): could not infer output dtype",
    dtypes=_INTS,
)
gives("sin", "ints", lambda t: t.sin(t.tensor([0, 1])), [0.0, 0.8415])
gives("log", "edges", lambda t: t.log(t.tensor([0.0, 1.0])), [-_INF, 0.0])
gives("log", "base", lambda t: t.log(t.tensor(25.0)) / t.log(t.tensor(5.0)), 2.0)
gives("log2", "eight", lambda t: t.log2(t.tensor([8.0])), [3.0])
gives("log10", "thousand", lambda t: t.tensor([1000.0]).log10(), [3.0])
gives("Tensor.rsqrt", "edges", lambda t: t.tensor([4.0, 0.0]).rsqrt(), [0.5, _INF])
gives("clamp", "both", lambda t: t.clamp(t.tensor([-2.0, 0.5, 3.0]), -1, 1), [-1.0, 0.5, 1.0])
refuses(
    "clamp",
    "none",
    lambda t: t.zeros(1).clamp(),
    RuntimeError,
    "torch.clamp: At least one of 'min' or 'max' must not be None",
)
gives("clip", "alias", lambda t: t.clip(t.tensor([5]), max=3), [3], dtypes=_INTS)
gives(
    "eq",
    "broadcast",
    lambda t: t.eq(_x(t), t.tensor([3, 5, 6])),
    [[True, False, False], [False, True, True]],
    dtypes=_INTS,
)
gives("greater_equal", "alias", lambda t: t.greater_equal(t.tensor([1, 2]), 2), [False, True], dtypes=_INTS)
prints(
    "where",
    "example",
    lambda t: t.where(t.tensor([True, False]), t.tensor([1, 2]), -1),
    "tensor([ 1, -1])",
    dtypes=_INTS,
)
refuses("where", "condition", lambda t: t.where(t.tensor([1]), 1, 2), RuntimeError,
        "where expected condition to be a boolean tensor, but got a tensor with dtype Long", dtypes=_INTS)  # fmt: skip
gives(
    "where#same_dtype",
    "promoted",
    lambda t: t.where(t.tensor([True, False]), t.tensor([1, 2]), t.tensor([0.5, 2.5])),
    [1.0, 2.5],
)
gives(
    "where#keyword_names",
    "x-and-y",
    lambda t: t.where(t.tensor([False]), x=t.tensor([1]), y=t.tensor([2])),
    [2],
    dtypes=_INTS,
)
gives("Tensor.where", "number", lambda t: t.tensor([1, 2]).where(t.tensor([False, True]), 7), [7, 2], dtypes=_INTS)
refuses("gather", "dims", lambda t: t.gather(t.zeros(2, 2), 1, t.tensor([0])), RuntimeError,
        "Index tensor must have the same number of dimensions as input tensor")  # fmt: skip
gives("Tensor.__truediv__", "ints", lambda t: t.tensor([3]) / 2, [1.5])
gives("Tensor.__mod__", "sign", lambda t: t.tensor([-3, 3]) % 2, [1, 1], dtypes=_INTS)
refuses(
    "Tensor.__pow__", "negative", lambda t: t.tensor([2]) ** -1, RuntimeError, "negative integer powers", dtypes=_INTS
)
gives("relu", "ints", lambda t: t.relu(t.tensor([-1, 2])), [0, 2], dtypes=_INTS)
refuses("relu", "inplace", lambda t: t.relu(t.zeros(1), inplace=True), TypeError)
prints(
    "nn.functional.relu#inplace",
    "printed",
    lambda t: t.nn.functional.relu(t.tensor([-1.0, 0.1654]), inplace=True),
    "tensor([0.0000, 0.1654])",
)
prints("nn.ReLU", "text", lambda t: (t.nn.ReLU(), t.nn.ReLU(inplace=True)), "(ReLU(), ReLU(inplace=True))")
gives(
    "relu#same_implementation",
    "node",
    lambda t: t.nn.ReLU()(t.ones(1, requires_grad=True)).grad_fn.name(),
    "ReluBackward0",
)

# -- gradients ---------------------------------------------------------------------------------------------------------


def _vector_mean(t: Any) -> Any:
    x = t.ones(2, 2) * 2
    leaves = [t.ones(2, 2, requires_grad=True) for _ in range(3)]
    first, second, third = leaves
    out = (first * x + second + third).mean()
    out.backward()
    return [leaf.grad for leaf in leaves]


def _squared(t: Any) -> Any:
    x = t.tensor([2.0, 3.0], requires_grad=True)
    return x, t.stack([x[0] ** 2 + x[1] ** 2, x[0] * 3 + x[1] ** 2])


def _slopes(t: Any, **options: Any) -> Any:
    x, y = _squared(t)
    return t.autograd.grad(outputs=y, inputs=x, **options)


def _twice(t: Any) -> Any:
    x = t.tensor(2.0, requires_grad=True)
    y = x**3
    y.backward(retain_graph=True)
    first = x.grad.clone()
    y.backward()
    return first, x.grad


gives("Tensor.backward", "matrices", _vector_mean, [[[0.5] * 2] * 2, [[0.25] * 2] * 2, [[0.25] * 2] * 2])
gives("Tensor.backward#retain_graph", "added", _twice, [12.0, 24.0])
prints("autograd.grad#stack_example", "gradient", lambda t: _slopes(t, grad_outputs=t.ones(2)), "(tensor([ 7., 12.]),)")
prints("autograd.grad#stack_example", "value", lambda t: _squared(t)[1], "tensor([13., 15.], grad_fn=<StackBackward0>)")
refuses("autograd.grad", "not-scalar", _slopes, RuntimeError, "grad can be implicitly created only for scalar outputs")
refuses("autograd.grad#grad_outputs_default", "mismatch", lambda t: _slopes(t, grad_outputs=t.ones(3)), RuntimeError,
        r"Mismatch in shape: grad_output\[0\] has a shape of torch.Size\(\[3\]\) and output\[0\] has a shape of torch.Size\(\[2\]\).")  # fmt: skip
gives(
    "Tensor.is_leaf",
    "result",
    lambda t: (t.ones(1).is_leaf, (t.ones(1, requires_grad=True) * 2).is_leaf),
    [True, False],
)
gives("Tensor.grad", "before", lambda t: t.ones(1, requires_grad=True).grad, None)
prints(
    "Tensor.grad_fn", "node", lambda t: (t.ones(2, requires_grad=True) - 1).sum(), "tensor(0., grad_fn=<SumBackward0>)"
)

# -- modules -----------------------------------------------------------------------------------------------------------


def _unregistered(t: Any) -> Any:
    model = t.nn.Module()
    model.plain = t.ones(2, requires_grad=True)
    return model


def _assign(t: Any) -> None:
    t.nn.Linear(2, 1).weight = t.ones(1, 2)


def _seeded(t: Any, make: Any) -> Any:
    t.manual_seed(42)
    return make(t)


prints(
    "nn.Parameter.__repr__",
    "trained",
    lambda t: t.nn.Parameter(t.ones(2)),
    "Parameter containing:\ntensor([1., 1.], requires_grad=True)",
)
prints(
    "nn.Parameter.__repr__",
    "frozen",
    lambda t: t.nn.Parameter(t.ones(2), requires_grad=False),
    "Parameter containing:\ntensor([1., 1.])",
)
gives(
    "nn.Parameter",
    "leaf",
    lambda t: (t.nn.Parameter(t.ones(1)).is_leaf, type(t.nn.Parameter(t.ones(1)) * 1) is t.Tensor),
    [True, True],
)
gives("nn.Module.__setattr__#tensor", "unregistered", lambda t: list(_unregistered(t).parameters()), [])
refuses("nn.Module.__setattr__#parameter", "tensor", _assign, TypeError, "cannot assign .* as parameter 'weight'")
refuses(
    "nn.Module",
    "forward",
    lambda t: t.nn.Module()(1),
    NotImplementedError,
    r'Module \[Module\] is missing the required "forward" function',
)
prints("nn.Linear", "text", lambda t: t.nn.Linear(2, 1), "Linear(in_features=2, out_features=1, bias=True)")
gives(
    "nn.Linear",
    "no-bias",
    lambda t: (t.nn.Linear(2, 1, bias=False).bias, list(t.nn.Linear(2, 1).weight.shape)),
    [None, [1, 2]],
)
refuses(
    "nn.Linear",
    "width",
    lambda t: t.nn.Linear(3, 2)(t.zeros(4, 5)),
    RuntimeError,
    r"mat1 and mat2 shapes cannot be multiplied \(4x5 and 3x2\)",
)
gives(
    "nn.Linear.reset_parameters",
    "seed-42",
    lambda t: _seeded(t, lambda t: t.nn.Linear(2, 2)).weight,
    [[0.5406, 0.5869], [-0.1657, 0.6496]],
    extensions=(CPU_STREAM,),
)
prints("nn.Module.__repr__", "nested", lambda t: t.nn.Sequential(t.nn.Linear(2, 1), t.nn.Sequential(t.nn.ReLU())),
       "Sequential(\n  (0): Linear(in_features=2, out_features=1, bias=True)\n  (1): Sequential(\n    (0): ReLU()\n  )\n)")  # fmt: skip
gives(
    "nn.Module.named_parameters",
    "names",
    lambda t: [name for name, _ in t.nn.Sequential(t.nn.Linear(2, 1)).named_parameters()],
    ["0.weight", "0.bias"],
)
refuses("optim.SGD", "nothing", lambda t: t.optim.SGD([], lr=0.1), ValueError, "optimizer got an empty parameter list")
refuses(
    "optim.SGD",
    "non-leaf",
    lambda t: t.optim.SGD([t.ones(1, requires_grad=True) * 2], lr=0.1),
    ValueError,
    "can't optimize a non-leaf Tensor",
)
gives("utils.data.DataLoader.__len__", "rounded", lambda t: [
    len(t.utils.data.DataLoader(t.utils.data.TensorDataset(t.zeros(1000, 10)), batch_size=32, drop_last=drop)) for drop in (False, True)
], [32, 31])  # fmt: skip
