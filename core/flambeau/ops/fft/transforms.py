"""Discrete Fourier transforms, under the names of PyTorch's ``torch.fft``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod, sqrt
from typing import Any

from flambeau import dtypes
from flambeau._dispatch.out import with_out
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.conversion import to_type
from flambeau.ops.creation.ranges import arange
from flambeau.ops.elementwise.complex_parts import conj
from flambeau.promotion import get_default_dtype
from flambeau.shapes import as_int, as_ints, int_argument, normalize_dim

from .fourier import _fft, _irfft, _rfft, hermitian, resized

__all__ = [
    "fft", "fft2", "fftfreq", "fftn", "fftshift", "hfft", "ifft", "ifft2", "ifftn", "ifftshift", "ihfft", "irfft", "irfft2",
    "irfftn", "rfft", "rfft2", "rfftfreq", "rfftn",
]  # fmt: skip


# -- what they have in common ---------------------------------------------------------------


def _factor(norm: str | None, size: int, *, inverse: bool) -> float:
    """What the plain sum is multiplied by.

    Raises:
        RuntimeError: there is no such normalisation.
    """
    if norm not in (None, "backward", "ortho", "forward"):
        raise RuntimeError(f'Invalid normalization mode: "{norm}"')
    if norm == "ortho":
        return 1 / sqrt(size)
    return 1.0 / size if inverse == (norm in (None, "backward")) else 1.0


def _scaled(result: Tensor, factor: float) -> Tensor:
    return result if factor == 1 else result * factor


def _complex(input: Tensor) -> Tensor:
    _check_no_halves(input)
    real = input if input._type.floats else to_type(input, input._type.with_dtype(get_default_dtype()))
    return to_type(real, real._type.with_dtype(real.dtype.to_complex()))


def _check_no_halves(input: Tensor) -> None:
    if input.dtype in (dtypes.float16, dtypes.bfloat16):
        raise RuntimeError(f"Unsupported dtype {scalar_type_name(input.dtype)}")
    if input.dtype is dtypes.complex32:
        raise RuntimeError("MKL FFT doesn't support tensors of type: Half")


def _real(function: str, input: Tensor) -> Tensor:
    _check_no_halves(input)
    if input._type.complex:
        raise RuntimeError(f"{function} expects a real input tensor, but got {_scalar_name(input)}")
    return input if input._type.floats else to_type(input, input._type.with_dtype(get_default_dtype()))


def _scalar_name(input: Tensor) -> str:
    return scalar_type_name(input.dtype)


def _size(input: Tensor, n: int | None, dim: int) -> tuple[int, int]:
    dim = normalize_dim(dim, input.dim())
    if not input.dim():
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    size = input.shape[dim] if n is None else as_int(n, "n")
    if size < 1:
        raise RuntimeError(f"Invalid number of data points ({size}) specified")
    return size, dim


def _dims(input: Tensor, s: Sequence[int] | None, dim: Any) -> tuple[list[int], list[int]]:
    """The dims to transform, and their sizes.

    Raises:
        RuntimeError: a dim occurs twice, or sizes and dims differ in number.
    """
    s = None if s is None else as_ints(s, "s")
    if dim is None:
        dims = list(range(input.dim() - len(s), input.dim())) if s is not None else list(range(input.dim()))
        if s is not None and len(s) > input.dim():
            raise RuntimeError(f"Got shape with {len(s)} values but input tensor only has {input.dim()} dimensions.")
    else:
        dims = [normalize_dim(each, input.dim()) for each in as_ints(dim)]
        if len(set(dims)) != len(dims):
            raise RuntimeError("FFT dims must be unique")
        if s is not None and len(s) != len(dims):
            raise RuntimeError("When given, dim and shape arguments must have the same length")
    sizes = [input.shape[d] if s is None or s[i] == -1 else s[i] for i, d in enumerate(dims)]
    for size in sizes:
        if size < 1:
            raise RuntimeError(f"Invalid number of data points ({size}) specified")
    return dims, sizes


def _finished(out: Tensor | None, compute: Callable[[], Tensor]) -> Tensor:
    return compute() if out is None else with_out(out, compute)


# -- along one dimension ---------------------------------------------------------------


@spelled()
def fft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """Transform along a dimension. Source of the semantics: ``torch.fft.fft``.

    Args:
        input: real or complex; a real one counts as complex.
        n: the size to which it is cut or filled up with zeros.
        dim: the dimension.
        norm: ``"backward"``, the default, multiplies by 1; ``"ortho"`` by 1 / sqrt(n); ``"forward"`` by 1 / n.
        out: what the result is written into.

    Raises:
        RuntimeError: ``n`` is not positive, or there is no such normalisation.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.fft(torch.tensor([1.0, 0.0, 0.0, 0.0]))
        tensor([1.+0.j, 1.+0.j, 1.+0.j, 1.+0.j])
    """
    return _finished(out, lambda: _along("fft", input, n, dim, norm, inverse=False))


@spelled()
def ifft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """Transform back along a dimension: the inverse of :func:`fft`. Source of the semantics: ``torch.fft.ifft``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.ifft(torch.fft.fft(torch.tensor([1.0, 2.0]))).real
        tensor([1., 2.])
    """
    return _finished(out, lambda: _along("ifft", input, n, dim, norm, inverse=True))


def _along(function: str, input: Tensor, n: int | None, dim: int, norm: str | None, *, inverse: bool) -> Tensor:
    size, dim = _size(input, n, dim)
    factor = _factor(norm, size, inverse=inverse)
    return _scaled(_fft(resized(_complex(input), dim, size), dim, inverse), factor)


@spelled()
def rfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """Transform a real tensor along a dimension: the first n // 2 + 1 numbers. Source: ``torch.fft.rfft``.

    Raises:
        RuntimeError: the input is complex; see :func:`fft` for the rest.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.rfft(torch.tensor([1.0, 0.0, 0.0, 0.0]))
        tensor([1.+0.j, 1.+0.j, 1.+0.j])
    """

    def compute() -> Tensor:
        source = _real("rfft", input)
        size, axis = _size(source, n, dim)
        return _scaled(_rfft(resized(source, axis, size), axis), _factor(norm, size, inverse=False))

    return _finished(out, compute)


@spelled()
def irfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """Give the real tensor of size n whose transform begins with ``input``. Source: ``torch.fft.irfft``.

    ``n`` is 2 (size - 1) by default; give it where the result has an odd size.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.irfft(torch.fft.rfft(torch.tensor([1.0, 2.0, 3.0])), n=3)
        tensor([1., 2., 3.])
    """
    return _finished(out, lambda: _back_to_real(input, n, dim, norm, inverse=True))


@spelled()
def hfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """Transform a signal that is its own conjugate mirrored, given its first half: the result is real.

    Source of the semantics: ``torch.fft.hfft``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.hfft(torch.tensor([1.0, 0.0, 0.0]))
        tensor([1., 1., 1., 1.])
    """
    return _finished(out, lambda: _back_to_real(input, n, dim, norm, inverse=False))


def _back_to_real(input: Tensor, n: int | None, dim: int, norm: str | None, *, inverse: bool) -> Tensor:
    source = _complex(input)
    axis = normalize_dim(dim, source.dim())
    size = 2 * (source.shape[axis] - 1) if n is None else n
    if size < 1:
        raise RuntimeError(f"Invalid number of data points ({size}) specified")
    half = resized(source, axis, size // 2 + 1)
    result = _irfft(half, axis, size) if inverse else hermitian(half, axis, size)
    return _scaled(result, _factor(norm, size, inverse=inverse))


@spelled()
def ihfft(
    input: Tensor, n: int | None = None, dim: int = -1, norm: str | None = None, *, out: Tensor | None = None
) -> Tensor:
    """Transform a real tensor back: the first half of a signal that is its own conjugate mirrored.

    Source of the semantics: ``torch.fft.ihfft``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.ihfft(torch.tensor([4.0, 0.0, 0.0, 0.0]))
        tensor([1.+0.j, 1.+0.j, 1.+0.j])
    """

    def compute() -> Tensor:
        source = _real("ihfft", input)
        size, axis = _size(source, n, dim)
        return _scaled(conj(_rfft(resized(source, axis, size), axis)), _factor(norm, size, inverse=True))

    return _finished(out, compute)


# -- along several dimensions ---------------------------------------------------------------


@spelled()
def fftn(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Any = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Transform along several dimensions, all of them by default. Source of the semantics: ``torch.fft.fftn``.

    ``s`` are the sizes to which they are cut or filled up.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.fftn(torch.ones(2, 2))
        tensor([[4.+0.j, 0.+0.j],
                [0.+0.j, 0.+0.j]])
    """
    return _finished(out, lambda: _along_several(input, s, dim, norm, inverse=False))


@spelled()
def ifftn(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Any = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Transform back along several dimensions: the inverse of :func:`fftn`. Source: ``torch.fft.ifftn``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.ifftn(torch.ones(2, 2)).real
        tensor([[1., 0.],
                [0., 0.]])
    """
    return _finished(out, lambda: _along_several(input, s, dim, norm, inverse=True))


def _along_several(input: Tensor, s: Sequence[int] | None, dim: Any, norm: str | None, *, inverse: bool) -> Tensor:
    dims, sizes = _dims(input, s, dim)
    result = _complex(input)
    for axis, size in zip(dims, sizes, strict=True):
        result = resized(result, axis, size)
    for axis in _outermost_first(result, dims):
        result = _fft(result, axis, inverse)
    return _scaled(result, _factor(norm, prod(sizes), inverse=inverse))


def _outermost_first(input: Tensor, dims: list[int]) -> list[int]:
    """The dims in the order of the memory: the last that is transformed lies innermost in the result."""
    return sorted(dims, key=lambda dim: -input.stride(dim))


def _laid_out(input: Tensor, order: list[int]) -> Tensor:
    """The tensor with its dims in an order of memory, slowest first."""
    return input.permute(order).contiguous().permute([order.index(dim) for dim in range(len(order))])


@spelled()
def rfftn(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Any = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Transform a real tensor along several dimensions; the last of them is halved. Source: ``torch.fft.rfftn``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.rfftn(torch.ones(2, 4)).shape
        torch.Size([2, 3])
    """

    def compute() -> Tensor:
        source = _real("rfftn", input)
        dims, sizes = _dims(source, s, dim)
        if not dims:
            raise RuntimeError("rfftn must transform at least one axis")
        for axis, size in zip(dims, sizes, strict=True):
            source = resized(source, axis, size)
        result = _rfft(source, dims[-1])
        others = _outermost_first(source, dims[:-1])
        for axis in others:
            result = _fft(result, axis, False)
        if others:
            rest = [dim for dim in range(source.dim()) if dim not in dims]
            result = _laid_out(result, [*_outermost_first(source, rest), *others, dims[-1]])
        return _scaled(result, _factor(norm, prod(sizes), inverse=False))

    return _finished(out, compute)


@spelled()
def irfftn(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Any = None,
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Transform back to a real tensor along several dimensions. Source of the semantics: ``torch.fft.irfftn``.

    The last size of the result is 2 (size - 1) by default.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.irfftn(torch.fft.rfftn(torch.ones(2, 4))).shape
        torch.Size([2, 4])
    """

    def compute() -> Tensor:
        result = _complex(input)
        dims, sizes = _dims(result, s, dim)
        if not dims:
            raise RuntimeError("irfftn must transform at least one axis")
        last = sizes[-1] if s is not None and list(s)[-1] != -1 else 2 * (result.shape[dims[-1]] - 1)
        if last < 1:
            raise RuntimeError(f"Invalid number of data points ({last}) specified")
        for axis, size in zip(dims[:-1], sizes[:-1], strict=True):
            result = resized(result, axis, size)
        for axis in _outermost_first(result, dims[:-1]):
            result = _fft(result, axis, True)
        result = _irfft(resized(result, dims[-1], last // 2 + 1), dims[-1], last)
        return _scaled(result, _factor(norm, prod(sizes[:-1]) * last, inverse=True))

    return _finished(out, compute)


@spelled()
def fft2(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Any = (-2, -1),
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Transform along two dimensions: :func:`fftn`. Source of the semantics: ``torch.fft.fft2``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.fft2(torch.ones(2, 2))[0, 0]
        tensor(4.+0.j)
    """
    return fftn(input, s, dim, norm, out=out)


@spelled()
def ifft2(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Any = (-2, -1),
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Transform back along two dimensions: :func:`ifftn`. Source of the semantics: ``torch.fft.ifft2``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.ifft2(torch.ones(2, 2))[0, 0]
        tensor(1.+0.j)
    """
    return ifftn(input, s, dim, norm, out=out)


@spelled()
def rfft2(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Any = (-2, -1),
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Transform a real tensor along two dimensions: :func:`rfftn`. Source of the semantics: ``torch.fft.rfft2``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.rfft2(torch.ones(2, 4)).shape
        torch.Size([2, 3])
    """
    return rfftn(input, s, dim, norm, out=out)


@spelled()
def irfft2(
    input: Tensor,
    s: Sequence[int] | None = None,
    dim: Any = (-2, -1),
    norm: str | None = None,
    *,
    out: Tensor | None = None,
) -> Tensor:
    """Transform back to a real tensor along two dimensions: :func:`irfftn`. Source: ``torch.fft.irfft2``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.irfft2(torch.fft.rfft2(torch.ones(2, 4))).shape
        torch.Size([2, 4])
    """
    return irfftn(input, s, dim, norm, out=out)


# -- frequencies ---------------------------------------------------------------


def fftfreq(
    n: int, d: float = 1.0, *, out: Tensor | None = None, dtype: DType | None = None, device: Any = None,
    requires_grad: bool = False, **options: Any,
) -> Tensor:  # fmt: skip
    """Give the frequencies of a transform of n numbers that are ``d`` apart. Source: ``torch.fft.fftfreq``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.fftfreq(4)
        tensor([ 0.0000,  0.2500, -0.5000, -0.2500])
    """
    n = int_argument("fft_fftfreq", "n", 1, n)
    half = (n - 1) // 2 + 1
    positions = arange(n, dtype=dtype or get_default_dtype(), device=device)
    result = (positions - (positions >= half) * float(n)) / (n * d)
    return _finished(out, lambda: result.requires_grad_(requires_grad))


def rfftfreq(
    n: int, d: float = 1.0, *, out: Tensor | None = None, dtype: DType | None = None, device: Any = None,
    requires_grad: bool = False, **options: Any,
) -> Tensor:  # fmt: skip
    """Give the frequencies of :func:`rfft` of n numbers that are ``d`` apart. Source: ``torch.fft.rfftfreq``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.rfftfreq(4)
        tensor([0.0000, 0.2500, 0.5000])
    """
    n = int_argument("fft_rfftfreq", "n", 1, n)
    result = arange(n // 2 + 1, dtype=dtype or get_default_dtype(), device=device) / (n * d)
    return _finished(out, lambda: result.requires_grad_(requires_grad))


def _shifted(input: Tensor, dim: Any, *, back: bool) -> Tensor:
    dims = list(range(input.dim())) if dim is None else list(as_ints(dim))
    sizes = [input.shape[normalize_dim(each, input.dim())] for each in dims]
    return input.roll([(size + back) // 2 for size in sizes], dims) if dims else input.clone()


@spelled()
def fftshift(input: Tensor, dim: Any = None) -> Tensor:
    """Bring the frequency 0 to the middle. Source of the semantics: ``torch.fft.fftshift``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.fftshift(torch.fft.fftfreq(4))
        tensor([-0.5000, -0.2500,  0.0000,  0.2500])
    """
    return _shifted(input, dim, back=False)


@spelled()
def ifftshift(input: Tensor, dim: Any = None) -> Tensor:
    """Bring the frequency 0 from the middle to the front: the inverse of :func:`fftshift`. Source: ``torch.fft.ifftshift``.

    Example:
        >>> import flambeau as torch
        >>> torch.fft.ifftshift(torch.tensor([-1, 0, 1]))
        tensor([ 0,  1, -1])
    """
    return _shifted(input, dim, back=True)
