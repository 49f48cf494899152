"""The functional forms of optimizers: steps of parameters, gradients and states that are given as lists."""

from functools import partial
from importlib import import_module
from typing import Any

from ...checks import quietly
from ...declare import Sample, op

_STARTS = {"mus": 1.0, "mu_products": 1.0, "etas": 0.1, "sizes": 0.1}
_NUMBERS = ("mus", "mu_products", "etas")
_BETAS = {"beta1": 0.8, "beta2": 0.7, "weight_decay": 0.1, "eps": 1e-3}

_FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "adadelta": ("square_avgs acc_deltas", {"lr": 0.5, "rho": 0.8, "eps": 0.01, "weight_decay": 0.1, "maximize": True}),
    "adagrad": ("sums", {"lr": 0.5, "weight_decay": 0.1, "lr_decay": 0.1, "eps": 0.01, "maximize": False}),
    "adam": ("means squares largest", {"amsgrad": True, "lr": 0.1, "maximize": False, **_BETAS}),
    "adamw": ("means squares none", {"amsgrad": False, "lr": 0.1, "maximize": True, **_BETAS}),
    "adamax": ("means largest", {"lr": 0.1, **_BETAS}),
    "asgd": ("averages mus etas", {"lambd": 0.1, "lr": 0.1, "t0": 1.0, "alpha": 0.75, "weight_decay": 0.1}),
    "nadam": ("means squares mu_products", {"lr": 0.1, "momentum_decay": 0.1, **_BETAS}),
    "radam": ("means squares", {"lr": 0.1, **_BETAS}),
    "rmsprop": (
        "squares means buffers",
        {"lr": 0.1, "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.1, "momentum": 0.5, "centered": True},
    ),
    "rprop": ("before sizes", {"step_size_min": 1e-3, "step_size_max": 1.0, "etaminus": 0.5, "etaplus": 1.2}),
}  # fmt: skip
"""The lists of each, behind parameters and gradients, and its numbers."""


def _form(t: Any, module: str, name: str = "") -> Any:
    return getattr(import_module(f"{t.__name__}.optim.{module}"), name or module)


def _parameters(t: Any) -> list[Any]:
    return [t.tensor([[1.0, -2.0], [0.5, 3.0]]), t.tensor([0.25]), t.tensor(2.0)]


def _together(t: Any, tensors: list[Any]) -> Any:
    return t.cat([each.reshape(-1) for each in tensors])


def _lists(t: Any, names: str, like: list[Any]) -> list[list[Any]]:
    return [
        [
            t.full(() if name in _NUMBERS else tuple(each.shape), _STARTS.get(name, 0.0))
            for each in like
            if name != "none"
        ]
        for name in names.split()
    ]


def _three_steps(t: Any, form: str, **options: Any) -> Any:
    """Parameters and states after three steps on gradients that change their signs."""
    names, numbers = _FORMS[form]
    numbers = {"foreach": False, **numbers, **options}
    parameters = _parameters(t)
    lists, steps = _lists(t, names, parameters), [t.tensor(0.0) for _ in parameters]
    for step in range(3):
        grads = [(each - 0.3) * (step - 1.4) for each in _parameters(t)]
        _form(t, form)(parameters, grads, *lists, steps, **numbers)
    return _together(t, [*parameters, *(each for column in lists for each in column), *steps])


def _scaled(t: Any, form: str, **numbers: Any) -> Any:
    """Steps on gradients of a loss that was scaled, of which one is infinite."""
    parameters = _parameters(t)
    lists = (
        [[None] * 3]
        if form == "sgd"
        else [*_lists(t, _FORMS[form][0], parameters), [t.tensor(0.0) for _ in parameters]]
    )
    options = ({} if form == "sgd" else _FORMS[form][1]) | numbers
    for infinite in (0.0, 1.0, 0.0):
        grads, scale = (
            [(each - 0.3) * 4 for each in _parameters(t)],
            {"grad_scale": t.tensor(4.0), "found_inf": t.tensor(infinite)},
        )
        _form(t, form)(parameters, grads, *lists, fused=True, **scale, **options)
    return _together(t, parameters)


def _on_sparse(t: Any, form: str, lists: list[Any], **numbers: Any) -> Any:
    """A step on a gradient that stores one element."""
    x = t.ones(3)
    grad = t.sparse_coo_tensor(t.tensor([[1]]), t.tensor([2.0]), (3,), check_invariants=True)
    quietly(partial(_form(t, form), [x], [grad], *lists, has_sparse_grad=True, foreach=False, **numbers))
    return x


_PLAIN_SGD = {"weight_decay": 0.0, "momentum": 0.0, "lr": 0.5, "dampening": 0.0, "nesterov": False, "maximize": False}
_RECORDED = {"differentiable": True, "has_complex": True}
_MORE: dict[str, dict[str, Any]] = {
    "adadelta": {}, "adagrad": {}, "adam": {"decoupled_weight_decay": True}, "adamw": {}, "adamax": {"maximize": True},
    "asgd": {"maximize": True}, "nadam": {"maximize": True, "decoupled_weight_decay": True},
    "radam": {"maximize": True, "decoupled_weight_decay": True}, "rmsprop": {"maximize": True}, "rprop": {"maximize": True},
}  # fmt: skip


def _descents(t: Any, **options: Any) -> Any:
    """Steps of SGD, whose first makes the buffers."""
    parameters, buffers = _parameters(t), [None] * 3
    numbers = {"weight_decay": 0.1, "momentum": 0.5, "lr": 0.1, "dampening": 0.2, "nesterov": False, "maximize": False}
    for step in range(3):
        grads = [(each - 0.3) * (step - 1.4) for each in _parameters(t)]
        _form(t, "sgd")(parameters, grads, buffers, foreach=False, **numbers | options)
    return _together(t, [*parameters, *(each for each in buffers if each is not None)])


def _stored(t: Any) -> Any:
    """Steps of SparseAdam, which its caller counts."""
    form = _form(t, "_functional", "sparse_adam")
    x, means, squares = t.ones(4), [t.zeros(4)], [t.zeros(4)]
    for step in range(1, 4):
        places, values = t.tensor([[1, 3, 1]]), t.tensor([1.0, -2.0, float(step)])
        grad = t.sparse_coo_tensor(places, values, (4,), check_invariants=True)
        quietly(
            partial(
                form, [x], [grad], means, squares, [step], eps=1e-3, beta1=0.8, beta2=0.9, lr=0.1, maximize=step == 2
            )
        )
    return _together(t, [x, *means, *squares])


def _sample(name: str, call: Any) -> Sample:
    return Sample(name, call, (), dtypes=("float32",), gradient=False)


op(
    "optim.functional", dtypes=("float32",), tolerance="large", differentiable=False, method=False, refuses=False,
    samples=[
        *(_sample(form, partial(_three_steps, form=form)) for form in _FORMS),
        _sample("sgd", _descents), _sample("sgd-nesterov", partial(_descents, nesterov=True, dampening=0.0)),
        *(_sample(f"{form}-more", partial(_three_steps, form=form, **more, **_RECORDED)) for form, more in _MORE.items()),
        *(_sample(f"{form}-scaled", partial(_scaled, form=form)) for form in ("adagrad", "adam", "adamw")),
        _sample("sgd-scaled", partial(_scaled, form="sgd", **_PLAIN_SGD)),
        _sample("sgd-sparse", lambda t: _on_sparse(t, "sgd", [[None]], **_PLAIN_SGD)),
        _sample("adagrad-sparse", lambda t: _on_sparse(
            t, "adagrad", [[t.ones(3)], [t.tensor(0.0)]], lr=0.5, weight_decay=0.0, lr_decay=0.1, eps=0.0, maximize=False
        )),
        _sample("sgd-plain", partial(_descents, momentum=0.0, maximize=True)), _sample("sparse_adam", _stored),
    ],
)  # fmt: skip
