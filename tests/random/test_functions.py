"""Factories, methods and generators: PyTorch's numbers, in PyTorch's order, and PyTorch's errors."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any, TypeAlias

import pytest

import flambeau
from flambeau import random

# What the tests call on PyTorch and on flambeau: both have these names.
NAMES = SimpleNamespace(**{**vars(flambeau), **{name: getattr(random, name) for name in random.__all__}})
Call: TypeAlias = Callable[[Any], Any]


def state() -> bytes:
    """The state of the default generator of the device in use."""
    place = flambeau.backend.selection.default_place()
    return random._generator.default_generator_of(place)._stream.to_bytes()


def check(torch: ModuleType, call: Call, seed: int = 3) -> None:
    """Make the call on both, with a spare normal number waiting, and compare values and what state is left behind."""
    for names in (torch, NAMES):
        names.manual_seed(seed)
        names.randn(1)
    expected, made = call(torch), call(NAMES)
    assert str(made.dtype) == str(expected.dtype)
    assert tuple(made.shape) == tuple(expected.shape)
    assert torch.equal(torch.tensor(made.tolist(), dtype=expected.dtype).reshape(expected.shape), expected)
    assert state() == bytes(torch.get_rng_state().tolist())


# -- recorded ----------------------------------------------------------------------------------------------------------


def test_recorded_numbers(backend: str) -> None:
    NAMES.manual_seed(0)
    assert NAMES.rand(2).tolist() == [0.49625658988952637, 0.7682217955589294]
    assert NAMES.randint(10, (5,)).tolist() == [3, 0, 3, 9, 7]
    assert NAMES.randperm(5).tolist() == [3, 2, 1, 4, 0]
    assert NAMES.randn(2).tolist() == [0.20998091995716095, 0.905626118183136]
    assert NAMES.empty(3).uniform_(1, 2).tolist() == [1.518521785736084, 1.6976675987243652, 1.800011396408081]
    assert NAMES.zeros(2, 3).t().normal_().tolist() == [
        [-0.2613142132759094, 0.8395664095878601],
        [1.066699743270874, -0.8264687061309814],
        [0.41589120030403137, -0.7949366569519043],
    ]


# -- PyTorch as the judge ----------------------------------------------------------------------------------------------

SIZES = [1, 15, 16, 17, 1000]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "complex64", "complex128"])
@pytest.mark.parametrize(
    "call",
    [
        lambda torch, *args, **kwargs: torch.rand(*args, **kwargs),
        lambda torch, *args, **kwargs: torch.randn(*args, **kwargs),
        lambda torch, *args, **kwargs: torch.zeros(*args, **kwargs).uniform_(-0.3, 0.7),
        lambda torch, *args, **kwargs: torch.zeros(*args, **kwargs).normal_(-1.3, 0.37),
        lambda torch, *args, **kwargs: torch.zeros(*args, **kwargs)[::2].normal_(2, 3),
    ],
    ids=["rand", "randn", "uniform_", "normal_", "strided normal_"],
)
def test_floating_numbers(torch: ModuleType, backend: str, call: Callable[..., Any], dtype: str, size: int) -> None:
    if dtype not in flambeau.backend.selection.default_place().backend.capabilities.dtypes:
        pytest.skip(f"the backend has no {dtype}")
    check(torch, lambda names: call(names, size, dtype=getattr(names, dtype)))


@pytest.mark.parametrize("dtype", ["int64", "int32", "int16", "int8", "uint8", "bool", "float32", "float64"])
@pytest.mark.parametrize(
    "fill",
    [
        lambda tensor: tensor.random_(),
        lambda tensor: tensor.random_(2),
        lambda tensor: tensor.random_(1, None),
        lambda tensor: tensor.bernoulli_(0.3),
        lambda tensor: tensor.bernoulli_(),
    ],
    ids=["random_()", "random_(2)", "random_(1, None)", "bernoulli_(0.3)", "bernoulli_()"],
)
def test_integers_of_a_dtype(torch: ModuleType, backend: str, fill: Call, dtype: str) -> None:
    check(torch, lambda names: fill(names.zeros(33, dtype=getattr(names, dtype))))


@pytest.mark.parametrize(
    ("low", "high"),
    [(-5, 1000), (0, (1 << 28) - 1), (0, 1 << 28), (0, (1 << 32) + 1), (7, 1 << 62), (-(1 << 63), (1 << 63) - 1)],
)
def test_integers_of_a_range(torch: ModuleType, backend: str, low: int, high: int) -> None:
    check(torch, lambda names: names.randint(low, high, (33,)))


@pytest.mark.filterwarnings("ignore:.*Due to precision limitations")
@pytest.mark.parametrize(("low", "high"), [(0, (1 << 24) + 2), ((1 << 24) + 1, (1 << 24) + 9), (-(1 << 40), 1 << 40)])
def test_integers_where_floats_have_gaps(torch: ModuleType, backend: str, low: int, high: int) -> None:
    check(torch, lambda names: names.randint(low, high, (33,), dtype=names.float32))


@pytest.mark.parametrize(
    "call",
    [
        lambda torch: torch.zeros(5, dtype=torch.int64).random_(-(1 << 63), None),
        lambda torch: torch.randperm(0),
        lambda torch: torch.randperm(1000),
        lambda torch: torch.randperm(9, dtype=torch.float32),
        lambda torch: torch.randint(high=9, size=(4,)),
        lambda torch: torch.randint(9, size=(4,)),
        lambda torch: torch.randint(low=2, high=9, size=[2, 2]),
        lambda torch: torch.randint_like(torch.zeros(3, 4), 9),
        lambda torch: torch.randint_like(torch.zeros(3, 4), 2, 9),
        lambda torch: torch.bernoulli(torch.full((20,), 0.3)),
        lambda torch: torch.bernoulli(torch.full((20,), 0.3, dtype=torch.float64)),
        lambda torch: torch.bernoulli(torch.zeros(20), 0.3),
        lambda torch: torch.zeros(3, 4, dtype=torch.int64).bernoulli_(torch.full((4,), 0.4)),
        lambda torch: torch.normal(torch.arange(20.0), torch.arange(20.0) + 1),
        lambda torch: torch.normal(torch.arange(20.0), 0.7),
        lambda torch: torch.normal(-2.0, torch.arange(20.0)),
        lambda torch: torch.normal(torch.zeros(3, 1), torch.ones(7)),
        lambda torch: torch.normal(1.0, 2.0, (5, 5)),
        lambda torch: torch.empty(20).exponential_(0.37),
        lambda torch: torch.empty(20).cauchy_(0.7, 1.3),
        lambda torch: torch.empty(20).log_normal_(-0.4, 0.3),
        lambda torch: torch.empty(20).geometric_(0.2),
        lambda torch: torch.zeros(20, dtype=torch.int32).geometric_(0.2),
        lambda torch: torch.rand(2, 0, 3),
        lambda torch: torch.rand(3, out=torch.zeros(3, dtype=torch.float64)),
        lambda torch: torch.empty(3, 4).uniform_(3, 3),
    ],
)
def test_other_functions(torch: ModuleType, backend: str, call: Call) -> None:
    check(torch, call)


LAYOUTS: dict[str, Call] = {
    "transposed": lambda torch: torch.zeros(37, 41).t(),
    "small transposed": lambda torch: torch.zeros(3, 4).t(),
    "columns": lambda torch: torch.zeros(9, 41)[:, ::3],
    "rows": lambda torch: torch.zeros(37, 5)[5:20],
    "part of transposed": lambda torch: torch.zeros(37, 41).t()[::2, 3:30],
    "permuted": lambda torch: torch.zeros(7, 8, 9).permute(2, 0, 1),
    "part of permuted": lambda torch: torch.zeros(7, 8, 9).permute(1, 2, 0)[:, ::2],
    "channels last": lambda torch: torch.zeros(2, 6, 7, 5).permute(0, 3, 1, 2),
    "sizes of one": lambda torch: torch.zeros(1, 9, 1, 4).permute(3, 0, 2, 1),
    "no dimensions": lambda torch: torch.zeros(()),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "fill",
    [
        lambda torch, tensor: tensor.uniform_(-1, 2),
        lambda torch, tensor: tensor.normal_(0.3, 2),
        lambda torch, tensor: tensor.random_(99),
        lambda torch, tensor: tensor.bernoulli_(torch.full(tensor.shape, 0.4)),
        lambda torch, tensor: torch.rand_like(tensor),
        lambda torch, tensor: torch.randn_like(tensor),
        lambda torch, tensor: torch.bernoulli(tensor + 0.5),
    ],
    ids=["uniform_", "normal_", "random_", "bernoulli_", "rand_like", "randn_like", "bernoulli"],
)
def test_tensors_are_filled_in_the_order_of_their_memory(torch: ModuleType, layout: str, fill: Any) -> None:
    with flambeau.use_backend("numpy"):
        check(torch, lambda names: fill(names, LAYOUTS[layout](names)))


def test_a_tensor_like_an_expanded_one_is_filled_in_the_order_of_its_dimensions(torch: ModuleType) -> None:
    with flambeau.use_backend("numpy"):
        check(torch, lambda names: names.rand_like(names.zeros(1, 20).expand(5, 20)))


# -- graph and versions ------------------------------------------------------------------------------------------------


def test_no_gradient_flows_through_what_was_overwritten(backend: str) -> None:
    leaf = flambeau.ones(3, requires_grad=True)
    result = leaf * 2
    assert result.normal_().grad_fn.name() == "NormalBackward0"
    result.sum().backward()
    assert leaf.grad.tolist() == [0, 0, 0]


def test_a_leaf_that_requires_a_gradient_is_not_filled(backend: str) -> None:
    leaf = flambeau.zeros(3, requires_grad=True)
    before = state()
    with pytest.raises(RuntimeError, match="a leaf Variable that requires grad"):
        leaf.uniform_()
    assert leaf.tolist() == [0, 0, 0]
    assert state() == before
    with flambeau.no_grad():
        leaf.uniform_(1, 2)
    assert min(leaf.tolist()) >= 1


def test_filling_counts_as_a_change(backend: str) -> None:
    tensor = flambeau.zeros(4)
    tensor.uniform_().normal_().random_(3)
    assert tensor._version == 3


def test_views_see_what_is_filled(backend: str) -> None:
    base = flambeau.zeros(4, 2)
    base[1].fill_(7)
    base.t()[0].uniform_(1, 2)
    assert all(1 <= value < 2 for value in base[:, 0].tolist())
    assert base[:, 1].tolist() == [0, 7, 0, 0]


# -- generators --------------------------------------------------------------------------------------------------------


def make_generator(seed: int) -> random.Generator:
    return random.Generator(flambeau.get_default_device()).manual_seed(seed)


def test_a_generator_does_not_touch_the_default_one(backend: str) -> None:
    before = state()
    one, other = make_generator(4), make_generator(4)
    assert NAMES.rand(3, generator=one).tolist() == NAMES.empty(3).uniform_(generator=other).tolist()
    assert state() == before


def test_generators_are_copied_with_their_state(backend: str) -> None:
    generator = make_generator(4)
    NAMES.randn(3, generator=generator)  # leaves a spare normal number
    copies = [generator.clone_state(), copy.deepcopy(generator), pickle.loads(pickle.dumps(generator))]
    expected = NAMES.randn(5, generator=generator).tolist()
    for other in copies:
        assert NAMES.randn(5, generator=other).tolist() == expected
        assert other.initial_seed() == 4
        assert other.device == generator.device


def test_a_new_generator_starts_with_pytorchs_seed(torch: ModuleType) -> None:
    assert random.Generator().initial_seed() == torch.Generator().initial_seed()
    expected = torch.rand(3, generator=torch.Generator())
    assert NAMES.rand(3, generator=random.Generator(), device="cpu").tolist() == expected.tolist()


@pytest.mark.parametrize("seed", [0, -1, True, 3.7, -(1 << 63), (1 << 64) - 1])
def test_seeds(torch: ModuleType, seed: Any) -> None:
    torch.manual_seed(seed)
    assert random.manual_seed(seed) is random.default_generator
    assert random.initial_seed() == torch.initial_seed()
    assert random.get_rng_state().tolist() == torch.get_rng_state().tolist()


def test_a_seed_from_the_system_is_remembered() -> None:
    chosen = random.seed()
    assert random.initial_seed() == chosen
    assert 0 <= chosen < 1 << 64
    assert random.seed() != chosen


def test_states_go_from_pytorch_to_flambeau_and_back(torch: ModuleType) -> None:
    torch.manual_seed(12)
    torch.randn(5)
    random.set_rng_state(flambeau.tensor(torch.get_rng_state().tolist(), dtype=flambeau.uint8))
    drawn = NAMES.randn(7, device="cpu")
    assert drawn.tolist() == torch.randn(7).tolist()
    torch.set_rng_state(torch.tensor(random.get_rng_state().tolist(), dtype=torch.uint8))
    assert NAMES.rand(7, device="cpu").tolist() == torch.rand(7).tolist()


def test_a_fork_leaves_no_trace(backend: str) -> None:
    NAMES.rand(1)
    before = state()
    with random.fork_rng():
        NAMES.rand(10)
        assert state() != before
    assert state() == before
    with random.fork_rng(enabled=False):
        NAMES.rand(10)
    assert state() != before


def test_one_seed_is_for_all_devices() -> None:
    if "minimal" not in flambeau.available_backends():
        pytest.skip("the backend 'minimal' is not installed")
    random.manual_seed(7)
    drawn = [NAMES.rand(4, device=device).tolist() for device in ("cpu", "minimal:0", "minimal:1")]
    assert drawn[0] == drawn[1] == drawn[2]


# -- errors ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "call",
    [
        lambda torch: torch.manual_seed(1 << 64),
        lambda torch: torch.manual_seed(-(1 << 63) - 1),
        lambda torch: torch.rand(2, -1),
        lambda torch: torch.rand(3, dtype=torch.int64),
        lambda torch: torch.randn(3, dtype=torch.bool),
        lambda torch: torch.rand(3, out=torch.zeros(3, dtype=torch.float64), dtype=torch.float32),
        lambda torch: torch.randint(5, 5, (2,)),
        lambda torch: torch.randint(0, -3, (2,)),
        lambda torch: torch.randint(0, 300, (2,), dtype=torch.uint8),
        lambda torch: torch.randint(-1, 3, (2,), dtype=torch.uint8),
        lambda torch: torch.randint(5, (2,), dtype=torch.bool),
        lambda torch: torch.randperm(-1),
        lambda torch: torch.randperm(300, dtype=torch.uint8),
        lambda torch: torch.randperm(2, dtype=torch.bool),
        lambda torch: torch.zeros(3).uniform_(1, 0),
        lambda torch: torch.zeros(3).uniform_(0, 1e39),
        lambda torch: torch.zeros(3).uniform_(-3e38, 3e38),
        lambda torch: torch.zeros(3, dtype=torch.int64).uniform_(),
        lambda torch: torch.zeros(3).normal_(0, -1),
        lambda torch: torch.zeros(3).normal_(0, float("nan")),
        lambda torch: torch.zeros(3, dtype=torch.int64).normal_(),
        lambda torch: torch.zeros(3).exponential_(0),
        lambda torch: torch.zeros(3, dtype=torch.int64).exponential_(),
        lambda torch: torch.zeros(3).cauchy_(0, -1),
        lambda torch: torch.zeros(3).log_normal_(0, 0),
        lambda torch: torch.zeros(3).geometric_(1),
        lambda torch: torch.zeros(3).bernoulli_(1.5),
        lambda torch: torch.zeros(3, dtype=torch.uint8).random_(300, None),
        lambda torch: torch.zeros(3).random_(3, 3),
        lambda torch: torch.zeros(3).random_((1 << 24) + 1, None),
        lambda torch: torch.bernoulli(torch.zeros(3, dtype=torch.int64)),
        lambda torch: torch.normal(torch.zeros(3), -torch.ones(3)),
        lambda torch: torch.normal(torch.zeros(3), -1.0),
        lambda torch: torch.Generator().set_state(torch.zeros(3)),
        lambda torch: torch.Generator().set_state(torch.zeros(3, dtype=torch.uint8)),
        lambda torch: torch.Generator().set_state(torch.zeros(5056, dtype=torch.uint8)),
    ],
)
def test_errors_are_pytorchs(torch: ModuleType, call: Call) -> None:
    with pytest.raises(Exception) as expected:
        call(torch)
    with pytest.raises(expected.type) as raised:
        call(NAMES)
    assert str(raised.value).splitlines()[0] == str(expected.value).splitlines()[0]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: NAMES.randint(3, 5), TypeError, "argument 'size' must be tuple of ints, not NoneType"),
        (lambda: NAMES.randint(3.5, (2,)), TypeError, "must be int, not float"),
        (lambda: NAMES.randperm(1 << 28), NotImplementedError, "n must be less than 214748364, got 268435456"),
        (lambda: NAMES.normal(0.0, 1.0), TypeError, "missing argument 'size'"),
        (lambda: NAMES.bernoulli(flambeau.tensor([0.5, 2.0])), RuntimeError, "Expected p_in >= 0 && p_in <= 1"),
        (lambda: NAMES.rand(2, generator=3), TypeError, "argument 'generator' must be torch.Generator, not int"),
        (lambda: random.Generator().set_state([1]), TypeError, "expected a torch.ByteTensor, but got list"),
        (lambda: random.Generator("nowhere"), RuntimeError, "device type at start of device string: nowhere"),
    ],
)
def test_errors(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call()


def test_a_generator_of_another_device_draws_there_with_a_warning() -> None:
    if "minimal" not in flambeau.available_backends():
        pytest.skip("the backend 'minimal' is not installed")
    generator = random.Generator().manual_seed(42)
    with pytest.warns(flambeau.errors.GeneratorDeviceWarning, match=r"drawn on cpu and copied.*device='minimal:0'\)"):
        drawn = NAMES.rand(2, device="minimal", generator=generator)
    assert drawn.device.type == "minimal"
    assert drawn.tolist() == NAMES.rand(2, generator=random.Generator().manual_seed(42)).tolist()
    following = NAMES.rand(2, generator=generator).tolist()  # the state has moved
    assert following == pytest.approx([0.3829, 0.9593], abs=5e-5)
    other = random.Generator(device="minimal").manual_seed(42)
    with pytest.warns(flambeau.errors.GeneratorDeviceWarning):
        assert NAMES.randperm(10, generator=other).device.type == "cpu"


def test_numbers_that_a_float_does_not_have_are_warned_of(backend: str) -> None:
    with pytest.warns(UserWarning, match=r"to - 1 is out of bounds \[-\(2\^24\), 2\^24\]"):
        NAMES.randint(0, (1 << 24) + 2, (2,), dtype=flambeau.float32)


def test_set_state_gives_the_generator() -> None:
    generator, other = flambeau.Generator().manual_seed(3), flambeau.Generator()
    assert other.set_state(generator.get_state()) is other
    assert flambeau.rand(2, generator=other).tolist() == flambeau.rand(2, generator=generator).tolist()


@pytest.mark.parametrize("seed", [3.7, "3", None])
def test_a_generator_is_seeded_with_an_integer(seed: Any) -> None:
    generator = flambeau.Generator().manual_seed(3)
    with pytest.raises(RuntimeError, match="manual_seed expected a long, but got"):
        generator.manual_seed(seed)
    assert generator.initial_seed() == 3


@pytest.mark.parametrize(
    "draw",
    [
        lambda t, x: t.bernoulli(x), lambda t, x: x.bernoulli(), lambda t, x: t.poisson(x), lambda t, x: t.normal(x, 2.0),
        lambda t, x: t.normal(1.0, x), lambda t, x: t.normal(x, x), lambda t, x: t.normal(x, t.ones(2, 1)),
    ],
)  # fmt: skip
@pytest.mark.oracle
def test_what_is_drawn_with_a_tensor_does_not_move_with_it(torch: ModuleType, draw: Callable[..., Any]) -> None:
    for module in (flambeau, torch):
        x = module.tensor([0.25, 0.5], requires_grad=True)
        drawn = draw(module, x)
        assert drawn.requires_grad
        (found,) = module.autograd.grad(drawn, x, module.full_like(drawn, float("inf")))
        assert found.tolist() == [0.0, 0.0]


def test_samples_of_distributions_need_no_gradient() -> None:
    x = flambeau.tensor([0.25, 0.5], requires_grad=True)
    for distribution in (flambeau.distributions.Bernoulli(x), flambeau.distributions.Poisson(x)):
        assert not distribution.sample().requires_grad


def test_rand_without_a_size_draws_one_number() -> None:
    assert flambeau.rand().shape == flambeau.rand(generator=flambeau.Generator(), dtype=flambeau.float64).shape == ()


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["rand", "randn", "zeros", "ones", "empty"])
def test_no_size_is_no_size(torch: ModuleType, name: str) -> None:
    for arguments, options in (((), {"size": None}), ((2,), {"size": None}), ((None,), {}), ((), {})):
        if name != "rand" or arguments or options:
            for module in (torch, flambeau):
                with pytest.raises(TypeError, match="size|invalid combination"):
                    getattr(module, name)(*arguments, **options)
