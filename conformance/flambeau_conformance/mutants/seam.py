"""The seam between core and a backend: where kernels are taken out, watched, and replaced by others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from flambeau.backend.checking import checked
from flambeau.backend.extensions import EXTENSIONS
from flambeau.backend.kernels import RequiredKernels
from flambeau.backend.optional import OptionalKernels
from flambeau.backend.selection import default_place
from flambeau.backend.strided import StridedBackend
from flambeau.backend.table import GROUPS, OPTIONAL, REQUIRED, KernelTable

__all__ = ["ANNOTATIONS", "PARAMETERS", "Kernel", "Seam"]

Kernel = Callable[..., Any]

_METHODS: dict[str, Any] = {
    name: method
    for protocol in (RequiredKernels, OptionalKernels, *EXTENSIONS.values())
    for name, method in vars(protocol).items()
    if callable(method) and not name.startswith("_")
}

PARAMETERS: dict[str, tuple[str, ...]] = {
    name: method.__code__.co_varnames[1 : method.__code__.co_argcount] for name, method in _METHODS.items()
}
"""The names of the parameters of every kernel that a protocol declares."""

ANNOTATIONS: dict[str, dict[str, str]] = {
    name: {each: str(method.__annotations__[each]) for each in PARAMETERS[name]} for name, method in _METHODS.items()
}
"""What the protocols say that the parameters are."""


class Seam:
    """The kernels of the place that is in use, as its backend gives them.

    Attributes:
        place: the device of the backend.
        backend: what answers questions about its arrays.
        table: its kernels, behind no check.
    """

    def __init__(self) -> None:
        self.place = default_place()
        self.backend = self.place.backend
        extensions = self.backend.capabilities.extensions
        self.table: Any = KernelTable(self.backend.kernels(self.place.index), self.backend.name, extensions)
        for dtype in sorted(self.backend.capabilities.dtypes):
            self.backend.load_dtype(dtype)
        self._copies = isinstance(self.backend, StridedBackend)
        self._before = self.place.kernels, self.place.ufuncs, self.place.kernels_stay
        self.ufuncs = {} if self._copies else dict(self.backend.ufuncs(self.place.index))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The kernels that there are."""
        declared = (*REQUIRED, *OPTIONAL, *(name for group in GROUPS.values() for name in group))
        return tuple(name for name in declared if vars(self.table).get(name) is not None)

    def plant(self, changed: Mapping[str, Kernel], *, check: bool = False) -> None:
        """Let core call these in the place of the kernels of the same names, and the others behind no check.

        With ``check``, what these give is compared with what is promised, as in a run of the suite.
        """
        if check and not self._copies:
            behind = checked(self.backend, self.table.with_ufuncs(changed), {})[0]
            changed = {name: getattr(behind, name) for name in changed}
        self.place.put_kernels(
            self.table.with_ufuncs(changed), {name: changed.get(name, own) for name, own in self.ufuncs.items()},
            stay=True,  # whatever cases set the number of threads
        )  # fmt: skip

    def restore(self) -> None:
        """Let core call what it called before anything was planted."""
        kernels, ufuncs, stay = self._before
        self.place.put_kernels(kernels, ufuncs, stay=stay)

    # -- what there is to know about arrays ------------------------------------------------------------------------

    def dtype(self, array: Any) -> str:
        """The name of an array's dtype; empty if it is not known."""
        return self.backend.dtype_name(array) or ""

    def contiguous(self, array: Any) -> bool:
        """Whether the elements lie in C order without gaps."""
        expected = 1
        for size, stride in zip(reversed(array.shape), reversed(self.backend.strides(array)), strict=True):
            if size != 1 and stride != expected:
                return 0 in array.shape
            expected *= size
        return True

    @staticmethod
    def is_array(value: Any) -> bool:
        """Whether a value is an array."""
        return hasattr(value, "shape") and not isinstance(value, memoryview)

    def arrays_in(self, values: Sequence[Any]) -> list[Any]:
        """The arrays among values and in the sequences among them."""
        members = (value if isinstance(value, (list, tuple)) else (value,) for value in values)
        return [each for member in members for each in member if self.is_array(each)]
