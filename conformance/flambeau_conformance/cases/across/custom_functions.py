"""Functions with derivatives of their own, checkpoints, anomaly detection, and hooks on what is saved."""

import warnings
from contextlib import contextmanager
from importlib import import_module
from typing import Any

from ...programs import program, programs, refusals
from ...subject import CPU_STREAM


def _leaf(t: Any, *numbers: float) -> Any:
    return t.tensor(list(numbers) or [1.0, 2.0], requires_grad=True)


def _function(t: Any, forward: Any, backward: Any, **more: Any) -> Any:
    """A function of two static methods."""
    methods = {"forward": staticmethod(forward), "backward": staticmethod(backward)}
    methods |= {name: staticmethod(call) for name, call in more.items()}
    return _class(t, methods)


def _class(t: Any, methods: Any) -> Any:
    return type("Own", (t.autograd.Function,), methods)


def _square(t: Any, log: list[Any] | None = None) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    def backward(ctx: Any, grad: Any) -> Any:
        (x,) = ctx.saved_tensors
        if log is not None:
            log.append((ctx.needs_input_grad, t.is_grad_enabled()))
        return grad * 2 * x

    return _function(t, forward, backward)


@program("Function/value/derivatives", [[2.0, 4.0], [2.0, 2.0], "OwnBackward"])
def _derivatives(t: Any) -> Any:
    x = _leaf(t)
    (first,) = t.autograd.grad(_square(t).apply(x).sum(), x, create_graph=True)
    (second,) = t.autograd.grad(first.sum(), x)
    return first, second, _square(t).apply(x).grad_fn.name()


@program("Function/value/modes", [[[[True], False], [[True], True]], [False], True, False])
def _modes(t: Any) -> Any:
    log: list[Any] = []
    square = _square(t, log)
    square.apply(_leaf(t)).sum().backward()
    x = _leaf(t)
    t.autograd.grad(square.apply(x).sum(), x, create_graph=True)
    inside: list[bool] = []

    def forward(ctx: Any, x: Any) -> Any:
        inside.append(t.is_grad_enabled())
        return x * 2

    _function(t, forward, lambda ctx, grad: grad * 2).apply(x)
    return log, inside, t.is_grad_enabled(), square.apply(t.ones(1)).requires_grad


@program(
    "Function/value/several", [[[[2.0, 2.0], [0.0, 0.0], 0.0], [[1.0, 1.0], [1.0, 1.0], 0.0]], [9.0, 9.0], [10.0, 10.0]]
)
def _several(t: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any, number: float, y: Any) -> Any:
        ctx.number = number
        return x * number, y + 1, x.sum() * 0

    def backward(ctx: Any, *grads: Any) -> Any:
        seen.append([grad.tolist() for grad in grads])
        return grads[0] * ctx.number, None, grads[1] * 10

    x, y = _leaf(t), _leaf(t, 5.0, 6.0)
    first, second, _ = _function(t, forward, backward).apply(x, 3.0, y)
    (first * 2).sum().backward()
    first, second, _ = _function(t, forward, backward).apply(x, 3.0, y)
    (first + second).sum().backward()
    return seen, x.grad, y.grad


@program("Function/value/no-zeros", [[[True, False]], [3.0, 3.0]])
def _no_zeros(t: Any) -> Any:
    seen: list[Any] = []

    def forward(ctx: Any, x: Any) -> Any:
        ctx.set_materialize_grads(False)
        return x * 2, x * 3

    def backward(ctx: Any, one: Any, two: Any) -> Any:
        seen.append((one is None, two is None))
        return two * 3

    x = _leaf(t)
    _function(t, forward, backward).apply(x)[1].sum().backward()
    return seen, x.grad


@program("Function/value/in-place", [True, [5.0, 10.0], [50.0, 100.0], 2])
def _in_place(t: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x.mul_(5)

    x = _leaf(t)
    y = x * 1
    z = _function(t, forward, lambda ctx, grad: grad * 5).apply(y)
    (z * z).sum().backward()
    return z is y, y.detach(), x.grad, y._version


@program("Function/value/not-differentiable", [True, False])
def _not_differentiable(t: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        order = x.argsort()
        ctx.mark_non_differentiable(order)
        return x * 2, order

    first, second = _function(t, forward, lambda ctx, grad, other: grad * 2).apply(_leaf(t))
    return first.requires_grad, second.requires_grad


@program("Function/value/setup-context", [4.0, 5.0])
def _setup(t: Any) -> Any:
    def setup(ctx: Any, inputs: Any, output: Any) -> None:
        ctx.save_for_backward(output, inputs[0])

    def backward(ctx: Any, grad: Any) -> Any:
        output, x = ctx.saved_tensors
        return grad * output + x

    x = _leaf(t)
    _function(t, lambda x: x.exp() * 0 + 3, backward, setup_context=setup).apply(x).sum().backward()
    return x.grad


@program("Function/value/broadcast-gradient", [[3.0], [3.0]])
def _smaller(t: Any) -> Any:
    x = t.ones(2, 1, requires_grad=True)
    _function(t, lambda ctx, x: x.expand(2, 3) * 1, lambda ctx, grad: grad).apply(x).sum().backward()
    return x.grad


@program("Function/value/once", [2.0, 2.0])
def _once(t: Any) -> Any:
    once = import_module(f"{t.__name__}.autograd.function").once_differentiable
    x = _leaf(t)
    y = _function(t, lambda ctx, x: x * 2, once(lambda ctx, grad: grad * 2)).apply(x)
    (first,) = t.autograd.grad(y.sum(), x, create_graph=True)
    return first.detach()


def _through(t: Any, backward: Any) -> None:
    _function(t, lambda ctx, x: x * 2, backward).apply(_leaf(t)).sum().backward()


def _kept(t: Any) -> Any:
    x = _leaf(t)
    y = _square(t).apply(x * 1)
    y.sum().backward()
    y.sum().backward()


def _changed(t: Any) -> Any:
    x = _leaf(t) * 1
    y = _square(t).apply(x)
    x.add_(1)
    y.sum().backward()


refusals("Function", {
    "too-many-gradients": (lambda t: _through(t, lambda ctx, grad: (grad, grad)), RuntimeError, "function OwnBackward returned an incorrect number of gradients (expected 1, got 2)"),
    "wrong-shape": (lambda t: _through(t, lambda ctx, grad: t.ones(3)), RuntimeError, "Function OwnBackward returned an invalid gradient at index 0 - got [3] but expected shape compatible with [2]"),
    "no-tensor": (lambda t: _through(t, lambda ctx, grad: 3.0), RuntimeError, "expected Variable or None (got float)"),
    "twice": (_kept, RuntimeError, "Trying to backward through the graph a second time (or directly access saved tensors after they have already been"),
    "changed": (_changed, RuntimeError, "is at version 1; expected version 0 instead"),
    "no-forward": (lambda t: _class(t, {}).apply(_leaf(t)), NotImplementedError, "You must implement the forward function for custom autograd.Function."),
    "no-backward": (lambda t: _class(t, {"forward": staticmethod(lambda ctx, x: x * 2)}).apply(_leaf(t)).sum().backward(), NotImplementedError, "You must implement either the backward or vjp method for your custom autograd.Function to use it with backward mode AD."),
    "called": (lambda t: _square(t)()(_leaf(t)), RuntimeError, "Legacy autograd function with non-static forward method is deprecated. Please use new-style autograd function with"),
    "saves-numbers": (lambda t: _function(t, lambda ctx, x: (ctx.save_for_backward(3), x)[1], None).apply(_leaf(t)), TypeError, "save_for_backward can only save variables, but argument 0 is of type int"),
    "backward-raises": (lambda t: _through(t, lambda ctx, grad: dict[str, Any]()["missing"]), KeyError, "'missing'"),
})  # fmt: skip


# -- checkpoints --------------------------------------------------------------------------------------------------------


def _checkpoint(t: Any) -> Any:
    return import_module(f"{t.__name__}.utils.checkpoint")


def _same(t: Any, part: Any, **options: Any) -> Any:
    """The gradients of a part as it is, and in a checkpoint, and how often the part was called."""
    found = []
    for inside in (False, True):
        calls: list[int] = []

        def counted(*args: Any, calls: list[int] = calls) -> Any:
            calls.append(1)
            return part(*args)

        x, y = _leaf(t), _leaf(t, 3.0, 4.0)
        t.manual_seed(5)
        result = _checkpoint(t).checkpoint(counted, x, y, use_reentrant=False, **options) if inside else counted(x, y)
        after = t.rand(3).tolist()
        (result * t.tensor([1.0, 10.0])).sum().backward()
        found.append((result.tolist(), x.grad.tolist(), y.grad.tolist(), after, t.rand(3).tolist()))
    return found[0] == found[1], len(calls)


def _unrecorded(t: Any) -> Any:
    calls: list[int] = []

    def counted(x: Any) -> Any:
        calls.append(1)
        return x * 2

    with t.no_grad():
        y = _checkpoint(t).checkpoint(counted, _leaf(t), use_reentrant=False)
    return y.requires_grad, len(calls)


def _sequential(t: Any) -> Any:
    found = []
    for segments in (1, 2, 3):
        x = _leaf(t)
        parts = [lambda x: x * 2, lambda x: x.exp(), lambda x: x * x]
        y = _checkpoint(t).checkpoint_sequential(parts, segments, x, use_reentrant=False)
        y.sum().backward()
        found.append((y.tolist(), x.grad.tolist()))
    return found[0] == found[1] == found[2], found[0][1][0] > 100


def _nested(t: Any) -> Any:
    checkpoint = _checkpoint(t).checkpoint
    x = _leaf(t)
    inner = lambda x: (x * x) * x  # noqa: E731
    checkpoint(lambda x: checkpoint(inner, x * 2, use_reentrant=False) * x, x, use_reentrant=False).sum().backward()
    return x.grad


def _twice(t: Any) -> Any:
    x = _leaf(t)
    y = _checkpoint(t).checkpoint(lambda x: (x * x) * x, x, use_reentrant=False).sum()
    y.backward(retain_graph=True)
    y.backward()
    return x.grad


def _state_not_kept(t: Any) -> Any:
    drawn: list[Any] = []

    def part(x: Any) -> Any:
        drawn.append(t.rand(3).tolist())
        return x * x

    _checkpoint(t).checkpoint(part, _leaf(t), use_reentrant=False, preserve_rng_state=False).sum().backward()
    return len(drawn), drawn[0] == drawn[1]


def _contexts(t: Any) -> Any:
    log: list[str] = []

    @contextmanager
    def context(name: str) -> Any:
        log.append(f"> {name}")
        yield
        log.append(f"< {name}")

    contexts = lambda: (context("first"), context("again"))  # noqa: E731
    _checkpoint(t).checkpoint(
        lambda x: x * x, _leaf(t), use_reentrant=False, context_fn=contexts, early_stop=False
    ).sum().backward()
    return log


def _masked(t: Any) -> Any:
    t.manual_seed(1)
    x = t.ones(8, requires_grad=True)
    _checkpoint(t).checkpoint(lambda x: t.nn.functional.dropout(x * x, 0.5), x, use_reentrant=False).sum().backward()
    return x.grad, t.rand(1)


programs("checkpoint", {
    "products": (lambda t: _same(t, lambda x, y: (x * y).exp() * x), [True, 2]),
    "dropout": (lambda t: _same(t, lambda x, y: t.nn.functional.dropout(x * y, 0.5) * y), [True, 2]),
    "random": (lambda t: _same(t, lambda x, y: x * y * t.rand(2)), [True, 2]),
    "in-place": (lambda t: _same(t, lambda x, y: (x * y).mul_(x)), [True, 2]),
    "no-early-stop": (lambda t: _same(t, lambda x, y: (x * y).exp(), early_stop=False), [True, 2]),
    "without-gradient": (lambda t: _checkpoint(t).checkpoint(lambda x: x * 2, t.ones(2), use_reentrant=False).requires_grad, False),
    "under-no-grad": (lambda t: _unrecorded(t), [False, 1]),
    "keywords": (lambda t: _checkpoint(t).checkpoint(lambda x, *, plus: x + plus, t.ones(2), plus=3, use_reentrant=False), [4.0, 4.0]),
    "sequential": (lambda t: _sequential(t), [True, True]),
    "nested": (lambda t: _nested(t), [32.0, 256.0]),
    "retained": (lambda t: _twice(t), [6.0, 24.0]),
    "state-not-kept": (lambda t: _state_not_kept(t), [2, False]),
    "contexts": (lambda t: _contexts(t), ["> first", "< first", "> again", "< again"]),
})  # fmt: skip
programs("checkpoint", {
    "dropout-mask": (lambda t: _masked(t), [[4.0, 4.0, 4.0, 4.0, 0.0, 4.0, 4.0, 0.0], [0.5724719762802124]]),
}, aspect="seeded", extensions=(CPU_STREAM,))  # fmt: skip


def _differs(t: Any) -> None:
    sizes = [2, 1]
    _checkpoint(t).checkpoint(lambda x: x[: sizes.pop(0)].exp(), _leaf(t), use_reentrant=False).sum().backward()


def _fewer(t: Any) -> None:
    rounds = [3, 1]

    def part(x: Any) -> Any:
        for _ in range(rounds.pop(0)):
            x = x.exp()
        return x

    _checkpoint(t).checkpoint(part, _leaf(t), use_reentrant=False).sum().backward()


refusals("checkpoint", {
    "other-shapes": (_differs, RuntimeError, "torch.utils.checkpoint: Recomputed values for the following tensors have different metadata than during the forward"),
    "fewer-saved": (_fewer, RuntimeError, "torch.utils.checkpoint: A different number of tensors was saved during the original forward and recomputation."),
    "check": (lambda t: _checkpoint(t).checkpoint(lambda x: x, _leaf(t), use_reentrant=False, determinism_check="nonsense"), ValueError, "determinism_check should be one of ['default', 'none'], but got nonsense"),
    "reentrant-keywords": (lambda t: _checkpoint(t).checkpoint(lambda x, a: x, _leaf(t), use_reentrant=True, a=3), ValueError, "Unexpected keyword arguments: a"),
})  # fmt: skip


# -- anomalies and what is saved --------------------------------------------------------------------------------------


@program(
    "anomaly/value/names-the-node",
    [[False, True], False, "Function 'SqrtBackward0' returned nan values in its 0th output."],
)
def _anomaly(t: Any) -> Any:
    x = t.tensor([0.0], requires_grad=True)
    modes = [t.is_anomaly_enabled()]
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        try:
            with t.autograd.detect_anomaly():
                modes.append(t.is_anomaly_enabled())
                (x.sqrt() * 0).sum().backward()
        except RuntimeError as error:
            message = str(error)
    return modes, t.is_anomaly_enabled(), message


@program("anomaly/value/without-check", [float("nan")])
def _unchecked(t: Any) -> Any:
    x = t.tensor([0.0], requires_grad=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with t.autograd.set_detect_anomaly(True, check_nan=False):
            (x.sqrt() * 0).sum().backward()
    return x.grad


@program(
    "saved_hooks/value/order-and-nesting",
    [["pack outer", "pack inner", "pack outer", "unpack outer", "unpack inner", "unpack outer"], [2]],
)
def _order(t: Any) -> Any:
    log: list[str] = []

    def hooks(name: str) -> Any:
        def pack(tensor: Any) -> Any:
            log.append(f"pack {name}")
            return tensor

        def unpack(tensor: Any) -> Any:
            log.append(f"unpack {name}")
            return tensor

        return t.autograd.graph.saved_tensors_hooks(pack, unpack)

    x = _leaf(t)
    with hooks("outer"):
        y = x.exp()
        with hooks("inner"):
            y = y.sin()
        y = y.cos()
    y = y.tanh()
    y.sum().backward()
    return log, x.grad.shape


@program("saved_hooks/value/replaces", [22.0, 42.0])
def _replaces(t: Any) -> Any:
    x = _leaf(t)
    with t.autograd.graph.saved_tensors_hooks(lambda tensor: tensor * 10, lambda tensor: tensor + 1):
        y = x * x
    y.sum().backward()
    return x.grad


@program("saved_hooks/value/left-by-error", [])
def _left(t: Any) -> Any:
    log: list[str] = []
    try:
        with t.autograd.graph.saved_tensors_hooks(lambda tensor: log.append("pack"), lambda packed: packed):
            raise KeyError
    except KeyError:
        _leaf(t).exp().sum().backward()
    return log


def _packed(t: Any, pack: Any, unpack: Any) -> None:
    x = _leaf(t) * 1
    with t.autograd.graph.saved_tensors_hooks(pack, unpack):
        y = x * x
    y.sum().backward()


def _disabled(t: Any) -> None:
    with t.autograd.graph.disable_saved_tensors_hooks("not here"), t.autograd.graph.save_on_cpu():
        pass


refusals("saved_hooks", {
    "changes-in-place": (lambda t: _packed(t, lambda tensor: tensor.mul_(2), lambda packed: packed), RuntimeError, "A saved tensor pack hook is modifying its input in place. Tensors provided as input to pack hook cannot be modified by"),
    "gives-no-tensor": (lambda t: _packed(t, lambda tensor: tensor, lambda packed: 3), TypeError, "Output of saved tensor unpack_hook expected to be a Tensor but got result of type int"),
    "disabled": (lambda t: _disabled(t), RuntimeError, "not here"),
})  # fmt: skip
