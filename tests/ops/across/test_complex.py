"""Complex numbers compared with PyTorch: values, errors, gradients in its convention."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest
from tests.support.complex_gradients import assert_same_complex_gradients

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

_NAMES = """
x = M.tensor([1 + 2j, 3 - 4j, -0.5 + 0.25j]); z = M.tensor([[1 + 1j, 2.0], [0.5j, -1]])
r = M.tensor([1.0, -2.0, 0.0, 3.0])
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
(lambda y: (y.real.mul_(2), y)[1])(z * 1)
(lambda y: (y.mul_(w), y)[1])(z * 1)
z.log1p()
z.expm1()
z.log2()
z.log10()
z.rsqrt()
z.cos()
z.tan()
z.sinh()
(z*.3).asin()
(z*.3).acos()
(z*.3).atan()
(z*.3).asinh()
(z*.3).acosh()
(z*.3).atanh()
z.sinc()
z.square()
z.neg()
z*3.0
3j/z
z/2j
z**0.5
z**(1+1j)
2**z
2j**z
r.abs()**z
z**r
z**w
M.pow(1j,r)
z*0+r
r/z
z/r
r-z
z@r.to(M.complex128)
M.add(z,w,alpha=2j)
M.add(z,r,alpha=2)
M.sub(w,z,alpha=1j)
M.addcmul(z,w,z,value=2j)
M.addcdiv(z,w,z,value=2j)
M.addmm(z,w,z,beta=1j,alpha=2j)
M.addmv(z[0],w,z[1],alpha=1j)
M.addr(z,w[0],z[1],alpha=1j)
M.baddbmm(z[None],w[None],z[None],beta=1j)
M.lerp(z,w,0.3)
M.lerp(z,w,0.3j)
M.lerp(z,w,z)
z.sum(0)
z.sum(1,keepdim=True)
z.mean()
z.std()
z.var(1,unbiased=False)
M.var_mean(z)[0]
M.var_mean(z)[1]
M.std_mean(z)[0]
z.norm(3)
z.norm(float("inf"))
M.linalg.vector_norm(z,1)
M.linalg.vector_norm(z,dim=0)
M.linalg.matrix_norm(z)
M.linalg.matrix_norm(z,2)
M.linalg.matrix_norm(z,1)
M.dist(z,w)
M.dist(z,w,1)
z.cumsum(1)
z.cumprod(0)
M.logsumexp(z,0)
M.logcumsumexp(z,0)
M.logaddexp(z,w)
z.t()
z.mT
z.H
z.trace()
z.diagonal()
z.tril()
z.flip(0)
z.roll(1,0)
z.repeat(2,1)
z.expand(3,2,2)
M.outer(z[0],w[0])
M.inner(z,w)
M.dot(z[0],w[0])
M.vdot(z[0],z[0])
M.linalg.vecdot(z,w)
M.kron(z,w)
M.tensordot(z,w,1)
M.linalg.cross(M.cat([z,w],1)[:,:3],M.cat([w,z],1)[:,:3])
M.linalg.multi_dot([z,w,z])
M.linalg.matrix_power(z,3)
M.linalg.eigvals(z).real
M.linalg.eig(z).eigenvalues.abs()
M.linalg.svd(z).S
M.linalg.lstsq(z,w).solution
M.linalg.slogdet(z).sign
M.linalg.lu(z).U
M.linalg.solve_triangular(z,w,upper=True)
M.logdet(z)
M.einsum('ij,ij->',z,w)
M.einsum('ij,jk->ik',r.to(M.complex128),w)
M.take(z,M.tensor([0,3]))
z.gather(0,M.tensor([[0,1],[1,0]]))
z.scatter(0,M.tensor([[0,1],[1,0]]),w)
z.index_add(0,M.tensor([0,0]),w)
z.index_select(0,M.tensor([0,0]))
z.masked_select(r>0)
z.masked_scatter(r>0,w)
z.masked_fill(r>0,2)
M.where(r>0,2j,z)
M.nn.functional.pad(z,(1,1))
M.diff(z)
M.cov(z)
M.trapezoid(z)
z.unfold(0,2,1)
z.real
z.imag
z.conj_physical()
r.angle()
z.abs()**2
(z.abs()**2).log()
z.to(M.complex64)*r.float()
z.real*1j
r.to(M.complex128)
r.to(M.complex128).real
z.to(M.float64)*2
z.clone().detach()*z
M.complex(r,r*r)
M.view_as_complex(M.stack([r,r*2],-1))
M.view_as_real(z*z)
M.nn.functional.linear(z,w,z[0])
(lambda y:(y.imag.mul_(r),y)[1])(z*1)
(lambda y:(M.view_as_real(y).mul_(2),y)[1])(z*1)
(lambda y:(y.add_(w,alpha=2j),y)[1])(z*1)
(lambda y:(y.div_(w),y)[1])(z*1)
(lambda y:(y[0].mul_(w[0]),y)[1])(z*1)
(lambda y:(y.pow_(2),y)[1])(z*1)
(lambda y:(y.copy_(r),y)[1])(z*1)
(lambda y:(y.real.copy_(r),y)[1])(z*1)
(lambda y:(y.conj_physical_(),y)[1])(z*1)
(lambda y:(y.exp_(),y)[1])(z*1)
(lambda y:(y.sgn_(),y)[1])(z*1)
(lambda y:(setattr(y,'real',r),y)[1])(z*1)
(lambda y:(y.fill_(2j),y+z)[1])(z*1)
(lambda y:(y.masked_fill_(r>0,1j),y)[1])(z*1)
(lambda y:(y.__setitem__(0,w[1]),y)[1])(z*1)
(lambda y:(y.__setitem__((0,0),r[0,1]),y)[1])(z*1)
z.isclose(w)*z
z.renorm(2,0,1.0)
M.stack([z,z*2j]).sum(0)
M.cat([r,z])
M.sigmoid(z)*z
M.reciprocal(z)
z.prod(0)
(z*M.tensor([[0,1],[1,1]])).prod()
(z*M.tensor([[0,1],[0,1]])).prod(0)
(z*M.tensor([[0,1],[1,1]])).cumprod(0)
(z*M.tensor([[0,1],[1,1]])).abs()
(z*M.tensor([[0,1],[1,1]]))**2
(z*M.tensor([[0,1],[1,1]]))**0
(z*M.tensor([[0,1],[1,1]]))**1
(z*0).var()
z.real.to(M.complex128)*z
(z@z).diagonal().sum()
z.count_nonzero()*z
M.linalg.inv(z@w)
M.linalg.tensorinv(z,1)
M.block_diag(z,w)
M.hstack([z,r])
M.cumulative_trapezoid(z)
M.gradient(z)[0]
M.float_power(z,2)
M.true_divide(z,w)
z.sum_to_size(1,2)
z.mean((0,1))
z.corrcoef()
z.ldexp(M.tensor(2.0))
M.special.expit(z)
M.special.log1p(z)
M.autograd.grad((z*z.conj()).real.sum(),z)[0]*w
M.pow(r.abs()+.1,z)
M.float_power(z,w)
M.corrcoef(M.cat([z,w],1))
z.acosh()
M.dist(z,w,3)
(lambda y:(y.acos_(),y)[1])(z*1)
M.logsumexp(z,(0,1),True)
""".strip().splitlines()


@pytest.mark.parametrize("expression", GRADIENTS)
def test_gradients_as_pytorch(expression: str) -> None:
    assert_same_complex_gradients(flambeau, torch, expression)


def test_a_complex_result_has_no_gradient_of_its_own() -> None:
    x = flambeau.tensor([1 + 2j], requires_grad=True)
    with pytest.raises(
        RuntimeError, match="grad can be implicitly created only for real scalar outputs but got torch.complex64"
    ):
        x.sum().backward()
