"""Every optimizer with every option, and every pair of options, over twenty steps beside PyTorch's."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from types import ModuleType
from typing import Any

import pytest

import flambeau

STEPS = 20

OPTIONS: dict[str, list[dict[str, Any]]] = {
    "SGD": [
        {"momentum": 0.9}, {"weight_decay": 0.1}, {"maximize": True}, {"dampening": 0.3, "momentum": 0.8},
        {"nesterov": True, "momentum": 0.7, "dampening": 0}, {"lr": "tensor"}, {"foreach": False}, {"fused": True},
        {"foreach": True},
    ],
    "Adam": [
        {"betas": (0.5, 0.7)}, {"eps": 0.1}, {"weight_decay": 0.2}, {"amsgrad": True}, {"maximize": True}, {"lr": "tensor"},
        {"decoupled_weight_decay": True, "weight_decay": 0.1}, {"fused": True}, {"foreach": False}, {"betas": "tensors"},
    ],
    "AdamW": [
        {"betas": (0.5, 0.7)}, {"eps": 0.1}, {"weight_decay": 0.2}, {"amsgrad": True}, {"maximize": True}, {"lr": "tensor"},
    ],
    "NAdam": [
        {"betas": (0.5, 0.7)}, {"eps": 0.1}, {"weight_decay": 0.2}, {"momentum_decay": 0.1}, {"maximize": True},
        {"decoupled_weight_decay": True, "weight_decay": 0.1}, {"lr": "tensor"}, {"foreach": True},
    ],
    "RAdam": [
        {"betas": (0.5, 0.7)}, {"eps": 0.1}, {"weight_decay": 0.2}, {"maximize": True}, {"betas": (0.9, 0.8)},
        {"decoupled_weight_decay": True, "weight_decay": 0.1}, {"lr": "tensor"}, {"foreach": True},
    ],
    "Adamax": [
        {"betas": (0.5, 0.7)}, {"eps": 0.1}, {"weight_decay": 0.2}, {"maximize": True}, {"lr": "tensor"}, {"foreach": True},
    ],
    "Adadelta": [{"rho": 0.5}, {"eps": 0.1}, {"weight_decay": 0.2}, {"maximize": True}, {"lr": "tensor"}, {"foreach": True}],
    "Adagrad": [
        {"lr_decay": 0.1}, {"eps": 0.1}, {"weight_decay": 0.2}, {"initial_accumulator_value": 0.3}, {"maximize": True},
        {"lr": "tensor"}, {"foreach": True}, {"fused": True},
    ],
    "ASGD": [
        {"lambd": 0.1}, {"alpha": 0.3}, {"t0": 5}, {"weight_decay": 0.2}, {"maximize": True}, {"lr": "tensor"}, {"foreach": True},
    ],
    "RMSprop": [
        {"alpha": 0.6}, {"eps": 0.1}, {"weight_decay": 0.2}, {"momentum": 0.8}, {"centered": True}, {"maximize": True},
        {"lr": "tensor"}, {"foreach": True},
    ],
    "Rprop": [{"etas": (0.3, 1.7)}, {"step_sizes": (1e-2, 0.15)}, {"maximize": True}, {"lr": "tensor"}, {"foreach": True}],
    "Adafactor": [
        {"beta2_decay": -0.3}, {"eps": (0.01, 0.1)}, {"d": 2.0}, {"weight_decay": 0.2}, {"maximize": True}, {"lr": "tensor"},
        {"foreach": False},
    ],
}  # fmt: skip
"""What each optimizer is made with, beside a learning rate; ``"tensor"`` are tensors of such numbers."""

REAL_ONLY = ("Adafactor",)


def _cases() -> Iterator[Any]:
    for kind, options in OPTIONS.items():
        pairs = [one | other for one, other in combinations(options, 2) if not one.keys() & other.keys()]
        for given in [{}, *options, *pairs]:
            if not {"foreach", "fused"} <= given.keys() and not (given.get("foreach") and "tensor" in given.values()):
                yield pytest.param(
                    kind, given, id=f"{kind}-" + "-".join(f"{name}={value}" for name, value in given.items())
                )


def _made(t: Any, kind: str, options: dict[str, Any], parameters: list[Any], dtype: str) -> Any:
    given = {"lr": 0.1} | options
    if given["lr"] == "tensor":
        given["lr"] = t.tensor(0.1, dtype=getattr(t, dtype))
    if given.get("betas") == "tensors":
        given["betas"] = (t.tensor(0.8, dtype=t.float64), t.tensor(0.95, dtype=t.float64))
    return getattr(t.optim, kind)(parameters, **given)


def _parameters(t: Any, dtype: str) -> list[Any]:
    """A matrix, a transposed matrix, a vector, a number and nothing."""
    numbers = t.linspace(-1.0, 2.0, 6, dtype=getattr(t, dtype))
    found = [numbers.reshape(2, 3), numbers.reshape(3, 2).t(), numbers[1:5] * 2, numbers[2] + 1, numbers[:0]]
    return [each.detach().clone().requires_grad_() for each in found]


def _step(optimizer: Any, parameters: list[Any], step: int) -> list[Any]:
    """Gradients that change their signs and sizes, and what the parameters are after a step along them."""
    for place, each in enumerate(parameters):
        each.grad = (
            None if place == 3 and step == 2 else (each.detach() * 0.3 + (step % 5 - 1.7) * 0.2 * (place + 1)).detach()
        )
    optimizer.step()
    return [each.tolist() for each in parameters]


def _in(t: Any, value: Any) -> Any:
    """A state of one library in the other."""
    if isinstance(value, dict):
        return {key: _in(t, each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_in(t, each) for each in value)
    if hasattr(value, "tolist"):
        return t.tensor(value.tolist(), dtype=getattr(t, str(value.dtype).rpartition(".")[2])).reshape(
            tuple(value.shape)
        )
    return value


def _told(value: Any) -> Any:
    """Keys, types, dtypes and shapes of a state, without its numbers."""
    if isinstance(value, dict):
        return {key: _told(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [type(value).__name__, *map(_told, value)]
    if hasattr(value, "tolist"):
        return str(value.dtype).rpartition(".")[2], tuple(value.shape), value.requires_grad
    return type(value).__name__


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = [value[key] for key in sorted(value, key=str)]
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        for each in value:
            yield from _flat(each)
    elif isinstance(value, complex):
        yield from (value.real, value.imag)
    else:
        yield value


def _alike(found: Any, expected: Any, dtype: str, loose: bool = False) -> None:
    rel = 1e-12 if dtype in ("float64", "complex128") and not loose else 3e-5
    ours, theirs = list(_flat(found)), list(_flat(expected))
    assert len(ours) == len(theirs)
    assert ours == pytest.approx(theirs, rel=rel, abs=rel)


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(("kind", "options"), list(_cases()))
def test_twenty_steps_and_states_are_pytorchs(
    torch: ModuleType, kind: str, options: dict[str, Any], dtype: str
) -> None:
    """In the middle, each library takes over the state of the other."""
    # Some implementations of ASGD keep eta with the digits of the parameter, some with those of float32.
    loose = kind == "ASGD" and not {"lr", "foreach"}.isdisjoint(options)
    made = []
    for t in (flambeau, torch):
        parameters = _parameters(t, dtype)
        if kind == "Adafactor":  # which divides by the number of elements
            parameters.pop()
        if "fused" in options:  # PyTorch's kernel takes a state for one of the same order in memory
            parameters[1] = parameters[1].detach().contiguous().requires_grad_()
        made.append((t, parameters, _made(t, kind, options, parameters, dtype)))
    for step in range(STEPS):
        if step == STEPS // 2:
            states = [optimizer.state_dict() for *_, optimizer in made]
            assert _told(states[0]) == _told(states[1])
            _alike(states[0]["state"], states[1]["state"], dtype, loose)
            for (t, _, optimizer), state in zip(made, reversed(states), strict=True):
                optimizer.load_state_dict(_in(t, state))
        found = [_step(optimizer, parameters, step) for _, parameters, optimizer in made]
        _alike(*found, dtype, loose)
    assert repr(made[0][2]) == repr(made[1][2])


def _fits_complex(kind: Any, options: Any) -> bool:
    return kind not in REAL_ONLY and len(options) <= 2 and "fused" not in options


COMPLEX = [each for each in _cases() if _fits_complex(*each.values)]


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["complex128", "complex64"])
@pytest.mark.parametrize(("kind", "options"), COMPLEX)
def test_complex_parameters_are_pytorchs(torch: ModuleType, kind: str, options: dict[str, Any], dtype: str) -> None:
    made = []
    for t in (flambeau, torch):
        parts = [t.linspace(start, 2.0, 6, dtype=t.float64).reshape(2, 3) for start in (-1.0, 3.0)]
        parameters = [t.complex(*parts).to(getattr(t, dtype)).requires_grad_()]
        tensors = "complex" if "tensor" in options.values() else dtype
        made.append((t, parameters, _made(t, kind, options, parameters, "float64" if tensors == "complex" else dtype)))
    for step in range(6):
        found = []
        for _, parameters, optimizer in made:
            (x,) = parameters
            x.grad = (x.detach() * (0.3 - 0.1j) + (step % 3 - 0.7) * (0.2 + 0.1j)).detach()
            optimizer.step()
            found.append([x.tolist(), optimizer.state_dict()["state"]])
        assert _told(found[0][1]) == _told(found[1][1])
        _alike(*found, dtype, kind == "ASGD")


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("kind", [*OPTIONS, "Muon"])
def test_parameters_of_16_bits_are_pytorchs(torch: ModuleType, kind: str, dtype: str) -> None:
    made = []
    for t in (flambeau, torch):
        parameters = [t.linspace(-1.0, 2.0, 6).reshape(2, 3).to(getattr(t, dtype)).requires_grad_()]
        options = (
            {} if kind == "Muon" else {"eps": 1e-3} if kind in ("Adam", "AdamW", "NAdam", "RAdam", "Adamax") else {}
        )
        made.append((parameters, getattr(t.optim, kind)(parameters, lr=0.1, **options)))
    for step in range(5):
        found = [_step(optimizer, parameters, step) for parameters, optimizer in made]
        ours, theirs = (list(_flat(each)) for each in found)
        assert ours == pytest.approx(theirs, rel={"float16": 5e-3, "bfloat16": 4e-2}[dtype], abs=1e-2)
    states = [optimizer.state_dict()["state"] for _, optimizer in made]
    assert _told(states[0]) == _told(states[1])


MUON = [
    {}, {"momentum": 0.5}, {"nesterov": False}, {"weight_decay": 0.5}, {"ns_steps": 3}, {"adjust_lr_fn": "original"},
    {"adjust_lr_fn": "match_rms_adamw"}, {"ns_coefficients": (2.0, -1.5, 0.5)}, {"eps": 0.5}, {"lr": "tensor"},
]  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (1, 4)])
@pytest.mark.parametrize("options", MUON)
def test_muon_is_pytorchs(torch: ModuleType, options: dict[str, Any], shape: tuple[int, int], dtype: str) -> None:
    """Its iterations have the digits of bfloat16."""
    made = []
    for t in (flambeau, torch):
        x = t.linspace(-1.0, 2.0, shape[0] * shape[1], dtype=getattr(t, dtype)).sin().reshape(shape).requires_grad_()
        made.append((x, _made(t, "Muon", options, [x], dtype)))
    for step in range(6):
        for x, optimizer in made:
            x.grad = ((x.detach() + step) * 3).cos()
            optimizer.step()
    (ours, _), (theirs, _) = made
    assert list(_flat(ours)) == pytest.approx(list(_flat(theirs)), abs=0.02)
    assert _told(made[0][1].state_dict()) == _told(made[1][1].state_dict())


# -- L-BFGS ----------------------------------------------------------------------------------------------------------------

LBFGS: list[dict[str, Any]] = [
    {}, {"lr": 0.3}, {"max_iter": 3}, {"max_eval": 4}, {"history_size": 2}, {"tolerance_grad": 0.5}, {"tolerance_change": 0.01},
    {"line_search_fn": "strong_wolfe"}, {"line_search_fn": "strong_wolfe", "max_iter": 3}, {"lr": "tensor"},
    {"line_search_fn": "strong_wolfe", "history_size": 2, "lr": 0.4}, {"line_search_fn": "strong_wolfe", "max_eval": 7},
    {"line_search_fn": "strong_wolfe", "lr": 5.0},
]  # fmt: skip


def _valley(x: Any, y: Any) -> Any:
    """Rosenbrock's function, and a bowl."""
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum() + (y * y * y * y + y).sum()


def _minimised(t: Any, options: dict[str, Any], dtype: str, steps: int) -> Iterator[tuple[list[float], Any]]:
    x = t.tensor([-1.2, 1.0, 0.5], dtype=getattr(t, dtype), requires_grad=True)
    y = t.tensor([[0.3], [2.0]], dtype=getattr(t, dtype), requires_grad=True)
    optimizer = _made(t, "LBFGS", {"lr": 1} | options, [x, y], dtype)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = _valley(x, y)
        loss.backward()
        return loss

    for _ in range(steps):
        loss = optimizer.step(closure)
        yield [loss.item(), *_flat(x), *_flat(y)], optimizer


@pytest.mark.oracle
@pytest.mark.parametrize("options", LBFGS)
def test_lbfgs_goes_pytorchs_way(torch: ModuleType, options: dict[str, Any]) -> None:
    for (ours, mine), (theirs, other) in zip(
        *(_minimised(t, options, "float64", 2) for t in (flambeau, torch)), strict=True
    ):
        if any(abs(each) > 1e6 for each in theirs):
            break  # from where the last digits decide
        assert ours == pytest.approx(theirs, rel=1e-6, abs=1e-8)
        states = [optimizer.state_dict()["state"][0] for optimizer in (mine, other)]
        assert states[0].keys() == states[1].keys()
        assert [states[0][name] for name in ("func_evals", "n_iter")] == [
            states[1][name] for name in ("func_evals", "n_iter")
        ]


@pytest.mark.oracle
def test_lbfgs_takes_over_a_state(torch: ModuleType) -> None:
    made = {}
    for t in (flambeau, torch):
        x = t.tensor([3.0, -2.0], dtype=t.float64, requires_grad=True)
        optimizer = t.optim.LBFGS([x], lr=0.2, max_iter=3)
        made[t] = (x, optimizer)
    for step in range(4):
        if step == 2:
            states = {t: made[t][1].state_dict() for t in made}
            made[flambeau][1].load_state_dict(_in(flambeau, states[torch]))
            made[torch][1].load_state_dict(_in(torch, states[flambeau]))
        for x, optimizer in made.values():

            def closure(x: Any = x) -> Any:
                x.grad = None
                loss = (x**4).sum() + (x[0] * x[1] - 1) ** 2
                loss.backward()
                return loss

            optimizer.step(closure)
    assert made[flambeau][0].tolist() == pytest.approx(made[torch][0].tolist(), rel=1e-9)


@pytest.mark.oracle
@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs_takes_complex_and_sparse_and_missing_gradients(torch: ModuleType, search: str | None) -> None:
    found = []
    for t in (flambeau, torch):
        z = t.tensor([1 + 2j, -1j], dtype=t.complex128, requires_grad=True)
        table = t.nn.Embedding.from_pretrained(t.ones(3, 2, dtype=t.float64), freeze=False, sparse=True)
        idle = t.ones(2, dtype=t.float64, requires_grad=True)
        optimizer = t.optim.LBFGS([z, table.weight, idle], lr=0.1, max_iter=4, line_search_fn=search)

        def closure(t: Any = t, z: Any = z, table: Any = table, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = ((z - 1).abs() ** 2).sum() + (table(t.tensor([1, 1, 2])) ** 2).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        found.append([*_flat(z), *_flat(table.weight.detach()), *_flat(idle)])
    assert found[0] == pytest.approx(found[1], rel=1e-9)


NARROW: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {}), ("SGD", {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}), ("Adam", {"weight_decay": 0.1, "eps": 1e-4}),
    ("AdamW", {"amsgrad": True, "eps": 1e-4}), ("NAdam", {"eps": 1e-4}), ("RAdam", {}), ("Adamax", {}), ("Adadelta", {}),
    ("Adagrad", {}), ("ASGD", {}), ("RMSprop", {"momentum": 0.9, "centered": True}), ("Rprop", {}),
]  # fmt: skip


@pytest.mark.oracle
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize(("kind", "options"), NARROW)
def test_numbers_of_16_bits_are_rounded_as_pytorchs(
    torch: ModuleType, kind: str, options: dict[str, Any], dtype: str
) -> None:
    found = []
    for t in (flambeau, torch):
        x = (t.linspace(-2.0, 2.0, 301) ** 3).to(getattr(t, dtype)).requires_grad_()
        optimizer = getattr(t.optim, kind)([x], lr=0.01, foreach=False, **options)
        for step in range(20):
            x.grad = (t.linspace(3.0, -1.0, 301) * (step % 5 - 1.7)).to(x.dtype)
            optimizer.step()
        found.append(x.tolist())
    apart = sum(one != other for one, other in zip(*found, strict=True))
    assert apart <= 9, "PyTorch multiplies and adds in one operation, which is another number now and then"
