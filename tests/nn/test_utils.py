"""What goes with networks: clipping, vectors of parameters, norms of weights, parametrizations, pruning."""

from __future__ import annotations

import copy
import importlib
import pickle
import warnings
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau import nn
from flambeau.nn import utils
from flambeau.nn.utils import parametrizations, parametrize, prune


def _prune(t: Any) -> Any:
    return importlib.import_module(f"{t.__name__}.nn.utils.prune")


def plain(value: Any) -> Any:
    """Tensors as lists, and all that holds them."""
    if hasattr(value, "grad_fn"):
        return value.detach().tolist()
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, (list, tuple)) else value


def _flat(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [part for key, each in value.items() for part in [key, *_flat(each)]]
    return [part for each in value for part in _flat(each)] if isinstance(value, list) else [value]


def compare(torch: ModuleType, program: Callable[[Any], Any], rel: float = 1e-5) -> None:
    """Run a program with both libraries, and compare what it gives."""
    with warnings.catch_warnings(action="ignore"):
        theirs, ours = (_flat(plain(program(t))) for t in (torch, flambeau))
    assert len(ours) == len(theirs)
    for own, other in zip(ours, theirs, strict=True):
        assert own == (pytest.approx(other, rel=rel, abs=1e-6, nan_ok=True) if isinstance(other, float) else other)


def _trained(t: Any, make: Callable[[Any, Any], Any], *, steps: int = 3, layer: Any = None) -> Any:
    """What two steps of training make of a layer that something has been done to."""
    t.manual_seed(3)
    made = layer(t) if layer else t.nn.Linear(4, 3)
    made = make(t, made) or made
    x = t.linspace(-1, 1, 8).reshape(2, 4)
    outputs = []
    for _ in range(steps):
        result = made(x)
        made.zero_grad()
        (result**2).sum().backward()
        with t.no_grad():
            for parameter in made.parameters():
                parameter -= 0.1 * parameter.grad
        outputs.append(result)
    return [outputs, repr(made), dict(made.state_dict()), [name for name, _ in made.named_parameters()], made.eval()(x)]


# -- clipping ----------------------------------------------------------------------------------------------------------


def _graded(t: Any) -> list[Any]:
    parameters = [t.zeros(2, requires_grad=True), t.zeros(1, 2, requires_grad=True), t.zeros(1, requires_grad=True)]
    parameters[0].grad, parameters[1].grad = t.tensor([3.0, -4.0]), t.tensor([[12.0, 0.5]])
    return parameters


@pytest.mark.parametrize("norm", [2.0, 1, 0.5, 3.0, float("inf"), 0.0, -1.0])
@pytest.mark.parametrize("limit", [1.0, 100.0])
@pytest.mark.parametrize("foreach", [None, True, False])
def test_clip_grad_norm(torch: ModuleType, norm: float, limit: float, foreach: bool | None) -> None:
    def program(t: Any) -> Any:
        parameters = _graded(t)
        total = t.nn.utils.clip_grad_norm_(parameters, limit, norm, foreach=foreach)
        return total, [parameter.grad for parameter in parameters[:2]]

    compare(torch, program)


def test_clipping_by_parts_and_by_value(torch: ModuleType) -> None:
    def program(t: Any) -> Any:
        parameters = _graded(t)
        total = t.nn.utils.get_total_norm([parameter.grad for parameter in parameters[:2]])
        t.nn.utils.clip_grads_with_norm_(parameters, 2.0, total)
        first = [parameter.grad.clone() for parameter in parameters[:2]]
        t.nn.utils.clip_grad_value_(parameters, 0.5)
        t.nn.utils.clip_grad_value_(parameters[0], 0.25)
        empty = t.nn.utils.get_total_norm([]), t.nn.utils.clip_grad_norm_([], 1.0)
        return (
            total,
            first,
            [parameter.grad for parameter in parameters[:2]],
            empty,
            t.nn.utils.clip_grad_norm(parameters[0], 0.1),
        )

    compare(torch, program)


def test_a_norm_that_is_not_finite_changes_nothing() -> None:
    parameters = _graded(flambeau)
    parameters[0].grad[0] = float("nan")
    with pytest.raises(RuntimeError, match="The total norm of order 2.0 for gradients from `parameters` is non-finite"):
        utils.clip_grad_norm_(parameters, 1.0, error_if_nonfinite=True)
    assert parameters[1].grad.tolist() == [[12.0, 0.5]]


def test_warnings_of_clipping() -> None:
    with pytest.warns(UserWarning, match="`parameters` is an empty generator"):
        utils.clip_grad_norm_((each for each in ()), 1.0)
    with pytest.warns(FutureWarning, match="clip_grad_norm` is now deprecated"):
        utils.clip_grad_norm(_graded(flambeau), 1.0)


def test_parameters_as_a_vector(backend: str) -> None:
    layer = nn.Linear(2, 1)
    vector = utils.parameters_to_vector(layer.parameters())
    assert vector.shape == (3,)
    assert vector.grad_fn is not None
    new = flambeau.tensor([1.0, 2.0, 3.0])
    utils.vector_to_parameters(new, layer.parameters())
    assert (layer.weight.tolist(), layer.bias.tolist()) == ([[1.0, 2.0]], [3.0])
    assert layer.weight.data_ptr() == new.data_ptr()
    with pytest.raises(TypeError, match=r"expected torch\.Tensor, but got: list"):
        utils.vector_to_parameters([1.0], layer.parameters())


# -- norms of weights --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dim", [0, 1, -1, None])
@pytest.mark.parametrize("way", ["hook", "parametrization"])
def test_weight_norm(torch: ModuleType, way: str, dim: int | None) -> None:
    def make(t: Any, layer: Any) -> Any:
        tools = t.nn.utils if way == "hook" else t.nn.utils.parametrizations
        return tools.weight_norm(layer, dim=dim)

    compare(torch, lambda t: _trained(t, make))


@pytest.mark.parametrize("options", [{}, {"n_power_iterations": 3, "dim": 1}])
@pytest.mark.parametrize("way", ["hook", "parametrization"])
def test_spectral_norm(torch: ModuleType, way: str, options: dict[str, Any]) -> None:
    def make(t: Any, layer: Any) -> Any:
        tools = t.nn.utils if way == "hook" else t.nn.utils.parametrizations
        return tools.spectral_norm(layer, **options)

    compare(torch, lambda t: _trained(t, make))


@pytest.mark.parametrize("name", ["weight_norm", "spectral_norm"])
def test_a_norm_can_be_taken_off(torch: ModuleType, name: str) -> None:
    def program(t: Any) -> Any:
        t.manual_seed(1)
        layer = getattr(t.nn.utils, name)(t.nn.Linear(3, 2))
        layer(t.ones(1, 3))
        getattr(t.nn.utils, f"remove_{name}")(layer)
        return dict(layer.state_dict()), [key for key, _ in layer.named_parameters()], layer(t.ones(1, 3))

    compare(torch, program)
    with pytest.raises(ValueError, match=f"{name} of 'weight' not found in Linear"):
        getattr(utils, f"remove_{name}")(nn.Linear(2, 2))
    with warnings.catch_warnings(action="ignore"):
        layer = getattr(utils, name)(nn.Linear(2, 2))
        with pytest.raises(RuntimeError, match=f"Cannot register two {name} hooks on the same parameter weight"):
            getattr(utils, name)(layer)


def test_states_of_the_older_norms(torch: ModuleType) -> None:
    def program(t: Any) -> Any:
        t.manual_seed(2)
        older = t.nn.utils.weight_norm(t.nn.Linear(3, 2))
        newer = t.nn.utils.parametrizations.weight_norm(t.nn.Linear(3, 2))
        newer.load_state_dict(older.state_dict())
        spectral = t.nn.utils.spectral_norm(t.nn.Linear(2, 3))
        state = spectral.state_dict()
        spectral(t.ones(1, 2))
        state["weight"] = spectral.weight.detach()
        del state["weight_v"]
        state._metadata[""].pop("spectral_norm")
        other = t.nn.utils.spectral_norm(t.nn.Linear(2, 3))
        other.load_state_dict(state)
        return newer.weight, other.weight_v, spectral.state_dict()._metadata[""]["spectral_norm"]

    compare(torch, program, rel=1e-3)


# -- parametrizations --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", [(4, 4), (4, 2), (2, 4)])
@pytest.mark.parametrize("which", [None, "matrix_exp", "cayley", "householder"])
@pytest.mark.parametrize("trivial", [True, False])
def test_orthogonal(torch: ModuleType, sizes: tuple[int, int], which: str | None, trivial: bool) -> None:
    def program(t: Any) -> Any:
        t.manual_seed(5)
        layer = t.nn.Linear(sizes[1], sizes[0], bias=False, dtype=t.float64)
        t.nn.utils.parametrizations.orthogonal(layer, orthogonal_map=which, use_trivialization=trivial)
        if not trivial:
            original = layer.parametrizations.weight.original
            original.data.copy_(t.linspace(-1, 1.2, 16, dtype=t.float64)[: original.numel()].reshape(original.shape))
        weight = layer.weight
        (gradient,) = t.autograd.grad(
            (weight * t.arange(weight.numel()).reshape(weight.shape)).sum(), layer.parameters()
        )
        return weight, gradient, list(layer.state_dict())

    compare(torch, program)
    layer = parametrizations.orthogonal(nn.Linear(sizes[1], sizes[0], dtype=flambeau.float64), orthogonal_map=which)
    weight = layer.weight if sizes[0] >= sizes[1] else layer.weight.t()
    assert flambeau.allclose(weight.t() @ weight, flambeau.eye(min(sizes), dtype=flambeau.float64), atol=1e-8)
    layer.weight = flambeau.nn.init.orthogonal_(flambeau.empty(sizes, dtype=flambeau.float64))


class _Symmetric:
    """Made for either library."""

    def __new__(cls, t: Any) -> Any:
        class Symmetric(t.nn.Module):
            def forward(self, x: Any) -> Any:
                return x.triu() + x.triu(1).mT

            def right_inverse(self, a: Any) -> Any:
                return a.triu()

        return Symmetric()


def test_registering_assigning_and_removing(torch: ModuleType) -> None:
    def program(t: Any) -> Any:
        t.manual_seed(2)
        tools = t.nn.utils.parametrize
        layer = t.nn.Linear(3, 3)
        found: list[Any] = [tools.is_parametrized(layer), type(layer).__name__]
        tools.register_parametrization(layer, "weight", _Symmetric(t))
        tools.register_parametrization(layer, "weight", _Symmetric(t))
        found += [layer.weight, repr(layer), list(layer.state_dict()), type(layer).__name__]
        layer.weight = t.ones(3, 3)
        found += [
            layer.weight,
            layer.parametrizations.weight.original,
            tools.type_before_parametrizations(layer) is t.nn.Linear,
        ]
        other = t.nn.Linear(3, 3)
        tools.transfer_parametrizations_and_params(layer, other)
        found += [other.weight, tools.is_parametrized(other, "weight"), tools.is_parametrized(other, "bias")]
        twin = copy.deepcopy(layer)
        with tools.cached():
            found += [layer.weight is layer.weight]
        found += [layer.weight is layer.weight, twin.weight]
        tools.remove_parametrizations(layer, "weight")
        tools.remove_parametrizations(other, "weight", leave_parametrized=False)
        found += [
            layer.weight,
            other.weight,
            type(layer) is t.nn.Linear,
            list(layer.state_dict()),
            hasattr(layer, "parametrizations"),
        ]
        return found

    compare(torch, program)


def _parts(t: Any) -> Any:
    return t.nn.utils.parametrize, t.nn.utils.parametrizations


def _layer(t: Any) -> Any:
    return t.nn.Linear(2, 2)


def _assigned(t: Any) -> None:
    layer = t.nn.utils.parametrize.register_parametrization(_layer(t), "weight", t.nn.Tanh())
    layer.weight = t.ones(2, 2)


REFUSED: dict[str, tuple[Callable[[Any], Any], type[Exception]]] = {
    "no such tensor": (lambda t: _parts(t)[0].register_parametrization(_layer(t), "other", t.nn.Identity()), ValueError),
    "shape": (lambda t: _parts(t)[0].register_parametrization(_layer(t), "weight", t.nn.Flatten(0)), ValueError),
    "nothing to remove": (lambda t: _parts(t)[0].remove_parametrizations(_layer(t), "weight"), ValueError),
    "no modules": (lambda t: _parts(t)[0].ParametrizationList([], t.zeros(1)), ValueError),
    "no inverse": (_assigned, RuntimeError),
    "several originals": (
        lambda t: _parts(t)[0].remove_parametrizations(_parts(t)[1].weight_norm(_layer(t)), "weight", False),
        ValueError,
    ),
    "vector": (lambda t: _parts(t)[1].orthogonal(_layer(t), "bias"), ValueError),
    "map": (lambda t: _parts(t)[1].orthogonal(_layer(t), orthogonal_map="other"), ValueError),
    "weight": (lambda t: _parts(t)[1].spectral_norm(t.nn.ReLU()), ValueError),
    "iterations": (lambda t: _parts(t)[1].spectral_norm(_layer(t), n_power_iterations=0), ValueError),
    "iterations of the hook": (lambda t: t.nn.utils.spectral_norm(_layer(t), n_power_iterations=0), ValueError),
    "dim": (lambda t: _parts(t)[1].spectral_norm(_layer(t), dim=2), IndexError),
    "amount": (lambda t: _prune(t).l1_unstructured(_layer(t), "weight", 1.5), ValueError),
    "negative amount": (lambda t: _prune(t).l1_unstructured(_layer(t), "weight", -1), ValueError),
    "large amount": (lambda t: _prune(t).l1_unstructured(_layer(t), "weight", 5), ValueError),
    "type of amount": (lambda t: _prune(t).l1_unstructured(_layer(t), "weight", "a"), TypeError),
    "vector to prune": (lambda t: _prune(t).ln_structured(_layer(t), "bias", 1, 2, 0), ValueError),
    "dim to prune": (lambda t: _prune(t).random_structured(_layer(t), "weight", 1, 2), IndexError),
    "not pruned": (lambda t: _prune(t).remove(_layer(t), "weight"), ValueError),
    "no collection": (lambda t: _prune(t).global_unstructured(3, None), TypeError),
    "structured": (
        lambda t: _prune(t).global_unstructured([(_layer(t), "weight")], _prune(t).LnStructured, amount=1, n=2),
        TypeError,
    ),
    "skip": (lambda t: t.nn.utils.skip_init(t.nn.Flatten), RuntimeError),
    "functional call": (
        lambda t: t.func.functional_call(_layer(t), {"other": t.ones(1), "bias": t.ones(1)}, (t.ones(1),), strict=True),
        RuntimeError,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_is_said_in_pytorchs_words(torch: ModuleType, name: str) -> None:
    call, error = REFUSED[name]
    with pytest.raises(error) as theirs:
        call(torch)
    with pytest.raises(error) as ours:
        call(flambeau)
    assert str(ours.value).replace("flambeau.", "torch.") == str(theirs.value)


def test_pickling_a_parametrized_module_is_refused() -> None:
    layer = parametrizations.weight_norm(nn.Linear(2, 2))
    with pytest.raises(
        RuntimeError, match="Serialization of parametrized modules is only supported through state_dict"
    ):
        pickle.dumps(layer)


def test_a_parameter_does_not_take_the_place_of_a_parametrized_one() -> None:
    layer = parametrize.register_parametrization(nn.Linear(2, 2), "weight", nn.Tanh())
    with pytest.raises(KeyError, match="attribute 'weight' already exists"):
        layer.weight = nn.Parameter(flambeau.ones(2, 2))


# -- pruning -----------------------------------------------------------------------------------------------------------

PRUNED: dict[str, Callable[[Any, Any], Any]] = {
    "identity": lambda p, layer: p.identity(layer, "weight"),
    "random": lambda p, layer: p.random_unstructured(layer, "weight", 0.3),
    "random count": lambda p, layer: p.random_unstructured(layer, "weight", 5),
    "smallest": lambda p, layer: p.l1_unstructured(layer, "weight", 0.5),
    "slices": lambda p, layer: p.ln_structured(layer, "weight", 1, 2, 0),
    "slices of max norm": lambda p, layer: p.ln_structured(layer, "weight", 0.5, float("inf"), 1),
    "random slices": lambda p, layer: p.random_structured(layer, "weight", 2, -1),
    "twice": lambda p, layer: p.ln_structured(p.l1_unstructured(layer, "weight", 3), "weight", 1, 1, 1),
    "thrice": lambda p, layer: p.random_unstructured(
        p.random_structured(p.l1_unstructured(layer, "weight", 3), "weight", 1, 0), "weight", 2
    ),
    "nothing": lambda p, layer: p.l1_unstructured(layer, "bias", 0),
}  # fmt: skip


@pytest.mark.parametrize("name", PRUNED)
def test_pruning(torch: ModuleType, name: str) -> None:
    def program(t: Any) -> Any:
        done = _trained(t, lambda t, layer: PRUNED[name](_prune(t), layer))
        t.manual_seed(9)
        layer = PRUNED[name](_prune(t), t.nn.Linear(4, 3))
        pruned = _prune(t).is_pruned(layer)
        part = "bias" if hasattr(layer, "bias_orig") else "weight"
        _prune(t).remove(layer, part)
        return done, pruned, _prune(t).is_pruned(layer), dict(layer.state_dict())

    compare(torch, program)


def test_pruning_of_several_and_by_scores(torch: ModuleType) -> None:
    def program(t: Any) -> Any:
        t.manual_seed(4)
        tools = _prune(t)
        one, two = t.nn.Linear(3, 2), t.nn.Linear(2, 2)
        tools.global_unstructured([(one, "weight"), (two, "weight")], tools.L1Unstructured, amount=0.4)
        tools.global_unstructured([(one, "weight"), (two, "bias")], tools.RandomUnstructured, amount=2)
        three = t.nn.Linear(2, 2)
        tools.l1_unstructured(three, "weight", 1, importance_scores=t.tensor([[4.0, 3.0], [1.0, 2.0]]))
        tools.custom_from_mask(three, "bias", t.tensor([0, 1]))
        loose = tools.L1Unstructured(2).prune(t.tensor([1.0, -3.0, 2.0]))
        return dict(one.state_dict()), dict(two.state_dict()), three.weight_mask, three.bias, loose

    compare(torch, program)


def test_pruning_that_fails_changes_nothing() -> None:
    layer = nn.Linear(2, 2)
    with pytest.raises(ValueError, match="should be smaller than the number of parameters"):
        prune.l1_unstructured(layer, "weight", 9)
    assert list(layer.state_dict()) == ["weight", "bias"]
    prune.l1_unstructured(layer, "weight", 1)
    with pytest.raises(ValueError, match="should be smaller than the number of parameters"):
        prune.l1_unstructured(layer, "weight", 9)
    assert prune.is_pruned(layer)
    assert layer.weight_mask.sum().item() == 3


# -- initial values, calls ---------------------------------------------------------------------------------------------


def test_old_names_of_initial_values(torch: ModuleType) -> None:
    names = ["constant", "dirac", "eye", "kaiming_normal", "kaiming_uniform", "normal", "orthogonal", "sparse", "uniform",
             "xavier_normal", "xavier_uniform"]  # fmt: skip

    def program(t: Any) -> Any:
        t.manual_seed(1)
        further = {"constant": (2.0,), "sparse": (0.5,)}
        return [
            getattr(t.nn.init, name)(t.empty(3, 2, 2) if name == "dirac" else t.empty(3, 2), *further.get(name, ()))
            for name in names
        ]

    compare(torch, program)
    with pytest.warns(FutureWarning, match=r"`nn.init.eye` is now deprecated in favor of `nn.init.eye_`"):
        nn.init.eye(flambeau.empty(2, 2))
    with pytest.warns(UserWarning, match="Initializing zero-element tensors is a no-op"):
        nn.init.kaiming_normal_(flambeau.empty(0, 2))
    assert nn.init._calculate_fan_in_and_fan_out(flambeau.empty(3, 4, 2)) == (8, 6)
    assert nn.init._calculate_correct_fan(flambeau.empty(3, 4), "FAN_OUT") == 3


def test_a_module_whose_parameters_are_not_drawn() -> None:
    flambeau.manual_seed(0)
    first = flambeau.rand(3)
    flambeau.manual_seed(0)
    layer = utils.skip_init(nn.Linear, 3, 2, dtype=flambeau.float64)
    assert (layer.weight.shape, layer.weight.dtype) == ((2, 3), flambeau.float64)
    assert flambeau.rand(3).tolist() == first.tolist()


def test_functional_call_of_utils() -> None:
    layer = nn.Linear(1, 1)
    given = {"weight": flambeau.tensor([[2.0]]), "bias": flambeau.tensor([1.0])}
    with pytest.warns(FutureWarning, match=r"Please use `torch\.func\.functional_call` instead"):
        result = utils.stateless.functional_call(layer, given, flambeau.tensor([[3.0]]))
    assert result.tolist() == [[7.0]]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("transpose", [True, False])
def test_weights_of_a_layer_and_its_normalisation(torch: ModuleType, bias: bool, transpose: bool) -> None:
    def program(t: Any) -> Any:
        one, two = t.linspace(0.5, 2, 3), t.linspace(-1, 1, 3)
        weight = t.linspace(-1, 1, 18).reshape(3, 3, 2)
        own = two if bias else None
        fused = t.nn.utils.fuse_conv_bn_weights(weight, own, two, one, 1e-3, None if bias else one, own, transpose)
        return fused, t.nn.utils.fuse_linear_bn_weights(weight[..., 0], own, two, one, 1e-3, one, two)

    compare(torch, program)


def test_memory_formats_of_a_module_without_convolutions() -> None:
    layer = nn.Linear(2, 2)
    assert utils.convert_conv2d_weight_memory_format(layer, flambeau.channels_last) is layer
    assert utils.convert_conv3d_weight_memory_format(layer, flambeau.channels_last_3d) is layer
