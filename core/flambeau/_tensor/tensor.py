"""The tensor: a handle on an array of a backend, with a type, a history and, once shared, a storage.

Four slots are all that is set when an op makes a tensor; what is rare (a gradient, hooks, how a view was made) lives in
the instance dictionary, which does not exist until something is put there.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any, NoReturn, overload

from flambeau import dtypes, layouts
from flambeau.errors import NotScalarError, argument_type
from flambeau.shapes import Size, contiguous_strides, normalize_dim, size_of

from . import overrides
from .gradients import check_grad, warn_grad_of_result
from .handles import RemovableHandle
from .hooks import register_hook, register_post_accumulate_hook, retain_grad
from .methods import TensorMethods
from .modes import in_inference_mode, inference
from .node import Leaf, Node, Output, Stale
from .storage import InferenceStorage, Storage, View, join_memory, mark_inference

if TYPE_CHECKING:
    from flambeau.backend.types import TensorType
    from flambeau.devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)

__all__ = ["Tensor", "from_array"]


class Tensor(TensorMethods):
    """A multi-dimensional array of elements of one dtype, on one device, that gradients can flow through.

    ``Tensor(2, 3)`` makes an uninitialised float32 tensor of a shape, ``Tensor([1, 2])`` a float32 tensor of values;
    programs use :func:`flambeau.tensor` and the other factories instead. Source of the semantics: ``torch.Tensor``.

    Example:
        >>> import flambeau as torch
        >>> x = torch.tensor([1.0, 2.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> x.grad
        tensor([2., 4.])
    """

    __slots__ = ("__dict__", "__weakref__", "_array", "_node", "_storage", "_type")

    _array: Any
    _type: TensorType
    _node: Node | Output | Leaf | None
    _storage: Storage | None

    _sparse = False
    """Whether it is a container of strided tensors, see :mod:`flambeau.sparse`."""

    # The doors of operations, which a class that overrides them closes: see :mod:`.overrides`.
    _plain_type: Any
    _plain_node: Any
    _special = False

    # Defaults of what is rarely set.
    _grad: Tensor | None = None
    _view: View | None = None
    _backward_hooks: dict[int, Any] | None = None
    _post_accumulate_hooks: dict[int, Any] | None = None

    __module__ = "flambeau"

    def __new__(cls, *data: Any, requires_grad: bool = False) -> Tensor:
        """Make a float32 tensor: see the class."""
        made = construct(*data)
        tensor = object.__new__(cls)
        tensor._array, tensor._type, tensor._node, tensor._storage = made._array, made._type, None, made._storage
        return tensor.requires_grad_() if requires_grad else tensor

    def __init__(self, *data: Any, **options: Any) -> None:
        """Everything is done in ``__new__``."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        overrides.close_doors(cls)

    @classmethod
    def __torch_function__(
        cls, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        """Do an operation on tensors of a subclass: its results become tensors of that class.

        A subclass overrides it to do something else, and calls it for what it leaves alone. ``func`` is the function or method,
        ``types`` the classes among the operands that have a method of this name. See ``docs/subclasses.md``. Source of the
        semantics: ``torch.Tensor.__torch_function__``.
        """
        return overrides.default_torch_function(cls, func, types, args, kwargs or {})

    # -- what it is -----------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The sizes of its dimensions."""
        return size_of(self._array.shape)

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of its elements."""
        return self._type.dtype

    @property
    def device(self) -> Device:
        """Where it is."""
        return self._type.device

    @property
    def layout(self) -> layouts.layout:
        """How its elements are organised in memory."""
        return layouts.strided

    @property
    def ndim(self) -> int:
        """The number of its dimensions."""
        return len(self._array.shape)

    def dim(self) -> int:
        """The number of its dimensions."""
        return len(self._array.shape)

    @overload
    def size(self) -> Size: ...
    @overload
    def size(self, dim: int) -> int: ...
    @overload
    def size(self, *, axis: int) -> int: ...
    @overload
    def size(self, dim: None) -> Size: ...
    def size(self, dim: int | None = None, axis: int | None = None) -> Any:
        """Its shape, or the size of one dimension.

        Raises:
            IndexError: ``dim`` is out of range.
        """
        if axis is not None:
            dim = _one_of("size", dim, axis)
        if dim is None:
            return self.shape
        return self._array.shape[_existing_dim(dim, self.ndim)]

    def numel(self) -> int:
        """The number of its elements."""
        return prod(self._array.shape)

    nelement = numel

    def element_size(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def itemsize(self) -> int:
        """Bytes of one element."""
        return self.dtype.itemsize

    @property
    def nbytes(self) -> int:
        """Bytes of all elements."""
        return self.numel() * self.dtype.itemsize

    @overload
    def stride(self) -> tuple[int, ...]: ...
    @overload
    def stride(self, dim: int) -> int: ...
    @overload
    def stride(self, *, axis: int) -> int: ...
    def stride(self, dim: int | None = None, axis: int | None = None) -> Any:
        """The distance in elements from one element to the next, per dimension or for one."""
        if axis is not None:
            dim = _one_of("stride", dim, axis)
        # Of an empty tensor nothing is in memory; a library may give any strides.
        shape = self._array.shape
        strides = contiguous_strides(shape) if 0 in shape else tuple(self._type.backend.strides(self._array))
        return strides if dim is None else strides[_existing_dim(dim, self.ndim)]

    def storage_offset(self) -> int:
        """Distance in elements from the start of the memory that it is a part of."""
        return self._type.backend.storage_offset(self._array)

    def data_ptr(self) -> int:
        """The address of its first element."""
        return self._type.backend.data_ptr(self._array)

    def is_contiguous(self, memory_format: layouts.memory_format = layouts.contiguous_format) -> bool:
        """Whether its elements lie in memory in the order of ``memory_format`` without gaps."""
        if memory_format is layouts.contiguous_format and self._type.backend.is_contiguous(self._array):
            return True
        shape, strides = self._array.shape, self._type.backend.strides(self._array)
        rank = layouts.CHANNELS_LAST.get(memory_format)
        if rank is not None:
            if len(shape) != rank:
                return False
            order = layouts.channels_last_order(rank)
            shape, strides = tuple(shape[d] for d in order), tuple(strides[d] for d in order)
        if 0 in shape:
            return True
        return all(
            size == 1 or stride == wanted
            for size, stride, wanted in zip(shape, strides, contiguous_strides(shape), strict=True)
        )

    def is_floating_point(self) -> bool:
        """Whether its dtype is a real floating point type."""
        return self.dtype.is_floating_point

    def is_complex(self) -> bool:
        """Whether its dtype is complex."""
        return self.dtype.is_complex

    def is_signed(self) -> bool:
        """Whether its dtype has negative numbers."""
        return self.dtype.is_signed

    @property
    def is_cuda(self) -> bool:
        """Whether it is on a CUDA device."""
        return self._type.device.type == "cuda"

    @property
    def is_cpu(self) -> bool:
        """Whether it is on the CPU."""
        return self._type.device.type == "cpu"

    @property
    def is_sparse_csr(self) -> bool:
        """Whether its layout is CSR."""
        return False

    @property
    def is_sparse(self) -> bool:
        """Whether its layout is ``sparse_coo``."""
        return False

    def get_device(self) -> int:
        """The index of its device; -1 for the CPU."""
        return -1 if self.is_cpu else self._type.place.index

    # -- gradients ------------------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to it. Only tensors of floating point or complex dtype can have one."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        if value and not self._type.floats:
            raise RuntimeError("only Tensors of floating point and complex dtype can require gradients")
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Say whether gradients shall flow to this leaf.

        Raises:
            RuntimeError: the dtype has no gradients, or the tensor is not a leaf.
        """
        if requires_grad.__class__ is not bool and type(requires_grad).__name__ != "bool_":
            raise argument_type("requires_grad_", "requires_grad", 1, requires_grad, "bool")
        if not requires_grad and not self.is_leaf:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
                "subgraph that doesn't require differentiation use var_no_grad = var.detach()."
            )
        if not requires_grad:
            self._node = None
        elif self._node is None:
            if not self._type.floats:
                raise RuntimeError("only Tensors of floating point dtype can require gradients")
            if self.is_inference() and not in_inference_mode():
                raise RuntimeError(
                    "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."
                )
            self._node = Leaf(self)
        return self

    def is_inference(self) -> bool:
        """Whether it was made in inference mode. Source of the semantics: ``torch.Tensor.is_inference``."""
        return isinstance(self._storage, InferenceStorage)

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return self._node is None or isinstance(self._node, Leaf)

    @property
    def grad_fn(self) -> Node | None:
        """The node of the operation that made it; None for leaves.

        Raises:
            RuntimeError: it is a view of something that was written to in a way that leaves it without a history.
        """
        node = self._node
        if node.__class__ is Stale:
            raise RuntimeError(node.message)
        if isinstance(node, Output):
            return node.node
        return node if isinstance(node, Node) else None

    @property
    def output_nr(self) -> int:
        """Which of the outputs of its ``grad_fn`` it is."""
        return self._node.index if isinstance(self._node, Output) else 0

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have accumulated; None before the first."""
        if self._grad is None and not self.is_leaf and "_retains_grad" not in self.__dict__:
            warn_grad_of_result()
        return self._grad

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            check_grad(self, value)
        self._grad = value

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

    @property
    def retains_grad(self) -> bool:
        """Whether it is not a leaf and its gradient is kept all the same."""
        return "_retains_grad" in self.__dict__ and not self.is_leaf

    def retain_grad(self) -> None:
        """Keep the gradient of this tensor, which is not a leaf, in ``.grad``.

        Raises:
            RuntimeError: no gradient flows to it.
        """
        if self._node is None:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self.is_leaf or self.retains_grad:
            return
        self.__dict__["_retains_grad"] = True
        retain_grad(self)

    def register_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(grad)`` when the gradient of this tensor has been computed; it may return another one.

        Raises:
            RuntimeError: no gradient flows to it.
        """
        return register_hook(self, hook)

    def register_post_accumulate_grad_hook(self, hook: Any) -> RemovableHandle:
        """Call ``hook(tensor)`` after a gradient has been added to this leaf's ``.grad``.

        Raises:
            RuntimeError: it is not a leaf that requires a gradient.
        """
        return register_post_accumulate_hook(self, hook)

    @property
    def data(self) -> Tensor:
        """A tensor of the same memory without history; changes through it are not tracked."""
        made = from_array(self._array, self._type)
        if self._view is not None:  # so that writes look whether elements share memory
            made._view = View(from_array(self._array, self._type), (), False)
        join_memory(made, self)
        return made

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Tensor):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if not value._type.floats and self._node is not None:
            raise RuntimeError("data set to a tensor that requires gradients must be floating point or complex dtype")
        self._array, self._type = value._array, value._type
        join_memory(self, value)

    def _copied(self) -> Tensor:
        """A copy without history, in the same order of memory."""
        return from_array(self._type.kernels.clone(self._array, True), self._type)

    def _filled(self, number: float) -> Tensor:
        """A new tensor of the same shape and type, filled with a number that the dtype holds."""
        return from_array(self._type.kernels.full(self._array.shape, number, self._type.dtype.name), self._type)

    @property
    def _version(self) -> int:
        """How often its memory has been written to in place."""
        if self.is_inference():
            raise RuntimeError("Inference tensors do not track version counter.")
        return 0 if self._storage is None else self._storage.version

    @property
    def _base(self) -> Tensor | None:
        """The tensor that it is a view of."""
        view = self._view
        return None if view is None or view.own or not view.differentiable else view.base

    def _is_view(self) -> bool:
        return self._base is not None

    # -- leaving the library ---------------------------------------------------------------------------------------------

    def item(self) -> bool | int | float:
        """The only element as a Python number.

        Raises:
            NotScalarError: it has more or fewer elements (both a RuntimeError and a ValueError).
        """
        if prod(self._array.shape) != 1:
            raise NotScalarError(self.numel())
        kernel = self._type.kernels.item
        if kernel is not None:
            return kernel(self._array)  # type: ignore[no-any-return]
        value: Any = self.tolist()
        while isinstance(value, list):
            (value,) = value
        return value  # type: ignore[no-any-return]

    def numpy(self, *, force: bool = False) -> Any:
        """A ``numpy.ndarray`` of the same memory.

        ``force`` detaches, copies to the CPU and so accepts any tensor.

        Raises:
            RuntimeError: it requires a gradient.
            TypeError: it is not on the CPU.
        """
        tensor = self.detach().cpu() if force else self
        if tensor._node is not None:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        if tensor.is_cuda:
            raise TypeError(
                f"can't convert {self.device} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host "
                "memory first."
            )
        tensor._check_shown()
        return tensor._type.backend.to_numpy(tensor._array)

    def _check_shown(self) -> None:
        if self.dtype is dtypes.complex32:  # which no other library has
            raise TypeError("Got unsupported ScalarType ComplexHalf")

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    # Operators of NumPy arrays leave the work to this class's reflected operators.
    __array_priority__ = 1000

    @property
    def __array_interface__(self) -> Any:
        """NumPy's interface to the same memory; there is none on other devices."""
        if not self.is_cpu:
            raise AttributeError(f"no __array_interface__ on a tensor on {self.device}")
        if self._node is not None:
            raise RuntimeError("Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead.")
        self._check_shown()
        return self._type.backend.array_interface(self._array)

    @property
    def __cuda_array_interface__(self) -> Any:
        """The interface of CuPy, Numba and others to the same memory on a CUDA device."""
        if not self.is_cuda:
            raise AttributeError(
                "Can't get __cuda_array_interface__ on non-CUDA tensor type: "
                f"{dtypes.legacy_type_name(self.dtype, self.device)} If CUDA data is required use tensor.cuda() to copy "
                "tensor to device memory."
            )
        if self._node is not None:
            raise RuntimeError(
                "Can't get __cuda_array_interface__ on Variable that requires grad. If gradients aren't required, use "
                "var.detach() to get Variable that doesn't require grad."
            )
        self._check_shown()
        return self._type.backend.array_interface(self._array)

    def __dlpack__(self, **options: Any) -> Any:
        if self._node is not None:
            raise BufferError("Can't export tensors that require gradient, use tensor.detach()")
        self._check_shown()
        return self._type.backend.to_dlpack(
            self._array, **{name: value for name, value in options.items() if value is not None}
        )

    def __dlpack_device__(self) -> tuple[int, int]:
        return self._type.backend.dlpack_device(self._array)

    # -- Python's protocols ------------------------------------------------------------------------------------------------

    def __format__(self, spec: str) -> str:
        if self.dim() == 0:
            return format(self.item(), spec)
        if spec:
            raise TypeError("unsupported format string passed to Tensor.__format__")
        return repr(self)

    def __len__(self) -> int:
        if not self._array.shape:
            raise TypeError("len() of a 0-d tensor")
        return int(self._array.shape[0])

    def __bool__(self) -> bool:
        if self.numel() != 1:
            _refuse_truth(self.numel())
        return bool(self.item())

    def __float__(self) -> float:
        return float(_real_number(self.item(), "double"))

    def __int__(self) -> int:
        return int(_real_number(self.item(), "int64_t"))

    def __complex__(self) -> complex:
        return complex(self.item())

    def __index__(self) -> int:
        if self.numel() != 1 or self.dtype.category > dtypes.INTEGRAL:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self.item())

    def __hash__(self) -> int:
        return id(self)

    def __contains__(self, element: Any) -> bool:
        if not hasattr(element, "dtype") and not isinstance(element, (int, float, complex)):
            raise RuntimeError(
                f"Tensor.__contains__ only supports Tensor or scalar, but you passed in a {type(element)}."
            )
        return bool((self == element).any().item())


# A slot has no more than an address: under its other name it is read as fast.
Tensor._plain_type, Tensor._plain_node = Tensor._type, Tensor._node
overrides.Tensor = Tensor

_new = object.__new__


def from_array(array: Any, type_: TensorType) -> Tensor:
    """A tensor without history on ``array``."""
    tensor = _new(Tensor)
    tensor._array = array
    tensor._type = type_
    tensor._node = None
    tensor._storage = None
    if inference:
        mark_inference(tensor)
    return tensor


construct: Callable[..., Tensor] = NotImplemented
"""A door: what ``Tensor(2, 3)`` and ``Tensor([1, 2])`` call, assigned once by :mod:`flambeau.ops.creation.data`."""


def _one_of(function: str, dim: int | None, axis: int) -> int:
    if dim is not None:
        raise TypeError(f"{function}() takes at most 1 argument, 'dim', by that name or as 'axis'")
    return axis


def _existing_dim(dim: int, ndim: int) -> int:
    if ndim == 0:
        raise IndexError(f"Dimension specified as {dim} but tensor has no dimensions")
    return normalize_dim(dim, ndim)


def _refuse_truth(numel: int) -> NoReturn:
    if numel == 0:
        raise RuntimeError("Boolean value of Tensor with no values is ambiguous")
    raise RuntimeError("Boolean value of Tensor with more than one value is ambiguous")


def _real_number(value: Any, kind: str) -> Any:
    if isinstance(value, complex):
        if value.imag:
            raise RuntimeError(f"value cannot be converted to type {kind} without overflow")
        return value.real
    return value
