"""Shape and movement: views of the same memory, and what joins, splits and reorders."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from flambeau._dispatch.declare import alias, composite, view
from flambeau._dispatch.inplace import become_view
from flambeau._dispatch.spelling import called_as, spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.methods import method, method_property
from flambeau.errors import level_of_caller
from flambeau.layouts import contiguous_format
from flambeau.ops.creation.conversion import clone
from flambeau.shapes import Shape, as_ints, infer_shape, normalize_dim, size_argument, view_strides

__all__ = [
    "flatten",
    "moveaxis",
    "movedim",
    "permute",
    "ravel",
    "reshape",
    "squeeze",
    "swapaxes",
    "swapdims",
    "t",
    "transpose",
    "unflatten",
    "unsqueeze",
]


# -- views with another shape ---------------------------------------------------------------


def _reshaped_back(grad: Tensor, input_shape: Shape) -> Tensor:
    return reshape(grad, input_shape)


@view(derivatives={"input": _reshaped_back}, method=False, node="ViewBackward0")
def _view(input: Tensor, shape: Shape) -> Tensor:
    return from_array(input._type.kernels.reshape(input._array, shape), input._type)


def _fitting(input: Tensor, sizes: Shape) -> bool:
    """If it is the usual case: all sizes are given one by one, they fit, and the elements lie in order."""
    array = input._array
    return (
        sizes[0].__class__ is int
        and prod(sizes) == prod(array.shape)
        and min(sizes) >= 0
        and input._type.backend.is_contiguous(array)
    )


def _viewable(input: Tensor, shape: Shape) -> bool:
    array, backend = input._array, input._type.backend
    return backend.is_contiguous(array) or view_strides(array.shape, tuple(backend.strides(array)), shape) is not None


@composite(method=False)
def reshape(input: Tensor, shape: Sequence[int]) -> Tensor:
    """Give the elements another shape, in which one size may be -1: a view where strides allow it, else a copy.

    Source of the semantics: ``torch.reshape``.

    Raises:
        RuntimeError: the number of elements differs.

    Example:
        >>> import flambeau as torch
        >>> torch.reshape(torch.arange(4), (2, 2))
        tensor([[0, 1],
                [2, 3]])
    """
    return _reshaped(input, size_argument("reshape", (shape,)))


def _reshaped(input: Tensor, shape: Shape) -> Tensor:
    return _of_shape(input, infer_shape(shape, prod(input._array.shape)))


def _of_shape(input: Tensor, shape: Shape) -> Tensor:
    """:func:`reshape` to a shape that holds as many elements."""
    if not _viewable(input, shape):
        input = clone(input, memory_format=contiguous_format)
    return _view(input, shape)


@method("reshape")
def _reshape_method(self: Tensor, *sizes: Any, shape: Sequence[int] | None = None) -> Tensor:
    """Give the elements another shape: :func:`flambeau.reshape`."""
    if not sizes and shape is None:
        raise TypeError('reshape() missing 1 required positional arguments: "shape"')
    if shape is None and not self._sparse and sizes and _fitting(self, sizes):
        return _view(self, sizes)
    shape = size_argument("reshape", sizes, shape, "shape")
    return reshape(self, shape) if self._sparse else _reshaped(self, shape)


@method("reshape_as")
@spelled()
def _reshape_as(self: Tensor, other: Tensor) -> Tensor:
    """Give the elements the shape of ``other``. Source of the semantics: ``torch.Tensor.reshape_as``.

    Example:
        >>> import flambeau as torch
        >>> torch.arange(2).reshape_as(torch.zeros(2, 1))
        tensor([[0],
                [1]])
    """
    return reshape(self, tuple(other.shape))


@composite()
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """Join the dimensions from ``start_dim`` to ``end_dim`` into one. Source of the semantics: ``torch.flatten``.

    Raises:
        RuntimeError: ``start_dim`` comes after ``end_dim``.

    Example:
        >>> import flambeau as torch
        >>> torch.flatten(torch.zeros(2, 3, 4), 1).shape
        torch.Size([2, 12])
    """
    shape = input._array.shape
    start, end = normalize_dim(start_dim, len(shape)), normalize_dim(end_dim, len(shape))
    if start > end:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    if not shape:
        return _of_shape(input, (1,))
    if start == end:
        return input
    return _of_shape(input, (*shape[:start], prod(shape[start : end + 1]), *shape[end + 1 :]))


@composite()
def ravel(input: Tensor) -> Tensor:
    """Flatten to one dimension. Source of the semantics: ``torch.ravel``.

    Example:
        >>> import flambeau as torch
        >>> torch.ravel(torch.tensor([[1, 2], [3, 4]]))
        tensor([1, 2, 3, 4])
    """
    return _reshaped(input, (-1,))


@composite()
def unflatten(
    input: Tensor, dim: int, sizes: Sequence[int] | None = None, unflattened_size: Sequence[int] | None = None
) -> Tensor:
    """Split one dimension into several, one of which may be -1. Source of the semantics: ``torch.unflatten``.

    ``unflattened_size`` is another name for ``sizes``.

    Example:
        >>> import flambeau as torch
        >>> torch.unflatten(torch.zeros(2, 6), 1, (2, -1)).shape
        torch.Size([2, 2, 3])
    """
    sizes = sizes if sizes is not None else unflattened_size
    if not sizes:
        raise RuntimeError("unflatten: sizes must be non-empty")
    dim = normalize_dim(dim, input.dim())
    shape = input._array.shape
    try:
        inner = infer_shape(as_ints(sizes, "sizes"), shape[dim])
    except RuntimeError:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(sizes)} don't multiply up to the size of dim {dim} ({shape[dim]}) "
            "in the input tensor"
        ) from None
    return reshape(input, shape[:dim] + inner + shape[dim + 1 :])


# -- views with dimensions reordered, added, removed ---------------------------------------------------------------


def _inverse(dims: Shape) -> Shape:
    return tuple(sorted(range(len(dims)), key=dims.__getitem__))


def _permute_input(grad: Tensor, dims: Shape) -> Tensor:
    return _permute(grad, _inverse(dims))


@view(derivatives={"input": _permute_input}, method=False, node="PermuteBackward0")
def _permute(input: Tensor, dims: Shape) -> Tensor:
    return from_array(input._type.kernels.permute(input._array, dims), input._type)


@composite(method=False)
def permute(input: Tensor, dims: Sequence[int]) -> Tensor:
    """Reorder the dimensions: dimension i of the view is dimension ``dims[i]``. Source: ``torch.permute``.

    Raises:
        RuntimeError: ``dims`` does not name every dimension once.

    Example:
        >>> import flambeau as torch
        >>> torch.permute(torch.zeros(2, 3, 4), (2, 0, 1)).shape
        torch.Size([4, 2, 3])
    """
    ndim = len(input._array.shape)
    if len(dims) != ndim:
        raise RuntimeError(
            "permute(): number of dimensions in the tensor input does not match the length of the desired ordering of "
            f"dimensions i.e. input.dim() = {input.dim()} is not equal to len(dims) = {len(dims)}"
        )
    order = tuple([normalize_dim(dim, ndim) for dim in dims])
    if len(set(order)) != len(order):
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return _permute(input, order)


@method("permute")
def _permute_method(self: Tensor, *order: Any, dims: Sequence[int] | None = None) -> Tensor:
    """Reorder the dimensions: :func:`flambeau.permute`."""
    return permute(self, size_argument("permute", order, dims, "dims"))


def _transpose_input(grad: Tensor, dim0: int, dim1: int) -> Tensor:
    return _transpose(grad, dim0, dim1)


@view(derivatives={"input": _transpose_input}, method=False, node="TransposeBackward0")
def _transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    order = list(range(len(input._array.shape)))
    if order:
        order[dim0], order[dim1] = order[dim1], order[dim0]
    return from_array(input._type.kernels.permute(input._array, tuple(order)), input._type)


@composite()
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Exchange two dimensions; a view. Source of the semantics: ``torch.transpose``.

    Example:
        >>> import flambeau as torch
        >>> torch.transpose(torch.tensor([[1, 2], [3, 4]]), 0, 1)
        tensor([[1, 3],
                [2, 4]])
    """
    ndim = len(input._array.shape)
    return _transpose(input, normalize_dim(dim0, ndim), normalize_dim(dim1, ndim))


swapaxes = alias(transpose, "swapaxes")
swapdims = alias(transpose, "swapdims")


def _t_input(grad: Tensor) -> Tensor:
    return _t(grad)


@view(derivatives={"input": _t_input}, method=False, node="TBackward0")
def _t(input: Tensor) -> Tensor:
    dims = (1, 0) if len(input._array.shape) == 2 else tuple(range(len(input._array.shape)))
    return from_array(input._type.kernels.permute(input._array, dims), input._type)


@composite()
def t(input: Tensor) -> Tensor:
    """Transpose a matrix; tensors of fewer dimensions stay as they are. Source of the semantics: ``torch.t``.

    Raises:
        RuntimeError: there are more than two dimensions.

    Example:
        >>> import flambeau as torch
        >>> torch.t(torch.tensor([[1, 2], [3, 4]]))
        tensor([[1, 3],
                [2, 4]])
    """
    if input.dim() > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {input.dim()}D")
    return _t(input)


@composite()
def movedim(input: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Move dimensions to other positions; the rest keep their order. Source of the semantics: ``torch.movedim``.

    Example:
        >>> import flambeau as torch
        >>> torch.movedim(torch.zeros(2, 3, 4), 0, -1).shape
        torch.Size([3, 4, 2])
    """
    ndim = input.dim()
    sources = [normalize_dim(dim, ndim) for dim in as_ints(source, "source")]
    targets = [normalize_dim(dim, ndim) for dim in as_ints(destination, "destination")]
    if len(sources) != len(targets):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({sources} dims) should contain the same number of dims "
            f"as destination ({targets} dims)"
        )
    if not ndim:
        return _view(input, ())
    order = [dim for dim in range(ndim) if dim not in sources]
    for target, dim in sorted(zip(targets, sources, strict=True)):
        order.insert(target, dim)
    return permute(input, order)


moveaxis = alias(movedim, "moveaxis")


@view(derivatives={"input": _reshaped_back}, method=False, node="SqueezeBackward1")
def _squeeze(input: Tensor, shape: Shape) -> Tensor:
    return from_array(input._type.kernels.reshape(input._array, shape), input._type)


@composite()
def squeeze(input: Tensor, dim: int | Sequence[int] | None = None) -> Tensor:
    """Remove dimensions of size 1: all of them, or those named where their size is 1. Source: ``torch.squeeze``.

    Example:
        >>> import flambeau as torch
        >>> torch.squeeze(torch.zeros(1, 3, 1)).shape
        torch.Size([3])
    """
    shape = input._array.shape
    if dim is None:
        return _squeeze(input, tuple([size for size in shape if size != 1]))
    if dim.__class__ is int:
        place = normalize_dim(dim, len(shape))
        return _squeeze(input, shape[:place] + shape[place + 1 :] if shape and shape[place] == 1 else shape)
    removed = {normalize_dim(entry, len(shape)) for entry in as_ints(dim)}
    return _squeeze(input, tuple(size for d, size in enumerate(shape) if size != 1 or d not in removed))


@view(derivatives={"input": _reshaped_back}, method=False, node="UnsqueezeBackward0")
def _unsqueeze(input: Tensor, dim: int) -> Tensor:
    shape = input._array.shape
    return from_array(input._type.kernels.reshape(input._array, shape[:dim] + (1,) + shape[dim:]), input._type)


@composite()
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """Add a dimension of size 1 at ``dim``; a view. Source of the semantics: ``torch.unsqueeze``.

    Example:
        >>> import flambeau as torch
        >>> torch.unsqueeze(torch.tensor([1, 2]), 1)
        tensor([[1],
                [2]])
    """
    return _unsqueeze(input, normalize_dim(dim, len(input._array.shape) + 1))


# -- transposed ---------------------------------------------------------------


def warn_zero_dim(name: str, advice: str = "This function is the identity in these cases.") -> None:
    """Say, as PyTorch does, that there is nothing to transpose without dimensions."""
    warnings.warn(f"{name} is deprecated on 0-D tensors. {advice}", UserWarning, stacklevel=level_of_caller())


@method_property("T")
def _transposed(self: Tensor) -> Tensor:
    """Its dimensions in reverse order; a matrix transposed."""
    if self.dim() == 0:
        warn_zero_dim("Tensor.T")
    elif self.dim() != 2:
        warnings.warn(
            "The use of `x.T` on tensors of dimension other than 2 to reverse their shape is deprecated and it will "
            "throw an error in a future release. Consider `x.mT` to transpose batches of matrices or "
            "`x.permute(*torch.arange(x.ndim - 1, -1, -1))` to reverse the dimensions of a tensor.",
            UserWarning,
            stacklevel=level_of_caller(),
        )
    return _permute(self, tuple(reversed(range(self.dim()))))


@method_property("mT")
def _matrix_transposed(self: Tensor) -> Tensor:
    """Its last two dimensions exchanged."""
    if self.dim() == 0:
        warn_zero_dim("Tensor.mT")
        return _view(self, ())
    if self.dim() < 2:
        raise RuntimeError(
            f"tensor.mT is only supported on matrices or batches of matrices. Got {self.dim()}-D tensor."
        )
    return _transpose(self, self.dim() - 2, self.dim() - 1)


# -- in place: the tensor itself becomes the view ---------------------------------------------------------------


def _in_place(function: Callable[..., Tensor], name: str) -> None:
    def form(self: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        try:
            return become_view(self, function, *args, **kwargs)
        except TypeError as error:
            called_as(name, error, function.__name__)
            raise

    form.__name__, form.__qualname__ = name, f"Tensor.{name}"
    form.__wrapped__ = function  # type: ignore[attr-defined]  # whose signature it has
    form.__doc__ = f"In-place form of :func:`flambeau.{function.__name__}`: the tensor itself becomes the view."
    method(name)(form)


_in_place(squeeze, "squeeze_")
_in_place(unsqueeze, "unsqueeze_")
_in_place(t, "t_")
for _name in ("transpose_", "swapaxes_", "swapdims_"):
    _in_place(transpose, _name)
