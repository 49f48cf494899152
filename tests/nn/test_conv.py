"""Convolution layers beside PyTorch's, over drawn options."""

from __future__ import annotations

import copy
import pickle
import random
import warnings
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau import nn

LAYERS = ("Conv1d", "Conv2d", "Conv3d", "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d")
DTYPES = ("float32", "float64", "complex128", "bfloat16", "float16")


def _each(draw: random.Random, dims: int, values: tuple[Any, ...]) -> Any:
    """One of some values, or one for every dimension."""
    return draw.choice(values) if draw.random() < 0.5 else tuple(draw.choice(values) for _ in range(dims))


def _of(value: Any, dims: int) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value,) * dims


def _drawn(name: str, seed: int) -> tuple[tuple[int, int, Any], dict[str, Any], tuple[int, ...]]:
    """The arguments of a layer, its options and the shape of an input that fits."""
    draw = random.Random(f"{name} {seed}")
    dims = int(name[-2])
    groups = draw.choice((1, 1, 2, 3))
    channels = groups * draw.choice((1, 2, 20 if dims < 3 else 3))
    outputs = groups * draw.choice((1, 2, 3)) if draw.random() < 0.7 else channels
    kernel = _each(draw, dims, (1, 2, 3))
    options: dict[str, Any] = {"groups": groups, "bias": draw.random() < 0.7, "dilation": _each(draw, dims, (1, 1, 2))}
    options["stride"] = _each(draw, dims, (1, 1, 2, 3))
    options["padding"] = _each(draw, dims, (0, 0, 1, 2))
    if "Transpose" in name:
        pairs = zip(_of(options["stride"], dims), _of(options["dilation"], dims), strict=True)
        options["output_padding"] = tuple(draw.randrange(max(pair)) for pair in pairs)
    elif draw.random() < 0.3:
        options |= {"padding": draw.choice(("same", "valid")), "stride": 1}
    if "Transpose" not in name:
        options["padding_mode"] = draw.choice(("zeros", "zeros", "reflect", "replicate", "circular"))
    sizes = tuple(draw.randint(5, 8 if dims < 3 else 6) for _ in range(dims))
    batch = () if draw.random() < 0.2 else (draw.choice((1, 2, 3)),)
    return (channels, outputs, kernel), options, (*batch, channels, *sizes)


def _made(t: Any, name: str, seed: int, dtype: str) -> Any:
    arguments, options, shape = _drawn(name, seed)
    t.manual_seed(seed)
    layer = getattr(t.nn, name)(*arguments, **options, dtype=getattr(t, dtype))
    values = t.linspace(-3, 3, flambeau.Size(shape).numel(), dtype=t.float64).sin() * 3
    return layer, values.reshape(shape).to(getattr(t, dtype)).requires_grad_()


def _passed(t: Any, layer: Any, x: Any) -> list[Any]:
    """Output, gradients and gradients of a function of these."""
    y = layer(x)
    parameters = list(layer.parameters())
    slope = t.linspace(-1, 2, y.numel(), dtype=t.float64).reshape(y.shape).to(y.dtype)
    grads = t.autograd.grad(y, (x, *parameters), slope, create_graph=True)
    again = t.autograd.grad(sum((grad * grad.detach()).sum() for grad in grads).real, (x, parameters[0]))
    return [y, *grads, *again]


def _numbers(tensor: Any) -> tuple[list[int], list[complex]]:
    tensor = tensor.detach()
    wide = tensor.tolist() if tensor.dim() else [tensor.item()]
    while tensor.dim() > 1 and wide and isinstance(wide[0], list):
        wide = [number for row in wide for number in row]
    return list(tensor.shape), wide


@pytest.mark.parametrize("seed", range(50))
@pytest.mark.parametrize("name", LAYERS)
@pytest.mark.filterwarnings("ignore:Using padding='same'")
@pytest.mark.filterwarnings("ignore:Casting complex values")
def test_layers_of_drawn_options_are_pytorchs(torch: ModuleType, name: str, seed: int) -> None:
    dtype = DTYPES[seed % 5 if seed % 2 else 1]
    (theirs, x), (ours, z) = (_made(t, name, seed, dtype) for t in (torch, flambeau))
    assert repr(ours) == repr(theirs)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert _numbers(one) == _numbers(other)
    relative = {"float32": 1e-4, "bfloat16": 0.02, "float16": 0.003}.get(dtype, 1e-9)
    half = dtype.endswith("16")
    expected, found = _passed(torch, theirs, x), _passed(flambeau, ours, z)
    firsts = len(expected) - 2
    assert [each.stride() for each in found[:firsts]] == [each.stride() for each in expected[:firsts]]
    for one, other in list(zip(found, expected, strict=True))[: 2 if half else None]:
        shape, numbers = _numbers(other)
        largest = max(map(abs, numbers), default=0)
        assert _numbers(one)[0] == shape
        assert _numbers(one)[1] == pytest.approx(numbers, rel=relative, abs=relative * largest)


@pytest.mark.parametrize("name", [f"Lazy{name}" for name in LAYERS])
def test_lazy_layers_read_their_channels(torch: ModuleType, name: str) -> None:
    made = []
    for t in (torch, flambeau):
        with warnings.catch_warnings(action="ignore"):
            t.manual_seed(3)
            layer = getattr(t.nn, name)(4, 2, stride=2, groups=2)
            texts = [repr(layer), repr(layer.state_dict()), repr(layer.weight), layer.has_uninitialized_params()]
            result = layer(t.ones(1, 6, *[5] * int(name[-2])))
        texts += [
            repr(layer),
            type(layer).__name__,
            [(key, list(each.shape)) for key, each in layer.state_dict().items()],
        ]
        made.append((texts, result.detach().flatten().tolist()))
    assert made[0][0] == made[1][0]
    assert made[1][1] == pytest.approx(made[0][1], rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("size", [[9, 9], [10, 11], [1, 4, 9, 10], [7, 9], [9, 12], [9], [1, 1, 1]])
def test_the_size_of_a_transposed_convolution_can_be_asked_for(torch: ModuleType, size: list[int]) -> None:
    found = []
    for t in (torch, flambeau):
        layer = t.nn.ConvTranspose2d(2, 4, 3, stride=2, padding=1)
        try:
            found.append(list(layer(t.ones(1, 2, 5, 5), output_size=size).shape))
        except ValueError as error:
            found.append(str(error))
    assert found[0] == found[1]


WRONG: dict[str, Any] = {
    "groups": lambda n: n.Conv2d(4, 4, 3, groups=0),
    "inputs in groups": lambda n: n.Conv2d(3, 4, 3, groups=2),
    "outputs in groups": lambda n: n.Conv2d(4, 3, 3, groups=2),
    "same with stride": lambda n: n.Conv1d(4, 4, 3, stride=2, padding="same"),
    "mode of transposed": lambda n: n.ConvTranspose2d(4, 4, 3, padding_mode="reflect"),
    "lazy groups": lambda n: n.LazyConv1d(4, 3, groups=2)(n.Parameter(n.Linear(5, 3).weight)),
    "lazy dims": lambda n: n.LazyConv3d(4, 3)(n.Linear(5, 3).weight),
    "no second input": lambda n: n.Bilinear(0, 1, 2),
    "arithmetic": lambda n: n.LazyLinear(2).weight.numel(),
    "shape": lambda n: n.LazyLinear(2).weight.shape,
    "sharing": lambda n: n.LazyLinear(2).weight.share_memory_(),
    "loading": lambda n: n.Linear(1, 2).load_state_dict(n.LazyLinear(2).state_dict()),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("ignore:Lazy modules are a new feature")
def test_errors_are_pytorchs(torch: ModuleType, name: str) -> None:
    found = []
    for t in (torch, flambeau):
        with pytest.raises((ValueError, RuntimeError)) as caught:
            WRONG[name](t.nn)
        found.append((caught.type.__name__, str(caught.value)))
    assert found[1][0] == found[0][0]
    if name != "arithmetic":  # where PyTorch names a function of C++
        assert found[1][1] == found[0][1]


@pytest.mark.parametrize("option", ["padding", "padding_mode"])
def test_words_that_are_no_options(torch: ModuleType, option: str) -> None:
    for t in (torch, flambeau):
        with pytest.raises(ValueError, match=r"Invalid padding string 'full'|padding_mode must be one of"):
            t.nn.Conv2d(1, 1, 1, **{option: "full"})


@pytest.mark.parametrize("kind", [nn.UninitializedParameter, nn.UninitializedBuffer])
def test_what_has_no_shape_is_copied_and_pickled(kind: Any) -> None:
    made = kind(dtype=flambeau.float64)
    for other in (copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert (type(other), other.dtype, other.requires_grad) == (kind, flambeau.float64, made.requires_grad)
        other.materialize((2, 3))
        assert (type(other), other.shape, other.dtype) == (kind.cls_to_become, (2, 3), flambeau.float64)


@pytest.mark.parametrize("use", [lambda w: w + 1, lambda w: flambeau.relu(w), lambda w: w.sum(), lambda w: w == 1])
def test_nothing_is_computed_with_what_has_no_shape(use: Any) -> None:
    weight = nn.UninitializedParameter()
    with pytest.raises(ValueError, match="Attempted to use an uninitialized parameter"):
        use(weight)


def test_lazy_layers_exchange_their_states() -> None:
    lazy, other, full = nn.LazyConv2d(4, 3), nn.LazyConv2d(4, 3), nn.Conv2d(2, 4, 3)
    lazy.load_state_dict(other.state_dict())
    assert lazy.has_uninitialized_params()
    lazy.load_state_dict(full.state_dict())
    assert lazy.weight.tolist() == full.weight.tolist()
    assert lazy(flambeau.ones(1, 2, 3, 3)).tolist() == full(flambeau.ones(1, 2, 3, 3)).tolist()
    assert type(lazy) is nn.Conv2d


def test_a_lazy_layer_with_its_own_shapes() -> None:
    class Scale(nn.modules.lazy.LazyModuleMixin, nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.factor = nn.UninitializedParameter()
            self.seen = nn.UninitializedBuffer()

        def initialize_parameters(self, x: Any, *, shift: float) -> None:
            self.factor.materialize((x.shape[-1],))
            nn.init.constant_(self.factor, shift)
            self.seen.materialize(())

        def forward(self, x: Any, *, shift: float) -> Any:
            return x * self.factor + shift

    layer = Scale()
    assert list(layer.state_dict()) == ["factor", "seen"]
    assert layer(flambeau.ones(2), shift=2.0).tolist() == [4.0, 4.0]
    assert not layer.has_uninitialized_params()


def test_bilinear_is_pytorchs(torch: ModuleType) -> None:
    found = []
    for t in (torch, flambeau):
        t.manual_seed(1)
        layer = t.nn.Bilinear(2, 3, 4)
        one, two = (t.linspace(-1, 1, 5 * n).reshape(5, n).requires_grad_() for n in (2, 3))
        (layer(one, two) ** 2).sum().backward()
        values = [
            each.detach().flatten().tolist() for each in (*layer.parameters(), one.grad, two.grad, layer.weight.grad)
        ]
        found.append((repr(layer), [number for each in values for number in each]))
    assert found[1][0] == found[0][0]
    assert found[1][1] == pytest.approx(found[0][1], rel=1e-5, abs=1e-6)


@pytest.mark.oracle
@pytest.mark.parametrize("mode", ["circular", "reflect", "replicate", "constant"])
def test_the_order_of_memory_of_what_is_padded(torch: ModuleType, mode: str) -> None:
    def strides(t: Any) -> list[Any]:
        plane = t.ones(2, 3, 4, 4).to(memory_format=t.channels_last)
        volume = t.ones(2, 3, 4, 4, 4).to(memory_format=t.channels_last_3d)
        return [t.nn.functional.pad(x, (1, 1) * (x.dim() - 2), mode=mode).stride() for x in (plane, volume)]

    assert strides(flambeau) == strides(torch)


@pytest.mark.oracle
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("shape", [(0, 2, 0), (0, 2, 1), (1, 2, 1), (0, 2, 2)])
@pytest.mark.parametrize(("weight", "padding"), [((2, 3, 1), 0), ((2, 3, 2), 1), ((2, 3, 1), 1)])
def test_transposed_convolutions_of_no_sample_may_have_no_place(
    torch: ModuleType, shape: tuple[int, ...], weight: tuple[int, ...], padding: int, bias: bool
) -> None:
    """PyTorch refuses a negative number of places with other words for each number of dimensions."""
    said: list[Any] = []
    for m in (flambeau, torch):
        operands = [m.zeros(each, requires_grad=True) for each in (shape, weight, weight[1:2])]
        try:
            result = m.nn.functional.conv_transpose1d(*operands[: 3 if bias else 2], padding=padding)
        except RuntimeError:
            said.append(RuntimeError)
        else:
            result.sum().backward()
            said.append([tuple(result.shape), *(tuple(each.grad.shape) for each in operands[: 3 if bias else 2])])
    assert said[0] == said[1]


@pytest.mark.oracle
def test_a_bias_of_no_channels_has_a_gradient(torch: ModuleType) -> None:
    for m in (flambeau, torch):
        bias = m.ones(3, requires_grad=True)
        m.nn.functional.conv1d(m.ones(2, 0, 4), m.ones(3, 0, 2), bias).sum().backward()
        assert bias.grad.tolist() == [0, 0, 0]
