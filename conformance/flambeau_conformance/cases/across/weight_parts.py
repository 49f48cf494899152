"""Parts of norms of weights, of parametrizations and of pruning that programs call by themselves."""

from __future__ import annotations

from typing import Any

from ...checks import quietly
from ...known import home_of, irregular, linear
from ...programs import programs, refusals

# -- norms of weights and pruning ------------------------------------------------------------------------------------------


def _clipped(t: Any, name: str, **options: Any) -> Any:
    parameter = t.zeros(2, requires_grad=True)
    parameter.grad = t.tensor([3.0, -4.0])
    return quietly(lambda: getattr(t.nn.utils, name)([parameter], 2.5, **options)), parameter.grad


programs("clip", {
    "old-options": (lambda t: _clipped(t, "clip_grad_norm", norm_type=1.0, error_if_nonfinite=True, foreach=False), [7.0, [1.0714284181594849, -1.4285712242126465]]),
    "total-one-by-one": (lambda t: t.nn.utils.get_total_norm([t.tensor([3.0, 4.0])], foreach=False), 5.0),
    "scaled-one-by-one": (lambda t: _clipped(t, "clip_grads_with_norm_", total_norm=t.tensor(5.0), foreach=False), [None, [1.4999996423721313, -1.9999995231628418]]),
})  # fmt: skip


def _orthogonal(t: Any) -> Any:
    layer = t.nn.utils.parametrizations.orthogonal(t.nn.Linear(2, 2), name="weight")
    return (layer.weight @ layer.weight.T).round(decimals=4).abs()


def _by_parts(t: Any) -> Any:
    """A list of parametrizations, made by itself."""
    parametrize = t.nn.utils.parametrize
    parts = parametrize.ParametrizationList(
        modules=[t.nn.Softplus()], original=t.tensor([1.0, 2.0], requires_grad=True), unsafe=True
    )
    return parts(), t.autograd.grad(parts().sum(), parts.original)[0]


class _Doubled:
    """Makes a parametrization that doubles, and that can be undone."""

    def __new__(cls, t: Any) -> Any:
        class Double(t.nn.Module):  # type: ignore[misc]
            def forward(self, x: Any) -> Any:
                return x * 2

            def right_inverse(self, x: Any) -> Any:
                return x / 2

        return Double()


def _undone(t: Any) -> Any:
    parametrize, layer = t.nn.utils.parametrize, linear(t)
    parametrize.register_parametrization(layer, "weight", _Doubled(t), unsafe=True)
    with parametrize.cached():
        same = layer.weight is layer.weight
    layer.parametrizations.weight.right_inverse(t.ones(3, 2))
    return same, layer.parametrizations.weight.original, layer.weight


programs("parametrizations", {
    "weight": (lambda t: t.nn.utils.parametrizations.weight_norm(linear(t), name="weight", dim=0).parametrizations.weight.original0, [[1.2655285596847534], [1.4710752964019775], [0.7126096487045288]]),
    "parts": (_by_parts, [[1.31326162815094, 2.1269280910491943], [0.7310585975646973, 0.8807970881462097]]),
    "undone": (_undone, [True, [[0.5, 0.5], [0.5, 0.5], [0.5, 0.5]], [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]]),
})  # fmt: skip
refusals("parametrizations", {
    "none": (lambda t: t.nn.utils.parametrize.ParametrizationList([], t.ones(2)), ValueError, "requires one or more modules"),
})  # fmt: skip


def _spectral_parts(t: Any) -> Any:
    """The older norm of weights by its class."""
    module = home_of(t, "nn.utils.spectral_norm")
    layer = linear(t)
    norm = module.SpectralNorm.apply(layer, "weight", 20, 0, 1e-12)
    matrix = norm.reshape_weight_to_matrix(layer.weight_orig)
    found = norm.compute_weight(layer, do_power_iteration=True)
    norm.remove(layer)
    return matrix, t.linalg.matrix_norm(found, 2), "weight" in dict(layer.named_parameters())


def _spectral_state(t: Any) -> Any:
    module = home_of(t, "nn.utils.spectral_norm")
    norm = module.SpectralNorm("weight", n_power_iterations=1, dim=0, eps=1e-12)
    metadata: dict[str, Any] = {}
    module.SpectralNormStateDictHook(norm)(linear(t), {}, "", metadata)
    module.SpectralNormLoadStateDictPreHook(norm)({}, "", {"spectral_norm": {"weight.version": 1}}, True, [], [], [])
    return metadata


def _weight_parts(t: Any) -> Any:
    module = home_of(t, "nn.utils.weight_norm")
    layer = linear(t)
    norm = quietly(lambda: module.WeightNorm.apply(layer, "weight", 0))
    found = norm.compute_weight(layer)
    norm.remove(layer)
    made = quietly(lambda: module.WeightNorm("weight", dim=1))
    return found, [made.name, made.dim], list(layer.state_dict())


programs("norms_by_class", {
    "spectral-state": (_spectral_state, {'spectral_norm': {'weight.version': 1}}), "weight": (_weight_parts, [[[-1.0625, 0.6875], [-0.3125, 1.4375], [0.4375, -0.5625]], ['weight', 1], ['bias', 'weight']]),
    "spectral-removed": (lambda t: list(t.nn.utils.remove_spectral_norm(t.nn.utils.spectral_norm(linear(t), name="weight"), name="weight").state_dict()), ['bias', 'weight']),
    "weight-removed": (lambda t: quietly(lambda: list(t.nn.utils.remove_weight_norm(t.nn.utils.weight_norm(linear(t), name="weight"), name="weight").state_dict())), ['bias', 'weight']),
})  # fmt: skip
programs("norms_by_class", {
    "spectral": (_spectral_parts, [[[-1.0625, 0.6875], [-0.3125, 1.4375], [0.4375, -0.5625]], 1.0, True]),
    "orthogonal": (_orthogonal, [[1.0, 0.0], [0.0, 1.0]]),
    "spectral-parametrization": (lambda t: t.linalg.matrix_norm(t.nn.utils.parametrizations.spectral_norm(linear(t), name="weight", n_power_iterations=30, eps=1e-6, dim=1).eval().weight, 2), 1.0),
}, extensions=("linalg",))  # fmt: skip


def _prune(t: Any) -> Any:
    return home_of(t, "nn.utils.prune")


def _mask(t: Any, name: str, *arguments: Any) -> Any:
    """The mask that a way of pruning makes of numbers, and of a layer; how many stay where it is drawn."""
    way = getattr(_prune(t), name)
    layer = linear(t)
    way.apply(layer, "weight", *arguments)
    mask = way(*arguments).compute_mask(irregular(t, 3, 2), t.ones(3, 2))
    masks = (layer.weight_mask, mask)
    return [int(each.sum()) for each in masks] if "Random" in name else masks


def _pruned_by_parts(t: Any) -> Any:
    prune, layer = _prune(t), linear(t)
    way = prune.L1Unstructured(amount=2)
    way._tensor_name = "weight"
    found = way.prune(layer.weight.detach(), default_mask=None, importance_scores=None)
    applied = prune.L1Unstructured.apply(layer, "weight", 2)
    masked = applied.apply_mask(layer)
    applied.remove(layer)
    return found, masked, list(layer.state_dict())


def _several(t: Any) -> Any:
    prune = _prune(t)
    first, second = prune.L1Unstructured(2), prune.LnStructured(1, 2, 0)
    for each in (first, second):
        each._tensor_name = "weight"
    container = prune.PruningContainer(first)
    container.add_pruning_method(second)
    return len(container), container.compute_mask(irregular(t, 3, 2), t.ones(3, 2))


def _over_layers(t: Any) -> Any:
    prune, layers = _prune(t), [linear(t), linear(t)]
    scores = {
        (layers[0], "weight"): t.arange(6.0).reshape(3, 2),
        (layers[1], "weight"): 10 + t.arange(6.0).reshape(3, 2),
    }
    prune.global_unstructured(
        [(each, "weight") for each in layers], prune.L1Unstructured, importance_scores=scores, amount=4
    )
    return [each.weight_mask for each in layers]


programs("pruning", {
    "l1": (lambda t: _mask(t, "L1Unstructured", 2), [[[1.0, 1.0], [0.0, 1.0], [0.0, 1.0]], [[1.0, 1.0], [0.0, 1.0], [0.0, 1.0]]]), "ln": (lambda t: _mask(t, "LnStructured", 1, 2, 0), [[[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]], [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]]),
    "random": (lambda t: _mask(t, "RandomUnstructured", 2), [4, 4]), "random-rows": (lambda t: _mask(t, "RandomStructured", 1, 0), [4, 4]),
    "given": (lambda t: _mask(t, "CustomFromMask", t.tensor([[1.0, 0.0]] * 3)), [[[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [1.0, 0.0], [1.0, 0.0]]]), "nothing": (lambda t: _mask(t, "Identity"), [[[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]]),
    "by-parts": (_pruned_by_parts, [[[-1.0625, 0.6875], [-0.0, 1.4375], [0.0, -0.5625]], [[-1.0625, 0.6875], [-0.0, 1.4375], [0.0, -0.5625]], ['bias', 'weight']]), "several": (_several, [2, [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]]), "over-layers": (_over_layers, [[[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]], [[1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]]),
    "rows-by-scores": (lambda t: _prune(t).ln_structured(linear(t), "weight", 1, 2, 0, importance_scores=t.arange(6.0).reshape(3, 2).flip(0)).weight_mask, [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]),
})  # fmt: skip


def _spectral_name(t: Any) -> Any:
    norm = home_of(t, "nn.utils.spectral_norm").SpectralNorm(name="kernel", n_power_iterations=3, dim=1, eps=1e-6)
    return [norm.name, norm.n_power_iterations, norm.dim, norm.eps]


def _by_scores(t: Any, name: str, *arguments: Any) -> Any:
    layer = linear(t)
    getattr(_prune(t), name).apply(layer, "weight", *arguments, importance_scores=t.arange(6.0).reshape(3, 2))
    return layer.weight_mask


def _by_default(t: Any) -> Any:
    way = _prune(t).L1Unstructured(amount=1)
    return way.prune(
        irregular(t, 3), default_mask=t.tensor([0.0, 1.0, 1.0]), importance_scores=t.tensor([1.0, 3.0, 2.0])
    )


programs("pruning", {
    "l1-by-scores": (lambda t: _by_scores(t, "L1Unstructured", 2), [[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]]), "ln-by-scores": (lambda t: _by_scores(t, "LnStructured", 1, 2, 0), [[0.0, 0.0], [1.0, 1.0], [1.0, 1.0]]),
    "by-default": (_by_default, [-0.0, 0.6875, -0.3125]),
})  # fmt: skip
programs("norms_by_class", {
    "spectral-options": (_spectral_name, ['kernel', 3, 1, 1e-06]),
    "spectral-named": (lambda t: list(t.nn.utils.remove_spectral_norm(t.nn.utils.spectral_norm(t.nn.Bilinear(2, 2, 2), name="weight"), name="weight").state_dict()), ['bias', 'weight']),
    "weight-named": (lambda t: quietly(lambda: list(t.nn.utils.remove_weight_norm(t.nn.utils.weight_norm(t.nn.RNN(1, 2), name="weight_hh_l0"), name="weight_hh_l0").state_dict())), ['weight_ih_l0', 'bias_ih_l0', 'bias_hh_l0', 'weight_hh_l0']),
    "parametrized-weight": (lambda t: list(t.nn.utils.parametrizations.weight_norm(t.nn.RNN(1, 2), name="weight_hh_l0").state_dict()), ['weight_ih_l0', 'bias_ih_l0', 'bias_hh_l0', 'parametrizations.weight_hh_l0.original0', 'parametrizations.weight_hh_l0.original1']),
    "parametrized-spectral": (lambda t: list(t.nn.utils.parametrizations.spectral_norm(t.nn.RNN(1, 2), name="weight_hh_l0").state_dict()), ['weight_ih_l0', 'bias_ih_l0', 'bias_hh_l0', 'parametrizations.weight_hh_l0.original', 'parametrizations.weight_hh_l0.0._u', 'parametrizations.weight_hh_l0.0._v']),
})  # fmt: skip
programs("norms_by_class", {
    "older-spectral": (lambda t: list(t.nn.utils.remove_spectral_norm(t.nn.utils.spectral_norm(t.nn.RNN(1, 2), name="weight_hh_l0"), name="weight_hh_l0").state_dict()), ['weight_ih_l0', 'bias_ih_l0', 'bias_hh_l0', 'weight_hh_l0']),
    "parametrized-orthogonal": (lambda t: list(t.nn.utils.parametrizations.orthogonal(t.nn.RNN(1, 2), name="weight_hh_l0").state_dict()), ['weight_ih_l0', 'bias_ih_l0', 'bias_hh_l0', 'parametrizations.weight_hh_l0.original', 'parametrizations.weight_hh_l0.0.base']),
}, extensions=("linalg",))  # fmt: skip
