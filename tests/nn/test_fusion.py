"""Layers that take up the batch normalisation behind them, orders of memory, and modules without initial values."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

import flambeau


def _normalisation(t: Any, size: int, affine: bool = True) -> Any:
    """Batch normalisation in evaluation, by its attributes alone."""
    bn = t.nn.Module().eval()
    bn.running_mean, bn.running_var = t.linspace(-1, 1, size), t.linspace(0.5, 2, size)
    bn.eps, bn.num_features = 1e-5, size
    bn.weight = t.nn.Parameter(t.linspace(1, 3, size)) if affine else None
    bn.bias = t.nn.Parameter(t.linspace(0, 1, size)) if affine else None
    return bn


FUSED: dict[str, Any] = {
    "conv": lambda t, f: f.fuse_conv_bn_eval(t.nn.Conv2d(2, 4, 3).eval(), _normalisation(t, 4)),
    "conv without bias": lambda t, f: f.fuse_conv_bn_eval(t.nn.Conv1d(2, 4, 3, bias=False).eval(), _normalisation(t, 4)),
    "plain": lambda t, f: f.fuse_conv_bn_eval(t.nn.Conv3d(2, 4, 2).eval(), _normalisation(t, 4, False)),
    "transposed": lambda t, f: f.fuse_conv_bn_eval(t.nn.ConvTranspose2d(2, 4, 3).eval(), _normalisation(t, 4), True),
    "linear": lambda t, f: f.fuse_linear_bn_eval(t.nn.Linear(3, 4).eval(), _normalisation(t, 4)),
    "linear without bias": lambda t, f: f.fuse_linear_bn_eval(t.nn.Linear(3, 4, bias=False).eval(), _normalisation(t, 4)),
    "linear of one": lambda t, f: f.fuse_linear_bn_eval(t.nn.Linear(3, 4).eval(), _normalisation(t, 1)),
}  # fmt: skip


@pytest.mark.parametrize("name", FUSED)
def test_fused_layers_are_pytorchs(torch: ModuleType, name: str) -> None:
    from torch.nn.utils import fusion as theirs

    from flambeau.nn.utils import fusion as ours

    found = []
    for t, f in ((torch, theirs), (flambeau, ours)):
        t.manual_seed(2)
        layer = FUSED[name](t, f)
        state = {key: (list(value.shape), value.flatten().tolist()) for key, value in layer.state_dict().items()}
        found.append((repr(layer), [each.requires_grad for each in layer.parameters()], state))
    assert found[1][:2] == found[0][:2]
    for key, (shape, values) in found[0][2].items():
        assert found[1][2][key][0] == shape
        assert found[1][2][key][1] == pytest.approx(values, rel=1e-5, abs=1e-6)


WRONG: dict[str, Any] = {
    "training": lambda t, f: f.fuse_conv_bn_eval(t.nn.Conv2d(2, 4, 3), _normalisation(t, 4)),
    "sizes": lambda t, f: f.fuse_linear_bn_eval(t.nn.Linear(3, 4).eval(), _normalisation(t, 3)),
    "statistics": lambda t, f: f.fuse_linear_bn_eval(t.nn.Linear(3, 4).eval(), _without_statistics(t)),
}


def _without_statistics(t: Any) -> Any:
    bn = _normalisation(t, 4)
    bn.running_mean = None
    return bn


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_fused(torch: ModuleType, name: str) -> None:
    words = []
    for t in (torch, flambeau):
        module = __import__(f"{t.__name__}.nn.utils.fusion", fromlist=["fusion"])
        with pytest.raises(AssertionError) as caught:
            WRONG[name](t, module)
        words.append(str(caught.value))
    assert words[1] == words[0]


@pytest.mark.parametrize("dims", [2, 3])
def test_weights_follow_a_format(torch: ModuleType, dims: int) -> None:
    found = []
    for t in (torch, flambeau):
        name, last = f"Conv{dims}d", t.channels_last if dims == 2 else t.channels_last_3d
        layers = [getattr(t.nn, name)(3, 4, 2), getattr(t.nn, name.replace("v", "vTranspose"))(4, 3, 2)]
        model = t.nn.Sequential(layers[0], t.nn.Sequential(layers[1]), t.nn.Linear(2, 2))
        weights = [each.clone().tolist() for each in model.parameters()]
        convert = getattr(t.nn.utils, f"convert_conv{dims}d_weight_memory_format")
        assert convert(model, last) is model
        assert [each.tolist() for each in model.parameters()] == weights
        result = model[0](t.ones(2, 3, *[4] * dims))
        found.append([each.stride() for each in (*model.parameters(), result)])
    assert found[1] == found[0]


def test_initial_values_can_be_skipped(torch: ModuleType) -> None:
    for t in (torch, flambeau):
        t.manual_seed(1)
        expected = t.rand(2).tolist()
        t.manual_seed(1)
        layer = t.nn.utils.skip_init(t.nn.Conv2d, 2, 3, kernel_size=2, dtype=t.float64)
        assert (list(layer.weight.shape), layer.weight.dtype) == ([3, 2, 2, 2], t.float64)
        assert t.rand(2).tolist() == expected
        for wrong, words in ((int, "Expected a Module; got"), (t.nn.Sequential, "Module must support a 'device' arg")):
            with pytest.raises(RuntimeError, match=words):
                t.nn.utils.skip_init(wrong)
