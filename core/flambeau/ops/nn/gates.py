"""Smooth activation functions: an element times a gate that depends on it, soft forms of the rectifier."""

from __future__ import annotations

from functools import partial
from math import inf, pi, sqrt
from typing import Any

from flambeau._dispatch.blocks import by_element, by_element_formula
from flambeau._dispatch.declare import fused, primitive
from flambeau._dispatch.out import with_exact_out, with_out
from flambeau._dispatch.precision import in_single, in_single_formula
from flambeau._dispatch.slopes import at_once
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.overrides import overridable
from flambeau.ops.creation._bent import bent
from flambeau.ops.elementwise.exponential import sigmoid
from flambeau.ops.elementwise.trigonometric import tanh
from flambeau.ops.movement.joining import cat
from flambeau.ops.movement.slicing import _narrow
from flambeau.ops.special.error import erf
from flambeau.shapes import normalize_dim

from .rectifiers import check_floating, choose, in_form

__all__: list[str] = []  # in PyTorch these are functions of torch.nn.functional alone


# -- the error function, the logistic function and the hyperbolic tangent as gates ---------------------


@at_once("gelu_backward")
@in_single_formula
@at_once("gelu_backward")
def _gelu_input(grad: Tensor, input: Tensor, approximate: str) -> Tensor:
    if approximate == "tanh":
        # Further out the hyperbolic tangent is flat, and its argument may be infinite.
        near = choose(input > 20.0, 20.0, choose(input < -20.0, -20.0, input))
        inner = tanh((near + near * near * near * _CUBIC) * _FACTOR)
        slope = (near * near * (3 * _CUBIC) + 1.0) * _FACTOR
        return grad * ((inner + 1.0) * 0.5 + near * (1.0 - inner * inner) * slope * 0.5)
    density = (input * input * -0.5).exp() * (1 / sqrt(2 * pi))
    return grad * ((erf(input * sqrt(0.5)) + 1.0) * 0.5 + input * density)


# Source of the approximation: Hendrycks and Gimpel, Gaussian Error Linear Units (2016), section 2.
_FACTOR = sqrt(2 / pi)
_CUBIC = 0.044715


@fused("gelu", derivatives={"input": _gelu_input}, method=False, node="GeluBackward0")
def _gelu(input: Tensor, approximate: str) -> Tensor:
    return from_array(in_single(input._type, input._array, partial(_gelu_of, approximate), "gelu"), input._type)


def _gelu_of(approximate: str, type_: Any, array: Any) -> Any:
    if type_.kernels.gelu is not None:
        return type_.kernels.gelu(array, approximate)
    return _gelu_by_tanh(type_, array) if approximate == "tanh" else _gelu_by_erf(type_, array)


def _gelu_by_tanh(type_: Any, array: Any) -> Any:
    kernels, number = type_.kernels, type_.number
    cube = kernels.mul(kernels.mul(array, array), array)
    gate = kernels.tanh(kernels.mul(kernels.add(array, kernels.mul(cube, number(_CUBIC))), number(_FACTOR)))
    return kernels.mul(kernels.mul(array, number(0.5)), kernels.add(gate, number(1.0)))


def _gelu_by_erf(type_: Any, array: Any) -> Any:
    kernels, number = type_.kernels, type_.number
    gate = kernels.erf(kernels.mul(array, number(sqrt(0.5))))
    return kernels.mul(kernels.mul(array, number(0.5)), kernels.add(gate, number(1.0)))


@spelled(out=with_exact_out)
def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """Multiply elements by the normal distribution function of them. Source: ``torch.nn.functional.gelu``.

    ``approximate="tanh"`` puts a hyperbolic tangent in its place.

    Raises:
        RuntimeError: ``approximate`` is another word.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.gelu(torch.tensor([-1.0, 2.0]))
        tensor([-0.1587,  1.9545])
    """
    if approximate not in ("none", "tanh"):
        raise RuntimeError("approximate argument must be either none or tanh.")
    if isinstance(input, Tensor):
        check_floating("GeluKernelImpl", input)
    return in_form("gelu", _gelu, input, False, approximate)


@at_once("silu_backward")
@in_single_formula
@at_once("silu_backward")
def _silu_input(grad: Tensor, input: Tensor) -> Tensor:
    gate = sigmoid(input)
    return grad * gate * (input * (1.0 - gate) + 1.0)


@primitive(derivatives={"input": _silu_input}, method=False, inplace=True, node="SiluBackward0")
def _silu(input: Tensor) -> Tensor:
    check_floating("silu_cpu", input, takes_complex=True)
    type_ = input._type
    kernel = type_.kernels.silu if type_.real_floats and type_.takes("silu") else None
    made = by_element(type_, _self_gated, input._array) if kernel is None else kernel(input._array)
    return from_array(made, type_)


def _self_gated(type_: Any, array: Any) -> Any:
    return type_.kernels.mul(array, type_.kernels.sigmoid(array))


@overridable
def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """Multiply elements by the logistic function of them. Source of the semantics: ``torch.nn.functional.silu``.

    Raises:
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.silu(torch.tensor([-1.0, 2.0]))
        tensor([-0.2689,  1.7616])
    """
    return in_form("silu", _silu, input, inplace)


@by_element_formula
@in_single_formula
def _mish_input(grad: Tensor, input: Tensor) -> Tensor:
    gate = tanh(softplus(input))
    return grad * (gate + input * sigmoid(input) * (1.0 - gate * gate))


@primitive(derivatives={"input": _mish_input}, method=False, inplace=True, node="MishBackward0")
def _mish(input: Tensor) -> Tensor:
    check_floating("mish_cpu", input)
    return from_array(by_element(input._type, _softly_gated, input._array), input._type)


def _softly_gated(type_: Any, array: Any) -> Any:
    return type_.kernels.mul(array, type_.kernels.tanh(_soft_rectified(1.0, 20.0, type_, array)))


@overridable
def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """Multiply elements by tanh(softplus(x)). Source of the semantics: ``torch.nn.functional.mish``.

    Raises:
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.mish(torch.tensor([-1.0, 2.0]))
        tensor([-0.3034,  1.9440])
    """
    return in_form("mish", _mish, input, inplace)


@by_element_formula
def _hardsigmoid_input(grad: Tensor, input: Tensor) -> Tensor:
    return bent(choose((input > -3.0) & (input < 3.0), grad * (1 / 6), 0.0), input)


def _sixth(type_: Any, array: Any) -> Any:
    """The piecewise linear stand-in for the logistic function."""
    kernels, number = type_.kernels, type_.number
    raised = kernels.add(array, number(3.0))
    return kernels.div(kernels.minimum(kernels.maximum(raised, number(0.0)), number(6.0)), number(6.0))


@primitive(derivatives={"input": _hardsigmoid_input}, method=False, inplace=True, node="HardsigmoidBackward0")
def _hardsigmoid(input: Tensor) -> Tensor:
    check_floating("hardsigmoid_cpu", input)
    return from_array(by_element(input._type, _sixth, input._array), input._type)


@overridable
def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """Compute x / 6 + 1 / 2, limited to the range from 0 to 1. Source: ``torch.nn.functional.hardsigmoid``.

    Raises:
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.hardsigmoid(torch.tensor([-3.0, 0.0, 1.5]))
        tensor([0.0000, 0.5000, 0.7500])
    """
    return in_form("hardsigmoid", _hardsigmoid, input, inplace)


@by_element_formula
@in_single_formula
def _hardswish_input(grad: Tensor, input: Tensor) -> Tensor:
    inside = grad * (input.clamp(-3.0, 3.0) * (1 / 3) + 0.5)
    return choose(input <= -3.0, 0.0, choose(input >= 3.0, grad, inside))


@primitive(derivatives={"input": _hardswish_input}, method=False, inplace=True, node="HardswishBackward0")
def _hardswish(input: Tensor) -> Tensor:
    check_floating("hardswish_cpu", input)
    return from_array(by_element(input._type, _gated_by_sixth, input._array), input._type)


def _gated_by_sixth(type_: Any, array: Any) -> Any:
    return type_.kernels.mul(array, _sixth(type_, array))


@overridable
def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """Multiply elements by :func:`hardsigmoid` of them. Source of the semantics: ``torch.nn.functional.hardswish``.

    Raises:
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.hardswish(torch.tensor([-1.0, 4.0]))
        tensor([-0.3333,  4.0000])
    """
    return in_form("hardswish", _hardswish, input, inplace)


# -- soft rectifiers ---------------------------------------------------------------


def _soft_rectified(beta: float, threshold: float, type_: Any, array: Any) -> Any:
    kernels, number = type_.kernels, type_.number
    scaled = array if beta == 1 else kernels.mul(array, number(beta))
    soft = kernels.log1p(kernels.exp(kernels.minimum(scaled, number(threshold))))
    soft = soft if beta == 1 else kernels.div(soft, number(beta))
    return kernels.where(kernels.lt(number(threshold), scaled), array, soft)


@by_element_formula
@in_single_formula
def _softplus_input(grad: Tensor, input: Tensor, beta: float, threshold: float) -> Tensor:
    scaled = input * beta
    gate = sigmoid(choose(scaled >= threshold, threshold, scaled))  # at the joint, the second derivative is 0
    return choose(scaled > threshold, grad, grad * gate)


@primitive(derivatives={"input": _softplus_input}, method=False, node="SoftplusBackward0")
def _softplus(input: Tensor, beta: float, threshold: float) -> Tensor:
    check_floating("softplus_cpu", input)
    return from_array(by_element(input._type, partial(_soft_rectified, beta, threshold), input._array), input._type)


@spelled(out=with_exact_out)
def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """Compute log(1 + exp(beta x)) / beta; x itself where beta x is above ``threshold``.

    Source of the semantics: ``torch.nn.functional.softplus``.

    Raises:
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.softplus(torch.tensor([0.0, 30.0]))
        tensor([ 0.6931, 30.0000])
    """
    threshold = inf if threshold != threshold else threshold  # nothing is above nan
    return in_form("softplus", _softplus, input, False, beta, threshold)


@by_element_formula
@in_single_formula
def _logsigmoid_input(grad: Tensor, input: Tensor) -> Tensor:
    return grad * sigmoid(-input)


@primitive(derivatives={"input": _logsigmoid_input}, method=False, node="LogSigmoidBackward0")
def _logsigmoid(input: Tensor) -> Tensor:
    check_floating("log_sigmoid_cpu", input)
    source = input.detach().contiguous()  # and so is the result, in PyTorch too
    return from_array(by_element(input._type, _log_of_logistic, source._array), input._type)


def _log_of_logistic(type_: Any, array: Any) -> Any:
    kernels = type_.kernels
    rest = kernels.log1p(kernels.exp(kernels.neg(kernels.abs(array))))
    return kernels.sub(kernels.minimum(array, type_.number(0.0)), rest)


@spelled(out=with_out)
def logsigmoid(input: Tensor) -> Tensor:
    """Compute the logarithm of the logistic function. Source of the semantics: ``torch.nn.functional.logsigmoid``.

    Raises:
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.logsigmoid(torch.tensor([0.0, 2.0]))
        tensor([-0.6931, -0.1269])
    """
    return in_form("logsigmoid", _logsigmoid, input, False)


@overridable
def softsign(input: Tensor) -> Tensor:
    """Compute x / (1 + abs(x)). Source of the semantics: ``torch.nn.functional.softsign``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.softsign(torch.tensor([-1.0, 3.0]))
        tensor([-0.5000,  0.7500])
    """
    return input / (input.abs() + 1)


@overridable
def tanhshrink(input: Tensor) -> Tensor:
    """Compute x - tanh(x). Source of the semantics: ``torch.nn.functional.tanhshrink``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.tanhshrink(torch.tensor([1.0]))
        tensor([0.2384])
    """
    return input - input.tanh()


# -- one half of the input gates the other ---------------------------------------------------------------


def _glu_input(grad: Tensor, input: Tensor, dim: int) -> Tensor:
    half = input.shape[dim] // 2
    value, gate = _narrow(input, dim, 0, half), sigmoid(_narrow(input, dim, half, half))
    return cat([grad * gate, grad * (gate * (1.0 - gate) * value)], dim)


@primitive(derivatives={"input": _glu_input}, method=False, node="GluBackward0")
def _glu(input: Tensor, dim: int) -> Tensor:
    half = input._array.shape[dim] // 2
    detached, kernels = input.detach(), input._type.kernels
    value, gate = _narrow(detached, dim, 0, half), _narrow(detached, dim, half, half)
    return from_array(kernels.mul(value._array, kernels.sigmoid(gate._array)), input._type)


@overridable
def glu(input: Tensor, dim: int = -1) -> Tensor:
    """Multiply the first half of a dimension by the logistic function of the second. Source: ``torch.nn.functional.glu``.

    Raises:
        RuntimeError: the size of the dimension is odd, or the input has no dimensions.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.glu(torch.tensor([1.0, 2.0, 0.0, 0.0]))
        tensor([0.5000, 1.0000])
    """
    if isinstance(input, Tensor):
        if input.dim() == 0:
            raise RuntimeError("glu does not support scalars because halving size must be even")
        dim = normalize_dim(dim, input.dim())
        if input.shape[dim] % 2:
            raise RuntimeError(f"Halving dimension must be even, but dimension {dim} is size {input.shape[dim]}")
        check_floating("glu_cpu", input)
    return in_form("glu", _glu, input, False, dim)
