"""In-place forms: what is computed takes the place of the components.

Where the pattern stays as it is and nothing is recorded, the values are written in their own memory, which ``detach()`` and
``values()`` share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flambeau import layouts
from flambeau._dispatch.rows import ROWS
from flambeau._dispatch.sparse_forms import IMPLEMENTATIONS
from flambeau._tensor import Tensor
from flambeau._tensor.formats import FORMATS
from flambeau._tensor.methods import method
from flambeau._tensor.modes import grad_enabled
from flambeau._tensor.sparse import SparseTensor, make_sparse, unlike_layouts
from flambeau.errors import UnsupportedLayoutError
from flambeau.ops.creation.filled import zeros
from flambeau.ops.movement.joining import cat
from flambeau.promotion import can_cast, cast_error
from flambeau.shapes import output_error, size_argument

from ._history import recorded_as
from ._indices import coordinates, positions
from .construction import sparse_zeros
from .conversion import in_same_layout, to_coo, to_dense
from .elementwise import partners

__all__ = ["sparse_mask"]


def _check_writable(tensor: SparseTensor) -> None:
    if tensor._owns_values and grad_enabled():
        raise RuntimeError("a leaf Variable that requires grad is being used in an in-place operation.")


def become(tensor: SparseTensor, result: SparseTensor) -> SparseTensor:
    """Let a tensor have the elements of ``result``.

    Raises:
        RuntimeError: it is a leaf that requires a gradient, or the shape or the dtype does not fit.
    """
    _check_writable(tensor)
    if tensor.shape != result.shape:
        raise output_error(tensor.shape, result.shape)
    if not can_cast(result.dtype, tensor.dtype):
        raise cast_error(result.dtype, tensor.dtype)
    blocksize = tensor._blocksize() if FORMATS[tensor.layout].blocked else None
    made = in_same_layout(result, tensor.layout, blocksize)
    values = made._values_.to(tensor.dtype)
    same = all(own is other for own, other in zip(tensor._components, made._components, strict=True))
    recorded = grad_enabled() and (values.requires_grad or tensor._values_.requires_grad)
    if same and not recorded:
        tensor._values_.copy_(values)
    else:
        tensor._take_over(made.with_values(values))
    return tensor


def _in_place(name: str) -> Callable[..., SparseTensor]:
    function = IMPLEMENTATIONS[name]

    def write(self: SparseTensor, *args: Any, **kwargs: Any) -> SparseTensor:
        _check_writable(self)
        result = function(self, *args, **kwargs)
        if not isinstance(result, SparseTensor):
            if name in ("add", "sub"):
                raise UnsupportedLayoutError("add(sparse, dense) is not supported. Use add(dense, sparse) instead.")
            raise UnsupportedLayoutError(
                f"{name}_() would make a tensor of layout {self.layout!r} strided: convert it with to_dense() first"
            )
        return become(self, result)

    write.__name__ = f"{name}_"
    write.__qualname__ = f"SparseTensor.{name}_"
    write.__doc__ = f"The in-place form of :func:`flambeau.{name}`."
    return write


_ALIASES = {"__iadd__": "add", "__isub__": "sub", "__imul__": "mul", "__itruediv__": "div"}
_NOT_IN_PLACE = ("matmul", "mm", "bmm", "mv", "select", "narrow", "index_select", "cat", "stack", "sum", "norm", "any")


def _attach() -> None:
    for name in IMPLEMENTATIONS:
        row = ROWS.get(name)
        if name not in _NOT_IN_PLACE and (row is None or row.inplace):
            for each in (name, *(() if row is None else row.aliases)):
                setattr(SparseTensor, f"{each}_", _in_place(name))
    for alias, name in _ALIASES.items():
        setattr(SparseTensor, alias, _in_place(name))


def _zero_(self: SparseTensor) -> SparseTensor:
    """Let nothing be stored. Source of the semantics: ``torch.Tensor.zero_``."""
    _check_writable(self)
    empty = sparse_zeros(
        self.shape, self.layout, dtype=self.dtype, device=self.device, dense_dim=self.dense_dim(),
        batch_dim=self._batch_dim(), blocksize=self._blocksize(),
    )  # fmt: skip
    self._take_over(empty)
    self._coalesced = True
    return self


def _copy_(self: SparseTensor, src: Any, non_blocking: bool = False) -> SparseTensor:
    """Take over the elements of another sparse tensor. Source of the semantics: ``torch.Tensor.copy_``.

    Raises:
        RuntimeError: ``src`` is strided, or has another shape.
    """
    if not isinstance(src, SparseTensor):
        raise unlike_layouts(self, src)
    return become(self, src.clone().to(self.device).to(self.dtype))


def _sparse_resize_(self: SparseTensor, size: Sequence[int], sparse_dim: int, dense_dim: int) -> SparseTensor:
    """Change the size, and the number of sparse and dense dimensions if nothing is stored. Source: ``sparse_resize_``.

    Raises:
        RuntimeError: an element would be lost, or elements have another number of dimensions.
    """
    _check_writable(self)
    self._expect_coo("sparse_resize_")
    shape = tuple(size)
    if sparse_dim + dense_dim != len(shape):
        raise RuntimeError(
            f"number of dimensions must be sparse_dim ({sparse_dim}) + dense_dim ({dense_dim}), but got {len(shape)}"
        )
    if not self._nnz():
        return _sparse_resize_and_clear_(self, shape, sparse_dim, dense_dim)
    own = tuple(self.shape)
    if (sparse_dim, dense_dim) != (self.sparse_dim(), self.dense_dim()):
        raise RuntimeError(
            f"changing the number of sparse or dense dimensions (from {self.sparse_dim()} and {self.dense_dim()} to {sparse_dim} "
            f"and {dense_dim}) on a non-empty sparse tensor is not supported"
        )
    for kind, before, after in (
        ("sparse", own[:sparse_dim], shape[:sparse_dim]),
        ("dense", own[sparse_dim:], shape[sparse_dim:]),
    ):
        if any(new < old for new, old in zip(after, before, strict=True)):
            raise RuntimeError(
                f"shrinking the size of {kind} dimensions (from {list(before)} to {list(after)}) on a non-empty sparse tensor is "
                "not supported; call sparse_resize_and_clear_() to drop its elements"
            )
    if own[sparse_dim:] != shape[sparse_dim:]:
        values = self._values_.new_zeros((self._nnz(), *shape[sparse_dim:]))
        inner = tuple(slice(0, length) for length in own[sparse_dim:])
        values[(slice(None), *inner)] = self._values_
        self._take_over(make_sparse(self.layout, self._components, values, shape, coalesced=self._coalesced))
    self._size = type(self._size)(shape)
    return self


def _sparse_resize_and_clear_(self: SparseTensor, size: Sequence[int], sparse_dim: int, dense_dim: int) -> SparseTensor:
    """Change the size, and let nothing be stored. Source of the semantics: ``sparse_resize_and_clear_``."""
    _check_writable(self)
    self._expect_coo("sparse_resize_and_clear_")
    shape = tuple(size)
    if sparse_dim + dense_dim != len(shape):
        raise RuntimeError(
            f"number of dimensions must be sparse_dim ({sparse_dim}) + dense_dim ({dense_dim}), but got {len(shape)}"
        )
    empty = sparse_zeros(shape, self.layout, dtype=self.dtype, device=self.device, dense_dim=dense_dim)
    self._take_over(empty)
    return self


def _resize_as_sparse_(self: SparseTensor, the_template: SparseTensor, **_: Any) -> SparseTensor:
    """Resize to the size of another one; see :meth:`sparse_resize_`. Source: ``torch.Tensor.resize_as_sparse_``."""
    return _sparse_resize_(self, tuple(the_template.shape), the_template.sparse_dim(), the_template.dense_dim())


def _resize_(self: SparseTensor, *sizes: Any, **_: Any) -> SparseTensor:
    """Add rows and columns to a CSR or CSC matrix. Source of the semantics: ``torch.Tensor.resize_`` of CSR tensors.

    Raises:
        RuntimeError: it would shrink, or is no such matrix.
    """
    _check_writable(self)
    shape = size_argument("resize_", sizes)
    if self.layout not in (layouts.sparse_csr, layouts.sparse_csc) or self.dim() != 2 or len(shape) != 2:
        raise UnsupportedLayoutError(
            "resize_() of sparse tensors is of CSR and CSC matrices; sparse_resize_() is for COO, and to_dense() for others"
        )
    if any(new < old for new, old in zip(shape, self.shape, strict=True)):
        raise RuntimeError(f"resize_(): a sparse matrix cannot shrink (from {list(self.shape)} to {list(shape)})")
    line = 0 if self.layout is layouts.sparse_csr else 1
    pointers, plain = self._components
    added = zeros(shape[line] - self.shape[line], dtype=pointers.dtype, device=pointers.device) + pointers[-1]
    self._components, self._size = (cat([pointers, added]), plain), type(self._size)(shape)
    return self


@method("sparse_mask")
@recorded_as("SparseMaskBackward0")
def sparse_mask(input: Tensor, mask: SparseTensor) -> SparseTensor:
    """Take the elements of ``input`` where ``mask`` stores some. Source of the semantics: ``torch.Tensor.sparse_mask``.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([[1, 2], [3, 4]]).sparse_mask(torch.eye(2).to_sparse_csr()).values()
        tensor([1, 4])
    """
    if not isinstance(mask, SparseTensor):
        raise RuntimeError(f"sparse_mask(): the mask must be sparse, but its layout is {mask.layout!r}")
    if tuple(input.shape) != tuple(mask.shape):
        raise RuntimeError(
            f"sparse_mask(): operands have incompatible sizes; self has size {list(input.shape)} but mask has size "
            f"{list(mask.shape)}"
        )
    pattern = mask if mask.layout is not layouts.sparse_coo else to_coo(mask)
    places = coordinates(pattern)
    if not isinstance(input, SparseTensor):
        return pattern.with_values(input[tuple(places.unbind(0))].reshape(pattern._values_.shape))
    count = places.shape[0]
    source = to_coo(input)
    if source.sparse_dim() != count:
        return sparse_mask(to_dense(input), mask)
    size = tuple(input.shape)[:count]
    found, partner = partners(positions(places, size), positions(source._components[0], size))
    values = source._values_.new_zeros((places.shape[1], *source._values_.shape[1:]))
    values = values.index_put((found,), source._values_.index_select(0, partner))
    return pattern.with_values(values.reshape(*pattern._values_.shape[: pattern._values_.dim() - pattern.dense_dim()],
                                              *source._values_.shape[1:]))  # fmt: skip


for _name, _function in (
    ("zero_", _zero_), ("copy_", _copy_), ("sparse_resize_", _sparse_resize_), ("resize_", _resize_),
    ("sparse_resize_and_clear_", _sparse_resize_and_clear_), ("resize_as_sparse_", _resize_as_sparse_),
    ("resize_as_", _resize_as_sparse_),
):  # fmt: skip
    setattr(SparseTensor, _name, _function)
_attach()
