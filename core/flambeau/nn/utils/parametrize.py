"""Parameters that are computed from others by modules, whenever they are read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.modes import no_grad
from flambeau.errors import UnsupportedError

from ..modules.container import ModuleDict, ModuleList
from ..modules.module import Module
from ..parameter import Parameter

__all__ = [
    "ParametrizationList", "cached", "is_parametrized", "register_parametrization", "remove_parametrizations",
    "transfer_parametrizations_and_params", "type_before_parametrizations",
]  # fmt: skip

_depth = 0
_cache: dict[tuple[int, str], Tensor] = {}


@contextmanager
def cached() -> Iterator[None]:
    """Within this context, each parametrized tensor is computed once. Source: ``torch.nn.utils.parametrize.cached``."""
    global _depth
    _depth += 1
    try:
        yield
    finally:
        _depth -= 1
        if not _depth:
            _cache.clear()


def _register(module: Module, name: str, tensor: Tensor) -> None:
    if isinstance(tensor, Parameter):
        module.register_parameter(name, tensor)
    else:
        module.register_buffer(name, tensor)


def _set(own: Tensor, value: Tensor) -> None:
    """Give a tensor, which stays the same object, the memory of another."""
    own.data = value.data


def _type(value: Any) -> str:
    return type(value).__name__


class ParametrizationList(ModuleList):
    """What stands under ``module.parametrizations.name``: the modules, and the tensor or tensors that they start from.

    These are ``original``, or ``original0``, ``original1`` and so on. Source of the semantics:
    ``torch.nn.utils.parametrize.ParametrizationList``.

    Raises:
        ValueError: there are no modules, or what they give has another shape or dtype (unless ``unsafe``) or is no tensor.
    """

    original: Tensor
    unsafe: bool

    def __init__(self, modules: Sequence[Module], original: Tensor, unsafe: bool = False) -> None:
        if not len(modules):
            raise ValueError("ParametrizationList requires one or more modules.")
        super().__init__(modules)
        self.unsafe = unsafe
        shape, dtype = original.shape, original.dtype
        start = self._start(original)
        if not isinstance(start, (Tensor, Sequence)):
            raise ValueError(
                "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got " + _type(start)
            )
        self.is_tensor = isinstance(start, Tensor)
        self.ntensors = 1 if isinstance(start, Tensor) else len(start)
        if isinstance(start, Tensor):
            self._keep_one(original, start)
        else:
            self._keep_several(original, start)
        if not unsafe:
            self._check(self(), shape, dtype)

    def _start(self, original: Tensor) -> Any:
        """What the modules shall start from, so that they give the tensor that there is."""
        start: Any = original
        with no_grad():
            for module in reversed(list(self)):
                if hasattr(module, "right_inverse"):
                    try:
                        start = module.right_inverse(start)
                    except UnsupportedError:  # by the backend
                        raise
                    except NotImplementedError:  # what cannot be assigned to can be registered
                        continue
        return start

    def _keep_one(self, original: Tensor, start: Tensor) -> None:
        for what in ("dtype", "device"):
            before, after = getattr(original, what), getattr(start, what)
            if before != after:
                raise ValueError(
                    f"When `right_inverse` outputs one tensor, it may not change the {what}.\noriginal.{what}: {before}\n"
                    f"right_inverse(original).{what}: {after}"
                )
        _set(original, start)
        _register(self, "original", original)

    def _keep_several(self, original: Tensor, start: Sequence[Any]) -> None:
        for place, part in enumerate(start):
            if not isinstance(part, Tensor):
                raise ValueError(
                    "'right_inverse' must return a Tensor or a Sequence of tensors (list, tuple...). Got element "
                    f"{place} of the sequence with type {_type(part)}."
                )
            own = Parameter(part, original.requires_grad) if isinstance(original, Parameter) else part
            _register(self, f"original{place}", own.requires_grad_(original.requires_grad))

    def _check(self, result: Any, shape: Any, dtype: Any) -> None:
        if not isinstance(result, Tensor):
            raise ValueError(f"A parametrization must return a tensor. Got {_type(result)}.")
        for what, before, after in (("dtype", dtype, result.dtype), ("shape", shape, result.shape)):
            if before != after:
                raise ValueError(
                    f"Registering a parametrization may not change the {what} of the tensor, unless `unsafe` flag is enabled.\n"
                    f"unparametrized {what}: {before}\nparametrized {what}: {after}"
                )

    def right_inverse(self, value: Any) -> None:
        """Change what the modules start from, so that they give ``value``.

        Raises:
            RuntimeError: one of them has no ``right_inverse``.
            ValueError: what it gives does not fit.
        """
        with no_grad():
            for module in reversed(list(self)):
                if not hasattr(module, "right_inverse"):
                    raise RuntimeError(f"parametrization {_type(module)} does not implement right_inverse.")
                value = module.right_inverse(value)
            if self.is_tensor:
                self._assign_one(value)
            else:
                self._assign_several(value)

    def _assign_one(self, value: Any) -> None:
        if not isinstance(value, Tensor):
            raise ValueError(f"`right_inverse` should return a tensor. Got {_type(value)}")
        if value.dtype is not self.original.dtype:
            raise ValueError(
                f"The tensor returned by `right_inverse` has dtype {value.dtype} while `original` has dtype "
                f"{self.original.dtype}"
            )
        _set(self.original, value)

    def _assign_several(self, values: Any) -> None:
        if not isinstance(values, Sequence):
            raise ValueError(f"'right_inverse' must return a sequence of tensors. Got {_type(values)}.")
        if len(values) != self.ntensors:
            raise ValueError(
                f"'right_inverse' must return a sequence of tensors of length {self.ntensors}. Got a sequence of length "
                f"{len(values)}."
            )
        originals = [getattr(self, f"original{place}") for place in range(self.ntensors)]
        for place, (own, value) in enumerate(zip(originals, values, strict=True)):
            if not isinstance(value, Tensor):
                raise ValueError(
                    f"'right_inverse' must return a sequence of tensors or reference-type opaques. Got element {place} of "
                    f"type {_type(value)}."
                )
            if own.dtype is not value.dtype:
                raise ValueError(
                    f"Tensor {place} returned by `right_inverse` has dtype {value.dtype} while `original{place}` has dtype "
                    f"{own.dtype}"
                )
        for own, value in zip(originals, values, strict=True):
            _set(own, value)

    def forward(self) -> Tensor:
        """Compute the tensor."""
        first, *others = self
        if self.is_tensor:
            result = first(self.original)
        else:
            result = first(*(getattr(self, f"original{place}") for place in range(self.ntensors)))
        for module in others:
            result = module(result)
        return result  # type: ignore[no-any-return]


def _give_own_class(module: Module) -> None:
    """Let a module have a class of its own, which can have properties that others of its class do not have."""
    cls = type(module)

    def copied(self: Any, memo: dict[int, Any]) -> Any:
        if id(self) not in memo:
            memo[id(self)] = made = self.__new__(type(self))
            made.__dict__ = deepcopy(self.__dict__, memo)
        return memo[id(self)]

    def refused(self: Any) -> Any:
        raise RuntimeError(
            "Serialization of parametrized modules is only supported through state_dict(). See:\n"
            "https://pytorch.org/tutorials/beginner/saving_loading_models.html"
            "#saving-loading-a-general-checkpoint-for-inference-and-or-resuming-training"
        )

    members: dict[str, Any] = {"__getstate__": refused}
    if not hasattr(cls, "__deepcopy__"):
        members["__deepcopy__"] = copied
    module.__class__ = type(f"Parametrized{cls.__name__}", (cls,), members)


def _compute_when_read(module: Module, name: str) -> None:
    def read(self: Any) -> Tensor:
        computed: Any = self.parametrizations[name]
        if not _depth:
            return computed()  # type: ignore[no-any-return]
        key = (id(self), name)
        if key not in _cache:
            _cache[key] = computed()
        return _cache[key]

    def write(self: Any, value: Tensor) -> None:
        self.parametrizations[name].right_inverse(value)

    setattr(type(module), name, property(read, write))


def register_parametrization(
    module: Module, tensor_name: str, parametrization: Module, *, unsafe: bool = False
) -> Module:
    """Compute a parameter or buffer of a module by another module whenever it is read.

    A second one is applied to the result of the first. Assigning to it calls ``right_inverse`` of them, which may give
    several tensors. Source of the semantics: ``torch.nn.utils.parametrize.register_parametrization``.

    Args:
        module: that has the tensor.
        tensor_name: its name.
        parametrization: the module that computes.
        unsafe: whether shape and dtype may change.

    Raises:
        ValueError: the module has no such tensor, or shape or dtype change.

    Example:
        >>> import flambeau as torch
        >>> class Symmetric(torch.nn.Module):
        ...     def forward(self, x):
        ...         return x.triu() + x.triu(1).t()
        >>> layer = torch.nn.Linear(3, 3)
        >>> _ = torch.nn.utils.parametrize.register_parametrization(layer, "weight", Symmetric())
        >>> bool((layer.weight == layer.weight.t()).all())
        True
    """
    parametrization.train(module.training)
    if is_parametrized(module, tensor_name):
        if not unsafe:
            _check_next(module, tensor_name, parametrization)
        entries: Any = module.parametrizations[tensor_name]
        entries.append(parametrization)
        entries.unsafe |= unsafe
    elif tensor_name in module._buffers or tensor_name in module._parameters:
        made = ParametrizationList([parametrization], getattr(module, tensor_name), unsafe=unsafe)
        delattr(module, tensor_name)
        if not is_parametrized(module):
            _give_own_class(module)
            module.parametrizations = ModuleDict()
        _compute_when_read(module, tensor_name)
        module.parametrizations[tensor_name] = made
    else:
        raise ValueError(
            f"Module '{module}' does not have a parameter, a buffer, or a parametrized element with name '{tensor_name}'"
        )
    return module


def _check_next(module: Module, name: str, parametrization: Any) -> None:
    """Refuse a further parametrization that changes shape or dtype, or whose inverse does."""
    before = getattr(module, name)
    after = parametrization(before)
    if not isinstance(after, Tensor):
        raise ValueError(f"A parametrization must return a tensor. Got {_type(after)}.")
    for what in ("dtype", "shape"):
        own, other = getattr(before, what), getattr(after, what)
        if own != other:
            raise ValueError(
                f"Registering a parametrization may not change the {what} of the tensor, unless the `unsafe` flag is enabled.\n"
                f"module.{name}.{what}: {own}\nparametrization(module.{name}).{what}: {other}"
            )
    if not hasattr(parametrization, "right_inverse"):
        return
    try:
        back = parametrization.right_inverse(after)
    except NotImplementedError:
        return
    if not isinstance(back, Tensor):
        raise ValueError(f"parametrization.right_inverse must return a tensor. Got: {_type(back)}")
    for what in ("dtype", "shape"):
        own, other = getattr(before, what), getattr(back, what)
        if own != other:
            raise ValueError(
                f"The tensor returned by parametrization.right_inverse must have the same {what} as module.{name}, unless the "
                f"`unsafe` flag is enabled.\nmodule.{name}.{what}: {own}\nreturned {what}: {other}"
            )


def is_parametrized(module: Module, tensor_name: str | None = None) -> bool:
    """Whether a module has parametrizations, or one of that name. Source: ``torch.nn.utils.parametrize.is_parametrized``."""
    found = getattr(module, "parametrizations", None)
    if not isinstance(found, ModuleDict):
        return False
    return len(found) > 0 if tensor_name is None else tensor_name in found


def remove_parametrizations(module: Module, tensor_name: str, leave_parametrized: bool = True) -> Module:
    """Make a parametrized tensor a parameter or buffer again.

    Source of the semantics: ``torch.nn.utils.parametrize.remove_parametrizations``.

    Args:
        module, tensor_name: what has been parametrized.
        leave_parametrized: whether it keeps the value that was computed; otherwise it gets that of ``original``.

    Raises:
        ValueError: it is not parametrized; or several tensors stand for it and ``leave_parametrized`` is False.
    """
    if not is_parametrized(module, tensor_name):
        raise ValueError(f"Module {module} does not have a parametrization on {tensor_name}")
    entries: Any = module.parametrizations[tensor_name]
    if entries.is_tensor:
        original = entries.original
        if leave_parametrized:
            with no_grad():
                _set(original, getattr(module, tensor_name))
    elif leave_parametrized:
        value = getattr(module, tensor_name)
        original = Parameter(value) if value.requires_grad else value
    else:
        raise ValueError(
            "Cannot leave unparametrized (`leave_parametrized=False`) a tensor that is parametrized in terms of a sequence of "
            "tensors."
        )
    delattr(type(module), tensor_name)
    del module.parametrizations[tensor_name]
    _register(module, tensor_name, original)
    if not is_parametrized(module):
        delattr(module, "parametrizations")
        module.__class__ = type(module).__bases__[0]
    return module


def type_before_parametrizations(module: Module) -> type:
    """The class that a module had. Source: ``torch.nn.utils.parametrize.type_before_parametrizations``."""
    return type(module).__bases__[0] if is_parametrized(module) else type(module)


def transfer_parametrizations_and_params(
    from_module: Module, to_module: Module, tensor_name: str | None = None
) -> Module:
    """Give a module the parametrizations of another, and what they start from.

    Source of the semantics: ``torch.nn.utils.parametrize.transfer_parametrizations_and_params``.

    Args:
        from_module: that has them.
        to_module: that gets them, and the parameters that it does not have.
        tensor_name: the only one to transfer; all if None.
    """
    if not is_parametrized(from_module):
        return to_module
    for name in list(from_module.parametrizations) if tensor_name is None else [tensor_name]:
        if not hasattr(to_module, name):
            setattr(to_module, name, Parameter(getattr(from_module, name)))
        entries: Any = from_module.parametrizations[name]
        for parametrization in entries:
            register_parametrization(to_module, name, parametrization)
        taken: Any = to_module.parametrizations[name]
        for part in ["original"] if entries.is_tensor else [f"original{place}" for place in range(entries.ntensors)]:
            setattr(taken, part, getattr(entries, part))
    return to_module
