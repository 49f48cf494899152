"""Resizing of images, sampling at any place, and grids for it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ...checks import expect, expect_equal
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject


def _function(t: Any, name: str) -> Any:
    return getattr(t.nn.functional, name)


@contextmanager
def _warning(words: str) -> Iterator[None]:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        yield
    texts = [str(each.message) for each in seen if issubclass(each.category, UserWarning)]
    expect(any(words in text for text in texts), f"no warning says {words!r}, but {texts}")


_SHAPES = {1: (1, 2, 5), 2: (1, 2, 4, 3), 3: (1, 1, 2, 3, 2)}
_MODES = {
    "nearest": (1, 2, 3), "nearest-exact": (1, 2, 3), "area": (1, 2, 3), "linear": (1,), "bilinear": (2,), "trilinear": (3,),
    "bicubic": (2,),
}  # fmt: skip
_UP, _DOWN = {1: (8,), 2: (6, 7), 3: (3, 5, 4)}, {1: (3,), 2: (2, 2), 3: (1, 2, 1)}


def _resized(label: str, count: int, gradient: bool = True, **options: Any) -> Sample:
    return Sample(
        label, lambda t, x: _function(t, "interpolate")(x, **options), (In(_SHAPES[count]),), gradient=gradient
    )


_samples = []
for _mode, _counts in _MODES.items():
    for _count in _counts:
        _label = f"{_mode}-{_count}d"
        _samples += [
            _resized(f"{_label}-up", _count, size=_UP[_count], mode=_mode), _resized(f"{_label}-down", _count, size=_DOWN[_count], mode=_mode),
            _resized(f"{_label}-factor", _count, scale_factor=1.7, mode=_mode, gradient=False),
            _resized(f"{_label}-recomputed", _count, scale_factor=(1.7,) * _count, mode=_mode, recompute_scale_factor=True, gradient=False),
            _resized(f"{_label}-same", _count, size=_SHAPES[_count][2:], mode=_mode, gradient=False),
        ]  # fmt: skip
        if _mode not in ("nearest", "nearest-exact", "area"):
            _samples += [
                _resized(f"{_label}-corners", _count, size=_UP[_count], mode=_mode, align_corners=True),
                _resized(f"{_label}-corners-down", _count, size=_DOWN[_count], mode=_mode, align_corners=True, gradient=False),
            ]  # fmt: skip
_SOFT = [
    Sample(f"{mode}-smooth{label}", lambda t, x, mode=mode, size=size: _function(t, "interpolate")(x, size=size, mode=mode, antialias=True), (In((1, 2, 5, 4)),), dtypes=("float32", "float64"))
    for mode in ("bilinear", "bicubic", "lanczos") for label, size in (("", (3, 2)), ("-up", (7, 6)))
]  # fmt: skip
_LONG = [
    Sample("bilinear-long-rows", lambda t, x: _function(t, "interpolate")(x, size=(3, 64), mode="bilinear"), (In((1, 1, 2, 64)),)),
    Sample("bicubic-smooth-long-rows", lambda t, x: _function(t, "interpolate")(x, size=(2, 64), mode="bicubic", antialias=True), (In((1, 2, 5, 64)),), dtypes=("float32", "float64"), gradient=False),
]  # fmt: skip
"""Of rows that are long enough to be multiplied and added one by one."""


def _refused(
    label: str, raises: type[Exception], match: str, shape: tuple[int, ...] = (1, 2, 4, 3), **options: Any
) -> Error:
    return Error(label, lambda t: _function(t, "interpolate")(t.zeros(shape), **options), (raises,), match)


op("interpolate", tolerance="reduction", method=False, samples=[*_samples, *_SOFT, *_LONG], errors=[
    Error("not-a-tensor", lambda t: _function(t, "interpolate")("no tensor", 2), (TypeError, AttributeError)),
    _refused("neither", ValueError, "either size or scale_factor"), _refused("both", ValueError, "only one of size or scale_factor", size=2, scale_factor=2),
    _refused("sizes", ValueError, "same number of spatial dimensions", size=(2,)), _refused("factors", ValueError, "same number of spatial dimensions", scale_factor=(2.0,)),
    _refused("type", TypeError, "expected size to be one of int", size=(2.5, 2.5)), _refused("text", TypeError, "invalid combination of arguments", size="a"),
    _refused("zero", RuntimeError, "should be greater than 0", size=0), _refused("negative", RuntimeError, "should be greater than 0", scale_factor=-1),
    _refused("corners", ValueError, "align_corners option can only be set", size=2, align_corners=True),
    _refused("recompute", ValueError, "not meaningful with an explicit size", size=2, recompute_scale_factor=True),
    _refused("antialias", ValueError, "Anti-alias option is restricted", size=2, antialias=True),
    _refused("linear", NotImplementedError, "Got 4D input, but linear mode needs 3D input", size=2, mode="linear"),
    _refused("mode", NotImplementedError, "Only 3D, 4D and 5D input Tensors supported", size=2, mode="none"),
    _refused("dims", NotImplementedError, "Only 3D, 4D and 5D input Tensors supported", shape=(2, 3), size=()),
    _refused("lanczos", ValueError, "requires antialias=True", size=2, mode="lanczos"),
    _refused("lanczos-corners", ValueError, "does not support align_corners", size=2, mode="lanczos", antialias=True, align_corners=True),
    _refused("channels", RuntimeError, "Non-empty 4D data tensor", shape=(1, 0, 2, 2), size=2),
    Error("dtype", lambda t: _function(t, "interpolate")(t.zeros(1, 1, 2, dtype=t.int64), 2), (NotImplementedError,), "not implemented for 'Long'"),
])  # fmt: skip

_BYTES = [[[[0, 50, 100], [200, 255, 3], [17, 90, 240]]]]


@case("interpolate/value/bytes/-", dtypes=("uint8",))
def _bytes(subject: Subject) -> None:
    t = subject.torch
    x = t.tensor(_BYTES, dtype=t.uint8)
    for options, expected in (
        ({"size": (4, 4)}, [[0, 0, 50, 100], [0, 0, 50, 100], [200, 200, 255, 3], [17, 17, 90, 240]]),
        ({"size": (2, 4), "mode": "bilinear"}, [[50, 82, 92, 76], [63, 106, 150, 181]]),
        ({"size": (2, 4), "mode": "bicubic"}, [[51, 85, 96, 72], [61, 102, 159, 190]]),
        ({"size": (2, 2), "mode": "bilinear", "antialias": True}, [[95, 87], [110, 152]]),
    ):
        result = t.nn.functional.interpolate(x, **options)
        expect(result.dtype is t.uint8, f"{options}: the result is of {result.dtype}")
        expect_equal(result[0, 0].tolist(), expected)


@case("interpolate/value/empty/-", dtypes=("float32",))
def _empty(subject: Subject) -> None:
    t = subject.torch
    for mode in ("nearest", "bilinear", "bicubic", "area"):
        x = t.zeros(0, 2, 4, 3, requires_grad=True)
        result = t.nn.functional.interpolate(x, size=(2, 5), mode=mode)
        expect_equal(list(result.shape), [0, 2, 2, 5])
        result.sum().backward()
        expect_equal(list(x.grad.shape), [0, 2, 4, 3])


for _name in ("upsample", "upsample_nearest", "upsample_bilinear"):

    def _quietly(t: Any, *arguments: Any, name: str = _name, **options: Any) -> Any:
        with warnings.catch_warnings(action="ignore"):
            return _function(t, name)(*arguments, **options)

    op(_name, tolerance="reduction", method=False, errors=[
        Error("neither", lambda t, call=_quietly: call(t, t.zeros(1, 1, 2, 2)), (ValueError,), "either size or scale_factor"),
    ], refuses=False, samples=[
        Sample("size", lambda t, x, call=_quietly: call(t, x, size=(5, 4)), (In(_SHAPES[2]),)),
        Sample("factor", lambda t, x, call=_quietly: call(t, x, scale_factor=2), (In(_SHAPES[2]),)),
    ] + ([Sample("mode", lambda t, x, call=_quietly: call(t, x, size=(5, 4), mode="bilinear", align_corners=True), (In(_SHAPES[2]),))] if _name == "upsample" else []))  # fmt: skip

    @case(f"{_name}/warning/deprecated/-")
    def _warned(subject: Subject, name: str = _name) -> None:
        t = subject.torch
        with _warning(f"`nn.functional.{name}` is deprecated"):
            _function(t, name)(t.zeros(1, 1, 2, 2), size=2)


# -- layers ---------------------------------------------------------------


def _layer(name: str, *makes: tuple[str, Any]) -> None:
    op(f"nn.{name}", tolerance="reduction", method=False, refuses=False, dtypes=("float32", "float64"),
       errors=[Error("not-a-tensor", lambda t: makes[0][1](t)("no tensor"), (TypeError, AttributeError))],
       samples=[Sample(label, lambda t, x, make=make: make(t)(x), (In(_SHAPES[2]),)) for label, make in makes])  # fmt: skip


_layer("Upsample", ("size", lambda t: t.nn.Upsample((5, 4))), ("factor", lambda t: t.nn.Upsample(scale_factor=2)),
       ("options", lambda t: t.nn.Upsample(size=None, scale_factor=(1.7, 2.5), mode="bilinear", align_corners=True, recompute_scale_factor=True)))  # fmt: skip
_layer(
    "UpsamplingNearest2d",
    ("size", lambda t: t.nn.UpsamplingNearest2d(size=(5, 4))),
    ("factor", lambda t: t.nn.UpsamplingNearest2d(scale_factor=2)),
)
_layer(
    "UpsamplingBilinear2d",
    ("size", lambda t: t.nn.UpsamplingBilinear2d(size=(5, 4))),
    ("factor", lambda t: t.nn.UpsamplingBilinear2d(scale_factor=2)),
)


@case("nn.Upsample/print/all/-")
def _printed(subject: Subject) -> None:
    n = subject.torch.nn
    for layer, text in (
        (n.Upsample(scale_factor=2), "Upsample(scale_factor=2.0, mode='nearest')"),
        (n.Upsample((3, 4), mode="bilinear"), "Upsample(size=(3, 4), mode='bilinear')"),
        (n.Upsample(scale_factor=(2, 3)), "Upsample(scale_factor=(2.0, 3.0), mode='nearest')"),
        (n.UpsamplingNearest2d(5), "UpsamplingNearest2d(size=5, mode='nearest')"),
        (n.UpsamplingBilinear2d(scale_factor=2), "UpsamplingBilinear2d(scale_factor=2.0, mode='bilinear')"),
        (n.CosineSimilarity(), "CosineSimilarity()"), (n.PairwiseDistance(1), "PairwiseDistance()"),
    ):  # fmt: skip
        expect_equal(repr(layer), text)


# -- sampling ---------------------------------------------------------------

_IMAGES = {2: ((1, 1, 3, 2), (1, 1, 2, 2)), 3: ((1, 1, 2, 2, 2), (1, 1, 1, 2, 3))}
_grids = []
for _count, (_image, _grid) in _IMAGES.items():
    for _mode in ("bilinear", "nearest", "bicubic")[: 5 - _count]:
        for _padding in ("zeros", "border", "reflection"):
            for _corners in (True, False):
                _grids.append(Sample(  # noqa: PERF401
                    f"{_count}d-{_mode}-{_padding}{'-corners' * _corners}",
                    lambda t, x, y, options=(_mode, _padding, _corners): _function(t, "grid_sample")(x, y * 0.9, *options),
                    (In(_image), In(_grid)), gradient=_corners and (_mode, _padding) not in (('bicubic', 'border'), ('bicubic', 'reflection')),
                ))  # fmt: skip


def _mistaken(
    label: str,
    match: str,
    image: tuple[int, ...],
    grid: tuple[int, ...],
    raises: type[Exception] = RuntimeError,
    **options: Any,
) -> Error:
    return Error(
        label, lambda t: _function(t, "grid_sample")(t.zeros(image), t.zeros(grid), align_corners=False, **options), (raises,), match
    )  # fmt: skip


op("grid_sample", tolerance="composite", method=False, samples=_grids, errors=[
    Error("not-a-tensor", lambda t: _function(t, "grid_sample")("no tensor", t.zeros(1, 1, 1, 2), align_corners=False), (TypeError, AttributeError)),
    _mistaken("mode", "expected mode to be 'bilinear', 'nearest' or 'bicubic'", (1, 1, 2, 2), (1, 1, 1, 2), ValueError, mode="none"),
    _mistaken("padding", "expected padding_mode to be 'zeros', 'border', or 'reflection'", (1, 1, 2, 2), (1, 1, 1, 2), ValueError, padding_mode="none"),
    _mistaken("batch", "same batch size", (2, 1, 2, 2), (1, 1, 1, 2)), _mistaken("last", "size 2 in last dimension", (1, 1, 2, 2), (1, 1, 1, 3)),
    _mistaken("empty", "non-empty spatial dimensions", (1, 1, 0, 2), (1, 1, 1, 2)), _mistaken("cubic", "only supports 4D input", (1, 1, 2, 2, 2), (1, 1, 1, 1, 3), mode="bicubic"),
    _mistaken("dims", "same number of dimensions", (1, 1, 2, 2), (1, 1, 2)),
    Error("dtypes", lambda t: _function(t, "grid_sample")(t.zeros(1, 1, 2, 2), t.zeros(1, 1, 1, 2, dtype=t.float64), align_corners=False), (RuntimeError,), "expected scalar type Float but found Double"),
    Error("integers", lambda t: _function(t, "grid_sample")(t.zeros(1, 1, 2, 2, dtype=t.int64), t.zeros(1, 1, 1, 2, dtype=t.int64), align_corners=False), (NotImplementedError,), "not implemented for 'Long'"),
])  # fmt: skip
for _name, _count in (("grid_sampler", 2), ("grid_sampler_2d", 2), ("grid_sampler_3d", 3)):
    op(_name, tolerance="composite", method=False, errors=[
        Error("batch", lambda t, name=_name: getattr(t, name)(t.zeros(2, 1, 2, 2), t.zeros(1, 1, 1, 2), 0, 0, False), (RuntimeError,), "same batch size"),
    ] if _name == "grid_sampler" else [
        Error("not-a-tensor", lambda t, name=_name: getattr(t, name)("no tensor", "none", 0, 0, False), (TypeError,)),
    ], samples=[
        Sample("linear", lambda t, x, y, name=_name: getattr(t, name)(x, y * 0.9, 0, 1, True), tuple(map(In, _IMAGES[_count]))),
        Sample("nearest", lambda t, x, y, name=_name: getattr(t, name)(x, y * 0.9, 1, 2, False), tuple(map(In, _IMAGES[_count]))),
    ])  # fmt: skip

op("affine_grid", tolerance="composite", method=False, errors=[
    Error("not-a-tensor", lambda t: _function(t, "affine_grid")("no tensor", (1, 1, 2, 2), align_corners=False), (TypeError, AttributeError)),
    Error("integers", lambda t: _function(t, "affine_grid")(t.zeros(1, 2, 3, dtype=t.int64), (1, 1, 2, 2), align_corners=False), (ValueError,), "to have floating point type"),
    Error("shape", lambda t: _function(t, "affine_grid")(t.zeros(1, 3, 4), (1, 1, 2, 2), align_corners=False), (ValueError,), "of shape Nx2x3"),
    Error("dims", lambda t: _function(t, "affine_grid")(t.zeros(1, 2, 3), (1, 1, 2), align_corners=False), (NotImplementedError,), "only supports 4D and 5D sizes"),
    Error("zero", lambda t: _function(t, "affine_grid")(t.zeros(1, 2, 3), (1, 1, 0, 2), align_corners=False), (ValueError,), "Expected non-zero, positive output size"),
    Error("batch", lambda t: _function(t, "affine_grid")(t.zeros(1, 2, 3), (2, 1, 2, 2), align_corners=False), (RuntimeError,)),
], samples=[
    Sample("2d", lambda t, x: _function(t, "affine_grid")(x, (2, 1, 3, 2), align_corners=False), (In((2, 2, 3)),)),
    Sample("2d-corners", lambda t, x: _function(t, "affine_grid")(x, (2, 1, 3, 2), align_corners=True), (In((2, 2, 3)),)),
    Sample("3d", lambda t, x: _function(t, "affine_grid")(x, (1, 1, 2, 1, 3), align_corners=False), (In((1, 3, 4)),)),
    Sample("3d-corners", lambda t, x: _function(t, "affine_grid")(x, [1, 1, 2, 2, 3], align_corners=True), (In((1, 3, 4)),)),
])  # fmt: skip
op("affine_grid_generator", tolerance="composite", method=False, errors=[
    Error("not-a-tensor", lambda t: t.affine_grid_generator("no tensor", (1, 1, 2, 2), False), (TypeError,)),
], samples=[
    Sample("2d", lambda t, x: t.affine_grid_generator(x, (2, 1, 3, 2), False), (In((2, 2, 3)),)),
    Sample("corners", lambda t, x: t.affine_grid_generator(x, (2, 1, 3, 2), True), (In((2, 2, 3)),)),
])  # fmt: skip


@case("grid_sample/warning/corners/-")
def _of_corners(subject: Subject) -> None:
    t = subject.torch
    with _warning("Default grid_sample and affine_grid behavior has changed"):
        t.nn.functional.grid_sample(t.zeros(1, 1, 2, 2), t.zeros(1, 1, 1, 2))
    with _warning("Default grid_sample and affine_grid behavior has changed"):
        t.nn.functional.affine_grid(t.zeros(1, 2, 3), (1, 1, 2, 2))
    with _warning("for unit-size grids when align_corners=True"):
        t.nn.functional.affine_grid(t.zeros(1, 2, 3), (1, 1, 1, 2), align_corners=True)


# -- distances ---------------------------------------------------------------

for _name, _options in (
    ("CosineSimilarity", {"dim": 0, "eps": 0.1}),
    ("PairwiseDistance", {"p": 1.0, "eps": 0.1, "keepdim": True}),
):
    op(f"nn.{_name}", tolerance="reduction", method=False, refuses=False, dtypes=("float32", "float64"), errors=[
        Error("not-a-tensor", lambda t, name=_name: getattr(t.nn, name)()("no tensor", "none"), (TypeError, AttributeError)),
    ], samples=[
        Sample("default", lambda t, x, y, name=_name: getattr(t.nn, name)()(x, y), (In((3, 4)), In((3, 4)))),
        Sample("options", lambda t, x, y, name=_name, options=_options: getattr(t.nn, name)(**options)(x, y), (In((3, 4)), In((3, 4)))),
    ])  # fmt: skip
