"""What changes a tensor itself, not its elements: its size, its memory; and Python functions applied to each element.

Programs meet these in code that reuses buffers. None of them is recorded for the backward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NoReturn

from flambeau import layouts
from flambeau._dispatch.inplace import check_writable
from flambeau._dispatch.out import c_name
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor, from_array
from flambeau._tensor.copies import host_list
from flambeau._tensor.memory import Memory, is_shared, memory_in, shared_copy
from flambeau._tensor.methods import method
from flambeau._tensor.modes import grad_enabled
from flambeau._tensor.node import Node, Rule, next_sequence
from flambeau._tensor.storage import Storage, check_inference, join_memory, mark_inference, propagate_write, storage_of
from flambeau.dtypes import scalar_type_name
from flambeau.ops.creation.data import make_tensor
from flambeau.shapes import Shape, as_int, contiguous_strides, size_argument
from flambeau.storage import TypedStorage, UntypedStorage

__all__: list[str] = []


@method("resize_")
def _resize_(
    self: Tensor,
    *sizes: Any,
    size: Sequence[int] | None = None,
    memory_format: layouts.memory_format = layouts.contiguous_format,
) -> Tensor:
    """Change the shape in place; elements stay in the order of memory, those that come in addition are arbitrary.

    A tensor that grows beyond its memory gets new memory, and so do its views and what it is a view of. Source:
    ``torch.Tensor.resize_``.

    Raises:
        RuntimeError: it requires a gradient, or has not as many dimensions as ``memory_format``.

    Example:
        >>> import flambeau as torch
        >>> torch.arange(6).resize_(2, 2)
        tensor([[0, 1],
                [2, 3]])
    """
    if self._node is not None:
        raise RuntimeError("cannot resize variables that require grad")
    if not sizes and size is None:
        raise TypeError('resize_() missing 1 required positional arguments: "size"')
    if not isinstance(memory_format, layouts.memory_format):
        raise TypeError(
            f"resize_(): argument 'memory_format' must be torch.memory_format, not {type(memory_format).__name__}"
        )
    shape = size_argument("resize_", sizes, size)
    if any(length < 0 for length in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    strides = _strides_in(layouts.order_of_format(memory_format, len(shape)), shape)
    check_inference(self)
    if shape != self._array.shape:
        _lay(self, _resized(self, shape, strides))
        propagate_write(self)
    elif memory_format is not layouts.contiguous_format and strides != self.stride():
        _lay(self, _resized(self, shape, strides))
    return self


def _strides_in(order: Shape, shape: Shape) -> Shape:
    """The strides of a tensor whose dimensions lie in memory in ``order``, the outermost first."""
    steps = contiguous_strides(tuple([shape[d] for d in order]))
    return tuple([steps[order.index(d)] for d in range(len(shape))])


def _lay(tensor: Tensor, array: Any) -> None:
    """Let a tensor have another place in memory; its views, which stay where they are, get a hidden tensor for their base."""
    if tensor._storage is not None:
        before = from_array(tensor._array, tensor._type)
        before._storage = tensor._storage
        for view in tensor._storage.views():
            if view._view is not None and view._view.base is tensor:
                view._view = view._view.replaced(before)
    tensor._array, tensor._view = array, None


def _resized(tensor: Tensor, shape: Shape, strides: Shape) -> Any:
    kernels, count, offset = tensor._type.kernels, prod(shape), 0
    memory = memory_in(tensor)
    if memory is None:
        elements = _in_memory_order(tensor)
    else:
        elements, offset = memory.elements(tensor._type), tensor.storage_offset()
    if offset + count > elements.shape[0]:
        grown = kernels.empty((offset + count,), tensor.dtype.name)
        kernels.copy_into(kernels.slice(grown, (0,), elements.shape, (1,)), elements)
        elements = grown
        if memory is not None:
            _move(tensor, Memory(grown, tensor._type))
    return Memory(elements, tensor._type).tensor(tensor._type, shape, strides, offset)._array


def _move(tensor: Tensor, memory: Memory) -> None:
    """Let a tensor, its views and what it is a view of lie in a larger memory that begins with that of all of them."""
    found = [tensor] if tensor._storage is None else [tensor, *tensor._storage.views()]
    for each in found:  # which grows by the bases, and by what counts its writes for itself
        for other in _kin(each):
            if not any(other is one for one in found):
                found.append(other)
        if each._view is not None and not any(each._view.base is other for other in found):
            found.append(each._view.base)
    for each in found:
        laid = memory.tensor(each._type, tuple(each.shape), each.stride(), each.storage_offset())
        each._array = laid._array


def _kin(tensor: Tensor) -> list[Tensor]:
    """The other tensors of its memory, with their views."""
    kin = tensor._storage.kin if tensor._storage is not None else None
    alive = [other for other in [reference() for reference in kin or ()] if other is not None]
    return [*alive, *(view for other in alive if other._storage is not None for view in other._storage.views())]


def _in_memory_order(tensor: Tensor) -> Any:
    """The elements as a one-dimensional array: the memory itself where it is dense."""
    kernels, array = tensor._type.kernels, tensor._array
    strides = tensor._type.backend.strides(array)
    order = tuple(sorted(range(len(array.shape)), key=lambda d: -strides[d]))
    return kernels.reshape(kernels.permute(array, order) if order else array, (prod(array.shape),))


@method("resize_as_")
def _resize_as_(
    self: Tensor, the_template: Tensor, *, memory_format: layouts.memory_format = layouts.contiguous_format
) -> Tensor:
    """Change the shape in place to that of another tensor, whose format ``torch.preserve_format`` takes over too.

    Source of the semantics: ``torch.Tensor.resize_as_``.
    """
    if memory_format is layouts.preserve_format:
        memory_format = layouts.suggested_format(tuple(the_template.shape), the_template.stride())
    return _resize_(self, tuple(the_template.shape), memory_format=memory_format)


@method("set_")
def _set_(
    self: Tensor,
    source: Tensor | UntypedStorage | TypedStorage | None = None,
    storage_offset: int | None = None,
    size: Sequence[int] | None = None,
    stride: Sequence[int] | None = None,
) -> Tensor:
    """Make this tensor one on the memory of ``source``, with its shape and strides; empty without ``source``.

    With an offset, a size and strides (those of a contiguous tensor unless given) it lies in that memory as they say. A
    storage alone gives a vector of all of it. Source of the semantics: ``torch.Tensor.set_``.

    Raises:
        TypeError: ``source`` is neither a tensor nor a storage, or an offset is given without a size.
        RuntimeError: the dtypes or devices differ, the memory does not reach as far, or this is a leaf that requires a gradient.

    Example:
        >>> import flambeau as torch
        >>> x, y = torch.zeros(1), torch.arange(6.0)
        >>> x.set_(y.untyped_storage(), 1, (2, 2))
        tensor([[1., 2.],
                [3., 4.]])
    """
    recorded = grad_enabled() and (self.requires_grad or getattr(source, "requires_grad", False))
    array = _array_of(self, source, storage_offset, size, stride)
    check_writable(self, bool(recorded), overlapping=True)
    version = storage_of(self).version
    _lay(self, array)
    self._storage = Storage()
    self._storage.version = version + 1
    if source is not None:
        join_memory(self, source if isinstance(source, Tensor) else source.untyped()._tensor)
    mark_inference(self)
    if recorded:
        self._node = Node()
        self._node._rule, self._node._edges, self._node._fits, self._node._saved = _UNKNOWN, (), None, ()
        self._node._sequence = next_sequence()
    return self


def _no_derivative(node: Node, grad: Any) -> NoReturn:
    raise RuntimeError("derivative for aten::set_ is not implemented")


_UNKNOWN = Rule("NotImplemented", _no_derivative)


def _array_of(tensor: Tensor, source: Any, offset: int | None, size: Any, stride: Any) -> Any:
    if source is None:
        return tensor._type.kernels.empty((0,), tensor.dtype.name)
    if not isinstance(source, (Tensor, UntypedStorage, TypedStorage)):
        raise TypeError(f"set_(): argument 'source' must be Tensor or Storage, not {type(source).__name__}")
    _check_source(tensor, source)
    if offset is None and size is None and stride is None and isinstance(source, Tensor):
        return source._array
    if (offset is None) != (size is None) or (stride is not None and size is None):
        raise TypeError("set_(): give 'storage_offset' and 'size' together")
    if not isinstance(source, Tensor):
        return source.untyped().tensor(tensor._type, offset, size, stride)._array
    start = source.storage_offset() + as_int(offset, "storage_offset")
    return UntypedStorage._of(source).tensor(tensor._type, start, size, stride)._array


def _check_source(tensor: Tensor, source: Any) -> None:
    if isinstance(source, Tensor) and source.dtype is not tensor.dtype:
        raise RuntimeError(
            f"Could not set tensor of type {c_name(source.dtype)} to a tensor of type {c_name(tensor.dtype)}"
        )
    if isinstance(source, TypedStorage) and source.dtype is not tensor.dtype:
        raise RuntimeError(
            f"Expected a Storage of type {c_name(tensor.dtype)} or an UntypedStorage, but got type "
            f"{scalar_type_name(source.dtype)} for argument 1 'storage'"
        )
    if source.device != tensor.device:
        raise RuntimeError(
            f'Attempted to set the storage of a tensor on device "{tensor.device}" to a storage on different device '
            f'"{source.device}".  This is no longer allowed; the devices must match.'
        )


@method("apply_")
def _apply_(self: Tensor, callable: Callable[[Any], Any]) -> Tensor:
    """Replace each element by what a Python function makes of it: slow, and on the CPU only. Source: ``Tensor.apply_``.

    Raises:
        TypeError: the tensor is not on the CPU.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([1, 2]).apply_(lambda value: value * 10)
        tensor([10, 20])
    """
    return _write_results(self, "apply_", [callable(value) for value in host_list(_on_cpu(self, "apply_"))])


@method("map_")
@spelled()
def _map_(self: Tensor, other: Tensor, callable: Callable[[Any, Any], Any]) -> Tensor:
    """Replace each element by what a Python function makes of it and of the other tensor's. Source: ``Tensor.map_``.

    Raises:
        TypeError: a tensor is not on the CPU.

    Example:
        >>> import flambeau as torch
        >>> torch.tensor([1, 2]).map_(torch.tensor([3, 4]), lambda one, two: one * two)
        tensor([3, 8])
    """
    pairs = zip(host_list(_on_cpu(self, "map_")), host_list(_on_cpu(other, "map_").expand(self.shape)), strict=True)
    return _write_results(self, "map_", [callable(one, two) for one, two in pairs])


def _on_cpu(tensor: Tensor, function: str) -> Tensor:
    if not tensor.is_cpu:
        raise TypeError(f"{function} is only implemented on CPU tensors")
    return tensor.detach()


def _write_results(tensor: Tensor, function: str, values: list[Any]) -> Tensor:
    if tensor.requires_grad:
        raise RuntimeError(
            f"Can't call {function}() on Variable that requires grad. Use var.detach().{function}() instead."
        )
    check_writable(tensor, recorded=False)
    result = make_tensor(values, tensor.dtype, tensor.device).reshape(tensor.shape)
    tensor._type.kernels.copy_into(tensor._array, result._array)  # a write that PyTorch does not count
    return tensor


@method("is_shared")
def _is_shared(self: Tensor) -> bool:
    """Tell whether the memory is one that forked processes share: on the CPU after :meth:`share_memory_`, on a GPU always."""
    return self.is_cuda or is_shared(memory_in(self))


@method("share_memory_")
def _share_memory_(self: Tensor) -> Tensor:
    """Move the elements, with all that views show of them, to memory that processes share which are forked afterwards.

    What one of them writes the others see. Elsewhere tensors are sent by value; a process that is spawned with such a tensor
    is refused. On a GPU this does nothing. Source of the semantics: ``torch.Tensor.share_memory_``.

    Raises:
        NotImplementedError: the backend does not show its memory.

    Example:
        >>> import flambeau as torch
        >>> torch.zeros(2).share_memory_().is_shared()
        True
    """
    if self.is_cuda:
        return self
    memory = memory_in(self) if self.is_cpu else None
    if memory is None:
        raise NotImplementedError(
            "share_memory_() needs a tensor on the CPU, of a backend that shows its memory: send a copy to the other process "
            "(tensors can be pickled)"
        )
    if not is_shared(memory):
        _move(self, shared_copy(memory))
    return self
