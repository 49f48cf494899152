"""Gates and their gradients in blocks: the kernels beside what is composed, and beside PyTorch."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau

FUNCTIONS: dict[str, Any] = {
    "gelu": lambda t, x: t.nn.functional.gelu(x),
    "gelu by tanh": lambda t, x: t.nn.functional.gelu(x, approximate="tanh"),
    "silu": lambda t, x: t.nn.functional.silu(x),
    "sigmoid": lambda t, x: t.sigmoid(x),
    "tanh": lambda t, x: t.tanh(x),
}
KERNELS = ("gelu", "gelu_backward", "silu_backward", "sigmoid_backward", "tanh_backward")
LARGE = 100_000


def _inputs() -> dict[str, Any]:
    flambeau.manual_seed(0)
    wide = flambeau.linspace(-30, 30, LARGE, dtype=flambeau.float64)
    return {
        "number": flambeau.tensor(0.5, dtype=flambeau.float64),
        "few": flambeau.tensor(
            [-flambeau.inf, -40.0, -1.0, -0.0, 0.0, 1e-30, 2.0, 1e30, flambeau.inf, flambeau.nan]
        ).double(),
        "nothing": flambeau.zeros(0, 3, dtype=flambeau.float64),
        "many": wide,
        "another order": wide.reshape(10, 10_000).t(),
        "a part": wide[::3],
        "expanded": wide[:3].expand(2, 3),
        "expanded at the end": wide[:3, None].expand(3, 2),
    }


def _computed(x: Any, function: Any, dtype: str) -> list[Any]:
    """The result, its gradients for one of their own and for one of a sum, which lies in no memory, and the second derivative."""
    x = x.to(getattr(flambeau, dtype)).detach().requires_grad_()
    y = function(flambeau, x)
    slope = flambeau.linspace(-1, 2, y.numel(), dtype=flambeau.float64).to(x.dtype).reshape(y.shape)
    plain = flambeau.autograd.grad(y, x, slope, retain_graph=True)[0]
    of_sum = flambeau.autograd.grad(y.sum(), x, retain_graph=True)[0]
    first = flambeau.autograd.grad(y, x, slope, create_graph=True)[0]
    return [y, plain, of_sum, first, flambeau.autograd.grad(first.sum(), x)[0]]


@pytest.mark.parametrize("name", _inputs())
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
@pytest.mark.parametrize(("dtype", "near"), [("float16", 2e-3), ("float32", 2e-6), ("float64", 1e-14)])
def test_kernels_give_what_is_composed(
    monkeypatch: pytest.MonkeyPatch, name: str, function: Any, dtype: str, near: float
) -> None:
    x = _inputs()[name]
    with_kernels = _computed(x, function, dtype)
    single = getattr(flambeau, "float32" if dtype == "float16" else dtype)
    kernels = flambeau.ones(1, dtype=single)._type.kernels
    for kernel in KERNELS:
        assert getattr(kernels, kernel) is not None
        monkeypatch.setattr(kernels, kernel, None)
    for one, other in zip(with_kernels, _computed(x, function, dtype), strict=True):
        assert one.stride() == other.stride()
        assert flambeau.allclose(one, other, rtol=near, atol=near, equal_nan=True)
    assert flambeau.allclose(with_kernels[1], with_kernels[3], rtol=near, atol=near, equal_nan=True)


@pytest.mark.oracle
@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_large_arrays_beside_pytorch(function: Any) -> None:
    torch = pytest.importorskip("torch")
    found = []
    for t in (flambeau, torch):
        x = t.linspace(-12, 12, LARGE, requires_grad=True)
        y = function(t, x)
        y.backward(t.linspace(-1, 1, LARGE))
        found.append([y.tolist(), x.grad.tolist()])
    for ours, theirs in zip(*found, strict=True):
        assert ours == pytest.approx(theirs, rel=1e-5, abs=2e-6)
