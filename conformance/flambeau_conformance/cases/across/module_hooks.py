"""Hooks of modules: when each kind is called, in which order, with what, and what it may replace."""

import warnings
from contextlib import suppress
from typing import Any

from ...programs import program, programs, refusals


def _layer(t: Any, weight: float = 2.0) -> Any:
    """A layer that multiplies by a parameter."""

    class Scale(t.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.weight = t.nn.Parameter(t.tensor(weight))

        def forward(self, x: Any, *, plus: float = 0.0) -> Any:
            return x * self.weight + plus

    return Scale()


def _leaf(t: Any, *numbers: float) -> Any:
    return t.tensor(list(numbers) or [1.0, 2.0], requires_grad=True)


@program(
    "module_hook/order/all-kinds",
    [
        "before, first",
        "before",
        "after, first",
        "after",
        "before backward, first",
        "before backward",
        "backward, first",
        "backward",
    ],
)
def _order(t: Any) -> Any:
    log: list[Any] = []
    layer = _layer(t)
    layer.register_forward_hook(lambda module, args, result: log.append("after"))
    layer.register_forward_hook(lambda module, args, result: log.append("after, first"), prepend=True)
    layer.register_forward_pre_hook(lambda module, args: log.append("before"))
    layer.register_forward_pre_hook(lambda module, args: log.append("before, first"), prepend=True)
    layer.register_full_backward_hook(lambda module, inputs, outputs: log.append("backward"))
    layer.register_full_backward_hook(lambda module, inputs, outputs: log.append("backward, first"), prepend=True)
    layer.register_full_backward_pre_hook(lambda module, outputs: log.append("before backward"))
    layer.register_full_backward_pre_hook(lambda module, outputs: log.append("before backward, first"), prepend=True)
    layer(_leaf(t)).sum().backward()
    return log


@program(
    "module_hook/order/of-all-modules-first",
    [
        ["all before", "before", "all after", "after", "all before backward", "all backward", "backward"],
        ["before", "after", "backward"],
    ],
)
def _everywhere(t: Any) -> Any:
    log: list[Any] = []
    layer = _layer(t)
    register = t.nn.modules.module
    handles = [
        register.register_module_forward_hook(lambda module, args, result: log.append("all after")),
        register.register_module_forward_pre_hook(lambda module, args: log.append("all before")),
        register.register_module_full_backward_hook(lambda module, inputs, outputs: log.append("all backward")),
        register.register_module_full_backward_pre_hook(lambda module, outputs: log.append("all before backward")),
    ]
    layer.register_forward_hook(lambda module, args, result: log.append("after"))
    layer.register_forward_pre_hook(lambda module, args: log.append("before"))
    layer.register_full_backward_hook(lambda module, inputs, outputs: log.append("backward"))
    try:
        layer(_leaf(t)).sum().backward()
    finally:
        for handle in handles:
            handle.remove()
    count = len(log)
    layer(_leaf(t)).sum().backward()
    return log[:count], log[count:]


@program("module_hook/order/nested", ["> ", "> 0", "< 0", "> 1", "< 1", "< ", "grad 1", "grad 0", "grad "])
def _nested(t: Any) -> Any:
    log: list[Any] = []
    model = t.nn.Sequential(_layer(t), _layer(t, 3.0))
    for name, module in model.named_modules():
        module.register_forward_pre_hook(lambda module, args, name=name: log.append(f"> {name}"))
        module.register_forward_hook(lambda module, args, result, name=name: log.append(f"< {name}"))
        module.register_full_backward_hook(lambda module, inputs, outputs, name=name: log.append(f"grad {name}"))
    model(_leaf(t)).sum().backward()
    return log


@program("module_hook/value/arguments", [[True, [1.0, 2.0], 1], {"plus": 5.0}, [[1.0, 2.0], [7.0, 9.0]], {"plus": 5.0}])
def _arguments(t: Any) -> Any:
    log: list[Any] = []
    layer = _layer(t)
    layer.register_forward_pre_hook(lambda module, args: log.append((module is layer, args[0].tolist(), len(args))))
    layer.register_forward_pre_hook(lambda module, args, kwargs: log.append(kwargs), with_kwargs=True)
    layer.register_forward_hook(lambda module, args, result: log.append((args[0].tolist(), result.tolist())))
    layer.register_forward_hook(lambda module, args, kwargs, result: log.append(kwargs), with_kwargs=True)
    layer(_leaf(t), plus=5.0)
    return log


@program("module_hook/value/replaces-result", [[2100.0, 4100.0], [21.0, 41.0], [20.0, 20.0], 30.0])
def _replaces_result(t: Any) -> Any:
    layer = _layer(t)
    x = _leaf(t)
    layer.register_forward_hook(lambda module, args, result: result * 10)
    layer.register_forward_hook(lambda module, args, result: result + 1)
    handle = layer.register_forward_hook(lambda module, args, result: result * 100)
    first = layer(x)
    handle.remove()
    second = layer(x)
    second.sum().backward()
    return first, second, x.grad, layer.weight.grad


@program("module_hook/value/replaces-arguments", [[22.5, 42.5], [23.5, 43.5]])
def _replaces_arguments(t: Any) -> Any:
    layer = _layer(t)
    layer.register_forward_pre_hook(lambda module, args: (args[0] * 10,))
    layer.register_forward_pre_hook(lambda module, args: args[0] + 1)
    layer.register_forward_pre_hook(
        lambda module, args, kwargs: (args, {"plus": kwargs.get("plus", 0.0) + 0.5}), with_kwargs=True
    )
    return layer(t.tensor([1.0, 2.0])), layer(t.tensor([1.0, 2.0]), plus=1.0)


@program("module_hook/value/backward-arguments", [[[1.0, 10.0]], [True, [[2.0, 20.0]], [[1.0, 10.0]]]])
def _backward_arguments(t: Any) -> Any:
    log: list[Any] = []
    layer = _layer(t)
    layer.register_full_backward_hook(
        lambda module, inputs, outputs: log.append(
            (module is layer, [each.tolist() for each in inputs], [each.tolist() for each in outputs])
        )
    )
    layer.register_full_backward_pre_hook(lambda module, outputs: log.append([each.tolist() for each in outputs]))
    (layer(_leaf(t)) * t.tensor([1.0, 10.0])).sum().backward()
    return log


@program("module_hook/value/backward-replaces", [[42.0, 42.0], 30.0])
def _backward_replaces(t: Any) -> Any:
    layer = _layer(t)
    x = _leaf(t)
    layer.register_full_backward_pre_hook(lambda module, outputs: (outputs[0] * 10,))
    layer.register_full_backward_hook(lambda module, inputs, outputs: (inputs[0] + 1,))
    layer.register_full_backward_hook(lambda module, inputs, outputs: (inputs[0] * 2,))
    layer(x).sum().backward()
    return x.grad, layer.weight.grad


@program("module_hook/value/backward-without-input-gradient", [[[[True], [1.0, 1.0]]], 3.0])
def _without_input(t: Any) -> Any:
    log: list[Any] = []
    layer = _layer(t)
    layer.register_full_backward_hook(
        lambda module, inputs, outputs: log.append(([each is None for each in inputs], outputs[0].tolist()))
    )
    layer(t.tensor([1.0, 2.0])).sum().backward()
    return log, layer.weight.grad


@program(
    "module_hook/value/several-results",
    [[[2.0, 2.0], [21.0], [1.0, 1.0], [7.0]], [[2.0, 2.0], [0.0], [1.0, 1.0], None]],
)
def _several(t: Any) -> Any:
    class Two(t.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any, y: Any) -> Any:
            return x * 2, y * 3

    log: list[Any] = []
    layer = Two()
    layer.register_full_backward_hook(
        lambda module, inputs, outputs: log.append(
            [None if each is None else each.tolist() for each in (*inputs, *outputs)]
        )
    )
    first, second = layer(_leaf(t), _leaf(t, 5.0))
    (first.sum() + second.sum() * 7).backward()
    first, second = layer(_leaf(t), _leaf(t, 5.0))
    first.sum().backward()
    return log


@program(
    "module_hook/value/removed",
    [
        "before",
        "after",
        "before backward",
        "backward",
        "|",
        "after",
        "before backward",
        "backward",
        "|",
        "before backward",
        "backward",
        "|",
        "before backward",
        "|",
    ],
)
def _removed(t: Any) -> Any:
    log: list[Any] = []
    layer = _layer(t)
    handles = [
        layer.register_forward_pre_hook(lambda module, args: log.append("before")),
        layer.register_forward_hook(lambda module, args, result: log.append("after")),
        layer.register_full_backward_hook(lambda module, inputs, outputs: log.append("backward")),
        layer.register_full_backward_pre_hook(lambda module, outputs: log.append("before backward")),
    ]
    for handle in handles:
        layer(_leaf(t)).sum().backward()
        log.append("|")
        handle.remove()
    layer(_leaf(t)).sum().backward()
    return log


@program("module_hook/value/always-called", [["always", None], ["forward"]])
def _always(t: Any) -> Any:
    log: list[Any] = []

    class Fails(t.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            raise KeyError("forward")

    layer = Fails()
    layer.register_forward_hook(lambda module, args, result: log.append("plain"))
    layer.register_forward_hook(lambda module, args, result: log.append(("always", result)), always_call=True)
    try:
        layer(t.ones(1))
    except KeyError as error:
        log.append(error.args)
    return log


@program("module_hook/value/copied", [False, True])
def _copied(t: Any) -> Any:
    import copy

    log: list[Any] = []
    layer = _layer(t)
    layer.register_forward_hook(lambda module, args, result: log.append(module is layer))
    copy.deepcopy(layer)(t.ones(1))
    layer(t.ones(1))
    return log


@program(
    "module_hook/value/state-dict",
    [["before", "0."], ["after", ["0.weight"], "0."], ["load", ["0.weight"], "0."], ["loaded", []]],
)
def _state(t: Any) -> Any:
    log: list[Any] = []
    layer = _layer(t)
    layer.register_state_dict_pre_hook(lambda module, prefix, keep_vars: log.append(("before", prefix)))
    layer.register_state_dict_post_hook(
        lambda module, state, prefix, metadata: log.append(("after", list(state), prefix))
    )
    layer.register_load_state_dict_pre_hook(
        lambda module, state, prefix, *rest: log.append(("load", list(state), prefix))
    )
    layer.register_load_state_dict_post_hook(lambda module, keys: log.append(("loaded", list(keys.missing_keys))))
    model = t.nn.Sequential(layer)
    model.load_state_dict(model.state_dict())
    return log


@program(
    "module_hook/value/registration",
    [["parameter", "weight"], ["parameter", "bias"], ["buffer", "count"], ["module", "0"]],
)
def _registration(t: Any) -> Any:
    log: list[Any] = []
    register = t.nn.modules.module
    handles = [
        register.register_module_parameter_registration_hook(
            lambda module, name, part: log.append(("parameter", name))
        ),
        register.register_module_buffer_registration_hook(lambda module, name, part: log.append(("buffer", name))),
        register.register_module_module_registration_hook(lambda module, name, part: log.append(("module", name))),
    ]
    try:
        layer = t.nn.Linear(1, 1)
        layer.register_buffer("count", t.zeros(1))
        t.nn.Sequential(layer)
    finally:
        for handle in handles:
            handle.remove()
    t.nn.Sequential(t.nn.Linear(1, 1))
    return log


# -- the older backward hooks, and warnings ------------------------------------------------------------------------------


def _warned(call: Any) -> list[str]:
    """The first words of the warnings of a call."""
    with warnings.catch_warnings(record=True) as issued:
        warnings.simplefilter("always")
        call()
    return [str(each.message)[:70] for each in issued]


@program("module_hook/value/older-backward", [[True, 2, [1.0, 1.0]], "second"])
def _older(t: Any) -> Any:
    log: list[Any] = []
    layer = _layer(t)
    layer.register_backward_hook(
        lambda module, inputs, outputs: log.append((module is layer, len(inputs), outputs[0].tolist()))
    )
    layer.register_backward_hook(lambda module, inputs, outputs: log.append("second"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        layer(_leaf(t)).sum().backward()
    return log


def _older_on(t: Any, forward: Any, args: Any = None) -> Any:
    """What an older backward hook gets of a module whose ``forward`` is given, and what is warned of."""
    log: list[Any] = []
    layer = type("Own", (t.nn.Module,), {"forward": lambda self, *args: forward(*args)})()
    layer.register_backward_hook(
        lambda module, inputs, outputs: log.append(
            [None if each is None else each.tolist() for each in (*inputs, *outputs)]
        )
    )
    results: list[Any] = []
    said = _warned(lambda: results.append(layer(*(args or (_leaf(t),)))))
    result = results[0]
    while not hasattr(result, "sum"):
        result = next(iter(result.values())) if isinstance(result, dict) else result[0]
    result.sum().backward()
    return log, said


programs("older_hook", {
    "one-operation": (lambda t: _older_on(t, lambda x: x * 2), [[[[2.0, 2.0], None, [1.0, 1.0]]], ["Using a non-full backward hook when the forward contains multiple auto"]]),
    "two-operations": (lambda t: _older_on(t, lambda x: (x * 2).exp() * 0 + x), [[[[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]], ["Using a non-full backward hook when the forward contains multiple auto"]]),
    "dict": (lambda t: _older_on(t, lambda x: {"a": x * 2}), [[[[2.0, 2.0], None, [1.0, 1.0]]], ["Using non-full backward hooks on a Module that does not return a singl"]]),
    "list": (lambda t: _older_on(t, lambda x: [x * 3]), [[[[3.0, 3.0], None, [1.0, 1.0]]], ["Using non-full backward hooks on a Module that does not return a singl"]]),
    "tuple": (lambda t: _older_on(t, lambda x: (x * 3,)), [[[[3.0, 3.0], None, [1.0, 1.0]]], ["Using a non-full backward hook when the forward contains multiple auto"]]),
    "two-nodes": (lambda t: _older_on(t, lambda x: (x * 3, x * 4)), [[[[3.0, 3.0], None, [1.0, 1.0]]], ["Using a non-full backward hook when outputs are generated by different"]]),
    "one-node-of-two-outputs": (lambda t: _older_on(t, lambda x: x.unbind(0)), [[[[1.0, 0.0], 1.0, None]], ["Using a non-full backward hook when the forward contains multiple auto"]]),
    "number-argument": (lambda t: _older_on(t, lambda x, n: x * n, (_leaf(t), 2)), [[[[2.0, 2.0], None, [1.0, 1.0]]], ["Using non-full backward hooks on a Module that does not take as input "]]),
})  # fmt: skip


@program(
    "module_hook/value/warnings",
    [
        ["For backward hooks to be called, module output should be a Tensor or a"],
        ["module forward hook with ``always_call=True`` raised an exception that"],
        [],
    ],
)
def _warnings(t: Any) -> Any:
    full = type("Own", (t.nn.Module,), {"forward": lambda self, x: [x * 2]})()
    full.register_full_backward_hook(lambda module, inputs, outputs: None)

    def fails(self: Any, x: Any) -> Any:
        raise KeyError("forward")

    def call_failing() -> None:
        layer = type("Own", (t.nn.Module,), {"forward": fails})()
        layer.register_forward_hook(lambda module, args, result: dict[str, Any]()["hook"], always_call=True)
        with suppress(KeyError):
            layer(t.ones(1))

    return _warned(lambda: full(_leaf(t))), _warned(call_failing), _warned(lambda: _layer(t)(_leaf(t)))


@program("module_hook/value/always-called-once", ["always, before", "always, after"])
def _always_once(t: Any) -> Any:
    log: list[str] = []

    def fails(*args: Any) -> None:
        raise KeyError("hook")

    layer = _layer(t)
    layer.register_forward_hook(lambda module, args, result: log.append("always, before"), always_call=True)
    layer.register_forward_hook(fails)
    layer.register_forward_hook(lambda module, args, result: log.append("plain, after"))
    layer.register_forward_hook(lambda module, args, result: log.append("always, after"), always_call=True)
    with suppress(KeyError):
        layer(t.ones(1))
    return log


def _hooked(t: Any, register: str, hook: Any, **options: Any) -> None:
    layer = _layer(t)
    getattr(layer, register)(hook, **options)
    layer(_leaf(t)).sum().backward()


refusals("module_hook", {
    "pair-of-arguments": (lambda t: _hooked(t, "register_forward_pre_hook", lambda module, args, kwargs: 3, with_kwargs=True), RuntimeError, "forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got 3."),
    "backward-number": (lambda t: _hooked(t, "register_full_backward_hook", lambda module, inputs, outputs: (inputs[0], inputs[0])), RuntimeError, "Backward hook returned an invalid number of grad_input, got 2, but expected 1"),
    "mixed-backward-hooks": (lambda t: (lambda layer: (layer.register_full_backward_hook(print), layer.register_backward_hook(print)))(
        _layer(t)), RuntimeError, "Cannot use both regular backward hooks and full backward hooks on a single Module. Please use only one of them."),
    "missing-forward": (lambda t: t.nn.Module()(1), NotImplementedError, "Module [Module] is missing the required \"forward\" function"),
    "result-changed-in-place": (lambda t: (lambda layer: (layer.register_full_backward_hook(lambda *_: None), layer(_leaf(t)).add_(1)))(
        _layer(t)), RuntimeError, "Output 0 of BackwardHookFunction is a view and is being modified inplace. This view was created inside a custom"),
})  # fmt: skip
