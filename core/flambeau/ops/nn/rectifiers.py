"""Activation functions that are linear on a part of the line: leaky and exponential rectifiers, thresholds, shrinkage."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flambeau import dtypes, layouts
from flambeau._dispatch.blocks import by_element, by_element_formula, in_pieces
from flambeau._dispatch.checks import real_numbers
from flambeau._dispatch.declare import composite, primitive
from flambeau._dispatch.out import c_name, with_exact_out
from flambeau._dispatch.precision import in_single_formula
from flambeau._dispatch.runtime import Number, check_places
from flambeau._dispatch.spelling import called_as, spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.overrides import overridable
from flambeau.dtypes import scalar_type_name
from flambeau.errors import argument_type
from flambeau.ops.creation._bent import bent
from flambeau.ops.creation.filled import empty, ones_like
from flambeau.ops.elementwise.selection import clamped, where
from flambeau.ops.reductions.sums import sum
from flambeau.type_info import finfo

__all__ = [
    "celu", "celu_", "hardshrink", "prelu", "rrelu", "rrelu_", "selu", "selu_", "threshold", "threshold_",
]  # fmt: skip


choose: Callable[[Tensor, Any, Any], Tensor] = where
"""``where`` of three arguments, which gives one tensor."""


def check_floating(kernel: str, input: Tensor, takes_complex: bool = False) -> None:
    """Refuse what is not floating, in PyTorch's words, which name its kernel; complex numbers too, if it takes none."""
    type_ = input._type
    if not (type_.floats if takes_complex else type_.real_floats):
        raise NotImplementedError(f"\"{kernel}\" not implemented for '{scalar_type_name(input.dtype)}'")


# -- thresholds ---------------------------------------------------------------


@by_element_formula
def _threshold_input(grad: Tensor, input: Tensor, threshold: float) -> Tensor:
    return bent(choose(input <= threshold, 0.0, grad), input)


@primitive(derivatives={"input": _threshold_input}, method=False, inplace=True, node="ThresholdBackward0")
def _threshold(input: Tensor, threshold: float, value: float) -> Tensor:
    real_numbers("threshold_cpu")(input.dtype)

    def replaced(type_: Any, array: Any) -> Any:
        low = type_.kernels.le(array, type_.number(threshold))
        return type_.kernels.where(low, type_.number(value), array)

    return from_array(in_pieces(input._type, replaced, input._array), input._type)


@spelled(out=with_exact_out)
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Replace elements that are not above ``threshold`` by ``value``. Source: ``torch.nn.functional.threshold``.

    Example:
        >>> import flambeau as torch
        >>> torch.threshold(torch.tensor([-1.0, 2.0]), 0.5, 9.0)
        tensor([9., 2.])
    """
    return in_form("threshold", _threshold, input, inplace, threshold, value)


def _check_real(input: Tensor, *numbers: Any) -> None:
    """Refuse complex numbers beside real ones."""
    if complex in map(type, numbers) and not input.is_complex():
        raise RuntimeError(f"value cannot be converted to type {c_name(input.dtype)} without overflow")


def in_form(name: str, function: Any, input: Tensor, inplace: bool, *args: Any) -> Tensor:
    """``function`` or its in-place form, of what must be a tensor."""
    if not isinstance(input, Tensor):
        raise argument_type(name, "input", 1, input, "Tensor")
    _check_real(input, *args)
    if inplace:
        return getattr(input, f"{function.__name__}_")(*args)  # type: ignore[no-any-return]
    return function(input, *args)  # type: ignore[no-any-return]


@by_element_formula
def _hardtanh_input(grad: Tensor, input: Tensor, min_val: Number, max_val: Number) -> Tensor:
    return bent(choose((input <= min_val) | (input >= max_val), 0.0, grad), input)


@primitive(derivatives={"input": _hardtanh_input}, method=False, inplace=True, node="HardtanhBackward0")
def _hardtanh(input: Tensor, min_val: Number, max_val: Number) -> Tensor:
    type_ = input._type
    if type_.complex:
        raise NotImplementedError("clamp is not supported for complex types")
    return from_array(clamped(type_.kernels, input._array, type_.number(min_val), type_.number(max_val)), type_)


@overridable
def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Limit elements to a range; at its ends the gradient is 0. Source: ``torch.nn.functional.hardtanh``.

    Raises:
        ValueError: ``min_val`` is greater than ``max_val``.
        RuntimeError: a limit without its fraction is negative, and the dtype is unsigned; or the dtype is bool.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.hardtanh(torch.tensor([-3.0, 0.5]))
        tensor([-1.0000,  0.5000])
    """
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")
    if isinstance(input, Tensor) and input.dtype is dtypes.bool:
        raise RuntimeError("Bool inputs not supported for hardtanh")
    if isinstance(input, Tensor) and input.dtype is dtypes.uint8 and (min_val <= -1 or max_val <= -1):
        raise RuntimeError("cannot do hardtanh on an unsigned type with negative limits")
    return in_form("hardtanh", _hardtanh, input, inplace, min_val, max_val)


@overridable
def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Limit elements to the range from 0 to 6. Source of the semantics: ``torch.nn.functional.relu6``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.relu6(torch.tensor([-1.0, 7.0]))
        tensor([0., 6.])
    """
    if not isinstance(input, Tensor):
        raise argument_type("relu6", "input", 1, input, "Tensor")
    return hardtanh(input, 0, 6, inplace)


# -- a slope on the left ---------------------------------------------------------------


@by_element_formula
def _leaky_relu_input(grad: Tensor, input: Tensor, negative_slope: float) -> Tensor:
    return bent(choose(input > 0, grad, grad * negative_slope), input)


@primitive(derivatives={"input": _leaky_relu_input}, method=False, inplace=True, node="LeakyReluBackward0")
def _leaky_relu(input: Tensor, negative_slope: float) -> Tensor:
    check_floating("leaky_relu_cpu", input)
    return from_array(by_element(input._type, partial(_leaking, negative_slope), input._array), input._type)


def _leaking(negative_slope: float, type_: Any, array: Any) -> Any:
    kernels = type_.kernels
    low = kernels.le(array, type_.number(0))
    return kernels.where(low, kernels.mul(array, type_.number(negative_slope)), array)


@overridable
def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """Multiply negative elements by a slope. Source of the semantics: ``torch.nn.functional.leaky_relu``.

    Raises:
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.leaky_relu(torch.tensor([-1.0, 2.0]), 0.1)
        tensor([-0.1000,  2.0000])
    """
    return in_form("leaky_relu", _leaky_relu, input, inplace, negative_slope)


def _prelu_input(grad: Tensor, input: Tensor, weight: Tensor) -> Tensor:
    return bent(choose(input > 0, grad, grad * weight), input)


def _prelu_weight(grad: Tensor, input: Tensor, weight: Tensor) -> Tensor:
    return bent(choose(input > 0, 0.0, grad * input), weight)


@primitive(
    derivatives={"input": _prelu_input, "weight": _prelu_weight},
    method=False,
    node="PreluKernelBackward0",
)
def _prelu(input: Tensor, weight: Tensor) -> Tensor:
    kernels, type_, array = input._type.kernels, input._type, input._array
    scaled = kernels.mul(array, weight._array)
    return from_array(kernels.where(kernels.lt(type_.number(0), array), array, scaled), type_)


@composite()
def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """Multiply negative elements by a slope that is learnt. Source of the semantics: ``torch.nn.functional.prelu``.

    Args:
        input: a floating tensor of shape (…), or (batch, channels, …).
        weight: of its dtype and one element, or one for every channel, the second dimension.

    Raises:
        RuntimeError: the weight has another dtype or more than one dimension, or there is not one for each channel.

    Example:
        >>> import flambeau as torch
        >>> torch.prelu(torch.tensor([-1.0, 2.0]), torch.tensor([0.25]))
        tensor([-0.2500,  2.0000])
    """
    check_floating("prelu_cpu", input)
    check_places("prelu", input, weight)
    if weight.dtype is not input.dtype:
        raise RuntimeError(
            "prelu: Type promoting not supported. Got "
            f"{scalar_type_name(input.dtype)} and {scalar_type_name(weight.dtype)}"
        )
    if weight.dim() > 1:
        raise RuntimeError(f"prelu: Expected `weight` to be a scalar or 1D tensor, but got: ndim = {weight.dim()}")
    if weight.numel() != 1:
        if input.dim() == 0:
            raise RuntimeError("Not allow zero-dim input tensor.")
        channels = input.shape[1] if input.dim() > 1 else 1
        if channels != weight.numel():
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{weight.numel()} and channel size = {channels}."
            )
    lead = min(input.dim(), 1)
    if input.dim() > 1 or weight.dim() != input.dim():
        after = max(input.dim() - 2, 0)
        shape = (1, weight.numel()) + (1,) * after if input.dim() > 1 else (weight.numel(),) * lead
        weight = weight.reshape(shape)
    return _prelu(input, weight)


def _rrelu_input(grad: Tensor, input: Tensor, noise: Tensor) -> Tensor:
    return bent(grad * noise, input)


@primitive(derivatives={"input": _rrelu_input}, method=False, inplace=True, node="RreluWithNoiseBackward0")
def _rrelu(input: Tensor, noise: Tensor) -> Tensor:
    source = input.detach().contiguous()  # and so is the result, in PyTorch too
    return from_array(input._type.kernels.mul(source._array, noise._array), input._type)


@spelled()
def rrelu(
    input: Tensor,
    lower: float = 1.0 / 8,
    upper: float = 1.0 / 3,
    training: bool = False,
    inplace: bool = False,
    *,
    generator: Any = None,
) -> Tensor:
    """Multiply negative elements by a slope drawn for each, or by the mean slope. Source: ``torch.nn.functional.rrelu``.

    In training the slopes come from ``generator``, by default the global one, in PyTorch's order on the CPU.

    Raises:
        RuntimeError: ``lower`` is greater than ``upper``.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.rrelu(torch.tensor([-1.0, 2.0]), 0.1, 0.3)
        tensor([-0.2000,  2.0000])
    """
    if isinstance(input, Tensor):
        check_floating("rrelu_with_noise_out_cpu" if training else "leaky_relu_cpu", input)
    if lower > upper:
        raise RuntimeError(f"Lower bound should be less than or equal to the upper bound, but got {lower} and {upper}")
    if not isinstance(input, Tensor):
        raise argument_type("rrelu", "input", 1, input, "Tensor")
    low = input.detach() <= 0 if training else ~(input.detach() > 0)  # nothing is drawn for nan
    slopes = ones_like(input, requires_grad=False, memory_format=layouts.contiguous_format)
    if training:
        precise = input._type.precise().dtype
        drawn = empty(int(sum(low)), dtype=precise, device=input.device).uniform_(lower, upper, generator=generator)
        slopes[low] = drawn.to(input.dtype)
    else:
        slopes = choose(low, (lower + upper) / 2, slopes).to(input.dtype)
    return in_form("rrelu", _rrelu, input, inplace, slopes)


# -- an exponential on the left ---------------------------------------------------------------


@by_element_formula
@in_single_formula
def _elu_input(grad: Tensor, input: Tensor, alpha: float, scale: float, input_scale: float) -> Tensor:
    below = choose(input >= 0, 0.0, input * input_scale)  # not above, where the exponential would overflow
    return choose(input > 0, grad * scale, grad * below.exp() * (alpha * scale * input_scale))


@primitive(derivatives={"input": _elu_input}, method=False, inplace=True, node="EluBackward0")
def _elu(input: Tensor, alpha: float, scale: float, input_scale: float) -> Tensor:
    check_floating("elu_cpu", input)
    compute = partial(_exponential_on_the_left, alpha, scale, input_scale)
    return from_array(by_element(input._type, compute, input._array), input._type)


def _exponential_on_the_left(alpha: float, scale: float, input_scale: float, type_: Any, array: Any) -> Any:
    kernels = type_.kernels
    low = kernels.where(kernels.lt(type_.number(0), array), type_.number(0), array)  # -0.0 stays, and nan
    falling = kernels.mul(kernels.expm1(kernels.mul(low, type_.number(input_scale))), type_.number(alpha * scale))
    rising = array if scale == 1 else kernels.mul(array, type_.number(scale))
    return kernels.where(kernels.lt(type_.number(0), array), rising, falling)


@overridable
def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Replace negative elements by alpha (exp(x) - 1). Source of the semantics: ``torch.nn.functional.elu``.

    Raises:
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.elu(torch.tensor([-1.0, 2.0]))
        tensor([-0.6321,  2.0000])
    """
    return in_form("elu", _elu, input, inplace, alpha, 1.0, 1.0)


# Source of the two constants: Klambauer et al., Self-Normalizing Neural Networks (2017), equation 14, in double precision.
_SELU_ALPHA = 1.6732632423543772848170429916717
_SELU_SCALE = 1.0507009873554804934193349852946


@spelled()
def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """Scale an exponential rectifier so that it keeps mean and variance. Source: ``torch.nn.functional.selu``.

    Raises:
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.selu(torch.tensor([-1.0, 2.0]))
        tensor([-1.1113,  2.1014])
    """
    return in_form("selu", _elu, input, inplace, _SELU_ALPHA, _SELU_SCALE, 1.0)


@spelled()
def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """Replace negative elements by alpha (exp(x / alpha) - 1). Source of the semantics: ``torch.nn.functional.celu``.

    Raises:
        RuntimeError: ``alpha`` is 0.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.celu(torch.tensor([-1.0, 2.0]), 2.0)
        tensor([-0.7869,  2.0000])
    """
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")
    return in_form("celu", _elu, input, inplace, alpha, 1.0, 1.0 / alpha)


# -- shrinkage ---------------------------------------------------------------


@by_element_formula
def _shrunk_input(grad: Tensor, input: Tensor, lambd: float) -> Tensor:
    return bent(choose((input >= -lambd) & (input <= lambd), 0.0, grad), input)


@primitive(derivatives={"input": _shrunk_input}, out="exact", node="HardshrinkBackward0")
def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Replace elements between ``-lambd`` and ``lambd`` by 0. Source of the semantics: ``torch.nn.functional.hardshrink``.

    Raises:
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.hardshrink(torch.tensor([-1.0, 0.25]))
        tensor([-1.,  0.])
    """
    check_floating("hardshrink_cpu", input)
    _check_real(input, lambd)

    def shrunk(type_: Any, array: Any) -> Any:
        inside = type_.kernels.le(type_.kernels.abs(array), type_.number(lambd))
        return type_.kernels.where(inside, type_.number(0), array)

    return from_array(in_pieces(input._type, shrunk, input._array), input._type)


@primitive(derivatives={"input": _shrunk_input}, method=False, node="SoftshrinkBackward0")
def _softshrink(input: Tensor, lambd: float) -> Tensor:
    return from_array(in_pieces(input._type, partial(_moved, lambd), input._array), input._type)


def _moved(lambd: float, type_: Any, array: Any) -> Any:
    kernels, bound = type_.kernels, type_.number(lambd)
    outside = kernels.lt(bound, kernels.abs(array))
    moved = kernels.sub(array, kernels.mul(kernels.sign(array), bound))
    return kernels.where(outside, moved, kernels.mul(array, type_.number(0)))  # nan stays, and -0.0


@spelled(out=with_exact_out)
def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """Move elements by ``lambd`` towards 0, and not beyond. Source of the semantics: ``torch.nn.functional.softshrink``.

    Raises:
        RuntimeError: ``lambd`` is negative, or larger than any number of the dtype.
        NotImplementedError: the input is not floating.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.functional.softshrink(torch.tensor([-1.0, 0.25]))
        tensor([-0.5000,  0.0000])
    """
    if isinstance(input, Tensor):
        check_floating("softshrink_check", input)
        _check_lambda(input, lambd)
    return in_form("softshrink", _softshrink, input, False, lambd)


def _check_lambda(input: Tensor, lambd: float) -> None:
    largest = finfo(input.dtype).max
    if not 0 <= lambd <= largest:  # neither is nan
        raise RuntimeError(
            f"lambda must be in range [0, {largest:g}] for input dtype {scalar_type_name(input.dtype)}, but found {lambd:g}"
        )


# -- the in-place forms as functions ---------------------------------------------------------------


def _writing(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    by_any_name = spelled()(function)

    def form(*args: Any, **kwargs: Any) -> Tensor:
        try:
            return by_any_name(*args, **kwargs, inplace=True)
        except TypeError as error:
            called_as(form.__name__, error, function.__name__)
            raise

    form.__name__ = form.__qualname__ = f"{function.__name__}_"
    form.__doc__ = f"In-place form of :func:`{function.__name__}`: writes the result into ``input`` and returns it."
    return form


celu_ = _writing(celu)
elu_ = _writing(elu)
hardtanh_ = _writing(hardtanh)
leaky_relu_ = _writing(leaky_relu)
rrelu_ = _writing(rrelu)
selu_ = _writing(selu)
threshold_ = _writing(threshold)
