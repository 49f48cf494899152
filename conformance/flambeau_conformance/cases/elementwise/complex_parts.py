"""Complex numbers: parts, conjugates, angles, arithmetic; gradients in PyTorch's convention. And Fourier transforms."""

from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_BYTES, _FFT = ("bytes",), ("bytes", "fft")
_PAIRS = In((3, 2))


def _numbers(t: Any, x: Any) -> Any:
    """Complex numbers out of pairs of real ones: what is drawn is real, and gradients are those of the pairs."""
    return t.view_as_complex(x)


def _pairs(t: Any, z: Any) -> Any:
    return t.view_as_real(z.resolve_conj())


op("view_as_complex", alias=True, extensions=_BYTES, turned=False, samples=[
    Sample("pairs", lambda t, x: t.view_as_real(t.view_as_complex(x)), (_PAIRS,)),
], errors=[
    Error("size", lambda t: t.view_as_complex(t.zeros(3)), (RuntimeError,), "last dimension of size 2"),
    Error("dtype", lambda t: t.view_as_complex(t.zeros(2, 2, dtype=t.int32)), (RuntimeError,), "only supported for half, float and double"),
])  # fmt: skip
op("view_as_real", alias=None, extensions=_BYTES, turned=False, samples=[
    Sample("product", lambda t, x: t.view_as_real(_numbers(t, x) * (2 - 1j)), (_PAIRS,)),
], errors=[Error("dtype", lambda t: t.view_as_real(t.zeros(2)), (RuntimeError,), "only supported for complex tensors")])  # fmt: skip
op("complex", alias=False, method=False, extensions=_BYTES, samples=[
    Sample("parts", lambda t, x, y: _pairs(t, t.complex(x, y)), (In((2, 3)), In((2, 3)))),
], errors=[Error("dtypes", lambda t: t.complex(t.zeros(2), t.zeros(2).double()), (RuntimeError,), "Expected object of scalar type Float")])  # fmt: skip
op("polar", alias=False, method=False, extensions=_BYTES, tolerance="transcendental", samples=[
    Sample("angles", lambda t, x, y: _pairs(t, t.polar(x, y)), (In((2, 3), "positive"), In((2, 3)))),
], errors=[Error("dtypes", lambda t: t.polar(t.zeros(2), t.zeros(2).int()), (RuntimeError,), "Expected both inputs")])  # fmt: skip
op(
    "conj",
    alias=None,
    extensions=_BYTES,
    turned=False,
    samples=[Sample("numbers", lambda t, x: _pairs(t, t.conj(_numbers(t, x)).resolve_conj()), (_PAIRS,))],
)
op(
    "conj_physical",
    alias=None,
    extensions=_BYTES,
    turned=False,
    samples=[Sample("numbers", lambda t, x: _pairs(t, t.conj_physical(_numbers(t, x))), (_PAIRS,))],
)
op("angle", alias=False, extensions=_BYTES, tolerance="transcendental", turned=False, samples=[
    Sample("numbers", lambda t, x: t.angle(_numbers(t, x)), (_PAIRS,)), Sample("real", lambda t, x: t.angle(x), (_PAIRS,), gradient=False),
])  # fmt: skip
op("adjoint", alias=None, extensions=_BYTES, turned=False, samples=[
    Sample("matrix", lambda t, x: _pairs(t, _numbers(t, x).adjoint().resolve_conj()), (In((2, 3, 2)),)), Sample("real", lambda t, x: t.adjoint(x), (In((2, 3)),)),
], errors=[Error("dims", lambda t: t.adjoint(t.zeros(2)), (RuntimeError,), "only supported on matrices")])  # fmt: skip


def _on_numbers(name: str, function: Any, *, shape: tuple[int, ...] = (3, 2), real: bool = False) -> None:
    """A function of complex numbers, in values and gradients to second order."""
    op(f"complex-{name}", tolerance="transcendental", method=False, alias=None, extensions=_BYTES, turned=False, refuses=False, samples=[
        Sample("numbers", lambda t, x: function(t, _numbers(t, x)) if real else _pairs(t, function(t, _numbers(t, x))), (In(shape, "nonzero"),)),
    ])  # fmt: skip


for _name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "reciprocal", "square", "sigmoid", "sgn", "neg"):
    _on_numbers(_name, lambda t, z, name=_name: getattr(t, name)(z))
_on_numbers("mul", lambda t, z: z * z.flip(0))
_on_numbers("div", lambda t, z: z / z.flip(0))
_on_numbers("pow", lambda t, z: z**3)
_on_numbers("sum", lambda t, z: z.sum())
_on_numbers("prod", lambda t, z: z.prod())
_on_numbers("cumsum", lambda t, z: z.cumsum(0))
_on_numbers("matmul", lambda t, z: z @ z.mT, shape=(2, 2, 2))
_on_numbers("vdot", lambda t, z: t.vdot(z, z.flip(0)))
_on_numbers("abs", lambda t, z: z.abs(), real=True)
_on_numbers("real", lambda t, z: z.real * z.imag, real=True)
_on_numbers("norm", lambda t, z: z.norm(), real=True)
_on_numbers("var", lambda t, z: z.var(), real=True)


@case("complex/dtypes/numbers/-", dtypes=("complex64", "complex128"))
def _dtypes(subject: Subject) -> None:
    t = subject.torch
    z = t.tensor([1 + 2j, -3j])
    expect_equal(str(z.dtype), "torch.complex64", "the dtype of Python's complex numbers")
    expect_equal(z.to(t.complex128).tolist(), [1 + 2j, -3j], "the numbers in complex128")
    expect_equal((z + 1).tolist(), [2 + 2j, 1 - 3j], "a sum with a number")
    expect_equal((t.ones(2) * 1j).tolist(), [1j, 1j], "real numbers times a complex one")
    expect_equal(z[0].item(), 1 + 2j, "item")
    expect_equal(str(z.real.dtype), "torch.float32", "the dtype of the parts")
    z.imag.zero_()
    expect_equal(z.tolist(), [1 + 0j, 0j], "the numbers after a write to their parts")
    for refused in (lambda: z < z, lambda: z.max(), lambda: t.floor(z), lambda: z.sort(), lambda: t.relu(z)):
        expect_raises(refused, RuntimeError)
    expect_raises(
        lambda: t.tensor([1j], requires_grad=True).sum().backward(), RuntimeError, "only for real scalar outputs"
    )


# -- Fourier transforms ------------------------------------------------------------------------------------------------


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
