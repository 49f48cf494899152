"""The state of modules: to a dictionary, and back."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from flambeau._tensor import Tensor
from flambeau._tensor.handles import RemovableHandle, add_hook, new_hooks
from flambeau._tensor.modes import no_grad
from flambeau.errors import level_of_caller

from ..parameter import Parameter, is_lazy

__all__ = ["IncompatibleKeys", "Stateful"]

EXTRA = "_extra_state"
"""The name under which a module's own extra state is kept."""

ASSIGN = "assign_to_params_buffers"
"""The name in PyTorch's metadata for that tensors are taken instead of their values."""

_Hooks = dict[int, Any]


class _IncompatibleKeys(NamedTuple):
    missing_keys: list[str]
    unexpected_keys: list[str]


class IncompatibleKeys(_IncompatibleKeys):
    """What :meth:`Module.load_state_dict` did not find, and what it did not expect."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return f"_{super().__repr__()}"  # PyTorch's class has the underscore, and programs print this


class _Loaded(OrderedDict[str, Any]):
    """A state that is loaded: with the metadata of the modules, and with what is to be done if all of it fits."""

    _metadata: Any
    steps: list[Callable[[], None]]


class Stateful:
    """The state of a module, and the hooks around it."""

    _version = 1
    """Of the module's state: a class that changes it counts up, and reads older states by its ``_load_from_state_dict``."""

    _modules: dict[str, Any]
    _parameters: dict[str, Any]
    _buffers: dict[str, Any]
    _non_persistent_buffers_set: set[str]
    _state_dict_hooks: _Hooks
    _state_dict_pre_hooks: _Hooks
    _load_state_dict_pre_hooks: _Hooks
    _load_state_dict_post_hooks: _Hooks

    def _start_state(self) -> None:
        self.__dict__.update(
            _non_persistent_buffers_set=set(), _state_dict_hooks=new_hooks(), _state_dict_pre_hooks=new_hooks(),
            _load_state_dict_pre_hooks=new_hooks(), _load_state_dict_post_hooks=new_hooks(),
        )  # fmt: skip

    # -- to a dictionary ---------------------------------------------------------------------------------------------

    def state_dict(
        self, *args: Any, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> dict[str, Any]:
        """The parameters and persistent buffers by dotted name; tensors of the same memory, without history.

        Source of the semantics: ``torch.nn.Module.state_dict``.
        """
        if args:
            warnings.warn(
                "Positional args are being deprecated, use kwargs instead. Refer to "
                "https://pytorch.org/docs/main/generated/torch.nn.Module.html#torch.nn.Module.state_dict for details.",
                FutureWarning,
                stacklevel=level_of_caller(),
            )
            given = dict(zip(("destination", "prefix", "keep_vars"), args, strict=False))
            return self.state_dict(**({"destination": destination, "prefix": prefix, "keep_vars": keep_vars} | given))
        if destination is None:
            made: Any = OrderedDict()  # programs print it, and PyTorch keeps the metadata as an attribute of it
            made._metadata = OrderedDict()
            destination = made
        metadata = {"version": self._version}
        if hasattr(destination, "_metadata"):
            destination._metadata[prefix[:-1]] = metadata
        for hook in list(self._state_dict_pre_hooks.values()):
            hook(self, prefix, keep_vars)
        self._save_to_state_dict(destination, prefix, keep_vars)
        for name, child in self._modules.items():
            if child is not None:
                child.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
        for hook in list(self._state_dict_hooks.values()):
            destination = _after_saving(hook, self, destination, prefix, metadata)
        return destination  # type: ignore[no-any-return]

    def _save_to_state_dict(self, destination: dict[str, Any], prefix: str, keep_vars: bool) -> None:
        """Put what the module itself owns into a state."""
        for name, value in _own(self):
            destination[prefix + name] = value if keep_vars else value.detach()
        if _has_extra(self, "get_extra_state"):
            destination[prefix + EXTRA] = self.get_extra_state()

    def get_extra_state(self) -> Any:
        """What else belongs to the module's state; a module that defines it also defines ``set_extra_state``."""
        raise RuntimeError(f"{type(self).__name__} has no extra state: define get_extra_state()")

    def set_extra_state(self, state: Any) -> None:
        """Take over what ``get_extra_state`` gave."""
        raise RuntimeError(f"{type(self).__name__} has no extra state: define set_extra_state()")

    # -- from a dictionary -------------------------------------------------------------------------------------------

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy values into the parameters and buffers; with ``assign``, take the tensors themselves.

        Source of the semantics: ``torch.nn.Module.load_state_dict``.

        Differs from PyTorch: a state that does not fit changes nothing, not even the part that does fit. Where hooks run
        after loading, which may see the new values and forgive names, that holds for sizes alone.

        Raises:
            TypeError: it is not a mapping.
            RuntimeError: names are missing or not expected (if ``strict``), or sizes differ.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        state = _Loaded(state_dict)
        state._metadata = getattr(state_dict, "_metadata", None) or {}
        state.steps = []
        keys, problems = IncompatibleKeys([], []), list[str]()
        after = list(_read(self, state, "", assign, keys, problems))
        if problems or not after:
            self._refuse_misfits(keys, problems, strict)
        with no_grad():
            for step in state.steps:
                step()
        for module, hook in after:
            if hook(module, keys) is not None:
                raise AssertionError(
                    "Hooks registered with ``register_load_state_dict_post_hook`` are not expected to return new values, if "
                    "incompatible_keys need to be modified, it should be done inplace."
                )
        self._refuse_misfits(keys, problems, strict)
        return keys

    def _refuse_misfits(self, keys: IncompatibleKeys, problems: list[str], strict: bool) -> None:
        problems = [*(_misfits(keys) if strict else []), *problems]
        if problems:
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:\n\t" + "\n\t".join(problems))

    def _load_from_state_dict(
        self, state_dict: Any, prefix: str, local_metadata: dict[str, Any], strict: bool, missing_keys: list[str],
        unexpected_keys: list[str], error_msgs: list[str],
    ) -> None:  # fmt: skip
        """Take what the module itself owns from a state, and say what does not fit.

        A class that overrides it may change the state first, to read one of an older version.
        """
        for hook in list(self._load_state_dict_pre_hooks.values()):
            hook(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)
        own, steps = dict(_own(self)), []
        for name, value in own.items():
            key = prefix + name
            if key not in state_dict:
                missing_keys += [key] * strict
                continue
            if is_lazy(value) and is_lazy(state_dict[key]):
                continue
            given = _of_old(value, state_dict[key])
            problem = _misfit(key, value, given)
            if problem:
                error_msgs.append(problem)
            else:
                steps.append(_writing(self, name, given, assign=local_metadata.get(ASSIGN, False)))
        extra, has_extra = prefix + EXTRA, _has_extra(self, "set_extra_state")
        if has_extra and extra in state_dict:
            steps.append(lambda: self.set_extra_state(state_dict[extra]))
        elif has_extra and strict:
            missing_keys.append(extra)
        if strict:
            known = {*own, *([EXTRA] if has_extra else [])}
            unexpected_keys += [key for key in state_dict if _is_strange(self, key, prefix, known)]
        planned = getattr(state_dict, "steps", None)
        if planned is not None:
            planned += steps
            return
        with no_grad():
            for step in steps:
                step()

    # -- hooks -------------------------------------------------------------------------------------------------------

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, prefix, keep_vars)`` before the module's state is taken.

        Source of the semantics: ``torch.nn.Module.register_state_dict_pre_hook``.
        """
        return add_hook(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, state_dict, prefix, local_metadata)`` when the state has been taken; it may change it in place.

        Source of the semantics: ``torch.nn.Module.register_state_dict_post_hook``.
        """
        return add_hook(self._state_dict_hooks, _PostHook(hook, replaces=False))

    def _register_state_dict_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """The same, older: where the state is that of this module, the hook may also return another one."""
        return add_hook(self._state_dict_hooks, _PostHook(hook, replaces=True))

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call a hook before the module's state is loaded; it may change it in place.

        It is called as ``hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys,
        error_msgs)``. Source of the semantics: ``torch.nn.Module.register_load_state_dict_pre_hook``.
        """
        return self._register_load_state_dict_pre_hook(hook, with_module=True)

    def _register_load_state_dict_pre_hook(
        self, hook: Callable[..., Any], with_module: bool = False
    ) -> RemovableHandle:
        """The same, older: the hook is given the module if ``with_module``."""
        return add_hook(self._load_state_dict_pre_hooks, hook if with_module else _WithoutModule(hook))

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(module, incompatible_keys)`` when the state has been loaded; it may change the lists in place.

        Source of the semantics: ``torch.nn.Module.register_load_state_dict_post_hook``.
        """
        return add_hook(self._load_state_dict_post_hooks, hook)


class _WithoutModule:
    """A hook that is not given the module."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def __call__(self, module: Stateful, *args: Any) -> Any:
        return self.function(*args)


class _PostHook:
    """A hook for a state that has been taken, and whether it may give another one."""

    def __init__(self, function: Callable[..., Any], *, replaces: bool) -> None:
        self.function = function
        self.replaces = replaces

    def __call__(self, *args: Any) -> Any:
        return self.function(*args)


def _after_saving(hook: _PostHook, module: Stateful, state: Any, prefix: str, metadata: dict[str, Any]) -> Any:
    changed = hook(module, state, prefix, metadata)
    if changed is None:
        return state
    if not hook.replaces:
        raise RuntimeError("state_dict post-hook must return None")
    return changed


def _read(
    module: Any, state: _Loaded, prefix: str, assign: bool, keys: IncompatibleKeys, problems: list[str]
) -> Iterator[tuple[Any, Any]]:
    """Let a module and those below say what they take from a state; their hooks that want to be called when they have it.

    Those below get a state of their own: what a hook changes is for its module and those below.
    """
    metadata = state._metadata.get(prefix[:-1], {})
    if assign:
        metadata = metadata | {ASSIGN: True}
    module._load_from_state_dict(state, prefix, metadata, True, keys.missing_keys, keys.unexpected_keys, problems)
    for name, child in module._modules.items():
        if child is not None:
            below = f"{prefix}{name}."
            part = _Loaded((key, value) for key, value in state.items() if key.startswith(below))
            part._metadata, part.steps = state._metadata, state.steps
            yield from _read(child, part, below, assign, keys, problems)
    for hook in list(module._load_state_dict_post_hooks.values()):
        yield module, hook


def _own(module: Stateful) -> Iterator[tuple[str, Tensor]]:
    """The parameters and persistent buffers of the module itself."""
    for kind in (module._parameters, module._buffers):
        for name, value in kind.items():
            if value is not None and name not in module._non_persistent_buffers_set:
                yield name, value


def _has_extra(module: Stateful, method: str) -> bool:
    return getattr(type(module), method) is not getattr(Stateful, method)


def _is_strange(module: Stateful, key: str, prefix: str, known: set[str]) -> bool:
    """Whether a key of a state is for a module itself, or for one below that is not there, and nothing has that name."""
    if not key.startswith(prefix):
        return False
    first, dot, _ = key[len(prefix) :].partition(".")
    return first not in module._modules if dot else first not in known


def _misfits(keys: IncompatibleKeys) -> list[str]:
    return [
        f"{what} key(s) in state_dict: " + ", ".join(f'"{name}"' for name in names) + ". "
        for what, names in (("Missing", keys.missing_keys), ("Unexpected", keys.unexpected_keys))
        if names
    ]


def _of_old(own: Tensor, given: Any) -> Any:
    """The value given; where the module has a number, and a very old state a vector of one, that one."""
    return given[0] if isinstance(given, Tensor) and own.dim() == 0 and given.shape == (1,) else given


def _misfit(key: str, own: Tensor, given: Any) -> str:
    """What is wrong with the value for a parameter or buffer; nothing if it fits."""
    if not isinstance(given, Tensor):
        return (
            f'While copying the parameter named "{key}", expected torch.Tensor or Tensor-like object from checkpoint '
            f"but received {type(given)}"
        )
    if given.shape != own.shape:
        return (
            f"size mismatch for {key}: copying a param with shape {given.shape} from checkpoint, the shape in current "
            f"model is {own.shape}."
        )
    return ""


def _writing(owner: Stateful, name: str, given: Tensor, *, assign: bool) -> Callable[[], None]:
    def write() -> None:
        own = getattr(owner, name)
        if not assign:
            own.copy_(given)
        elif isinstance(own, Parameter):
            taken = given if isinstance(given, Parameter) else Parameter(given, own.requires_grad)
            setattr(owner, name, taken.requires_grad_(own.requires_grad))
        else:
            setattr(owner, name, given)

    return write
