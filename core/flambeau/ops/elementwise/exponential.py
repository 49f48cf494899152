"""Element-wise exponentials, logarithms and roots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import no_complex_halves, only, refuse_complex
from flambeau._dispatch.declare import FLOATING, elementwise, primitive
from flambeau._dispatch.precision import in_single, in_single_formula
from flambeau._dispatch.runtime import Number, operands_of
from flambeau._dispatch.slopes import at_once
from flambeau._tensor import Tensor, from_array

from ._parts import complex_by, scaled
from .complex_parts import complex as complex_number
from .complex_parts import imag, real
from .selection import _where as where

__all__ = [
    "exp",
    "exp2",
    "expm1",
    "log",
    "log10",
    "log1p",
    "log2",
    "logaddexp",
    "logaddexp2",
    "logit",
    "rsqrt",
    "sigmoid",
    "sqrt",
    "xlogy",
]

_LN2 = 0.6931471805599453
_LN10 = 2.302585092994046


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, result: grad * result})
def exp(input: Tensor) -> Tensor:
    """Raise e to each element. Source of the semantics: ``torch.exp``.

    Example:
        >>> import flambeau as torch
        >>> torch.exp(torch.tensor([0.0, 1.0]))
        tensor([1.0000, 2.7183])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, result: grad * (result + 1)})
def expm1(input: Tensor) -> Tensor:
    """Compute exp(x) - 1, accurately near 0. Source of the semantics: ``torch.expm1``.

    Example:
        >>> import flambeau as torch
        >>> torch.expm1(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 1.7183])
    """


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, result: grad * (result * _LN2)},
    default=complex_by(
        lambda type_, a: type_.kernels.exp(scaled(type_, a, _LN2)),
        lambda type_, a: type_.kernels.pow(type_.number(2.0), a),
    ),
)
def exp2(input: Tensor) -> Tensor:
    """Raise 2 to each element. Source of the semantics: ``torch.exp2``.

    Example:
        >>> import flambeau as torch
        >>> torch.exp2(torch.tensor([3.0, -1.0]))
        tensor([8.0000, 0.5000])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, input: grad / input})
def log(input: Tensor) -> Tensor:
    """Take the natural logarithm. Source of the semantics: ``torch.log``.

    Example:
        >>> import flambeau as torch
        >>> torch.log(torch.tensor([1.0, 0.0, -1.0]))
        tensor([0., -inf, nan])
    """


@primitive(derivatives={"input": lambda grad, input: grad / (input + 1)}, method=False, node="Log1PBackward0")
def _complex_log1p(input: Tensor) -> Tensor:
    """Near 0, the real part is the logarithm of 1 and by how much the square of the absolute value of 1 + z exceeds 1."""
    no_complex_halves("log1p_vml_cpu", input.dtype)
    value = input.detach()
    x, y = real(value), imag(value)
    near = log1p(x * (x + 2) + y * y) / 2
    size = where(value.abs() < 0.5, near, log((value + 1).abs()))
    return from_array(complex_number(size, y.atan2(x + 1))._array, input._type)


def _log1p_of_complex(input: Tensor) -> Tensor:
    return _complex_log1p(input)


@elementwise(
    promotion=FLOATING, derivatives={"input": lambda grad, input: grad / (input + 1)}, complex=_log1p_of_complex
)
def log1p(input: Tensor) -> Tensor:
    """Compute log(1 + x), accurately near 0. Source of the semantics: ``torch.log1p``.

    Example:
        >>> import flambeau as torch
        >>> torch.log1p(torch.tensor([0.0, 1.0]))
        tensor([0.0000, 0.6931])
    """


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, input: grad / (input * _LN2)},
    default=complex_by(
        lambda type_, a: scaled(type_, type_.kernels.log(a), 1 / _LN2),
        lambda type_, a: type_.kernels.div(type_.kernels.log(a), type_.number(_LN2)),
    ),
)
def log2(input: Tensor) -> Tensor:
    """Take the logarithm to base 2. Source of the semantics: ``torch.log2``.

    Example:
        >>> import flambeau as torch
        >>> torch.log2(torch.tensor([1.0, 8.0]))
        tensor([0., 3.])
    """


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, input: grad / (input * _LN10)},
    default=complex_by(
        lambda type_, a: scaled(type_, type_.kernels.log(a), 1 / _LN10),
        lambda type_, a: type_.kernels.div(type_.kernels.log(a), type_.number(_LN10)),
    ),
)
def log10(input: Tensor) -> Tensor:
    """Take the logarithm to base 10. Source of the semantics: ``torch.log10``.

    Example:
        >>> import flambeau as torch
        >>> torch.log10(torch.tensor([1.0, 100.0]))
        tensor([0., 2.])
    """


@elementwise(promotion=FLOATING, derivatives={"input": lambda grad, result: grad / (2 * result)})
def sqrt(input: Tensor) -> Tensor:
    """Take the square root. Source of the semantics: ``torch.sqrt``.

    Example:
        >>> import flambeau as torch
        >>> torch.sqrt(torch.tensor([4.0, 2.0]))
        tensor([2.0000, 1.4142])
    """


@elementwise(
    promotion=FLOATING,
    derivatives={"input": lambda grad, result: -0.5 * grad * (result * result * result)},
    default=lambda type_, a: type_.kernels.div(type_.number(1.0), type_.kernels.sqrt(a)),
)
def rsqrt(input: Tensor) -> Tensor:
    """Take the reciprocal of the square root. Source of the semantics: ``torch.rsqrt``.

    Example:
        >>> import flambeau as torch
        >>> torch.rsqrt(torch.tensor([4.0, 1.0]))
        tensor([0.5000, 1.0000])
    """


@at_once("sigmoid_backward")
@in_single_formula
@at_once("sigmoid_backward")
def _sigmoid_input(grad: Tensor, result: Tensor) -> Tensor:
    return grad * (result * (1 - result))


def _sigmoid_composition(type_: Any, a: Any) -> Any:
    return in_single(type_, a, _sigmoid)


def _sigmoid(type_: Any, a: Any) -> Any:
    # exp of a negative number only, so that nothing overflows: e / (1 + e) or 1 / (1 + e).
    kernels = type_.kernels
    decayed = kernels.exp(kernels.neg(kernels.abs(a)))
    one = type_.number(1.0)
    numerator = kernels.where(kernels.lt(a, type_.number(0.0)), decayed, one)
    return kernels.div(numerator, kernels.add(decayed, one))


def _complex_sigmoid(type_: Any, a: Any) -> Any:
    kernels, one = type_.kernels, type_.number(1.0)
    return kernels.div(one, kernels.add(one, kernels.exp(kernels.neg(a))))


@elementwise(
    promotion=FLOATING,
    derivatives={"input": _sigmoid_input},
    default=complex_by(_complex_sigmoid, _sigmoid_composition),
)
def sigmoid(input: Tensor) -> Tensor:
    """Compute 1 / (1 + exp(-x)). Source of the semantics: ``torch.sigmoid``.

    Example:
        >>> import flambeau as torch
        >>> torch.sigmoid(torch.tensor([0.0, 2.0]))
        tensor([0.5000, 0.8808])
    """


def _logit_input(grad: Tensor, input: Tensor, eps: float | None) -> Tensor:
    low = 0.0 if eps is None else eps
    outside = float("nan") if eps is None else 0.0
    inside = (input >= low) & (input <= 1 - low)
    return where(inside, grad / (input * (1 - input)).abs(), outside)  # also where a zero has a minus sign


@primitive(derivatives={"input": _logit_input}, inplace=True, out=True)
def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """Compute log(x / (1 - x)), the inverse of :func:`flambeau.sigmoid`. Source of the semantics: ``torch.logit``.

    With ``eps``, elements are limited to the range from ``eps`` to ``1 - eps`` first; without it, those outside of
    [0, 1] give nan.

    Example:
        >>> import flambeau as torch
        >>> torch.logit(torch.tensor([0.5, 0.9, 1.0]))
        tensor([0.0000, 2.1972,    inf])
    """
    (a,), type_ = operands_of("logit", (input,), floating=True)
    if type_.complex:
        refuse_complex("logit")(input)
    kernels, one = type_.kernels, type_.number(1.0)
    if eps is not None:
        a = kernels.minimum(kernels.maximum(a, type_.number(eps)), type_.number(1 - eps))
    return from_array(kernels.log(kernels.div(a, kernels.sub(one, a))), type_)


def _log_of_sum(log_of_one_plus: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """The composition of logaddexp and logaddexp2: the larger operand, and what the smaller one adds to it."""

    def composition(type_: Any, a: Any, b: Any) -> Any:
        kernels = type_.kernels
        distance = kernels.neg(kernels.abs(kernels.sub(a, b)))
        result = kernels.add(kernels.maximum(a, b), log_of_one_plus(type_, distance))
        return kernels.where(kernels.eq(a, b), kernels.add(a, log_of_one_plus(type_, type_.number(0.0))), result)

    return composition


def _binary_log_of_one_plus(type_: Any, exponent: Any) -> Any:
    kernels = type_.kernels
    return kernels.div(kernels.log1p(kernels.pow(type_.number(2.0), exponent)), type_.number(_LN2))


def _complex_logaddexp(input: Tensor, other: Tensor) -> Tensor:
    first = input.real >= other.real
    larger: Tensor = where(first, input, other)
    smaller: Tensor = where(first, other, input)
    return larger + (smaller - larger).exp().log1p()


@elementwise(
    complex=_complex_logaddexp,
    derivatives={
        "input": lambda grad, input, other: grad / (1 + (other - input).exp()),
        "other": lambda grad, input, other: grad / (1 + (input - other).exp()),
    },
    check=only(dtypes.FLOATING, "logaddexp"),
    inplace=False,
    default=_log_of_sum(lambda type_, exponent: type_.kernels.log1p(type_.kernels.exp(exponent))),
)
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """Compute log(exp(x) + exp(y)) without overflow; floats only. Source of the semantics: ``torch.logaddexp``.

    Example:
        >>> import flambeau as torch
        >>> torch.logaddexp(torch.tensor([0.0, 1000.0]), torch.tensor([0.0, 999.0]))
        tensor([6.9315e-01, 1.0003e+03])
    """


@elementwise(
    complex=False,
    derivatives={
        "input": lambda grad, input, other: grad / (1 + (other - input).exp2()),
        "other": lambda grad, input, other: grad / (1 + (input - other).exp2()),
    },
    check=only(dtypes.FLOATING, "logaddexp2"),
    inplace=False,
    default=_log_of_sum(_binary_log_of_one_plus),
)
def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """Compute log2(2**x + 2**y) without overflow; floats only. Source of the semantics: ``torch.logaddexp2``.

    Example:
        >>> import flambeau as torch
        >>> torch.logaddexp2(torch.tensor([0.0, 5.0]), torch.tensor([0.0, 5.0]))
        tensor([1., 6.])
    """


def _product_with_log(type_: Any, a: Any, b: Any) -> Any:
    return _zero_times_nothing(type_, a, b, type_.kernels.log(b))


def _product_with_log1p(type_: Any, a: Any, b: Any) -> Any:
    return _zero_times_nothing(type_, a, b, type_.kernels.log1p(b))


def _zero_times_nothing(type_: Any, a: Any, b: Any, logarithm: Any) -> Any:
    """``a * logarithm``, but 0 where ``a`` is 0 and ``b`` is a number."""
    kernels, zero = type_.kernels, type_.number(0.0)
    gone = kernels.bitwise_and(kernels.eq(a, zero), kernels.logical_not(kernels.isnan(b)))
    return kernels.where(gone, zero, kernels.mul(a, logarithm))


def _xlogy_input(grad: Tensor, input: Any, other: Any) -> Tensor:
    product: Tensor = xlogy(grad, other)  # 0 for a gradient of 0, whatever the logarithm is
    return where((input == 0) & (other <= 0), 0.0, product)


def _xlog1py_input(grad: Tensor, input: Any, other: Any) -> Tensor:
    product: Tensor = xlog1py(grad, other)
    return where((input == 0) & (other <= -1), 0.0, product)


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={
        "input": _xlogy_input,
        "other": lambda grad, input, other: grad * input / other,
    },
    default=_product_with_log,
)
def xlogy(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Compute x log(y), which is 0 where x is 0. Source of the semantics: ``torch.xlogy``.

    Example:
        >>> import flambeau as torch
        >>> torch.xlogy(torch.tensor([0.0, 2.0]), torch.tensor([0.0, 1.5]))
        tensor([0.0000, 0.8109])
    """


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={
        "input": _xlog1py_input,
        "other": lambda grad, input, other: grad * input / (other + 1),
    },
    method=False,
    inplace=False,
    default=_product_with_log1p,
    node="SpecialXlog1PyBackward0",
)
def xlog1py(input: Tensor | Number, other: Tensor | Number) -> Tensor:
    """Compute x log(1 + y), which is 0 where x is 0. Source of the semantics: ``torch.special.xlog1py``.

    Example:
        >>> import flambeau as torch
        >>> torch.special.xlog1py(torch.tensor([0.0, 2.0]), torch.tensor([-1.0, 0.5]))
        tensor([0.0000, 0.8109])
    """


def _entropy(type_: Any, a: Any) -> Any:
    kernels = type_.kernels
    product = _zero_times_nothing(type_, kernels.neg(a), a, kernels.log(a))
    return kernels.where(kernels.lt(a, type_.number(0.0)), type_.number(float("-inf")), product)


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": lambda grad, input: grad * (-input.log() - 1)},
    method=False,
    inplace=False,
    default=_entropy,
    node="SpecialEntrBackward0",
)
def entr(input: Tensor) -> Tensor:
    """Compute the entropy -x log(x): 0 for 0, -inf for negative numbers. Source: ``torch.special.entr``.

    Example:
        >>> import flambeau as torch
        >>> torch.special.entr(torch.tensor([-0.5, 0.0, 0.5]))
        tensor([  -inf, 0.0000, 0.3466])
    """
