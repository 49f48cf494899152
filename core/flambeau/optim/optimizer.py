"""What all optimizers share: groups of parameters with options, and state per parameter."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from itertools import chain
from typing import Any

from .._tensor import Tensor
from ..autograd._modes import enable_grad, no_grad
from ..nn.module import clear_grad
from ..utils.hooks import RemovableHandle, new_hooks

__all__ = ["Optimizer"]


class Optimizer(ABC):
    """A rule that changes parameters by their gradients.

    Attributes:
        param_groups: dictionaries with ``"params"`` and the options of the group.
        state: what the rule remembers, per parameter.
        defaults: the options that groups have if they do not say otherwise.

    Source of the semantics: ``torch.optim.Optimizer``.
    """

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        if isinstance(params, Tensor):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got torch.FloatTensor"
            )
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        self._step_pre_hooks = new_hooks()
        self._step_post_hooks = new_hooks()
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters, with options of their own.

        Raises:
            TypeError: something is no tensor.
            ValueError: a parameter is not a leaf, occurs twice, or a compulsory option is missing.
        """
        params = param_group["params"]
        group = self.defaults | param_group
        group["params"] = [params] if isinstance(params, Tensor) else _named_away(list(params))
        present = {id(other) for other_group in self.param_groups for other in other_group["params"]}
        for parameter in group["params"]:
            if not isinstance(parameter, Tensor):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is {type(parameter).__name__}"
                )
            if not parameter.is_leaf:
                raise ValueError("can't optimize a non-leaf Tensor")
            if id(parameter) in present:
                raise ValueError("some parameters appear in more than one parameter group")
        self.param_groups.append({"params": group.pop("params")} | group)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or set them to zero."""
        for group in self.param_groups:
            for parameter in group["params"]:
                clear_grad(parameter, set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; ``closure`` computes the loss anew and is called first."""
        for hook in list(self._step_pre_hooks.values()):
            hook(self, (closure,), {})
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with no_grad():
            for group in self.param_groups:
                for parameter in group["params"]:
                    if parameter._grad is not None:
                        self._update(parameter, parameter._grad, group)
        for hook in list(self._step_post_hooks.values()):
            hook(self, (closure,), {})
        return loss

    @abstractmethod
    def _update(self, parameter: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        """Change one parameter."""

    def register_step_pre_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` before every step."""
        return RemovableHandle.add(self._step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable[..., Any]) -> RemovableHandle:
        """Call ``hook(optimizer, args, kwargs)`` after every step."""
        return RemovableHandle.add(self._step_post_hooks, hook)

    # -- state -----------------------------------------------------------------------------------------------------------

    def _numbered(self) -> dict[int, int]:
        """The number of every parameter, in the order of the groups, by its identity."""
        parameters = chain.from_iterable(group["params"] for group in self.param_groups)
        return {id(parameter): number for number, parameter in enumerate(parameters)}

    def state_dict(self) -> dict[str, Any]:
        """The options and the state, with parameters as numbers in the order of the groups."""
        numbers = self._numbered()
        return {
            "state": {numbers[id(parameter)]: dict(state) for parameter, state in self.state.items()},
            "param_groups": [
                {name: value for name, value in group.items() if name != "params"}
                | {"params": [numbers[id(parameter)] for parameter in group["params"]]}
                for group in self.param_groups
            ],
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options and state; tensors go to the device and dtype of their parameter.

        Raises:
            ValueError: the groups do not match; nothing is changed then.
        """
        groups = state_dict["param_groups"]
        if len(groups) != len(self.param_groups):
            raise ValueError("loaded state dict has a different number of parameter groups")
        if any(len(new["params"]) != len(old["params"]) for new, old in zip(groups, self.param_groups, strict=True)):
            raise ValueError(
                "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"
            )
        parameters: dict[int, Tensor] = {}
        for new, old in zip(groups, self.param_groups, strict=True):
            parameters.update(zip(new["params"], old["params"], strict=True))
        self.param_groups = [
            {"params": old["params"]} | {name: value for name, value in new.items() if name != "params"}
            for new, old in zip(groups, self.param_groups, strict=True)
        ]
        self.state = defaultdict(dict)
        for number, state in state_dict["state"].items():
            parameter = parameters[number]
            self.state[parameter] = {name: _moved(value, parameter, name) for name, value in state.items()}

    def __repr__(self) -> str:
        text = type(self).__name__ + " ("
        for number, group in enumerate(self.param_groups):
            text += f"\nParameter Group {number}\n"
            for name in sorted(group):
                if name != "params":
                    text += f"    {name}: {group[name]}\n"
        return text + ")"


def _named_away(params: list[Any]) -> list[Any]:
    """Parameters out of (name, parameter) pairs, if that is what they are."""
    return [entry[1] if isinstance(entry, tuple) else entry for entry in params]


def _moved(value: Any, parameter: Tensor, name: str) -> Any:
    if not isinstance(value, Tensor):
        return value
    return value.clone() if name == "step" else value.to(parameter.device, parameter.dtype, copy=True)


def check_options(options: dict[str, tuple[Any, bool]]) -> None:
    """Raise PyTorch's ValueError for the first option, a value and whether it is valid, that is not."""
    for name, (value, valid) in options.items():
        if not valid:
            raise ValueError(f"Invalid {name}: {value}")
