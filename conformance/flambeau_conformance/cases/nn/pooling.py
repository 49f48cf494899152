"""Pooling: the largest elements, averages and norms of windows, windows to a size, and the inverse of the first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ...checks import expect, expect_equal
from ...declare import FLOATS, INTEGERS, Error, Sample, case, op
from ...inputs import In
from ...programs import programs
from ...subject import CPU_STREAM, Subject

_SHAPES = {1: (2, 2, 6), 2: (1, 2, 5, 4), 3: (1, 1, 4, 3, 4)}
_MIXED = {1: (2,), 2: (3, 2), 3: (2, 1, 3)}


def _function(t: Any, name: str) -> Any:
    return getattr(t.nn.functional, name)


def _wrong(name: str, count: int, *arguments: Any) -> list[Error]:
    return [
        Error("not-a-tensor", lambda t: _function(t, name)("no tensor", *arguments), (TypeError, AttributeError)),
        Error("dims", lambda t: _function(t, name)(t.zeros((2,) * (count + 3)), *arguments), (RuntimeError, IndexError)),
        Error("dtype", lambda t: _function(t, name)(t.zeros(_SHAPES[count], dtype=t.complex64), *arguments),
              (NotImplementedError,), "not implemented for 'ComplexFloat'", also=("complex64",)),
    ]  # fmt: skip


def _windows(name: str, count: int) -> list[Error]:
    """What windows are refused, by every op that takes a kernel size."""

    def call(label: str, match: str, *arguments: Any, **options: Any) -> Error:
        return Error(
            label, lambda t: _function(t, name)(t.zeros(_SHAPES[count]), *arguments, **options), (RuntimeError,), match
        )

    one = name == "max_pool1d"
    return [
        call("kernel", "greater than zero", -1, 1), call("stride", "greater than zero|should not be zero", 2, -1),
        call("no-stride", "greater than zero|should not be zero", 2, 0), call("padding", "at most half of", 2, 2, 2),
        call("negative-padding", "must be non-negative", 2, 2, -1), call("sizes", "int", (2,) * (count + 1)),
        call("large", "Invalid computed output size" if one else "too small|smaller than kernel", 9),
        Error("type", lambda t: _function(t, name)(t.zeros(_SHAPES[count]), 2.5), (TypeError,), "must be tuple of ints, not float"),
        Error("types", lambda t: _function(t, name)(t.zeros(_SHAPES[count]), [2.5]), (TypeError,), "found element of type float"),
        Error("empty", lambda t: _function(t, name)(t.zeros((2, 0) + _SHAPES[count][2:]), 2), (RuntimeError,)),
    ]  # fmt: skip


def _sample(
    label: str,
    name: str,
    shape: Sequence[int],
    *arguments: Any,
    domain: str = "distinct",
    gradient: bool = True,
    **options: Any,
) -> Sample:
    return Sample(
        label, lambda t, x: _function(t, name)(x, *arguments, **options), (In(tuple(shape), domain),), gradient=gradient
    )


for _count, _shape in _SHAPES.items():
    _mixed = _MIXED[_count]
    for _suffix in ("", "_with_indices"):
        _name = f"max_pool{_count}d{_suffix}"
        op(_name, dtypes=FLOATS + (INTEGERS if _count > 1 or _suffix else ()), tolerance="exact", method=False, errors=[
            *_wrong(_name, _count, 2), *_windows(_name, _count),
            Error("dilation", lambda t, name=_name, shape=_shape: _function(t, name)(t.zeros(shape), 2, 2, 0, 0), (RuntimeError,), "greater than zero"),
        ], samples=[
            _sample("default", _name, _shape, 2), _sample("sample", _name, _shape[1:], 2, gradient=False),
            _sample("mixed", _name, _shape, _mixed, 1), _sample("padded", _name, _shape, 3, 2, 1),
            _sample("padded-apart", _name, _shape, 2, 1, 1, 2),
            _sample("dilated", _name, _shape, 2, 1, 0, 2), _sample("ceiling", _name, _shape, 3, 2, 0, 1, True),
            _sample("named", _name, _shape, kernel_size=2, stride=1, padding=1, dilation=1, ceil_mode=True, gradient=False),
            Sample("ties", lambda t, x, name=_name: _function(t, name)((x * 2).trunc().abs(), 3, 1, 1), (In(_shape),), gradient=False),
            _sample("strange", _name, _shape, 2, domain="one-zero", gradient=False),
            _sample("one", _name, _shape, 1, 2),
        ])  # fmt: skip
    _name = f"avg_pool{_count}d"
    op(_name, dtypes=FLOATS, tolerance="reduction", method=False, alias=False, errors=[
        *_wrong(_name, _count, 2), *_windows(_name, _count),
    ] + ([
        Error("divisor", lambda t, name=_name, shape=_shape: _function(t, name)(t.zeros(shape), 2, divisor_override=0), (RuntimeError,), "must be not zero"),
    ] if _count > 1 else []), samples=[
        _sample("default", _name, _shape, 2, domain="real"), _sample("sample", _name, _shape[1:], 2, domain="real"),
        _sample("mixed", _name, _shape, _mixed, 1, domain="real"), _sample("padded", _name, _shape, 3, 2, 1, domain="real"),
        _sample("without-padding", _name, _shape, 3, 2, 1, False, False, domain="real"),
        _sample("ceiling", _name, _shape, 3, 2, 1, True, domain="real"),
        _sample("named", _name, _shape, kernel_size=2, stride=2, padding=1, ceil_mode=True, count_include_pad=False, domain="real"),
    ] + ([_sample("divisor", _name, _shape, 2, divisor_override=3, domain="real")] if _count > 1 else []))  # fmt: skip
    for _kind in ("avg", "max"):
        _name = f"adaptive_{_kind}_pool{_count}d"
        _sizes = (3, 2, 2)[:_count]
        op(_name, tolerance="reduction" if _kind == "avg" else "exact", method=False, errors=[
            *_wrong(_name, _count, 3),
            Error("sizes", lambda t, name=_name, count=_count: _function(t, name)(t.zeros(_SHAPES[count]), (2,) * 4 if count == 1 else (2,)), (RuntimeError,), "output_size"),
            Error("negative", lambda t, name=_name, count=_count: _function(t, name)(t.zeros(_SHAPES[count]), (-1,) * count), (RuntimeError,), "greater than or equal to 0|negative dimension"),
            Error("empty", lambda t, name=_name, count=_count: _function(t, name)(t.zeros((2, 3) + (0,) * count), 2), (RuntimeError,), "non-zero size"),
        ], samples=[
            _sample("one", _name, _shape, 1, domain="distinct"), _sample("even", _name, (1, 1, *(size * 2 for size in _sizes)), _sizes),
            _sample("uneven", _name, _shape, _sizes), _sample("more", _name, _shape, 9, gradient=False), _sample("sample", _name, _shape[1:], 2),
            _sample("none", _name, _shape, (0,) * _count, gradient=False), _sample("large", _name, (*_shape[:2], *(size * 5 for size in _sizes)), _sizes, gradient=False),
        ] + ([_sample("own", _name, _shape, (None, *_sizes[1:]))] if _count > 1 else [])
          + ([_sample("indices", _name, _shape, _sizes, return_indices=True), _sample("strange", _name, _shape, _sizes, True, domain="one-zero", gradient=False)] if _kind == "max" else []))  # fmt: skip
    _name = f"lp_pool{_count}d"
    op(_name, dtypes=("float32", "float64"), tolerance="matmul", method=False, errors=[  # powers of sums that are products
        *_wrong(_name, _count, 2, 2)[:2],
        Error("exponent", lambda t, name=_name, shape=_shape: _function(t, name)(t.ones(shape), 0, 2), (ZeroDivisionError,)),
        Error("large", lambda t, name=_name, shape=_shape: _function(t, name)(t.ones(shape), 2, 9), (RuntimeError,)),
    ], samples=[
        _sample("two", _name, _shape, 2, 2, domain="positive"), _sample("three", _name, _shape, 3, 2, domain="positive"),
        _sample("stride", _name, _shape, 2.0, 3, 1, domain="positive"), _sample("ceiling", _name, _shape, 1, 3, 2, True, domain="positive"),
        _sample("largest", _name, _shape, float("inf"), 2, gradient=False), _sample("smallest", _name, _shape, -float("inf"), 2, gradient=False),
        _sample("named", _name, _shape, norm_type=2, kernel_size=2, stride=2, ceil_mode=True, domain="positive"),
    ])  # fmt: skip

for _name, _shape in (
    ("adaptive_max_pool2d_with_indices", _SHAPES[2]),
    ("adaptive_max_pool3d_with_indices", _SHAPES[3]),
):
    op(_name, tolerance="exact", method=False, errors=_wrong(_name, len(_shape) - 2, 2), samples=[
        _sample("uneven", _name, _shape, 2), _sample("even", _name, (1, 1, *(4,) * (len(_shape) - 2)), 2),
    ])  # fmt: skip


# -- the inverse ---------------------------------------------------------------


def _unpooled(name: str, **options: Any) -> Callable[[Any, Any, Any], Any]:
    return lambda t, x, places: _function(t, name)(x, t.argsort(places.reshape(2, -1)).reshape(x.shape), 2, **options)


for _count, _shape in {1: (2, 1, 4), 2: (2, 1, 3, 2), 3: (2, 1, 2, 2, 2)}.items():
    _name = f"max_unpool{_count}d"
    _twice = tuple(2 * size for size in _shape[2:])
    op(_name, tolerance="exact", method=False, turned=False, errors=[
        Error("not-a-tensor", lambda t, name=_name: _function(t, name)("no tensor", "no tensor", 2), (TypeError, AttributeError)),
        Error("dtype", lambda t, name=_name, shape=_shape: _function(t, name)(t.zeros(shape), t.zeros(shape), 2), (RuntimeError,), "should be type int64"),
        Error("shape", lambda t, name=_name, shape=_shape: _function(t, name)(t.zeros(shape), t.zeros(1, *shape[1:], dtype=t.int64), 2), (RuntimeError,), "Expected shape of indices"),
        Error("range", lambda t, name=_name, shape=_shape: _function(t, name)(t.zeros(shape), t.full(shape, 999), 2), (RuntimeError,), "invalid max index: 999"),
        Error("negative", lambda t, name=_name, shape=_shape: _function(t, name)(t.zeros(shape), t.full(shape, -1), 2), (RuntimeError,), "invalid max index: -1"),
        Error("size", lambda t, name=_name, shape=_shape, count=_count: _function(t, name)(t.zeros(shape), t.zeros(shape, dtype=t.int64), 2, output_size=(30,) * count), (ValueError,), "invalid output_size"),
        Error("sizes", lambda t, name=_name, shape=_shape: _function(t, name)(t.zeros(shape), t.zeros(shape, dtype=t.int64), 2, output_size=(3,) * 6), (ValueError,), "should be a sequence containing"),
        Error("empty", lambda t, name=_name, count=_count: _function(t, name)(t.zeros((2, 0) + (2,) * count), t.zeros((2, 0) + (2,) * count, dtype=t.int64), 2), (RuntimeError,), "non-zero size"),
    ], samples=[
        Sample("default", _unpooled(_name), (In(_shape), In(_shape, "distinct"))),
        Sample("stride", _unpooled(_name, stride=2, padding=0), (In(_shape), In(_shape, "distinct"))),
        Sample("size", _unpooled(_name, output_size=tuple(size + 1 for size in _twice)), (In(_shape), In(_shape, "distinct"))),
        Sample("whole-size", _unpooled(_name, output_size=(*_shape[:2], *_twice)), (In(_shape), In(_shape, "distinct")), gradient=False),
    ])  # fmt: skip


# -- windows at random ---------------------------------------------------------------

for _count, _shape in ((2, _SHAPES[2]), (3, (1, 1, 5, 5, 5))):
    for _suffix in ("", "_with_indices"):
        _name = f"fractional_max_pool{_count}d{_suffix}"
        op(_name, tolerance="exact", method=False, errors=[
            *_wrong(_name, _count, 1, 2),
            Error("neither", lambda t, name=_name, shape=_shape: _function(t, name)(t.zeros(shape), 2), (ValueError,), "requires specifying either"),
            Error("large", lambda t, name=_name, shape=_shape: _function(t, name)(t.zeros(shape), 2, 7), (RuntimeError,), "too large relative to input"),
            Error("samples", lambda t, name=_name, shape=_shape: _function(t, name)(t.zeros(shape), 2, 2, _random_samples=t.zeros(2, 3)), (RuntimeError,), "to have 3 dimensions"),
        ], samples=[
            Sample("fixed", lambda t, x, name=_name, count=_count: _function(t, name)(x, 2, (3, 2, 3)[:count], _random_samples=t.full((*x.shape[:2], count), 0.75, dtype=x.dtype)), (In(_shape, "distinct"),)),
            Sample("ratio", lambda t, x, name=_name, count=_count: _function(t, name)(x, 2, output_ratio=(0.41,) * count, _random_samples=t.full((*x.shape[:2], count), 0.25, dtype=x.dtype)), (In(_shape, "distinct"),)),
            Sample("only", lambda t, x, name=_name: _function(t, name)(x, 2, 1), (In(_shape, "distinct"),)),
            Sample("indices", lambda t, x, name=_name, count=_count: _function(t, name)(x, 1, output_size=3, return_indices=True, _random_samples=t.full((*x.shape[:2], count), 0.5, dtype=x.dtype)), (In(_shape, "distinct"),), gradient=False),
        ])  # fmt: skip

programs("fractional_max_pool2d", {
    "drawn": (lambda t: (t.manual_seed(5), t.nn.functional.fractional_max_pool2d(t.arange(2 * 49.0).reshape(1, 2, 7, 7), 2, 4))[1][0, :, 0], [[8.0, 10.0, 11.0, 13.0], [57.0, 59.0, 60.0, 62.0]]),
    "drawn-3d": (lambda t: (t.manual_seed(5), t.nn.functional.fractional_max_pool3d(t.arange(216.0).reshape(1, 1, 6, 6, 6), 2, 3))[1][0, 0, 0], [[43.0, 45.0, 47.0], [55.0, 57.0, 59.0], [67.0, 69.0, 71.0]]),
}, aspect="seeded", extensions=(CPU_STREAM,))  # fmt: skip


# -- layers ---------------------------------------------------------------

Make = Callable[[Any], Any]


def _of(name: str, *arguments: Any, **options: Any) -> Make:
    return lambda t: getattr(t.nn, name)(*arguments, **options)


def _layer(
    name: str, shape: tuple[int, ...], *makes: tuple[str, Make], tolerance: str = "reduction", domain: str = "distinct"
) -> None:
    op(f"nn.{name}", tolerance=tolerance, method=False, refuses=False,
       dtypes=("float32", "float64"),
       errors=[Error("not-a-tensor", lambda t: makes[0][1](t)("no tensor"), (TypeError, AttributeError))],
       samples=[Sample(label, lambda t, x, make=make: make(t)(x), (In(shape, domain),)) for label, make in makes])  # fmt: skip


for _count, _shape in _SHAPES.items():
    _layer(f"MaxPool{_count}d", _shape, ("default", _of(f"MaxPool{_count}d", 2)),
           ("options", _of(f"MaxPool{_count}d", kernel_size=3, stride=2, padding=1, dilation=1, return_indices=True, ceil_mode=True)), tolerance="exact")  # fmt: skip
    _layer(f"AvgPool{_count}d", _shape, ("default", _of(f"AvgPool{_count}d", 2)),
           ("options", _of(f"AvgPool{_count}d", kernel_size=3, stride=2, padding=1, ceil_mode=True, count_include_pad=False)),
           *([("divisor", _of(f"AvgPool{_count}d", 2, divisor_override=3))] if _count > 1 else []))  # fmt: skip
    _layer(f"LPPool{_count}d", _shape, ("default", _of(f"LPPool{_count}d", 2, 2)),
           ("options", _of(f"LPPool{_count}d", norm_type=3, kernel_size=2, stride=1, ceil_mode=True)), tolerance="composite", domain="positive")  # fmt: skip
    _layer(
        f"AdaptiveAvgPool{_count}d",
        _shape,
        ("default", _of(f"AdaptiveAvgPool{_count}d", 3)),
        ("named", _of(f"AdaptiveAvgPool{_count}d", output_size=2)),
    )
    _layer(f"AdaptiveMaxPool{_count}d", _shape, ("default", _of(f"AdaptiveMaxPool{_count}d", 3)),
           ("indices", _of(f"AdaptiveMaxPool{_count}d", output_size=2, return_indices=True)), tolerance="exact")  # fmt: skip
    op(f"nn.MaxUnpool{_count}d", tolerance="exact", method=False, refuses=False, dtypes=("float32", "float64"), errors=[
        Error("not-a-tensor", lambda t, name=f"MaxUnpool{_count}d": getattr(t.nn, name)(2)("no tensor", "no tensor"), (TypeError, AttributeError)),
    ], samples=[
        Sample("round", lambda t, x, count=_count: getattr(t.nn, f"MaxUnpool{count}d")(2)(*getattr(t.nn, f"MaxPool{count}d")(2, return_indices=True)(x)), (In(_shape, "distinct"),)),
        Sample("options", lambda t, x, count=_count: getattr(t.nn, f"MaxUnpool{count}d")(kernel_size=2, stride=2, padding=0)(
            *getattr(t.nn, f"MaxPool{count}d")(2, return_indices=True)(x), output_size=x.shape), (In(_shape, "distinct"),)),
    ])  # fmt: skip
for _count in (2, 3):
    _name = f"FractionalMaxPool{_count}d"
    op(f"nn.{_name}", tolerance="exact", method=False, refuses=False, dtypes=("float32",), errors=[
        Error("not-a-tensor", lambda t, name=_name: getattr(t.nn, name)(2, 2)("no tensor"), (TypeError, AttributeError)),
        Error("neither", lambda t, name=_name: getattr(t.nn, name)(2), (ValueError,), "requires specifying either an output size, or a pooling ratio"),
        Error("both", lambda t, name=_name: getattr(t.nn, name)(2, 2, 0.5), (ValueError,), "only one of output_size and output_ratio"),
        Error("ratio", lambda t, name=_name: getattr(t.nn, name)(2, output_ratio=1.5), (ValueError,), "must be between 0 and 1"),
    ], samples=[
        Sample("size", lambda t, x, name=_name, count=_count: getattr(t.nn, name)(2, output_size=3, _random_samples=t.full((1, 1, count), 0.25, dtype=x.dtype))(x), (In((1, 1) + (5,) * _count, "distinct"),)),
        Sample("ratio", lambda t, x, name=_name, count=_count: getattr(t.nn, name)(kernel_size=2, output_ratio=0.41, return_indices=True, _random_samples=t.full((1, 1, count), 0.75, dtype=x.dtype))(x), (In((1, 1) + (5,) * _count, "distinct"),)),
    ])  # fmt: skip


_PRINTED = {
    "MaxPool1d": ((2,), "MaxPool1d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)"),
    "MaxPool2d": (((3, 2), 1, (1, 0)), "MaxPool2d(kernel_size=(3, 2), stride=1, padding=(1, 0), dilation=1, ceil_mode=False)"),
    "MaxPool3d": ((3, None, 1, 2, True, True), "MaxPool3d(kernel_size=3, stride=3, padding=1, dilation=2, ceil_mode=True)"),
    "MaxUnpool1d": ((2,), "MaxUnpool1d(kernel_size=(2,), stride=(2,), padding=(0,))"),
    "MaxUnpool2d": ((2, 1, 0), "MaxUnpool2d(kernel_size=(2, 2), stride=(1, 1), padding=(0, 0))"),
    "MaxUnpool3d": (((1, 2, 3),), "MaxUnpool3d(kernel_size=(1, 2, 3), stride=(1, 2, 3), padding=(0, 0, 0))"),
    "AvgPool1d": ((2,), "AvgPool1d(kernel_size=(2,), stride=(2,), padding=(0,))"),
    "AvgPool2d": ((2, 1), "AvgPool2d(kernel_size=2, stride=1, padding=0)"),
    "AvgPool3d": (((2, 1, 1),), "AvgPool3d(kernel_size=(2, 1, 1), stride=(2, 1, 1), padding=0)"),
    "LPPool1d": ((2, 3), "LPPool1d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)"),
    "LPPool2d": ((1.5, (3, 2), 1, True), "LPPool2d(norm_type=1.5, kernel_size=(3, 2), stride=1, ceil_mode=True)"),
    "LPPool3d": ((2, 3), "LPPool3d(norm_type=2, kernel_size=3, stride=None, ceil_mode=False)"),
    "AdaptiveAvgPool1d": ((3,), "AdaptiveAvgPool1d(output_size=3)"),
    "AdaptiveAvgPool2d": (((3, None),), "AdaptiveAvgPool2d(output_size=(3, None))"),
    "AdaptiveAvgPool3d": ((3,), "AdaptiveAvgPool3d(output_size=3)"),
    "AdaptiveMaxPool1d": ((3, True), "AdaptiveMaxPool1d(output_size=3)"),
    "AdaptiveMaxPool2d": (((3, None),), "AdaptiveMaxPool2d(output_size=(3, None))"),
    "AdaptiveMaxPool3d": ((3,), "AdaptiveMaxPool3d(output_size=3)"),
    "FractionalMaxPool2d": ((2, 3), "FractionalMaxPool2d()"),
    "FractionalMaxPool3d": ((2, None, 0.5), "FractionalMaxPool3d()"),
}  # fmt: skip


@case("pooling/print/layers/-")
def _printed(subject: Subject) -> None:
    for name, (arguments, text) in _PRINTED.items():
        layer = getattr(subject.torch.nn, name)(*arguments)
        expect_equal(repr(layer), text)
        expect(not layer.state_dict(), f"{name} has a state: {layer.state_dict()}")
