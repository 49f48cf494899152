"""Derivatives and maps of functions, forward mode, hooks on what is saved, inference mode, checkpoints."""

from importlib import import_module
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import case
from ...subject import Subject

_FLOAT = ("float32",)


def _vector(subject: Subject, *numbers: float, **options: Any) -> Any:
    return subject.tensor(list(numbers), "float32", **options)


@case("func.grad/value/nested/float32", dtypes=_FLOAT)
def _nested(subject: Subject) -> None:
    grad = subject.torch.func.grad
    found = grad(grad(lambda x: x**4))(subject.tensor(2.0, "float32"))
    expect_equal((found.item(), found.requires_grad), (48.0, False))


@case("func.grad/value/argnums-and-aux/float32", dtypes=_FLOAT)
def _argnums(subject: Subject) -> None:
    x, y = _vector(subject, 1.0, 2.0), _vector(subject, 3.0, 4.0)
    call = subject.torch.func.grad(lambda a, b: ((a * b["b"]).sum(), a), argnums=(0, 1), has_aux=True)
    (first, second), aux = call(x, {"b": y})
    expect_equal((first.tolist(), second["b"].tolist(), aux.tolist()), ([3.0, 4.0], [1.0, 2.0], [1.0, 2.0]))


@case("func.vjp/value/pairs/float32", dtypes=_FLOAT)
def _vjp(subject: Subject) -> None:
    x, y = _vector(subject, 1.0, 2.0), _vector(subject, 3.0, 4.0)
    value, pull = subject.torch.func.vjp(lambda a, b: (a * b, a), x, y)
    expect_equal([part.tolist() for part in value], [[3.0, 8.0], [1.0, 2.0]], "the value")
    expect_equal([part.tolist() for part in pull((x, y))], [[6.0, 12.0], [1.0, 4.0]], "the products")


@case("func.jvp/value/pairs/float32", dtypes=_FLOAT)
def _jvp(subject: Subject) -> None:
    x, y = _vector(subject, 1.0, 2.0), _vector(subject, 3.0, 4.0)
    value, product = subject.torch.func.jvp(lambda a, b: a * b, (x, y), (y, x))
    expect_equal((value.tolist(), product.tolist()), ([3.0, 8.0], [10.0, 20.0]))


@case("func.jacobians/value/agree/float32", dtypes=_FLOAT)
def _jacobians(subject: Subject) -> None:
    func, x = subject.torch.func, _vector(subject, 1.0, 2.0)
    backward, forward = (jacobian(lambda a: a[:, None] * a**2)(x).tolist() for jacobian in (func.jacrev, func.jacfwd))
    expected = [[[3.0, 0.0], [4.0, 4.0]], [[4.0, 1.0], [0.0, 12.0]]]
    expect_equal((backward, forward), (expected, expected))
    expect_equal(func.hessian(lambda a: (a**3).sum())(x).tolist(), [[6.0, 0.0], [0.0, 12.0]], "the Hessian")


@case("vmap/value/dims/float32", dtypes=_FLOAT)
def _vmap(subject: Subject) -> None:
    torch = subject.torch
    rows = subject.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], "float32")
    expect_equal(torch.vmap(lambda row: row.sum())(rows).tolist(), [3.0, 7.0, 11.0], "over rows")
    mapped = torch.vmap(lambda column, k: column * k, in_dims=(1, None), out_dims=1)(
        rows, _vector(subject, 1.0, 0.0, 2.0)
    )
    expect_equal(mapped.tolist(), [[1.0, 2.0], [0.0, 0.0], [10.0, 12.0]], "over columns")
    gradients = torch.vmap(torch.func.grad(lambda row: (row**2).sum()))(rows)
    expect_equal(gradients.tolist(), [[2.0, 4.0], [6.0, 8.0], [10.0, 12.0]], "of gradients")


@case("vmap/error/random/float32", dtypes=_FLOAT)
def _random(subject: Subject) -> None:
    rows = subject.torch.zeros(3, 2)
    expect_raises(
        lambda: subject.torch.vmap(lambda row: row + subject.torch.rand(2))(rows), RuntimeError, "randomness error mode"
    )


@case("functional_call/value/other-weights/float32", dtypes=_FLOAT)
def _functional_call(subject: Subject) -> None:
    layer = subject.torch.nn.Linear(2, 1)
    before = layer.weight
    weights = {"weight": subject.tensor([[1.0, 2.0]], "float32"), "bias": _vector(subject, 0.5)}
    found = subject.torch.func.functional_call(layer, weights, (subject.tensor([[3.0, 4.0]], "float32"),))
    expect_equal(found.tolist(), [[11.5]])
    expect(layer.weight is before, "the module has not its own weight again")


@case("forward_ad/value/through-writes/float32", dtypes=_FLOAT)
def _forward(subject: Subject) -> None:
    forward = import_module(f"{subject.torch.__name__}.autograd.forward_ad")
    with forward.dual_level():
        x = forward.make_dual(_vector(subject, 1.0, 2.0), _vector(subject, 3.0, 5.0))
        target = subject.torch.zeros(3)
        target[1:] = x * x
        tangent = forward.unpack_dual(target.cumsum(0)).tangent
    expect_equal(tangent.tolist(), [0.0, 6.0, 26.0])


@case("saved_tensors_hooks/value/packed/float32", dtypes=_FLOAT)
def _packed(subject: Subject) -> None:
    x = _vector(subject, 1.0, 2.0, requires_grad=True)
    hooks = subject.torch.autograd.graph.saved_tensors_hooks
    with hooks(lambda tensor: tensor.tolist(), lambda packed: subject.tensor(packed, "float32")):
        y = (x * x) * x
    (found,) = subject.torch.autograd.grad(y.sum(), x)
    expect_equal(found.tolist(), [3.0, 12.0])


@case("inference_mode/error/saved-or-written/float32", dtypes=_FLOAT)
def _inference(subject: Subject) -> None:
    torch = subject.torch
    x = _vector(subject, 1.0, 2.0, requires_grad=True)
    with torch.inference_mode():
        y = x * 2
    expect_equal((y.is_inference(), y.requires_grad, y.clone().is_inference()), (True, False, False))
    expect_raises(lambda: x * y, RuntimeError, "Inference tensors cannot be saved for backward")
    expect_raises(
        lambda: y.add_(1), RuntimeError, "Inplace update to inference tensor outside InferenceMode is not allowed"
    )


@case("checkpoint/value/gradients/float32", dtypes=_FLOAT)
def _checkpoint(subject: Subject) -> None:
    checkpoint = import_module(f"{subject.torch.__name__}.utils.checkpoint").checkpoint
    calls: list[int] = []

    def part(a: Any) -> Any:
        calls.append(1)
        return (a * a) * a

    x = _vector(subject, 1.0, 2.0, requires_grad=True)
    checkpoint(part, x, use_reentrant=False).sum().backward()
    expect_equal((x.grad.tolist(), len(calls)), ([3.0, 12.0], 2))


@case("grad/value/batched-starts/float32", dtypes=_FLOAT)
def _batched(subject: Subject) -> None:
    x = _vector(subject, 1.0, 2.0, requires_grad=True)
    starts = subject.tensor([[1.0, 0.0], [0.0, 1.0]], "float32")
    (found,) = subject.torch.autograd.grad(x * x, x, starts, is_grads_batched=True)
    expect_equal(found.tolist(), [[2.0, 0.0], [0.0, 4.0]])


@case("multi_grad_hook/value/all/float32", dtypes=_FLOAT)
def _several(subject: Subject) -> None:
    x, y = (_vector(subject, number, requires_grad=True) for number in (1.0, 2.0))
    seen: list[Any] = []
    register = subject.torch.autograd.graph.register_multi_grad_hook
    handle = register((x, y), lambda grads: seen.append([None if grad is None else grad.tolist() for grad in grads]))
    (x * 3 + y * 5).sum().backward()
    (x * 7).sum().backward()
    handle.remove()
    (x * y).sum().backward()
    expect_equal(seen, [[[3.0], [5.0]], [[7.0], None]])
