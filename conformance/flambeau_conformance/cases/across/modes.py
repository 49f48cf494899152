"""Gradient modes: as contexts, decorators and around generators, nested, and left by exceptions."""

from contextlib import suppress
from functools import partial
from typing import Any

from ...programs import program, programs, refusals


def _leaf(t: Any) -> Any:
    return t.tensor([1.0, 2.0], requires_grad=True)


def _left_by_error(t: Any, mode: Any) -> Any:
    with suppress(KeyError), mode:
        raise KeyError
    return t.is_grad_enabled(), t.is_inference_mode_enabled(), (_leaf(t) * 2).requires_grad


def _inside(t: Any, *modes: Any) -> Any:
    """Whether gradients are on in each context of a nest, and after each on the way out."""
    seen = []
    for mode in modes:
        mode.__enter__()
        seen.append(t.is_grad_enabled())
    for mode in reversed(modes):
        mode.__exit__(None, None, None)
        seen.append(t.is_grad_enabled())
    return seen


def _under(mode: Any, call: Any) -> Any:
    with mode:
        return call()


def _error_in_outer(t: Any) -> Any:
    with t.no_grad():
        with suppress(KeyError), t.enable_grad():
            raise KeyError
        return t.is_grad_enabled()


def _decorated_fails(t: Any) -> Any:
    @t.no_grad()  # type: ignore[untyped-decorator]
    def fails() -> None:
        raise KeyError

    with suppress(KeyError):
        fails()
    return t.is_grad_enabled()


def _recursion(t: Any) -> Any:
    @t.no_grad()  # type: ignore[untyped-decorator]
    def count(depth: int) -> list[bool]:
        return [t.is_grad_enabled(), *(count(depth - 1) if depth else []), t.is_grad_enabled()]

    return count(2), t.is_grad_enabled()


def _at_once(t: Any) -> Any:
    t.set_grad_enabled(False)
    off = t.is_grad_enabled(), (_leaf(t) * 2).requires_grad
    t.set_grad_enabled(True)
    return off, t.is_grad_enabled()


def _as_context(t: Any) -> Any:
    x = _leaf(t)
    seen = []
    for mode in (False, True):
        with t.set_grad_enabled(mode):
            seen.append((x * 2).requires_grad)
        seen.append((x * 2).requires_grad)
    return seen


def _generated(t: Any) -> Any:
    @t.no_grad()  # type: ignore[untyped-decorator]
    def steps() -> Any:
        yield t.is_grad_enabled()
        yield t.is_grad_enabled()

    seen = []
    for inside in steps():
        seen += [inside, t.is_grad_enabled()]
    return seen


def _sent(t: Any) -> Any:
    @t.no_grad()  # type: ignore[untyped-decorator]
    def steps() -> Any:
        got = yield t.is_grad_enabled()
        yield (got, t.is_grad_enabled())

    generator = steps()
    return next(generator), generator.send("sent"), t.is_grad_enabled()


def _closed(t: Any) -> Any:
    seen = []

    @t.no_grad()  # type: ignore[untyped-decorator]
    def steps() -> Any:
        try:
            yield 1
        finally:
            seen.append(t.is_grad_enabled())

    generator = steps()
    next(generator)
    generator.close()
    return seen, t.is_grad_enabled()


def _thrown(t: Any) -> Any:
    @t.no_grad()  # type: ignore[untyped-decorator]
    def steps() -> Any:
        try:
            yield 1
        except KeyError:
            yield ("caught", t.is_grad_enabled())

    generator = steps()
    next(generator)
    return generator.throw(KeyError()), t.is_grad_enabled()


def _returned(t: Any) -> Any:
    @t.no_grad()  # type: ignore[untyped-decorator]
    def steps() -> Any:
        yield 1
        return "value"

    def outer() -> Any:
        return (yield from steps())

    generator = outer()
    next(generator)
    try:
        next(generator)
    except StopIteration as stop:
        return stop.value, t.is_grad_enabled()


def _made_inside(t: Any) -> Any:
    x = _leaf(t)
    with t.no_grad():
        y = x * 2
    return y.is_leaf, y.requires_grad, (y * x).requires_grad


def _required_inside(t: Any) -> Any:
    with t.no_grad():
        y = (_leaf(t) * 2).requires_grad_()
        inner = (y * 3).requires_grad
    (y * 3).sum().backward()
    return inner, y.grad


def _view_inside(t: Any) -> Any:
    x = _leaf(t) * 1
    with t.no_grad():
        view = x[:1]
    with t.no_grad():
        view.mul_(5)
    return x, view, x.requires_grad


def _in_place_inside(t: Any) -> Any:
    x = _leaf(t)
    with t.no_grad():
        x.mul_(10)
        x[0] = 7
    (x * x).sum().backward()
    return x.detach(), x.grad, x.is_leaf, x._version


def _backward_inside(t: Any) -> Any:
    x = _leaf(t)
    y = (x * x).sum()
    with t.no_grad():
        y.backward()
    return x.grad


programs("modes", {
    "nested": (lambda t: _inside(t, t.no_grad(), t.enable_grad(), t.no_grad()), [False, True, False, True, False, True]),
    "nested-set": (lambda t: _inside(t, t.no_grad(), t.autograd.set_grad_enabled(True)), [False, True, True, True]),
    "nested-inference": (lambda t: _inside(t, t.inference_mode(), t.enable_grad(), t.inference_mode(False)), [False, True, True, True, False, True]),
    "inference-off-in-no-grad": (lambda t: _inside(t, t.no_grad(), t.inference_mode(False)), [False, True, False, True]),
    "same-object-again": (lambda t: (lambda mode: _inside(t, mode, t.enable_grad(), mode))(t.no_grad()), [False, True, False, True, False, True]),
    "error-in-no-grad": (lambda t: _left_by_error(t, t.no_grad()), [True, False, True]),
    "error-in-enable-grad": (lambda t: _left_by_error(t, t.enable_grad()), [True, False, True]),
    "error-in-inference": (lambda t: _left_by_error(t, t.inference_mode()), [True, False, True]),
    "error-in-set": (lambda t: _left_by_error(t, t.set_grad_enabled(False)), [True, False, True]),
    "error-stays-in-outer": (lambda t: _error_in_outer(t), False),
    "decorator": (lambda t: t.no_grad()(lambda: (t.is_grad_enabled(), (_leaf(t) * 2).requires_grad))(), [False, False]),
    "decorator-without-call": (lambda t: t.no_grad(lambda: t.is_grad_enabled())(), False),
    "enable-decorator": (lambda t: _under(t.no_grad(), t.enable_grad()(lambda: t.is_grad_enabled())), True),
    "inference-decorator": (lambda t: t.inference_mode()(lambda: (t.is_inference_mode_enabled(), t.is_grad_enabled()))(), [True, False]),
    "inference-decorator-without-call": (lambda t: t.inference_mode(lambda: t.is_inference_mode_enabled())(), True),
    "set-decorator": (lambda t: (t.set_grad_enabled(False)(lambda: t.is_grad_enabled())(), t.is_grad_enabled()), [False, True]),
    "decorated-fails": (lambda t: _decorated_fails(t), True),
    "decorated-recursion": (lambda t: _recursion(t), [[False, False, False, False, False, False], True]),
    "decorator-keeps-name": (lambda t: t.no_grad()(_left_by_error).__name__, "_left_by_error"),
    "decorator-passes-arguments": (lambda t: t.no_grad()(lambda a, *, b: (a, b))(1, b=2), [1, 2]),
    "set-acts-at-once": (lambda t: _at_once(t), [[False, False], True]),
    "set-as-context": (lambda t: _as_context(t), [False, True, True, True]),
    "generator": (lambda t: _generated(t), [False, True, False, True]),
    "generator-send": (lambda t: _sent(t), [False, ["sent", False], True]),
    "generator-closed": (lambda t: _closed(t), [[False], True]),
    "generator-throw": (lambda t: _thrown(t), [["caught", False], True]),
    "generator-returns": (lambda t: _returned(t), ["value", True]),
    "made-inside-is-leaf": (lambda t: _made_inside(t), [True, False, True]),
    "requires-grad-inside": (lambda t: _required_inside(t), [False, [3.0, 3.0]]),
    "view-inside-written-inside": (lambda t: _view_inside(t), [[5.0, 2.0], [5.0], True]),
    "in-place-inside": (lambda t: _in_place_inside(t), [[7.0, 20.0], [14.0, 40.0], True, 2]),
    "factories-inside": (lambda t: _under(t.no_grad(), lambda: t.ones(2, requires_grad=True).requires_grad), True),
    "parameter-inside": (lambda t: _under(t.no_grad(), lambda: t.nn.Parameter(t.ones(2)).requires_grad), True),
    "linear-inside": (lambda t: _under(t.no_grad(), lambda: t.nn.Linear(2, 1)(t.ones(1, 2)).requires_grad), False),
    "backward-inside": (lambda t: _backward_inside(t), [2.0, 4.0]),
})  # fmt: skip


# -- inference mode ----------------------------------------------------------------------------------------------------


@program(
    "inference_mode/value/kinds-of-tensors",
    [[[False, True, True], [True, False, True], [True, False, True], [True, False, True]], False],
)
def _kinds(t: Any) -> Any:
    x = _leaf(t)
    with t.inference_mode():
        y = x * 2
        view = x[:1]
        made = t.ones(2)
        clone = y.clone()
        y.add_(1)
    return [
        (each.is_inference(), each.requires_grad, each.is_leaf) for each in (x, y, made, clone)
    ], view.is_inference()


@program("inference_mode/value/off-inside", [False, True, [False, True], [True, False]])
def _off_inside(t: Any) -> Any:
    x = _leaf(t)
    with t.inference_mode():
        with t.inference_mode(False):
            y = x * 2
            inside = t.is_inference_mode_enabled(), t.is_grad_enabled()
        outside = t.is_inference_mode_enabled(), t.is_grad_enabled()
    return y.is_inference(), y.requires_grad, inside, outside


@program("inference_mode/value/used-outside", [True, [4.0, 5.0]])
def _used_outside(t: Any) -> Any:
    x = _leaf(t)
    with t.inference_mode():
        y = t.tensor([3.0, 4.0])
    ((x + y).sum() + (x * y.clone()).sum()).backward()
    return (x + y).requires_grad, x.grad


refusals("inference_mode", {
    "saved": (lambda t: _leaf(t) * _under(t.inference_mode(), lambda: t.ones(2)), RuntimeError, "Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation"),
    "written": (lambda t: _under(t.inference_mode(), lambda: t.ones(2)).mul_(2), RuntimeError, "Inplace update to inference tensor outside InferenceMode is not allowed."),
    "requires-grad": (lambda t: _under(t.inference_mode(), lambda: t.ones(2)).requires_grad_(), RuntimeError, "Setting requires_grad=True on inference tensor outside InferenceMode is not allowed."),
    "version": (lambda t: _under(t.inference_mode(), lambda: t.ones(2))._version, RuntimeError, "Inference tensors do not track version counter."),
    "leaf-written": (lambda t: _leaf(t).mul_(2), RuntimeError, "a leaf Variable that requires grad is being used in an in-place operation."),
})  # fmt: skip


# -- defaults ----------------------------------------------------------------------------------------------------------


def _in_double(t: Any, call: Any) -> Any:
    t.set_default_dtype(t.float64)
    try:
        return call()
    finally:
        t.set_default_dtype(t.float32)


_FACTORIES: dict[str, Any] = {
    "ones": lambda t: t.ones(2), "zeros": lambda t: t.zeros(2), "empty": lambda t: t.empty(2), "full": lambda t: t.full((2,), 1.5),
    "full-int": lambda t: t.full((2,), 1), "full-bool": lambda t: t.full((2,), True), "tensor": lambda t: t.tensor([1.5]),
    "tensor-mixed": lambda t: t.tensor([1, 1.5]), "tensor-int": lambda t: t.tensor([1]), "tensor-bool": lambda t: t.tensor([True]),
    "tensor-empty": lambda t: t.tensor([]), "as-tensor": lambda t: t.as_tensor(1.5), "rand": lambda t: t.rand(2),
    "randn": lambda t: t.randn(2), "arange-float": lambda t: t.arange(2.0), "arange-int": lambda t: t.arange(2),
    "arange-step": lambda t: t.arange(0, 1, 0.5), "linspace": lambda t: t.linspace(0, 1, 3), "logspace": lambda t: t.logspace(0, 1, 3),
    "eye": lambda t: t.eye(2), "scalar-tensor": lambda t: t.scalar_tensor(1), "normal": lambda t: t.normal(0.0, 1.0, (2,)),
    "randint": lambda t: t.randint(3, (2,)), "randperm": lambda t: t.randperm(3), "ints-divided": lambda t: t.tensor([1, 2]) / 2,
    "ints-mean-of-roots": lambda t: t.tensor([1, 4]).sqrt(), "ints-plus-float": lambda t: t.tensor([1, 2]) + 0.5,
    "bool-times-float": lambda t: t.tensor([True]) * 0.5, "linear": lambda t: t.nn.Linear(2, 1).weight,
    "softmax-of-ints": lambda t: t.tensor([1, 2]).sigmoid(), "zeros-like": lambda t: t.zeros_like(t.tensor([1])),
    "new-zeros": lambda t: t.tensor([1]).new_zeros(2), "new-tensor": lambda t: t.tensor([1]).new_tensor([1.5]),
    "tril-indices": lambda t: t.tril_indices(2, 2), "one-hot": lambda t: t.nn.functional.one_hot(t.tensor([1])),
    "bucketize": lambda t: t.bucketize(t.tensor([1.0]), t.tensor([0.5])),
}  # fmt: skip

_OTHERWISE = {"full-int": "int64", "full-bool": "bool", "tensor-int": "int64", "tensor-bool": "bool", "arange-int": "int64", "randint": "int64", "randperm": "int64", "zeros-like": "int64", "new-zeros": "int64", "new-tensor": "int64", "tril-indices": "int64", "one-hot": "int64", "bucketize": "int64"}  # fmt: skip


def _dtypes(t: Any, call: Any) -> Any:
    """The dtype of a result before, while and after the default is float64."""
    return call(t).dtype, _in_double(t, lambda: call(t).dtype), call(t).dtype


for _name, _call in _FACTORIES.items():
    _single, _double = (_OTHERWISE.get(_name, default) for default in ("float32", "float64"))
    program(
        f"default_dtype/value/{_name}",
        [f"torch.{each}" for each in (_single, _double, _single)],
        dtypes=("float32", "float64", "int64", "bool"),
    )(partial(_dtypes, call=_call))

programs("default_dtype", {
    "get": (lambda t: (t.get_default_dtype(), _in_double(t, t.get_default_dtype), t.get_default_dtype()), ["torch.float32", "torch.float64", "torch.float32"]),
    "print": (lambda t: _in_double(t, lambda: (repr(t.ones(1).cpu()), repr(t.ones(1, dtype=t.float32).cpu()))), ["tensor([1.])", "tensor([1.], dtype=torch.float32)"]),
}, dtypes=("float32", "float64"))  # fmt: skip
programs("default_dtype", {
    "complex": (lambda t: ((t.ones(1) * 1j).dtype, _in_double(t, lambda: (t.ones(1) * 1j).dtype), t.tensor(1j).dtype,
                           _in_double(t, lambda: t.tensor(1j).dtype)), ["torch.complex64", "torch.complex128", "torch.complex64", "torch.complex128"]),
}, dtypes=("complex64", "complex128"))  # fmt: skip
refusals("default_dtype", {
    "integers": (lambda t: t.set_default_dtype(t.int32), TypeError, "only floating-point types are supported as the default type"),
    "no-dtype": (lambda t: t.set_default_dtype(3), TypeError, "only floating-point types are supported as the default type"),
}, dtypes=())  # fmt: skip
