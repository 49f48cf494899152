"""What all optimizers share: groups of parameters with options, and state per parameter."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable
from itertools import chain
from typing import Any

from flambeau._tensor import Tensor
from flambeau._tensor.handles import RemovableHandle, new_hooks
from flambeau._tensor.modes import enable_grad, no_grad
from flambeau.nn.modules.module import clear_grad, type_name

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
                "params argument given to the optimizer should be an iterable of Tensors or dicts, but got "
                + type_name(params)
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
        """Add parameters, or pairs of a name and a parameter, with options of their own.

        A parameter of a sparse layout is optimised by its stored values, which the group then holds.

        Raises:
            TypeError: something is no tensor, or the parameters have no order.
            ValueError: a parameter is not a leaf, or is in another group; some parameters have names and some do not.
        """
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        params, names = _separated(param_group["params"])
        for parameter in params:
            _check_parameter(parameter)
        params = [parameter._values_ if parameter._sparse else parameter for parameter in params]
        self._check_fits(params, bool(names))
        naming = {"param_names": names} if names else {}
        self.param_groups.append({"params": params} | naming | self.defaults | _options_of(param_group))

    def _check_fits(self, params: list[Tensor], named: bool) -> None:
        """Refuse parameters that do not go with those that are there."""
        if len({id(parameter) for parameter in params}) < len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters; in future, this will cause an error; see "
                "github.com/pytorch/pytorch/issues/40967 for more information",
                stacklevel=5,
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
                _options_of(group) | {"params": [numbers[id(parameter)] for parameter in group["params"]]}
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
            {"params": old["params"]} | self.defaults | _options_of(new)
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


def _check_parameter(parameter: Any) -> None:
    if not isinstance(parameter, Tensor):
        raise TypeError(f"optimizer can only optimize Tensors, but one of the params is {type_name(parameter)}")
    if not (parameter.is_leaf or parameter.retains_grad):
        raise ValueError("can't optimize a non-leaf Tensor")


def _options_of(group: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name != "params"}


def _moved(value: Any, parameter: Tensor, name: str) -> Any:
    if not isinstance(value, Tensor):
        return value
    return value.clone() if name == "step" else value.to(parameter.device, parameter.dtype, copy=True)


def add_stored(parameter: Tensor, sparse: Any, alpha: float) -> None:
    """Add a multiple of a sparse tensor to a strided one, in place, touching nothing else."""
    coo = sparse.to_sparse_coo()
    places = tuple(coo._indices().unbind(0))
    parameter.index_put_(places, coo._values().to(parameter.dtype) * alpha, accumulate=True)


def refuse_sparse(optimizer: Optimizer, grad: Tensor) -> None:
    """Refuse a sparse gradient, in PyTorch's words."""
    if grad._sparse:
        raise RuntimeError(
            f"{type(optimizer).__name__} does not support sparse gradients, please consider SparseAdam instead"
        )


def check_options(options: dict[str, tuple[Any, bool]]) -> None:
    """Raise PyTorch's ValueError for the first option, a value and whether it is valid, that is not."""
    for name, (value, valid) in options.items():
        if not valid:
            raise ValueError(f"Invalid {name}: {value}")


def refuse_differentiable(differentiable: bool) -> None:
    """Raise for the one option of PyTorch's optimizers that asks for something else than another implementation."""
    if differentiable:
        raise NotImplementedError(
            "differentiable=True: steps are not recorded; write the update with operations on tensors instead"
        )
