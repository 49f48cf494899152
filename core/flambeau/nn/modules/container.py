"""Modules that hold modules, or parameters and whatever else is put among them."""

from __future__ import annotations

import itertools
import operator
import warnings
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

from flambeau._tensor import Tensor
from flambeau.errors import level_of_caller

from ..parameter import Parameter
from .module import Module, indented, type_name

__all__ = ["Container", "ModuleDict", "ModuleList", "ParameterDict", "ParameterList", "Sequential"]

_Self = TypeVar("_Self", bound="_Listed")


class Container(Module):
    """Modules by name, as every module holds them. Deprecated; source of the semantics: ``torch.nn.Container``.

    Example:
        >>> import flambeau as torch
        >>> import warnings
        >>> with warnings.catch_warnings(action="ignore"):
        ...     torch.nn.Container(first=torch.nn.Identity())
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
            stacklevel=level_of_caller(),
        )
        for name, module in kwargs.items():
            self.add_module(name, module)


class _Numbered(Module):
    """What has entries under the names "0", "1", … in order: attributes that ``dir`` does not list."""

    def __dir__(self) -> list[str]:
        return [name for name in super().__dir__() if not name.isdigit()]

    def _get_abs_string_index(self, idx: int) -> str:
        """The name of an entry."""
        position, size = operator.index(idx), len(self)
        if not -size <= position < size:
            raise IndexError(f"index {position} is out of range")
        return str(position % size)


class _Listed(_Numbered):
    """Modules in order."""

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._modules.values()))

    def _name_of(self, idx: int) -> str:
        return list(self._modules)[int(self._get_abs_string_index(idx))]

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return self._of(OrderedDict(list(self._modules.items())[idx]))
        return self._modules[self._name_of(idx)]

    def __setitem__(self, idx: int, module: Module) -> None:
        setattr(self, self._name_of(idx), module)

    def __delitem__(self, idx: int | slice) -> None:
        kept = list(self._modules.values())
        if not isinstance(idx, slice):
            idx = int(self._get_abs_string_index(idx))
        del kept[idx]
        self._renumber(kept)

    def append(self: _Self, module: Module) -> _Self:
        """Add a module at the end."""
        self.add_module(str(len(self)), module)
        return self

    def pop(self, key: int | slice) -> Any:
        """Take a module out."""
        module = self[key]
        del self[key]
        return module

    def _extended(self: _Self, modules: Iterable[Module]) -> _Self:
        for module in list(modules):
            self.append(module)
        return self

    def _renumber(self, modules: list[Any]) -> None:
        self._modules.clear()
        self._modules.update({str(position): module for position, module in enumerate(modules)})

    def _inserted(self, index: int, module: Module) -> None:
        modules = list(self._modules.values())
        modules.insert(index, module)
        self._renumber(modules)

    def _of(self: _Self, modules: OrderedDict[str, Any]) -> _Self:
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
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, module)
        else:
            self.extend(args)

    def extend(self: _Self, sequential: Iterable[Module]) -> _Self:
        """Add modules at the end."""
        return self._extended(sequential)

    def insert(self: _Self, index: int, module: Module) -> _Self:
        """Add a module before the one at ``index``.

        Raises:
            IndexError: there is none.
        """
        if not isinstance(module, Module):
            raise AssertionError(f"module should be of type: {Module}")
        if not -len(self) <= index <= len(self):
            raise IndexError(f"Index out of range: {index}")
        self._inserted(index, module)
        return self

    def __add__(self, other: Sequential) -> Sequential:
        return Sequential(*self, *_checked(other))

    def __iadd__(self: _Self, other: Sequential) -> _Self:
        return self._extended(_checked(other))

    def __mul__(self, other: int) -> Sequential:
        return Sequential(*_repeated(self, other))

    __rmul__ = __mul__

    def __imul__(self: _Self, other: int) -> _Self:
        return self._extended(_repeated(self, other)[len(self) :])

    def _of(self, modules: OrderedDict[str, Any]) -> Any:
        return type(self)(modules)

    def forward(self, input: Any) -> Any:
        """Call the modules in order."""
        for module in self._modules.values():
            assert module is not None
            input = module(input)
        return input


def _checked(other: Any) -> Sequential:
    if not isinstance(other, Sequential):
        raise ValueError(f"add operator supports only objects of Sequential class, but {type(other)!s} is given.")
    return other


def _repeated(layers: Any, times: Any) -> list[Module]:
    if not isinstance(times, int):
        raise TypeError(f"unsupported operand type(s) for *: {type(layers)} and {type(times)}")
    if times <= 0:
        raise ValueError(f"Non-positive multiplication factor {times} for {type(layers)}")
    return [*layers] * times


def _iterable(modules: Any) -> Iterable[Module]:
    if not isinstance(modules, Iterable):
        raise TypeError(f"ModuleList.extend should be called with an iterable, but got {type(modules).__name__}")
    return modules


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
        if modules is not None:
            self.extend(modules)

    def extend(self: _Self, modules: Iterable[Module]) -> _Self:
        """Add modules at the end.

        Raises:
            TypeError: what was given is no collection.
        """
        return self._extended(_iterable(modules))

    def insert(self, index: int, module: Module) -> None:
        """Add a module before the one at ``index``."""
        self._inserted(index, module)

    def __add__(self, other: Iterable[Module]) -> ModuleList:
        return ModuleList([*self, *other])

    def __iadd__(self: _Self, modules: Iterable[Module]) -> _Self:
        return self._extended(_iterable(modules))

    def _of(self, modules: OrderedDict[str, Any]) -> Any:
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
        if modules is not None:
            self.update(modules)

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
        for key, module in _pairs("ModuleDict", "ModuleDict", modules):
            self[key] = module


def _pairs(name: str, caller: str, given: Any) -> list[tuple[str, Any]]:
    """Names with what stands for them, from a mapping or from pairs; all of them, before anything is changed."""
    if isinstance(given, (Mapping, ModuleDict, ParameterDict)):
        return list(given.items())
    if not isinstance(given, Iterable):
        raise TypeError(
            f"{caller}.update should be called with an iterable of key/value pairs, but got {type(given).__name__}"
        )
    found = list(given)
    for place, pair in enumerate(found):
        if not isinstance(pair, Iterable):
            raise TypeError(f"{name} update sequence element #{place} should be Iterable; is{type(pair).__name__}")
        if len(pair) != 2:  # type: ignore[arg-type]
            raise ValueError(f"{name} update sequence element #{place} has length {len(pair)}; 2 is required")  # type: ignore[arg-type]
    return [(key, value) for key, value in found]


# -- parameters ---------------------------------------------------------------


def _as_parameter(value: Any) -> Any:
    """Tensors become parameters; anything else stays as it is."""
    return Parameter(value) if isinstance(value, Tensor) and not isinstance(value, Parameter) else value


def _described(value: Any, kind: str) -> str:
    if not isinstance(value, Tensor):
        return f"Object of type: {type(value).__name__}"
    place = "" if value.is_cpu else f" ({value.device})"
    what = "Parameter" if isinstance(value, Parameter) else "Tensor"
    return f"{what} containing: [{kind} of size {'x'.join(map(str, value.shape))}{place}]"


class ParameterList(_Numbered):
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

    def __getitem__(self, idx: int | slice) -> Any:
        if isinstance(idx, slice):
            return type(self)(list(self)[idx])
        return getattr(self, self._get_abs_string_index(idx))

    def __setitem__(self, idx: int, param: Any) -> None:
        setattr(self, self._get_abs_string_index(idx), _as_parameter(param))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[position] for position in range(len(self)))

    def __iadd__(self, parameters: Iterable[Any]) -> ParameterList:
        return self.extend(parameters)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Refuse: it is no layer."""
        raise RuntimeError("ParameterList should not be called.")

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
        if parameters is not None:
            self.update(parameters)

    def _key_to_attr(self, key: str) -> str:
        if not isinstance(key, str):
            raise TypeError(
                "Index given to ParameterDict cannot be used as a key as it is not a string (type is "
                f"'{type(key).__name__}'). Open an issue on github if you need non-string keys."
            )
        return key

    def __getitem__(self, key: str) -> Any:
        return getattr(self, self._key_to_attr(key))

    def __setitem__(self, key: str, value: Any) -> None:
        setattr(self, self._key_to_attr(key), _as_parameter(value))
        self._keys[key] = None

    def __call__(self, input: Any) -> Any:
        """Refuse: it is no layer."""
        raise RuntimeError("ParameterDict should not be called.")

    def __reversed__(self) -> Iterator[str]:
        return reversed(self._keys)

    def __or__(self, other: ParameterDict) -> ParameterDict:
        joined = self.copy()
        joined.update(other)
        return joined

    def __ror__(self, other: ParameterDict) -> ParameterDict:
        joined = other.copy()
        joined.update(self)
        return joined

    def __ior__(self, other: ParameterDict) -> ParameterDict:
        self.update(other)
        return self

    def copy(self) -> ParameterDict:
        """Another with the same entries."""
        return ParameterDict(OrderedDict(self.items()))

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The value of a name, which becomes ``default`` if there is none."""
        if key not in self:
            self[key] = default
        return self[key]

    def popitem(self) -> tuple[str, Any]:
        """Take the last name out, with its value."""
        if not self._keys:
            raise KeyError("popitem(): dictionary is empty")
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def fromkeys(self, keys: Iterable[str], default: Any = None) -> ParameterDict:
        """Another with these names, each with ``default``."""
        return ParameterDict([(key, default) for key in keys])

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

    def update(self, parameters: Mapping[str, Any] | Iterable[tuple[str, Any]] | ParameterDict) -> None:
        """Add values, in the place of those of the same names."""
        pairs = _pairs("ParameterDict", "ParametersDict", parameters)
        if isinstance(parameters, Mapping) and not isinstance(parameters, OrderedDict):
            pairs.sort()  # as PyTorch does, which is older than the order of dictionaries
        for key, value in pairs:
            self[key] = value

    def extra_repr(self) -> str:
        """A line for every value."""
        return "\n".join(
            f"  ({key}): {_described(value, type_name(value.data) if isinstance(value, Tensor) else '')}"
            for key, value in self.items()
        )
