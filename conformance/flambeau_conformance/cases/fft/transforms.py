"""Fourier transforms: values and gradients, of real and of complex numbers, and where frequencies are."""

import math
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import Sample, case, op
from ...inputs import In
from ...subject import Subject

_FFT = ("bytes", "fft")


def _numbers(t: Any, x: Any) -> Any:
    """Complex numbers out of pairs of real ones: what is drawn is real, and gradients are those of the pairs."""
    return t.view_as_complex(x)


def _pairs(t: Any, z: Any) -> Any:
    return t.view_as_real(z.resolve_conj())


def _transform(name: str, *samples: tuple[str, Any, tuple[int, ...]]) -> None:
    op(f"fft-{name}", tolerance="reduction", method=False, alias=False, extensions=_FFT, turned=False, refuses=False, samples=[
        Sample(label, call, (In(shape),)) for label, call, shape in samples
    ])  # fmt: skip


_transform("fft", ("numbers", lambda t, x: _pairs(t, t.fft.fft(_numbers(t, x))), (4, 2)), ("real", lambda t, x: _pairs(t, t.fft.fft(x)), (5,)),
           ("filled", lambda t, x: _pairs(t, t.fft.fft(x, n=6, norm="ortho")), (5,)), ("dim", lambda t, x: _pairs(t, t.fft.fft(x, dim=0)), (3, 2)))  # fmt: skip
_transform(
    "ifft",
    ("numbers", lambda t, x: _pairs(t, t.fft.ifft(_numbers(t, x))), (4, 2)),
    ("forward", lambda t, x: _pairs(t, t.fft.ifft(x, norm="forward")), (5,)),
)
_transform(
    "rfft",
    ("even", lambda t, x: _pairs(t, t.fft.rfft(x)), (4,)),
    ("odd", lambda t, x: _pairs(t, t.fft.rfft(x)), (5,)),
    ("cut", lambda t, x: _pairs(t, t.fft.rfft(x, n=3)), (5,)),
)
_transform(
    "irfft",
    ("even", lambda t, x: t.fft.irfft(_numbers(t, x)), (3, 2)),
    ("odd", lambda t, x: t.fft.irfft(_numbers(t, x), n=5), (3, 2)),
)
_transform(
    "hfft",
    ("numbers", lambda t, x: t.fft.hfft(_numbers(t, x)), (3, 2)),
    ("back", lambda t, x: _pairs(t, t.fft.ihfft(x).resolve_conj()), (5,)),
)
_transform(
    "fft2",
    ("numbers", lambda t, x: _pairs(t, t.fft.fft2(_numbers(t, x))), (2, 3, 2)),
    ("back", lambda t, x: _pairs(t, t.fft.ifft2(x)), (2, 3)),
)
_transform(
    "rfft2",
    ("real", lambda t, x: _pairs(t, t.fft.rfft2(x)), (2, 4)),
    ("back", lambda t, x: t.fft.irfft2(_numbers(t, x)), (2, 3, 2)),
)
_transform("fftn", ("all", lambda t, x: _pairs(t, t.fft.fftn(x, norm="ortho")), (2, 2, 3)), ("some", lambda t, x: _pairs(t, t.fft.ifftn(x, s=(3,), dim=(0,))), (2, 2)),
           ("real", lambda t, x: _pairs(t, t.fft.rfftn(x)), (2, 3)), ("to-real", lambda t, x: t.fft.irfftn(_numbers(t, x)), (2, 3, 2)))  # fmt: skip


@case("fft/errors/arguments/-", dtypes=("float32", "complex64"), extensions=_FFT)
def _wrong_arguments(subject: Subject) -> None:
    t = subject.torch
    expect_raises(lambda: t.fft.fft(t.ones(2), n=0), RuntimeError, "Invalid number of data points")
    expect_raises(lambda: t.fft.fft(t.ones(2), norm="no"), RuntimeError, "Invalid normalization mode")
    expect_raises(lambda: t.fft.fft(t.ones(2), dim=1), IndexError, "Dimension out of range")
    expect_raises(lambda: t.fft.rfft(t.ones(2) * 1j), RuntimeError, "expects a real input tensor")
    expect_raises(lambda: t.fft.fftn(t.ones(2, 2), dim=(0, 0)), RuntimeError, "dims must be unique")


@case("fftfreq/value/shifted/-", dtypes=("float32",))
def _frequencies(subject: Subject) -> None:
    t = subject.torch
    expect_equal(t.fft.fftfreq(4).tolist(), [0.0, 0.25, -0.5, -0.25], "the frequencies")
    expect_equal(t.fft.rfftfreq(4, d=0.5).tolist(), [0.0, 0.5, 1.0], "the frequencies that are not negative")
    expect_equal(t.fft.fftshift(t.arange(5)).tolist(), [3, 4, 0, 1, 2], "the middle")
    expect_equal(t.fft.ifftshift(t.fft.fftshift(t.arange(4))).tolist(), [0, 1, 2, 3], "there and back")
    expect(t.fft.fftfreq(4).dtype is t.float32, "the default dtype")


@case("fft-irfft/special/infinite/complex64", dtypes=("complex64", "float32"), extensions=("fft",))
def _infinite_means(subject: Subject) -> None:
    t = subject.torch
    found = t.fft.irfft(t.tensor([math.inf, 1.0]) + 0j, 2)
    expect_equal(found.tolist(), [math.inf, math.inf], "what an infinite mean comes from")
