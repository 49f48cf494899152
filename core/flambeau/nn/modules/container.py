"""Modules that hold modules."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from .module import Module, indented

__all__ = ["ModuleDict", "ModuleList", "Sequential"]

_Self = TypeVar("_Self", bound="_Listed")


class _Listed(Module):
    """Modules under the names "0", "1", … in order."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._modules.values()))

    def _name_of(self, index: int) -> str:
        position = operator.index(index)
        size = len(self)
        if not -size <= position < size:
            raise IndexError(f"index {position} is out of range")
        return list(self._modules)[position]

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._of(dict(list(self._modules.items())[index]))
        return self._modules[self._name_of(index)]

    def __setitem__(self, index: int, module: Module) -> None:
        setattr(self, self._name_of(index), module)

    def __delitem__(self, index: int | slice) -> None:
        kept = list(self._modules.values())
        del kept[index]
        self._renumber(kept)

    def __add__(self: _Self, other: Iterable[Module]) -> _Self:
        return self._of({str(position): module for position, module in enumerate(itertools.chain(self, other))})

    def __iadd__(self: _Self, other: Iterable[Module]) -> _Self:
        return self.extend(other)

    def append(self: _Self, module: Module) -> _Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def extend(self: _Self, modules: Iterable[Module]) -> _Self:
        """Add modules at the end."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self: _Self, index: int, module: Module) -> _Self:
        """Add a module before the one at ``index``."""
        modules = list(self._modules.values())
        modules.insert(index, module)
        self._renumber(modules)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take a module out."""
        module = self[key]
        del self[key]
        return module

    def _renumber(self, modules: list[Module | None]) -> None:
        self._modules.clear()
        self._modules.update({str(position): module for position, module in enumerate(modules)})

    def _of(self: _Self, modules: dict[str, Any]) -> _Self:
        """A container of the same class with other modules."""
        raise NotImplementedError


class Sequential(_Listed):
    """Call modules one after the other. Source of the semantics: ``torch.nn.Sequential``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.ReLU())
        Sequential(
          (0): Linear(in_features=4, out_features=2, bias=True)
          (1): ReLU()
        )
    """

    def __init__(self, *modules: Any) -> None:
        super().__init__()
        if len(modules) == 1 and isinstance(modules[0], dict):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self.extend(modules)

    def _of(self, modules: dict[str, Any]) -> Any:
        return type(self)(modules)

    def forward(self, input: Any) -> Any:
        """Call the modules in order."""
        for module in self._modules.values():
            assert module is not None
            input = module(input)
        return input


class ModuleList(_Listed):
    """Hold modules in a list, so that their parameters are found. Source of the semantics: ``torch.nn.ModuleList``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.ModuleList([torch.nn.Tanh(), torch.nn.Tanh(), torch.nn.ReLU()])
        ModuleList(
          (0-1): 2 x Tanh()
          (2): ReLU()
        )
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def _of(self, modules: dict[str, Any]) -> Any:
        return type(self)(modules.values())

    def __repr__(self) -> str:
        """The modules; equal ones that follow one another share a line."""
        lines = []
        for text, group in itertools.groupby(enumerate(map(repr, self)), key=lambda entry: entry[1]):
            positions = [position for position, _ in group]
            first, last = positions[0], positions[-1]
            label = f"({first}): " if first == last else f"({first}-{last}): {len(positions)} x "
            lines.append(indented(label + text))
        name = type(self).__name__
        return f"{name}(\n  " + "\n  ".join(lines) + "\n)" if lines else f"{name}()"


class ModuleDict(Module):
    """Hold modules by name, so that their parameters are found. Source of the semantics: ``torch.nn.ModuleDict``.

    Example:
        >>> import flambeau as torch
        >>> activations = torch.nn.ModuleDict({"relu": torch.nn.ReLU()})
        >>> activations["relu"](torch.tensor([-1.0, 1.0]))
        tensor([0., 1.])
    """

    def __init__(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]] | None = None) -> None:
        super().__init__()
        self.update(modules or {})

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: object) -> bool:
        return key in self._modules

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._modules.keys()

    def values(self) -> Iterable[Any]:
        """The modules."""
        return self._modules.values()

    def items(self) -> Iterable[tuple[str, Any]]:
        """The names with their modules."""
        return self._modules.items()

    def pop(self, key: str) -> Any:
        """Take a module out."""
        return self._modules.pop(key)

    def clear(self) -> None:
        """Take all modules out."""
        self._modules.clear()

    def update(self, modules: Mapping[str, Module] | Iterable[tuple[str, Module]]) -> None:
        """Add modules, in the place of those of the same names."""
        for key, module in dict(modules).items():
            self[key] = module
