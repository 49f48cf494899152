"""Blocks of images as columns, and channels that are shuffled."""

from ...checks import expect, expect_raises
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

op("im2col", method=False, tolerance="exact", samples=[
    Sample("plain", lambda t, x: t.nn.functional.unfold(x, 2), (In((2, 2, 3, 4)),)),
    Sample("one", lambda t, x: t.nn.functional.unfold(x, (2, 3)), (In((2, 3, 4)),)),
    Sample("each", lambda t, x: t.nn.functional.unfold(x, (2, 1), dilation=(1, 2), padding=(1, 0), stride=(2, 1)), (In((1, 2, 4, 5)),)),
    Sample("layer", lambda t, x: t.nn.Unfold(2, dilation=2, padding=1, stride=2)(x), (In((1, 2, 4, 5)),)),
], errors=[
    Error("dims", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 1, 4, 4), 2), (RuntimeError,), r"Expected 3D or 4D \(batch mode\) tensor"),
    Error("large", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), 7), (RuntimeError,), "its components must be at least one"),
    Error("kernel", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), 0), (RuntimeError,), "kernel size should be greater than zero"),
    Error("stride", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), 2, stride=0), (RuntimeError,), "stride should be greater than zero"),
    Error("dilation", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), 2, dilation=0), (RuntimeError,), "dilation should be greater than zero"),
    Error("padding", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), 2, padding=-1), (RuntimeError,), "padding should be non-negative"),
    Error("numbers", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), (2, 2, 2)), (RuntimeError,), "It is expected kernel_size equals to 2, but got size 3"),
    Error("integers", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4).long(), 2), (NotImplementedError,), "not implemented for 'Long'"),
])  # fmt: skip
op("col2im", tolerance="composite", method=False, samples=[
    Sample("plain", lambda t, x: t.nn.functional.fold(x, 3, 2), (In((2, 8, 4)),)),
    Sample("one", lambda t, x: t.nn.functional.fold(x, (3, 4), (2, 3)), (In((12, 4)),)),
    Sample("each", lambda t, x: t.nn.functional.fold(x, (4, 5), (2, 1), dilation=(1, 2), padding=(1, 0), stride=(2, 1)), (In((1, 4, 15)),)),
    Sample("layer", lambda t, x: t.nn.Fold((4, 5), 2, dilation=2, padding=1, stride=2)(x), (In((1, 8, 6)),)),
], errors=[
    Error("dims", lambda t: t.nn.functional.fold(t.zeros(1, 1, 8, 4), 3, 2), (RuntimeError,), r"Expected 2D or 3D \(batch mode\) tensor"),
    Error("blocks", lambda t: t.nn.functional.fold(t.zeros(1, 8, 5), 3, 2), (RuntimeError,), "to match the calculated number of sliding blocks 2 \\* 2 = 4, but got"),
    Error("channels", lambda t: t.nn.functional.fold(t.zeros(1, 7, 4), 3, 2), (RuntimeError,), "to be divisible by the product of kernel_size"),
    Error("integers", lambda t: t.nn.functional.fold(t.zeros(1, 8, 4).long(), 3, 2), (NotImplementedError,), "not implemented for 'Long'"),
])  # fmt: skip
for _name, _shape in (
    ("pixel_shuffle", (1, 8, 2, 3)),
    ("pixel_unshuffle", (1, 2, 4, 6)),
    ("channel_shuffle", (2, 4, 2, 3)),
):
    op(_name, method=False, tolerance="exact", samples=[
        Sample("plain", lambda t, x, name=_name: getattr(t, name)(x, 2), (In(_shape),)),
        Sample("functional", lambda t, x, name=_name: getattr(t.nn.functional, name)(x, 2), (In(_shape),)),
    ] + ([
        Sample("one", lambda t, x, name=_name: getattr(t, name)(x, 2), (In(_shape[1:]),)),
        Sample("many-dims", lambda t, x, name=_name: getattr(t, name)(x, 2), (In((2, *_shape)),)),
    ] if _name != "channel_shuffle" else []), errors=[
        Error("dims", lambda t, name=_name: getattr(t, name)(t.zeros(4, 4), 2), (RuntimeError,), "expects input with > 2 dims|at least 3 dimensions"),
        Error("number", lambda t, name=_name: getattr(t, name)(t.zeros(1, 4, 4, 4), 0), (RuntimeError,), "must be positive|expects a positive"),
        Error("divisible", lambda t, name=_name: getattr(t, name)(t.zeros(1, 4, 4, 4), 3), (RuntimeError,), "divisible by"),
        Error("int", lambda t, name=_name: getattr(t, name)(t.zeros(1, 4, 4, 4), 2.0), (TypeError,), "must be int, not float"),
    ])  # fmt: skip


@case("pad/layers/-/-", dtypes=("float32",))
def _layers(subject: Subject) -> None:
    t = subject.torch
    x = t.arange(3.0).reshape(1, 1, 3)
    expected = {
        "ZeroPad1d": [0, 0, 1, 2, 0], "ReflectionPad1d": [1, 0, 1, 2, 1], "ReplicationPad1d": [0, 0, 1, 2, 2],
        "CircularPad1d": [2, 0, 1, 2, 0],
    }  # fmt: skip
    for name, values in expected.items():
        layer = getattr(t.nn, name)(1)
        expect(layer(x).tolist() == [[values]], f"{name}: {layer(x)}")
        expect(repr(layer) == f"{name}((1, 1))", repr(layer))
        for dims in (2, 3):
            wide = getattr(t.nn, f"{name[:-2]}{dims}d")(1)
            expect(wide(t.ones(1, *[3] * dims)).shape == (1, *[5] * dims), f"{wide}")
    for dims in (1, 2, 3):
        layer = getattr(t.nn, f"ConstantPad{dims}d")(1, 3.5)
        result = layer(t.zeros(1, *[1] * dims))
        expect(float(result.sum()) == 3.5 * (3**dims - 1), f"{result}")
    expect(repr(t.nn.ConstantPad1d((1, 2), 7)) == "ConstantPad1d(padding=(1, 2), value=7)", "the text of ConstantPad1d")
    expect_raises(lambda: t.nn.CircularPad1d(1)(t.ones(3)), ValueError, r"expected 2D or 3D input \(got 1D input\)")
    expect_raises(
        lambda: t.nn.ReflectionPad1d(1)(t.ones(3)), NotImplementedError, "is not supported for 1D input tensor"
    )
