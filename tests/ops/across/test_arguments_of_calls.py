"""Calls with unusual arguments: what is taken and what is refused, as in PyTorch, without warnings that it does not give."""

from __future__ import annotations

import warnings
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

CALLS = """
M.add(1,2)
M.add(1,2.5)
M.add(True,2)
M.add(1,2,alpha=2)
M.sub(1,2)
M.mul(2,3)
M.div(1,2)
M.pow(2,3)
M.pow(2,M.tensor(3))
M.eq(1,1)
M.maximum(1,2)
M.remainder(5,3)
M.floor_divide(5,2)
M.true_divide(1,2)
M.fmod(5,3)
M.atan2(1,2)
M.where(True,1,2)
M.where(M.tensor(True),1,2)
M.exp(1)
M.abs(-1)
M.lt(1,2)
M.bitwise_and(1,2)
M.bitwise_left_shift(1,2)
M.logical_and(1,2)
M.rsub(1,2)
M.xlogy(1,2)
M.hypot(1,2)
M.ldexp(1,2)
M.copysign(1,-2)
M.float_power(2,3)
M.multiply(2,3)
M.subtract(2,3)
M.divide(2,3)
M.add(1j,2)
M.add(1,M.tensor(2))
M.mul(2,True)
M.ne(1,2)
M.ge(1,2)
M.isclose(1,2)
M.lerp(1,2,.5)
M.zeros(2,requires_grad=1)
M.zeros(2,requires_grad=None)
M.zeros(2,requires_grad=np.bool_(True))
M.tensor([1.],requires_grad=1)
M.full((2,),1.,requires_grad=1)
M.arange(2.,requires_grad=1)
M.zeros_like(M.ones(2),requires_grad=1)
M.ones(2).new_zeros(2,requires_grad=1)
M.ones(2).new_tensor([1.],requires_grad=1)
M.nn.Parameter(M.ones(2),requires_grad=1)
M.ones(2).new_zeros(2,foo=None)
M.ones(2).new_zeros(2,out=None)
M.ones(2).new_ones(2,memory_format=None)
M.ones(2).new_full((2,),1,out=None)
M.ones(2).new_tensor([1],foo=None)
M.ones(2).new_zeros(2,pin_memory=None)
M.ones(2).new_zeros(2,dtype=None,device=None)
M.ones(2).new_zeros(2,names=None)
M.zeros_like(M.ones(2),out=None)
M.ones_like(M.ones(2),out=None)
M.full_like(M.ones(2),1,out=None)
M.tensor([1],out=None)
M.as_tensor([1],out=None)
M.from_numpy(np.ones(2),out=None)
M.tril_indices(2,2,out=None)
M.zeros(2,out=None)
M.zeros(np.int64(2))
M.zeros(np.int64(2),np.int32(3)).shape
M.zeros((np.int64(2),3)).shape
M.zeros(np.float64(2))
M.zeros(np.array(2))
M.zeros(np.array([2,3])).shape
M.zeros(M.tensor(2))
M.zeros(M.tensor([2,3])).shape
M.zeros((M.tensor(2),3)).shape
M.ones(np.int64(2))
M.full(np.int64(2),1.)
M.full((np.int64(2),),1.)
M.full(2,1.)
M.full([2],1.)
M.ones(2).new_zeros(np.int64(2))
M.ones(2).new_full(np.int64(2),1)
M.ones(2).new_full(2,1)
M.ones(2).view(np.int64(2))
M.ones(2).reshape(np.int64(2))
M.ones(2).expand(np.int64(2))
M.ones(2).repeat(np.int64(2))
M.eye(np.int64(2))
M.arange(np.int64(2))
M.arange(np.float64(2))
M.arange(np.float32(2))
M.zeros(True)
M.zeros(2.0)
M.zeros("2")
M.zeros(None)
M.zeros(size=2)
M.zeros(size=np.int64(2))
M.zeros(size=(2,))
M.zeros()
M.zeros(())
M.arange(start=1)
M.arange(end=1)
M.arange(start=1,end=3)
M.arange(end=3,start=1,step=2)
M.arange(1,end=3)
M.arange(1,step=3)
M.arange(start=1,step=1)
M.arange()
M.arange(3,start=1)
M.arange(step=1)
M.linspace(start=0,end=1,steps=2)
M.linspace(0,1)
M.zeros(2,out=M.zeros(2),requires_grad=True)
M.ones(2,out=M.zeros(2),requires_grad=True)
M.full((2,),1.,out=M.zeros(2),requires_grad=True)
M.arange(2,out=M.zeros(2),requires_grad=True)
M.arange(2.,out=M.zeros(2),requires_grad=True)
M.eye(2,out=M.zeros(2,2),requires_grad=True)
M.linspace(0,1,2,out=M.zeros(2),requires_grad=True)
M.zeros(2,out=M.zeros(2,dtype=M.int64),requires_grad=True)
M.zeros(2,out=M.zeros(2),dtype=M.int64)
M.zeros(2,out=M.zeros(2),dtype=M.float32)
M.zeros(2,out=M.zeros(2),device='cpu')
M.zeros(2,out=M.zeros(3))
M.zeros(2,out=M.zeros(0))
M.tensor(np.bool_(True),dtype=M.uint8)
M.tensor(np.bool_(True))
M.tensor([np.bool_(True)],dtype=M.uint8)
M.tensor([np.bool_(True),np.bool_(False)])
M.tensor(np.bool_(True),dtype=M.float32)
M.tensor([np.bool_(True)],dtype=M.int64)
M.tensor(np.int8(3),dtype=M.float32)
M.tensor(np.complex64(3))
M.tensor(np.float16(3))
M.tensor([np.float32(3),2])
M.full((2,),np.bool_(True))
M.full((2,),np.int8(1))
M.as_tensor(np.bool_(True),dtype=M.uint8)
M.ones(3)[np.array([0.,1.])]
M.ones(3)[[0.,1.]]
M.ones(3)[M.tensor([0.,1.])]
M.ones(3)[np.float64(1)]
M.ones(3)[1.0]
M.ones(3)[np.array(1.)]
M.ones(3,3)[np.array([0.,1.]),0]
M.ones(3)[np.array([0,1])]
M.ones(3)[np.array([True,False,True])]
M.ones(3)[np.array([0,1],dtype=np.uint8)]
M.ones(3)[np.array([],dtype=np.float64)]
M.ones(3)[[]]
M.ones(3).__setitem__(np.array([0.,1.]),2)
M.ones(3)[np.array([0,1],dtype=np.int16)]
M.ones(3)[M.tensor([0,1],dtype=M.int16)]
M.ones(3)[np.array([0,1],dtype=np.complex64)]
M.ones(3).max(0)
M.ones(3).max(0)==M.ones(3).max(0)
isinstance(M.ones(3).max(0),tuple)
M.logcumsumexp(M.tensor([-0.]),0)
M.logcumsumexp(M.tensor([-0.,-0.]),0)
M.logcumsumexp(M.tensor([[-0.],[-0.]]),1)
M.logcumsumexp(M.tensor(-0.),0)
M.logcumsumexp(M.tensor([-0.,-float('inf')]),0)
M.logsumexp(M.tensor([-0.]),0)
M.cumsum(M.tensor([-0.]),0)
M.cumprod(M.tensor([-0.]),0)
M.sum(M.tensor([-0.]))
M.logaddexp(M.tensor(-0.),M.tensor(-float('inf')))
"""


def _outcome(module: ModuleType, call: str) -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = repr(eval(call, {"M": module, "np": np}))
        except Exception as error:
            return type(error).__name__, []
    return found, [str(each.message)[:40] for each in caught if "complex" not in str(each.message)]


@pytest.mark.parametrize("call", CALLS.strip().splitlines())
def test_calls(call: str) -> None:
    assert _outcome(flambeau, call) == _outcome(torch, call)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("M.zeros(2, requires_grad=1)", "zeros(): argument 'requires_grad' must be bool, not int"),
        ("M.ones(2).new_zeros(2, foo=None)", "new_zeros() got an unexpected keyword argument 'foo'"),
        ("M.zeros(2.0)", "zeros(): argument 'size' (position 1) must be tuple of ints, not float"),
        ("M.full(2, 1.0)", "full(): argument 'size' (position 1) must be tuple of ints, not int"),
        ("M.clamp(M.tensor([1, 2]), 0, out=M.empty(2))", "Found dtype Float but expected Long"),
        ("M.ones(2, layout=M.sparse_coo)", "full(...) is not implemented for sparse layout"),
        (
            "M.zeros(2, layout=M.sparse_coo, out=M.zeros(2))",
            "layout Sparse does not match layout of out parameter (Strided)",
        ),
        ("M.max(M.ones(2, requires_grad=True), 0, out=(M.ones(()), M.tensor(0)))", "max(): functions with out=..."),
    ],
)
def test_words_of_refusals(call: str, words: str) -> None:
    for module in (flambeau, torch):
        with pytest.raises((TypeError, RuntimeError)) as caught:
            eval(call, {"M": module})
        assert words in str(caught.value)


def test_what_has_no_out() -> None:
    for call in (
        "empty_strided((2,), (1,), out=None)",
        "tril_indices(2, 2, out=None)",
        "ones(2).new_empty(2, out=None)",
    ):
        for module in (flambeau, torch):
            with pytest.raises(TypeError, match="unexpected keyword argument 'out'"):
                eval(f"M.{call}", {"M": module})


def test_types_of_results() -> None:
    x = flambeau.eye(3)
    for name, result in {
        "max": x.max(0), "sort": x.sort(), "topk": x.topk(1), "linalg_svd": flambeau.linalg.svd(x), "svd": flambeau.svd(x),
        "linalg_slogdet": flambeau.linalg.slogdet(x), "cummax": x.cummax(0), "frexp": x.frexp(), "mode": x.mode(),
    }.items():  # fmt: skip
        assert type(result) is getattr(flambeau.return_types, name)
        assert type(result).__name__ == name
    assert set(flambeau.return_types.__all__) <= set(dir(torch.return_types))


def test_a_device_is_a_context() -> None:
    with flambeau.use_backend("minimal"):
        with flambeau.device("cpu") as device:
            assert flambeau.zeros(1).device == device == flambeau.device("cpu")
        assert flambeau.zeros(1).device.type == "minimal"


STRIDES = """
inv(A)
inv_ex(A)[0]
cholesky(A)
cholesky_ex(A)[0]
qr(A)[0]
qr(A)[1]
qr(A, mode="complete")[0]
svd(A)[0]
svd(A)[2]
svd(A, full_matrices=False)[2]
eigh(A)[1]
eig(A)[1]
pinv(A)
lu_factor(A)[0]
solve(A, A)
solve(A, A, left=False)
solve(A, A[..., :2])
solve_triangular(A, A, upper=True)
matrix_power(A, -1)
"""


@pytest.mark.parametrize("call", STRIDES.strip().splitlines())
@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 3)])
def test_results_of_linear_algebra_lie_by_columns(call: str, shape: tuple[int, ...]) -> None:
    strides = []
    for module in (flambeau, torch):
        matrix = module.tensor([[4.0, 1.0, 0.0], [1.0, 3.0, 1.0], [0.0, 1.0, 5.0]]).expand(shape).clone()
        strides.append(eval(f"M.linalg.{call}", {"M": module, "A": matrix}).stride())
    assert strides[0] == strides[1]


@pytest.mark.parametrize("which", ["y", "z"])
def test_distances_notice_changed_operands(which: str) -> None:
    for module in (flambeau, torch):
        for call in ("M.cdist(y, z)", "M.nn.functional.pdist(y if which == 'y' else z)"):
            names = {"y": module.ones(3, 2, requires_grad=True) * 1, "z": module.rand(2, 2, requires_grad=True) * 1}
            result = eval(call, {"M": module, "which": which, **names})
            names[which].add_(1)
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                result.sum().backward()
