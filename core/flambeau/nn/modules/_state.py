"""The state of modules: to a dictionary, and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad

from ..parameter import Parameter

if TYPE_CHECKING:
    from .module import Module

__all__ = ["IncompatibleKeys", "load_state", "save_state"]

EXTRA = "_extra_state"
"""The name under which a module's own extra state is kept."""


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


def save_state(module: Module, state: dict[str, Any], prefix: str, keep_vars: bool) -> None:
    """Put what ``module`` and those below own into ``state``."""
    for name, value in _own(module):
        state[prefix + name] = value if keep_vars else value.detach()
    if _has_extra(module, "get_extra_state"):
        state[prefix + EXTRA] = module.get_extra_state()
    for name, child in module._modules.items():
        if child is not None:
            child.state_dict(destination=state, prefix=f"{prefix}{name}.", keep_vars=keep_vars)


def load_state(module: Module, state: Mapping[str, Any], strict: bool, assign: bool) -> IncompatibleKeys:
    """Check that ``state`` fits, then take it over.

    Raises:
        TypeError: it is not a mapping.
        RuntimeError: it does not fit; nothing has been changed then.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state)}.")
    modules = list(module.named_modules(remove_duplicate=False))
    tensors = {_joined(path, name): (owner, name) for path, owner in modules for name, _ in _own(owner)}
    extras = {_joined(path, EXTRA): owner for path, owner in modules if _has_extra(owner, "set_extra_state")}
    missing = [key for key in (*tensors, *extras) if key not in state]
    unexpected = [key for key in state if key not in tensors and key not in extras]
    present = [(key, *tensors[key]) for key in tensors if key in state]
    problems = _misfits(missing, unexpected) if strict else []
    problems += [text for key, owner, name in present if (text := _misfit(key, getattr(owner, name), state[key]))]
    if problems:
        raise RuntimeError(f"Error(s) in loading state_dict for {type(module).__name__}:\n\t" + "\n\t".join(problems))
    with no_grad():
        for key, owner, name in present:
            _take(owner, name, state[key], assign)
    for key, owner in extras.items():
        if key in state:
            owner.set_extra_state(state[key])
    return IncompatibleKeys(missing, unexpected)


def _own(module: Module) -> Iterator[tuple[str, Tensor]]:
    """The parameters and persistent buffers of the module itself."""
    for kind in (module._parameters, module._buffers):
        for name, value in kind.items():
            if value is not None and name not in module._non_persistent:
                yield name, value


def _has_extra(module: Module, method: str) -> bool:
    """Whether a class of its own, and not the base of all, says what the extra state is."""
    return not hasattr(getattr(type(module), method), "_is_of_the_base")


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _misfits(missing: list[str], unexpected: list[str]) -> list[str]:
    return [
        f"{what} key(s) in state_dict: " + ", ".join(f'"{key}"' for key in keys) + ". "
        for what, keys in (("Missing", missing), ("Unexpected", unexpected))
        if keys
    ]


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


def _take(owner: Module, name: str, given: Tensor, assign: bool) -> None:
    own = getattr(owner, name)
    if not assign:
        own.copy_(given)
        return
    if isinstance(own, Parameter):
        given = given if isinstance(given, Parameter) else Parameter(given, own.requires_grad)
        given.requires_grad_(own.requires_grad)
    setattr(owner, name, given)
