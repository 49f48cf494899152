"""Parameters and gradients of networks: clipping, norms of weights, parametrizations, pruning; containers."""

from importlib import import_module
from typing import Any

from ...checks import expect_equal
from ...declare import case
from ...programs import programs, refusals
from ...subject import Subject


def _graded(t: Any) -> list[Any]:
    """Three parameters, two of which have a gradient."""
    parameters = [t.zeros(2, requires_grad=True), t.zeros(1, 2, requires_grad=True), t.zeros(1, requires_grad=True)]
    parameters[0].grad, parameters[1].grad = t.tensor([3.0, -4.0]), t.tensor([[12.0, 0.5]])
    return parameters


def _layer(t: Any, rows: int = 2, columns: int = 2) -> Any:
    """A layer whose weights count up from 1."""
    layer = t.nn.Linear(columns, rows)
    with t.no_grad():
        layer.weight.copy_(t.arange(1.0, rows * columns + 1).reshape(rows, columns))
        layer.bias.fill_(0.5)
    return layer


def _prune(t: Any) -> Any:
    return import_module(f"{t.__name__}.nn.utils.prune")


programs("clip", {
    "norm": (lambda t: (lambda p: (t.nn.utils.clip_grad_norm_(p, 6.5), p[0].grad, p[1].grad, p[2].grad))(_graded(t)), [13.009612083435059, [1.4988917112350464, -1.9985222816467285], [[5.9955668449401855, 0.24981528520584106]], None]),
    "norm-infinite": (lambda t: (lambda p: (t.nn.utils.clip_grad_norm_(p, 6.0, float("inf")), p[0].grad))(_graded(t)), [12.0, [1.4999998807907104, -1.9999998807907104]]),
    "norm-one": (lambda t: (lambda p: (t.nn.utils.clip_grad_norm_(p, 1.95, norm_type=1.0, error_if_nonfinite=True, foreach=False), p[0].grad))(_graded(t)), [19.5, [0.2999999523162842, -0.3999999463558197]]),
    "norm-large": (lambda t: (lambda p: (t.nn.utils.clip_grad_norm_(p[0], 100.0), p[0].grad))(_graded(t)), [5.0, [3.0, -4.0]]),
    "norm-old": (lambda t: (lambda p: (t.nn.utils.clip_grad_norm(p, 6.5), p[0].grad))(_graded(t)), [13.009612083435059, [1.4988917112350464, -1.9985222816467285]]),
    "value": (lambda t: (lambda p: (t.nn.utils.clip_grad_value_(p, 3.5, foreach=False), p[0].grad, p[1].grad))(_graded(t)), [None, [3.0, -3.5], [[3.5, 0.5]]]),
    "parts": (lambda t: (lambda p: (lambda total: (total, t.nn.utils.clip_grads_with_norm_(p, 6.5, total), p[0].grad))(t.nn.utils.get_total_norm([each.grad for each in p[:2]])))(_graded(t)), [13.009612083435059, None, [1.4988917112350464, -1.9985222816467285]]),
    "total-norm-of-nothing": (lambda t: t.nn.utils.get_total_norm([], norm_type=3.0, error_if_nonfinite=True, foreach=None), 0.0),
})  # fmt: skip
programs("nn.utils", {
    "parameters_to_vector": (lambda t: t.nn.utils.parameters_to_vector(_layer(t).parameters()), [1.0, 2.0, 3.0, 4.0, 0.5, 0.5]),
    "vector_to_parameters": (lambda t: (lambda layer: (t.nn.utils.vector_to_parameters(t.arange(6.0), layer.parameters()), layer.weight, layer.bias))(_layer(t)), [None, [[0.0, 1.0], [2.0, 3.0]], [4.0, 5.0]]),
    "weight_norm": (lambda t: (lambda layer: (layer.weight_g, layer.weight_v, layer(t.ones(1, 2)), list(layer.state_dict())))(t.nn.utils.weight_norm(_layer(t))), [[[2.2360680103302], [5.0]], [[1.0, 2.0], [3.0, 4.0]], [[3.5, 7.5]], ['bias', 'weight_g', 'weight_v']]),
    "weight_norm-whole": (lambda t: (lambda layer: (layer.weight_g, t.nn.utils.remove_weight_norm(layer).weight))(t.nn.utils.weight_norm(_layer(t), name="weight", dim=None)), [5.4772257804870605, [[1.0, 2.0], [3.0, 4.0]]]),
    "weight_norm-parametrization": (lambda t: (lambda layer: (layer.parametrizations.weight.original0, layer.weight, list(layer.state_dict())))(t.nn.utils.parametrizations.weight_norm(_layer(t), name="weight", dim=1)), [[[3.1622776985168457, 4.4721360206604]], [[1.0, 2.0], [3.0, 4.0]], ['bias', 'parametrizations.weight.original0', 'parametrizations.weight.original1']]),
    "spectral_norm": (lambda t: (lambda layer: (list(layer.state_dict()), [layer(t.ones(1, 2)) for _ in range(20)][-1]))(t.nn.utils.spectral_norm(_layer(t), n_power_iterations=2, eps=1e-10)), [['bias', 'weight_orig', 'weight_u', 'weight_v'], [[1.0489492416381836, 1.780881643295288]]]),
    "spectral_norm-removed": (lambda t: (lambda layer: (layer(t.ones(1, 2)), list(t.nn.utils.remove_spectral_norm(layer).state_dict()))[1])(t.nn.utils.spectral_norm(_layer(t), dim=1)), ['bias', 'weight']),
    "spectral_norm-parametrization": (lambda t: (lambda layer: (list(layer.state_dict()), layer.eval().weight))(t.nn.utils.parametrizations.spectral_norm(_layer(t), n_power_iterations=3)), [['bias', 'parametrizations.weight.original', 'parametrizations.weight.0._u', 'parametrizations.weight.0._v'], [[0.18298310041427612, 0.36596620082855225], [0.5489493012428284, 0.7319324016571045]]]),
    "parametrize": (lambda t: (lambda p, layer: (p.register_parametrization(layer, "weight", t.nn.Tanh(), unsafe=False).weight, p.is_parametrized(layer), p.is_parametrized(layer, "bias"), type(layer).__name__, p.type_before_parametrizations(layer).__name__, list(layer.state_dict()), p.remove_parametrizations(layer, "weight", leave_parametrized=True).weight, type(layer).__name__))(t.nn.utils.parametrize, _layer(t)), [[[0.7615941762924194, 0.9640275835990906], [0.9950547814369202, 0.9993293285369873]], True, False, 'ParametrizedLinear', 'Linear', ['bias', 'parametrizations.weight.original'], [[0.7615941762924194, 0.9640275835990906], [0.9950547814369202, 0.9993293285369873]], 'Linear']),
    "parametrize-original": (lambda t: (lambda p, layer: p.remove_parametrizations(p.register_parametrization(layer, "weight", t.nn.Tanh()), "weight", leave_parametrized=False).weight)(t.nn.utils.parametrize, _layer(t)), [[1.0, 2.0], [3.0, 4.0]]),
    "parametrize-transfer": (lambda t: (lambda p, layer: p.transfer_parametrizations_and_params(p.register_parametrization(layer, "weight", t.nn.ReLU()), t.nn.Linear(2, 2), tensor_name="weight").weight)(t.nn.utils.parametrize, _layer(t)), [[1.0, 2.0], [3.0, 4.0]]),
    "functional_call": (lambda t: t.nn.utils.stateless.functional_call(_layer(t), {"weight": t.ones(2, 2), "bias": t.zeros(2)}, (t.ones(1, 2),), {}, tie_weights=True, strict=True), [[2.0, 2.0]]),
    "skip_init": (lambda t: (lambda layer: (layer.weight.shape, str(layer.weight.dtype)))(t.nn.utils.skip_init(t.nn.Linear, 3, 2, dtype=t.float64)), [[2, 3], 'torch.float64']),
    "fuse_conv_bn_weights": (lambda t: t.nn.utils.fuse_conv_bn_weights(t.ones(2, 1, 1), None, t.ones(2), t.tensor([1.0, 4.0]), 0.0, t.ones(2), None, transpose=False), [[[[1.0]], [[0.5]]], [-1.0, -0.5]]),
    "fuse_linear_bn_weights": (lambda t: t.nn.utils.fuse_linear_bn_weights(t.ones(2, 1), t.ones(2), t.ones(2), t.tensor([1.0, 4.0]), 0.0, t.ones(2), t.ones(2)), [[[1.0], [0.5]], [1.0, 1.0]]),
    "prune-l1": (lambda t: (lambda layer: (layer.weight, layer.weight_mask, [name for name, _ in layer.named_parameters()], _prune(t).is_pruned(layer), _prune(t).remove(layer, "weight").weight, list(layer.state_dict())))(_prune(t).l1_unstructured(_layer(t), "weight", amount=1)), [[[0.0, 2.0], [3.0, 4.0]], [[0.0, 1.0], [1.0, 1.0]], ['bias', 'weight_orig'], True, [[0.0, 2.0], [3.0, 4.0]], ['bias', 'weight']]),
    "prune-scores": (lambda t: _prune(t).l1_unstructured(_layer(t), "weight", 0.5, importance_scores=t.tensor([[4.0, 1.0], [3.0, 2.0]])).weight_mask, [[1.0, 0.0], [1.0, 0.0]]),
    "prune-structured": (lambda t: _prune(t).ln_structured(_layer(t), "weight", amount=1, n=2, dim=1).weight_mask, [[0.0, 1.0], [0.0, 1.0]]),
    "prune-random": (lambda t: _prune(t).random_unstructured(_layer(t), "weight", amount=3).weight_mask.sum(), 1.0),
    "prune-random-structured": (lambda t: _prune(t).random_structured(_layer(t, 2, 3), "weight", amount=1, dim=1).weight_mask.sum(), 4.0),
    "prune-identity": (lambda t: _prune(t).identity(_layer(t), "bias").bias_mask, [1.0, 1.0]),
    "prune-custom": (lambda t: _prune(t).custom_from_mask(_layer(t), "bias", mask=t.tensor([0, 1])).bias, [0.0, 0.5]),
    "prune-twice": (lambda t: _prune(t).ln_structured(_prune(t).l1_unstructured(_layer(t), "weight", 1), "weight", 1, 1, 0).weight_mask, [[0.0, 0.0], [1.0, 1.0]]),
    "prune-global": (lambda t: (lambda one, two: (_prune(t).global_unstructured([(one, "weight"), (two, "bias")], pruning_method=_prune(t).L1Unstructured, amount=3), one.weight_mask, two.bias_mask))(_layer(t), _layer(t)), [None, [[0.0, 1.0], [1.0, 1.0]], [0.0, 0.0]]),
})  # fmt: skip
programs("nn.init", {
    "old-names": (lambda t: [t.nn.init.constant(t.empty(2), 2.0), t.nn.init.eye(t.empty(2, 2)), t.nn.init.dirac(t.empty(1, 1, 3))], [[2.0, 2.0], [[1.0, 0.0], [0.0, 1.0]], [[[0.0, 1.0, 0.0]]]]),
    "fans": (lambda t: [t.nn.init._calculate_fan_in_and_fan_out(t.empty(3, 4, 2)), t.nn.init._calculate_correct_fan(t.empty(3, 4), "fan_out")], [[8, 6], 3]),
})  # fmt: skip
programs("nn.Module", {
    "set_submodule": (lambda t: (lambda m: (m.set_submodule("0", t.nn.Tanh(), strict=True), m.set_submodule("1.inner", t.nn.ReLU()), repr(m)))(t.nn.Sequential(t.nn.ReLU(), t.nn.Sequential())), [None, None, 'Sequential(\n  (0): Tanh()\n  (1): Sequential(\n    (inner): ReLU()\n  )\n)']),
    "compile": (lambda t: (lambda m: (m.compile(mode="default"), m(t.ones(1))))(t.nn.ReLU()), [None, [1.0]]),
})  # fmt: skip
programs("nn.Sequential", {
    "product": (lambda t: [repr(t.nn.Sequential(t.nn.ReLU()) * 2), len(3 * t.nn.Sequential(t.nn.ReLU()))], ['Sequential(\n  (0): ReLU()\n  (1): ReLU()\n)', 3]),
    "sum": (lambda t: repr(t.nn.Sequential(t.nn.ReLU()) + t.nn.Sequential(t.nn.Tanh())), 'Sequential(\n  (0): ReLU()\n  (1): Tanh()\n)'),
})  # fmt: skip
programs("nn.ParameterDict", {
    "methods": (lambda t: (lambda d: [d.setdefault("c", 3), list(reversed(d)), list((d | t.nn.ParameterDict({"z": 1})).keys()), d.popitem(), list(d.copy().keys()), list(d.fromkeys(["q"], 1).items()), d.get("no", 5)])(t.nn.ParameterDict([("b", 1), ("a", 2)])), [3, ['c', 'a', 'b'], ['b', 'a', 'c', 'z'], ['c', 3], ['b', 'a'], [['q', 1]], 5]),
})  # fmt: skip
programs("nn.utils", {
    "orthogonal": (lambda t: (lambda layer: (lambda w: (t.allclose(w @ w.t(), t.eye(2), atol=1e-5), list(layer.state_dict())))(layer.weight))(t.nn.utils.parametrizations.orthogonal(_layer(t))), [True, ['bias', 'parametrizations.weight.original', 'parametrizations.weight.0.base']]),
    "orthogonal-cayley": (lambda t: (lambda layer: (lambda w: t.allclose(w @ w.t(), t.eye(2), atol=1e-5))(layer.weight))(t.nn.utils.parametrizations.orthogonal(_layer(t), orthogonal_map="cayley", use_trivialization=False)), True),
    "orthogonal-householder": (lambda t: (lambda layer: (lambda w: t.allclose(w.t() @ w, t.eye(2), atol=1e-5))(layer.weight))(t.nn.utils.parametrizations.orthogonal(_layer(t, 3, 2), "weight", "householder")), True),
}, extensions=("linalg",))  # fmt: skip

refusals("nn.utils", {
    "not-finite": (lambda t: t.nn.utils.get_total_norm([t.tensor([float("nan")])], error_if_nonfinite=True), RuntimeError, "is non-finite"),
    "no-vector": (lambda t: t.nn.utils.vector_to_parameters([1.0], _layer(t).parameters()), TypeError, "expected torch.Tensor, but got: list"),
    "weight_norm-twice": (lambda t: t.nn.utils.weight_norm(t.nn.utils.weight_norm(_layer(t))), RuntimeError, "Cannot register two weight_norm hooks"),
    "no-weight_norm": (lambda t: t.nn.utils.remove_weight_norm(_layer(t)), ValueError, "weight_norm of 'weight' not found"),
    "spectral_norm-iterations": (lambda t: t.nn.utils.spectral_norm(_layer(t), n_power_iterations=0), ValueError, "n_power_iterations to be positive"),
    "no-spectral_norm": (lambda t: t.nn.utils.remove_spectral_norm(_layer(t)), ValueError, "spectral_norm of 'weight' not found"),
    "parametrize-name": (lambda t: t.nn.utils.parametrize.register_parametrization(_layer(t), "other", t.nn.Tanh()), ValueError, "does not have a parameter, a buffer, or a parametrized element"),
    "parametrize-shape": (lambda t: t.nn.utils.parametrize.register_parametrization(_layer(t), "weight", t.nn.Flatten(0)), ValueError, "may not change the shape"),
    "parametrize-none": (lambda t: t.nn.utils.parametrize.remove_parametrizations(_layer(t), "weight"), ValueError, "does not have a parametrization on weight"),
    "orthogonal-map": (lambda t: t.nn.utils.parametrizations.orthogonal(_layer(t), orthogonal_map="no"), ValueError, "orthogonal_map has to be one of"),
    "prune-amount": (lambda t: _prune(t).l1_unstructured(_layer(t), "weight", 1.5), ValueError, "should either be a float in the range"),
    "prune-dims": (lambda t: _prune(t).ln_structured(_layer(t), "bias", 1, 2, 0), ValueError, "can only be applied to multidimensional tensors"),
    "not-pruned": (lambda t: _prune(t).remove(_layer(t), "weight"), ValueError, "has to be pruned before pruning can be removed"),
    "skip_init": (lambda t: t.nn.utils.skip_init(t.nn.Flatten), RuntimeError, "Module must support a 'device' arg"),
})  # fmt: skip
refusals("nn.Module", {
    "set_submodule": (lambda t: t.nn.Sequential().set_submodule("z", t.nn.ReLU(), strict=True), AttributeError, "has no attribute `z`"),
    "set_submodule-number": (lambda t: t.nn.Sequential().set_submodule("z", 3), ValueError, "is not an nn.Module"),
})  # fmt: skip
refusals("nn.Sequential", {
    "sum": (lambda t: t.nn.Sequential() + 3, ValueError, "add operator supports only objects of Sequential class"),
    "product": (lambda t: t.nn.Sequential() * 0, ValueError, "Non-positive multiplication factor 0"),
})  # fmt: skip


@case("nn.modules.utils/value/prefix/-")
def _prefix(subject: Subject) -> None:
    state = {"module.weight": 1, "bias": 2}
    subject.torch.nn.modules.utils.consume_prefix_in_state_dict_if_present(state, "module.")
    expect_equal(state, {"bias": 2, "weight": 1}, "the state without the prefix")
