"""The sparse tensor: a container of strided tensors, its indices and its values.

What it can do is in :mod:`flambeau.sparse`, which hangs it on the class.

The values are a tensor with a history of its own, and that history is the sparse tensor's: what is computed with them can
be differentiated on every backend, without a derivative for any sparse operation. A gradient has the layout and the pattern
of the tensor that it is of.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from flambeau import dtypes, layouts
from flambeau.errors import UnsupportedLayoutError
from flambeau.shapes import Size, normalize_dim

from .formats import FORMATS
from .hooks import check_hooked
from .overrides import disabled_torch_function
from .tensor import Tensor

if TYPE_CHECKING:
    from flambeau.devices import device as Device  # noqa: N812 (a class in lower case, as in PyTorch)

__all__ = ["SparseTensor", "as_class", "layout_name", "make_sparse", "sparse_method", "unlike_layouts"]

_Function = TypeVar("_Function", bound=Callable[..., Any])

_WORDS = {
    "indices": "sparse coordinate", "crow_indices": "sparse row compressed", "col_indices": "sparse row compressed",
    "ccol_indices": "sparse column compressed", "row_indices": "sparse column compressed",
}  # fmt: skip
"""What the accessors want, in the words of PyTorch's messages."""


def layout_name(tensor: Tensor) -> str:
    """The layout in the words of PyTorch's messages, "SparseCsr"."""
    format = FORMATS.get(tensor.layout)
    return "Strided" if format is None else format.title


def _format_word(memory_format: layouts.memory_format) -> str:
    """The format in the words of PyTorch's messages, "ChannelsLast"."""
    return "".join(word.capitalize() for word in memory_format.name.removesuffix("_format").split("_"))


def unlike_layouts(target: Tensor, source: Tensor) -> RuntimeError:
    """The error for ``copy_()`` between a strided tensor and a sparse one, in PyTorch's words."""
    own, given = (
        dtypes.legacy_type_name(each.dtype, each.device).replace(
            "torch.", "torch.sparse." if each._sparse else "torch.", 1
        )
        for each in (target, source)
    )
    return RuntimeError(
        f"copy_() between dense and sparse Tensors is not implemented! Found self type = {own} and src type = {given}: convert "
        f"with {'to_sparse' if target._sparse else 'to_dense'}() first"
    )


def make_sparse(
    layout: layouts.layout,
    components: tuple[Tensor, ...],
    values: Tensor,
    size: tuple[int, ...],
    *,
    coalesced: bool = False,
) -> SparseTensor:
    """A sparse tensor of components that fit together."""
    made: SparseTensor = object.__new__(SparseTensor)
    made._layout, made._components, made._values_, made._size = layout, components, values, Size(size)
    made._coalesced = coalesced
    made._owns_values = False
    return made


def as_class(cls: type[Any], source: SparseTensor) -> Any:
    """A sparse tensor of a class on the components of another one."""
    made = object.__new__(cls)
    vars(made).update({name: value for name, value in vars(source).items() if name.startswith("_")})
    return made


class SparseTensor(Tensor):
    """A tensor of which only some elements are stored.

    Attributes:
        _components: the indices (COO), or the compressed and the plain indices.
        _values_: the stored elements: (nnz, dense dims…), or (batch dims…, nnz, height and width of a block, dense dims…).
        _owns_values: whether it is a leaf, whose values nobody else differentiates.
    """

    __slots__ = ()

    _sparse = _special = True
    __torch_function__ = disabled_torch_function  # type: ignore[assignment]
    _layout: layouts.layout
    _components: tuple[Tensor, ...]
    _values_: Tensor
    _size: Size
    _coalesced: bool
    _owns_values: bool

    # -- what operations on strided tensors look for, and must not find ------------------------------------------------

    def _strided_only(self) -> NoReturn:
        raise UnsupportedLayoutError(
            f"this operation is not implemented for tensors of layout {self._layout!r}: convert with to_dense() first"
        )

    _array = property(_strided_only)
    _type = property(_strided_only)
    _node = property(_strided_only)
    _plain_type = property(_strided_only)
    _plain_node = property(_strided_only)
    _storage = None

    # -- what it is --------------------------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        """The sizes of its dimensions."""
        return self._size

    @property
    def dtype(self) -> dtypes.dtype:
        """The type of its elements."""
        return self._values_.dtype

    @property
    def device(self) -> Device:
        """Where its components are."""
        return self._values_.device

    @property
    def layout(self) -> layouts.layout:
        """How its elements are organised in memory."""
        return self._layout

    @property
    def ndim(self) -> int:
        """The number of its dimensions."""
        return len(self._size)

    def dim(self) -> int:
        """The number of its dimensions."""
        return len(self._size)

    def size(self, dim: int | None = None, axis: int | None = None) -> Any:
        """Its shape, or the size of one dimension."""
        dim = axis if dim is None else dim
        return self._size if dim is None else self._size[normalize_dim(dim, len(self._size))]

    def numel(self) -> int:
        """The number of its elements, stored or not."""
        return prod(self._size)

    nelement = numel

    def __len__(self) -> int:
        return int(self._size[0])

    @property
    def is_sparse(self) -> bool:
        """Whether its layout is COO."""
        return self._layout is layouts.sparse_coo

    @property
    def is_sparse_csr(self) -> bool:
        """Whether its layout is CSR."""
        return self._layout is layouts.sparse_csr

    @property
    def is_cuda(self) -> bool:
        """Whether it is on a CUDA device."""
        return self._values_.is_cuda

    @property
    def is_cpu(self) -> bool:
        """Whether it is on the CPU."""
        return self._values_.is_cpu

    def is_floating_point(self) -> bool:
        """Whether its dtype is a floating point one."""
        return self._values_.is_floating_point()

    def is_complex(self) -> bool:
        """Whether its dtype is complex."""
        return self._values_.is_complex()

    def is_contiguous(self, memory_format: layouts.memory_format = layouts.contiguous_format) -> bool:
        """False: its elements do not lie side by side."""
        return False

    def stride(self, dim: int | None = None, axis: int | None = None) -> Any:
        """Zeros, as PyTorch has them: no step leads from one element to the next.

        Raises:
            RuntimeError: the layout is a compressed one.
        """
        if FORMATS[self._layout].compressed:
            raise RuntimeError(f"Sparse {self._layout_word} tensors do not have strides")
        dim = axis if dim is None else dim
        strides = (0,) * len(self._size)
        return strides if dim is None else strides[normalize_dim(dim, len(strides))]

    @property
    def _layout_word(self) -> str:
        return self._layout.name.removeprefix("sparse_").upper()

    def sparse_dim(self) -> int:
        """The number of dimensions that are indexed; batch dimensions of a compressed layout do not count."""
        return 2 if FORMATS[self._layout].compressed else int(self._components[0].shape[0])

    def dense_dim(self) -> int:
        """The number of dimensions of each stored element, or of each element of a stored block."""
        return len(self._size) - self._batch_dim() - self.sparse_dim()

    def _batch_dim(self) -> int:
        return self._components[0].dim() - 1 if FORMATS[self._layout].compressed else 0

    def _blocksize(self) -> tuple[int, int]:
        """The height and the width of what is stored as one."""
        if not FORMATS[self._layout].blocked:
            return 1, 1
        batch = self._batch_dim()
        return int(self._values_.shape[batch + 1]), int(self._values_.shape[batch + 2])

    def _nnz(self) -> int:
        return int(self._values_.shape[self._batch_dim()])

    # -- components --------------------------------------------------------------------------------------------------

    def _index(self, function: str) -> Tensor:
        """The component of that name, or of the name after an underscore."""
        names = FORMATS[self._layout].components
        name = function.lstrip("_")
        if name not in names:
            raise RuntimeError(f"{function} expected {_WORDS[name]} tensor layout but got {layout_name(self)}")
        return self._components[names.index(name)]

    def _expect_coo(self, function: str) -> None:
        if self._layout is not layouts.sparse_coo:
            raise RuntimeError(f"{function} expected sparse coordinate tensor layout but got {layout_name(self)}")

    def _expect_coalesced(self, what: str) -> None:
        if self._layout is layouts.sparse_coo and not self._coalesced:
            raise RuntimeError(f"Cannot get {what} on an uncoalesced tensor, please call .coalesce() first")

    def indices(self) -> Tensor:
        """The coordinates of the stored elements, (sparse dims, nnz), of a coalesced COO tensor."""
        found = self._index("indices")
        self._expect_coalesced("indices")
        return found

    def _indices(self) -> Tensor:
        return self._index("_indices")

    def _values(self) -> Tensor:
        return self._values_.detach() if self._owns_values else self._values_

    def crow_indices(self) -> Tensor:
        """Where each row (of blocks) begins in the column indices and values of a CSR or BSR tensor."""
        return self._index("crow_indices")

    def col_indices(self) -> Tensor:
        """The columns of the stored elements or blocks of a CSR or BSR tensor."""
        return self._index("col_indices")

    def ccol_indices(self) -> Tensor:
        """Where each column (of blocks) begins in the row indices and values of a CSC or BSC tensor."""
        return self._index("ccol_indices")

    def row_indices(self) -> Tensor:
        """The rows of the stored elements or blocks of a CSC or BSC tensor."""
        return self._index("row_indices")

    def is_coalesced(self) -> bool:
        """Whether the coordinates of a COO tensor are known to be sorted and unique."""
        self._expect_coo("is_coalesced")
        return self._coalesced

    def with_values(self, values: Tensor) -> SparseTensor:
        """A tensor of the same layout and pattern with other values, whose dense dimensions may be others."""
        dense = tuple(values.shape)[self._values_.dim() - self.dense_dim() :]
        size = tuple(self._size)[: len(self._size) - self.dense_dim()] + dense
        return make_sparse(self._layout, self._components, values, size, coalesced=self._coalesced)

    # -- history -----------------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """Whether gradients flow to its values."""
        return self._values_.requires_grad

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        self.requires_grad_(value)

    def requires_grad_(self, requires_grad: bool = True) -> SparseTensor:
        """Say whether gradients shall flow to this leaf."""
        if requires_grad and not self.requires_grad:
            self._values_ = self._values_.detach().requires_grad_()
            self._owns_values = True
        elif not requires_grad:
            self._values_.requires_grad_(False)
            self._owns_values = False
        return self

    @property
    def is_leaf(self) -> bool:
        """Whether no recorded operation made it."""
        return not self.requires_grad or self._owns_values

    @property
    def grad_fn(self) -> Any:
        """The node of the operation that made its values."""
        return self._values_.grad_fn

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward passes have accumulated: a sparse tensor of the same layout and pattern."""
        gradient = self._values_._grad
        return None if gradient is None else self.with_values(gradient)

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None and not (isinstance(value, SparseTensor) and self._has_pattern_of(value)):
            raise RuntimeError(
                f"assigned grad has another layout or pattern than the tensor, which stores {self._nnz()} elements in layout "
                f"{self._layout!r}: bring it to this pattern with sparse_mask()"
            )
        self._values_.grad = None if value is None else value._values_

    def _has_pattern_of(self, other: SparseTensor) -> bool:
        if self._layout is not other._layout or self._size != other._size:
            return False
        pairs = zip(self._components, other._components, strict=True)
        return all(own is given or own.equal(given) for own, given in pairs)

    @property
    def retains_grad(self) -> bool:
        """Whether a gradient is kept although it is no leaf."""
        return self._values_.retains_grad

    def retain_grad(self) -> None:
        """Keep the gradient in ``grad`` although it is no leaf."""
        self._values_.retain_grad()

    @property
    def data(self) -> SparseTensor:
        """A tensor of the same components without history."""
        return self.detach()

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, SparseTensor) or value._layout is not self._layout:
            raise RuntimeError(
                f"set_data: a tensor of layout {self._layout!r} cannot have data of layout {value.layout!r}: convert it with "
                f"to_sparse(layout={self._layout!r}) first"
            )
        self._take_over(value.detach())

    def _take_over(self, other: SparseTensor) -> None:
        """Have the components and the size of ``other``, of the same layout; a leaf keeps the values that optimizers know."""
        self._components, self._size, self._coalesced = other._components, other._size, other._coalesced
        if self._owns_values:
            self._values_.data = other._values_
        else:
            self._values_ = other._values_

    def register_hook(self, hook: Any) -> Any:
        """Call ``hook(grad)`` when the gradient of this tensor has been computed; it may return another one."""

        def of_values(grad: Tensor) -> Tensor | None:
            whole = self.with_values(grad)
            given = hook(whole)
            check_hooked(hook, whole, given)
            return None if given is None else given._values_

        return self._values_.register_hook(of_values)

    def detach(self) -> SparseTensor:
        """A tensor of the same components without history."""
        return self.with_values(self._values_.detach())

    def clone(self, *, memory_format: layouts.memory_format | None = None) -> SparseTensor:
        """A copy; gradients flow through it.

        Raises:
            RuntimeError: a memory format is asked for.
        """
        if memory_format is not None:
            raise RuntimeError(f"unsupported memory format option {_format_word(memory_format)}")
        components = tuple(component.clone() for component in self._components)
        values = self._values_.clone()
        return make_sparse(self._layout, components, values, tuple(self._size), coalesced=self._coalesced)

    # -- other types and places --------------------------------------------------------------------------------------

    def to(self, *args: Any, **kwargs: Any) -> SparseTensor:
        """The tensor in another dtype or on another device; see :meth:`flambeau.Tensor.to`.

        Raises:
            RuntimeError: a memory format is asked for that is not the one of what stays as it is.
        """
        memory_format = kwargs.pop("memory_format", None) or layouts.preserve_format
        if memory_format in layouts.CHANNELS_LAST:
            raise self._refusal(memory_format)
        values = self._values_.to(*args, **kwargs)
        if values is self._values_:
            return self
        if memory_format is not layouts.preserve_format:
            raise self._refusal(memory_format)
        components = tuple(component.to(values.device, copy=True) for component in self._components)
        return make_sparse(self._layout, components, values, tuple(self._size), coalesced=self._coalesced)

    def _refusal(self, memory_format: layouts.memory_format) -> RuntimeError:
        word = self._layout_word if self.is_sparse else self._layout_word.capitalize()
        return RuntimeError(
            f"to(options): {word} only supports memory format Preserve, but got {_format_word(memory_format)} instead."
        )

    @property
    def H(self) -> SparseTensor:  # noqa: N802 (PyTorch's name)
        """The matrix with rows and columns exchanged, conjugated if it is complex."""
        turned: Any = self.transpose(0, 1)
        made: SparseTensor = turned.conj_physical() if self.is_complex() else turned
        return made

    def cpu(self, memory_format: layouts.memory_format = layouts.preserve_format) -> SparseTensor:
        """The tensor on the CPU."""
        return self.to("cpu", memory_format=memory_format)

    def cuda(
        self, device: Any = None, non_blocking: bool = False,
        memory_format: layouts.memory_format = layouts.preserve_format,
    ) -> SparseTensor:  # fmt: skip
        """The tensor on a CUDA device."""
        return self.to("cuda" if device is None else f"cuda:{device}" if isinstance(device, int) else device)

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError("unsupported format string passed to Tensor.__format__")
        return repr(self)

    def numpy(self, *, force: bool = False) -> Any:
        """Refuse: NumPy has no such arrays.

        Raises:
            TypeError: always.
        """
        layout = "Sparse" if self._layout is layouts.sparse_coo else layout_name(self)
        raise TypeError(f"can't convert {layout} layout tensor to numpy. Use Tensor.to_dense() first.")

    def tolist(self) -> Any:
        """Refuse: convert to a strided tensor first."""
        self._strided_only()

    def __iter__(self) -> Any:
        return (self.select(0, index) for index in range(len(self)))


def sparse_method(*names: str) -> Callable[[_Function], _Function]:
    """Make a function a method of sparse tensors, under these names: the modules that compute hang it on."""

    def declare(function: _Function) -> _Function:
        for name in names:
            setattr(SparseTensor, name, function)
        return function

    return declare


def _convert(name: str) -> None:
    def convert(self: SparseTensor) -> SparseTensor:
        return self.to(getattr(dtypes, name))

    convert.__name__ = convert.__qualname__ = _METHODS.get(name, name)
    convert.__doc__ = f"The tensor in the dtype {name}."
    setattr(SparseTensor, convert.__name__, convert)


_METHODS = {"float32": "float", "float64": "double", "float16": "half", "int64": "long", "int32": "int", "int16": "short",
            "int8": "char", "uint8": "byte"}  # fmt: skip

for _name in (*_METHODS, "bool", "bfloat16"):
    _convert(_name)
