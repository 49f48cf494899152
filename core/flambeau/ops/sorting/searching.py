"""Searching: in what is sorted, and for what is in a set."""

from __future__ import annotations

from flambeau import dtypes
from flambeau._dispatch.declare import composite
from flambeau._dispatch.runtime import Number, operands_of
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import contiguous_array
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.filled import full_like, zeros, zeros_like
from flambeau.ops.elementwise.selection import where
from flambeau.ops.indexing._ends import in_range
from flambeau.ops.indexing.gathering import gather
from flambeau.promotion import as_number, dtype_of_number

from .order import sorted_values

__all__ = ["bucketize", "isin", "searchsorted"]


@composite(method=False, out="exact")
def searchsorted(
    sorted_sequence: Tensor,
    input: Tensor | Number,
    *,
    out_int32: bool = False,
    right: bool = False,
    side: str | None = None,
    sorter: Tensor | None = None,
) -> Tensor:
    """Find where elements would have to be inserted to keep a sequence sorted. Source: ``torch.searchsorted``.

    Gives int64 indices, or int32 ones, in the shape of ``input``: the first that is possible, or the last if ``right`` or
    ``side="right"``. The sequence is the last dimension of ``sorted_sequence``; where there are several sequences, each
    has a row of ``input`` of its own. ``sorter`` holds the indices that sort the sequence, if it is not sorted.

    Raises:
        RuntimeError: the shapes do not fit; ``side`` and ``right`` contradict each other; ``sorter`` does not fit.

    Example:
        >>> import flambeau as torch
        >>> torch.searchsorted(torch.tensor([1, 3, 5]), torch.tensor([3, 6]))
        tensor([1, 3])
    """
    if side not in (None, "left", "right"):
        raise RuntimeError(f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}")
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left while right was True"
        )
    if not sorted_sequence._array.shape:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should have positive dimension, but got 0 dimension"
        )
    if sorter is not None:
        sorted_sequence = _in_order(sorted_sequence, sorter)
    _check_shapes(sorted_sequence, input)
    found = _search(sorted_sequence, input, right or side == "right")
    return found.int() if out_int32 else found


@composite(method=False, out="exact")
def bucketize(input: Tensor | Number, boundaries: Tensor, *, out_int32: bool = False, right: bool = False) -> Tensor:
    """Find between which of the sorted ``boundaries`` elements lie. Source of the semantics: ``torch.bucketize``.

    An element that equals a boundary lies below it, or above it if ``right``. See :func:`flambeau.searchsorted`.

    Raises:
        RuntimeError: ``boundaries`` has not one dimension.

    Example:
        >>> import flambeau as torch
        >>> torch.bucketize(torch.tensor([3, 6]), torch.tensor([1, 3, 5]))
        tensor([1, 3])
    """
    if boundaries.dim() != 1:
        raise RuntimeError(f"boundaries tensor must be 1 dimension, but got dim({boundaries.dim()})")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


def _in_order(sequence: Tensor, sorter: Tensor) -> Tensor:
    if sorter._array.shape != sequence._array.shape:
        raise RuntimeError(
            "torch.searchsorted(): boundary and sorter must have the same size, but got boundary tensor "
            f"{list(sequence.shape)}and got sorter tensor {list(sorter.shape)}"
        )
    if sorter.dtype is not dtypes.int64:
        raise RuntimeError(
            "torch.searchsorted(): sorter must be a tensor of long dtype but got dtype "
            f"{scalar_type_name(sorter.dtype)}"
        )
    if sorter.numel():
        refusal = "torch.searchsorted(): sorter index out of range"
        sorter = in_range(sorter, 0, sequence.size(-1), lambda bad: RuntimeError(refusal))
    return gather(sequence.detach(), -1, sorter)


def _check_shapes(sequence: Tensor, input: Tensor | Number) -> None:
    shape = sequence._array.shape
    if len(shape) == 1:
        return
    found = input._array.shape if isinstance(input, Tensor) else ()
    if not found:
        raise RuntimeError(
            "torch.searchsorted(): input value can be a scalar only when boundaries tensor dimension is 1, but we got "
            f"boundaries tensor dim({len(shape)}) and input value's dim(0) numel(1)"
        )
    if found[:-1] != shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 dimensions of boundaries "
            f"tensor and input value tensor must match, but we got boundaries tensor {list(shape)} and input value "
            f"tensor {list(found)}"
        )


def _search(sequence: Tensor, values: Tensor | Number, right: bool) -> Tensor:
    (row, wanted), type_ = operands_of("searchsorted", (sequence, values))
    if type_ is type_.boolean or type_.dtype.is_complex:
        raise NotImplementedError(f"\"searchsorted_out_cpu\" not implemented for '{scalar_type_name(type_.dtype)}'")
    ordered, values = from_array(row, type_), from_array(wanted, type_)
    if ordered.dim() > 1:
        return _search_rows(ordered, values, right)
    if type_.floats and ordered.numel() and (type_.backend.asynchronous or bool(ordered[-1].isnan())):
        return _search_rows(ordered, values.reshape(-1), right).reshape(values._array.shape)
    return _search_row(ordered, values, right)


def _search_row(sequence: Tensor, values: Tensor, right: bool) -> Tensor:
    """Search in one sequence; nan is larger than any number."""
    found = sequence._type.kernels.searchsorted(sequence._array, values._array, right)
    return from_array(found, sequence._type.with_dtype(dtypes.int64))


def _search_rows(sequences: Tensor, values: Tensor, right: bool) -> Tensor:
    """Halve the part of each row that is left, for all values at once; nan is before every value, as PyTorch has it."""
    length = sequences.size(-1)
    low = zeros_like(values, dtype=dtypes.int64)
    high = full_like(low, length)
    for _ in range(length.bit_length()):
        middle = (low + high) >> 1
        pivot = gather(sequences, -1, middle.clamp(max=length - 1))
        beyond = ~(pivot > values if right else pivot >= values) & (low < high)
        low = where(beyond, middle + 1, low)
        high = where(beyond, high, middle)
    return low


# -- sets ---------------------------------------------------------------------------------------------------------------

_FEW = 12
"""Members of a set up to which comparing with each of them is faster than searching."""


@composite(method=False, out="exact")
def isin(
    elements: Tensor | Number | None = None,
    test_elements: Tensor | Number | None = None,
    *,
    assume_unique: bool = False,
    invert: bool = False,
    element: Number | None = None,
    test_element: Number | None = None,
) -> Tensor:
    """Test which elements are among others; gives bool in the shape of ``elements``. Source: ``torch.isin``.

    Either may be a number; as keywords, numbers are called ``element`` and ``test_element``. nan is equal to nothing.
    ``assume_unique`` changes nothing; ``invert`` tests which are not among them.

    Raises:
        RuntimeError: the dtype is bool or complex.

    Example:
        >>> import flambeau as torch
        >>> torch.isin(torch.tensor([1, 2, 3]), torch.tensor([2, 5]))
        tensor([False,  True, False])
    """
    elements = element if elements is None else elements
    test_elements = test_element if test_elements is None else test_elements
    if not isinstance(elements, Tensor) and not isinstance(test_elements, Tensor):
        raise TypeError("isin() received an invalid combination of arguments: one of them must be a Tensor")
    for operand in (elements, test_elements):
        number = as_number(operand)
        dtype = None if number is None else dtype_of_number(number)
        if isinstance(operand, Tensor):
            dtype = operand.dtype
        if dtype is dtypes.bool or (dtype is not None and dtype.is_complex):
            raise RuntimeError(f"Unsupported input type encountered for isin(): {scalar_type_name(dtype)}")
    (array, tests), type_ = operands_of("isin", (elements, test_elements))
    found = _among(from_array(array, type_), from_array(tests, type_).reshape(-1))
    return ~found if invert else found


_DENSE = 64
"""How many times more numbers than members a table may have."""


def _among(elements: Tensor, tests: Tensor) -> Tensor:
    if tests.numel() <= _FEW:
        type_, shape = elements._type, elements._array.shape
        kernels, array = type_.kernels, contiguous_array(type_, elements._array)
        found = kernels.full(shape, False, "bool")
        for place in range(tests.numel()):
            test = kernels.reshape(kernels.slice(tests._array, (place,), (1,), (1,)), ())
            found = kernels.bitwise_or(found, kernels.eq(array, test))
        return from_array(found, type_.boolean)
    if elements._type.integers and not elements._type.backend.asynchronous:
        low, high = (int(extreme.item()) for extreme in tests.aminmax())
        if high - low < _DENSE * tests.numel():
            return _in_table(elements, tests, low, high)
    ordered = sorted_values(tests, 0)
    places = _search_row(ordered, elements, right=False).clamp(max=tests.numel() - 1)
    return gather(ordered, 0, places.reshape(-1)).reshape(elements._array.shape) == elements


def _in_table(elements: Tensor, tests: Tensor, low: int, high: int) -> Tensor:
    """Look up in a table of all numbers from ``low`` to ``high``, with one more place for those that are outside."""
    length = high - low + 1
    table = zeros(length + 1, dtype=dtypes.bool, device=tests.device)
    table[tests.long() - low] = True
    wide = elements.long()
    places = where((wide >= low) & (wide <= high), wide - low, length)
    return gather(table, 0, places.reshape(-1)).reshape(elements._array.shape)
