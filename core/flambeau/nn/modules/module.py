"""Modules: parts of a model, which own parameters, buffers and other modules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from flambeau import dtypes
from flambeau._tensor import Tensor
from flambeau._tensor.handles import RemovableHandle, add_hook, new_hooks
from flambeau._tensor.modes import no_grad
from flambeau.layouts import CHANNELS_LAST, strided
from flambeau.ops.creation.destinations import destination
from flambeau.ops.creation.filled import empty_like

from ..parameter import Buffer, Parameter, is_lazy
from ._hooks import EVERYWHERE, Hooked, call_with_hooks
from ._hooks import register_module_backward_hook as register_module_backward_hook
from ._hooks import register_module_forward_hook as register_module_forward_hook
from ._hooks import register_module_forward_pre_hook as register_module_forward_pre_hook
from ._hooks import register_module_full_backward_hook as register_module_full_backward_hook
from ._hooks import register_module_full_backward_pre_hook as register_module_full_backward_pre_hook
from ._state import IncompatibleKeys as _IncompatibleKeys  # noqa: F401  (programs name it)
from ._state import Stateful

__all__ = [
    "Module", "register_module_backward_hook", "register_module_buffer_registration_hook", "register_module_forward_hook",
    "register_module_forward_pre_hook", "register_module_full_backward_hook", "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook", "register_module_parameter_registration_hook",
]  # fmt: skip

_Self = TypeVar("_Self", bound="Module")
_KINDS = {
    "_parameters": ("parameter", "torch.nn.Parameter"),
    "_modules": ("child module", "torch.nn.Module"),
    "_buffers": ("buffer", "torch.nn.Buffer, torch.Tensor"),
}
"""The dictionaries of a module's parts; what a part is called, and what it has to be.

A name of one of them is taken over by parts of an earlier one only.
"""


class Module(Hooked, Stateful):
    """A part of a model: assign parameters and other modules as attributes, and define ``forward``.

    Source of the semantics: ``torch.nn.Module``.

    Example:
        >>> import flambeau as torch
        >>> class Scale(torch.nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.factor = torch.nn.Parameter(torch.tensor(2.0))
        ...
        ...     def forward(self, x):
        ...         return self.factor * x
        >>> Scale()(torch.tensor(3.0)).item()
        6.0
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]

    dump_patches = False  # of PyTorch's old serialization
    call_super_init = False
    """Whether ``__init__`` goes on to that of a further base class, with the arguments that it got."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Straight into the dictionary: __setattr__ below needs these to be there.
        self.__dict__.update(training=True, _parameters={}, _buffers={}, _modules={})
        self._start_hooks()
        self._start_state()
        if self.call_super_init:
            super().__init__(*args, **kwargs)
        elif kwargs:
            raise TypeError(
                f"{type(self).__name__}.__init__() got an unexpected keyword argument '{next(iter(kwargs))}'"
            )
        elif args:
            raise TypeError(
                f"{type(self).__name__}.__init__() takes 1 positional argument but {len(args) + 1} were given"
            )

    def __setstate__(self, state: dict[str, Any]) -> None:
        self._start_hooks()  # what is saved may be older than some of the hooks
        self._start_state()
        self.__dict__.update(state)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the module's result; every module defines it."""
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the hooks and ``forward``."""
        if self._hooked or EVERYWHERE._hooked:
            return call_with_hooks(self, args, kwargs)
        return self.forward(*args, **kwargs)

    # -- attributes ---------------------------------------------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        for kind in _KINDS:
            entries = self.__dict__.get(kind)
            if entries is not None and name in entries:
                return entries[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        kind = _kind_of(value)
        for held in _KINDS:
            if held == kind:
                break
            if name in self.__dict__.get(held, ()):
                self._replace(held, name, value)
                return
        if kind is None:
            object.__setattr__(self, name, value)
            return
        if kind not in self.__dict__:
            what = "module" if kind == "_modules" else "parameters"
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")
        if kind == "_buffers":
            self._check_new_name(name, kind)
        self._forget(name, kind)
        if kind == "_parameters":
            self._check_new_name(name, kind)
        self._enter(kind, name, value)
        if isinstance(value, Buffer) and not value.persistent:
            self._non_persistent_buffers_set.add(name)

    def _enter(self, kind: str, name: str, value: Any) -> None:
        """Make a value a part, or what the hooks of all modules make of it."""
        for hook in list(_REGISTRATION[kind].values()):
            changed = hook(self, name, value)
            value = value if changed is None else changed
        self.__dict__[kind][name] = value

    def _forget(self, name: str, kind: str) -> None:
        """Drop what has a name and is not of a kind, so that the name can become a part of that kind."""
        self.__dict__.pop(name, None)
        self._non_persistent_buffers_set.discard(name)
        for other in _KINDS:
            if other != kind:
                self.__dict__[other].pop(name, None)

    def _replace(self, kind: str, name: str, value: Any) -> None:
        """Assign what is no part under the name of a part; a tensor can take the place of a buffer."""
        if value is None or (kind == "_buffers" and isinstance(value, Tensor)):
            self._enter(kind, name, value)
            return
        what, expected = _KINDS[kind]
        raise TypeError(f"cannot assign '{type_name(value)}' as {what} '{name}' ({expected} or None expected)")

    def __delattr__(self, name: str) -> None:
        for kind in _KINDS:
            if name in self.__dict__.get(kind, ()):
                del self.__dict__[kind][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self._parameters, *self._buffers, *self._modules})

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter; None reserves the name."""
        self._check_new_name(name, "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type_name(param)}' object to parameter '{name}' (torch.nn.Parameter or None required)"
            )
        self._enter("_parameters", name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is no parameter but belongs to the module's state; not to its state_dict if not persistent."""
        self._check_new_name(name, "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type_name(tensor)}' object to buffer '{name}' (torch Tensor or None required)"
            )
        self._enter("_buffers", name, tensor)
        if not persistent:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a module under a name."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type_name(module)} is not a Module subclass")
        self._check_new_name(name, "_modules")
        self._enter("_modules", name, module)

    register_module = add_module

    def _check_new_name(self, name: str, kind: str) -> None:
        what = _KINDS[kind][0].removeprefix("child ")
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"cannot assign {what} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{what} name should be a string. Got {type_name(name)}")
        if "." in name:
            raise KeyError(f'{what} name can\'t contain "."' + (f", got: {name}" if kind == "_modules" else ""))
        if name == "":
            raise KeyError(f'{what} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[kind]:
            raise KeyError(f"attribute '{name}' already exists")

    # -- walking over parts --------------------------------------------------------------------------------------------

    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all below it with their dotted names, each once if ``remove_duplicate``."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it, each once if ``remove_duplicate``."""
        return (module for _, module in self.named_modules(remove_duplicate=remove_duplicate))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below, each once, with their names."""
        seen: set[Module] = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The modules directly below."""
        return (module for _, module in self.named_children())

    def _named(self, kind: str, prefix: str, recurse: bool, remove_duplicate: bool) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = self.named_modules(None, prefix, remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in module.__dict__[kind].items():
                if value is None or (remove_duplicate and id(value) in seen):
                    continue
                seen.add(id(value))
                yield f"{path}.{name}" if path else name, value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters with their dotted names."""
        return self._named("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and, if ``recurse``, of all below it."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers with their dotted names."""
        return self._named("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and, if ``recurse``, of all below it."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def get_submodule(self, target: str) -> Module:
        """The module with a dotted name.

        Raises:
            AttributeError: there is none.
        """
        module: Any = self
        for part in target.split(".") if target else []:
            if not hasattr(module, part):
                raise AttributeError(f"{type(module).__name__} has no attribute `{part}`")
            module = getattr(module, part)
            if not isinstance(module, Module):
                raise AttributeError(f"`{part}` is not an nn.Module")
        return module  # type: ignore[no-any-return]

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module in the place of the one with a dotted name. Source: ``torch.nn.Module.set_submodule``.

        Args:
            target: the name.
            module: the new one.
            strict: whether there has to be one already.

        Raises:
            ValueError: the name is empty, or ``module`` is none.
            AttributeError: there is no such module.
        """
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Module):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict and not hasattr(parent, name):
            raise AttributeError(f"{type(parent).__name__} has no attribute `{name}`")
        if hasattr(parent, name) and not isinstance(getattr(parent, name), Module):
            raise AttributeError(f"`{name}` is not an nn.Module")
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter with a dotted name.

        Raises:
            AttributeError: there is none.
        """
        value: Parameter = self._get_part(target, "_parameters", "an nn.Parameter")
        return value

    def get_buffer(self, target: str) -> Tensor:
        """The buffer with a dotted name.

        Raises:
            AttributeError: there is none.
        """
        value: Tensor = self._get_part(target, "_buffers", "a buffer")
        return value

    def _get_part(self, target: str, kind: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        if name not in module.__dict__[kind]:
            raise AttributeError(f"`{name}` is not {what}")
        return getattr(module, name)

    def apply(self: _Self, fn: Callable[[Module], Any]) -> _Self:
        """Call ``fn`` with every module, those below first."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    # -- mode, device, gradients ----------------------------------------------------------------------------------------

    def train(self: _Self, mode: bool = True) -> _Self:
        """Set training mode here and below."""
        if not isinstance(mode, bool):
            raise ValueError("training mode is expected to be boolean")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self: _Self) -> _Self:
        """Set evaluation mode here and below."""
        return self.train(False)

    def requires_grad_(self: _Self, requires_grad: bool = True) -> _Self:
        """Say whether gradients shall flow to the parameters."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of the parameters, or set them to zero."""
        for parameter in self.parameters():
            clear_grad(parameter, set_to_none)

    def _apply(self: _Self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> _Self:
        """Convert every parameter, its gradient and every buffer, in place: optimizers keep what they refer to."""
        with no_grad():
            for module in self.modules() if recurse else (self,):
                for parameter in module._parameters.values():
                    if parameter is not None:
                        parameter.data = fn(parameter.data)
                        grad = parameter.grad
                        if grad is not None and grad.layout is strided:
                            grad.data = fn(grad)
                        elif grad is not None:  # which is made anew whenever it is read
                            parameter.grad = fn(grad)
                for name, buffer in module._buffers.items():
                    if buffer is None:
                        continue
                    if is_lazy(buffer):
                        buffer.data = fn(buffer.data)  # it stays one without shape
                    else:
                        module._buffers[name] = fn(buffer)
        return self

    def to(self: _Self, *args: Any, **kwargs: Any) -> _Self:
        """Move to a device, or convert floating point parameters and buffers to a dtype; see ``Tensor.to``.

        ``memory_format`` is for those with 4 or 5 dimensions.

        Raises:
            TypeError: the dtype has no gradients, or the arguments are those of no form of ``to``.
        """
        wanted = destination(args, kwargs)
        dtype, format = wanted.dtype, wanted.memory_format
        if wanted.copy:
            raise RuntimeError(".to() does not accept copy argument")
        if dtype is not None and not (dtype.is_floating_point or dtype.is_complex):
            raise TypeError(
                f"nn.Module.to only accepts floating point or complex dtypes, but got desired dtype={dtype}"
            )

        def convert(tensor: Tensor) -> Tensor:
            own = format if tensor.dim() in CHANNELS_LAST.values() else None
            return tensor.to(wanted.device, dtype if _floats(tensor) else None, memory_format=own)

        return self._apply(convert)

    def to_empty(self: _Self, *, device: Any, recurse: bool = True) -> _Self:
        """Move to a device without the values. Source of the semantics: ``torch.nn.Module.to_empty``."""
        return self._apply(lambda tensor: empty_like(tensor, device=device), recurse)

    def cpu(self: _Self) -> _Self:
        """Move to the CPU."""
        return self._apply(lambda tensor: tensor.cpu())

    def cuda(self: _Self, device: Any = None) -> _Self:
        """Move to a CUDA device."""
        return self._apply(lambda tensor: tensor.cuda(device))

    def xpu(self: _Self, device: Any = None) -> _Self:
        """Move to a device of the type "xpu", where a backend has one; ``device`` is its number."""
        return self._apply(_moved_to("xpu", device))

    def ipu(self: _Self, device: Any = None) -> _Self:
        """Move to a device of the type "ipu", where a backend has one; ``device`` is its number."""
        return self._apply(_moved_to("ipu", device))

    def mtia(self: _Self, device: Any = None) -> _Self:
        """Move to a device of the type "mtia", where a backend has one; ``device`` is its number."""
        return self._apply(_moved_to("mtia", device))

    def type(self: _Self, dst_type: dtypes.dtype | str) -> _Self:
        """Convert all parameters and buffers to a dtype; see ``Tensor.type``."""
        return self._apply(lambda tensor: tensor.type(dst_type))

    def float(self: _Self) -> _Self:
        """Convert floating point parameters and buffers to float32."""
        return self._apply(lambda tensor: tensor.float() if _floats(tensor) else tensor)

    def double(self: _Self) -> _Self:
        """Convert floating point parameters and buffers to float64."""
        return self._apply(lambda tensor: tensor.double() if _floats(tensor) else tensor)

    def half(self: _Self) -> _Self:
        """Convert floating point parameters and buffers to float16."""
        return self._apply(lambda tensor: tensor.half() if _floats(tensor) else tensor)

    def bfloat16(self: _Self) -> _Self:
        """Convert floating point parameters and buffers to bfloat16."""
        return self._apply(lambda tensor: tensor.bfloat16() if _floats(tensor) else tensor)

    def share_memory(self: _Self) -> _Self:
        """Move parameters and buffers to memory that forked processes share, as ``Tensor.share_memory_`` does.

        Source of the semantics: ``torch.nn.Module.share_memory``.
        """
        return self._apply(lambda tensor: tensor.share_memory_())

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Do nothing: there is no compiler, and the module runs as it is. Source: ``torch.nn.Module.compile``."""

    # -- text -----------------------------------------------------------------------------------------------------------

    def extra_repr(self) -> str:
        """What stands between the brackets of the module's text."""
        return ""

    def _get_name(self) -> str:
        return type(self).__name__

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        below = [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]
        if not below and len(lines) <= 1:
            return f"{self._get_name()}({extra})"
        return f"{self._get_name()}(\n  " + "\n  ".join(lines + below) + "\n)"


_REGISTRATION = {kind: new_hooks() for kind in _KINDS}


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, parameter)`` whenever any module gets a parameter; it may return another one.

    Source of the semantics: ``torch.nn.modules.module.register_module_parameter_registration_hook``.
    """
    return add_hook(_REGISTRATION["_parameters"], hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, buffer)`` whenever any module gets a buffer; it may return another one.

    Source of the semantics: ``torch.nn.modules.module.register_module_buffer_registration_hook``.
    """
    return add_hook(_REGISTRATION["_buffers"], hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(module, name, submodule)`` whenever any module gets a module; it may return another one.

    Source of the semantics: ``torch.nn.modules.module.register_module_module_registration_hook``.
    """
    return add_hook(_REGISTRATION["_modules"], hook)


def _kind_of(value: Any) -> str | None:
    if isinstance(value, Parameter):
        return "_parameters"
    if isinstance(value, Buffer):
        return "_buffers"
    return "_modules" if isinstance(value, Module) else None


def type_name(value: Any) -> str:
    """What a value is, as PyTorch's messages name it."""
    if isinstance(value, Tensor):
        return value.type()  # type: ignore[no-any-return]
    cls = type(value)
    return cls.__qualname__ if cls.__module__ == "builtins" else f"{cls.__module__}.{cls.__qualname__}"


def _moved_to(kind: str, device: Any) -> Callable[[Tensor], Tensor]:
    where = kind if device is None else f"{kind}:{device}" if isinstance(device, int) else device
    return lambda tensor: tensor.to(where)


def _floats(tensor: Tensor) -> bool:
    return tensor.is_floating_point() or tensor.is_complex()


def indented(text: str) -> str:
    """A text of several lines, all but the first moved to the right by two blanks."""
    return text.replace("\n", "\n  ")


def clear_grad(tensor: Tensor, set_to_none: bool) -> None:
    """Forget a tensor's gradient, or set it to zero without history."""
    if tensor._sparse:
        tensor = tensor._values_  # type: ignore[attr-defined]
    if tensor._grad is None:
        return
    if set_to_none:
        tensor._grad = None
        return
    tensor._grad = tensor._grad.detach() if tensor._grad.grad_fn is not None else tensor._grad
    tensor._grad.requires_grad_(False)
    tensor._grad.zero_()
