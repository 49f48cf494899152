"""Blocks of images as columns, and channels that are shuffled."""

from ...declare import Error, Sample, op
from ...inputs import In

op("nn.Unfold", method=False, tolerance="exact", refuses=False, samples=[
    Sample("plain", lambda t, x: t.nn.functional.unfold(x, 2), (In((2, 2, 3, 4)),)),
    Sample("one", lambda t, x: t.nn.functional.unfold(x, (2, 3)), (In((2, 3, 4)),)),
    Sample("each", lambda t, x: t.nn.functional.unfold(x, (2, 1), dilation=(1, 2), padding=(1, 0), stride=(2, 1)), (In((1, 2, 4, 5)),)),
    Sample("layer", lambda t, x: t.nn.Unfold(kernel_size=2, dilation=2, padding=1, stride=2)(x), (In((1, 2, 4, 5)),)),
], errors=[
    Error("layer", lambda t: t.nn.Unfold(7)(t.zeros(1, 1, 4, 4)), (RuntimeError,), "its components must be at least one"),
    Error("dims", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 1, 4, 4), 2), (RuntimeError,), r"Expected 3D or 4D \(batch mode\) tensor"),
    Error("large", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), 7), (RuntimeError,), "its components must be at least one"),
    Error("kernel", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), 0), (RuntimeError,), "kernel size should be greater than zero"),
    Error("stride", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), 2, stride=0), (RuntimeError,), "stride should be greater than zero"),
    Error("dilation", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), 2, dilation=0), (RuntimeError,), "dilation should be greater than zero"),
    Error("padding", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), 2, padding=-1), (RuntimeError,), "padding should be non-negative"),
    Error("numbers", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4), (2, 2, 2)), (RuntimeError,), "It is expected kernel_size equals to 2, but got size 3"),
    Error("integers", lambda t: t.nn.functional.unfold(t.zeros(1, 1, 4, 4).long(), 2), (NotImplementedError,), "not implemented for 'Long'"),
])  # fmt: skip
op("nn.Fold", tolerance="composite", method=False, refuses=False, samples=[
    Sample("plain", lambda t, x: t.nn.functional.fold(x, 3, 2), (In((2, 8, 4)),)),
    Sample("one", lambda t, x: t.nn.functional.fold(x, (3, 4), (2, 3)), (In((12, 4)),)),
    Sample("each", lambda t, x: t.nn.functional.fold(x, (4, 5), (2, 1), dilation=(1, 2), padding=(1, 0), stride=(2, 1)), (In((1, 4, 15)),)),
    Sample("layer", lambda t, x: t.nn.Fold(output_size=(4, 5), kernel_size=2, dilation=2, padding=1, stride=2)(x), (In((1, 8, 6)),)),
], errors=[
    Error("layer", lambda t: t.nn.Fold(3, 2)(t.zeros(1, 7, 4)), (RuntimeError,), "to be divisible by the product of kernel_size"),
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

for _name, _shape in (
    ("PixelShuffle", (1, 8, 2, 3)),
    ("PixelUnshuffle", (1, 2, 4, 6)),
    ("ChannelShuffle", (2, 4, 2, 3)),
):
    op(f"nn.{_name}", method=False, tolerance="exact", refuses=False, samples=[
        Sample("two", lambda t, x, name=_name: getattr(t.nn, name)(2)(x), (In(_shape),)),
    ], errors=[Error("number", lambda t, name=_name: getattr(t.nn, name)(0)(t.zeros(1, 4, 4, 4)), (RuntimeError,), "must be positive|expects a positive")])  # fmt: skip
op("native_channel_shuffle", method=False, tolerance="exact", samples=[
    Sample("plain", lambda t, x: t.native_channel_shuffle(x, 2), (In((2, 4, 2, 3)),), gradient=False),
], errors=[Error("dims", lambda t: t.native_channel_shuffle(t.zeros(4, 4), 2), (RuntimeError,), "expects input with > 2 dims")])  # fmt: skip
