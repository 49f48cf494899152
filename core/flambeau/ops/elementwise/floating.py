"""The parts of floating point numbers: sign, fraction and exponent, and the neighbours of a number."""

from __future__ import annotations

from typing import Any

from flambeau import dtypes
from flambeau._dispatch.checks import no_complex, no_complex_halves, only, zero_gradient
from flambeau._dispatch.declare import BOOLEAN, FLOATING, elementwise, primitive
from flambeau._dispatch.precision import all_in_single
from flambeau._dispatch.results import Results
from flambeau._dispatch.runtime import Number
from flambeau._tensor import Tensor, from_array

from .complex_parts import view_as_complex, view_as_real
from .selection import _where as where
from .selection import unless

__all__ = ["copysign", "frexp", "ldexp", "nan_to_num", "nextafter", "signbit"]


def _sign_of_number(type_: Any, a: Any) -> Any:
    """The sign bit of all but nan, whose sign no required kernel shows: the inverse of a zero tells its sign."""
    kernels, zero = type_.kernels, type_.number(0.0)
    zeros = kernels.eq(a, zero)
    inverse = kernels.div(type_.number(1.0), kernels.where(zeros, a, type_.number(1.0)))
    return kernels.bitwise_or(kernels.lt(a, zero), kernels.lt(inverse, zero))


def _negative_integer(type_: Any, a: Any) -> Any:
    if not type_.integers:
        return type_.kernels.ne(a, a)
    return type_.kernels.lt(a, type_.number(0))


@elementwise(
    complex=False,
    promotion=BOOLEAN,
    not_differentiable="the result is bool",
    check=no_complex("signbit"),
    domain="floats",
    integers=_negative_integer,
    default=_sign_of_number,
    inplace=False,
    out="boolean",
)
def signbit(input: Tensor) -> Tensor:
    """Tell where elements have a minus sign, which zeros may have, too. Source of the semantics: ``torch.signbit``.

    Example:
        >>> import flambeau as torch
        >>> torch.signbit(torch.tensor([0.5, -0.0, -3.0]))
        tensor([False,  True,  True])
    """


def _with_sign(type_: Any, a: Any, b: Any) -> Any:
    kernels = type_.kernels
    differ = kernels.bitwise_xor(kernels.signbit(a), kernels.signbit(b))
    return kernels.where(differ, kernels.neg(a), a)


def _copysign_input(grad: Tensor, input: Tensor, result: Tensor) -> Tensor:
    return unless(input == 0, grad, result / input)


@elementwise(
    complex=False,
    promotion=FLOATING,
    derivatives={"input": _copysign_input, "other": zero_gradient},
    default=_with_sign,
)
def copysign(input: Tensor, other: Tensor | Number) -> Tensor:
    """Give the magnitude of ``input`` with the sign of ``other``. Source of the semantics: ``torch.copysign``.

    Example:
        >>> import flambeau as torch
        >>> torch.copysign(torch.tensor([1.0, -2.0]), torch.tensor([-0.0, 3.0]))
        tensor([-1.,  2.])
    """


_STEP = {"float32": 100.0, "float64": 700.0}
"""Three steps of so many powers of 2 lead from one end of the range to the other, and no step leaves it."""

_PRECISION = {"float16": 11, "bfloat16": 8, "float32": 24, "float64": 53}
_LEAST_EXPONENT = {"float16": -14, "bfloat16": -126, "float32": -126, "float64": -1022}
_LARGEST = {
    "float16": 65504.0, "bfloat16": 3.3895313892515355e38, "float32": 3.4028234663852886e38,
    "float64": 1.7976931348623157e308,
}  # fmt: skip


def _neighbour(type_: Any, a: Any, b: Any) -> Any:
    """The next number, by additions that round to it.

    Source of the method: S. M. Rump, P. Zimmermann, S. Boldo, G. Melquiond, Computing predecessor and successor in
    rounding to nearest, BIT 49 (2009), algorithm 2.
    """
    kernels, number = type_.kernels, type_.number
    precision = _PRECISION[type_.dtype.name]
    unit = 2.0**-precision
    least = 2.0 ** (_LEAST_EXPONENT[type_.dtype.name] - precision + 1)
    factor = number(unit * (1 + 2 * unit))
    upwards = kernels.lt(a, b)
    size = kernels.abs(a)

    def stepped(c: Any, step: Any) -> Any:
        return kernels.where(upwards, kernels.add(c, step), kernels.sub(c, step))

    large = stepped(a, kernels.mul(factor, size))
    scaled = kernels.mul(number(1 / unit), a)
    middle = kernels.mul(number(unit), stepped(scaled, kernels.mul(factor, kernels.abs(scaled))))
    small = stepped(a, number(least))
    result = kernels.where(kernels.lt(size, number(least / unit)), small, middle)
    result = kernels.where(kernels.le(number(least * (0.5 / unit / unit)), size), large, result)
    infinite = kernels.eq(size, number(float("inf")))
    bound = kernels.mul(kernels.sign(a), number(_LARGEST[type_.dtype.name]))
    result = kernels.where(infinite, bound, result)
    result = kernels.where(kernels.eq(a, b), b, result)
    return kernels.where(kernels.bitwise_or(kernels.isnan(a), kernels.isnan(b)), kernels.add(a, b), result)


@elementwise(
    complex=False,
    derivatives={"input": lambda grad, input, other: where(input == other, 0.0, grad), "other": zero_gradient},
    check=only(dtypes.FLOATING, "nextafter"),
    default=_neighbour,
)
def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """Give the number next to ``input`` on the way to ``other``. Source of the semantics: ``torch.nextafter``.

    Example:
        >>> import flambeau as torch
        >>> torch.nextafter(torch.tensor([1.0]), torch.tensor([2.0])) - 1
        tensor([1.1921e-07])
    """


class Frexp(Results):
    """The result of :func:`frexp`."""

    mantissa: Tensor
    exponent: Tensor


def _split(type_: Any, a: Any) -> tuple[Any, Any]:
    """Mantissa and exponent, both in the dtype of ``a``: the logarithm gives the exponent to within 1."""
    kernels, number = type_.kernels, type_.number
    zero, one, half = number(0.0), number(1.0), number(0.5)
    size = kernels.abs(a)
    ordinary = kernels.bitwise_and(kernels.lt(zero, size), kernels.lt(size, number(float("inf"))))
    logarithm = kernels.log(kernels.where(ordinary, size, one))
    exponent = kernels.floor(kernels.add(kernels.mul(logarithm, number(1.4426950408889634)), one))
    mantissa = kernels.ldexp(kernels.where(ordinary, a, zero), kernels.neg(exponent))
    size = kernels.abs(mantissa)
    above, below = kernels.le(one, size), kernels.lt(size, half)
    shift = kernels.where(above, one, kernels.where(below, number(-1.0), zero))
    mantissa = kernels.mul(mantissa, kernels.where(above, half, kernels.where(below, number(2.0), one)))
    exponent = kernels.add(exponent, shift)
    return kernels.where(ordinary, mantissa, a), kernels.where(ordinary, exponent, zero)


@primitive(
    derivatives={"input": lambda grad, exponent: grad.ldexp(-exponent)},
    outputs=("mantissa", "exponent"),
    kernel="frexp",
    kind="fused",
    out=True,
)
def frexp(input: Tensor) -> Any:
    """Split each element into ``mantissa * 2**exponent``, the mantissa in [0.5, 1), the exponent int32.

    Zeros, infinities and nan have the exponent 0. Source of the semantics: ``torch.frexp``.

    Raises:
        RuntimeError: ``input`` is not floating.

    Example:
        >>> import flambeau as torch
        >>> mantissa, exponent = torch.frexp(torch.tensor([6.0, -0.25]))
        >>> mantissa, exponent
        (tensor([ 0.7500, -0.5000]), tensor([ 3, -1], dtype=torch.int32))
    """
    type_ = input._type
    if type_.dtype.category != dtypes.FLOATING:
        raise RuntimeError("torch.frexp() only supports floating-point dtypes")
    kernels = type_.kernels
    if kernels.frexp is not None:
        mantissa, exponent = kernels.frexp(input._array)
    else:
        mantissa, exponent = _split(type_, input._array)
        exponent = kernels.cast(exponent, "int32")
    return Frexp(from_array(mantissa, type_), from_array(exponent, type_.with_dtype(dtypes.int32)))


def _scaled(type_: Any, a: Any, b: Any) -> Any:
    """``a * 2**b``, in float32 of halves."""
    return all_in_single(type_, _scaled_in_steps, a, b)


def _scaled_in_steps(type_: Any, a: Any, b: Any) -> Any:
    """In steps none of which is 0 or infinite: what is 0 or infinite itself would become nan, and not stay."""
    kernels, two, most = type_.kernels, type_.number(2.0), _STEP[type_.dtype.name]
    low, high = type_.number(-most), type_.number(most)
    infinite = kernels.lt(type_.number(2.0**64), kernels.abs(b))  # more than an integer can be
    for _ in range(2):
        step = kernels.minimum(kernels.maximum(b, low), high)
        a, b = kernels.mul(a, kernels.pow(two, step)), kernels.sub(b, step)
    last = kernels.where(infinite, b, kernels.minimum(kernels.maximum(b, low), high))
    return kernels.mul(a, kernels.pow(two, last))


def _scaled_complex(input: Tensor, other: Tensor) -> Tensor:
    exponent = other if other.is_complex() else other.to(input.real.dtype)
    return input * 2.0**exponent


@elementwise(
    complex=_scaled_complex,
    promotion=FLOATING,
    derivatives={
        "input": lambda grad, other: grad.ldexp(other),
        "other": lambda grad, result: grad * (result * 0.6931471805599453),
    },
    default=_scaled,
)
def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """Multiply ``input`` by 2 to the power ``other``. Source of the semantics: ``torch.ldexp``.

    Differs from PyTorch: where integer exponents are negative, the gradient is ``2**other`` and not 0.

    Example:
        >>> import flambeau as torch
        >>> torch.ldexp(torch.tensor([1.0, 0.75]), torch.tensor([3, -1]))
        tensor([8.0000, 0.3750])
    """


@primitive(derivatives={"input": lambda grad, input: where(input.isfinite(), grad, 0.0)}, inplace=True, out="same")
def nan_to_num(
    input: Tensor, nan: float | None = None, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """Replace nan by ``nan`` (0) and infinities by ``posinf`` and ``neginf`` (the largest numbers of the dtype).

    Of complex numbers, in both parts; integers stay. Source of the semantics: ``torch.nan_to_num``.

    Example:
        >>> import flambeau as torch
        >>> torch.nan_to_num(torch.tensor([float("nan"), 1.0, float("inf")]), posinf=9.0)
        tensor([0., 1., 9.])
    """
    type_, array = input._type, input._array
    no_complex_halves("nan_to_num", type_.dtype)
    values = (0.0 if nan is None else nan * 1.0, posinf, neginf)
    if type_.complex:
        pairs = view_as_real(input.detach())
        return view_as_complex(from_array(_without_nan(pairs._type, pairs._array, *values), pairs._type))
    if type_.dtype.category != dtypes.FLOATING:
        return from_array(type_.kernels.clone(array, True), type_)
    return from_array(_without_nan(type_, array, *values), type_)


def _without_nan(type_: Any, array: Any, nan: float, posinf: float | None, neginf: float | None) -> Any:
    kernels, number, largest = type_.kernels, type_.number, _LARGEST[type_.dtype.name]
    ends = (largest if posinf is None else posinf * 1.0, -largest if neginf is None else neginf * 1.0)
    if kernels.nan_to_num is not None:
        return kernels.nan_to_num(array, nan, *ends)
    result = kernels.where(kernels.isnan(array), number(nan), array)
    for infinity, value in zip((float("inf"), -float("inf")), ends, strict=True):
        result = kernels.where(kernels.eq(array, number(infinity)), number(value), result)
    return result
