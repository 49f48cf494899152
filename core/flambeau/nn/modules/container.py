"""Modules that hold modules, or parameters and whatever else is put among them."""

from __future__ import annotations

import itertools
import operator
import warnings
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from flambeau._tensor import Tensor

from ..parameter import Parameter
from .module import Module, indented, type_name

__all__ = ["Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]

_Self = TypeVar("_Self", bound="_Listed")


class Container(Module):
    """Modules by name, as every module holds them. Deprecated; source of the semantics: ``torch.nn.Container``.

    Example:
        >>> import flambeau as torch
        >>> torch.nn.Container(first=torch.nn.Identity())
        Container(
          (first): Identity()
        )
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__()
        warnings.warn(
            "`nn.Container` is deprecated. All of its functionality is now implemented in `nn.Module`. "
            "Subclass that instead.",
            FutureWarning,
            stacklevel=2,
        )
        for name, module in kwargs.items():
            self.add_module(name, module)


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

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], dict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self.extend(args)

    def extend(self: _Self, sequential: Iterable[Module]) -> _Self:
        """Add modules at the end."""
        return super().extend(sequential)

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


# -- parameters ---------------------------------------------------------------


def _as_parameter(value: Any) -> Any:
    """Tensors become parameters; anything else stays as it is."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _described(value: Any, kind: str) -> str:
    if not isinstance(value, Tensor):
        return f"Object of type: {type_name(value)}"
    place = "" if value.is_cpu else f" ({value.device})"
    return f"Parameter containing: [{kind} of size {'x'.join(map(str, value.shape))}{place}]"


class ParameterList(Module):
    """Hold parameters in a list, so that the module that has the list has them; tensors become parameters.

    Source of the semantics: ``torch.nn.ParameterList``.

    Example:
        >>> import flambeau as torch
        >>> scales = torch.nn.ParameterList([torch.ones(2), torch.ones(3)])
        >>> [name for name, _ in scales.named_parameters()]
        ['0', '1']
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        self.extend(() if values is None else values)

    def _name_of(self, index: int) -> str:
        position = operator.index(index)
        if not -len(self) <= position < len(self):
            raise IndexError(f"index {position} is out of range")
        return str(position % len(self))

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return getattr(self, self._name_of(index))

    def __setitem__(self, index: int, value: Any) -> None:
        setattr(self, self._name_of(index), _as_parameter(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(len(self)))

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def append(self, value: Any) -> ParameterList:
        """Add a value at the end."""
        self._size += 1
        self[-1] = value
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add values at the end.

        Raises:
            TypeError: what was given is no collection, or is a single tensor.
        """
        if not isinstance(values, Iterable) or isinstance(values, Tensor):
            raise TypeError(f"ParameterList.extend should be called with an iterable, but got {type(values).__name__}")
        for value in list(values):
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """A line for every value."""
        return "\n".join(
            f"  ({position}): {_described(value, str(getattr(value, 'dtype', '')))}"
            for position, value in enumerate(self)
        )


class ParameterDict(Module):
    """Hold parameters by name, so that the module that has the dictionary has them; tensors become parameters.

    Source of the semantics: ``torch.nn.ParameterDict``.

    Example:
        >>> import flambeau as torch
        >>> scales = torch.nn.ParameterDict({"left": torch.ones(2)})
        >>> [name for name, _ in scales.named_parameters()]
        ['left']
    """

    def __init__(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        self.update(parameters or {})

    def __getitem__(self, key: str) -> Any:
        if key not in self._keys:
            raise KeyError(key)
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        self._keys[key] = None
        setattr(self, key, _as_parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def keys(self) -> Iterable[str]:
        """The names."""
        return self._keys.keys()

    def values(self) -> Iterable[Any]:
        """The values."""
        return (self[key] for key in self._keys)

    def items(self) -> Iterable[tuple[str, Any]]:
        """The names with their values."""
        return ((key, self[key]) for key in self._keys)

    def pop(self, key: str) -> Any:
        """Take a value out."""
        value = self[key]
        del self[key]
        return value

    def clear(self) -> None:
        """Take all values out."""
        for key in list(self._keys):
            del self[key]

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a name, or ``default`` if there is none."""
        return self[key] if key in self._keys else default

    def update(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> None:
        """Add values, in the place of those of the same names."""
        for key, value in dict(parameters).items():
            self[key] = value

    def extra_repr(self) -> str:
        """A line for every value."""
        return "\n".join(
            f"  ({key}): {_described(value, type_name(value.data) if isinstance(value, Tensor) else '')}"
            for key, value in self.items()
        )
