"""Fourier transforms of floats of 16 bits, which are refused."""

from functools import partial
from typing import Any

from ...checks import expect_raises
from ...declare import case
from ...subject import Subject

_TRANSFORMS = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "rfft2", "irfft2", "fftn", "rfftn", "irfftn")


def _check(subject: Subject, name: str, dtype: str) -> None:
    t: Any = subject.torch
    x = t.ones(4, 4, dtype=getattr(t, dtype))
    expect_raises(lambda: getattr(t.fft, name)(x), RuntimeError, "Unsupported dtype (Half|BFloat16)")


for _name in _TRANSFORMS:
    for _dtype in ("float16", "bfloat16"):
        case(f"fft-{_name}/error/halves/{_dtype}", dtypes=("float32", "complex64", _dtype), extensions=("fft",))(
            partial(_check, name=_name, dtype=_dtype)
        )
