"""Versions: what counts as a write, who shares the count, and what the backward pass makes of it."""

from functools import partial
from typing import Any

from ...checks import expect
from ...programs import program, programs, refusals

# Every way to write into a tensor, and how often each counts.


def _writes(t: Any, name: str, write: Any) -> Any:
    """By how much a write raises the versions of a tensor, of a view, of a view of the view and of what was detached."""
    x = t.arange(6.0).reshape(2, 3).clone()
    family = [x, x[0], x.t()[1:], x.detach()]
    before = [each._version for each in family]
    returned = write(t, x)
    if name.endswith("_"):
        expect(returned is x, "what is returned is another tensor")
    return [each._version - old for each, old in zip(family, before, strict=True)]


_WRITES: dict[str, Any] = {
    "add_": lambda t, x: x.add_(1), "operator": lambda t, x: x.__iadd__(1), "mul_": lambda t, x: x.mul_(2), "neg_": lambda t, x: x.neg_(),
    "sub_": lambda t, x: x.sub_(1), "div_": lambda t, x: x.div_(2), "pow_": lambda t, x: x.pow_(2), "exp_": lambda t, x: x.exp_(),
    "clamp_": lambda t, x: x.clamp_(0, 1), "zero_": lambda t, x: x.zero_(), "fill_": lambda t, x: x.fill_(3), "copy_": lambda t, x: x.copy_(t.ones(3)),
    "setitem-number": lambda t, x: x.__setitem__(0, 1.0), "setitem-slice": lambda t, x: x.__setitem__((slice(None), slice(1, 2)), 5.0),
    "setitem-tensor": lambda t, x: x.__setitem__(0, t.ones(3)), "setitem-mask": lambda t, x: x.__setitem__(x > 2, 0.0),
    "setitem-index": lambda t, x: x.__setitem__(t.tensor([1]), 0.0), "index_fill_": lambda t, x: x.index_fill_(0, t.tensor([1]), 5.0),
    "index_add_": lambda t, x: x.index_add_(0, t.tensor([1]), t.ones(1, 3)), "index_copy_": lambda t, x: x.index_copy_(0, t.tensor([1]), t.ones(1, 3)),
    "index_put_": lambda t, x: x.index_put_((t.tensor([1]),), t.ones(3)), "masked_fill_": lambda t, x: x.masked_fill_(x > 2, 0.0),
    "masked_scatter_": lambda t, x: x.masked_scatter_(x > 2, t.ones(6)), "scatter_": lambda t, x: x.scatter_(0, t.tensor([[1]]), 5.0),
    "scatter_add_": lambda t, x: x.scatter_add_(0, t.tensor([[1]]), t.ones(1, 1)), "put_": lambda t, x: x.put_(t.tensor([1]), t.ones(1)),
    "uniform_": lambda t, x: x.uniform_(), "normal_": lambda t, x: x.normal_(), "bernoulli_": lambda t, x: x.bernoulli_(0.5),
    "cauchy_": lambda t, x: x.cauchy_(), "geometric_": lambda t, x: x.geometric_(0.5), "log_normal_": lambda t, x: x.log_normal_(),
    "exponential_": lambda t, x: x.exponential_(), "random_": lambda t, x: x.random_(3), "fill_diagonal_": lambda t, x: x.fill_diagonal_(1.0),
    "addmm_": lambda t, x: x.addmm_(t.ones(2, 2), t.ones(2, 3)), "addcmul_": lambda t, x: x.addcmul_(t.ones(3), t.ones(3)),
    "lerp_": lambda t, x: x.lerp_(t.ones(3), 0.5), "cumsum_": lambda t, x: x.cumsum_(1), "tril_": lambda t, x: x.tril_(),
    "out-add": lambda t, x: t.add(t.ones(2, 3), 1, out=x), "out-sum": lambda t, x: t.sum(t.ones(2, 2, 3), 0, out=x),
    "out-cat": lambda t, x: t.cat((t.ones(1, 3), t.ones(1, 3)), out=x), "out-mm": lambda t, x: t.mm(t.ones(2, 2), t.ones(2, 3), out=x),
    "out-zeros": lambda t, x: t.zeros(2, 3, out=x), "through-view": lambda t, x: x[1].mul_(2), "through-view-of-view": lambda t, x: x.t()[0].add_(1),
    "through-detach": lambda t, x: x.detach().add_(1), "chunk": lambda t, x: x.chunk(2)[0].add_(1), "diagonal": lambda t, x: x.diagonal().zero_(),
    "init": lambda t, x: t.nn.init.ones_(x), "relu_": lambda t, x: t.relu_(x), "dropout_": lambda t, x: t.nn.functional.dropout(x, 0.5, inplace=True),
    "two-writes": lambda t, x: x.add_(1).mul_(2), "requires_grad_": lambda t, x: x.requires_grad_(),
    "through-data": lambda t, x: x.data.add_(1), "set-data": lambda t, x: setattr(x, "data", t.ones(2, 3)),
    "reading": lambda t, x: (x + 1, x.sum(), x.clone(), x.tolist(), x[0], x.reshape(3, 2)), "self-copy": lambda t, x: x.copy_(x),
    "no-elements": lambda t, x: x[:0].add_(1), "mask-of-nothing": lambda t, x: x.masked_fill_(x > 100, 0.0), "times-one": lambda t, x: x.mul_(1),
}  # fmt: skip
_COUNTS = {"two-writes": [2, 2, 2, 2], "requires_grad_": [0, 0, 0, 0], "through-data": [0, 0, 0, 0], "set-data": [0, 0, 0, 0], "reading": [0, 0, 0, 0]}  # fmt: skip

for _name, _write in _WRITES.items():
    program(f"version/value/{_name}", _COUNTS.get(_name, [1, 1, 1, 1]), dtypes=("float32", "int64", "bool"))(
        partial(_writes, name=_name, write=_write)
    )


_MORE: dict[str, Any] = {
    "index_reduce_": lambda t, x: x.index_reduce_(0, t.tensor([1]), t.ones(1, 3), "mean"), "remainder_": lambda t, x: x.remainder_(2),
    "scatter_reduce_": lambda t, x: x.scatter_reduce_(0, t.tensor([[1]]), t.ones(1, 1), "sum"), "xlogy_": lambda t, x: x.xlogy_(t.ones(3)),
    "renorm_": lambda t, x: x.renorm_(2, 0, 1.0), "square_": lambda t, x: x.square_(), "triu_": lambda t, x: x.triu_(),
    "nan_to_num_": lambda t, x: x.nan_to_num_(),
}  # fmt: skip
"""More ways to write, which like those above refuse a leaf that requires a gradient, and most of them shared memory."""

_ALIKE = ("zero_", "fill_", "index_fill_", "index_put_", "masked_fill_", "fill_diagonal_", "tril_", "triu_")
"""Those that write where elements share memory."""


def _refused(t: Any, x: Any, write: Any, words: str) -> Any:
    """Whether a write is refused with some words, and has changed nothing."""
    before = x.tolist()
    try:
        write(t, x)
    except RuntimeError as error:
        return [words in str(error), x.tolist() == before]
    return "it is written"


_LEAF = "leaf Variable that requires grad is being used in an in-place operation"
_SHARED = "unsupported operation: more than one element of the written-to tensor refers to a single memory location"

for _name, _write in (_WRITES | _MORE).items():
    if _name.endswith("_") and _name != "requires_grad_":
        program(f"version/refused/{_name}-leaf", [True, True], dtypes=("float32", "int64", "bool"))(
            partial(lambda t, write: _refused(t, t.ones(2, 3, requires_grad=True), write, _LEAF), write=_write)
        )
        if _name not in _ALIKE:
            program(f"version/refused/{_name}-shared", [True, True], dtypes=("float32", "int64", "bool"))(
                partial(lambda t, write: _refused(t, (t.ones(3) + 1).expand(2, 3), write, _SHARED), write=_write)
            )


def _still(t: Any, write: Any) -> Any:
    """The gradient of what a write has replaced."""
    x = t.ones(2, 3, requires_grad=True)
    y = x * 2
    write(t, y)
    (y * 3).sum().backward()
    return x.grad


for _name in (
    "uniform_", "normal_", "bernoulli_", "exponential_", "random_", "cauchy_", "geometric_", "log_normal_", "fill_", "zero_",
):  # fmt: skip
    program(f"version/replaced/{_name}", [[0.0] * 3] * 2, dtypes=("float32", "int64"))(
        partial(_still, write=_WRITES[_name])
    )


@program("version/replaced/fill-with-a-tensor", [6.0, [0.0, 0.0]])
def _filled(t: Any) -> Any:
    x, value = t.ones(2, requires_grad=True), t.tensor(2.0, requires_grad=True)
    y = (x * 2).fill_(value)
    (y * 3).sum().backward()
    return value.grad, x.grad


@program("version/value/no-grad-counts", [3, True, True])
def _no_grad(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    with t.no_grad():
        x.add_(1)
        x[0] = 3
        x.copy_(t.zeros(2))
    return x._version, x.is_leaf, x.requires_grad


@program("version/value/optimizers-count", [True, True, True])
def _optimizers(t: Any) -> Any:
    found = []
    for kind in (t.optim.SGD, t.optim.Adam, t.optim.AdamW):
        x = t.ones(2, requires_grad=True)
        x.grad = t.ones(2)
        kind([x], lr=0.1).step()
        found.append(x._version > 0)
    return found


@program("version/value/apart", [0, 0, 0, 0, 1])
def _apart(t: Any) -> Any:
    x = t.ones(2)
    others = [x.clone(), x.data, x + 0, t.tensor(x.tolist()), t.nn.Parameter(x)]
    x.add_(1)
    return [each._version for each in others]


@program("version/value/gradient-counts-its-own", [0, 2, 0])
def _gradient(t: Any) -> Any:
    x = t.ones(2, requires_grad=True)
    (x * 2).sum().backward()
    first = x.grad._version
    (x * 2).sum().backward()
    x.grad.zero_()
    return first, x.grad._version, x._version


# -- what the backward pass needs unchanged -------------------------------------------------------------------------


def _changed(t: Any, make: Any, change: Any) -> Any:
    """The gradient of a leaf if what a program makes of it is changed before the backward pass."""
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    z = make(y)
    change(y, z)
    z.sum().backward()
    return x.grad


def _no_grad_add(t: Any, y: Any) -> None:
    with t.no_grad():
        y.add_(1)


def _stepped(t: Any) -> None:
    first, second = (t.nn.Parameter(t.ones(2)) for _ in range(2))
    loss = (first * second).sum()
    loss.backward(retain_graph=True)
    t.optim.SGD([first, second], lr=0.1).step()
    loss.backward()


_MODIFIED = "is at version 1; expected version 0 instead"
refusals("saved", {
    "input-of-square": (lambda t: _changed(t, lambda y: y * y, lambda y, z: y.add_(1)), RuntimeError, _MODIFIED),
    "input-through-view": (lambda t: _changed(t, lambda y: y * y, lambda y, z: y[:1].add_(1)), RuntimeError, _MODIFIED),
    "input-through-detach": (lambda t: _changed(t, lambda y: y * y, lambda y, z: y.detach().add_(1)), RuntimeError, _MODIFIED),
    "input-under-no-grad": (lambda t: _changed(t, lambda y: y * y, lambda y, z: _no_grad_add(t, y)), RuntimeError, _MODIFIED),
    "input-setitem": (lambda t: _changed(t, lambda y: y.sin(), lambda y, z: y.__setitem__(0, 1.0)), RuntimeError, _MODIFIED),
    "input-out": (lambda t: _changed(t, lambda y: y.log(), lambda y, z: t.add(t.ones(2), 1, out=y.detach())), RuntimeError, _MODIFIED),
    "input-zeroed": (lambda t: _changed(t, lambda y: y.cos(), lambda y, z: y.zero_()), RuntimeError, _MODIFIED),
    "result-of-exp": (lambda t: _changed(t, lambda y: y.exp(), lambda y, z: z.detach().mul_(2)), RuntimeError, _MODIFIED),
    "result-of-sigmoid": (lambda t: _changed(t, lambda y: y.sigmoid(), lambda y, z: z.detach().mul_(2)), RuntimeError, _MODIFIED),
    "result-of-tanh": (lambda t: _changed(t, lambda y: y.tanh(), lambda y, z: z.detach().fill_(0)), RuntimeError, _MODIFIED),
    "result-of-sqrt": (lambda t: _changed(t, lambda y: y.sqrt(), lambda y, z: z.detach().fill_(1)), RuntimeError, _MODIFIED),
    "result-of-softmax": (lambda t: _changed(t, lambda y: y.softmax(0), lambda y, z: z.detach().fill_(1)), RuntimeError, _MODIFIED),
    "result-of-relu": (lambda t: _changed(t, lambda y: y.relu(), lambda y, z: z.detach().fill_(1)), RuntimeError, _MODIFIED),
    "matrix": (lambda t: _changed(t, lambda y: t.outer(y, y) @ t.eye(2), lambda y, z: y.add_(1)), RuntimeError, _MODIFIED),
    "pow": (lambda t: _changed(t, lambda y: y**3, lambda y, z: y.add_(1)), RuntimeError, _MODIFIED),
    "divisor": (lambda t: _changed(t, lambda y: t.ones(2) / y, lambda y, z: y.add_(1)), RuntimeError, _MODIFIED),
    "optimizer-step": (lambda t: _stepped(t), RuntimeError, "is at version 1; expected version 0 instead"),
})  # fmt: skip
programs("saved", {
    "input-of-sum-is-free": (lambda t: _changed(t, lambda y: y + 1, lambda y, z: y.detach().mul_(100)), [2.0, 2.0]),
    "factor-is-constant": (lambda t: _changed(t, lambda y: y * 3, lambda y, z: y.detach().mul_(100)), [6.0, 6.0]),
    "result-of-square-is-free": (lambda t: _changed(t, lambda y: y * y, lambda y, z: z.detach().fill_(1)), [8.0, 16.0]),
    "input-of-exp-is-free": (lambda t: _changed(t, lambda y: y.exp() * 0 + y, lambda y, z: y.detach().fill_(1)), [2.0, 2.0]),
    "data-is-not-seen": (lambda t: _changed(t, lambda y: y * y, lambda y, z: y.data.fill_(5)), [20.0, 20.0]),
    "sign-is-free": (lambda t: _changed(t, lambda y: y.sign() + y, lambda y, z: y.detach().mul_(-1)), [2.0, 2.0]),
    "result-of-in-place": (lambda t: _changed(t, lambda y: y.exp_(), lambda y, z: None), [14.778112411499023, 109.19629669189453]),
    "shape-only": (lambda t: _changed(t, lambda y: y.expand(3, 2), lambda y, z: y.detach().fill_(1)), [6.0, 6.0]),
    "unneeded-factor": (lambda t: _changed(t, lambda y: y * t.tensor([3.0, 4.0]), lambda y, z: y.detach().fill_(1)), [6.0, 8.0]),
})  # fmt: skip


@program("saved/value/retained-and-rewritten", [4.0, 4.0])
def _rewritten(t: Any) -> Any:
    x = t.tensor([1.0, 2.0], requires_grad=True)
    y = x * 2
    z = (y.exp() * 0).sum() + y.sum()
    z.backward(retain_graph=True)
    y.detach().fill_(100.0)
    z.backward()
    return x.grad


refusals("in_place", {
    "leaf": (lambda t: t.ones(2, requires_grad=True).add_(1), RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation."),
    "view-of-leaf": (lambda t: t.ones(2, requires_grad=True)[:1].add_(1), RuntimeError, "a view of a leaf Variable that requires grad is being used in an in-place operation."),
    "leaf-setitem": (lambda t: t.ones(2, requires_grad=True).__setitem__(0, 1.0), RuntimeError, "a view of a leaf Variable that requires grad is being used in an in-place operation."),
    "leaf-zero": (lambda t: t.ones(2, requires_grad=True).zero_(), RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation."),
    "leaf-copy": (lambda t: t.ones(2, requires_grad=True).copy_(t.ones(2)), RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation."),
    "leaf-uniform": (lambda t: t.ones(2, requires_grad=True).uniform_(), RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation."),
    "leaf-out": (lambda t: t.add(t.ones(2), 1, out=t.ones(2, requires_grad=True)), RuntimeError, "add(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad."),
    "out-beside-gradient": (lambda t: t.add(t.ones(2, requires_grad=True), 1, out=t.ones(2)), RuntimeError, "add(): functions with out=... arguments don't support automatic differentiation, but one of the arguments requires grad."),
    "expanded": (lambda t: t.ones(1).expand(3).mul_(2), RuntimeError, "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please"),
    "expanded-setitem": (lambda t: t.ones(1, 3).expand(2, 3).__setitem__((slice(None), 0), 2.0), RuntimeError, "unsupported operation: more than one element of the written-to tensor refers to a single memory location. Please"),
    "piece-of-unbind": (lambda t: (t.ones(2, requires_grad=True) * 1).unbind(0)[0].add_(1), RuntimeError, "Output 0 of Unbind is a view and is being modified inplace. This view is the output of a function that returns multiple"),
    "piece-of-split": (lambda t: (t.ones(2, requires_grad=True) * 1).split(1)[0].add_(1), RuntimeError, "Output 0 of Split is a view and is being modified inplace. This view is the output of a function that returns multiple"),
    "overlapping": (lambda t: (lambda x: x[1:].copy_(x[:-1]))(t.arange(4.0)), RuntimeError, "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location."),
    "overlapping-operand": (lambda t: (lambda x: x[1:].add_(x[:-1]))(t.arange(4.0)), RuntimeError, "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory location."),
    "shape-would-grow": (lambda t: t.ones(2).add_(t.ones(3, 2)), RuntimeError, "output with shape [2] doesn't match the broadcast shape [3, 2]"),
    "no-broadcast": (lambda t: t.ones(2).add_(t.ones(3)), RuntimeError, "The size of tensor a (2) must match the size of tensor b (3) at non-singleton dimension 0"),
})  # fmt: skip
refusals("in_place", {
    "float-into-int": (lambda t: t.tensor([1, 2]).add_(1.5), RuntimeError, "result type Float can't be cast to the desired output type Long"),
    "float-tensor-into-int": (lambda t: t.tensor([1, 2]).mul_(t.tensor([1.5, 2.0])), RuntimeError, "result type Float can't be cast to the desired output type Long"),
    "division-of-ints": (lambda t: t.tensor([1, 2]).div_(2), RuntimeError, "result type Float can't be cast to the desired output type Long"),
    "int-into-bool": (lambda t: t.tensor([True]).add_(1), RuntimeError, "result type Long can't be cast to the desired output type Bool"),
    "sqrt-of-int": (lambda t: t.tensor([1, 2]).sqrt_(), RuntimeError, "result type Float can't be cast to the desired output type Long"),
}, dtypes=("float32", "int64", "bool"))  # fmt: skip
