"""Where PyTorch takes an int: the integers of NumPy, 0-d tensors, bools and floats are taken or refused as there."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau

CALLS = """
x.sum(N(1))
x.sum((N(0),N(1)))
x.mean(dim=N(1))
x.max(N(0))
x.view(N(6))
x.view((N(3),N(2)))
x.reshape(N(3),N(2))
x.reshape([N(3),N(2)])
x.permute(N(1),N(0))
x.permute((N(1),N(0)))
x.transpose(N(0),N(1))
x.expand(N(2),N(3))
x.repeat(N(2),N(1))
x.tile((N(1),))
x.unsqueeze(N(1))
x.squeeze(N(0))
x.flatten(N(0),N(1))
x.unflatten(N(1),(N(1),N(3)))
x.narrow(N(0),N(0),N(1))
x.select(N(0),N(1))
x.split([N(1),N(1)])
x.split([N(1),N(2)],N(1))
x.chunk(N(2),N(1))
x.unbind(N(1))
x.size(N(1))
x.stride(N(1))
x.flip(N(0))
x.flip((N(0),N(1)))
x.roll(N(1),N(0))
x.roll((N(1),N(1)),(N(0),N(1)))
x.rot90(N(1),(N(0),N(1)))
x.cumsum(N(1))
x.sort(N(1))
x.topk(N(2))
x.topk(N(1),N(1))
x.kthvalue(N(1))
x.argmax(N(1))
x.index_select(N(0),i)
x.gather(N(1),ix)
x.scatter(N(1),ix,N(3))
x.diagonal(N(1),N(0),N(1))
x.tril(N(1))
x.triu(N(-1))
x.unfold(N(1),N(2),N(1))
x.movedim(N(0),N(1))
x.softmax(N(1))
x.log_softmax(N(0))
x.logsumexp(N(1))
x.norm(N(2))
x.norm(N(2),N(1))
x.std(N(1))
x.var(N(1),correction=N(0))
x.clamp(N(1),N(3))
x.pow(N(2))
x.fill_(N(2))
x.round(decimals=N(1))
x.new_zeros(N(2),N(3))
x.new_full((N(2),),N(7))
x.new_empty((N(2),)).shape
x.resize_(N(3),N(2)).shape
x.as_strided((N(2),),(N(1),),N(1))
x[N(0):N(1)]
x[N(1)]
x.repeat_interleave(N(2),N(0))
x.view(N(2),-1)
x.quantile(0.5,N(1))
x.median(N(1))
x.mode(N(1))
x.prod(N(1))
x.any(N(1))
x.all(N(1))
x.logcumsumexp(N(1))
x.diff(N(1))
M.zeros(N(2),N(3))
M.zeros((N(2),N(3)))
M.ones(N(2))
M.empty(N(2)).shape
M.full((N(2),),N(3))
M.rand(N(2)).shape
M.randn(N(2),N(1)).shape
M.randint(N(5),(N(2),)).shape
M.randint(N(1),N(5),(N(2),)).shape
M.randperm(N(4)).shape
M.arange(N(4))
M.arange(N(1),N(4),N(2))
M.linspace(N(0),N(1),N(3))
M.logspace(N(0),N(1),N(3))
M.eye(N(2))
M.eye(N(2),N(3))
M.tril_indices(N(2),N(2))
M.tril_indices(N(2),N(2),N(1))
M.cat([x,x],N(1))
M.stack([x,x],N(1))
M.tensor_split(x,N(2))
M.tensor_split(x,(N(1),))
M.chunk(x,N(2))
M.sum(x,N(1))
M.nn.functional.one_hot(i,N(3))
M.nn.functional.pad(x,(N(1),N(1)))
M.nn.functional.softmax(x,N(1))
M.nn.functional.normalize(x,dim=N(1))
M.nn.functional.embedding(i,x,N(1))
M.bincount(i,minlength=N(4))
M.histc(x,N(3))
M.combinations(i,N(2))
M.vander(v,N(3))
M.broadcast_to(x,(N(2),N(3)))
M.fft.fft(v,N(4))
M.fft.fft(v,dim=N(0))
M.fft.fftfreq(N(4))
M.fft.fft2(x,(N(2),N(2)))
M.linalg.vector_norm(x,N(2),N(1))
M.linalg.vander(v,N=N(3))
M.multinomial(v,N(1)).shape
M.nn.Linear(N(2),N(3)).weight.shape
M.nn.Embedding(N(4),N(2)).weight.shape
M.nn.Softmax(N(1))(x)
M.nn.Flatten(N(0),N(1))(x)
M.nn.Dropout(N(0))(x)
M.nn.init.uniform_(x,N(0),N(1)).shape
M.polygamma(N(1),v)
M.mvlgamma(v+5,N(2))
M.trace(s)
M.renorm(x,N(2),N(0),N(1))
M.cdist(x,x,N(2))
M.add(x,x,alpha=N(2))
M.addmm(s,s,s,beta=N(2),alpha=N(1))
M.std_mean(x,N(1))
M.unique(i,dim=N(0))
M.unique_consecutive(i,dim=N(0))
M.searchsorted(v,N(2))
M.bucketize(N(2),v)
M.triu_indices(N(2),N(3),N(1))
M.atleast_2d(v)
M.dropout(x,N(0),False)
M.swapaxes(x,N(0),N(1))
M.where(x>1,x,N(3))
M.clamp(x,max=N(1))
M.lerp(x,x,N(1))
M.isin(x,N(1))
M.full_like(x,N(2))
M.scalar_tensor(N(2))
M.nan_to_num(x,N(0))
M.nn.functional.leaky_relu(x,N(1))
M.nn.functional.elu(x,N(1))
M.nn.functional.hardtanh(x,N(0),N(1))
M.nn.functional.threshold(x,N(1),N(0))
M.nn.functional.glu(x[:,:2],N(1))
M.optim.SGD([x.requires_grad_()],lr=N(1)) and 0
M.utils.data.DataLoader([1,2,3,4],batch_size=N(2)).batch_size
list(M.utils.data.BatchSampler(range(4),N(2),False))
list(M.utils.data.RandomSampler(range(4),num_samples=N(2)))[:0]
M.func.grad(lambda a:(a*a).sum(),argnums=N(0))(v)
M.device('cpu',N(0)).index
x.scatter_add(N(0),ix,x)
x.index_add(N(0),i,x)
x.index_copy(N(0),i,x)
x.put_(i,x[0,:2])
x.take_along_dim(ix,N(1))
x.bernoulli_(N(1)).sum()
x.random_(N(3)).sum()*0
x.normal_(N(0),N(1)).sum()*0
x.uniform_(N(0),N(1)).sum()*0
x.fill_diagonal_(N(2))
x.to_sparse(N(2)).to_dense()
x.amax((N(0),N(1)))
x.aminmax(dim=N(1))[0]
x.count_nonzero(N(1))
x.nansum(N(1))
x.argsort(N(1))
x.cummax(N(1))[0]
x.vsplit(N(2))
x.hsplit(N(3))
x.type(M.int32).bitwise_left_shift(N(1))
M.distributions.Categorical(v).sample((N(2),)).shape
M.distributions.Binomial(N(3),v/10).total_count*0
M.distributions.Normal(N(0),N(1)).loc
x.split([N(2)])
M.nn.functional.embedding(i, s, padding_idx=N(1))
x.polygamma(N(1))
M.fft.rfftfreq(N(4))
(v+5).mvlgamma(N(1))
"""
"""N makes a number of the kind that is tried."""

KINDS: dict[str, Callable[[Any, int], Any]] = {
    "NumPy's": lambda t, number: np.int64(number),
    "a tensor": lambda t, number: t.tensor(number),
    "bool": lambda t, number: bool(number) if number in (0, 1) else number,
    "float": lambda t, number: float(number),
}


def _outcome(t: Any, call: str, kind: str) -> Any:
    names = {
        "M": t,
        "N": lambda number: KINDS[kind](t, number),
        "x": t.arange(6.0).reshape(2, 3).clone(),
        "s": t.ones(2, 2),
        "v": t.tensor([1.0, 2.0, 3.0]),
        "i": t.tensor([0, 1]),
        "ix": t.tensor([[0], [1]]),
    }
    try:
        return _plain(eval(call, names))
    except Exception as error:
        return next(base.__name__ for base in type(error).__mro__ if base.__module__ == "builtins")


def _plain(value: Any) -> Any:
    if hasattr(value, "tolist"):
        flat = value.detach().flatten().tolist()
        rounded = [round(number, 4) for number in flat] if value.dtype.is_floating_point else flat
        return str(value.dtype), list(value.shape), rounded
    if isinstance(value, (tuple, list)):
        return [_plain(entry) for entry in value]
    return type(value).__name__, repr(value)


@pytest.mark.oracle
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS.strip().splitlines())
def test_integers(torch: ModuleType, call: str, kind: str) -> None:
    assert _outcome(flambeau, call, kind) == _outcome(torch, call, kind)
