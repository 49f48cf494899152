"""Gradient checks find wrong gradients, and only these."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import flambeau
from flambeau.autograd import GradcheckError, gradcheck, gradgradcheck

MODES = pytest.mark.parametrize("fast_mode", [False, True], ids=["slow", "fast"])


def numbers(*shape: int) -> flambeau.Tensor:
    flambeau.manual_seed(0)
    return flambeau.rand(shape, dtype=flambeau.float64).requires_grad_()


RIGHT: dict[str, tuple[Callable[..., Any], list[tuple[int, ...]]]] = {
    "elementwise": (lambda x: x.exp() * x, [(3,)]),
    "product": (lambda w, x: (w @ x, (w * x).sum()), [(2, 3), (3,)]),
    "view": (lambda x: x.t()[0] * x.sum(), [(2, 3)]),
    "zero-size": (lambda x: x * 2, [(0, 2)]),
    "zero-dim": (lambda x: x**3, [()]),
}


@MODES
@pytest.mark.parametrize("case", RIGHT)
def test_right_gradients_pass(case: str, fast_mode: bool) -> None:
    function, shapes = RIGHT[case]
    inputs = [numbers(*shape) for shape in shapes]
    assert gradcheck(function, inputs, fast_mode=fast_mode)
    assert gradgradcheck(function, inputs, fast_mode=fast_mode)


class WrongSecond(flambeau.autograd.Function):
    """The first derivative is right; the second takes a part of it for a constant."""

    @staticmethod
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx: Any, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        return grad * 3 * x * x.detach()


@MODES
def test_wrong_gradients_are_found(fast_mode: bool) -> None:
    x = numbers(3)
    with pytest.raises(GradcheckError, match="Jacobian mismatch for output 0 with respect to input 0"):
        gradcheck(lambda x: x * x.detach(), x, fast_mode=fast_mode)
    assert not gradcheck(lambda x: x * x.detach(), x, fast_mode=fast_mode, raise_exception=False)
    assert gradcheck(WrongSecond.apply, x, fast_mode=fast_mode)
    with pytest.raises(GradcheckError):
        gradgradcheck(WrongSecond.apply, x, fast_mode=fast_mode)


def test_a_gradient_that_is_lacking_is_found() -> None:
    with pytest.raises(GradcheckError, match="expected to be zero"):
        gradcheck(lambda x: (x * 2).detach(), numbers(2))


def test_backward_passes_that_differ_are_found() -> None:
    state = [0.0]

    class Drifting(flambeau.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            return x * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            state[0] += 1e-9
            return grad * (2 + state[0])

    with pytest.raises(GradcheckError, match="not reentrant"):
        gradcheck(Drifting.apply, numbers(2))
    assert gradcheck(Drifting.apply, numbers(2), nondet_tol=1e-6)


def test_inputs_without_gradient_are_refused_and_floats_warned_of() -> None:
    with pytest.raises(ValueError, match="at least one input"):
        gradcheck(lambda x: x, numbers(2).detach())
    with pytest.warns(UserWarning, match="not a double precision"):
        gradcheck(lambda x: x * 2, flambeau.ones(2, requires_grad=True), atol=1, eps=1e-2)


def test_the_inputs_are_as_before() -> None:
    x = numbers(2)
    before = x.tolist()
    with pytest.raises(ZeroDivisionError):
        gradcheck(lambda x: x * (1 / 0), x)
    gradcheck(lambda x: x * 2, x)
    assert x.tolist() == before


@pytest.mark.parametrize("layout", ["sparse_coo", "sparse_csr", "sparse_csc"])
@pytest.mark.parametrize("fast", [False, True])
def test_sparse_inputs_are_checked_in_what_they_store(layout: str, fast: bool) -> None:
    dense = flambeau.tensor([[0.0, 1.5], [2.0, 0.0]], dtype=flambeau.float64)
    sparse = dense.to_sparse(layout=getattr(flambeau, layout)).requires_grad_()
    other = flambeau.tensor([[1.0, 3.0], [0.5, 2.0]], dtype=flambeau.float64, requires_grad=True)
    before = sparse.detach().clone()
    for function in (lambda s, d: s @ d, lambda s, d: s * s, lambda s, d: (s.sin() @ d).sum()):
        assert gradcheck(function, (sparse, other), fast_mode=fast, masked=True)
        assert gradgradcheck(function, (sparse, other), fast_mode=fast, masked=True)
    assert flambeau.equal(sparse.detach(), before)


def test_a_wrong_derivative_of_sparse_values_is_found() -> None:
    class Wrong(flambeau.autograd.Function):
        @staticmethod
        def forward(ctx: Any, values: Any) -> Any:
            return values * 2

        @staticmethod
        def backward(ctx: Any, grad: Any) -> Any:
            return grad * 3

    sparse = flambeau.eye(2, dtype=flambeau.float64).to_sparse().requires_grad_()
    with pytest.raises(GradcheckError):
        gradcheck(lambda s: s.with_values(Wrong.apply(s.values())), sparse)
