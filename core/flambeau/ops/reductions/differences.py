"""Differences of neighbours, and the integrals and derivatives that are estimated from samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.declare import alias, composite
from flambeau._dispatch.runtime import Number, as_operand, not_a_tensor
from flambeau._tensor import Tensor
from flambeau.ops.elementwise.arithmetic import div, sub
from flambeau.ops.elementwise.bitwise import bitwise_xor
from flambeau.ops.movement.joining import cat
from flambeau.ops.movement.shapes import reshape
from flambeau.ops.movement.slicing import narrow, select
from flambeau.shapes import as_int, as_ints, normalize_dim, normalize_dims

from .scans import cumsum
from .sums import sum

__all__ = ["cumulative_trapezoid", "diff", "gradient", "trapezoid", "trapz"]


def _before(input: Tensor, dim: int) -> Tensor:
    """All but the last index of ``dim``."""
    return narrow(input, dim, 0, max(input._array.shape[dim] - 1, 0))


def _after(input: Tensor, dim: int) -> Tensor:
    """All but the first index of ``dim``."""
    size = input._array.shape[dim]
    return narrow(input, dim, min(1, size), max(size - 1, 0))


# -- differences --------------------------------------------------------------------------------------------------------


@composite(out=True)
def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None, append: Tensor | None = None
) -> Tensor:
    """Subtract from every element the one before it along ``dim``, ``n`` times. Source of the semantics: ``torch.diff``.

    ``prepend`` and ``append`` are joined to ``input`` first. The difference of bools is whether they differ.

    Raises:
        RuntimeError: ``input`` has no dims, ``n`` is negative, or what is joined to it does not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.diff(torch.tensor([1, 3, 2]))
        tensor([ 2, -1])
        >>> torch.diff(torch.tensor([1, 3, 2]), prepend=torch.tensor([0]))
        tensor([ 1,  2, -1])
    """
    if not input.dim():
        raise RuntimeError("diff expects input to be at least one-dimensional")
    dim = normalize_dim(dim, input.dim())
    n = as_int(n, "n")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    for joined in (prepend, append):
        if joined is not None:
            _check_joined(input, joined, dim)
    if not n:
        return input.clone()
    parts = [part for part in (prepend, input, append) if part is not None]
    result = cat(parts, dim) if len(parts) > 1 else input
    if n >= result._array.shape[dim]:
        return narrow(result, dim, 0, 0).clone()
    subtract = bitwise_xor if result.dtype is dtypes.bool else sub
    for _ in range(n):
        result = subtract(_after(result, dim), _before(result, dim))
    return result


def _check_joined(input: Tensor, joined: Tensor, dim: int) -> None:
    if joined.dim() != input.dim():
        raise RuntimeError("diff expects prepend or append to be the same dimension as input")
    for d, (size, found) in enumerate(zip(input._array.shape, joined._array.shape, strict=True)):
        if d != dim and size != found:
            raise RuntimeError(
                "diff expects the shape of tensor to prepend or append to match that of input except along the "
                f"differencing dimension; input.size({d}) = {size}, but got tensor.size({d}) = {found}"
            )


# -- integrals ----------------------------------------------------------------------------------------------------------


@composite(method=False)
def trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Number | Tensor = 1, dim: int = -1) -> Tensor:
    """Integrate samples along ``dim`` by the trapezoidal rule: at the points ``x``, or ``dx`` apart.

    Source of the semantics: ``torch.trapezoid``.

    Raises:
        RuntimeError: ``y`` is bool, or there is not one ``x`` for every sample.

    Example:
        >>> import flambeau as torch
        >>> torch.trapezoid(torch.tensor([1.0, 2.0, 3.0]))
        tensor(4.)
        >>> torch.trapezoid(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.0, 1.0, 3.0]))
        tensor(6.5000)
    """
    dim = _checked("trapezoid", y, x, dx, dim)
    if not y._array.shape[dim]:
        return sum(y, dim) * 0.5
    if x is not None:
        return sum(_strips(y, dim) * _widths("trapezoid", x, y, dim), dim) / 2
    ends = select(y, dim, 0) + select(y, dim, -1)
    return (sum(y, dim) - ends * 0.5) * dx


@composite(method=False)
def cumulative_trapezoid(y: Tensor, x: Tensor | None = None, *, dx: Number | Tensor = 1, dim: int = -1) -> Tensor:
    """Integrate as :func:`flambeau.trapezoid`, keeping every partial sum. Source: ``torch.cumulative_trapezoid``.

    Example:
        >>> import flambeau as torch
        >>> torch.cumulative_trapezoid(torch.tensor([1.0, 2.0, 3.0]))
        tensor([1.5000, 4.0000])
    """
    dim = _checked("cumulative_trapezoid", y, x, dx, dim)
    if not y._array.shape[dim]:
        return narrow(y, dim, 0, 0) * 0.5
    if x is None:
        return cumsum(_strips(y, dim) * (dx / 2), dim)
    return cumsum(_strips(y, dim) * _widths("cumulative_trapezoid", x, y, dim), dim) / 2


def _checked(function: str, y: Tensor, x: Any, dx: Any, dim: int) -> int:
    """``dim`` counted from the front, after the checks that both integrals have."""
    if not y.dim():
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    if x is not None and not isinstance(x, Tensor):
        raise not_a_tensor(function, "x", 2, x)
    if y.dtype is dtypes.bool:
        raise RuntimeError(f"{function}: received a bool input for `y`, but bool is not supported")
    if isinstance(dx, bool | complex) or as_operand(dx) is None:
        raise RuntimeError(f"{function}: Currently, we only support dx as a real number.")
    if x is not None and not isinstance(dx, Tensor) and dx != 1:
        raise TypeError(f"{function}() received an invalid combination of arguments: x and dx exclude each other")
    return normalize_dim(dim, y.dim())


def _strips(y: Tensor, dim: int) -> Tensor:
    """Twice the mean height of every strip between two samples."""
    return _before(y, dim) + _after(y, dim)


def _widths(function: str, x: Tensor, y: Tensor, dim: int) -> Tensor:
    """The widths of the strips; ``x`` has one dim, that of ``dim``, or is broadcast against ``y``."""
    if x.dtype is dtypes.bool:
        raise RuntimeError(f"{function}: received a bool input for `x`, but bool is not supported")
    if x.dim() == 1:
        if x._array.shape[0] != y._array.shape[dim]:
            raise RuntimeError(f"{function}: There must be one `x` value for each sample point")
        x = reshape(x, (-1,) + (1,) * (y.dim() - dim - 1))
        return _after(x, 0) - _before(x, 0)
    x = reshape(x, (1,) * (y.dim() - x.dim()) + x._array.shape)
    return _after(x, dim) - _before(x, dim)


trapz = alias(trapezoid, "trapz")


# -- derivatives --------------------------------------------------------------------------------------------------------


@composite(method=False)
def gradient(
    input: Tensor,
    *,
    spacing: Number | Tensor | Sequence[Any] | None = None,
    dim: int | Sequence[int] | None = None,
    edge_order: int = 1,
) -> tuple[Tensor, ...]:
    """Estimate the derivative along each ``dim`` from neighbouring samples. Source of the semantics: ``torch.gradient``.

    ``spacing`` is the distance of the samples, or one for each dim, or a tensor of coordinates for each dim. Inner points
    take central differences, the first and the last one-sided ones of ``edge_order`` 1 or 2.

    Raises:
        RuntimeError: a dim has too few samples, or ``spacing`` does not fit ``dim``.

    Example:
        >>> import flambeau as torch
        >>> torch.gradient(torch.tensor([0.0, 1.0, 4.0, 9.0]))
        (tensor([1., 2., 4., 5.]),)
    """
    dims = _given_dims(input, dim)
    spacings = _spacings(input, spacing, dim, len(dims))
    _check_gradient(input, dims, edge_order)
    return tuple(_derivative(input, each, distance, edge_order) for each, distance in zip(dims, spacings, strict=True))


def _given_dims(input: Tensor, dim: int | Sequence[int] | None) -> list[int]:
    """The dims in the order in which they were given."""
    ndim = input.dim()
    if dim is None:
        return list(range(ndim))
    given = as_ints(dim)
    normalize_dims(given, ndim)  # refuses repeated ones
    return [normalize_dim(each, ndim) for each in given]


def _spacings(input: Tensor, spacing: Any, dim: Any, count: int) -> list[Any]:
    if spacing is None:
        return [1] * count
    if isinstance(spacing, Tensor):
        if spacing.dim():
            raise TypeError("gradient(): argument 'spacing' must be a number or a sequence, not a tensor with dims")
        return [spacing.item()] * count
    if not isinstance(spacing, Sequence):
        return [spacing] * count
    if len(spacing) == count:
        return list(spacing)
    if dim is None:
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length equal to 'self.dim() = "
            f"{input.dim()}', since dim argument was not given, but got a list of length {len(spacing)}"
        )
    raise RuntimeError(
        "torch.gradient expected spacing to be unspecified, a scalar or it's spacing and dim arguments to have the same "
        f"length, but got a spacing argument of length {len(spacing)} and a dim argument of length {count}."
    )


def _check_gradient(input: Tensor, dims: list[int], edge_order: int) -> None:
    if input.dtype is dtypes.uint8:
        raise RuntimeError("torch.gradient does not support uint8 input.")
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    for dim in dims:
        if input._array.shape[dim] < edge_order + 1:
            raise RuntimeError("torch.gradient expected each dimension size to be at least edge_order+1")


def _derivative(input: Tensor, dim: int, spacing: Any, edge_order: int) -> Tensor:
    if isinstance(spacing, Tensor) and spacing.dim() != 1:
        raise RuntimeError(
            "torch.gradient expected each element of spacing to have one dimension, but got an element with "
            f"{spacing.dim()} dimensions!"
        )
    if isinstance(spacing, Tensor):
        return _derivative_at(input, dim, spacing, edge_order)
    size = input._array.shape[dim]
    inner = (narrow(input, dim, 2, size - 2) - narrow(input, dim, 0, size - 2)) / spacing / 2
    if edge_order == 1:
        first, last = (div(_step(input, dim, at), spacing) for at in (0, size - 2))
    else:
        first = _weighted(input, dim, 0, 1, (-1.5, 2, -0.5)) / spacing
        last = _weighted(input, dim, size - 3, 1, (0.5, -2, 1.5)) / spacing
    return cat([first, inner, last], dim)


def _step(input: Tensor, dim: int, at: int) -> Tensor:
    """The difference of the element after index ``at`` and the one there."""
    return narrow(input, dim, at + 1, 1) - narrow(input, dim, at, 1)


def _weighted(input: Tensor, dim: int, start: int, length: int, weights: Sequence[Any]) -> Tensor:
    """The weighted sums of three neighbours each, the first of them from ``start`` on."""
    one, two, three = (weight * narrow(input, dim, start + place, length) for place, weight in enumerate(weights))
    total: Tensor = one + two + three
    return total


def _derivative_at(input: Tensor, dim: int, points: Tensor, edge_order: int) -> Tensor:
    """The derivative from samples at ``points``, by the parabola through three neighbours inside.

    The weights of the three are PyTorch's, in the dtype of ``points``; at the edges, the parabola goes on.
    """
    size = input._array.shape[dim]
    distances = points[1:] - points[:-1]
    near, far = (reshape(part, (-1,) + (1,) * (input.dim() - dim - 1)) for part in (distances[:-1], distances[1:]))
    both = near + far
    inner = _weighted(input, dim, 0, size - 2, (-far / (near * both), (far - near) / (near * far), near / (far * both)))
    if edge_order == 1:
        first, last = (_step(input, dim, at) / distances[at] for at in (0, size - 2))
    else:
        first = _weighted(input, dim, 0, 1, _at_the_edge(distances[0], distances[1]))
        weights = [-weight for weight in _at_the_edge(distances[-1], distances[-2])]
        last = _weighted(input, dim, size - 3, 1, weights[::-1])
    return cat([first, inner, last], dim)


def _at_the_edge(near: Tensor, far: Tensor) -> list[Tensor]:
    """The weights of the first three samples for the derivative at the first, by the distances between them."""
    both = near + far
    return [-(2.0 * near + far) / (near * both), both / (near * far), -near / (far * both)]
