"""Backends over a NumPy-like namespace: the kernels written once, for NumPy, CuPy and whatever is like them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from . import _array_kernels as families
from ._array_elementwise import elementwise_kernels, returning_arrays
from ._array_steps import step_kernels
from .kernels import Array, Shape
from .protocol import Backend

__all__ = ["ArrayBackend"]


class ArrayBackend(Backend):
    """A backend whose kernels are functions of ``xp``, a namespace like NumPy 2's.

    A subclass says what ``xp`` is and how arrays come from and go to the host, and replaces the kernels that its
    library does better: :meth:`own_kernels` overrides everything else.
    """

    xp: Any
    """The namespace."""

    @abstractmethod
    def from_host(self, buffer: Any, shape: Shape, dtype: str) -> Array:
        """The kernel of this name."""

    @abstractmethod
    def to_host(self, a: Array) -> Any:
        """The kernel of this name."""

    @abstractmethod
    def erf(self, a: Array, out: Array | None = None) -> Array:
        """The kernel of this name."""

    @abstractmethod
    def lgamma(self, a: Array, out: Array | None = None) -> Array:
        """The kernel of this name."""

    @abstractmethod
    def add_at(self, target: Array, key: Any, values: Array) -> None:
        """Add ``values`` to ``target[key]``, every one of those at repeated indices."""

    def own_kernels(self) -> Mapping[str, Callable[..., Any]]:
        """Kernels of the subclass, in the place of those of this class."""
        return {}

    @cached_property
    def ufunc_table(self) -> dict[str, Callable[..., Any]]:
        """The element-wise kernels as the namespace has them."""
        return elementwise_kernels(self.xp) | {"erf": self.erf, "lgamma": self.lgamma}

    @cached_property
    def kernel_table(self) -> dict[str, Callable[..., Any]]:
        """All kernels by name."""
        xp = self.xp
        table: dict[str, Callable[..., Any]] = {}
        table |= families.storage_kernels(xp)
        table |= {name: returning_arrays(xp, ufunc) for name, ufunc in self.ufunc_table.items()}
        table["where"] = lambda condition, a, b: xp.asarray(xp.where(condition, a, b))
        table |= families.reduction_kernels(xp)
        table |= families.movement_kernels(xp)
        table |= families.indexing_kernels(xp, self.add_at)
        table |= families.product_kernels(xp)
        table |= step_kernels(xp)
        table |= {"from_host": self.from_host, "to_host": self.to_host}
        return table | dict(self.own_kernels())

    def kernels(self, device: int) -> Mapping[str, Any]:
        """The kernels, which are the same for every device."""
        return self.kernel_table

    def ufuncs(self, device: int) -> Mapping[str, Any]:
        """The namespace's ufuncs."""
        return self.ufunc_table

    def as_array(self, value: Any) -> Array:
        """A scalar that a ufunc gave as an array."""
        return self.xp.asarray(value)

    def strides(self, array: Array) -> Shape:
        """The strides in elements."""
        size = array.itemsize
        return tuple(stride // size for stride in array.strides)
