"""Constructors of sparse tensors, and the checks of their components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import dtypes, layouts
from .._tensor import Tensor
from ..dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from ..ops.conversion import to_type
from ..ops.creation import empty, zeros
from ..ops.data import make_tensor
from ..ops.joining import cat, stack
from ..ops.ranges import arange
from ._indices import expanded, in_layout, summed
from ._tensor import SparseTensor, make_sparse

__all__ = [
    "check_sparse_tensor_invariants", "sparse_compressed_tensor", "sparse_coo_tensor", "sparse_csc_tensor",
    "sparse_csr_tensor", "spdiags",
]  # fmt: skip


class check_sparse_tensor_invariants:
    """Accepted for PyTorch's sake: the components of a sparse tensor are always checked here.

    Source of the semantics: ``torch.sparse.check_sparse_tensor_invariants``.
    """

    def __init__(self, enable: bool = True) -> None:
        self.state = enable

    @staticmethod
    def is_enabled() -> bool:
        """True: there is no other way."""
        return True

    @staticmethod
    def enable() -> None:
        """Nothing is to be done."""

    @staticmethod
    def disable() -> None:
        """Nothing is done: the checks stay on."""

    def __enter__(self) -> None:
        """Nothing is to be done."""

    def __exit__(self, *_: object) -> None:
        """Nothing is to be done."""


def _index(value: Any, device: Any) -> Tensor:
    found = value if isinstance(value, Tensor) else make_tensor(value)
    if device is not None:
        found = found.to(device)
    if not found.numel() and found.dtype.is_floating_point:
        found = found.to(dtypes.int64)
    return found.detach()


def _values(value: Any, dtype: DType | None, device: Any, requires_grad: bool) -> Tensor:
    found = value if isinstance(value, Tensor) else make_tensor(value)
    found = found.to(device=device or found.device, dtype=dtype or found.dtype)
    # A view, so that a tensor that is given stays a leaf of its own; one that is made requires a gradient itself.
    return found.detach().requires_grad_() if requires_grad else found.view_as(found) if found.requires_grad else found


def _check_integers(name: str, index: Tensor) -> None:
    if index.dtype not in (dtypes.int32, dtypes.int64):
        raise RuntimeError(f"{name} must be an int32 or int64 tensor, but got {index.dtype}")


def _first_bad(bad: Tensor) -> int:
    return int(bad.reshape(-1).nonzero()[0, 0].item())


def sparse_coo_tensor(
    indices: Any = None,
    values: Any = None,
    size: Sequence[int] | None = None,
    *,
    dtype: DType | None = None,
    layout: layouts.layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
    is_coalesced: bool | None = None,
) -> SparseTensor:
    """Make a sparse tensor of coordinates and values; values at one coordinate add up. Source: ``torch.sparse_coo_tensor``.

    Args:
        indices: (sparse dims, nnz) integers.
        values: (nnz, …); further dims are those of each stored element.
        size: the shape; the smallest that fits if left out. Without ``indices`` and ``values`` nothing is stored.
        dtype, device: of the values; theirs by default.
        requires_grad: make it a leaf whose gradient is sparse.
        is_coalesced: say that the coordinates are in order, each once.

    Raises:
        RuntimeError: the components do not fit together; the error names the first entry that does not.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse_coo_tensor([[0, 1], [2, 0]], [3.0, 4.0], (2, 3)).to_dense()
        tensor([[0., 0., 3.],
                [4., 0., 0.]])
    """
    if indices is None and values is None:
        if size is None:
            raise TypeError("sparse_coo_tensor(): size is needed where there are no indices and values")
        empty_index = zeros((len(size), 0), dtype=dtypes.int64, device=device)
        return make_sparse(
            layouts.sparse_coo, (empty_index,), empty(0, dtype=dtype, device=device), tuple(size), coalesced=False
        )
    index, found = _index(indices, device), _values(values, dtype, device, requires_grad)
    if index.dim() != 2:
        raise RuntimeError(f"indices must be sparse_dim x nnz, but got: {list(index.shape)}")
    _check_integers("indices", index)
    index = to_type(index, index._type.with_dtype(dtypes.int64))
    stored = index.shape[1]
    if not found.dim() or found.shape[0] != stored:
        raise RuntimeError(
            f"indices and values must have same nnz, but got nnz from indices: {stored}, nnz from values: "
            f"{found.shape[0] if found.dim() else 1}"
        )
    if index.device != found.device:
        raise RuntimeError(f"device of indices ({index.device}) must match device of values ({found.device})")
    if size is None:
        if not stored:
            raise RuntimeError("cannot infer the size of a tensor without stored elements; give the size")
        size = [int(n) + 1 for n in index.amax(1).tolist()] + list(found.shape[1:])
    _check_coordinates(index, found, tuple(size))
    made = make_sparse(layouts.sparse_coo, (index,), found, tuple(size), coalesced=bool(is_coalesced))
    made._owns_values = requires_grad
    return made


def _check_coordinates(index: Tensor, values: Tensor, size: tuple[int, ...]) -> None:
    count = index.shape[0]
    if len(size) != count + values.dim() - 1:
        raise RuntimeError(
            f"number of dimensions must be sparse_dim ({count}) + dense_dim ({values.dim() - 1}), but got {len(size)}"
        )
    if tuple(values.shape[1:]) != size[count:]:
        raise RuntimeError(
            f"values has incorrect size, expected {[index.shape[1], *size[count:]]}, got {list(values.shape)}"
        )
    for dim in range(count):
        for bad, what in (
            (index[dim] < 0, "found negative index"),
            (index[dim] >= size[dim], "size is inconsistent with indices"),
        ):
            if bool(bad.any()):
                place = _first_bad(bad)
                raise RuntimeError(
                    f"{what}: index {int(index[dim, place].item())} at position {place} of dim {dim}, whose size is {size[dim]}"
                )


def sparse_compressed_tensor(
    compressed_indices: Any,
    plain_indices: Any,
    values: Any,
    size: Sequence[int] | None = None,
    *,
    dtype: DType | None = None,
    layout: layouts.layout | None = None,
    device: Any = None,
    pin_memory: bool = False,
    requires_grad: bool = False,
    check_invariants: bool | None = None,
) -> SparseTensor:
    """Make a tensor of layout CSR or CSC of its components. Source: ``torch.sparse_compressed_tensor``.

    Args:
        compressed_indices: where each row (CSR) or column (CSC) begins in the other two: one more than there are.
        plain_indices: the columns, or rows, of the stored elements, in order within each row.
        values: (nnz,).
        size: the shape; the smallest that fits if left out.
        dtype, device: of the values; theirs by default.
        layout: ``torch.sparse_csr`` or ``torch.sparse_csc``.
        requires_grad: make it a leaf whose gradient is sparse.

    Raises:
        RuntimeError: the components break an invariant; the error says which, and where.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse_compressed_tensor([0, 1, 2], [1, 0], [5.0, 6.0], layout=torch.sparse_csr).to_dense()
        tensor([[0., 5.],
                [6., 0.]])
    """
    if layout not in (layouts.sparse_csr, layouts.sparse_csc):
        raise RuntimeError(f"sparse_compressed_tensor expected layout sparse_csr or sparse_csc, but got {layout}")
    pointers, plain = _index(compressed_indices, device), _index(plain_indices, device)
    found = _values(values, dtype, device, requires_grad)
    names = ("crow_indices", "col_indices") if layout is layouts.sparse_csr else ("ccol_indices", "row_indices")
    if size is None:
        other = int(plain.max().item()) + 1 if plain.numel() else 0
        lines = max(pointers.numel() - 1, 0)
        size = (lines, other) if layout is layouts.sparse_csr else (other, lines)
    _check_compressed(names, pointers, plain, found, tuple(size), layout)
    made = make_sparse(layout, (pointers, plain), found, tuple(size), coalesced=True)
    made._owns_values = requires_grad
    return made


def _check_compressed(
    names: tuple[str, str],
    pointers: Tensor,
    plain: Tensor,
    values: Tensor,
    size: tuple[int, ...],
    layout: layouts.layout,
) -> None:
    for name, index in zip(names, (pointers, plain), strict=True):
        if index.dim() != 1:
            raise RuntimeError(f"{name} must have dimensionality 1 (batches are not supported), but got {index.dim()}")
        _check_integers(name, index)
    if pointers.dtype is not plain.dtype:
        raise RuntimeError(
            f"{names[0]} and {names[1]} must have the same dtype, but got {pointers.dtype} and {plain.dtype}"
        )
    if len(size) != 2:
        raise RuntimeError(f"size must have 2 dimensions, but got {len(size)}")
    lines, others = size if layout is layouts.sparse_csr else size[::-1]
    if values.dim() != 1 or values.numel() != plain.numel():
        raise RuntimeError(
            f"number of entries of {names[1]} ({plain.numel()}) and of values ({list(values.shape)}) must be equal"
        )
    if pointers.numel() != lines + 1:
        raise RuntimeError(
            f"{names[0]}.shape[-1] must be equal to the number of lines + 1 = {lines + 1}, but got {pointers.numel()}"
        )
    if int(pointers[0].item()):
        raise RuntimeError(f"`{names[0]}[..., 0] == 0` is not satisfied: it is {int(pointers[0].item())}")
    if int(pointers[-1].item()) != values.numel():
        raise RuntimeError(
            f"`{names[0]}[..., -1] == nnz` is not satisfied: it is {int(pointers[-1].item())}, nnz is {values.numel()}"
        )
    counts = pointers[1:] - pointers[:-1]
    bad = (counts < 0) | (counts > others)
    if bool(bad.any()):
        raise RuntimeError(
            f"`0 <= {names[0]}[..., 1:] - {names[0]}[..., :-1] <= {others}` is not satisfied at position {_first_bad(bad)}"
        )
    outside = (plain < 0) | (plain >= others)
    if bool(outside.any()):
        raise RuntimeError(f"`0 <= {names[1]} < {others}` is not satisfied at position {_first_bad(outside)}")
    lines_of = expanded(pointers)
    unsorted = (lines_of[1:] == lines_of[:-1]) & (plain[1:] <= plain[:-1])
    if bool(unsorted.any()):
        raise RuntimeError(
            f"`{names[1]}` must be sorted and distinct along each line; they are not at position {_first_bad(unsorted) + 1}"
        )


def sparse_csr_tensor(
    crow_indices: Any, col_indices: Any, values: Any, size: Sequence[int] | None = None, **options: Any
) -> SparseTensor:
    """Make a tensor of layout CSR (compressed sparse rows). Source of the semantics: ``torch.sparse_csr_tensor``.

    See :func:`flambeau.sparse_compressed_tensor` for the arguments and errors.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse_csr_tensor([0, 2, 3], [0, 1, 2], [1, 2, 3], (2, 3)).to_dense()
        tensor([[1, 2, 0],
                [0, 0, 3]])
    """
    return sparse_compressed_tensor(crow_indices, col_indices, values, size, **options | {"layout": layouts.sparse_csr})


def sparse_csc_tensor(
    ccol_indices: Any, row_indices: Any, values: Any, size: Sequence[int] | None = None, **options: Any
) -> SparseTensor:
    """Make a tensor of layout CSC (compressed sparse columns). Source of the semantics: ``torch.sparse_csc_tensor``.

    See :func:`flambeau.sparse_compressed_tensor` for the arguments and errors.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse_csc_tensor([0, 1, 1, 2], [1, 0], [5, 6], (2, 3)).to_dense()
        tensor([[0, 0, 6],
                [5, 0, 0]])
    """
    return sparse_compressed_tensor(ccol_indices, row_indices, values, size, **options | {"layout": layouts.sparse_csc})


def spdiags(
    diagonals: Tensor, offsets: Tensor, shape: Sequence[int], layout: layouts.layout | None = None
) -> SparseTensor:
    """Make a matrix of its diagonals: row i of ``diagonals`` lies ``offsets[i]`` above the main one.

    Element j of a row goes to column j, as in SciPy. Source of the semantics: ``torch.sparse.spdiags``.

    Raises:
        RuntimeError: an offset occurs twice, or the numbers of rows and offsets differ.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse.spdiags(torch.tensor([[1, 2, 3], [4, 5, 6]]), torch.tensor([0, -1]), (3, 3)).to_dense()
        tensor([[1, 0, 0],
                [4, 2, 0],
                [0, 5, 3]])
    """
    rows = diagonals.unsqueeze(0) if diagonals.dim() == 1 else diagonals
    wanted = [int(offset) for offset in offsets.reshape(-1).tolist()]
    if len(wanted) != rows.shape[0]:
        raise RuntimeError(
            f"Number of diagonals ({rows.shape[0]}) does not match the number of offsets ({len(wanted)})"
        )
    if len(set(wanted)) != len(wanted):
        raise RuntimeError("Offset tensor contains duplicate values")
    height, width = shape
    parts, values = [], []
    for place, offset in enumerate(wanted):
        first, last = max(offset, 0), min(width, rows.shape[1], height + offset)
        columns = arange(first, max(first, last), device=diagonals.device)
        parts.append(stack([columns - offset, columns]))
        values.append(rows[place, first : max(first, last)])
    indices, found = summed(cat(parts, 1), cat(values), (height, width))
    return in_layout(layout or layouts.sparse_coo, indices, found, (height, width))
