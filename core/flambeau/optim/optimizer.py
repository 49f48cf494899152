"""What all optimizers share: groups of parameters with options, and state per parameter."""

from __future__ import annotations

import functools
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from itertools import chain
from typing import Any, TypeAlias

from flambeau._tensor import Tensor
from flambeau._tensor.handles import RemovableHandle, add_hook, new_hooks
from flambeau.errors import level_of_caller
from flambeau.nn.modules.module import clear_grad, type_name

__all__ = [
    "Optimizer", "ParamsT", "register_optimizer_step_post_hook", "register_optimizer_step_pre_hook", "required",
]  # fmt: skip

ParamsT: TypeAlias = Iterable[Tensor] | Iterable[dict[str, Any]] | Iterable[tuple[str, Tensor]]
"""What an optimizer is made of: parameters, groups of them, or pairs of names and parameters."""


class _Required:
    def __repr__(self) -> str:
        return "<required parameter>"


required = _Required()
"""In the place of a default: every group must say it."""

_HOOKS = (
    "_optimizer_step_pre_hooks", "_optimizer_step_post_hooks", "_optimizer_state_dict_pre_hooks",
    "_optimizer_state_dict_post_hooks", "_optimizer_load_state_dict_pre_hooks", "_optimizer_load_state_dict_post_hooks",
)  # fmt: skip
_BEFORE_ALL_STEPS = new_hooks()
_AFTER_ALL_STEPS = new_hooks()


def register_optimizer_step_pre_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` before every step of any optimizer, before its own.

    Source of the semantics: ``torch.optim.optimizer.register_optimizer_step_pre_hook``.
    """
    return add_hook(_BEFORE_ALL_STEPS, hook)


def register_optimizer_step_post_hook(hook: Callable[..., Any]) -> RemovableHandle:
    """Call ``hook(optimizer, args, kwargs)`` after every step of any optimizer, after its own.

    Source of the semantics: ``torch.optim.optimizer.register_optimizer_step_post_hook``.
    """
    return add_hook(_AFTER_ALL_STEPS, hook)


def _with_hooks(step: Callable[..., Any]) -> Callable[..., Any]:
    """A ``step`` with the hooks around it."""

    @functools.wraps(step)
    def hooked(self: Optimizer, *args: Any, **kwargs: Any) -> Any:
        if self._stepping:
            return step(self, *args, **kwargs)
        given: tuple[Any, ...] = (self, *args)
        for hook in [*_BEFORE_ALL_STEPS.values(), *self._optimizer_step_pre_hooks.values()]:
            given, kwargs = _changed_arguments(step, hook(self, given, kwargs), given, kwargs)
        self._stepping = True
        try:
            result = step(*given, **kwargs)
        finally:
            del self._stepping
        for hook in [*self._optimizer_step_post_hooks.values(), *_AFTER_ALL_STEPS.values()]:
            hook(self, given, kwargs)
        return result

    return hooked


def _changed_arguments(step: Any, changed: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if changed is None:
        return args, kwargs
    if not isinstance(changed, tuple) or len(changed) != 2:
        raise RuntimeError(f"{step} must return None or a tuple of (new_args, new_kwargs), but got {changed}.")
    return changed


class Optimizer:
    """A rule that changes parameters by their gradients: a subclass defines ``step``.

    Attributes:
        param_groups: dictionaries with ``"params"`` and the options of the group.
        state: what the rule remembers, per parameter.
        defaults: the options that groups have if they do not say otherwise.

    Source of the semantics: ``torch.optim.Optimizer``.

    Example:
        >>> import flambeau as torch
        >>> class Signs(torch.optim.Optimizer):
        ...     def __init__(self, params, lr=0.1):
        ...         super().__init__(params, {"lr": lr})
        ...     @torch.no_grad()
        ...     def step(self, closure=None):
        ...         for group in self.param_groups:
        ...             for parameter in group["params"]:
        ...                 parameter.add_(parameter.grad.sign(), alpha=-group["lr"])
        >>> x = torch.tensor([1.0], requires_grad=True)
        >>> (x * x).sum().backward()
        >>> Signs([x]).step()
        >>> x
        tensor([0.9000], requires_grad=True)
    """

    _optimizer_step_pre_hooks: dict[int, Any]
    _optimizer_step_post_hooks: dict[int, Any]
    _optimizer_state_dict_pre_hooks: dict[int, Any]
    _optimizer_state_dict_post_hooks: dict[int, Any]
    _optimizer_load_state_dict_pre_hooks: dict[int, Any]
    _optimizer_load_state_dict_post_hooks: dict[int, Any]

    _stepping = False
    """Whether a step is under way: that of a base class, called by one that overrides it, has no hooks of its own."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.step)  # type: ignore[method-assign]

    def __init__(self, params: ParamsT, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + type_name(params)
            )
        self.defaults = defaults
        self.state: defaultdict[Any, Any] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self.__setstate__({})
        groups: list[Any] = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        for name in _HOOKS:
            self.__dict__.setdefault(name, new_hooks())

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters, or pairs of a name and a parameter, with options of their own.

        The group is kept, and gets the options that it lacks. A parameter of a sparse layout is optimised by its stored
        values, which the group then holds.

        Raises:
            TypeError: something is no tensor, or the parameters have no order.
            ValueError: a parameter is not a leaf, or is in another group; some parameters have names and some do not; an
                option that is :data:`required` is not there.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params, names = _separated(param_group["params"])
        for parameter in params:
            _check_parameter(parameter, computed=bool(self.defaults.get("differentiable")))
        for name, default in self.defaults.items():
            if default is required and name not in param_group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
        params = [parameter._values_ if parameter._sparse else parameter for parameter in params]
        self._check_fits(params, bool(names) or "param_names" in param_group)
        param_group["params"] = params
        if names:
            param_group["param_names"] = names
        for name, default in self.defaults.items():
            param_group.setdefault(name, default)
        self.param_groups.append(param_group)

    def _check_fits(self, params: list[Tensor], named: bool) -> None:
        """Refuse parameters that do not go with those that are there."""
        if len({id(parameter) for parameter in params}) < len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see "
                "github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=level_of_caller(),
            )
        if any(("param_names" in group) != named for group in self.param_groups):
            raise ValueError(
                "all optimizer param groups should be with/without names. cannot add param group "
                f"{'with' if named else 'without'} names to the optimizer"
            )
        present = {id(parameter) for group in self.param_groups for parameter in group["params"]}
        if any(id(parameter) in present for parameter in params):
            raise ValueError("some parameters appear in more than one parameter group")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for group in self.param_groups:
            for parameter in group["params"]:
                clear_grad(parameter, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change the parameters; ``closure`` computes the loss anew."""
        raise NotImplementedError

    # -- hooks -----------------------------------------------------------------------------------------------------------

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before every step; it may return other arguments, as a pair.

        The first of the arguments is the optimizer, as in PyTorch.
        """
        return add_hook(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after every step."""
        return add_hook(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` before the state is taken; before the other hooks if ``prepend``."""
        return add_hook(self._optimizer_state_dict_pre_hooks, hook, first=prepend)

    def register_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` when the state has been taken; it may return another one."""
        return add_hook(self._optimizer_state_dict_post_hooks, hook, first=prepend)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer, state_dict)`` before a state is loaded; it may return another one."""
        return add_hook(self._optimizer_load_state_dict_pre_hooks, hook, first=prepend)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any], prepend: bool = False) -> RemovableHandle:
        """Call ``hook(optimizer)`` when a state has been loaded."""
        return add_hook(self._optimizer_load_state_dict_post_hooks, hook, first=prepend)

    # -- state -----------------------------------------------------------------------------------------------------------

    def _numbered(self) -> dict[int, int]:
        """The number of every parameter, in the order of the groups, by its identity."""
        numbers: dict[int, int] = {}
        for number, parameter in enumerate(chain.from_iterable(group["params"] for group in self.param_groups)):
            numbers.setdefault(id(parameter), number)
        return numbers

    def state_dict(self) -> dict[str, Any]:
        """The options and the state, with parameters as numbers in the order of the groups."""
        for hook in list(self._optimizer_state_dict_pre_hooks.values()):
            hook(self)
        numbers = self._numbered()
        state: dict[str, Any] = {
            "state": {numbers[id(key)] if isinstance(key, Tensor) else key: value for key, value in self.state.items()},
            "param_groups": [
                _options_of(group) | {"params": [numbers[id(parameter)] for parameter in group["params"]]}
                for group in self.param_groups
            ],
        }
        for hook in list(self._optimizer_state_dict_post_hooks.values()):
            changed = hook(self, state)
            state = state if changed is None else changed
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options and state; tensors go to the device and dtype of their parameter, but for ``"step"``.

        A tensor that fits as it is is not copied: the optimizer works on the one that the state has.

        Raises:
            ValueError: the groups do not match; nothing is changed then.
        """
        state_dict = state_dict.copy()
        for hook in list(self._optimizer_load_state_dict_pre_hooks.values()):
            changed = hook(self, state_dict)
            state_dict = state_dict if changed is None else changed
        groups = deepcopy(state_dict["param_groups"])
        if len(groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(new["params"]) != len(old["params"]) for new, old in zip(groups, self.param_groups, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        self._check_loaded(state_dict["state"], groups)
        parameters: dict[Any, Tensor] = {}
        for new, old in zip(groups, self.param_groups, strict=True):
            parameters.update(zip(new["params"], old["params"], strict=True))
        state: defaultdict[Any, Any] = defaultdict(dict)
        for key, value in state_dict["state"].items():
            if key in parameters:
                state[parameters[key]] = _fitted(value, parameters[key])
            else:
                state[key] = value
        merged = [self._merged(old, new) for new, old in zip(groups, self.param_groups, strict=True)]
        self.__setstate__({"state": state, "param_groups": merged})
        for hook in list(self._optimizer_load_state_dict_post_hooks.values()):
            hook(self)

    def _check_loaded(self, state: Mapping[Any, Any], groups: list[dict[str, Any]]) -> None:
        """Refuse a state that is that of another optimizer, before anything is changed."""

    def _merged(self, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
        """The options of a group that is loaded; what it lacks are defaults, and the names that are there."""
        kept = {name: old[name] for name in ("params", "param_names") if name in old}
        return kept | self.defaults | _options_of(new)

    def __repr__(self) -> str:
        text = type(self).__name__ + " ("
        for number, group in enumerate(self.param_groups):
            text += f"\nParameter Group {number}\n"
            for name in sorted(group):
                if name != "params":
                    text += f"    {name}: {group[name]}\n"
        return text + ")"


# -- parts ---------------------------------------------------------------


def _separated(params: Any) -> tuple[list[Any], list[str]]:
    """The parameters, and their names if they come in pairs with them."""
    if isinstance(params, set):
        raise TypeError(
            "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will "
            "change between runs. Please use a list instead."
        )
    entries = [params] if isinstance(params, Tensor) else list(params)
    names = [entry[0] for entry in entries if isinstance(entry, tuple)]
    if names and len(names) < len(entries):
        raise ValueError("all optimizer params should be with/without names. Some param names are missing")
    return [entry[1] for entry in entries] if names else entries, names


def _check_parameter(parameter: Any, *, computed: bool) -> None:
    if not isinstance(parameter, Tensor):
        raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type_name(parameter)}")
    if not (computed or parameter.is_leaf or parameter.retains_grad):
        raise ValueError("can't optimize a non-leaf Tensor")


def _options_of(group: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name != "params"}


def _fitted(value: Any, parameter: Tensor, name: Any = None) -> Any:
    """What is remembered of a parameter, its tensors on the device and of the dtype of the parameter, but for the step."""
    if isinstance(value, Tensor):
        dtype = parameter.dtype if parameter.is_floating_point() else None
        return value if name == "step" else value.to(parameter.device, dtype)
    if isinstance(value, Mapping):
        return {key: _fitted(each, parameter, key) for key, each in value.items()}
    if isinstance(value, (list, set, frozenset)) or type(value) is tuple:
        return type(value)(_fitted(each, parameter) for each in value)
    return value
