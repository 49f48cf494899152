"""The kernels of one device, collected from what a backend hands core."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from flambeau.errors import MissingKernelsError, UnsupportedError

from .extensions import EXTENSIONS
from .kernels import Array, RequiredKernels
from .optional import OptionalKernels

__all__ = ["COMPOSITIONS", "GROUPS", "OPTIONAL", "REQUIRED", "KernelTable"]


def _names(protocol: type) -> tuple[str, ...]:
    return tuple(name for name, value in vars(protocol).items() if callable(value) and not name.startswith("_"))


REQUIRED: tuple[str, ...] = _names(RequiredKernels)
OPTIONAL: tuple[str, ...] = _names(OptionalKernels)
GROUPS: dict[str, tuple[str, ...]] = {group: _names(protocol) for group, protocol in EXTENSIONS.items()}


COMPOSITIONS: dict[str, Callable[..., Array]] = {}
"""What stands in for the optional element-wise kernels: from a tensor type and arrays to an array. The declarations of
the ops fill it."""


class KernelTable:
    """The kernels of one device of one backend, as attributes; an optional kernel it lacks is None.

    Attribute access on this object is the whole cost of dispatch on the hot path: there is no look-up by name.
    """

    backend_name: str
    _find: Callable[[str], Any] = staticmethod(lambda name: None)
    """What the backend has under a name."""
    _bound_to: Any = None
    """The tensor type that compositions are bound to."""

    def __init__(self, kernels: object, backend: str, extensions: Collection[str] = ()) -> None:
        """Take the kernels out of ``kernels``, an object or a mapping; ``extensions`` are the groups that it must have.

        Raises:
            MissingKernelsError: required kernels are absent; the error names all of them.
        """
        find: Callable[[str], Any]
        find = kernels.get if isinstance(kernels, Mapping) else lambda name: getattr(kernels, name, None)
        required = REQUIRED + tuple(name for group in sorted(extensions) for name in GROUPS[group])
        missing = [name for name in required if find(name) is None]
        if missing:
            raise MissingKernelsError(backend, missing)
        self.backend_name = backend
        self._find = find
        for name in required + OPTIONAL:
            setattr(self, name, find(name))

    def with_ufuncs(self, ufuncs: Mapping[str, Any]) -> KernelTable:
        """The table with ``ufuncs`` in the place of the kernels of these names."""
        table = object.__new__(KernelTable)
        vars(table).update(vars(self) | dict(ufuncs))
        return table

    def without_optional(self) -> KernelTable:
        """The table of a backend that has the kernels it must have, and those of its extensions, but no others."""
        return self.with_ufuncs(dict.fromkeys(OPTIONAL))

    def for_type(self, tensor_type: Any) -> KernelTable:
        """The table with compositions, bound to a tensor type, for the element-wise kernels that are lacking."""
        table = object.__new__(KernelTable)
        vars(table).update(vars(self))
        table._bound_to = tensor_type
        for name, composition in COMPOSITIONS.items():
            if vars(table).get(name) is None:
                setattr(table, name, _compose(composition, tensor_type))
        return table

    def __getattr__(self, name: str) -> Any:  # only names that are no kernels of flambeau's own ops arrive here
        found = self._of_a_plugin(name)
        if found is not None:
            setattr(self, name, found)
            return found
        for group, names in GROUPS.items():
            if name in names:
                raise UnsupportedError(
                    f"the extension '{group}' (kernel {name!r})",
                    backend=self.backend_name,
                    hint="copy the tensor to a backend that has it, as `tensor.cpu()` does with the NumPy backend",
                )
        raise AttributeError(
            f"the backend '{self.backend_name}' has no kernel called {name!r}; flambeau's are declared in "
            "flambeau.backend.kernels, that of a plugin's op is what `kernels` or `default` gives"
        )

    def _of_a_plugin(self, name: str) -> Any:
        """The kernel of an op that a plugin declared, perhaps after this table was made: the backend's or a composition."""
        if name.endswith("__") or any(name in names for names in GROUPS.values()):
            return None
        found = self._find(name)
        if found is None and name in COMPOSITIONS and self._bound_to is not None:
            found = _compose(COMPOSITIONS[name], self._bound_to)
        return found


def _compose(composition: Callable[..., Array], tensor_type: Any) -> Callable[..., Array]:
    """A kernel out of a composition, with the ``out`` that kernels have."""

    def kernel(*arrays: Array, out: Array | None = None) -> Array:
        result = composition(tensor_type, *arrays)
        if out is None:
            return result
        tensor_type.kernels.copy_into(out, result)
        return out

    return kernel
