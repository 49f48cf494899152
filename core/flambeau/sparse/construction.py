"""Constructors of sparse tensors, and the checks of their components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flambeau import dtypes, layouts
from flambeau._dispatch.sparse_forms import implements
from flambeau._tensor import Tensor
from flambeau._tensor.formats import FORMATS, Format
from flambeau._tensor.sparse import SparseTensor, make_sparse
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.ops.creation.conversion import to_type
from flambeau.ops.creation.data import make_tensor
from flambeau.ops.creation.filled import zeros
from flambeau.ops.creation.ranges import arange
from flambeau.ops.movement.joining import cat, stack

from ._history import recorded_as
from ._indices import expanded, in_layout, summed

__all__ = [
    "check_sparse_tensor_invariants", "sparse_bsc_tensor", "sparse_bsr_tensor", "sparse_compressed_tensor",
    "sparse_coo_tensor", "sparse_csc_tensor", "sparse_csr_tensor", "sparse_zeros", "spdiags",
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


def _index(value: Any, device: Any, *, pin_memory: bool) -> Tensor:
    found = value if isinstance(value, Tensor) else make_tensor(value)
    if device is not None:
        found = found.to(device)
    if not found.numel() and found.dtype.is_floating_point:
        found = found.to(dtypes.int64)
    return found.pin_memory().detach() if pin_memory else found.detach()


def _is_size(value: Any) -> bool:
    return isinstance(value, (tuple, list)) and all(isinstance(length, int) for length in value)


def _values(value: Any, dtype: DType | None, device: Any, requires_grad: bool, *, pin_memory: bool) -> Tensor:
    found = value if isinstance(value, Tensor) else make_tensor(value)
    found = found.to(device=device or found.device, dtype=dtype or found.dtype)
    if pin_memory:
        found = found.pin_memory()
    return found.detach().requires_grad_() if requires_grad else found


def _check_layout(layout: layouts.layout | None) -> None:
    if layout is not None:
        raise TypeError(
            f"sparse_coo_tensor(): the layout is COO, and cannot be asked for (got {layout!r}); sparse_compressed_tensor() "
            "makes others"
        )


def _check_integers(name: str, index: Tensor) -> None:
    if index.dtype not in (dtypes.int32, dtypes.int64):
        raise RuntimeError(f"{name} must be an int32 or int64 tensor, but got {index.dtype}")


def _first_bad(bad: Tensor) -> int:
    return int(bad.reshape(-1).nonzero()[0, 0].item())


@recorded_as("SparseCooTensorWithDimsAndTensorsBackward0")
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
        indices: (sparse dims, nnz) integers; alone, a size.
        values: (nnz, …); further dims are those of each stored element.
        size: the shape; the smallest that fits if left out. Without ``indices`` and ``values`` nothing is stored.
        dtype, device: of the values; theirs by default.
        pin_memory: put the components into page-locked memory; nothing is done where there is no CUDA device.
        requires_grad: make it a leaf whose gradient is sparse.
        is_coalesced: say that the coordinates are in order, each once.

    Raises:
        RuntimeError: the components do not fit together; the error names the first entry that does not.
        TypeError: a layout is given.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse_coo_tensor([[0, 1], [2, 0]], [3.0, 4.0], (2, 3)).to_dense()
        tensor([[0., 0., 3.],
                [4., 0., 0.]])
    """
    _check_layout(layout)
    if values is None and size is None and _is_size(indices):
        indices, size = None, indices
    if indices is None and values is None:
        if size is None:
            raise TypeError("sparse_coo_tensor(): size is needed where there are no indices and values")
        made = sparse_zeros(tuple(size), layouts.sparse_coo, dtype=dtype, device=device)
        return made.requires_grad_() if requires_grad else made
    index = _index(indices, device, pin_memory=pin_memory)
    found = _values(values, dtype, device, requires_grad, pin_memory=pin_memory)
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


@implements("zeros")
def sparse_zeros(
    size: Sequence[int],
    layout: layouts.layout,
    *,
    dtype: DType | None = None,
    device: Any = None,
    dense_dim: int = 0,
    batch_dim: int | None = None,
    blocksize: Sequence[int] = (1, 1),
) -> SparseTensor:
    """A tensor that stores nothing.

    Raises:
        RuntimeError: the layout has two sparse dimensions, and ``size`` has less.
    """
    shape = tuple(size)
    count = len(shape) - dense_dim
    format = FORMATS[layout]
    number = {"dtype": dtypes.int64, "device": device}
    if not format.compressed:
        indices, values = zeros((count, 0), **number), zeros((0, *shape[count:]), dtype=dtype, device=device)
        return make_sparse(layout, (indices,), values, shape)
    if count < 2:
        raise RuntimeError(f"a tensor of layout {layout!r} has at least 2 dimensions, but the size is {list(shape)}")
    batch = shape[: count - 2 if batch_dim is None else batch_dim]
    rows, columns = shape[len(batch)] // blocksize[0], shape[len(batch) + 1] // blocksize[1]
    pointers = zeros((*batch, (rows if format.by_rows else columns) + 1), **number)
    block = tuple(blocksize) if format.blocked else ()
    values = zeros((*batch, 0, *block, *shape[count:]), dtype=dtype, device=device)
    return make_sparse(layout, (pointers, zeros((*batch, 0), **number)), values, shape, coalesced=True)


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


@recorded_as("SparseCompressedTensorBackward0")
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
    """Make a tensor of layout CSR, CSC, BSR or BSC of its components. Source: ``torch.sparse_compressed_tensor``.

    Args:
        compressed_indices: where each row (CSR, BSR) or column (CSC, BSC) begins in the other two, one more than there are:
            (batch dims…, lines + 1). Lines are counted in blocks.
        plain_indices: the columns, or rows, of the stored elements, in order within each line: (batch dims…, nnz).
        values: (batch dims…, nnz, dense dims…), of blocked layouts (batch dims…, nnz, height, width, dense dims…).
        size: the shape, (batch dims…, rows, columns, dense dims…); the smallest that fits if left out.
        dtype, device: of the values; theirs by default.
        layout: ``torch.sparse_csr``, ``torch.sparse_csc``, ``torch.sparse_bsr`` or ``torch.sparse_bsc``.
        pin_memory: put the components into page-locked memory; nothing is done where there is no CUDA device.
        requires_grad: make it a leaf whose gradient is sparse.

    Raises:
        RuntimeError: the components break an invariant; the error says which, and where.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse_compressed_tensor([0, 1, 2], [1, 0], [5.0, 6.0], layout=torch.sparse_csr).to_dense()
        tensor([[0., 5.],
                [6., 0.]])
    """
    format = FORMATS.get(layout)  # type: ignore[arg-type]
    if format is None or not format.compressed:
        raise RuntimeError(
            "sparse_compressed_tensor expected sparse compressed tensor layout (sparse_csr, sparse_csc, sparse_bsr or "
            f"sparse_bsc) but got {layout}"
        )
    pointers, plain = (_index(each, device, pin_memory=pin_memory) for each in (compressed_indices, plain_indices))
    found = _values(values, dtype, device, requires_grad, pin_memory=pin_memory)
    _check_dims(format, pointers, plain, found)
    if size is None:
        size = _inferred_size(format, pointers, plain, found)
    _check_compressed(format, pointers, plain, found, tuple(size))
    made = make_sparse(format.layout, (pointers, plain), found, tuple(size), coalesced=True)
    made._owns_values = requires_grad
    return made


def _inferred_size(format: Format, pointers: Tensor, plain: Tensor, values: Tensor) -> tuple[int, ...]:
    batch = pointers.dim() - 1
    height, width = values.shape[batch + 1 : batch + 3] if format.blocked else (1, 1)
    lines = pointers.shape[-1] - 1
    others = int(plain.max().item()) + 1 if plain.numel() else 0
    rows, columns = (lines, others) if format.by_rows else (others, lines)
    dense = values.shape[batch + (3 if format.blocked else 1) :]
    return (*pointers.shape[:-1], rows * height, columns * width, *dense)


def _check_dims(format: Format, pointers: Tensor, plain: Tensor, values: Tensor) -> None:
    """What has to hold before a size can be inferred."""
    for name, index in zip(format.components, (pointers, plain), strict=True):
        if not index.dim():
            raise RuntimeError(f"{name} must have dimensionality >= 1 but got 0")
        _check_integers(name, index)
    if pointers.dtype is not plain.dtype:
        raise RuntimeError(
            f"{format.components[0]} and {format.components[1]} must have the same dtype, but got {pointers.dtype} and "
            f"{plain.dtype}"
        )
    if plain.dim() != pointers.dim():
        raise RuntimeError(
            f"{format.components[0]} and {format.components[1]} dimensionalities must be equal but got {pointers.dim()} and "
            f"{plain.dim()}"
        )
    least = pointers.dim() + (2 if format.blocked else 0)
    if values.dim() < least:
        raise RuntimeError(
            f"values must have dimensionality > {least - 1} (batch, stored elements{', block' if format.blocked else ''}), "
            f"but got {values.dim()}"
        )
    if not pointers.shape[-1]:
        raise RuntimeError(f"{format.components[0]}.shape[-1] must be the number of lines + 1, but got 0")
    for index in (pointers, plain):
        if index.device != values.device:
            raise RuntimeError(f"device of indices ({index.device}) must match device of values ({values.device})")


def _check_compressed(format: Format, pointers: Tensor, plain: Tensor, values: Tensor, size: tuple[int, ...]) -> None:
    names = format.components
    batch = pointers.dim() - 1
    after = batch + (3 if format.blocked else 1)
    if len(size) != batch + 2 + values.dim() - after:
        raise RuntimeError(
            f"size must have {batch} batch, 2 sparse and {values.dim() - after} dense dimensions as the components have, but got "
            f"{len(size)}"
        )
    height, width = values.shape[batch + 1 : batch + 3] if format.blocked else (1, 1)
    if not (height and width) or size[batch] % height or size[batch + 1] % width:
        raise RuntimeError(
            f"tensor sparse size ({size[batch]},{size[batch + 1]}) must be divisible by the blocksize ({height},{width})"
        )
    if tuple(values.shape[after:]) != size[batch + 2 :]:
        raise RuntimeError(
            f"values have the dense sizes {list(values.shape[after:])}, but those of the tensor are {list(size[batch + 2 :])}"
        )
    batches = {tuple(pointers.shape[:-1]), tuple(plain.shape[:-1]), tuple(values.shape[:batch]), size[:batch]}
    if len(batches) > 1:
        raise RuntimeError(
            f"all batch dimensions of {names[0]} ({list(pointers.shape[:-1])}), {names[1]} ({list(plain.shape[:-1])}), values "
            f"({list(values.shape[:batch])}) and size ({list(size[:batch])}) must be equal"
        )
    grid = size[batch] // height, size[batch + 1] // width
    lines, others = grid if format.by_rows else grid[::-1]
    stored = plain.shape[-1]
    if values.shape[batch] != stored:
        raise RuntimeError(
            f"number of entries of {names[1]} ({stored}) and of values ({list(values.shape)}) must be equal"
        )
    if pointers.shape[-1] != lines + 1:
        raise RuntimeError(
            f"{names[0]}.shape[-1] must be equal to the number of lines + 1 = {lines + 1}, but got {pointers.shape[-1]}"
        )
    for place, wanted, text in ((0, 0, "0] == 0"), (-1, stored, "-1] == nnz")):
        bad = pointers[..., place] != wanted
        if bool(bad.any()):
            found = int(pointers[..., place].reshape(-1)[_first_bad(bad)].item())
            which = f" in batch {_first_bad(bad)}" if batch else ""
            known = f", nnz is {stored}" if place else ""
            raise RuntimeError(f"`{names[0]}[..., {text}` is not satisfied{which}: it is {found}{known}")
    counts = pointers[..., 1:] - pointers[..., :-1]
    _check_everywhere(
        (counts < 0) | (counts > others),
        f"`0 <= {names[0]}[..., 1:] - {names[0]}[..., :-1] <= {others}` is not satisfied",
    )
    _check_everywhere((plain < 0) | (plain >= others), f"`0 <= {names[1]} < {others}` is not satisfied")
    line_of = expanded(pointers).reshape(plain.shape)
    unsorted = (line_of[..., 1:] == line_of[..., :-1]) & (plain[..., 1:] <= plain[..., :-1])
    _check_everywhere(unsorted, f"`{names[1]}` must be sorted and distinct along each line; they are not", first=1)


def _check_everywhere(bad: Tensor, words: str, first: int = 0) -> None:
    """Raise an error that names the first position, and the batch if there are some."""
    if bool(bad.any()):
        place = _first_bad(bad)
        which = f" of batch {place // bad.shape[-1]}" if bad.dim() > 1 else ""
        raise RuntimeError(f"{words} at position {place % bad.shape[-1] + first}{which}")


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


def sparse_bsr_tensor(
    crow_indices: Any, col_indices: Any, values: Any, size: Sequence[int] | None = None, **options: Any
) -> SparseTensor:
    """Make a tensor of layout BSR (compressed rows of blocks). Source of the semantics: ``torch.sparse_bsr_tensor``.

    See :func:`flambeau.sparse_compressed_tensor` for the arguments and errors.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse_bsr_tensor([0, 1], [1], [[[1, 2], [3, 4]]], (2, 4)).to_dense()
        tensor([[0, 0, 1, 2],
                [0, 0, 3, 4]])
    """
    return sparse_compressed_tensor(crow_indices, col_indices, values, size, **options | {"layout": layouts.sparse_bsr})


def sparse_bsc_tensor(
    ccol_indices: Any, row_indices: Any, values: Any, size: Sequence[int] | None = None, **options: Any
) -> SparseTensor:
    """Make a tensor of layout BSC (compressed columns of blocks). Source of the semantics: ``torch.sparse_bsc_tensor``.

    See :func:`flambeau.sparse_compressed_tensor` for the arguments and errors.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse_bsc_tensor([0, 0, 1], [0], [[[1, 2], [3, 4]]], (2, 4)).to_dense()
        tensor([[0, 0, 1, 2],
                [0, 0, 3, 4]])
    """
    return sparse_compressed_tensor(ccol_indices, row_indices, values, size, **options | {"layout": layouts.sparse_bsc})


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
