"""From one layout to another, and from and to ``scipy.sparse``."""

from __future__ import annotations

from typing import Any

from .. import layouts
from .._methods import method
from .._tensor import Tensor
from ..dtypes import dtype as DType  # noqa: N812 (a class in lower case, as in PyTorch)
from ..errors import UnsupportedError
from ..ops.conversion import from_numpy
from ..ops.joining import stack
from ._indices import coalesced, coordinates, in_layout, summed
from ._tensor import SparseTensor, make_sparse

__all__ = ["from_scipy", "in_same_layout", "to_coo", "to_dense", "to_scipy", "to_sparse"]


@method("to_dense")
def to_dense(input: Tensor, dtype: DType | None = None, *, masked_grad: bool | None = None) -> Tensor:
    """Give the strided tensor with the same elements. Source of the semantics: ``torch.Tensor.to_dense``.

    Example:
        >>> import flambeau as torch
        >>> torch.eye(2).to_sparse().to_dense()
        tensor([[1., 0.],
                [0., 1.]])
    """
    if not isinstance(input, SparseTensor):
        return input if dtype is None else input.to(dtype)
    values = input._values_ if dtype is None else input._values_.to(dtype)
    indices = coordinates(input)
    if not indices.shape[0]:
        return values.sum(0)
    if input.layout is layouts.sparse_coo and not input._coalesced:
        indices, values = summed(indices, values, tuple(input.shape)[: indices.shape[0]])
    result = values.new_zeros(tuple(input.shape))
    return result.index_put(tuple(indices.unbind(0)), values)


@method("to_sparse")
def to_sparse(
    input: Tensor, sparse_dim: int | None = None, *, layout: layouts.layout | None = None, blocksize: Any = None,
    dense_dim: int | None = None,
) -> SparseTensor:  # fmt: skip
    """Give a sparse tensor with the elements that are not zero. Source of the semantics: ``torch.Tensor.to_sparse``.

    Args:
        input: a strided or sparse tensor.
        sparse_dim: how many dimensions are indexed, for COO; all by default.
        layout: the layout; COO by default.
        blocksize, dense_dim: not supported.

    Raises:
        NotImplementedError: an option that is not supported.
        RuntimeError: the tensor has another number of dimensions than the layout.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([[0, 1], [2, 0]]).to_sparse()
        tensor(indices=tensor([[0, 1],
                               [1, 0]]),
               values=tensor([1, 2]),
               size=(2, 2), nnz=2, layout=torch.sparse_coo)
    """
    if blocksize is not None or dense_dim is not None:
        raise NotImplementedError("to_sparse(): blocksize and dense_dim are not supported")
    wanted = layout or layouts.sparse_coo
    if isinstance(input, SparseTensor):
        return in_same_layout(input, wanted)
    if wanted is not layouts.sparse_coo and input.dim() != 2:
        raise RuntimeError(f"to_sparse(): a tensor of layout {wanted!r} has 2 dimensions, not {input.dim()}")
    count = input.dim() if sparse_dim is None else sparse_dim
    if not 0 <= count <= input.dim():
        raise RuntimeError(f"sparse_dim argument must be in [1,{input.dim()}] range, but {count} is given")
    stored = input.detach() != 0
    if count < input.dim():
        stored = stored.reshape(*input.shape[:count], -1).any(-1)
    indices = stored.nonzero().t().contiguous()
    values = input[tuple(indices.unbind(0))]
    return in_layout(wanted, indices, values, tuple(input.shape))


def to_coo(input: SparseTensor) -> SparseTensor:
    """A coalesced COO tensor."""
    if input.layout is layouts.sparse_coo:
        return coalesced(input)
    return _reordered(input, layouts.sparse_coo)


def in_same_layout(input: SparseTensor, layout: layouts.layout) -> SparseTensor:
    """``input`` in a layout."""
    if input.layout is layout:
        return input
    return to_coo(input) if layout is layouts.sparse_coo else _reordered(to_coo(input), layout)


def _reordered(input: SparseTensor, layout: layouts.layout) -> SparseTensor:
    indices, values = coordinates(input), input._values_
    if input.layout is layouts.sparse_csc:
        indices, values = summed(indices, values, tuple(input.shape))
    return in_layout(layout, indices, values, tuple(input.shape))


def _to_layout(name: str, layout: layouts.layout) -> None:
    def convert(input: Tensor, dense_dim: int | None = None) -> SparseTensor:
        return to_sparse(input, layout=layout, dense_dim=dense_dim)

    convert.__name__ = name
    convert.__doc__ = f"Give a sparse tensor of layout {layout!r}. Source of the semantics: ``torch.Tensor.{name}``."
    method(name)(convert)


for _layout in (layouts.sparse_coo, layouts.sparse_csr, layouts.sparse_csc):
    _to_layout(f"to_{_layout.name}", _layout)


# -- scipy ---------------------------------------------------------------


def from_scipy(matrix: Any) -> SparseTensor:
    """Give the sparse tensor of a ``scipy.sparse`` matrix or array in the layout COO, CSR or CSC, without a dense copy.

    Raises:
        TypeError: it has another layout.

    Example:
        >>> import flambeau as torch, scipy.sparse
        >>> torch.sparse.from_scipy(scipy.sparse.csr_array([[0, 7], [8, 0]])).values()
        tensor([7, 8])
    """
    kind = getattr(matrix, "format", None)
    if kind == "coo":
        indices = stack([from_numpy(matrix.row), from_numpy(matrix.col)]).long()
        return make_sparse(layouts.sparse_coo, (indices,), from_numpy(matrix.data), tuple(matrix.shape))
    if kind not in ("csr", "csc"):
        raise TypeError(
            f"expected a scipy.sparse array in the format coo, csr or csc, not {kind or type(matrix).__name__}"
        )
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    layout = layouts.sparse_csr if kind == "csr" else layouts.sparse_csc
    components = (from_numpy(matrix.indptr).long(), from_numpy(matrix.indices).long())
    return make_sparse(layout, components, from_numpy(matrix.data), tuple(matrix.shape), coalesced=True)


def to_scipy(input: SparseTensor) -> Any:
    """Give the ``scipy.sparse`` array of a sparse tensor on the CPU, without a dense copy.

    Raises:
        RuntimeError: it requires a gradient.
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
    components = [component._array for component in input._components]
    return convert(input.layout.name.removeprefix("sparse_"), components, input._values_._array, tuple(input.shape))
