"""Convolutions, transposed ones, and products of two inputs."""

import warnings
from typing import Any

from ...checks import expect, expect_raises, quietly
from ...declare import INTEGERS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_PLACES = {1: (5,), 2: (4, 3), 3: (2, 3, 3)}
_KERNEL = {1: (3,), 2: (2, 2), 3: (2, 2, 1)}


def _given(dims: int, channels: int = 2, outputs: int = 2, groups: int = 1, transposed: bool = False) -> tuple[In, ...]:
    """An input of two samples, a weight and a bias."""
    weight = (channels, outputs // groups) if transposed else (outputs, channels // groups)
    return In((2, channels, *_PLACES[dims])), In((*weight, *_KERNEL[dims])), In((outputs,))


def _sample(label: str, name: str, inputs: tuple[In, ...], gradient: bool = True, **options: Any) -> Sample:
    return Sample(label, lambda t, *given: getattr(t.nn.functional, name)(*given, **options), inputs, gradient=gradient)


def _same(t: Any, *given: Any) -> Any:
    """As many places as there are: kernels of even lengths are padded more at the end, of which PyTorch warns."""
    return quietly(lambda: t.nn.functional.conv2d(*given, padding="same"))


def _of_two(dims: int, samples: list[Sample]) -> list[Sample]:
    """What is tried over two dimensions alone: the others take the same way."""
    return samples if dims == 2 else []


for _dims in (1, 2, 3):
    _name = f"conv{_dims}d"
    _all = _given(_dims)
    _one = (In((2, *_PLACES[_dims])), *_all[1:])
    op(_name, tolerance="matmul", method=False, samples=[
        _sample("plain", _name, _all), _sample("one", _name, _one), _sample("groups", _name, _given(_dims, 2, 4, 2), groups=2, padding=1),
        _sample("valid", _name, _all, padding="valid", stride=2),
        _sample("each", _name, _all, stride=(2, 1, 3)[:_dims], padding=(1, 0, 2)[:_dims], dilation=(1, 2, 1)[:_dims]),
    ] + _of_two(_dims, [
        _sample("without-bias", _name, _all[:2]), Sample("same", _same, _all),
        *(Sample(f"same-{rows}-{columns}", _same, (_all[0], In((2, 2, rows, columns)), _all[2])) for rows, columns in ((2, 3), (3, 2), (4, 1))),
        _sample("depthwise", _name, _given(_dims, 2, 2, 2), groups=2, padding=1),
        _sample("depthwise-twice", _name, _given(_dims, 2, 4, 2), groups=2, stride=2, padding=1),
        _sample("one-place", _name, (_all[0], In((2, 2, *[1] * _dims)), _all[2])),
        _sample("empty", _name, (In((0, 2, *_PLACES[_dims])), *_all[1:])),
        _sample("many-channels", _name, _given(_dims, 34), gradient=False, padding=1),
    ]), errors=[
        Error("dims", lambda t, name=_name: getattr(t, name)(t.zeros(1), t.zeros(1, 1, 1)), (RuntimeError,), r"\(unbatched\) or .*\(batched\) input to conv"),
        Error("channels", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 3, *[5] * d), t.zeros(4, 2, *[3] * d)), (RuntimeError,), "to have 2 channels, but got 3 channels instead"),
        Error("kernel", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[2] * d), t.zeros(4, 2, *[3] * d)), (RuntimeError,), "Kernel size can't be greater than actual input size"),
        Error("bias", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(4, 2, *[3] * d), t.zeros(3)), (RuntimeError,), "expected bias to be 1-dimensional with 4 elements"),
        Error("groups", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 1, *[3] * d), groups=2), (RuntimeError,), "expected weight to be divisible by 2 at dimension 0"),
        Error("no-groups", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[3] * d), groups=0), (RuntimeError,), "non-positive groups is not supported"),
        Error("few-outputs", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(1, 1, *[3] * d), groups=2), (RuntimeError,), "expected weight to be at least 2 at dimension 0"),
        Error("stride", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[3] * d), stride=0), (RuntimeError,), "non-positive stride is not supported"),
        Error("padding", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[3] * d), padding=-1), (RuntimeError,), "negative padding is not supported"),
        Error("dilation", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[3] * d), dilation=0), (RuntimeError,), "dilation should be greater than zero"),
        Error("numbers", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[3] * d), stride=(1, 1, 1, 1)), (RuntimeError,), f"or a list of {_dims} values to match the convolution dimensions"),
        Error("word", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[3] * d), padding="full"), (RuntimeError,), "Invalid padding string: 'full'"),
        Error("same-stride", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[3] * d), padding="same", stride=2), (RuntimeError,), "padding='same' is not supported for strided convolutions"),
        Error("no-kernel", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[0] * d)), (RuntimeError,), "kernel size should be greater than zero, but got"),
        Error("dtypes", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[3] * d).double()), (RuntimeError,), "expected scalar type Float but found Double"),
        Error("bias-dtype", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[3] * d), t.zeros(3).double()), (RuntimeError,), r"Input type \(float\) and bias type \(double\) should be the same"),
        Error("bool", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d).bool(), t.zeros(3, 2, *[3] * d).bool()), (NotImplementedError,), "not implemented for 'Bool'"),
        Error("words", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(3, 2, *[3] * d), stride=1.5), (TypeError,)),
    ])  # fmt: skip

    _name = f"conv_transpose{_dims}d"
    _all = _given(_dims, transposed=True)
    _one = (In((2, *_PLACES[_dims])), *_all[1:])
    op(_name, tolerance="matmul", method=False, samples=[
        _sample("plain", _name, _all), _sample("one", _name, _one),
        _sample("groups", _name, _given(_dims, 2, 4, 2, True), groups=2, padding=1, stride=2, output_padding=1),
        _sample("each", _name, _all, stride=(2, 1, 3)[:_dims], padding=(1, 0, 1)[:_dims], dilation=(1, 2, 1)[:_dims]),
    ] + _of_two(_dims, [
        _sample("output-padding-dilation", _name, _all, dilation=2, output_padding=1),
        _sample("depthwise", _name, _given(_dims, 2, 2, 2, True), groups=2),
        _sample("one-place", _name, (_all[0], In((2, 2, *[1] * _dims)), _all[2])),
        _sample("empty", _name, (In((0, 2, *_PLACES[_dims])), *_all[1:])),
    ]), errors=[
        Error("dims", lambda t, name=_name: getattr(t, name)(t.zeros(1), t.zeros(1, 1, 1)), (RuntimeError,), r"\(unbatched\) or .*\(batched\) input to conv_transpose"),
        Error("channels", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 3, *[5] * d), t.zeros(2, 4, *[3] * d)), (RuntimeError,), "Given transposed=1, .* to have 2 channels, but got 3 channels instead"),
        Error("bias", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(2, 4, *[3] * d), t.zeros(3)), (RuntimeError,), "Given transposed=1, .* expected bias to be 1-dimensional with 4 elements"),
        Error("output-padding", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(2, 4, *[3] * d), output_padding=1), (RuntimeError,), "output padding must be smaller than either stride or dilation"),
        Error("negative", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(2, 4, *[3] * d), output_padding=-1), (RuntimeError,), "negative output_padding is not supported"),
        Error("small", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[1] * d), t.zeros(2, 4, *[3] * d), padding=2), (RuntimeError,), "Output size is too small"),
        Error("no-places", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[0] * d), t.zeros(2, 4, *[3] * d)), (RuntimeError,), "Only zero batch or zero channel inputs are supported"),
        Error("groups", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(2, 4, *[3] * d), groups=3), (RuntimeError,), "expected weight to be at least 3 at dimension 0"),
        Error("word", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d), t.zeros(2, 4, *[3] * d), padding="same"), (TypeError,)),
        Error("integers", lambda t, name=_name, d=_dims: getattr(t, name)(t.zeros(1, 2, *[5] * d).int(), t.zeros(2, 4, *[3] * d).int()), (NotImplementedError,), "not implemented for 'Int'", ("int32",)),
    ])  # fmt: skip

op("convolution", tolerance="matmul", method=False, samples=[
    Sample("plain", lambda t, x, w, b: t.convolution(x, w, b, [2, 1], [1, 0], [1, 1], False, [0, 0], 1), _given(2)),
    Sample("transposed", lambda t, x, w, b: t.convolution(x, w, b, [2, 1], [1, 0], [1, 1], True, [1, 0], 1), _given(2, transposed=True)),
    Sample("one-number", lambda t, x, w: t.convolution(x, w, None, [2], [1], [1], False, [0], 1), _given(2)[:2]),
], errors=[
    Error("weight", lambda t: t.convolution(t.zeros(1, 1), t.zeros(1, 1), None, [1], [0], [1], False, [0], 1), (RuntimeError,), "weight should have at least three dimensions"),
    Error("dims", lambda t: t.convolution(t.zeros(1, 2, 5, 5), t.zeros(4, 2, 3), None, [1], [0], [1], False, [0], 1), (RuntimeError,), "Expected 3-dimensional input for 3-dimensional weight"),
])  # fmt: skip
op("conv_tbc", tolerance="matmul", method=False, samples=[
    Sample("plain", lambda t, x, w, b: t.conv_tbc(x, w, b), (In((5, 2, 3)), In((2, 3, 4)), In((4,)))),
    Sample("padded", lambda t, x, w, b: t.conv_tbc(x, w, b, 1), (In((5, 2, 3)), In((2, 3, 4)), In((4,)))),
], errors=[
    Error("dims", lambda t: t.conv_tbc(t.zeros(5, 3), t.zeros(2, 3, 4), t.zeros(4)), (RuntimeError,), "Input must have 3 dims: time, batch, in_channel"),
    Error("channels", lambda t: t.conv_tbc(t.zeros(5, 2, 3), t.zeros(2, 2, 4), t.zeros(4)), (RuntimeError,), "is not == dim 1 in the weight tensor"),
])  # fmt: skip
op("bilinear", tolerance="matmul", method=False, samples=[
    Sample("plain", lambda t, x, y, w, b: t.nn.functional.bilinear(x, y, w, b), (In((2, 2)), In((2, 3)), In((2, 2, 3)), In((2,)))),
    Sample("many-dims", lambda t, x, y, w: t.nn.functional.bilinear(x, y, w), (In((1, 2, 2)), In((1, 2, 3)), In((2, 2, 3)))),
    Sample("one", lambda t, x, y, w: t.nn.functional.bilinear(x, y, w), (In((2,)), In((3,)), In((5, 2, 3)))),
    Sample("empty", lambda t, x, y, w: t.nn.functional.bilinear(x, y, w), (In((0, 2)), In((0, 3)), In((5, 2, 3)))),
], errors=[
    Error("dims", lambda t: t.nn.functional.bilinear(t.zeros(4, 2), t.zeros(3), t.zeros(5, 2, 3)), (RuntimeError,), "input dimensions do not match: got 2 and 1"),
    Error("batch", lambda t: t.nn.functional.bilinear(t.zeros(4, 2), t.zeros(3, 3), t.zeros(5, 2, 3)), (RuntimeError,), "input batch dimensions do not match at dim 0"),
    Error("first", lambda t: t.nn.functional.bilinear(t.zeros(4, 3), t.zeros(4, 3), t.zeros(5, 2, 3)), (RuntimeError,), "input1 size does not match weight size: got 3 but expected 2"),
    Error("second", lambda t: t.nn.functional.bilinear(t.zeros(4, 2), t.zeros(4, 2), t.zeros(5, 2, 3)), (RuntimeError,), "input2 size does not match weight size: got 2 but expected 3"),
    Error("bias", lambda t: t.nn.functional.bilinear(t.zeros(4, 2), t.zeros(4, 3), t.zeros(5, 2, 3), t.zeros(4)), (RuntimeError,), "bias size does not match weight size: got 4 but expected 5"),
    Error("dtypes", lambda t: t.nn.functional.bilinear(t.zeros(4, 2), t.zeros(4, 3).double(), t.zeros(5, 2, 3)), (RuntimeError,), "All tensors must have the same dtype, got input1: float, input2: double, weight: float"),
    Error("not-a-tensor", lambda t: t.nn.functional.bilinear(1.0, t.zeros(4, 3), t.zeros(5, 2, 3)), (TypeError,)),
])  # fmt: skip


@case("conv2d/integers/-/-", dtypes=INTEGERS)
def _integers(subject: Subject) -> None:
    t = subject.torch
    for name in INTEGERS:
        dtype = getattr(t, name)
        x, w = t.arange(9).reshape(1, 1, 3, 3).to(dtype), t.tensor([[[[1, 2], [3, 4]]]]).to(dtype)
        result = t.conv2d(x, w)
        expect(result.dtype is dtype and result.tolist() == [[[[27, 37], [57, 67]]]], f"{name}: {result}")
    result = t.conv_transpose1d(t.tensor([[[1, 2]]]), t.tensor([[[1, 10]]]))
    expect(result.tolist() == [[[1, 12, 20]]], f"{result}")


@case("conv2d/complex/-/-", dtypes=("complex64",))
def _complex(subject: Subject) -> None:
    t = subject.torch
    x, w = t.tensor([[[1 + 1j, 2.0, 1j]]], requires_grad=True), t.tensor([[[1j, 2.0]]], requires_grad=True)
    y = t.conv1d(x, w)
    expect(y.tolist() == [[[3 + 1j, 4j]]], f"{y}")
    grads = t.autograd.grad(y, (x, w), t.tensor([[[1.0, 1j]]]))
    expect([grad.tolist() for grad in grads] == [[[[-1j, 3, 2j]]], [[[1 + 1j, 3]]]], f"{grads}")


@case("conv2d/warning/same/-", dtypes=("float32",))
def _warned(subject: Subject) -> None:
    t = subject.torch
    x, w = t.arange(4.0).reshape(1, 1, 4), t.tensor([[[1.0, 10.0]]])
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        result = t.conv1d(x, w, padding="same")
        t.conv1d(x, t.ones(1, 1, 3), padding="same")
    expect(result.tolist() == [[[10, 21, 32, 3]]], f"{result}")
    texts = [str(each.message) for each in seen]
    expect(len(texts) <= 1 and all("padding='same' with even kernel lengths" in text for text in texts), f"{texts}")


@case("conv2d/memory-format/-/-", dtypes=("float32",))
def _channels_last(subject: Subject) -> None:
    t = subject.torch
    x = t.arange(96.0).reshape(2, 3, 4, 4).contiguous(memory_format=t.channels_last)
    w, v = t.ones(5, 3, 2, 2), t.ones(3, 5, 2, 2)
    for result in (
        t.conv2d(x, w),
        t.conv_transpose2d(x, v),
        t.conv2d(x.contiguous(), w.contiguous(memory_format=t.channels_last)),
    ):
        expect(result.is_contiguous(memory_format=t.channels_last), f"the strides are {result.stride()}")
    expect(t.conv2d(x, w).tolist() == t.conv2d(x.contiguous(), w).tolist(), "the order of memory changes values")


@case("conv2d/gradient/unwanted/-", dtypes=("float32",))
def _unwanted(subject: Subject) -> None:
    t = subject.torch
    x, w = t.ones(1, 1, 3, 3, requires_grad=True), t.ones(1, 1, 2, 2)
    t.conv2d(x, w).sum().backward()
    expect(x.grad.tolist() == [[[[1, 2, 1], [2, 4, 2], [1, 2, 1]]]], f"{x.grad}")
    empty = t.ones(0, 1, 3, 3)
    w.requires_grad_()
    t.conv2d(empty, w).sum().backward()
    expect(w.grad.tolist() == [[[[0, 0], [0, 0]]]], f"{w.grad}")


@case("lazy/uninitialized/-/-", dtypes=("float32",))
def _lazy(subject: Subject) -> None:
    t = subject.torch
    layer = t.nn.LazyConv2d(2, 3)
    expect_raises(lambda: layer.weight + 1, ValueError, "Attempted to use an uninitialized parameter")
    expect_raises(lambda: layer.weight.shape, RuntimeError, "Can't access the shape of an uninitialized parameter")
    expect(layer(t.ones(1, 4, 3, 3)).shape == (1, 2, 1, 1) and type(layer) is t.nn.Conv2d, repr(layer))
