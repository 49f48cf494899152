"""Scalars and arrays of NumPy as data, operands, indices and sizes; only where NumPy is installed."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

from ...model import NotClaimedError
from ...programs import programs, refusals

_DTYPES = ("float32", "float64", "int64", "int32", "uint8", "bool")


def _n() -> Any:
    """NumPy."""
    try:
        return import_module("numpy")
    except ImportError:
        raise NotClaimedError("NumPy is not installed") from None


programs("numpy", {
    "float64-operand": (lambda t: (t.tensor([1.0]) * _n().float64(2.5), (t.tensor([1.0]) * _n().float64(2.5)).dtype), [[2.5], "torch.float32"]),
    "float32-operand": (lambda t: (t.tensor([1.0]) + _n().float32(2.5), (t.tensor([1]) + _n().float32(2.5)).dtype), [[3.5], "torch.float32"]),
    "int64-operand": (lambda t: (t.tensor([1.0]) + _n().int64(2), (t.tensor([1]) + _n().int64(2)).dtype), [[3.0], "torch.int64"]),
    "int-beside-bool": (lambda t: (t.tensor([True]) + _n().int32(2)).dtype, "torch.int64"),
    "compared": (lambda t: (t.tensor([1, 2]) == _n().int64(2), t.tensor([1.0, 3.0]) > _n().float64(2.0)), [[False, True], [False, True]]),
    "as-index": (lambda t: (t.arange(5)[_n().int64(2)], t.arange(6).reshape(2, 3)[_n().int64(1), _n().int64(-1)]), [2, 5]),
    "as-size": (lambda t: (t.zeros(_n().int64(2)).shape, t.zeros((_n().int64(2), 3)).shape, t.arange(6).reshape(_n().int64(2), -1).shape), [[2], [2, 3], [2, 3]]),
    "as-dim": (lambda t: t.ones(2, 3).sum(_n().int64(1)), [3.0, 3.0]),
    "as-value": (lambda t: (t.full((1,), _n().float64(2.5)), t.ones(2).fill_(_n().float32(0.5)), t.ones(1).add(1, alpha=_n().int64(3))), [[2.5], [0.5, 0.5], [4.0]]),
    "setitem": (lambda t: (lambda x: (x.__setitem__(0, _n().float64(2.5)), x)[1])(t.zeros(2)), [2.5, 0.0]),
    "tensor-of-scalars": (lambda t: (t.tensor(_n().float64(2.5)), t.tensor(_n().float64(2.5)).dtype, t.tensor(_n().float32(2.5)).dtype, t.tensor([_n().int32(1)]).dtype,
        t.tensor(_n().int64(1)).dtype, t.tensor(_n().bool_(True)).dtype), [2.5, "torch.float64", "torch.float32", "torch.int32", "torch.int64", "torch.bool"]),
    "tensor-of-array": (lambda t: (t.tensor(_n().arange(3)), t.tensor(_n().ones(2)).dtype, t.tensor(_n().ones(2, dtype="float32")).dtype), [[0, 1, 2], "torch.float64", "torch.float32"]),
    "tensor-copies": (lambda t: (lambda data: (lambda x: (data.fill(5), x)[1])(t.tensor(data)))(_n().ones(2)), [1.0, 1.0]),
    "tensor-of-arrays": (lambda t: t.tensor(_n().array([[1, 2], [3, 4]])), [[1, 2], [3, 4]]),
    "tensor-of-turned-array": (lambda t: t.tensor(_n().arange(6).reshape(2, 3).T), [[0, 3], [1, 4], [2, 5]]),
    "tensor-of-stepped-array": (lambda t: t.tensor(_n().arange(6)[::2]), [0, 2, 4]),
    "tensor-of-zero-dim": (lambda t: (t.tensor(_n().array(2.5)).shape, t.tensor(_n().array(2.5))), [[], 2.5]),
    "as-tensor-dtype": (lambda t: (t.as_tensor(_n().ones(2), dtype=t.float32).dtype, t.as_tensor(_n().array([1, 2])).dtype), ["torch.float32", "torch.int64"]),
    "key-of-array": (lambda t: (t.arange(5)[_n().array([0, 3])], t.arange(3)[_n().array([True, False, True])]), [[0, 3], [0, 2]]),
    "gives-list": (lambda t: _n().array(t.arange(3).tolist()).sum().item(), 3),
    "collate": (lambda t: (t.utils.data.default_collate([_n().ones(2), _n().zeros(2)]), t.utils.data.default_collate([_n().int64(1), _n().int64(2)])), [[[1.0, 1.0], [0.0, 0.0]], [1, 2]]),
    "collate-dtype": (lambda t: (t.utils.data.default_collate([_n().float32(1), _n().float32(2)]).dtype, t.utils.data.default_convert(_n().ones(2)).dtype), ["torch.float32", "torch.float64"]),
    "seed": (lambda t: t.manual_seed(_n().int64(5)).initial_seed(), 5),
    "optimizer-rate": (lambda t: t.optim.SGD([t.ones(1, requires_grad=True)], lr=_n().float64(0.5)).param_groups[0]["lr"] == 0.5, True),
}, dtypes=_DTYPES)  # fmt: skip
refusals("numpy", {
    "from-numpy-of-tensor": (lambda t: (_n(), t.from_numpy(t.ones(2))), TypeError, "expected np.ndarray (got Tensor)"),
    "texts": (lambda t: t.tensor(_n().array(["a", "b"])), TypeError, "can't convert np.ndarray of type numpy.str_. The only supported types are: float64, float32, float16, complex64,"),
    "objects": (lambda t: t.tensor(_n().array([None, 1], dtype=object)), TypeError, "can't convert np.ndarray of type numpy.object_. The only supported types are: float64, float32, float16, complex64,"),
    "numpy-of-required": (lambda t: (_n(), t.ones(2, requires_grad=True).numpy()), RuntimeError, "Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead."),
    "index-of-float": (lambda t: t.arange(3)[_n().float64(1.0)], IndexError, "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got numpy.float64)"),
    "size-of-float": (lambda t: t.zeros(_n().float64(2.0)), TypeError, "must be tuple of ints, not"),
}, dtypes=_DTYPES)  # fmt: skip


def _does_the_same(call: Callable[[Any, Any], Any], *numbers: float) -> Callable[[Any], list[bool]]:
    """Whether a call gives with every class of NumPy's scalars what it gives with the numbers of Python."""

    def program(t: Any) -> list[bool]:
        classes = {float: (_n().float64, _n().float32), int: (_n().int64, _n().int32)}
        return [
            call(t, scalar(number)).equal(call(t, number)) for number in numbers for scalar in classes[type(number)]
        ]

    return program


_NUMBERED: dict[str, Callable[[Any, Any], Any]] = {
    "where-first": lambda t, n: t.where(t.tensor([True, False]), n, t.tensor([5.0, 7.0])),
    "where-second": lambda t, n: t.where(t.tensor([True, False]), t.tensor([5.0, 7.0]), n),
    "where-both": lambda t, n: t.where(t.tensor([True, False]), n, n),
    "threshold": lambda t, n: t.nn.functional.threshold(t.tensor([-1.0, 4.0]), n, n),
    "hardtanh": lambda t, n: t.nn.functional.hardtanh(t.tensor([-4.0, 4.0]), -n, n),
    "index-fill": lambda t, n: t.zeros(3).index_fill(0, t.tensor([1]), n),
    "masked-fill": lambda t, n: t.zeros(2).masked_fill(t.tensor([True, False]), n),
    "scatter": lambda t, n: t.zeros(1, 3).scatter(1, t.tensor([[2]]), n),
    "full": lambda t, n: t.full((2,), n),
    "arange": lambda t, n: t.arange(0, 2 * n, n),
    "linspace": lambda t, n: t.linspace(0, n, 3),
    "pad": lambda t, n: t.nn.functional.pad(t.ones(2), (1, 0), value=n),
    "baddbmm": lambda t, n: t.baddbmm(t.ones(1, 1, 1), t.ones(1, 1, 2), t.ones(1, 2, 1), beta=n, alpha=n),
    "addcdiv": lambda t, n: t.addcdiv(t.ones(2), t.ones(2), t.tensor([2.0, 4.0]), value=n),
    "operator": lambda t, n: n - t.tensor([0.5]) * n,
    "norm": lambda t, n: t.linalg.vector_norm(t.tensor([3.0, 4.0]), n),
    "gradient-of-lerp": lambda t, n: t.autograd.grad(
        t.lerp(x := t.ones(2, requires_grad=True), t.zeros(2), n).sum(), x
    )[0],
    "gradient-of-softplus": lambda t, n: t.autograd.grad(
        t.nn.functional.softplus(x := t.ones(2, requires_grad=True), beta=n).sum(), x
    )[0],
    "in-place": lambda t, n: t.ones(2).mul_(n).add_(n).clamp_(max=n),
    "alpha": lambda t, n: t.zeros(2).new_full((2,), n).sub_(1, alpha=n),
}
programs("numpy", {
    f"number-{name}": (_does_the_same(call, 2, 0.5), [True] * 4) for name, call in _NUMBERED.items()
}, dtypes=_DTYPES)  # fmt: skip
