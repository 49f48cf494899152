"""From one layout to another, and from and to ``scipy.sparse``."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from flambeau import layouts
from flambeau._tensor import Tensor
from flambeau._tensor.formats import FORMATS
from flambeau._tensor.methods import method
from flambeau._tensor.sparse import SparseTensor, make_sparse, sparse_method
from flambeau.dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from flambeau.errors import UnsupportedError, UnsupportedLayoutError
from flambeau.ops.creation.conversion import from_numpy
from flambeau.ops.creation.data import from_dlpack
from flambeau.ops.creation.ranges import arange
from flambeau.ops.movement.joining import cat, stack
from flambeau.shapes import int_argument

from ._history import recorded_as
from ._indices import coalesced, elements, in_layout, positions, summed

__all__ = ["from_scipy", "in_same_layout", "to_coo", "to_dense", "to_scipy", "to_sparse"]


@method("sparse_dim")
def _sparse_dim(input: Tensor) -> int:
    """The number of dimensions that are indexed: of a strided tensor none."""
    return 0


@method("dense_dim")
def _dense_dim(input: Tensor) -> int:
    """The number of dimensions that are not indexed: of a strided tensor all."""
    return input.dim()


@method("to_dense")
@recorded_as("ToDenseBackward0")
def to_dense(input: Tensor, dtype: DType | None = None, *, masked_grad: bool | None = None) -> Tensor:
    """Give the strided tensor with the same elements. Source of the semantics: ``torch.Tensor.to_dense``.

    Example:
        >>> import flambeau as torch
        >>> torch.eye(2).to_sparse().to_dense()
        tensor([[1., 0.],
                [0., 1.]])
    """
    if not isinstance(input, SparseTensor):
        return input if dtype is None else input.to(dtype=dtype)
    indices, values = elements(input)
    values = values if dtype is None else values.to(dtype=dtype)
    if not indices.shape[0]:
        return values.sum(0)
    if input.layout is layouts.sparse_coo and not input._coalesced:
        indices, values = summed(indices, values, tuple(input.shape)[: indices.shape[0]])
    result = values.new_zeros(tuple(input.shape))
    return result.index_put(tuple(indices.unbind(0)), values)


def _to_sparse_node(input: Any, sparse_dim: int | None = None, **_: Any) -> str:
    return "ToSparseBackward1" if sparse_dim is None else "ToSparseBackward0"


@method("to_sparse")
@recorded_as(_to_sparse_node)
def to_sparse(
    input: Tensor, sparse_dim: int | None = None, *, layout: layouts.layout | None = None, blocksize: Any = None,
    dense_dim: int | None = None,
) -> Any:  # fmt: skip
    """Give a sparse tensor with the elements that are not zero. Source of the semantics: ``torch.Tensor.to_sparse``.

    Args:
        input: a strided or sparse tensor.
        sparse_dim: how many dimensions are indexed, for COO; all by default.
        layout: the layout; COO by default.
        blocksize: the height and the width of blocks, or one number for both, for BSR and BSC; by default a BSR or BSC
            input's own.
        dense_dim: how many of the last dimensions are those of each stored element; 0 by default. What is left before the two
            sparse dimensions of a compressed layout are batches.

    Raises:
        RuntimeError: the options do not fit the layout or the tensor, or batches differ in how many elements they store.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([[0, 1], [2, 0]]).to_sparse()
        tensor(indices=tensor([[0, 1],
                               [1, 0]]),
               values=tensor([1, 2]),
               size=(2, 2), nnz=2, layout=torch.sparse_coo)
    """
    sparse_dim = None if sparse_dim is None else int_argument("to_sparse", "sparse_dim", 1, sparse_dim)
    wanted = layout or layouts.sparse_coo
    if wanted is layouts.strided:
        return to_dense(input)
    format = FORMATS[wanted]
    if blocksize is not None and not format.blocked:
        raise RuntimeError(f"to_sparse(): conversion to {wanted!r} with blocksize argument given is not supported")
    if hasattr(blocksize, "__index__"):
        blocksize = (blocksize, blocksize)
    if sparse_dim is not None and format.compressed and sparse_dim != 2:
        raise RuntimeError(f"to_sparse(): a tensor of layout {wanted!r} has 2 sparse dimensions, not {sparse_dim}")
    indexed = None if sparse_dim is None or format.compressed else sparse_dim
    if dense_dim is not None:
        if not 0 <= dense_dim <= input.dim() or indexed not in (None, input.dim() - dense_dim):
            raise RuntimeError(
                f"to_sparse(): dense_dim {dense_dim} does not go with {input.dim()} dimensions"
                + (f" and sparse_dim {indexed}" if indexed is not None else "")
            )
        indexed = input.dim() - dense_dim
    if isinstance(input, SparseTensor):
        return _with_sparse_dims(in_same_layout(input, wanted, blocksize), indexed, wanted, blocksize)
    count = input.dim() if indexed is None else indexed
    if not 0 <= count <= input.dim():
        raise RuntimeError(f"sparse_dim argument must be in [1,{input.dim()}] range, but {count} is given")
    stored = input.detach() != 0
    if count < input.dim():
        stored = stored.reshape(*input.shape[:count], -1).any(-1)
    indices = stored.nonzero().t().contiguous()
    values = input[tuple(indices.unbind(0))] if count else input.unsqueeze(0)[: indices.shape[1]]
    return in_layout(wanted, indices, values, tuple(input.shape), blocksize)


def _with_sparse_dims(
    input: SparseTensor, indexed: int | None, layout: layouts.layout, blocksize: Sequence[int] | None
) -> SparseTensor:
    """``input`` with another number of indexed dimensions."""
    if indexed is None or input.dim() - input.dense_dim() == indexed:
        return input
    coo = to_coo(input)
    indices, values = coo._components[0], coo._values_
    count = coo.sparse_dim()
    if indexed > count:  # dimensions of the stored elements become indexed
        inner = tuple(coo.shape)[count:indexed]
        each = prod(inner)
        places = arange(values.shape[0] * each, device=values.device)
        rows = [indices.index_select(1, places // max(each, 1))]
        rows += [((places // prod(inner[dim + 1 :])) % inner[dim]).unsqueeze(0) for dim in range(len(inner))]
        indices = cat(rows)
        values = values.reshape(-1, *values.shape[1 + len(inner) :])
    else:  # indexed dimensions become those of stored elements
        inner = tuple(coo.shape)[indexed:count]
        outer = positions(indices[:indexed], tuple(coo.shape)[:indexed])
        distinct, group = outer.unique(return_inverse=True)
        within = group * prod(inner) + positions(indices[indexed:], inner)
        made = values.new_zeros((distinct.numel() * prod(inner), *values.shape[1:]))
        values = made.index_put((within,), values).reshape(distinct.numel(), *inner, *values.shape[1:])
        indices, _ = summed(indices[:indexed], values.new_zeros(indices.shape[1]), tuple(coo.shape)[:indexed])
    return in_layout(layout, indices, values, tuple(input.shape), blocksize)


def to_coo(input: SparseTensor) -> SparseTensor:
    """A coalesced COO tensor; batch dimensions become sparse ones, and blocks single elements."""
    if input.layout is layouts.sparse_coo:
        return coalesced(input)
    indices, values = elements(input)
    if input.layout is not layouts.sparse_csr:
        indices, values = summed(indices, values, tuple(input.shape)[: indices.shape[0]])
    return in_layout(layouts.sparse_coo, indices, values, tuple(input.shape))


def in_same_layout(input: SparseTensor, layout: layouts.layout, blocksize: Sequence[int] | None = None) -> SparseTensor:
    """``input`` in a layout, with blocks of its own size if none is given."""
    format = FORMATS[layout]
    own = input._blocksize() if FORMATS[input.layout].blocked else None
    wanted = tuple(blocksize) if blocksize is not None else own if format.blocked else None
    if input.layout is layout and wanted in (None, own):
        return input
    coo = to_coo(input)
    return in_layout(layout, coo._components[0], coo._values_, tuple(input.shape), wanted)


def _to_layout(layout: layouts.layout) -> None:
    name = f"to_{layout.name}"
    if FORMATS[layout].blocked:

        def convert(
            input: Tensor, blocksize: int | Sequence[int] | None = None, dense_dim: int | None = None
        ) -> SparseTensor:
            if blocksize is None and not (isinstance(input, SparseTensor) and FORMATS[input.layout].blocked):
                raise TypeError(f'{name}() missing 1 required positional arguments: "blocksize"')
            made: SparseTensor = to_sparse(input, layout=layout, blocksize=blocksize, dense_dim=dense_dim)
            return made

    else:

        def convert(input: Tensor, dense_dim: int | None = None) -> SparseTensor:  # type: ignore[misc]
            made: SparseTensor = to_sparse(input, layout=layout, dense_dim=dense_dim)
            return made

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"Give a sparse tensor of layout {layout!r}. Source of the semantics: ``torch.Tensor.{name}``."
    title = "".join(word.capitalize() for word in name.split("_"))
    method(name)(convert if layout is layouts.sparse_coo else recorded_as(f"{title}Backward0")(convert))


for _layout in FORMATS:
    _to_layout(_layout)


# -- scipy ---------------------------------------------------------------


def from_scipy(matrix: Any) -> SparseTensor:
    """Give the sparse tensor of a ``scipy.sparse`` matrix or array (COO, CSR, CSC or BSR), without a dense copy.

    Matrices of ``cupyx.scipy.sparse`` become tensors on their GPU.

    Raises:
        TypeError: it has another layout.

    Example:
        >>> import flambeau as torch, scipy.sparse
        >>> torch.sparse.from_scipy(scipy.sparse.csr_array([[0, 7], [8, 0]])).values()
        tensor([7, 8])
    """
    kind = getattr(matrix, "format", None)
    if kind == "coo":
        indices = stack([_taken(matrix.row), _taken(matrix.col)]).long()
        return make_sparse(layouts.sparse_coo, (indices,), _taken(matrix.data), tuple(matrix.shape))
    if kind not in ("csr", "csc", "bsr"):
        raise TypeError(
            f"expected a scipy.sparse array in the format coo, csr, csc or bsr, not {kind or type(matrix).__name__}"
        )
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    layout = {"csr": layouts.sparse_csr, "csc": layouts.sparse_csc, "bsr": layouts.sparse_bsr}[kind]
    components = (_taken(matrix.indptr).long(), _taken(matrix.indices).long())
    return make_sparse(layout, components, _taken(matrix.data), tuple(matrix.shape), coalesced=True)


def _taken(array: Any) -> Tensor:
    """The tensor on the memory of an array of NumPy, or of one on a GPU."""
    taken: Tensor = from_dlpack(array) if hasattr(array, "__cuda_array_interface__") else from_numpy(array)
    return taken


def to_scipy(input: SparseTensor) -> Any:
    """Give the ``scipy.sparse`` array of a sparse matrix, or on a GPU that of ``cupyx``, without a dense copy.

    Raises:
        RuntimeError: it requires a gradient, or is no matrix of numbers.
        UnsupportedLayoutError: SciPy does not have the layout BSC.
        UnsupportedError: the backend has no such arrays.

    Example:
        >>> import flambeau as torch
        >>> torch.sparse.to_scipy(torch.eye(2).to_sparse_csr()).nnz
        2
    """
    backend = input._values_._type.backend
    convert = getattr(backend, "to_scipy", None)
    if convert is None:
        raise UnsupportedError(
            "to_scipy", backend=backend.name, layout=input.layout, hint="move the tensor to the CPU first"
        )
    if input.requires_grad:
        raise RuntimeError("Can't convert a tensor that requires grad to scipy.sparse. Use tensor.detach() first.")
    if input.dim() != 2 or input.dense_dim():
        raise RuntimeError(
            f"scipy.sparse has matrices; a tensor with {input.dim()} dimensions, {input.dense_dim()} of them dense, is none"
        )
    if input.layout is layouts.sparse_bsc:
        raise UnsupportedLayoutError("scipy.sparse has no layout BSC: convert with to_sparse_bsr() first")
    components = [component._array for component in input._components]
    return convert(input.layout.name.removeprefix("sparse_"), components, input._values_._array, tuple(input.shape))


@sparse_method("item")
def _item(self: SparseTensor) -> Any:
    """The only element as a Python number."""
    return to_dense(self).item()
