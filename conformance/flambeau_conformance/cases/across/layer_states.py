"""What layers keep from one call to the next, and numbers of layers and their utilities that have more than one branch."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ...declare import Sample, op


def _filled(t: Any, layer: Any) -> Any:
    """A layer whose parameters are numbers of either sign, each another one."""
    with t.no_grad():
        for number, parameter in enumerate(layer.parameters()):
            count = parameter.numel()
            parameter.copy_(
                ((t.arange(count) * 7 + number * 3) % 11 - 5).to(parameter.dtype).reshape(parameter.shape) / 4
            )
    return layer


def _call_of(program: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda t: program(t)


def _recorded(name: str, programs: dict[str, Callable[[Any], Any]], tolerance: str = "reduction") -> None:
    op(name, dtypes=("float32",), tolerance=tolerance, differentiable=False, method=False, refuses=False, samples=[
        Sample(label, _call_of(program), (), dtypes=("float32",), gradient=False) for label, program in programs.items()
    ])  # fmt: skip


# -- statistics --------------------------------------------------------------------------------------------------------


def _statistics(t: Any, kind: str, steps: int, reset: bool = False, **options: Any) -> Any:
    """The running statistics and the count of batches after some steps, and what they give."""
    layer = getattr(t.nn, kind)(3, track_running_stats=True, **options)
    for step in range(steps):
        layer(t.linspace(-1.0, 2.0 + step, 30).reshape(2, 3, 5) ** 2)
    if reset:
        layer.reset_running_stats()
    count = layer.num_batches_tracked
    given = layer.eval()(t.linspace(-1.0, 1.0, 30).reshape(2, 3, 5))
    return layer.running_mean.clone(), layer.running_var.clone(), count.to(t.float32), given.detach()


_STEPS: dict[str, dict[str, Any]] = {
    "three": {"steps": 3}, "reset": {"steps": 2, "reset": True}, "momentum": {"steps": 2, "momentum": 0.7},
    "averages": {"steps": 3, "momentum": None}, "affine": {"steps": 1, "affine": True, "eps": 0.5},
}  # fmt: skip
_recorded("running_statistics", {
    f"{kind}-{label}": partial(_statistics, kind=kind, **given)
    for kind in ("BatchNorm1d", "InstanceNorm1d") for label, given in _STEPS.items()
})  # fmt: skip


# -- norms of weights --------------------------------------------------------------------------------------------------


def _with_vectors(t: Any, layer: Any, *names: str) -> Any:
    """A layer whose vectors of a spectral norm, which are drawn, are what they are for every subject."""
    for name in names:
        vector = dict(layer.named_buffers())[name]
        numbers = t.arange(1.0, vector.numel() + 1)
        vector.copy_(numbers / (numbers * numbers).sum().sqrt())
    return layer


def _spectral(t: Any, layer: Any, evaluations: int, **options: Any) -> Any:
    """The weights after a step of training and after evaluations, which change no vector."""
    made = _with_vectors(t, t.nn.utils.spectral_norm(_filled(t, layer), **options), "weight_u", "weight_v")
    x = t.ones(1, 3, 6) if layer.weight.dim() == 3 else t.ones(1, 3)
    found = []
    for step in range(2 + evaluations):
        made.train(step < 2)(x)
        found += [made.weight.detach().clone(), made.weight_u.clone(), made.weight_v.clone()]
    return found


def _by_weight_norm(t: Any, layer: Any, **options: Any) -> Any:
    made = t.nn.utils.parametrizations.weight_norm(_filled(t, layer), **options)
    return [made.weight.detach(), *(part.detach() for part in made.parametrizations.weight.parameters())]


_recorded("norms_of_weights", {
    "spectral": lambda t: _spectral(t, t.nn.Linear(3, 4), 2),
    "spectral-transposed": lambda t: _spectral(t, t.nn.ConvTranspose1d(3, 4, 2), 2),
    "spectral-convolution": lambda t: _spectral(t, t.nn.Conv1d(3, 4, 2), 1, n_power_iterations=3),
    "spectral-dim": lambda t: _spectral(t, t.nn.Linear(3, 4), 1, dim=1),
    "weight": lambda t: _by_weight_norm(t, t.nn.Linear(3, 4)),
    "weight-of-columns": lambda t: _by_weight_norm(t, t.nn.Linear(3, 4), dim=1),
    "weight-of-all": lambda t: _by_weight_norm(t, t.nn.Linear(3, 4), dim=None),
    "weight-of-last": lambda t: _by_weight_norm(t, t.nn.Conv1d(3, 4, 2), dim=2),
}, tolerance="matmul")  # fmt: skip


def _clipped(t: Any, size: float, most: float, **options: Any) -> Any:
    """The norm of gradients of a size, and what becomes of them."""
    x = t.zeros(2, requires_grad=True)
    x.grad = t.tensor([3.0, -4.0]) * size
    return t.nn.utils.clip_grad_norm_([x], most, **options), x.grad


_recorded("clipped_norms", {
    "tiny": lambda t: _clipped(t, 1e-6, 1e-6), "smaller": lambda t: _clipped(t, 1e-7, 1e-6), "nothing": lambda t: _clipped(t, 0.0, 0.0),
    "large": lambda t: _clipped(t, 1e6, 3.0), "infinite": lambda t: _clipped(t, float("inf"), 3.0),
    "nan": lambda t: _clipped(t, float("nan"), 3.0), "zeroth": lambda t: _clipped(t, 1.0, 1.0, norm_type=0.0),
    "half": lambda t: _clipped(t, 1.0, 1.0, norm_type=0.5), "negative": lambda t: _clipped(t, 1.0, 1.0, norm_type=float("-inf")),
})  # fmt: skip


# -- softmax in clusters -----------------------------------------------------------------------------------------------


def _clusters(t: Any, cutoffs: list[int], **options: Any) -> Any:
    """The logarithms of all classes, those of targets in each cluster, the loss, and the classes that are likeliest."""
    layer = _filled(t, t.nn.AdaptiveLogSoftmaxWithLoss(16, 12, cutoffs, **options))
    x = ((t.arange(16.0 * 9).reshape(9, 16) * 5) % 7 - 3) / 2
    targets = t.tensor([0, 2, 3, 4, 6, 7, 9, 10, 11])
    output, loss = layer(x, targets)
    shapes = t.tensor([size for parameter in layer.parameters() for size in parameter.shape])
    likeliest = [layer.predict(each).to(t.float32) for each in (x, -x, x * 4, -x[:1])]
    return [layer.log_prob(x).detach(), output.detach(), loss.detach(), shapes.to(t.float32), *likeliest]


_recorded("adaptive_clusters", {
    "one": lambda t: _clusters(t, [4]), "two": lambda t: _clusters(t, [3, 7]), "three": lambda t: _clusters(t, [2, 6, 10], div_value=2.0),
    "bias": lambda t: _clusters(t, [1, 6], head_bias=True, div_value=3.0),
}, tolerance="matmul")  # fmt: skip


# -- dropout -----------------------------------------------------------------------------------------------------------


def _numbers_of(t: Any, name: str, p: float, *, inplace: bool = False) -> Any:
    """The numbers that ones become, whichever of them are left out."""
    x = t.ones(200, 5)  # so many rows that some are kept
    found = getattr(t.nn.functional, name)(x, p, training=True, inplace=inplace)
    return t.unique(found), t.unique(x)


_recorded("dropped_numbers", {
    f"{name}-{p}{'-in-place' * inplace}": partial(_numbers_of, name=name, p=p, inplace=inplace)
    for name in ("dropout", "alpha_dropout", "feature_alpha_dropout", "dropout1d") for p in (0.3, 0.8) for inplace in (False, True)
})  # fmt: skip
