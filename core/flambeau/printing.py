"""How tensors are written as text, to the letter as PyTorch writes them.

A tensor's values come to the host as nested lists; of a long tensor only those that are shown. All of them
together decide on one format (integers, fixed point or scientific) and one width. Source of the semantics:
``torch.set_printoptions`` and what PyTorch 2.13 prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import inf, isfinite, prod
from typing import TYPE_CHECKING, Any, NamedTuple

from ._tensor.methods import method
from .dtypes import bare_name
from .promotion import get_default_dtype

if TYPE_CHECKING:
    from ._tensor import Tensor

__all__ = [
    "get_printoptions",
    "gradient_suffix",
    "printoptions",
    "set_printoptions",
    "tensor_repr",
    "values_text",
    "with_suffixes",
]


class _Options:
    precision: int = 4
    threshold: float = 1000
    edgeitems: int = 3
    linewidth: int = 80
    sci_mode: bool | None = None


_options = _Options()

_PROFILES: dict[str, dict[str, Any]] = {
    "default": {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80},
    "short": {"precision": 2, "threshold": 1000, "edgeitems": 2, "linewidth": 80},
    "full": {"precision": 4, "threshold": inf, "edgeitems": 3, "linewidth": 80},
}


# -- options ---------------------------------------------------------------


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Set how tensors are printed. Source of the semantics: ``torch.set_printoptions``.

    Args:
        precision: digits after the point.
        threshold: the number of elements above which only the edges are shown.
        edgeitems: how many elements are shown at each edge of each dimension.
        linewidth: characters per line.
        profile: ``"default"``, ``"short"`` or ``"full"``: values for the four above, which override them.
        sci_mode: whether to use scientific notation; None, also when not given, lets the values decide.

    Example:
        >>> import flambeau as torch
        >>> torch.set_printoptions(precision=2)
        >>> torch.tensor([1.12345])
        tensor([1.12])
        >>> torch.set_printoptions(profile="default")
    """
    values = {"precision": precision, "threshold": threshold, "edgeitems": edgeitems, "linewidth": linewidth}
    given = {name: value for name, value in values.items() if value is not None}
    for name, value in (_PROFILES.get(profile or "", {}) | given).items():
        setattr(_options, name, value)
    _options.sci_mode = sci_mode


def get_printoptions() -> dict[str, Any]:
    """The options, as :func:`set_printoptions` takes them. Source: ``torch.get_printoptions``.

    Example:
        >>> import flambeau as torch
        >>> torch.get_printoptions()["linewidth"]
        80
    """
    return {name: getattr(_options, name) for name in _Options.__annotations__}


@contextmanager
def printoptions(**options: Any) -> Iterator[None]:
    """Set print options inside a ``with`` block, as :func:`set_printoptions` does.

    Source of the semantics: ``torch._tensor_str.printoptions``.

    Example:
        >>> import flambeau as torch
        >>> with torch.printoptions(edgeitems=1, threshold=2):
        ...     print(torch.arange(9))
        tensor([0,  ..., 8])
    """
    before = get_printoptions()
    set_printoptions(**options)
    try:
        yield
    finally:
        set_printoptions(**before)


# -- one element ---------------------------------------------------------------

_Format = Callable[[Any], str]


def _aligned(format: _Format, width: int) -> tuple[_Format, int]:
    return lambda value: format(value).rjust(width), width


def _format_of(values: Sequence[Any], is_float: bool) -> tuple[_Format, int]:
    """The format that suits all of the values, and its width."""
    if not is_float:
        return _aligned(str, max(map(len, map(str, values)), default=1))
    shaping = [value for value in values if value and isfinite(value)]
    if not shaping:
        return _aligned(_integral, 1)  # zeros, and what is not finite, set no width
    format = _float_format(shaping)
    return _aligned(format, max(map(len, map(format, shaping))))


def _float_format(values: Sequence[float]) -> _Format:
    """Scientific, integral or fixed point: what suits finite numbers that are not zero."""
    precision = _options.precision
    if _is_scientific(values):
        return lambda value: f"{value:.{precision}e}"
    if all(value.is_integer() for value in values):
        return _integral
    return lambda value: f"{value:.{precision}f}"


def _is_scientific(values: Sequence[float]) -> bool:
    if _options.sci_mode is not None:
        return _options.sci_mode
    smallest, largest = min(map(abs, values)), max(map(abs, values))
    return largest / smallest > 1000 or largest > 1e8 or smallest < 1e-4


def _integral(value: float) -> str:
    return f"{value:.0f}." if isfinite(value) else str(value)


def _formatter(values: Sequence[Any], dtype: Any) -> tuple[_Format, int]:
    """The format of elements of a dtype, and its width."""
    if not dtype.is_complex:
        return _format_of(values, dtype.is_floating_point)
    real, real_width = _format_of([value.real for value in values], True)
    imag, imag_width = _format_of([value.imag for value in values], True)

    def format(value: complex) -> str:
        imaginary = imag(value.imag).lstrip()
        return real(value.real) + ("" if imaginary[0] == "-" else "+") + imaginary + "j"

    return format, real_width + imag_width + 1


# -- all elements ---------------------------------------------------------------


def values_text(tensor: Tensor, indent: int) -> str:
    """The values of a strided tensor in brackets, for a place ``indent`` characters into a line."""
    shape = tuple(tensor.shape)
    if 0 in shape:
        return "[]"
    edge = _options.edgeitems if prod(shape) > _options.threshold else max(shape, default=0)
    if shape and not edge:
        return "[...]"
    values = _edges(tensor.detach(), edge)
    format, width = _formatter(_flat(values, len(shape)), tensor.dtype)
    if not shape:
        return format(values)
    return _Writer(format, width, shape, edge).write(values, 0, indent)


def _edges(tensor: Tensor, edge: int, dim: int = 0) -> Any:
    """The values as nested lists, without those further than ``edge`` from both ends of a dimension."""
    if dim == tensor.dim():
        return tensor.tolist()
    if tensor.shape[dim] <= 2 * edge:
        return _edges(tensor, edge, dim + 1)
    before = (slice(None),) * dim
    head = _edges(tensor[(*before, slice(edge))], edge, dim + 1)
    tail = _edges(tensor[(*before, slice(tensor.shape[dim] - edge, None))], edge, dim + 1)
    return _joined(head, tail, dim)


def _joined(head: list[Any], tail: list[Any], dim: int) -> list[Any]:
    """Two nested lists, one after the other along a dimension."""
    if dim == 0:
        return head + tail
    return [_joined(first, second, dim - 1) for first, second in zip(head, tail, strict=True)]


def _flat(values: Any, ndim: int) -> list[Any]:
    """The elements of nested lists."""
    flat = values if ndim else [values]
    for _ in range(ndim - 1):
        flat = [element for row in flat for element in row]
    return flat


class _Writer(NamedTuple):
    """Writes nested lists of values, from which the middle of long dimensions has been left out."""

    format: _Format
    width: int
    shape: tuple[int, ...]
    edge: int

    def write(self, values: list[Any], dim: int, indent: int) -> str:
        """The text of the values from dimension ``dim`` on."""
        if dim == len(self.shape) - 1:
            return self._write_vector(values, indent)
        rows = [self.write(row, dim + 1, indent + 1) for row in values]
        empty_lines = "\n" * (len(self.shape) - dim - 1)
        return "[" + ("," + empty_lines + " " * (indent + 1)).join(self._with_dots(rows, "...", dim)) + "]"

    def _write_vector(self, values: list[Any], indent: int) -> str:
        items = self._with_dots([self.format(value) for value in values], " ...", len(self.shape) - 1)
        per_line = max(1, (_options.linewidth - indent) // (self.width + len(", ")))
        lines = [", ".join(items[start : start + per_line]) for start in range(0, len(items), per_line)]
        return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"

    def _with_dots(self, texts: list[str], dots: str, dim: int) -> list[str]:
        if self.shape[dim] > 2 * self.edge:
            texts.insert(self.edge, dots)
        return texts


# -- the tensor ---------------------------------------------------------------


@method("__repr__")
def tensor_repr(tensor: Tensor) -> str:
    """The text of a strided tensor: its values, and what is not the default of its other properties.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([[1.0, 2.5], [-3.0, 4.0]], dtype=torch.float64)
        tensor([[ 1.0000,  2.5000],
                [-3.0000,  4.0000]], dtype=torch.float64)
    """
    name = type(tensor).__name__
    prefix = "tensor(" if name in ("Tensor", "Parameter") else f"{name}("
    text = prefix + values_text(tensor, len(prefix))
    return with_suffixes(text, _suffixes(tensor), len(prefix))


def _suffixes(tensor: Tensor) -> Iterator[str]:
    if tensor.device.type != "cpu":
        yield f"device='{tensor.device}'"
    is_empty = 0 in tensor.shape
    if tensor.dim() != 1 if is_empty else not _options.edgeitems:
        yield f"size={tuple(tensor.shape)}"
    if not _is_evident(tensor.dtype, is_empty):
        yield f"dtype={tensor.dtype}"
    yield from gradient_suffix(tensor)


def _is_evident(dtype: object, is_empty: bool) -> bool:
    """Whether a dtype can be told from the values."""
    default = get_default_dtype().name
    default_complex = "complex128" if default == "float64" else "complex64"
    name = bare_name(dtype)
    return name == default or (not is_empty and name in (default_complex, "int64", "bool"))


def gradient_suffix(tensor: Tensor) -> Iterator[str]:
    """What is said of a tensor's place in the graph, if it has one."""
    try:
        node = tensor.grad_fn
    except RuntimeError:  # whose base was written to, so that it has no history
        yield "grad_fn=<Invalid>"
        return
    if node is not None:
        yield f"grad_fn=<{node.name().rpartition('::')[2]}>"
    elif tensor.requires_grad:
        yield "requires_grad=True"


def with_suffixes(text: str, suffixes: Iterable[str], indent: int, *, new_line: bool = False) -> str:
    """``text`` with suffixes and a closing bracket; lines are broken before they grow too long.

    ``new_line`` breaks the line before the first suffix in any case.
    """
    # PyTorch counts one character too many for the last line, and two for the comma before a suffix.
    length = len(text) - text.rfind("\n") + 1
    for suffix in suffixes:
        if new_line or length + len(suffix) + 2 > _options.linewidth:
            text += ",\n" + " " * indent + suffix
            length = indent + len(suffix)
            new_line = False
        else:
            text += ", " + suffix
            length += len(suffix) + 2
    return text + ")"
