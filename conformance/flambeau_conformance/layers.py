"""Cases of layers: a layer is named once, with what it is made of and applied to, and its signature says the rest.

    layer("BatchNorm1d", 4, inputs=[In((3, 4))])

declares the layer without options, its first and second gradients, every value that :data:`_VALUES` has for each of its
parameters, the state that a call leaves behind, and what it refuses. An option of a new layer is tried without being named;
one of a new name asks for its values here, or where the layer is named.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import flambeau

from .checks import quietly
from .declare import Error, Sample, op
from .inputs import In

__all__ = ["filled", "layer"]

Apply: TypeAlias = Callable[..., Any]


class _Made(NamedTuple):
    """A value that is made of the module on trial and the first input."""

    make: Callable[[Any, Any], Any]


def _weights(t: Any, x: Any) -> Any:
    """A weight for every class, as many as the input has columns."""
    return t.linspace(0.5, 1.5, x.shape[min(x.dim() - 1, 1)], dtype=x.dtype, device=x.device)


_WEIGHTS = _Made(_weights)
_FLOATING = _Made(lambda t, x: x.dtype if x.is_floating_point() else t.float64)
_VALUES: dict[str, tuple[Any, ...]] = {
    "bias": (False,), "affine": (False, True), "elementwise_affine": (False,), "track_running_stats": (False, True),
    "eps": (0.1,), "layer_norm_eps": (0.1,), "momentum": (0.3, None), "device": (_Made(lambda t, x: x.device),),
    "dtype": (_FLOATING,), "reduction": ("none", "sum"), "size_average": (False, True), "reduce": (False, True),
    "margin": (0.3,), "swap": (True,), "full": (True,), "log_input": (False,), "log_target": (True,), "beta": (0.4,),
    "delta": (0.4,), "alpha": (0.2,), "k": (2.0,), "weight": (_WEIGHTS,), "pos_weight": (_WEIGHTS,), "ignore_index": (1,),
    "label_smoothing": (0.2,), "batch_first": (True,), "norm_first": (True,), "activation": ("gelu",), "dropout": (0.0,),
    "div_value": (2.0,), "head_bias": (True,), "norm_type": (1.0,), "scale_grad_by_freq": (True,), "padding_idx": (1,),
    "max_norm": (0.5,), "sparse": (False,), "include_last_offset": (True,), "add_bias_kv": (True,), "add_zero_attn": (True,),
    "blank": (2,), "zero_infinity": (True,), "num_layers": (2,), "bidirectional": (True,),
}  # fmt: skip
"""What a parameter of that name can be, beside its default."""


def filled(t: Any, module: Any) -> Any:
    """A module whose parameters count up from -1 to 1: numbers that are the same wherever it is made."""
    with t.no_grad():
        for parameter in module.parameters():
            numbers = t.linspace(-1, 1, parameter.numel(), dtype=parameter.dtype, device=parameter.device)
            parameter.copy_(numbers.reshape(parameter.shape))
    return module


def layer(
    name: str, *arguments: Any, inputs: Sequence[In], apply: Apply | None = None, options: Mapping[str, Any] | None = None,
    values: Mapping[str, tuple[Any, ...]] | None = None, refuses: Error | None = None, orders: int = 2,
    tolerance: str = "reduction", slopes: str = "", curves: str = "", **declared: Any,
) -> None:  # fmt: skip
    """Declare a layer.

    Args:
        name: of the class in ``torch.nn``.
        arguments: what it is made of; an int, a text, or a function of the module on trial.
        inputs: the tensors that it is applied to.
        apply: calls the layer with them; how it is plainly called if None.
        options: what it is always made with.
        values: for parameters that have others than in :data:`_VALUES`; none for one that is tried elsewhere.
        refuses: what it refuses, beside what is no tensor.
        orders: how many derivatives PyTorch has of it.
        tolerance: the class of :mod:`.compare` of what it gives.
        slopes: of gradients, in which more terms cancel; the same if left out.
        curves: of second gradients; the same as of gradients if left out.
        declared: other arguments of :func:`.declare.op`.
    """
    made = _Layer(name, arguments, dict(options or {}), apply or _plainly)
    slopes = slopes or tolerance

    def sample(label: str, call: Apply, given: str, dtypes: tuple[str, ...] | None = None) -> Sample:
        return Sample(label, call, tuple(inputs), dtypes, gradient=False, tolerance=given)

    samples = [sample("default", made.call, tolerance)]
    if orders:
        samples.append(sample("gradients", partial(made.gradients, 1), slopes))
    if orders > 1:
        samples.append(sample("second-gradients", partial(made.gradients, 2), curves or slopes))
    for parameter, value, label in _choices(name, len(arguments), {**_VALUES, **(values or {})}, made.options):
        bent = bool(orders) and parameter in _CHANGING
        call = partial(made.gradients, 1) if bent else made.call
        samples.append(sample(label, partial(call, **{parameter: value}), slopes if bent else tolerance, ("float64",)))
    samples.append(sample("state", made.state, tolerance))
    errors = [Error("not-a-tensor", made.misused, (TypeError, AttributeError, RuntimeError, ValueError))]
    op(
        f"nn.{name}", samples=samples, method=False, refuses=False, tolerance=_OF_PRODUCTS,
        errors=[*errors, *([refuses] if refuses else [])], **declared,
    )  # fmt: skip


_OF_PRODUCTS = "matmul"
"""The class of a layer as a whole: it is not tried on numbers so small that products of them vanish."""

_CHANGING = frozenset(
    {
        "affine", "beta", "bias", "delta", "elementwise_affine", "eps", "margin", "momentum", "norm_first", "pos_weight",
        "reduction", "weight",
    }
)  # fmt: skip
"""Parameters that change how the gradient is computed."""


def _choices(
    name: str, given: int, values: Mapping[str, tuple[Any, ...]], options: Mapping[str, Any]
) -> Iterator[tuple[str, Any, str]]:
    """The parameters of a layer with the values that they have not by default, and labels for them.

    Raises:
        LookupError: there are no values for one.
    """
    signature = inspect.signature(getattr(flambeau.nn, name))
    for parameter in [*signature.parameters.values()][given:]:
        if parameter.name.startswith("_") or parameter.name in options or parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.name not in values:
            raise LookupError(f"nn.{name} has a parameter {parameter.name!r}, for which no value stands in _VALUES")
        for value in values[parameter.name]:
            if not _is(value, parameter.default):
                label = "given" if isinstance(value, _Made) or callable(value) else str(value)
                yield parameter.name, value, f"{parameter.name}={label}".replace("/", "-").replace(" ", "")


def _is(value: Any, default: Any) -> bool:
    return type(value) is type(default) and bool(value == default)


def _slope(t: Any, like: Any) -> Any:
    """A number for every element of what a layer gives, of both signs and in no order, so that few terms cancel."""
    numbers = (t.arange(like.numel(), device=like.device) * 7 % 11 - 4).to(like.dtype) / 4
    return numbers.reshape(like.shape)


def _slopes(t: Any, found: list[Any], wanted: list[Any], again: bool) -> list[Any]:
    """The gradients of what is wanted; zeros of what has no part in what was found."""
    ends = [each for each in found if each.requires_grad]
    weights = [_slope(t, each) for each in ends]
    slopes = (
        t.autograd.grad(ends, wanted, weights, create_graph=again, allow_unused=True) if ends else [None] * len(wanted)
    )
    return [t.zeros_like(one) if slope is None else slope for one, slope in zip(wanted, slopes, strict=True)]


def _plainly(t: Any, module: Any, *tensors: Any) -> Any:
    return module(*tensors)


class _Layer(NamedTuple):
    """How a layer is made and called."""

    name: str
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    apply: Apply

    def make(self, t: Any, x: Any, **options: Any) -> Any:
        """The layer, in the dtype of the first input that has one of floats, with weights that are known."""
        given = {key: value.make(t, x) if isinstance(value, _Made) else value for key, value in options.items()}
        arguments = [value(t) if callable(value) else value for value in self.arguments]
        always = {key: value(t) if callable(value) else value for key, value in self.options.items()}
        module = quietly(lambda: getattr(t.nn, self.name)(*arguments, **{**always, **given}))
        return module.to(x.dtype) if x.is_floating_point() else module

    def call(self, t: Any, *tensors: Any, **options: Any) -> Any:
        """What the layer gives; a lazy one has been called before, to know its sizes."""
        module = self.make(t, tensors[0], **options)
        if self.name.startswith("Lazy"):
            quietly(lambda: self.apply(t, module, *tensors))
        return quietly(lambda: self.apply(t, filled(t, module), *tensors))

    def gradients(self, order: int, t: Any, *tensors: Any, **options: Any) -> Any:
        """What the layer gives, and the gradients of its inputs and parameters, or the gradients of those."""
        module = self.make(t, tensors[0], **options)
        inputs = [each.detach().clone().requires_grad_(each.is_floating_point()) for each in tensors]
        if self.name.startswith("Lazy"):
            quietly(lambda: self.apply(t, module, *inputs))
        found = quietly(lambda: self.apply(t, filled(t, module), *inputs))
        wanted = [each for each in (*inputs, *module.parameters()) if each.requires_grad]
        given = list(found) if isinstance(found, tuple) else [found]
        for left in reversed(range(order)):
            given = _slopes(t, given, wanted, left > 0)
        return (*(found if isinstance(found, tuple) else (found,)), *given)

    def state(self, t: Any, *tensors: Any) -> Any:
        """What the layer gives when it does not train any more, after it has; and what it keeps beside its parameters."""
        module = self.make(t, tensors[0])
        for _ in range(2):
            quietly(lambda: self.apply(t, module, *[each.detach() for each in tensors]))
        found = quietly(lambda: self.apply(t, filled(t, module.eval()), *tensors))
        return (
            *(found if isinstance(found, (tuple, list)) else (found,)),
            *(each.clone() for each in module.buffers()),
        )

    def misused(self, t: Any) -> Any:
        """What must be refused: an input that is no tensor."""
        return self.make(t, t.ones(2, 2))("no tensor")
