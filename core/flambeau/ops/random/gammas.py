"""Gamma and Dirichlet numbers, which move with their parameters: parts of distributions, without public functions."""

from __future__ import annotations

from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import primitive
from flambeau._tensor import Tensor, from_array
from flambeau.ops.creation.filled import empty
from flambeau.random import _bounds, _gammas
from flambeau.random._draws import Draw
from flambeau.random._generator import Generator

from . import filling as _filling
from ._gamma_gradients import dirichlet_gradient, gamma_gradient

__all__: list[str] = []  # PyTorch's functions have an underscore, too


def _no_second(function: str) -> Any:
    def formula(grad: Tensor) -> Tensor:
        raise NotImplementedError(f"the derivative for '{function}' is not implemented.")

    return formula


@primitive(
    derivatives={"input": _no_second("_standard_gamma_grad"), "output": _no_second("_standard_gamma_grad")},
    method=False,
)
def _standard_gamma_grad(input: Tensor, output: Tensor) -> Tensor:
    """The derivative of samples by the shape parameters that they were drawn with."""
    return from_array(gamma_gradient(input.detach(), output.detach())._array, input._type)


@primitive(derivatives={name: _no_second("_dirichlet_grad") for name in ("x", "alpha", "total")}, method=False)
def _dirichlet_grad(x: Tensor, alpha: Tensor, total: Tensor) -> Tensor:
    """The derivative of elements of samples by their own concentrations, over one minus the element."""
    return from_array(dirichlet_gradient(x.detach(), alpha.detach(), total.detach())._array, x._type)


def _gamma_moved(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    return grad * _standard_gamma_grad(input, result)


@primitive(derivatives={"input": _gamma_moved}, method=False, node="StandardGammaBackward0")
def _gamma_of(input: Tensor, drawn: Tensor) -> Tensor:
    return from_array(drawn._array, drawn._type)


def _standard_gamma(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Draw numbers of gamma distributions of scale 1, whose shape parameters are the elements of ``input``.

    The result has the shape and dtype of ``input``, and its gradient: that of the implicit reparameterisation. Source of
    the semantics: ``torch._standard_gamma``.

    Raises:
        NotImplementedError: the dtype is neither float32 nor float64.
    """
    drawn = _draw("gamma_cpu", input, generator, single=input.dtype is dtypes.float32)
    drawn = drawn.to(input.dtype).clamp(min=_smallest(input.dtype))
    return _gamma_of(input, drawn) if input.requires_grad else drawn


def _dirichlet_moved(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    total = input.sum(-1, True).expand(input.shape)
    return _dirichlet_grad(result, input, total) * (grad - (result * grad).sum(-1, True))


@primitive(derivatives={"input": _dirichlet_moved}, method=False, node="_DirichletBackward")
def _dirichlet_of(input: Tensor, drawn: Tensor) -> Tensor:
    return from_array(drawn._array, drawn._type)


def _sample_dirichlet(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Draw vectors of Dirichlet distributions, whose concentrations are the rows along the last dimension.

    The result has the shape and dtype of ``input``, and the gradient of the implicit reparameterisation. Source of the
    semantics: ``torch._sample_dirichlet``.

    Raises:
        NotImplementedError: the dtype is neither float32 nor float64.
    """
    least = _smallest(dtypes.float64)
    gammas = _draw("dirichlet", input, generator, single=False).clamp(min=least)
    shares = (gammas / gammas.sum(-1, True)).to(input.dtype)
    below_one = 1 - 2.0 ** (-24 if input.dtype is dtypes.float32 else -53)
    drawn = shares.clamp(_smallest(input.dtype), below_one)
    return _dirichlet_of(input, drawn) if input.requires_grad else drawn


def _smallest(dtype: dtypes.dtype) -> float:
    return 2.0 ** (-126 if dtype is dtypes.float32 else -1022)


def _draw(kernel: str, input: Tensor, generator: Generator | None, *, single: bool) -> Tensor:
    """Numbers of scale 1 in float64."""
    if input.dtype not in (dtypes.float32, dtypes.float64):
        raise _bounds.not_implemented(kernel, input.dtype)
    shapes: list[float] = input.detach().reshape(-1).tolist()
    stand_in = empty(input.shape, dtype=dtypes.float64, device=input.device)
    wanted = Draw("gamma", "float64", (), lambda stream, _, count: _gammas.gammas(stream, shapes, single=single))
    return _filling._drawn(stand_in, generator, wanted)
