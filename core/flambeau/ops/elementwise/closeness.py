"""Whether tensors are equal, exactly or nearly."""

from __future__ import annotations

from flambeau._dispatch.checks import no_complex_halves
from flambeau._dispatch.declare import composite
from flambeau._dispatch.runtime import common_type
from flambeau._tensor import Tensor
from flambeau.dtypes import scalar_type_name
from flambeau.promotion import get_default_dtype

__all__ = ["allclose", "equal", "isclose"]


@composite()
def isclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> Tensor:
    """Tell where ``input`` and ``other`` differ by at most ``atol + rtol * abs(other)``.

    Infinities are close to themselves only; nan is close to nothing, or with ``equal_nan`` to nan. Source of the semantics:
    ``torch.isclose``.

    Raises:
        RuntimeError: the dtypes differ, or a tolerance is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.isclose(torch.tensor([1.0, 2.0]), torch.tensor([1.000001, 2.1]))
        tensor([ True, False])
    """
    if input.dtype is not other.dtype:
        raise RuntimeError(f"{scalar_type_name(input.dtype)} did not match {scalar_type_name(other.dtype)}")
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not tolerance >= 0:
            raise RuntimeError(f"{name} must be greater than or equal to zero, but got {tolerance:g}")
    input, other = input.detach(), other.detach()
    close: Tensor = input == other
    if equal_nan and input._type.floats:
        close = close | (input.isnan() & other.isnan())
    if rtol == 0 and atol == 0:
        return close
    if not input._type.floats:
        input, other = input.to(get_default_dtype()), other.to(get_default_dtype())
    distance = (input - other).abs()
    return close | (distance.isfinite() & (distance <= (other * rtol).abs() + atol))


@composite()
def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Tell whether :func:`flambeau.isclose` holds everywhere. Source of the semantics: ``torch.allclose``.

    Raises:
        RuntimeError: the dtypes differ, or a tolerance is negative.

    Example:
        >>> import flambeau as torch
        >>> torch.allclose(torch.tensor([1.0, 2.0]), torch.tensor([1.000001, 2.0]))
        True
    """
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@composite()
def equal(input: Tensor, other: Tensor) -> bool:
    """Tell whether two tensors have the same shape and elements; nan differs from nan. Source: ``torch.equal``.

    Raises:
        RuntimeError: they are on different devices.

    Example:
        >>> import flambeau as torch
        >>> torch.equal(torch.tensor([1, 2]), torch.tensor([1, 2]))
        True
    """
    common_type("equal", (input, other))
    no_complex_halves("equal_cpu", input.dtype)
    return input.shape == other.shape and bool((input == other).all())
