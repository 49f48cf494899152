"""What the optimizers of this library share: checks of options, what they remember, and the way from a formula to a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import compress
from typing import Any, ClassVar, TypeAlias

from flambeau._dispatch.overlaps import check_distinct
from flambeau._tensor import Tensor
from flambeau._tensor.modes import enable_grad, is_grad_enabled, set_grad_enabled
from flambeau.backend.selection import find_place
from flambeau.dtypes import float32, float64
from flambeau.errors import UnsupportedError
from flambeau.ops.creation.data import make_tensor as tensor
from flambeau.ops.creation.filled import zeros_like
from flambeau.ops.elementwise.complex_parts import view_as_complex, view_as_real
from flambeau.ops.steps import batches, blocks, fill, packed, step_by_kernel, steps_at_once, unpack
from flambeau.promotion import get_default_dtype

from .optimizer import Optimizer

__all__ = [
    "StepByFormula", "StepByParameter", "add_at", "add_multiple", "add_product", "add_quotient", "add_stored", "by_kernel",
    "check_number", "check_shape", "checked", "is_narrow", "number", "pair",
]  # fmt: skip

Group: TypeAlias = dict[str, Any]
"""Parameters, and the options for them."""

_NOT_ALWAYS_SAVED = (
    "foreach", "maximize", "capturable", "differentiable", "fused", "amsgrad", "nesterov", "momentum", "centered",
    "decoupled_weight_decay",
)  # fmt: skip
"""Options that PyTorch had later than the first states of an optimizer, and does without."""

States: TypeAlias = dict[str, Any]
"""What is remembered of a parameter."""


class StepByParameter(Optimizer):
    """An optimizer that changes one parameter at a time, by its gradient: a subclass defines ``_update``."""

    _numbers: ClassVar[dict[str, float]] = {"step": 0.0}
    """What is remembered as a tensor of one number, and its first value."""

    _refusal = ""
    """What to say to a program that gives a sparse gradient, if it is more than that there are none."""

    _particular = False
    """Whether it may refuse other gradients than sparse ones."""

    def __setstate__(self, state: dict[str, Any]) -> None:
        for parameter, kept in state.get("state", {}).items():
            for name in self._numbers if isinstance(parameter, Tensor) and kept else ():
                if not isinstance(kept[name], Tensor):  # older versions had plain numbers
                    kept[name] = self._number_of(parameter, kept[name], {})
        super().__setstate__(state)
        for group in state.get("param_groups", ()):
            self._put_numbers(group)

    def _put_numbers(self, group: Group) -> None:
        """Let the numbers that are remembered lie where they are read, see :func:`_read_on`."""
        for parameter in group["params"]:
            kept = self.state.get(parameter, {}) if parameter.is_cuda else {}
            for name in kept.keys() & self._numbers.keys():
                kept[name] = kept[name].to(_read_on(parameter, group))

    def _check_loaded(self, state: Mapping[Any, Any], groups: list[Group]) -> None:
        always = [name for name in self.defaults if name not in _NOT_ALWAYS_SAVED]
        kept = [state[number] for group in groups for number in group["params"] if state.get(number)]
        for wanted, what, found in (
            *((self._numbers, "the state of a parameter", each) for each in kept),
            *((always, "a group of parameters", group) for group in groups),
        ):
            lacking = [name for name in wanted if name not in found]
            if lacking:
                raise KeyError(
                    f"{lacking[0]}: {what} has {', '.join(map(str, found))} instead; is it that of another optimizer than "
                    f"{type(self).__name__}?"
                )

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient; ``closure`` computes the loss anew and is called first."""
        if "capturable" in self.defaults:
            self._check_captured()
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        with set_grad_enabled(bool(self.defaults.get("differentiable"))):
            for ready, group in [(self._ready(group), group) for group in self.param_groups]:
                self._update_group(ready, group)
        return loss

    def _check_captured(self) -> None:
        """Refuse a step that a graph of a CUDA device would repeat as it is, number and all.

        Raises:
            RuntimeError: ``capturable`` is False, in PyTorch's words, or nothing is remembered of an earlier step.
        """
        if not any(map(_is_capturing, (group["params"] for group in self.param_groups))):
            return
        name = type(self).__name__
        if not all(group["capturable"] for group in self.param_groups):
            raise RuntimeError(
                f"Attempting CUDA graph capture of step() for an instance of {name} but param_groups' capturable is False."
            )
        if any(not self.state.get(parameter) for group in self.param_groups for parameter, _ in self._ready(group)):
            raise RuntimeError(
                f"{name}.step() is captured before its first step, and each replay would forget the one before: call step() "
                "once outside of the graph"
            )

    def _ready(self, group: Group) -> list[tuple[Tensor, Tensor]]:
        """The parameters of a group that have a gradient, and that, when none is to be refused."""
        ready = []
        for parameter in group["params"]:
            grad = parameter._grad
            if grad is not None:
                if grad._sparse or self._particular:
                    self._check(parameter, grad, group)
                if parameter._view is not None:
                    check_distinct(parameter)
                ready.append((parameter, grad))
        return ready

    def _check(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        """Refuse a gradient, before anything is changed."""
        if grad._sparse:
            raise RuntimeError(self._refusal or f"{type(self).__name__} does not support sparse gradients")

    def _update_group(self, ready: list[tuple[Tensor, Tensor]], group: Group) -> None:
        for parameter, grad in ready:
            self._update(parameter, grad, group)

    def _update(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        """Change one parameter."""
        raise NotImplementedError

    def _number_of(self, parameter: Tensor, value: Any, group: Group) -> Tensor:
        """A number that is remembered."""
        dtype = float64 if get_default_dtype() is float64 else float32
        return tensor(float(value), dtype=dtype, device=_read_on(parameter, group))


def _is_capturing(parameters: Sequence[Tensor]) -> bool:
    """Whether the first of some parameters is on a CUDA device that captures what it is given."""
    if not parameters or not parameters[0].is_cuda:
        return False
    place = find_place(parameters[0].device)
    try:
        return place.backend.current_stream(place.index or 0).is_capturing()
    except UnsupportedError:  # a backend without streams
        return False


def _read_on(parameter: Tensor, group: Group) -> Any:
    """The device of the numbers that are remembered, which every step reads.

    On a GPU that would wait for all the work given to it: of its parameters they are on the CPU, unless ``capturable`` asks
    for steps that read no number.
    """
    return "cpu" if parameter.is_cuda and not _on_device(parameter, group) else parameter.device


def _on_device(parameter: Tensor, group: Group) -> bool:
    """Whether steps are to read no number, so that a graph of the device can capture them."""
    return bool(group.get("capturable")) and parameter.is_cuda


class StepByFormula(StepByParameter):
    """An optimizer whose step is a formula: a subclass says which averages it keeps, and defines ``_formula``.

    What is common to all is done here: the sign of the gradient if ``maximize``, ``weight_decay``, complex parameters as
    pairs of real numbers, and writing what the formula gives. If ``differentiable``, that is recorded for derivatives.
    """

    def _averages(self, group: Group) -> tuple[str, ...]:
        """The names of what is remembered for each element, at first zero."""
        raise NotImplementedError

    def _formula(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> tuple[Tensor, States]:
        """The parameter after a step, and the states that change; ``states["step"]`` counts from 1. Nothing is written."""
        raise NotImplementedError

    def _first(self, parameter: Tensor, group: Group) -> States:
        """What is remembered of a parameter before its first step."""
        numbers = {name: self._number_of(parameter, value, group) for name, value in self._numbers.items()}
        like = parameter.detach()
        return numbers | {name: zeros_like(like) for name in self._averages(group)}

    def _states(self, parameter: Tensor, group: Group) -> States:
        """What is remembered of a parameter."""
        states: States = self.state[parameter]
        if not states:
            states.update(self._first(parameter, group))
        return states

    def _counted(self, parameter: Tensor, group: Group) -> States:
        """What is remembered of a parameter, in the step that begins."""
        states = self._states(parameter, group)
        if "step" in self._numbers:
            states["step"] += 1
        return states

    # -- one parameter -------------------------------------------------------------------------------------------------

    def _update(self, parameter: Tensor, grad: Tensor, group: Group) -> None:
        states = self._states(parameter, group)
        self._check_shapes([parameter], [grad], [states])
        self._step(parameter, grad, self._counted(parameter, group), group)

    def _check_shapes(self, parameters: Sequence[Tensor], grads: Sequence[Tensor], kept: Sequence[States]) -> None:
        """Refuse a gradient or a state of another shape than its parameter, which steps on vectors would not notice.

        ``kept`` have the same names.
        """
        shapes = [parameter.shape for parameter in parameters]
        columns = [("gradient", grads)]
        columns += [
            (name, [states[name] for states in kept])
            for name, each in kept[0].items()
            if each is not None and name not in self._numbers
        ]
        for name, tensors in columns:
            found = [tensor.shape for tensor in tensors]
            if found != shapes:
                check_shape(name, *next(pair for pair in zip(shapes, found, strict=True) if pair[0] != pair[1]))

    def _step(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> None:
        """Write a step into a parameter and its states."""
        composed = is_grad_enabled() or _on_device(parameter, group)  # kernels are given numbers
        if composed or not self._by_kernel(parameter, grad, states, group):
            self._compose(parameter, grad, states, group)

    def _by_kernel(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> bool:
        """One step by a kernel, which a subclass may know: whether the backend has it for these tensors."""
        return False

    def _compose(self, parameter: Tensor, grad: Tensor, states: States, group: Group) -> None:
        """One step out of ops."""
        target, seen = parameter, states
        if parameter.is_complex():
            target, grad = view_as_real(parameter), view_as_real(grad)
            seen = {name: view_as_real(each) if each.is_complex() else each for name, each in states.items()}
        if is_grad_enabled():
            self._record(target, grad, seen, states, group)
            return
        names = [name for name in seen if name not in self._numbers]
        numbers: States = {}
        for part, its_grad, *averages in blocks([target, grad, *(seen[name] for name in names)]):
            own = seen | dict(zip(names, averages, strict=True))
            changed, kept = self._formula(*self._decayed(part, its_grad, group), own, group)
            part.copy_(changed)
            for name, value in kept.items():
                if name in self._numbers:
                    numbers[name] = value  # the same for all blocks
                else:
                    own[name].copy_(value)
        for name, value in numbers.items():
            states[name].copy_(value)

    def _record(self, target: Tensor, grad: Tensor, seen: States, states: States, group: Group) -> None:
        """The same, recorded: what derivatives are computed from is not what is written into."""
        copies = {name: each.clone() for name, each in seen.items()}
        changed, kept = self._formula(*self._decayed(target.clone(), grad, group), copies, group)
        target.copy_(changed)
        for name, value in kept.items():
            states[name] = view_as_complex(value) if states[name].is_complex() else value

    # -- many small ones -----------------------------------------------------------------------------------------------

    def _update_group(self, ready: list[tuple[Tensor, Tensor]], group: Group) -> None:
        there = [parameter for parameter, _ in ready if parameter.is_cuda] if group.get("capturable") else []
        for parameter in there:
            if not all(value.is_cuda for name, value in self.state[parameter].items() if name in self._numbers):
                raise AssertionError(
                    "If capturable=True, params and state_steps must be on supported devices: ['cuda']."
                )
        if there or is_grad_enabled():
            super()._update_group(ready, group)
            return
        with steps_at_once(ready):
            for batch in batches(ready):
                if len(batch) > 1:
                    self._update_together(batch, group)
                else:
                    self._update(*batch[0], group)

    def _update_together(self, batch: list[tuple[Tensor, Tensor]], group: Group) -> None:
        """A step of many parameters as one of a vector with all their elements: those that have the same numbers."""
        all_states = [self._states(parameter, group) for parameter, _ in batch]
        keys: Sequence[Any] = list(map(tuple, all_states))
        if self._numbers:
            keys = list(zip(keys, *self._all_numbers(all_states), strict=True))
        parameters, grads = zip(*batch, strict=True)
        if keys.count(keys[0]) == len(keys):
            self._step_as_one(parameters, grads, all_states, group)
            return
        for key in dict.fromkeys(keys):
            of_key = [each == key for each in keys]
            some = [list(compress(column, of_key)) for column in (parameters, grads, all_states)]
            self._step_as_one(some[0], some[1], some[2], group)

    def _all_numbers(self, all_states: list[States]) -> list[list[float]]:
        """The numbers that are remembered of parameters, in the step that begins: a list for each kind."""
        columns = []
        for name in self._numbers:
            tensors = [states[name] for states in all_states]
            vector = packed(tensors)
            if name == "step" and vector is not None:
                vector = vector + 1
                unpack(vector, tensors)
            elif name == "step":
                for each in tensors:
                    each += 1
            columns.append([each.item() for each in tensors] if vector is None else vector.tolist())
        return columns

    def _step_as_one(
        self, parameters: Sequence[Tensor], grads: Sequence[Tensor], kept: Sequence[States], group: Group
    ) -> None:
        """A step of parameters whose states have the same numbers and names."""
        self._check_shapes(parameters, grads, kept)
        names = [name for name in kept[0] if name not in self._numbers and kept[0][name] is not None]
        parameter, grad = (packed(tensors, alike=True) for tensors in (parameters, grads))
        averages = [packed([states[name] for states in kept]) for name in names]
        if parameter is None or grad is None or any(vector is None for vector in averages):
            for row in zip(parameters, grads, kept, strict=True):
                self._step(*row, group)
            return
        merged = kept[0] | dict(zip(names, averages, strict=True))
        self._step(parameter, grad, merged, group)
        unpack(parameter, parameters)
        for name in merged.keys() - self._numbers.keys():
            if name not in names:  # it begins with this step
                for states, each in zip(kept, parameters, strict=True):
                    states[name] = zeros_like(each.detach())
            unpack(merged[name], [states[name] for states in kept])
        for name in self._numbers:
            if name != "step":
                fill([states[name] for states in kept[1:]], kept[0][name])

    def _decayed(self, parameter: Tensor, grad: Tensor, group: Group) -> tuple[Tensor, Tensor]:
        """Parameter and gradient with the sign and the decay that the options ask for."""
        if group["maximize"]:
            grad = -grad
        decay = group.get("weight_decay", 0)
        if not isinstance(decay, Tensor) and decay == 0:
            return parameter, grad
        decay = number(decay)
        if group.get("decoupled_weight_decay"):
            return parameter * (1 - number(group["lr"]) * decay), grad
        return parameter, add_multiple(grad, parameter, decay)


def check_shape(name: str, shape: Sequence[int], found: Sequence[int]) -> None:
    """Refuse a gradient or a state that has not the shape of its parameter."""
    if tuple(shape) != tuple(found):
        raise RuntimeError(
            f"the size of a parameter must match the size of its {name}, and they are {list(shape)} and {list(found)}: was the "
            "parameter replaced, or is the state that of another one?"
        )


def by_kernel(name: str, parameter: Tensor, grad: Tensor, averages: Sequence[Tensor | None], *numbers: Any) -> bool:
    """One step by the backend's kernel, which takes real numbers: whether it has one. ``averages`` are written, too."""
    written = [parameter, *averages]
    if parameter.is_complex():
        grad = view_as_real(grad)
        written = [None if each is None else view_as_real(each) for each in written]
    return step_by_kernel(name, grad, written, *numbers)


def is_narrow(parameter: Tensor) -> bool:
    """Whether numbers on the CPU have 16 bits, where a formula's ops round less often than a kernel, and as PyTorch's."""
    return parameter.element_size() == 2 and not parameter.is_cuda


# -- options -----------------------------------------------------------------------------------------------------------

_RANGES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "lr": ("learning rate", lambda value: value >= 0),
    "rho": ("rho value", lambda value: 0 <= value <= 1),
    "eps": ("epsilon value", lambda value: value >= 0),
    **{
        name: (f"{name} value", lambda value: value >= 0)
        for name in ("momentum", "weight_decay", "alpha", "lr_decay", "initial_accumulator_value", "momentum_decay")
    },
}
"""What an option is called in an error, and whether it may have a value."""


def checked(options: dict[str, Any], but: tuple[str, ...] = ()) -> dict[str, Any]:
    """The options of an optimizer, when they are in their ranges; those in ``but`` may be anything.

    Raises:
        ValueError: one is out of its range, or the learning rate is a tensor of several elements.
        TypeError: one is no number.
        RuntimeError: two are asked for that exclude each other.
    """
    if isinstance(options["lr"], Tensor) and options["lr"].numel() != 1:
        raise ValueError("Tensor lr must be 1-element")
    for name, (words, valid) in _RANGES.items():
        if name in options and name not in but:
            check_number(options[name], f"Invalid {words}", valid)
    if "betas" in options:
        for index, beta in enumerate(pair(options["betas"])):
            check_number(beta, f"Invalid beta parameter at index {index}", lambda value: 0 <= value < 1)
    if options.get("fused") and options.get("differentiable"):
        raise RuntimeError("`fused` does not support `differentiable`")
    if options.get("fused") and options.get("foreach"):
        raise RuntimeError("`fused` and `foreach` cannot be `True` together.")
    return options


def check_number(value: Any, words: str, valid: Callable[[Any], bool] = lambda value: value >= 0) -> None:
    """Refuse what is no number, or not a valid one, with an error that begins with ``words``."""
    try:
        fits = valid(value)
    except TypeError:
        raise TypeError(f"{words}: {value!r} is no number, but of the type {type(value).__name__}") from None
    if not fits:
        raise ValueError(f"{words}: {value}")


def pair(betas: Any) -> Any:
    """Betas, when there are two."""
    if not isinstance(betas, Sequence) or isinstance(betas, str):
        raise TypeError(f"betas must be two numbers, not of the type {type(betas).__name__}")
    if len(betas) != 2:
        raise ValueError(f"betas must be two numbers, and there are {len(betas)}: {betas}")
    return betas


# -- arithmetic with numbers that may be tensors ---------------------------------------------------------------------------


def number(value: Any) -> Any:
    """A number; a tensor of one element stays one where a derivative may be asked for, and on a CUDA device."""
    if not isinstance(value, Tensor):
        return value
    return value.squeeze() if value.is_cuda or (is_grad_enabled() and value.requires_grad) else value.item()


def add_multiple(input: Tensor, other: Tensor, factor: Any) -> Tensor:
    """``input + other * factor``; numbers of 16 bits are rounded once, as PyTorch's ``add`` does with a factor of 16 bits."""
    if isinstance(factor, Tensor):
        return input + other * factor
    if input.element_size() == 2:
        narrow = tensor(factor, dtype=input.dtype).item()
        return (input.float() + other.float() * narrow).to(input.dtype)
    return input.add(other, alpha=factor)


def add_product(input: Tensor, one: Tensor, other: Tensor, factor: Any = 1) -> Tensor:
    """``input + one * other * factor``."""
    return input + one * other * factor if isinstance(factor, Tensor) else input.addcmul(one, other, value=factor)


def add_quotient(input: Tensor, one: Tensor, other: Tensor, factor: Any = 1) -> Tensor:
    """``input + one / other * factor``."""
    return input + one / other * factor if isinstance(factor, Tensor) else input.addcdiv(one, other, value=factor)


def add_stored(parameter: Tensor, sparse: Any, alpha: float) -> None:
    """Add a multiple of a sparse tensor to a strided one, in place, touching nothing else."""
    coo = sparse.to_sparse_coo()
    add_at(parameter, tuple(coo._indices().unbind(0)), coo._values().to(parameter.dtype) * alpha)


def add_at(target: Tensor, places: tuple[Tensor, ...], values: Tensor) -> None:
    """Add values at places to a tensor, in place; without dimensions there is one place."""
    if places:
        target.index_put_(places, values, accumulate=True)
    else:
        target.add_(values.sum())
