"""Optimizers: what parameters are after several steps, for every pair of options; groups, states and hooks."""

import copy
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from itertools import combinations
from typing import Any

from ...checks import quietly
from ...declare import Sample, op
from ...inputs import SPECIAL
from ...programs import program, programs, refusals, texts


def _steps(t: Any, make: Any, *, dtype: str = "float32", steps: int = 4, size: int = 3) -> Any:
    """The parameters after each of several steps on gradients that change their signs and sizes."""
    x = t.linspace(-1.0, 2.0, size).to(getattr(t, dtype)).requires_grad_()
    factors = t.linspace(0.5, -1.5, size).to(getattr(t, dtype))
    optimizer = make(t, [x])
    found = []
    for step in range(steps):
        x.grad = (factors * (step - 1.5) ** 3 + x.detach() * 0.3).to(x.dtype)
        optimizer.step()
        found.append(x.detach().clone())
    return t.stack(found)


# -- every option alone, and every pair ---------------------------------------------------------------------------

_SGD: dict[str, Any] = {
    "momentum": {"momentum": 0.9}, "weight_decay": {"weight_decay": 0.1}, "maximize": {"maximize": True},
    "dampening": {"momentum": 0.8, "dampening": 0.3}, "nesterov": {"momentum": 0.7, "nesterov": True, "dampening": 0},
}  # fmt: skip
_ADAM: dict[str, Any] = {
    "betas": {"betas": (0.5, 0.7)}, "eps": {"eps": 0.1}, "weight_decay": {"weight_decay": 0.2}, "amsgrad": {"amsgrad": True},
    "maximize": {"maximize": True}, "no-beta": {"betas": (0.0, 0.0)}, "tensor-lr": {"lr": "tensor"},
}  # fmt: skip


def _pairs(options: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The options that each name of one or two of them stands for."""
    single = {"plain": {}} | options
    return single | {f"{one}-{two}": options[one] | options[two] for one, two in combinations(options, 2)}


def _maker(kind: str, options: dict[str, Any]) -> Any:
    def make(t: Any, parameters: Any) -> Any:
        given = {"lr": 0.1} | options
        if given["lr"] == "tensor":
            given["lr"] = t.tensor(0.1)
        return getattr(t.optim, kind)(parameters, **given)

    return make


def _sample(name: str, kind: str, options: dict[str, Any], dtype: str = "float32", **how: Any) -> Sample:
    make = _maker(kind, options)
    return Sample(name, lambda t: _steps(t, make, dtype=dtype, **how), (), dtypes=(dtype,), gradient=False)


_ALL: dict[str, dict[str, Any]] = {
    "SGD": _SGD["momentum"] | {"weight_decay": 0.37}, "Adam": _ADAM["amsgrad"] | {"weight_decay": 0.37},
    "AdamW": _ADAM["amsgrad"],
}  # fmt: skip


def _kept(optimizer: Any, x: Any) -> list[Any]:
    """What an optimizer keeps of a parameter, of its shape."""
    state = optimizer.state[x]
    kept = [state[name] for name in sorted(state)]
    return [each.clone() for each in kept if each is not None and tuple(each.shape) == tuple(x.shape)]


def _on_numbers(t: Any, make: Any, numbers: Any, dtype_of_all: str) -> Any:
    """The parameters after each of two steps, where every gradient is one of the numbers, and meets every parameter."""
    values = t.tensor(numbers).to(getattr(t, dtype_of_all))
    x = values.repeat(len(numbers)).requires_grad_()
    optimizer = make(t, [x])
    found = []
    for _ in range(2):
        x.grad = values.repeat_interleave(len(numbers))
        optimizer.step()
        found.append(x.detach().clone())
    return t.stack([*found, *_kept(optimizer, x)])


def _in_memory(t: Any, make: Any, turned: tuple[bool, bool], shape: tuple[int, int] = (3, 4)) -> Any:
    """The parameters after each of three steps, where parameters, gradients or both lie column after column."""
    rows, columns = shape
    plain = t.linspace(-1.0, 2.0, rows * columns)
    x, grad = (
        _placed(numbers, shape, each) for numbers, each in zip((plain, plain.flip(0) * 0.7), turned, strict=True)
    )
    x.requires_grad_()
    optimizer = make(t, [x])
    found = []
    for step in range(3):
        x.grad = grad * (step - 0.5)
        optimizer.step()
        found.append(x.detach().clone())
    return t.stack([*found, *_kept(optimizer, x)])


def _stepped(t: Any, make: Any) -> Any:
    """Parameters and gradients that are every second number of others."""
    x, grad = (t.linspace(start, 2.0, 12)[::2].detach() for start in (-1.0, 0.3))
    x.requires_grad_().grad = grad
    optimizer = make(t, [x])
    optimizer.step()
    return t.stack([x.detach().clone(), *_kept(optimizer, x)])


def _some(found: Any) -> Any:
    """Of many numbers of each step some, the last one with them."""
    return found.reshape(found.shape[0], -1).flip(1)[:, ::89]


def _some_steps(t: Any, make: Any, size: int, dtype_of_all: str = "float32") -> Any:
    found = _steps(t, make, size=size, dtype=dtype_of_all, steps=2)
    return _some(found) if size > 3 else found


def _some_in_memory(t: Any, make: Any, shape: tuple[int, int]) -> Any:
    return _some(_in_memory(t, make, (False, False), shape))


def _placed(numbers: Any, shape: tuple[int, int], turned: bool) -> Any:
    matrix = numbers.reshape(shape)
    return matrix.t().contiguous().t() if turned else matrix


_HARD = {
    "special": [number for number in SPECIAL if abs(number) != 1e30],  # whose square is beyond float32
    "sizes": [1e-8, -3e-5, 0.0011, 0.03, -0.7, 1.0, 1.5, 2.0, -19.3, 30.0, 711.3, -9.7e4],
}


def _hard(kind: str, options: dict[str, Any], also: str = "") -> Iterator[Sample]:
    """Steps on special numbers, in every floating dtype, on many, and in other orders of memory."""
    make = _maker(kind, options)

    def made(name: str, run: Callable[..., Any], dtype: str = "float32", **how: Any) -> Sample:
        return Sample(f"{name}{also}", lambda t: run(t, make, **how), (), dtypes=(dtype,), gradient=False)

    for name, numbers in _HARD.items():
        for dtype in ("float32", "float64"):
            yield made(f"{name}-{dtype}", _on_numbers, dtype, numbers=numbers, dtype_of_all=dtype)
    for dtype in ("float16", "bfloat16"):
        yield made(dtype, _some_steps, dtype, dtype_of_all=dtype, size=3)
    yield made("over-20000", _some_steps, size=22_003)
    if also and kind != "AdamW":  # which is Adam's step; in pure Python this takes seconds
        yield made("in-blocks", _some_steps, size=70_003)
    for name, shape in (("rows", (3, 701)), ("columns", (701, 3))):
        yield made(name, _some_in_memory, shape=shape)
    yield made("stepped", _stepped)
    yield made("turned", _in_memory, turned=(True, True))
    yield made("turned-gradients", _in_memory, turned=(False, True))
    yield made("turned-parameters", _in_memory, turned=(True, False))


for _kind, _options in (("SGD", _SGD), ("Adam", _ADAM), ("AdamW", _ADAM)):
    op(f"optim.{_kind}", dtypes=("float32", "float64"), tolerance="large", differentiable=False, method=False, refuses=False, samples=[
        *(_sample(name, _kind, options) for name, options in _pairs(_options).items()),
        _sample("double", _kind, {"weight_decay": 0.1}, dtype="float64"),
        _sample("many", _kind, {"weight_decay": 0.1}, size=200, steps=2), _sample("long", _kind, {}, steps=30),
        *_hard(_kind, _ALL[_kind], "-all"), *_hard(_kind, {}),
    ])  # fmt: skip


# -- sparse gradients --------------------------------------------------------------------------------------------------


def _sparse_steps(t: Any, kind: str, options: dict[str, Any]) -> Any:
    """The parameters after each of several steps on gradients that store some rows, one of them twice."""
    x = t.tensor([[1.0, -2.0], [0.5, 3.0], [0.25, -1.5]]).requires_grad_()
    optimizer, found = _maker(kind, options)(t, [x]), []
    for rows in ([0, 2], [2], [0, 1, 2], [1, 1]):
        numbers = t.linspace(-1, 2, 2 * len(rows)).reshape(len(rows), 2)
        x.grad = quietly(partial(t.sparse_coo_tensor, t.tensor([rows]), numbers, (3, 2)))
        optimizer.step()
        found.append(x.detach().clone())
    return t.stack(found)


_OF_SPARSE: dict[str, dict[str, Any]] = {
    "SGD": {name: _SGD[name] for name in ("momentum", "maximize", "dampening", "nesterov")},
    "SparseAdam": {name: _ADAM[name] for name in ("betas", "eps", "maximize")},
}
for _kind, _options in _OF_SPARSE.items():
    op(f"optim.{_kind}-sparse", dtypes=("float32",), tolerance="large", differentiable=False, method=False, refuses=False, samples=[
        Sample(name, lambda t, kind=_kind, options=options: _sparse_steps(t, kind, options), (), dtypes=("float32",), gradient=False)
        for name, options in _pairs(_options).items()
    ])  # fmt: skip


# -- defaults ----------------------------------------------------------------------------------------------------------


def _defaults(t: Any, kind: str) -> Any:
    made = getattr(t.optim, kind)([t.ones(1, requires_grad=True)])
    return {
        name: value
        for name, value in made.defaults.items()
        if name not in ("foreach", "fused", "capturable", "differentiable")
    }


def _one_step(t: Any, make: Any, grad: float = 2.0) -> Any:
    x = t.tensor([1.0, 3.0], requires_grad=True)
    x.grad = t.full((2,), grad)
    make([x]).step()
    return x.detach()


programs("optimizer", {
    "defaults-of-SGD": (lambda t: _defaults(t, "SGD"), {"lr": 0.001, "momentum": 0, "dampening": 0, "weight_decay": 0, "nesterov": False, "maximize": False}),
    "defaults-of-Adam": (lambda t: _defaults(t, "Adam"), {"lr": 0.001, "betas": [0.9, 0.999], "eps": 1e-08, "weight_decay": 0, "amsgrad": False, "maximize": False, "decoupled_weight_decay": False}),
    "defaults-of-AdamW": (lambda t: _defaults(t, "AdamW"), {"lr": 0.001, "betas": [0.9, 0.999], "eps": 1e-08, "weight_decay": 0.01, "amsgrad": False, "maximize": False, "decoupled_weight_decay": True}),
    "defaults-of-SparseAdam": (lambda t: _defaults(t, "SparseAdam"), {"lr": 0.001, "betas": [0.9, 0.999], "eps": 1e-08, "maximize": False}),
    "default-rate-of-SGD": (lambda t: _one_step(t, lambda p: t.optim.SGD(p)), [0.9980000257492065, 2.997999906539917]),
    "default-rate-of-Adam": (lambda t: _one_step(t, lambda p: t.optim.Adam(p)), [0.9990000128746033, 2.999000072479248]),
    "default-decay-of-AdamW": (lambda t: _one_step(t, lambda p: t.optim.AdamW(p, lr=1.0)), [-0.009999871253967285, 1.970000147819519]),
})  # fmt: skip


# -- groups ------------------------------------------------------------------------------------------------------------


def _two(t: Any) -> Any:
    leaves = [t.tensor([1.0], requires_grad=True), t.tensor([1.0], requires_grad=True)]
    for leaf in leaves:
        leaf.grad = t.ones(1)
    return leaves


def _grouped(t: Any) -> Any:
    x, y = _two(t)
    optimizer = t.optim.SGD([{"params": [x], "lr": 0.5}, {"params": y, "weight_decay": 1.0}], lr=0.1)
    optimizer.step()
    return x, y, [(group["lr"], group["weight_decay"], len(group["params"])) for group in optimizer.param_groups]


def _added(t: Any) -> Any:
    x, y = _two(t)
    optimizer = t.optim.SGD([x], lr=0.1, momentum=0.5)
    optimizer.step()
    optimizer.add_param_group({"params": [y], "lr": 0.2})
    optimizer.step()
    return x, y, [group["momentum"] for group in optimizer.param_groups], len(optimizer.state)


def _rate_changed(t: Any) -> Any:
    x, _ = _two(t)
    optimizer = t.optim.SGD([x], lr=0.1)
    found = []
    for rate in (0.1, 0.5, 0.0):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.step()
        found.append(x.item())
    return found


def _none_skipped(t: Any, kind: str) -> Any:
    x, y = _two(t)
    y.grad = None
    optimizer = getattr(t.optim, kind)([x, y], lr=0.1, weight_decay=0.5)
    optimizer.step()
    return y, x.item() != 1.0, len(optimizer.state) <= 1


def _frozen(t: Any) -> Any:
    x, y = _two(t)
    y.requires_grad_(False)
    t.optim.SGD([x, y], lr=0.1).step()
    return x, y


def _zeroed(t: Any, **options: Any) -> Any:
    x, y = _two(t)
    held = x.grad
    y.grad = None
    optimizer = t.optim.SGD([x, y], lr=0.1)
    optimizer.zero_grad(**options)
    return x.grad is None, x.grad is held, held, y.grad is None


def _zeroed_with_history(t: Any) -> Any:
    x, _ = _two(t)
    x.grad = x * 2
    t.optim.SGD([x], lr=0.1).zero_grad(set_to_none=False)
    return x.grad, x.grad.requires_grad


def _closure(t: Any) -> Any:
    x = t.tensor([2.0], requires_grad=True)
    optimizer = t.optim.SGD([x], lr=0.1)
    modes = []

    def closure() -> Any:
        modes.append(t.is_grad_enabled())
        optimizer.zero_grad()
        loss = (x * x).sum()
        loss.backward()
        return loss

    with t.no_grad():
        loss = optimizer.step(closure)
    return loss.item(), modes, x.detach(), t.is_grad_enabled()


def _steps_are_not_recorded(t: Any) -> Any:
    x, _ = _two(t)
    t.optim.Adam([x], lr=0.1).step()
    return x.is_leaf, x.requires_grad, x.grad.tolist()


def _keeps_gradient(t: Any, kind: str) -> Any:
    x, _ = _two(t)
    optimizer = getattr(t.optim, kind)([x], lr=0.1, weight_decay=0.5, maximize=True)
    optimizer.step()
    optimizer.step()
    return x.grad


def _momentum_is_apart(t: Any) -> Any:
    x, _ = _two(t)
    optimizer = t.optim.SGD([x], lr=0.1, momentum=0.5)
    optimizer.step()
    buffer = optimizer.state[x]["momentum_buffer"]
    before = buffer.tolist()
    x.grad.mul_(100)
    return before, buffer.tolist()


def _strided(t: Any) -> Any:
    base = t.arange(6.0).reshape(2, 3)
    x = base.t().requires_grad_()
    x.grad = t.arange(6.0).reshape(3, 2)
    optimizer = t.optim.Adam([x], lr=1.0, betas=(0.5, 0.5), eps=1.0)
    optimizer.step()
    optimizer.step()
    return x.detach(), base.detach()


def _empty(t: Any) -> Any:
    x = t.ones(0, requires_grad=True)
    x.grad = t.ones(0)
    t.optim.Adam([x]).step()
    return x.detach().shape


def _zero_dim(t: Any) -> Any:
    x = t.tensor(1.0, requires_grad=True)
    x.grad = t.tensor(2.0)
    t.optim.SGD([x], lr=0.1, momentum=0.9).step()
    return x.detach()


programs("optimizer", {
    "groups": (_grouped, [[0.5], [0.800000011920929], [[0.5, 0, 1], [0.1, 1.0, 1]]]),
    "group-added": (_added, [[0.75], [0.800000011920929], [0.5, 0.5], 2]),
    "rate-changed": (_rate_changed, [0.8999999761581421, 0.3999999761581421, 0.3999999761581421]),
    "none-skipped-by-SGD": (lambda t: _none_skipped(t, "SGD"), [[1.0], True, True]),
    "none-skipped-by-Adam": (lambda t: _none_skipped(t, "Adam"), [[1.0], True, True]),
    "none-skipped-by-AdamW": (lambda t: _none_skipped(t, "AdamW"), [[1.0], True, True]),
    "frozen-with-gradient": (_frozen, [[0.8999999761581421], [0.8999999761581421]]),
    "zero-grad": (lambda t: _zeroed(t), [True, False, [1.0], True]),
    "zero-grad-to-zero": (lambda t: _zeroed(t, set_to_none=False), [False, True, [0.0], True]),
    "zero-grad-of-history": (_zeroed_with_history, [[0.0], False]),
    "closure": (_closure, [4.0, [True], [1.600000023841858], True]),
    "step-without-closure": (lambda t: t.optim.SGD(_two(t), lr=0.1).step(), None),
    "not-recorded": (_steps_are_not_recorded, [True, True, [1.0]]),
    "SGD-keeps-gradient": (lambda t: _keeps_gradient(t, "SGD"), [1.0]),
    "Adam-keeps-gradient": (lambda t: _keeps_gradient(t, "Adam"), [1.0]),
    "momentum-is-apart": (_momentum_is_apart, [[1.0], [1.0]]),
    "generator-of-parameters": (lambda t: len(t.optim.SGD((each for each in _two(t)), lr=0.1).param_groups[0]["params"]), 2),
    "named-parameters": (lambda t: t.optim.SGD(t.nn.Linear(1, 1).named_parameters(), lr=0.1).param_groups[0]["param_names"], ["weight", "bias"]),
    "rate-zero": (lambda t: _one_step(t, lambda p: t.optim.SGD(p, lr=0.0)), [1.0, 3.0]),
    "Adam-first-step-is-the-rate": (lambda t: _one_step(t, lambda p: t.optim.Adam(p, lr=0.25), grad=1e-3), [0.7500025033950806, 2.750002384185791]),
    "Adam-zero-gradient": (lambda t: _one_step(t, lambda p: t.optim.Adam(p, lr=0.25), grad=0.0), [1.0, 3.0]),
    "AdamW-zero-gradient-decays": (lambda t: _one_step(t, lambda p: t.optim.AdamW(p, lr=0.25, weight_decay=0.5), grad=0.0), [0.875, 2.625]),
    "Adam-coupled-decay": (lambda t: _one_step(t, lambda p: t.optim.Adam(p, lr=0.25, weight_decay=0.5), grad=0.0), [0.75, 2.75]),
    "Adam-decoupled": (lambda t: _one_step(t, lambda p: t.optim.Adam(p, lr=0.25, weight_decay=0.5, decoupled_weight_decay=True)), [0.625, 2.375]),
    "negative-gradient": (lambda t: _one_step(t, lambda p: t.optim.SGD(p, lr=0.25), grad=-4.0), [2.0, 4.0]),
    "strided-parameter": (lambda t: _strided(t), [[[0.0, 2.0], [-0.3333333730697632, 2.5], [0.40000003576278687, 3.3333332538604736]], [[0.0, -0.3333333730697632, 0.40000003576278687], [2.0, 2.5, 3.3333332538604736]]]),
    "empty-parameter": (lambda t: _empty(t), [0]),
    "zero-dim-parameter": (lambda t: _zero_dim(t), 0.800000011920929),
})  # fmt: skip


# -- states ------------------------------------------------------------------------------------------------------------


def _resumed(t: Any, kind: str, **options: Any) -> Any:
    """Whether an optimizer that has loaded another's state goes on as the other, and what the state is."""
    models = []
    for _ in range(2):
        x = t.tensor([1.0, -2.0], requires_grad=True)
        models.append((x, getattr(t.optim, kind)([x], lr=0.1, **options)))
    (x, first), (y, second) = models
    for step in range(6):
        if step == 3:
            second.load_state_dict(copy.deepcopy(first.state_dict()))
            y.data.copy_(x.data)
        for leaf, optimizer in models[: 1 if step < 3 else 2]:
            leaf.grad = leaf.detach() * step
            optimizer.step()
    state = first.state_dict()["state"][0]
    return (
        bool((x == y).all()),
        x.detach(),
        list(state),
        [int(value) for name, value in state.items() if name == "step"],
    )


def _state_of(t: Any) -> Any:
    x, y = _two(t)
    optimizer = t.optim.SGD([{"params": [x]}, {"params": [y], "lr": 1.0}], lr=0.1, momentum=0.5)
    optimizer.step()
    state = optimizer.state_dict()
    return list(state), list(state["state"]), [(group["params"], group["lr"]) for group in state["param_groups"]]


def _rate_is_loaded(t: Any) -> Any:
    first, second = (
        t.optim.SGD([_two(t)[0]], lr=rate, momentum=momentum) for rate, momentum in ((0.1, 0.5), (0.7, 0.0))
    )
    second.load_state_dict(first.state_dict())
    return second.param_groups[0]["lr"], second.param_groups[0]["momentum"]


def _steps_are_loaded(t: Any) -> Any:
    """The dtypes of what is remembered of a parameter in half precision, once it has been loaded."""
    x = t.ones(2, dtype=t.float16, requires_grad=True)
    x.grad = t.ones(2, dtype=t.float16)
    optimizer = t.optim.Adam([x])
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    return {name: str(value.dtype) for name, value in optimizer.state[x].items()}


programs("optimizer", {
    "step-is-loaded": (_steps_are_loaded, {"step": "torch.float32", "exp_avg": "torch.float16", "exp_avg_sq": "torch.float16"}),
    "resumed-SGD": (lambda t: _resumed(t, "SGD", momentum=0.9), [True, [-0.5561999082565308, 1.1123998165130615], ["momentum_buffer"], []]),
    "resumed-Adam": (lambda t: _resumed(t, "Adam"), [True, [0.5668818354606628, -1.569878339767456], ["step", "exp_avg", "exp_avg_sq"], [6]]),
    "resumed-amsgrad": (lambda t: _resumed(t, "Adam", amsgrad=True), [True, [0.5668818354606628, -1.569878339767456], ["step", "exp_avg", "exp_avg_sq", "max_exp_avg_sq"], [6]]),
    "resumed-AdamW": (lambda t: _resumed(t, "AdamW"), [True, [0.5616412162780762, -1.558647871017456], ["step", "exp_avg", "exp_avg_sq"], [6]]),
    "state": (_state_of, [["state", "param_groups"], [0, 1], [[[0], 0.1], [[1], 1.0]]]),
    "state-before-steps": (lambda t: list(t.optim.Adam(_two(t)).state_dict()["state"]), []),
    "options-are-loaded": (_rate_is_loaded, [0.1, 0.5]),
})  # fmt: skip


@program(
    "optimizer/value/hooks",
    ["all before", ["before", 1.0], ["after", 0.5], "all after", "state", ["state", "param_groups"], "load", "loaded"],
)
def _hooks(t: Any) -> Any:
    log: list[Any] = []
    x, _ = _two(t)
    optimizer = t.optim.SGD([x], lr=0.5)
    module = import_module(f"{t.__name__}.optim.optimizer")
    handles = [
        module.register_optimizer_step_pre_hook(lambda made, args, kwargs: log.append("all before")),
        module.register_optimizer_step_post_hook(lambda made, args, kwargs: log.append("all after")),
        optimizer.register_step_pre_hook(lambda made, args, kwargs: log.append(("before", x.item()))),
        optimizer.register_step_post_hook(lambda made, args, kwargs: log.append(("after", x.item()))),
        optimizer.register_state_dict_pre_hook(lambda made: log.append("state")),
        optimizer.register_state_dict_post_hook(lambda made, state: log.append(list(state))),
        optimizer.register_load_state_dict_pre_hook(lambda made, state: log.append("load")),
        optimizer.register_load_state_dict_post_hook(lambda made: log.append("loaded")),
    ]
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    for handle in handles:
        handle.remove()
    optimizer.step()
    optimizer.load_state_dict(optimizer.state_dict())
    return log


def _own(t: Any) -> Any:
    """A program's own optimizer, which steps twice at once."""

    class Once(t.optim.Optimizer):  # type: ignore[misc]
        def __init__(self, params: Any) -> None:
            super().__init__(params, {"lr": 0.25})

        def step(self, closure: Any = None) -> Any:
            for group in self.param_groups:
                for parameter in group["params"]:
                    parameter.data.add_(parameter.grad, alpha=-group["lr"])

    class Twice(Once):
        def step(self, closure: Any = None) -> Any:
            super().step()
            return super().step()

    return Twice


@program("optimizer/value/own-step", [[[1, 1.0], 0.5], [0.5]])
def _own_step(t: Any) -> Any:
    log: list[Any] = []
    x, _ = _two(t)
    optimizer = _own(t)([x])
    optimizer.register_step_pre_hook(lambda made, args, kwargs: log.append((len(args), x.item())))
    optimizer.register_step_post_hook(lambda made, args, kwargs: log.append(x.item()))
    optimizer.step()
    return log, x.detach()


@program("optimizer/value/hook-changes-arguments", ["loss", [0.75]])
def _changes_arguments(t: Any) -> Any:
    x, _ = _two(t)
    optimizer = t.optim.SGD([x], lr=0.25)
    optimizer.register_step_pre_hook(lambda made, args, kwargs: (args, {"closure": lambda: "loss"}))
    return optimizer.step(), x.detach()


texts("optimizer", {
    "SGD": (lambda t: t.optim.SGD(_two(t), lr=0.1), "SGD (\nParameter Group 0\n    dampening: 0\n    differentiable: False\n    foreach: None\n    fused: None\n    lr: 0.1\n    maximize: False\n    momentum: 0\n    nesterov: False\n    weight_decay: 0\n)"),
    "Adam-of-groups": (lambda t: t.optim.Adam([{"params": _two(t)[:1]}, {"params": _two(t)[:1], "lr": 0.5}]), "Adam (\nParameter Group 0\n    amsgrad: False\n    betas: (0.9, 0.999)\n    capturable: False\n    decoupled_weight_decay: False\n    differentiable: False\n    eps: 1e-08\n    foreach: None\n    fused: None\n    lr: 0.001\n    maximize: False\n    weight_decay: 0\n\nParameter Group 1\n    amsgrad: False\n    betas: (0.9, 0.999)\n    capturable: False\n    decoupled_weight_decay: False\n    differentiable: False\n    eps: 1e-08\n    foreach: None\n    fused: None\n    lr: 0.5\n    maximize: False\n    weight_decay: 0\n)"),
})  # fmt: skip
refusals("optimizer", {
    "nothing": (lambda t: t.optim.SGD([], lr=0.1), ValueError, "optimizer got an empty parameter list"),
    "one-tensor": (lambda t: t.optim.SGD(t.ones(1), lr=0.1), TypeError, "params argument given to the optimizer should be an iterable of Tensors or dicts, but got"),
    "numbers": (lambda t: t.optim.SGD([3], lr=0.1), TypeError, "optimizer can only optimize Tensors, but one of the params is int"),
    "result": (lambda t: t.optim.SGD([_two(t)[0] * 2], lr=0.1), ValueError, "can't optimize a non-leaf Tensor"),
    "set": (lambda t: t.optim.SGD([{"params": set(_two(t))}], lr=0.1), TypeError, "optimizer parameters need to be organized in ordered collections, but the ordering of tensors in sets will change"),
    "twice-in-groups": (lambda t: (lambda x: t.optim.SGD([{"params": [x]}, {"params": [x]}], lr=0.1))(_two(t)[0]), ValueError, "some parameters appear in more than one parameter group"),
    "group-no-dict": (lambda t: t.optim.SGD(_two(t), lr=0.1).add_param_group([1]), TypeError, "param_group must be a dict, but got <class 'list'>"),
    "negative-rate": (lambda t: t.optim.SGD(_two(t), lr=-0.1), ValueError, "Invalid learning rate: -0.1"),
    "negative-momentum": (lambda t: t.optim.SGD(_two(t), lr=0.1, momentum=-0.1), ValueError, "Invalid momentum value: -0.1"),
    "negative-decay": (lambda t: t.optim.SGD(_two(t), lr=0.1, weight_decay=-0.1), ValueError, "Invalid weight_decay value: -0.1"),
    "nesterov-without-momentum": (lambda t: t.optim.SGD(_two(t), lr=0.1, nesterov=True), ValueError, "Nesterov momentum requires a momentum and zero dampening"),
    "nesterov-with-dampening": (lambda t: t.optim.SGD(_two(t), lr=0.1, momentum=0.5, dampening=0.1, nesterov=True), ValueError, "Nesterov momentum requires a momentum and zero dampening"),
    "first-beta": (lambda t: t.optim.Adam(_two(t), betas=(1.0, 0.9)), ValueError, "Invalid beta parameter at index 0: 1.0"),
    "second-beta": (lambda t: t.optim.Adam(_two(t), betas=(0.9, -0.1)), ValueError, "Invalid beta parameter at index 1: -0.1"),
    "negative-eps": (lambda t: t.optim.Adam(_two(t), eps=-1.0), ValueError, "Invalid epsilon value: -1.0"),
    "adam-rate": (lambda t: t.optim.AdamW(_two(t), lr=-1.0), ValueError, "Invalid learning rate: -1.0"),
    "adam-decay": (lambda t: t.optim.AdamW(_two(t), weight_decay=-1.0), ValueError, "Invalid weight_decay value: -1.0"),
    "other-number-of-groups": (lambda t: t.optim.SGD(_two(t), lr=0.1).load_state_dict(t.optim.SGD(
        [{"params": [each]} for each in _two(t)], lr=0.1).state_dict()), ValueError, "loaded state dict has a different number of parameter groups"),
    "other-size-of-group": (lambda t: t.optim.SGD(_two(t), lr=0.1).load_state_dict(t.optim.SGD(_two(t)[:1], lr=0.1).state_dict()), ValueError, "loaded state dict contains a parameter group that doesn't match the size of optimizer's group"),
    "dense-for-sparse-adam": (lambda t: t.optim.SparseAdam(_two(t), lr=0.1).step(), RuntimeError, "SparseAdam does not support dense gradients, please consider Adam instead"),
})  # fmt: skip
