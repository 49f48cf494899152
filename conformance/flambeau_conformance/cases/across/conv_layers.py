"""Convolution layers, those that read their channels from the input, and what is made of their weights."""

from __future__ import annotations

from functools import partial
from typing import Any

from ...checks import expect, expect_raises, quietly
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...layers import filled
from ...subject import Subject


def _applied(name: str, *sizes: Any, **options: Any) -> Any:
    """A layer of the dtype of its input, applied; a lazy one for the second time."""

    def call(t: Any, x: Any) -> Any:
        layer = getattr(t.nn, name)(*sizes, **options, dtype=x.dtype, device=x.device)
        if name.startswith("Lazy"):
            quietly(lambda: layer(x))
        return quietly(lambda: filled(t, layer)(x))  # padding='same' warns of kernels of even lengths

    return call


for _dims in (1, 2, 3):
    _input = (In((1, 2, *[3] * _dims)),)
    for _lazy in ("", "Lazy"):
        _channels = {} if _lazy else {"in_channels": 2}
        _name = f"{_lazy}Conv{_dims}d"
        op(f"nn.{_name}", method=False, tolerance="matmul", refuses=False, samples=[
            Sample("plain", _applied(_name, **_channels, out_channels=2, kernel_size=2), _input),
            Sample("options", _applied(_name, **_channels, out_channels=2, kernel_size=2, stride=2, padding=1, dilation=2, groups=2, bias=False, padding_mode="reflect"), _input),
            *(Sample(mode, _applied(_name, **_channels, out_channels=2, kernel_size=2, padding="same", padding_mode=mode), _input, gradient=False)
              for mode in ("zeros", "replicate", "circular") if _dims == 1),
        ], errors=[
            Error("groups", lambda t, name=_name, d=_dims: getattr(t.nn, name)(*([] if "Lazy" in name else [3]), 4, 2, groups=2)(t.ones(1, 3, *[3] * d)), (ValueError,), "in_channels must be divisible by groups"),
            Error("dims", lambda t, name=_name: getattr(t.nn, name)(*([] if "Lazy" in name else [3]), 4, 2)(t.ones(3)), (RuntimeError,), "input to .*, but got input of size"),
            Error("mode", lambda t, name=_name: getattr(t.nn, name)(*([] if "Lazy" in name else [3]), 4, 2, padding_mode="none"), (ValueError,), "padding_mode must be one of"),
        ])  # fmt: skip
        _name = f"{_lazy}ConvTranspose{_dims}d"
        op(f"nn.{_name}", method=False, tolerance="matmul", refuses=False, samples=[
            Sample("plain", _applied(_name, **_channels, out_channels=2, kernel_size=2), _input),
            Sample("options", _applied(_name, **_channels, out_channels=2, kernel_size=2, stride=2, padding=1, output_padding=1, dilation=2, groups=2, bias=False), _input),
        ], errors=[
            Error("mode", lambda t, name=_name: getattr(t.nn, name)(*([] if "Lazy" in name else [3]), 4, 2, padding_mode="reflect"), (ValueError,), "padding mode is supported for"),
            Error("groups", lambda t, name=_name, d=_dims: getattr(t.nn, name)(*([] if "Lazy" in name else [3]), 4, 2, groups=2)(t.ones(1, 3, *[3] * d)), (ValueError,), "in_channels must be divisible by groups"),
        ])  # fmt: skip
op("nn.LazyLinear", method=False, tolerance="matmul", refuses=False, samples=[
    Sample("plain", _applied("LazyLinear", 2), (In((3, 2)),)), Sample("options", _applied("LazyLinear", out_features=2, bias=False), (In((3, 2)),)),
], errors=[Error("dims", lambda t: t.nn.LazyLinear(3)(t.zeros(())), (IndexError,))])  # fmt: skip
op("nn.Bilinear", method=False, tolerance="matmul", refuses=False, samples=[
    Sample("plain", lambda t, x, y: filled(t, t.nn.Bilinear(2, 3, 2, dtype=x.dtype, device=x.device))(x, y), (In((2, 2)), In((2, 3)))),
    Sample("options", lambda t, x, y: filled(t, t.nn.Bilinear(in1_features=2, in2_features=3, out_features=1, bias=False, dtype=x.dtype))(x, y), (In((2, 2)), In((2, 3)))),
], errors=[Error("nothing", lambda t: t.nn.Bilinear(0, 2, 3), (ValueError,), "in1_features must be > 0")])  # fmt: skip


@case("nn.ConvTranspose2d/output-size/-/-", dtypes=("float32",))
def _output_size(subject: Subject) -> None:
    t = subject.torch
    for dims in (1, 2, 3):
        layer = getattr(t.nn, f"ConvTranspose{dims}d")(1, 1, 3, stride=2, padding=1)
        x = t.ones(1, 1, *[5] * dims)
        for length in (9, 10):
            result = layer(x, output_size=[length] * dims)
            expect(tuple(result.shape[2:]) == (length,) * dims, f"{result.shape} for {length}")
        for size, words in (([11] * dims, "but valid sizes range from"), ([9] * (dims + 3), "output_size must have")):
            expect_raises(partial(layer, x, output_size=size), ValueError, words)
        layer.reset_parameters()


@case("nn.Bilinear/reset/-/-", dtypes=("float32",))
def _reset(subject: Subject) -> None:
    layer = subject.torch.nn.Bilinear(4, 3, 2)
    layer.reset_parameters()
    expect(layer.weight.abs().max().item() <= 0.5 and layer.bias.abs().max().item() <= 0.5, f"{layer.weight}")


@case("lazy/states/-/-", dtypes=("float32",))
def _states(subject: Subject) -> None:
    t = subject.torch
    lazy, full = t.nn.LazyConv1d(4, 3), t.nn.Conv1d(2, 4, 3)
    expect(lazy.has_uninitialized_params() and t.nn.parameter.is_lazy(lazy.weight), "the weight is there")
    expect(
        repr(lazy.weight) == "<UninitializedParameter>" and list(lazy.state_dict()) == ["weight", "bias"],
        repr(lazy.weight),
    )
    lazy.load_state_dict(t.nn.LazyConv1d(4, 3).state_dict())
    expect_raises(
        lambda: full.load_state_dict(lazy.state_dict()),
        RuntimeError,
        "Can't access the shape of an uninitialized parameter",
    )
    expect_raises(lazy.weight.share_memory_, RuntimeError, "Can't share memory on an uninitialized parameter")
    lazy.load_state_dict(full.state_dict())
    expect(lazy.weight.tolist() == full.weight.tolist(), "the state was not loaded")
    x = t.ones(1, 2, 3)
    expect(lazy(x).tolist() == full(x).tolist() and type(lazy) is t.nn.Conv1d, repr(lazy))
    other = t.nn.LazyConv1d(4, 3)
    other.initialize_parameters(x, "what it does not need")
    other.reset_parameters()
    expect(tuple(other.weight.shape) == (4, 2, 3), repr(other.weight.shape))
    dense = t.nn.LazyLinear(3)
    dense.initialize_parameters(t.ones(1, 5))
    dense.reset_parameters()
    expect(tuple(dense.weight.shape) == (3, 5), repr(dense.weight.shape))


@case("lazy/parts/-/-", dtypes=("float32", "float64"))
def _parts(subject: Subject) -> None:
    t = subject.torch
    for kind, becomes in ((t.nn.UninitializedParameter, t.nn.Parameter), (t.nn.UninitializedBuffer, t.Tensor)):
        made = kind(requires_grad=False, device=t.ones(1).device, dtype=t.float64)
        expect(isinstance(made, t.nn.parameter.UninitializedTensorMixin), f"the class is {type(made)}")
        made.materialize((2, 3))
        expect(isinstance(made, becomes) and tuple(made.shape) == (2, 3) and made.dtype is t.float64, repr(made))
        wide = kind()
        wide.materialize((2,), device=t.ones(1).device, dtype=t.float64)
        expect(wide.dtype is t.float64, repr(wide))
    expect(t.nn.UninitializedBuffer(requires_grad=True).requires_grad, "the buffer wants no gradient")
    expect(not t.nn.UninitializedBuffer(persistent=False).persistent, "the buffer is persistent")


@case("lazy/own/-/-", dtypes=("float32",))
def _own(subject: Subject) -> None:
    t = subject.torch

    class Scale(t.nn.modules.lazy.LazyModuleMixin, t.nn.Module):  # type: ignore[misc,name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.factor = t.nn.UninitializedParameter()

        def forward(self, x: Any) -> Any:
            return x * self.factor

    expect_raises(lambda: Scale()(t.ones(2)), NotImplementedError, "initialize_parameters is not implemented for Scale")

    mixin = t.nn.modules.lazy.LazyModuleMixin
    expect_raises(
        lambda: mixin.initialize_parameters(Scale()), NotImplementedError, "initialize_parameters is not implemented"
    )
    expect_raises(mixin, AttributeError, "no attribute")

    class Whole(Scale):
        def initialize_parameters(self, x: Any) -> None:
            self.factor.materialize(x.shape)
            t.nn.init.constant_(self.factor, 3.0)

    layer = Whole()
    expect(layer(t.ones(2)).tolist() == [3.0, 3.0] and not layer.has_uninitialized_params(), repr(layer.factor))


def _normalisation(t: Any) -> Any:
    bn = t.nn.Module().eval()
    bn.running_mean, bn.running_var, bn.eps, bn.num_features = t.tensor([1.0, 3.0]), t.tensor([4.0, 16.0]), 0.0, 2
    bn.weight, bn.bias = t.tensor([2.0, 8.0]), t.tensor([1.0, -1.0])
    return bn


@case("fusion/layers/-/-", dtypes=("float32",))
def _fusion(subject: Subject) -> None:
    t = subject.torch
    utils, bn = t.nn.utils, _normalisation(t)
    for dims, transpose in ((1, False), (2, True)):
        conv = getattr(t.nn, f"Conv{'Transpose' if transpose else ''}{dims}d")(2, 2, 1, bias=False).eval()
        t.nn.init.ones_(conv.weight)
        fused = utils.fuse_conv_bn_eval(conv, bn, transpose=transpose)
        result = fused(t.ones(1, 2, *[1] * dims)).flatten().tolist()
        expect(result == [2.0, -3.0], f"{dims}: {result}")
    w, b = utils.fuse_conv_bn_weights(t.ones(2, 1, 1), None, bn.running_mean, bn.running_var, 0.0, None, None)
    expect((w.flatten().tolist(), b.tolist()) == ([0.5, 0.25], [-0.5, -0.75]), f"{w} {b}")
    w, _ = utils.fuse_conv_bn_weights(
        t.ones(1, 2, 1), None, bn.running_mean, bn.running_var, 0.0, None, None, transpose=True
    )
    expect(w.tolist() == [[[0.5], [0.25]]], f"{w}")
    linear = t.nn.Linear(1, 2).eval()
    t.nn.init.ones_(linear.weight)
    t.nn.init.zeros_(linear.bias)
    expect(
        utils.fuse_linear_bn_eval(linear, bn)(t.ones(1)).tolist() == [1.0, -5.0],
        f"{utils.fuse_linear_bn_eval(linear, bn)}",
    )
    w, b = utils.fuse_linear_bn_weights(t.ones(2, 1), None, bn.running_mean, bn.running_var, 0.0, bn.weight, bn.bias)
    expect((w.flatten().tolist(), b.tolist()) == ([1.0, 2.0], [0.0, -7.0]), f"{w} {b}")
    expect_raises(lambda: utils.fuse_conv_bn_eval(t.nn.Conv1d(1, 1, 1), bn), AssertionError, "Fusion only for eval!")
    bn.num_features = 3
    expect_raises(
        lambda: utils.fuse_linear_bn_eval(linear, bn), AssertionError, "To fuse, linear.out_features == bn.num_features"
    )


@case("fusion/memory-format/-/-", dtypes=("float32",))
def _formats(subject: Subject) -> None:
    t = subject.torch
    for dims, last in ((2, t.channels_last), (3, t.channels_last_3d)):
        layer = getattr(t.nn, f"Conv{dims}d")(3, 4, 2)
        before = layer.weight.tolist()
        convert = getattr(t.nn.utils, f"convert_conv{dims}d_weight_memory_format")
        expect(
            convert(layer, last) is layer and layer.weight.is_contiguous(memory_format=last), f"{layer.weight.stride()}"
        )
        expect(layer.weight.tolist() == before, "the weights have changed")


@case("fusion/skip-init/-/-", dtypes=("float32",))
def _skip_init(subject: Subject) -> None:
    t = subject.torch
    expect(
        tuple(t.nn.utils.skip_init(t.nn.Linear, 3, out_features=2).weight.shape) == (2, 3), "the shape of the weight"
    )
    expect_raises(lambda: t.nn.utils.skip_init(int), RuntimeError, "Expected a Module; got")
    expect_raises(lambda: t.nn.utils.skip_init(t.nn.ReLU), RuntimeError, "Module must support a 'device' arg")
