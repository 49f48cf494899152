"""complex32, complex numbers of two halves: what PyTorch's CPU does with them, and what it refuses, in its words."""

from __future__ import annotations

import copy
import pickle
import warnings
from types import ModuleType
from typing import Any

import pytest

import flambeau
from copying_backends import BareBackend, CopyingBackend, FrozenBackend, registered
from flambeau.backend import Backend
from flambeau.errors import UnsupportedError
from standin_backend import cupy_on_standin

torch = pytest.importorskip("torch")
pytestmark = [pytest.mark.oracle, pytest.mark.filterwarnings("ignore")]

EXPRESSIONS = """
z
z.dtype
z.tolist()
z[0,0].item()
z.to(M.complex64)
z.to(M.float32)
z.to(M.complex128).dtype
M.tensor([1+2j],dtype=M.complex32)
M.zeros(2,dtype=M.complex32)
M.ones(2,dtype=M.complex32)
M.full((2,),1+2j,dtype=M.complex32)
M.full((2,),3,dtype=M.complex32)
M.arange(3,dtype=M.complex32)
M.eye(2,dtype=M.complex32)
M.linspace(0,1,3,dtype=M.complex32)
z+w
z-w
z*w
z/w
z+1
z*1j
h*1j
h+1j
z*h
z+f
z*2
1/z
-z
z.neg()
z.conj()
z.conj().resolve_conj()
z.conj_physical()
z.abs()
z.angle()
z.real
z.imag
z.sgn()
z.sum()
z.sum(0)
z.mean()
z.prod()
z.mm(w)
z@w
z.exp()
z.log()
z.sqrt()
z.sin()
z.cos()
z.tanh()
z.sinh()
z.cosh()
z.tan()
z.asin()
z.acos()
z.atan()
z.sigmoid()
z.reciprocal()
z.square()
z**2
z**w
z.rsqrt()
z.log2()
z.log10()
z.log1p()
z.exp2()
z.expm1()
z.isnan()
z.isinf()
z.isfinite()
z==w
z!=w
z==1
z.eq(w)
z.bool()
z.logical_not()
z.logical_and(w)
z.nonzero()
z.any()
z.all()
z.clone()
z.t()
z.contiguous()
z.flip(0)
z.roll(1)
z.repeat(2)
M.cat([z,w])
M.stack([z,w])
z[0]
z[:,1]
z[M.tensor([1,0])]
z[M.tensor([True,False])]
z.index_select(0,M.tensor([1]))
z.gather(0,M.tensor([[0,1]]))
z.masked_fill(M.tensor([True,False]),0)
z.masked_select(M.tensor([True,False]))
M.where(M.tensor([True,False]),z,w)
z.scatter(0,M.tensor([[0,1]]),w)
z.scatter_add(0,M.tensor([[0,1]]),w)
z.index_add(0,M.tensor([1]),w[:1])
z.index_copy(0,M.tensor([1]),w[:1])
z.index_fill(0,M.tensor([1]),2)
z.take(M.tensor([1]))
z.put(M.tensor([1]),w[0,:1])
z.cumsum(0)
z.cumprod(0)
z.diag()
z.tril()
z.triu()
z.view(M.float16)
z.view(M.int32)
z.view(M.float32)
M.view_as_real(z)
M.view_as_complex(M.stack([h,h],-1))
M.polar(h,h)
M.result_type(z,f)
M.promote_types(M.complex32,M.float32)
M.promote_types(M.complex32,M.float64)
M.promote_types(M.complex32,M.bfloat16)
M.promote_types(M.complex32,M.float16)
M.promote_types(M.complex32,M.int64)
M.promote_types(M.complex32,M.complex64)
M.result_type(h,1j)
M.result_type(M.ones(2).bfloat16(),1j)
z.element_size()
z.itemsize
z.dtype.itemsize
z.nbytes
z.dtype.to_real()
M.float16.to_complex()
M.bfloat16.to_complex()
M.complex32.is_complex
M.chalf
h.chalf()
f.chalf()
h.to(M.complex32)
z.half()
z.is_complex()
M.is_complex(z)
z.copy_(M.full((2,2),1+1j))
z.fill_(2)
z.zero_()
z.add_(w)
z.mul_(2)
z.numpy()
z.new_zeros(2)
M.zeros_like(z)
M.equal(z,w)
M.allclose(z,w)
M.isclose(z,w)
M.ones(2,dtype=M.complex32,requires_grad=True)
(lambda x: M.autograd.grad(M.complex(x,x).abs().sum(),x))(M.ones(2,dtype=M.float16,requires_grad=True))
z.sort()
z.max()
z.lerp(w,0.5)
M.addcmul(z,w,w)
z.norm()
M.linalg.vector_norm(z)
M.fft.fft(z)
M.linalg.inv(z)
z.var()
z.std()
M.nn.functional.pad(z,(1,1))
z.unique()
M.outer(z[0],w[0])
z.expand(2,2,2)
z.unfold(0,1,1)
z.sum(dtype=M.complex64)
z.positive()
z.clamp(0)
z.sign()
z.round()
z.nan_to_num()
z.to_sparse()
M.finfo(M.complex32)
z.softmax(0)
M.kron(z,w)
z.type_as(f)
M.tensor(z)
M.as_tensor(z)
z.tolist()==z.clone().tolist()
bool(z[0,0])
complex(z[0,0])
M.can_cast(M.complex32,M.float32)
z.type()
M.empty(2,dtype=M.complex32).shape
z.view(-1)[1:].storage_offset()
z.t().stride()
z.t().clone().stride()
z.expand(2,2,2)+w
z.t()+w.t()
(z.t()+w.t()).stride()
z.clone().fill_(1+2j)
M.tensor([1e6+1j],dtype=M.complex32)
M.tensor([float('nan')+1j]).chalf()
M.zeros(0,dtype=M.complex32)+1
M.tensor(2+1j,dtype=M.complex32)*2
M.result_type(M.tensor([1.0]).bfloat16(),z)
M.result_type(M.tensor(1.0),z)
M.promote_types(M.complex32,M.complex128)
z.int()
z.untyped_storage().nbytes()
z.float().dtype
z+M.tensor([1,2])
z*True
z.to(M.complex64).chalf()
z[0].sum(dtype=M.complex64)
M.stack([h,h],-1).view(M.complex32)
z.masked_fill_(M.tensor([True,False]),1j)
z.__setitem__((0,0),5j) or z
z.index_put((M.tensor([0,0]),),w[0],accumulate=True)
"""

SHORT = """
z * w + 1j
z.t() + w.t()
z.imag.fill_(2) + z.real
z.masked_fill(z.real > 0, 1j)
M.cat([z, w[:1]]).conj()
z.view(M.int32)
z[z.real > 0]
h * 1j
z.add_(w).to(M.complex64)
z.index_add(0, M.tensor([0]), w[:1])
z.tril().tolist()
z.exp()
"""

ENDS_OTHERWISE = {"z.norm()", "M.linalg.vector_norm(z)", "z.var()", "z.std()"}
"""Whose last bit may differ."""


def _outcome(module: ModuleType, expression: str) -> Any:
    h = module.tensor([[1.5, -2.0], [0.25, 3.0]]).half()
    with warnings.catch_warnings(action="ignore"):
        z = module.complex(h, h.flip(0))
        names = {"M": module, "h": h, "z": z, "w": z.clone(), "f": module.ones(2, 2)}
        try:
            return eval(expression, names)
        except Exception as error:
            return type(error).__name__, str(error).partition("\n")[0]


@pytest.mark.parametrize("expression", EXPRESSIONS.strip().splitlines())
def test_as_in_pytorch(expression: str) -> None:
    ours, theirs = _outcome(flambeau, expression), _outcome(torch, expression)
    if isinstance(theirs, tuple) and isinstance(theirs[0], str):
        assert ours[0] == theirs[0], (ours, theirs)
        if "not implemented for" in theirs[1]:
            assert ours[1] == theirs[1]
    elif expression in ENDS_OTHERWISE:
        assert str(ours.dtype) == str(theirs.dtype)
        assert ours.item() == pytest.approx(theirs.item(), rel=1e-3)
    else:
        assert repr(ours) == repr(theirs)


def _numbers() -> flambeau.Tensor:
    parts = flambeau.arange(12.0).half().reshape(3, 4)
    return flambeau.complex(parts, -parts)


def test_it_has_four_bytes() -> None:
    z = _numbers()
    assert (z.element_size(), z.nbytes, z.untyped_storage().nbytes()) == (4, 48, 48)
    assert z[1:].data_ptr() == z.data_ptr() + 16
    assert z.view(flambeau.float16).shape == (3, 8)
    assert z.view(flambeau.int32).view(flambeau.complex32).tolist() == z.tolist()


def test_views_share_its_memory() -> None:
    z = _numbers()
    z.imag.fill_(1)
    z.t()[0, 0] = 5 - 2j
    z[2].mul_(2)
    assert z[:, 0].tolist() == [5 - 2j, 4 + 1j, 16 + 2j]
    assert z._version == 3


def test_copies_and_pickles() -> None:
    z = _numbers()
    part = z[1:, ::2]
    for made in (copy.deepcopy(part), pickle.loads(pickle.dumps(part)), part.clone(), flambeau.tensor(part)):
        assert made.dtype is flambeau.complex32
        assert made.tolist() == part.tolist()


def test_no_other_library_sees_it() -> None:
    for show in (lambda z: z.numpy(), lambda z: z.__array_interface__, lambda z: z.__dlpack__()):
        with pytest.raises(TypeError, match="unsupported ScalarType ComplexHalf"):
            show(_numbers())


@pytest.mark.parametrize(
    "draw", ["randn(3, 4, dtype=M.complex32)", "rand(3, dtype=M.complex32)", "zeros(20, dtype=M.complex32).normal_()"]
)
def test_random_numbers_are_those_of_pytorch(draw: str) -> None:
    found = []
    for module in (flambeau, torch):
        module.manual_seed(3)
        found.append(eval(f"M.{draw}", {"M": module}).to(module.complex64).tolist())
    assert found[0] == found[1]


def test_gradients_come_in_halves() -> None:
    found = []
    for module in (flambeau, torch):
        x = module.tensor([1.0, -2.0]).half().requires_grad_()
        z = module.complex(x, x * 2) * 1j + x
        (grad,) = module.autograd.grad((z.real + z.abs()).sum(), x)
        found.append((str(grad.dtype), grad.tolist()))
    assert found[0] == found[1]


@pytest.mark.parametrize("backend", [CopyingBackend, FrozenBackend, BareBackend])
def test_on_backends_whose_views_are_copies(backend: type[Backend]) -> None:
    expected = [repr(_outcome(flambeau, expression)) for expression in SHORT.strip().splitlines()]
    with registered(backend), flambeau.use_backend(backend.name):
        found = [repr(_outcome(flambeau, expression)) for expression in SHORT.strip().splitlines()]
    for ours, theirs in zip(found, expected, strict=True):
        assert " ".join(ours.replace(f", device='{backend.device_type}:0'", "").split()) == " ".join(theirs.split())


def test_on_cupy() -> None:
    expected = [repr(_outcome(flambeau, expression)) for expression in SHORT.strip().splitlines()]
    with cupy_on_standin(), flambeau.use_backend("cupy"):
        found = [repr(_outcome(flambeau, expression)) for expression in SHORT.strip().splitlines()]
    for ours, theirs in zip(found, expected, strict=True):
        assert " ".join(ours.replace("device='cuda:0', ", "").replace(", device='cuda:0'", "").split()) == " ".join(
            theirs.split()
        )


def test_backends_without_it_say_so() -> None:
    with flambeau.use_backend("minimal"), pytest.raises(UnsupportedError, match="complex32"):
        flambeau.zeros(2, dtype=flambeau.complex32)
