"""Complex numbers: parts, conjugates, angles, arithmetic; gradients in PyTorch's convention."""

import math
import warnings
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_BYTES = ("bytes",)
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


def _on_numbers(
    name: str, function: Any, *, shape: tuple[int, ...] = (3, 2), real: bool = False, tolerance: str = "transcendental"
) -> None:
    """A function of complex numbers, in values and gradients to second order."""
    op(f"complex-{name}", tolerance=tolerance, method=False, alias=None, extensions=_BYTES, turned=False, refuses=False, samples=[
        Sample("numbers", lambda t, x: function(t, _numbers(t, x)) if real else _pairs(t, function(t, _numbers(t, x))), (In(shape, "nonzero"),)),
    ])  # fmt: skip


for _name in ("exp", "log", "sqrt", "sin", "cos", "tanh", "reciprocal", "square", "sigmoid", "sgn", "neg"):
    _on_numbers(_name, lambda t, z, name=_name: getattr(t, name)(z))
_on_numbers("log1p", lambda t, z: t.log1p(z))
_on_numbers("mul", lambda t, z: z * z.flip(0), tolerance="composite")
_on_numbers("div", lambda t, z: z / z.flip(0), tolerance="composite")
_on_numbers("pow", lambda t, z: z**3)
_on_numbers("sum", lambda t, z: z.sum())
_on_numbers("prod", lambda t, z: z.prod())
_on_numbers("cumsum", lambda t, z: z.cumsum(0), tolerance="reduction")
_on_numbers("matmul", lambda t, z: z @ z.mT, shape=(2, 2, 2))
_on_numbers("vdot", lambda t, z: t.vdot(z, z.flip(0)), tolerance="reduction")
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
    refused_by = (
        lambda: z < z, lambda: z.max(), lambda: t.floor(z), lambda: z.sort(), lambda: t.relu(z), lambda: t.logit(z),
        lambda: t.remainder(z, 2), lambda: t.fmod(z, 2), lambda: z // 2, lambda: t.nn.functional.mse_loss(z, z),
        lambda: t.nn.functional.hardtanh(z), lambda: t.nn.functional.threshold(z, 0.0, 1.0),
    )  # fmt: skip
    for refused in refused_by:
        expect_raises(refused, RuntimeError)
    expect_raises(
        lambda: t.tensor([1j], requires_grad=True).sum().backward(), RuntimeError, "only for real scalar outputs"
    )


@case("complex/dtypes/halves/-", dtypes=("float16", "float32", "complex64", "int32"), extensions=_BYTES)
def _halves(subject: Subject) -> None:
    """complex32, of two halves: what a backend needs for it are the dtypes and the extension that are named."""
    t = subject.torch
    with warnings.catch_warnings(action="ignore"):  # PyTorch calls it experimental
        z = t.complex(t.tensor([1.0, 2.0]).half(), t.tensor([-1.0, 0.5]).half())
    expect_equal(
        (str(z.dtype), z.element_size()), ("torch.complex32", 4), "the dtype of numbers of two halves, and its size"
    )
    expect_equal((z * z + 1).tolist(), [1 - 2j, 4.75 + 2j], "a product and a sum")
    expect_equal(str((t.ones(2).half() * 1j).dtype), "torch.complex32", "the dtype of halves times a complex number")
    expect_equal(str((z + t.ones(2)).dtype), "torch.complex64", "the dtype beside float32")
    z.imag.fill_(2)
    expect_equal(z.to(t.complex64).tolist(), [1 + 2j, 2 + 2j], "the numbers after a write to their parts")
    expect_equal(z.view(t.float16).tolist(), [1.0, 2.0, 2.0, 2.0], "the halves")
    expect_raises(lambda: z.exp(), NotImplementedError, "not implemented for 'ComplexHalf'")


@case("angle/value/infinite/-", dtypes=("float32", "complex64"))
def _angles_of_infinities(subject: Subject) -> None:
    t = subject.torch
    inf, pi = float("inf"), t.tensor(math.pi).item()
    expect_equal(t.angle(t.tensor([inf, -inf, -2.0, 0.0])).tolist(), [0.0, pi, pi, 0.0], "the angles of real numbers")
    x = t.tensor([inf, -inf], requires_grad=True)
    (found,) = t.autograd.grad(t.angle(x).sum(), x)
    expect_equal(found.tolist(), [0.0, 0.0], "the gradient of a constant")


@case("complex-sgn/gradient/zero/-", dtypes=("complex64",))
def _nothing_at_zero(subject: Subject) -> None:
    t = subject.torch
    for function in (t.sgn, t.abs):
        z = t.tensor([0j, 3 + 4j], requires_grad=True)
        result = function(z)
        (found,) = t.autograd.grad(result, z, t.ones_like(result))
        expect_equal(found[0].item(), 0j, f"the gradient of {function.__name__} at 0")


@case("complex-log1p/value/near-0/-", dtypes=("complex64", "complex128"))
def _log1p_near_0(subject: Subject) -> None:
    t = subject.torch
    for dtype in (t.complex64, t.complex128):
        found = t.log1p(t.tensor([1e-10 + 0j, 1e-9j, -1e-8 - 1e-8j], dtype=dtype)).tolist()
        for one, exact in zip(found, (1e-10 + 0j, 5e-19 + 1e-9j, -1e-8 - 1e-8j), strict=True):
            expect(abs(one.real - exact.real) <= 1e-5 * abs(exact.real), f"the real part {one.real}, not {exact.real}")
            expect(abs(one.imag - exact.imag) <= 1e-5 * abs(exact.imag), f"the imaginary part {one.imag}")


@case("complex-sgn/gradient/far/-", dtypes=("complex64",))
def _signs_far_out(subject: Subject) -> None:
    t = subject.torch
    z = t.tensor([1000 + 1j, 0j], requires_grad=True)
    (found,) = t.autograd.grad(t.sgn(z), z, t.ones_like(z))
    near, at_zero = found.tolist()
    expect(abs(near.imag + 1e-6) < 1e-10, f"the slope {near} across")
    expect_equal(at_zero, 0j, "the derivative at 0")


@case("conj/large/long-columns/complex64", dtypes=("complex64",))
def _conjugates_in_long_columns(subject: Subject) -> None:
    z = subject.torch.tensor([[1 + 2j, -3j], [0j, 4 - 1j]] * 260)
    expect_equal(z.conj().tolist(), [[1 - 2j, 3j], [0j, 4 + 1j]] * 260, "the conjugates")
