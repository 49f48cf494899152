"""Optimizers, each for itself: defaults, what they remember, complex and sparse gradients, closures, averages of weights, errors."""

import copy
import pickle
import warnings
from functools import partial
from typing import Any

from ...checks import quietly
from ...declare import Sample, op
from ...programs import programs, refusals

_ALL = (
    "Adadelta", "Adafactor", "Adagrad", "Adam", "AdamW", "Adamax", "ASGD", "LBFGS", "Muon", "NAdam", "RAdam", "RMSprop", "Rprop",
    "SGD",
)  # fmt: skip
_PLAIN = tuple(kind for kind in _ALL if kind not in ("LBFGS", "Muon"))  # without closures, and on all dtypes
_COMPLEX = tuple(kind for kind in _PLAIN if kind != "Adafactor")


def _leaf(t: Any, dtype: Any = None) -> Any:
    x = t.tensor([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]], dtype=dtype, requires_grad=True)
    x.grad = t.tensor([[0.5, -1.0, 0.25], [2.0, 1.0, -0.5]], dtype=dtype)
    return x


def _made(t: Any, kind: str, parameters: Any, **options: Any) -> Any:
    return getattr(t.optim, kind)(parameters, **options)


# -- what there is ------------------------------------------------------------------------------------------------------


def _signature(t: Any, kind: str) -> Any:
    """The options of an optimizer that is made without any."""
    made = _made(t, kind, [_leaf(t)])
    return [f"{name}={value}" for name, value in sorted(made.defaults.items())]


def _remembered(t: Any, kind: str) -> Any:
    """Names, dtypes and shapes of what is remembered after a step."""
    x = _leaf(t)
    options = {"momentum": 0.5} if kind in ("SGD", "RMSprop") else {}
    optimizer = _made(t, kind, [x], **options)
    optimizer.step(lambda: (x * x).sum())
    state = optimizer.state_dict()["state"][0]
    return [[name, _described(value)] for name, value in state.items() if name not in ("d", "t", "ro", "H_diag", "al")]


def _described(value: Any) -> Any:
    if hasattr(value, "dtype"):
        return [str(value.dtype).rpartition(".")[2], list(value.shape)]
    return type(value).__name__


def _copied(t: Any, kind: str) -> bool:
    """Whether a copy, and one that is pickled, step as the optimizer itself."""
    x = _leaf(t)
    optimizer = _made(t, kind, [x])
    optimizer.step(lambda: 1.0)
    twins = [copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))]
    optimizer.step(lambda: 1.0)
    for twin in twins:
        (y,) = twin.param_groups[0]["params"]
        y.grad = x.grad
        twin.step(lambda: 1.0)
        if y.tolist() != x.tolist():
            return False
    return True


def _exchanged(t: Any, kind: str) -> Any:
    """Whether a state that is loaded is the same again, with the tensors that fit as they are: in dtype and place."""
    first, second = (_made(t, kind, [_leaf(t)]) for _ in range(2))
    first.step(lambda: 1.0)
    state = first.state_dict()
    second.load_state_dict(state)
    same = [
        value is second.state_dict()["state"][0][name]
        for name, value in state["state"][0].items()
        if hasattr(value, "dtype") and value.device == first.param_groups[0]["params"][0].device
    ]
    return all(same), second.state_dict()["param_groups"] == state["param_groups"]


def _other_implementations(t: Any, kind: str) -> bool:
    """Whether options that choose between implementations change no number."""
    taken = _made(t, kind, [_leaf(t)]).defaults
    found = []
    for options in ({}, {"foreach": True}, {"foreach": False}, {"fused": True}, {"fused": False}):
        if options.keys() <= taken.keys():
            x = _leaf(t)
            optimizer = _made(t, kind, [x], **options)
            for _ in range(3):
                optimizer.step()
            found.append(x.detach())
    return all(bool(t.allclose(each, found[0], rtol=1e-5)) for each in found)


_OPTIONS = {
    "Adadelta": ["capturable=False", "differentiable=False", "eps=1e-06", "foreach=None", "lr=1.0", "maximize=False", "rho=0.9", "weight_decay=0"],
    "Adafactor": ["beta2_decay=-0.8", "d=1.0", "eps=(None, 0.001)", "foreach=None", "lr=0.01", "maximize=False", "weight_decay=0.0"],
    "Adagrad": ["differentiable=False", "eps=1e-10", "foreach=None", "fused=None", "initial_accumulator_value=0", "lr=0.01", "lr_decay=0", "maximize=False", "weight_decay=0"],
    "Adam": ["amsgrad=False", "betas=(0.9, 0.999)", "capturable=False", "decoupled_weight_decay=False", "differentiable=False", "eps=1e-08", "foreach=None", "fused=None", "lr=0.001", "maximize=False", "weight_decay=0"],
    "AdamW": ["amsgrad=False", "betas=(0.9, 0.999)", "capturable=False", "decoupled_weight_decay=True", "differentiable=False", "eps=1e-08", "foreach=None", "fused=None", "lr=0.001", "maximize=False", "weight_decay=0.01"],
    "Adamax": ["betas=(0.9, 0.999)", "capturable=False", "differentiable=False", "eps=1e-08", "foreach=None", "lr=0.002", "maximize=False", "weight_decay=0"],
    "ASGD": ["alpha=0.75", "capturable=False", "differentiable=False", "foreach=None", "lambd=0.0001", "lr=0.01", "maximize=False", "t0=1000000.0", "weight_decay=0"],
    "LBFGS": ["history_size=100", "line_search_fn=None", "lr=1", "max_eval=25", "max_iter=20", "tolerance_change=1e-09", "tolerance_grad=1e-07"],
    "Muon": ["adjust_lr_fn=None", "eps=1e-07", "lr=0.001", "momentum=0.95", "nesterov=True", "ns_coefficients=(3.4445, -4.775, 2.0315)", "ns_steps=5", "weight_decay=0.1"],
    "NAdam": ["betas=(0.9, 0.999)", "capturable=False", "decoupled_weight_decay=False", "differentiable=False", "eps=1e-08", "foreach=None", "lr=0.002", "maximize=False", "momentum_decay=0.004", "weight_decay=0"],
    "RAdam": ["betas=(0.9, 0.999)", "capturable=False", "decoupled_weight_decay=False", "differentiable=False", "eps=1e-08", "foreach=None", "lr=0.001", "maximize=False", "weight_decay=0"],
    "RMSprop": ["alpha=0.99", "capturable=False", "centered=False", "differentiable=False", "eps=1e-08", "foreach=None", "lr=0.01", "maximize=False", "momentum=0", "weight_decay=0"],
    "Rprop": ["capturable=False", "differentiable=False", "etas=(0.5, 1.2)", "foreach=None", "lr=0.01", "maximize=False", "step_sizes=(1e-06, 50)"],
    "SGD": ["dampening=0", "differentiable=False", "foreach=None", "fused=None", "lr=0.001", "maximize=False", "momentum=0", "nesterov=False", "weight_decay=0"],
}  # fmt: skip
_NUMBER, _LIKE = ["float32", []], ["float32", [2, 3]]
_REMEMBERED = {
    "Adadelta": [["step", _NUMBER], ["square_avg", _LIKE], ["acc_delta", _LIKE]],
    "Adafactor": [["step", _NUMBER], ["row_var", ["float32", [2, 1]]], ["col_var", ["float32", [1, 3]]]],
    "Adagrad": [["step", _NUMBER], ["sum", _LIKE]],
    "Adam": [["step", _NUMBER], ["exp_avg", _LIKE], ["exp_avg_sq", _LIKE]],
    "AdamW": [["step", _NUMBER], ["exp_avg", _LIKE], ["exp_avg_sq", _LIKE]],
    "Adamax": [["step", _NUMBER], ["exp_avg", _LIKE], ["exp_inf", _LIKE]],
    "ASGD": [["step", _NUMBER], ["eta", _NUMBER], ["mu", _NUMBER], ["ax", _LIKE]],
    "LBFGS": [["func_evals", "int"], ["n_iter", "int"], ["old_dirs", "list"], ["old_stps", "list"], ["prev_flat_grad", ["float32", [6]]], ["prev_loss", "float"]],
    "Muon": [["momentum_buffer", _LIKE]],
    "NAdam": [["step", _NUMBER], ["mu_product", _NUMBER], ["exp_avg", _LIKE], ["exp_avg_sq", _LIKE]],
    "RAdam": [["step", _NUMBER], ["exp_avg", _LIKE], ["exp_avg_sq", _LIKE]],
    "RMSprop": [["step", _NUMBER], ["square_avg", _LIKE], ["momentum_buffer", _LIKE]],
    "Rprop": [["step", _NUMBER], ["prev", _LIKE], ["step_size", _LIKE]],
    "SGD": [["momentum_buffer", _LIKE]],
}  # fmt: skip

programs("optimizer", {
    **{f"options-of-{kind}": (partial(_signature, kind=kind), _OPTIONS[kind]) for kind in _ALL},
    **{f"remembered-by-{kind}": (partial(_remembered, kind=kind), _REMEMBERED[kind]) for kind in _ALL if kind != "Muon"},
    **{f"copied-{kind}": (partial(_copied, kind=kind), True) for kind in _PLAIN},
    **{f"state-exchanged-{kind}": (partial(_exchanged, kind=kind), [True, True]) for kind in _PLAIN if kind != "SGD"},
    **{f"implementations-of-{kind}": (partial(_other_implementations, kind=kind), True) for kind in _PLAIN},
})  # fmt: skip
programs("optimizer", {
    "remembered-by-Muon": (lambda t: _remembered(t, "Muon"), _REMEMBERED["Muon"]),
    "copied-Muon": (lambda t: _copied(t, "Muon"), True),
    "state-exchanged-Muon": (lambda t: _exchanged(t, "Muon"), [True, True]),
}, dtypes=("bfloat16",))  # fmt: skip


# -- steps that are no plain ones ----------------------------------------------------------------------------------------


def _complex(t: Any, kind: str) -> Any:
    """Complex parameters after each of some steps, as real numbers."""
    x = t.tensor([1 + 2j, -0.5j, 3.0], dtype=t.complex64, requires_grad=True)
    optimizer = _made(t, kind, [x], lr=0.1, **({"eps": 1e-3} if kind == "Adadelta" else {}))
    found = []
    for step in range(4):
        x.grad = x.detach() * (0.3 - 0.1j) + (step % 3 - 0.7) * (0.2 + 0.1j)
        optimizer.step()
        found.append(t.view_as_real(x.detach()).clone())
    return t.stack(found)


def _recorded(t: Any, kind: str) -> Any:
    """Derivatives of a parameter after a step: by what it was, and by the gradient."""
    start = t.tensor([1.0, -2.0, 0.5], requires_grad=True)
    slope = t.tensor([0.3, 0.7, -0.4], requires_grad=True)
    x = start.clone()
    optimizer = _made(t, kind, [x], lr=0.1, differentiable=True, **({"eps": 0.1} if kind == "Adadelta" else {}))
    x.grad = slope + start * 0.3
    optimizer.step()
    (x**2).sum().backward()
    return t.stack([x.detach(), start.grad, slope.grad])


def _orthogonal(t: Any, **options: Any) -> Any:
    x = t.linspace(-1.0, 2.0, 12).sin().reshape(3, 4).requires_grad_()
    optimizer = t.optim.Muon([x], **{"lr": 0.1} | options)
    for step in range(3):
        x.grad = ((x.detach() + step) * 3).cos()
        optimizer.step()
    return (x.detach() * 8).round()  # its iterations have the digits of bfloat16


def _valley(t: Any, steps: int = 1, **options: Any) -> Any:
    x = t.tensor([-1.2, 1.0], dtype=t.float64, requires_grad=True)
    optimizer = t.optim.LBFGS([x], **options)

    def closure() -> Any:
        optimizer.zero_grad()
        loss = 100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2
        loss.backward()
        return loss

    losses = [optimizer.step(closure).detach() for _ in range(steps)]
    evaluations = t.tensor(float(optimizer.state[x]["func_evals"]), dtype=t.float64)
    return t.stack([*x.detach(), *losses, evaluations])


def _stored(t: Any, kind: str, **options: Any) -> Any:
    """A table after steps along gradients that store some rows, one of them twice."""
    table = t.nn.Embedding.from_pretrained(t.linspace(-1.0, 2.0, 8).reshape(4, 2), freeze=False, sparse=True)
    optimizer = _made(t, kind, table.parameters(), lr=0.1, **options)
    for step in range(3):
        optimizer.zero_grad()
        (table(t.tensor([0, 2, 2])) ** 2).sum().mul(step + 1).backward()
        quietly(optimizer.step)  # PyTorch warns of the sparse tensors that it makes
    return table.weight.detach()


def _sample(name: str, call: Any, dtype: str = "float32") -> Sample:
    return Sample(name, call, (), dtypes=(dtype,), gradient=False)


def _declared(
    name: str, samples: list[Sample], dtypes: tuple[str, ...] = ("float32",), tolerance: str = "large"
) -> None:
    op(name, dtypes=dtypes, tolerance=tolerance, differentiable=False, method=False, refuses=False, samples=samples)


_declared(
    "optim.complex",
    [_sample(kind, lambda t, kind=kind: _complex(t, kind), "complex64") for kind in _COMPLEX],
    ("complex64",),
)
_declared("optim.differentiable", [_sample(kind, lambda t, kind=kind: _recorded(t, kind)) for kind in _COMPLEX])
_declared("optim.sparse", [
    _sample("SGD", lambda t: _stored(t, "SGD")), _sample("SGD-momentum", lambda t: _stored(t, "SGD", momentum=0.5, maximize=True)),
    _sample("Adagrad", lambda t: _stored(t, "Adagrad")), _sample("Adagrad-maximize", lambda t: _stored(t, "Adagrad", maximize=True, lr_decay=0.1)),
    _sample("SparseAdam", lambda t: _stored(t, "SparseAdam")),
    _sample("SparseAdam-options", lambda t: _stored(t, "SparseAdam", betas=(0.5, 0.7), eps=0.1, maximize=True)),
])  # fmt: skip
_MUON: dict[str, dict[str, Any]] = {
    "plain": {}, "momentum": {"momentum": 0.5}, "nesterov": {"nesterov": False}, "decay": {"weight_decay": 0.5},
    "steps": {"ns_steps": 3}, "eps": {"eps": 0.5}, "original": {"adjust_lr_fn": "original"},
    "rms": {"adjust_lr_fn": "match_rms_adamw"}, "coefficients": {"ns_coefficients": (2.0, -1.5, 0.5)},
}  # fmt: skip
_declared("optim.Muon", [
    _sample(name, lambda t, options=options: _orthogonal(t, **options), "bfloat16") for name, options in _MUON.items()
], ("bfloat16",))  # fmt: skip
_declared("optim.LBFGS", [
    _sample("plain", lambda t: _valley(t, lr=0.1), "float64"), _sample("two", lambda t: _valley(t, 2, lr=0.1, max_iter=4), "float64"),
    _sample("evaluations", lambda t: _valley(t, lr=0.1, max_eval=4), "float64"),
    _sample("history", lambda t: _valley(t, lr=0.1, history_size=2, max_iter=8), "float64"),
    _sample("flat-enough", lambda t: _valley(t, tolerance_grad=1e4), "float64"),
    _sample("still-enough", lambda t: _valley(t, lr=0.1, tolerance_change=0.1), "float64"),
    _sample("search", lambda t: _valley(t, line_search_fn="strong_wolfe", max_iter=8), "float64"),
    _sample("search-again", lambda t: _valley(t, 3, line_search_fn="strong_wolfe", max_iter=3), "float64"),
], ("float64",))  # fmt: skip


# -- closures, learning rates, older states ------------------------------------------------------------------------------


def _closures(t: Any) -> Any:
    found = []
    for kind in _PLAIN:
        x = _leaf(t)
        optimizer = _made(t, kind, [x])
        loss = optimizer.step(lambda x=x: (x * 0).sum() + 3)
        found.append(loss.item())
    return found


def _negative_rate(t: Any, kind: str) -> Any:
    return _made(t, kind, [_leaf(t)], lr=-0.5)


def _rate_of_two(t: Any, kind: str) -> Any:
    return _made(t, kind, [_leaf(t)], lr=t.tensor([0.1, 0.1]))


def _counted_by_numbers(t: Any) -> Any:
    """A state of older versions, whose steps are numbers."""
    x = _leaf(t)
    optimizer = t.optim.Adam([x], lr=0.5)
    optimizer.step()
    state = copy.deepcopy(optimizer.state_dict())
    state["state"][0]["step"] = 7
    optimizer.load_state_dict(state)
    step = optimizer.state[x]["step"]
    return step.item(), str(step.dtype).rpartition(".")[2], step.dim()


def _default_of_64_bits(t: Any) -> Any:
    before = t.get_default_dtype()
    t.set_default_dtype(t.float64)
    try:
        x = t.ones(1, requires_grad=True)
        x.grad = t.ones(1)
        optimizer = t.optim.RMSprop([x])
        optimizer.step()
        return _described(optimizer.state[x]["step"])
    finally:
        t.set_default_dtype(before)


def _loaded_into_16_bits(t: Any) -> Any:
    first, second = _leaf(t), _leaf(t, t.bfloat16)
    one, two = t.optim.Adam([first]), t.optim.Adam([second])
    one.step()
    two.load_state_dict(one.state_dict())
    return [[name, _described(value)] for name, value in two.state[second].items()]


def _swapped(t: Any) -> Any:
    x, y = (t.ones(1, requires_grad=True) for _ in range(2))
    optimizer = t.optim.SGD([x], lr=0.25, momentum=0.5)
    x.grad, y.grad = t.ones(1), t.ones(1)
    optimizer.step()
    with t.optim.swap_in_optimizer_params_and_state(optimizer, {"y": y}, optimizer.state_dict()):
        optimizer.step()
    return x, y, optimizer.param_groups[0]["params"][0] is x


def _warned_of_twins(t: Any) -> Any:
    x = _leaf(t)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        t.optim.Rprop([x, x])
    return [str(each.message)[:69] for each in told]


def _before_and_after(t: Any) -> Any:
    log: list[Any] = []
    optimizer = t.optim.SGD([_leaf(t)])
    for prepend in (False, True):
        optimizer.register_state_dict_pre_hook(lambda made, at=prepend: log.append(["state", at]), prepend=prepend)
        optimizer.register_state_dict_post_hook(
            lambda made, state, at=prepend: log.append(["stated", at]), prepend=prepend
        )
        optimizer.register_load_state_dict_pre_hook(
            lambda made, state, at=prepend: log.append(["load", at]), prepend=prepend
        )
        optimizer.register_load_state_dict_post_hook(
            lambda made, at=prepend: log.append(["loaded", at]), prepend=prepend
        )
    optimizer.load_state_dict(optimizer.state_dict())
    return log


def _base(t: Any) -> Any:
    optimizer = t.optim.Optimizer([_leaf(t)], {"lr": 0.5})
    return optimizer.defaults, list(optimizer.param_groups[0])


programs("optimizer", {
    "closures": (_closures, [3.0] * len(_PLAIN)),
    "older-state": (_counted_by_numbers, [7.0, "float32", 0]),
    "step-of-64-bits": (_default_of_64_bits, ["float64", []]),
    "swapped": (_swapped, [[0.75], [0.625], True]),
    "twins": (_warned_of_twins, ["optimizer contains a parameter group with duplicate parameters; in fu"]),
    "hooks-in-front": (_before_and_after, [["state", True], ["state", False], ["stated", True], ["stated", False], ["load", True], ["load", False], ["loaded", True], ["loaded", False]]),
    "base": (_base, [{"lr": 0.5}, ["params", "lr"]]),
})  # fmt: skip

programs("optimizer", {
    "state-of-16-bits": (_loaded_into_16_bits, [["step", ["float32", []]], ["exp_avg", ["bfloat16", [2, 3]]], ["exp_avg_sq", ["bfloat16", [2, 3]]]]),
}, dtypes=("bfloat16",))  # fmt: skip


def _complex_step(t: Any, kind: str) -> None:
    x = t.ones(2, 2, dtype=t.complex64, requires_grad=True)
    x.grad = t.ones(2, 2, dtype=t.complex64)
    _made(t, kind, [x]).step()


def _sparse_step(t: Any, kind: str, **options: Any) -> None:
    table = t.nn.Embedding(4, 2, sparse=True)
    table(t.tensor([1])).sum().backward()
    _made(t, kind, table.parameters(), **options).step()


refusals("optimizer", {
    **{f"rate-of-{kind}": (partial(_negative_rate, kind=kind), ValueError, "Invalid learning rate: -0.5")
       for kind in _ALL if kind not in ("Adafactor", "Muon")},
    **{f"rates-of-{kind}": (partial(_rate_of_two, kind=kind), ValueError, "Tensor lr must be 1-element") for kind in _ALL},
    **{f"sparse-for-{kind}": (partial(_sparse_step, kind=kind), RuntimeError, f"{kind} does not support sparse gradients")
       for kind in (*_PLAIN, "Muon") if kind not in ("AdamW", "Adagrad", "SGD")},
    "decay-of-sparse-Adagrad": (lambda t: _sparse_step(t, "Adagrad", weight_decay=0.5), RuntimeError, "weight_decay option is not compatible with sparse gradients"),
    "rho": (lambda t: t.optim.Adadelta([_leaf(t)], rho=1.5), ValueError, "Invalid rho value: 1.5"),
    "Adagrad-decay": (lambda t: t.optim.Adagrad([_leaf(t)], lr_decay=-0.5), ValueError, "Invalid lr_decay value: -0.5"),
    "Adagrad-start": (lambda t: t.optim.Adagrad([_leaf(t)], initial_accumulator_value=-0.5), ValueError, "Invalid initial_accumulator_value value: -0.5"),
    "Adamax-beta": (lambda t: t.optim.Adamax([_leaf(t)], betas=(0.0, 1.0)), ValueError, "Invalid beta parameter at index 1: 1.0"),
    "NAdam-decay": (lambda t: t.optim.NAdam([_leaf(t)], momentum_decay=-0.2), ValueError, "Invalid momentum_decay value: -0.2"),
    "RAdam-decay": (lambda t: t.optim.RAdam([_leaf(t)], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    "ASGD-decay": (lambda t: t.optim.ASGD([_leaf(t)], weight_decay=-0.5), ValueError, "Invalid weight_decay value: -0.5"),
    "RMSprop-momentum": (lambda t: t.optim.RMSprop([_leaf(t)], momentum=-1.0), ValueError, "Invalid momentum value: -1.0"),
    "RMSprop-alpha": (lambda t: t.optim.RMSprop([_leaf(t)], alpha=-1.0), ValueError, "Invalid alpha value: -1.0"),
    "Rprop-etas": (lambda t: t.optim.Rprop([_leaf(t)], etas=(1.0, 0.5)), ValueError, "Invalid eta values: 1.0, 0.5"),
    "SparseAdam-rate": (lambda t: t.optim.SparseAdam([_leaf(t)], lr=0.0), ValueError, "Invalid learning rate: 0.0"),
    "SparseAdam-eps": (lambda t: t.optim.SparseAdam([_leaf(t)], eps=0.0), ValueError, "Invalid epsilon value: 0.0"),
    "SparseAdam-of-sparse": (lambda t: t.optim.SparseAdam([t.zeros(3).to_sparse()]), ValueError, "Sparse params at indices [[0, 0]]: SparseAdam requires dense parameter tensors"),
    "Adafactor-rate": (lambda t: t.optim.Adafactor([_leaf(t)], lr=-1), ValueError, "Learning rate should be >= 0 but is: -1"),
    "Adafactor-beta": (lambda t: t.optim.Adafactor([_leaf(t)], beta2_decay=0.8), ValueError, "beta2_decay should be <= 0 but is: 0.8"),
    "Adafactor-eps": (lambda t: t.optim.Adafactor([_leaf(t)], eps=(-1e-30, 1e-3)), ValueError, "epsilon1 should be >= 0 but is: -1e-30"),
    "Adafactor-clipping": (lambda t: t.optim.Adafactor([_leaf(t)], d=0.0), ValueError, "Clipping threshold d should be >= 1 but is: 0.0"),
    "Muon-vector": (lambda t: t.optim.Muon([t.ones(2)]), ValueError, "Muon only supports 2D parameters whereas we found a parameter with size: torch.Size([2])"),
    "Muon-rate": (lambda t: t.optim.Muon([_leaf(t)], lr=-1), ValueError, "Learning rate should be >= 0 but is: -1"),
    "Muon-rule": (lambda t: t.optim.Muon([_leaf(t)], adjust_lr_fn="none"), ValueError, "Adjust learning rate function none is not supported"),
    "LBFGS-groups": (lambda t: t.optim.LBFGS([{"params": [_leaf(t)]}, {"params": [_leaf(t)]}]), ValueError, "LBFGS doesn't support per-parameter options (parameter groups)"),
    "LBFGS-closure": (lambda t: t.optim.LBFGS([_leaf(t)]).step(), TypeError, "missing 1 required positional argument: 'closure'"),
    "LBFGS-search": (lambda t: (lambda x: t.optim.LBFGS([x], line_search_fn="none").step(lambda: 1.0))(_leaf(t)), RuntimeError, "only 'strong_wolfe' is supported"),
    "Adam-betas": (lambda t: t.optim.Adam([_leaf(t)], betas=(t.tensor(0.5), 0.9)), ValueError, "betas must be either both floats or both Tensors"),
    "Adam-tensors": (lambda t: t.optim.Adam([_leaf(t)], lr=t.tensor(0.5), foreach=True), ValueError, "lr as a Tensor is not supported for capturable=False and foreach=True"),
    "Adam-implementations": (lambda t: t.optim.Adam([_leaf(t)], fused=True, differentiable=True), RuntimeError, "`fused` does not support `differentiable`"),
    "AdamW-implementations": (lambda t: t.optim.AdamW([_leaf(t)], fused=True, foreach=True), RuntimeError, "`fused` and `foreach` cannot be `True` together."),
    "names-are-missing": (lambda t: t.optim.ASGD([("x", _leaf(t)), _leaf(t)]), ValueError, "all optimizer params should be with/without names. Some param names are missing"),
    "swapped-too-early": (lambda t: t.optim.swap_in_optimizer_params_and_state(t.optim.SGD([_leaf(t)]), {}, {}).__enter__(), RuntimeError, "swap_in_optimizer_params_and_state requires initialized optimizer state."),
})  # fmt: skip
refusals("optimizer", {
    "complex-for-Adafactor": (lambda t: _complex_step(t, "Adafactor"), RuntimeError, "Adafactor does not support complex parameters"),
    "complex-for-Muon": (lambda t: _complex_step(t, "Muon"), RuntimeError, "Muon does not support complex parameters"),
    "complex-for-SparseAdam": (lambda t: t.optim.SparseAdam([t.ones(1, dtype=t.complex64, requires_grad=True)]), ValueError, "Complex params at indices [[0, 0]]: SparseAdam does not support complex parameters"),
}, dtypes=("complex64",))  # fmt: skip
