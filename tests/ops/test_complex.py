"""Complex numbers and Fourier transforms compared with PyTorch: values, errors, gradients in its convention."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

_NAMES = """
x = M.tensor([1 + 2j, 3 - 4j, -0.5 + 0.25j]); z = M.tensor([[1 + 1j, 2.0], [0.5j, -1]])
r = M.tensor([1.0, -2.0, 0.0, 3.0]); F = M.fft
"""

EXPRESSIONS = """
x.real
x.imag
x.conj()
x.conj().is_conj() or True
x.abs(), abs(x), x.absolute()
x.angle()
r.angle()
M.tensor([1, -1]).angle()
M.view_as_real(x)
M.view_as_real(r)
M.view_as_complex(M.arange(6.0).reshape(3, 2))
M.view_as_complex(M.ones(2, 3))
M.view_as_complex(M.ones(2, 2, dtype=M.int32))
M.view_as_complex(M.ones(2, 2).t())
M.view_as_complex(M.ones(3, 4)[:, ::2])
r.real
r.imag
r.conj()
M.complex(M.ones(2), M.zeros(2, 1))
M.complex(M.ones(2), M.ones(2).double())
M.complex(M.ones(2).int(), M.ones(2).int())
M.polar(M.tensor([2.0]), M.tensor([3.0]))
M.sgn(x), M.sgn(M.zeros(2, dtype=M.complex64))
M.sign(x)
x < x
x.max()
x.amax()
x.argmax()
x.sort()
M.floor(x)
x.int()
x.to(M.float64)
float(x[0])
float(M.tensor(2 + 0j))
complex(x[0]), x[0].item(), x.tolist()
M.isreal(x)
x.std(), x.var(0), x.var(0, unbiased=False)
x.prod(), x.sum(), x.mean(), x.cumsum(0), x.cumprod(0)
x.norm(), x.norm(1), x.norm(float("inf"))
z.H
x.H
z.mH, z.adjoint(), M.adjoint(z)
x.mH
x.exp(), x.log(), x.sqrt(), x.sin(), x.cosh(), x.tanh(), x.reciprocal(), x.square(), x.sigmoid()
x ** 2, x ** x, 2 ** x, x ** 0.5
x * 2j, x + 1, 1j * r, r + 1j, x / x, x - r[:3]
x == x.conj(), x != x
x.isnan(), x.isinf(), x.isfinite()
M.relu(x)
x % 2
x // 2
x.clamp(0)
M.minimum(x, x)
x.erf()
M.is_conj(x), M.is_neg(x), M.resolve_conj(x), M.resolve_neg(x)
M.conj_physical(x), x.clone().conj_physical_()
x.cdouble().dtype, r.cfloat().dtype
M.complex64.to_real(), M.float64.to_complex(), M.complex128.is_complex
M.tensor(1 + 2j).dtype, M.tensor([1j], dtype=M.complex128).dtype, M.tensor([1, 2j])
x @ x, z @ z, z.mv(z[0]), M.vdot(x, x), M.dot(x, x), M.outer(x, x), M.inner(x, x)
M.einsum("i,j->ij", x, x)
M.linalg.inv(z), M.linalg.det(z), M.linalg.solve(z, z[0])
M.linalg.vecdot(x, x)
M.stack([x, x]), M.cat([x, r]), x.reshape(3, 1), x[x.real > 0], x.flip(0)
M.where(x.real > 0, x, 0)
x.allclose(x), M.equal(x, x)
M.zeros(2, dtype=M.complex64), M.ones(2, dtype=M.complex128), M.full((2,), 1j), M.eye(2, dtype=M.complex64)
x.view(M.float32)
M.softmax(x, 0)
repr(x[0]), str(z), repr(x * 1e10), repr(M.tensor([1 + float("nan") * 1j]))
(lambda y: (y.real.zero_(), y))(x.clone())
(lambda y: (setattr(y, "imag", 5.0), y))(x.clone())
F.fft(r)
F.fft(x, n=5)
F.fft(x, n=2, norm="ortho")
F.fft(z, dim=0, norm="forward")
F.fft(M.tensor([1, 2, 3]))
F.fft(r, n=0)
F.fft(r, dim=3)
F.fft(r, norm="no")
F.ifft(x), F.ifft(x, norm="forward")
F.rfft(r), F.rfft(r, n=3), F.rfft(r, norm="ortho")
F.rfft(x)
F.irfft(x), F.irfft(x, n=5), F.irfft(x, n=3, norm="ortho")
F.hfft(x), F.hfft(x, n=5), F.ihfft(r), F.ihfft(r, n=3, norm="forward")
F.fft2(z), F.ifft2(z), F.rfft2(z.real), F.irfft2(z), F.irfft2(z, s=(3, 3))
F.fftn(z), F.fftn(z, s=(3,), dim=(0,)), F.ifftn(z, norm="ortho"), F.rfftn(z.real), F.irfftn(z)
F.fftn(z, dim=(0, 0))
F.fftn(z, s=(2, 2), dim=(0,))
F.fftfreq(5), F.fftfreq(4, 0.5), F.rfftfreq(5), F.rfftfreq(4, d=2)
F.fftshift(r), F.ifftshift(r), F.fftshift(z, dim=1), F.ifftshift(M.arange(5))
F.fft(r, out=M.empty(4, dtype=M.complex64))
""".strip().splitlines()


def _outcome(module: Any, expression: str) -> str:
    names: dict[str, Any] = {"M": module}
    exec(_NAMES, names)
    with warnings.catch_warnings(action="ignore"):
        try:
            text = repr(eval(expression, names)).replace("\\n", "\n").replace("\n", "").replace(" ", "")
        except Exception as error:
            return next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")
    return re.sub(r"[-+](0\.0*j?)(?![0-9])", r"+\1", text).replace("[+", "[").replace(",+", ",").replace("(+", "(")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    assert _outcome(flambeau, expression) == _outcome(torch, expression)


GRADIENTS = """
z.exp()
z.log() * 2j
z.sqrt()
z.sin() + z.cosh()
z.tanh()
z.sigmoid()
z.reciprocal()
z ** 3
z ** z.detach()
z * w
z / w
w * 2j - z
z * r
r * 1j
r + z
z.abs()
z.angle()
z.real * z.imag
z.conj() * z
z.sgn()
M.view_as_real(z)
M.view_as_complex(r)
M.complex(r, r * 2)
M.polar(r.abs(), r)
z.sum()
z.mean(0)
z.prod()
z.prod(1)
z.cumsum(0)
z.cumprod(1)
z.var()
z.std(0)
z.norm()
z.norm(1, dim=0)
z @ w
z.mv(w[0])
M.vdot(z[0], w[0])
z.mH @ w
M.einsum("ij,kj->ik", z, w)
M.linalg.inv(z)
M.linalg.solve(z, w)
M.linalg.det(z)
M.linalg.slogdet(z).logabsdet
M.linalg.eigvals(z).abs()
M.linalg.svdvals(z)
M.linalg.cholesky(z @ z.mH + 2 * M.eye(2, dtype=M.complex128))
M.linalg.eigh(z + z.mH).eigenvalues
M.linalg.qr(z).R.abs()
M.linalg.pinv(z)
M.linalg.matrix_exp(z)
M.stack([z, w])
M.cat([z, r])
z[0]
z.t().reshape(4)
z[M.tensor([0, 0])]
M.where(r > 0, z, w)
z.masked_fill(r > 0, 1j)
z.to(M.complex64)
z.to(M.float64)
M.fft.fft(z)
M.fft.ifft(r, norm="ortho")
M.fft.rfft(r)
M.fft.rfft(r, n=3)
M.fft.irfft(z)
M.fft.irfft(z, n=3)
M.fft.hfft(z)
M.fft.ihfft(r)
M.fft.fft2(z)
M.fft.rfft2(r)
M.fft.irfft2(z)
M.fft.fftn(z, s=(3, 3), norm="forward")
(lambda y: (y.real.mul_(2), y)[1])(z * 1)
(lambda y: (y.mul_(w), y)[1])(z * 1)
""".strip().splitlines()


@pytest.mark.parametrize("expression", GRADIENTS)
def test_gradients_as_pytorch(expression: str) -> None:
    outcomes = []
    for module in (flambeau, torch):
        z = module.tensor([[1 + 1j, 2 + 0.5j], [0.5j - 2, -1 + 3j]], dtype=module.complex128).requires_grad_()
        w = module.tensor([[0.5 - 1j, 1 + 0.25j], [2j + 1, -1.5 + 1j]], dtype=module.complex128).requires_grad_()
        r = module.tensor([[1.0, 2.5], [0.75, -3.0]], dtype=module.float64).requires_grad_()
        with warnings.catch_warnings(action="ignore"):
            result = eval(expression, {"M": module, "z": z, "w": w, "r": r})
            weights = module.arange(1.0, result.numel() + 1, dtype=module.float64).reshape(result.shape)
            weighted = result * weights * (1 - 2j) if result.is_complex() else result * weights
            value = (weighted.real if weighted.is_complex() else weighted).sum()
            first = module.autograd.grad(value, (z, w, r), create_graph=True, allow_unused=True)
            norm = sum((grad * grad.conj()).real.sum() for grad in first if grad is not None)
            second = (None, None, None)
            if norm.requires_grad:
                second = module.autograd.grad(norm, (z, w, r), allow_unused=True)
        outcomes.append([result, *first, *second])
    for found, expected in zip(*outcomes, strict=True):
        numbers = [0.0] if found is None else (found + 0).flatten().tolist()
        assert numbers == pytest.approx(
            [0.0] if expected is None else (expected + 0).flatten().tolist(), rel=1e-6, abs=1e-8
        )


def test_a_complex_result_has_no_gradient_of_its_own() -> None:
    x = flambeau.tensor([1 + 2j], requires_grad=True)
    with pytest.raises(
        RuntimeError, match="grad can be implicitly created only for real scalar outputs but got torch.complex64"
    ):
        x.sum().backward()
