"""What changes a tensor itself, not its elements: its size, its memory; and Python functions applied to each element.

Programs meet these in code that reuses buffers. None of them is recorded for the backward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from flambeau import layouts
from flambeau._dispatch.inplace import check_writable
from flambeau._dispatch.spelling import spelled
from flambeau._tensor import Tensor
from flambeau._tensor.copies import host_list
from flambeau._tensor.methods import method
from flambeau._tensor.storage import propagate_write
from flambeau.ops.creation.data import make_tensor
from flambeau.shapes import Shape, contiguous_strides, size_argument

__all__: list[str] = []


@method("resize_")
def _resize_(
    self: Tensor,
    *sizes: Any,
    size: Sequence[int] | None = None,
    memory_format: layouts.memory_format = layouts.contiguous_format,
) -> Tensor:
    """Change the shape in place; elements stay in the order of memory, those that come in addition are arbitrary.

    A tensor that grows gets new memory, which views taken before do not see (PyTorch's would). Source:
    ``torch.Tensor.resize_``.

    Raises:
        RuntimeError: it requires a gradient.

    Example:
        >>> import flambeau as torch
        >>> torch.arange(6).resize_(2, 2)
        tensor([[0, 1],
                [2, 3]])
    """
    if self._node is not None:
        raise RuntimeError("cannot resize variables that require grad")
    shape = size_argument("resize_", sizes, size)
    if any(length < 0 for length in shape):
        raise RuntimeError(f"Trying to create tensor with negative dimension {min(shape)}: {list(shape)}")
    if shape != self._array.shape:
        self._array = _resized(self, shape)
        self._view = None
    return self


def _resized(tensor: Tensor, shape: Shape) -> Any:
    kernels, count = tensor._type.kernels, prod(shape)
    elements = _in_memory_order(tensor)
    if count <= elements.shape[0]:
        return kernels.reshape(kernels.slice(elements, (0,), (count,), (1,)), shape)
    grown = kernels.empty((count,), tensor.dtype.name)
    kernels.copy_into(kernels.slice(grown, (0,), elements.shape, (1,)), elements)
    return kernels.reshape(grown, shape)


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
    """Change the shape in place to that of another tensor. Source of the semantics: ``torch.Tensor.resize_as_``."""
    return _resize_(self, the_template.shape, memory_format=memory_format)


@method("set_")
def _set_(
    self: Tensor,
    source: Tensor | None = None,
    storage_offset: int | None = None,
    size: Sequence[int] | None = None,
    stride: Sequence[int] | None = None,
) -> Tensor:
    """Make this tensor one on the memory of ``source``, with its shape and strides; empty without ``source``.

    With an offset, a size and strides (those of a contiguous tensor unless given) it becomes ``source.as_strided(…)``.
    A storage is no source here.

    Raises:
        TypeError: ``source`` is no tensor, or an offset is given without a size.
        RuntimeError: the dtypes differ.

    Example:
        >>> import flambeau as torch
        >>> x, y = torch.zeros(1), torch.ones(3)
        >>> x.set_(y).data_ptr() == y.data_ptr()
        True
    """
    if source is None:
        self._array, self._view = self._type.kernels.empty((0,), self.dtype.name), None
        return self
    if not isinstance(source, Tensor):
        raise TypeError(f"set_(): argument 'source' must be Tensor, not {type(source).__name__}")
    if source.dtype is not self.dtype:
        raise RuntimeError(f"Could not set tensor of type {source.dtype.name} to a tensor of type {self.dtype.name}")
    if storage_offset is not None or size is not None or stride is not None:
        if storage_offset is None or size is None:
            raise TypeError("set_(): give 'storage_offset' and 'size' together")
        source = source.as_strided(size, contiguous_strides(tuple(size)) if stride is None else stride, storage_offset)
    self._array, self._type, self._view = source._array, source._type, None
    return self


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
    tensor._type.kernels.copy_into(tensor._array, result._array)
    propagate_write(tensor)
    return tensor


@method("pin_memory")
def _pin_memory(self: Tensor, device: Any = None) -> Tensor:
    """Give the tensor itself: no backend has page-locked memory, and :meth:`is_pinned` stays False."""
    return self


@method("is_pinned")
def _is_pinned(self: Tensor, device: Any = None) -> bool:
    """Tell whether the memory is page-locked: never."""
    return False


@method("is_shared")
def _is_shared(self: Tensor) -> bool:
    """Tell whether the memory is shared between processes: never."""
    return False


@method("share_memory_")
def _share_memory_(self: Tensor) -> Tensor:
    """Refuse: no backend shares memory between processes.

    Raises:
        NotImplementedError: always; the message says what to do.
    """
    raise NotImplementedError(
        "share_memory_() is not supported: send a copy to the other process (tensors can be pickled), or make a tensor on "
        "multiprocessing.shared_memory with torch.frombuffer()"
    )
