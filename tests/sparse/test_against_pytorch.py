"""Sparse tensors compared with PyTorch's, one expression a line: text, components, results; errors by their class."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

import flambeau

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.oracle

EXPRESSIONS = """
A
A.stride(), A.stride(1), A.stride(axis=0), e.stride()
A.stride(2)
c.stride()
A.clone(memory_format=M.preserve_format)
c.clone(memory_format=M.channels_last)
A.cpu(memory_format=M.channels_last), A.cpu(memory_format=M.contiguous_format)
c.to(M.float64, memory_format=M.contiguous_format)
A.is_pinned(device="nowhere")
M.sparse_coo_tensor(i, v, layout=M.strided)
M.sparse_coo_tensor((2, 3), layout=M.sparse_coo)
A.coalesce()
D
D.coalesce()
c
c.to(M.float64)
c.to_sparse_csc()
c.to_sparse_coo()
c.to_dense(), A.to_dense(), D.to_dense(), e.to_dense()
c.to_dense().to_sparse()
c.to_dense().to_sparse_csr(), c.to_dense().to_sparse_csc()
A.to_sparse_csr(), A.to_sparse_csc(), D.to_sparse_csr()
e.to_sparse_coo(), e.to_sparse_csr()
M.tensor([[0, 1], [2, 0]]).to_sparse()
M.ones(2, 3).to_sparse(1)
M.zeros(2, 3).to_sparse()
M.zeros(2, 3).to_sparse_csr()
M.sparse_coo_tensor(i, M.ones(3, 2), (2, 3, 2))
M.sparse_coo_tensor(i, v)
M.sparse_coo_tensor(size=(2, 3))
M.sparse_csr_tensor([0, 2, 3], [0, 1, 2], [1.0, 2.0, 3.0])
M.sparse_csr_tensor([0, 2, 3], [0, 1, 2], [1.0, 2.0, 3.0], requires_grad=True)
M.sparse_coo_tensor(i, v, (2, 3), requires_grad=True)
M.sparse_csr_tensor([0, 2, 3], [0, 1, 2], [1, 2, 3], dtype=M.float64)
M.sparse_compressed_tensor([0, 2, 3], [0, 1, 2], [1, 2, 3], layout=M.sparse_csr)
M.sparse_coo_tensor([0], [1.0], (2,))
M.sparse_coo_tensor([[0, 1]], [1.0], (2,))
M.sparse_coo_tensor([[0, 1]], [1.0, 2.0], (2, 3))
A.layout, c.layout, e.layout, A.is_sparse, c.is_sparse, c.is_sparse_csr
c.stride()
A.is_contiguous()
A.view(6)
A.reshape(6)
A.numpy()
c.numpy()
A.item()
A[0], A[0, 2], A[-1], c[0], c[0, 1]
len(A), A.numel(), A.dim(), A.shape, A.size(1), A.dtype, c.dtype
A.indices()
A.values()
A.coalesce().indices(), A.coalesce().values(), A._indices(), A._values(), A._nnz()
A.crow_indices()
c.indices()
c.row_indices()
c.crow_indices(), c.col_indices(), c.values(), c._nnz()
e.ccol_indices(), e.row_indices()
A.sparse_dim(), A.dense_dim(), c.sparse_dim(), c.dense_dim()
A.is_coalesced(), A.coalesce().is_coalesced(), c.to_sparse_coo().is_coalesced()
c.is_coalesced()
M.sin(A), A.neg(), A.abs(), M.sqrt(A), A.sign(), M.tanh(A), M.expm1(A), A.floor(), M.relu(A)
D.sin(), D.abs(), D.neg()
M.sin(c.float()), c.neg(), c.abs()
M.cos(A)
A + A, (A - D).to_dense(), (D + D).to_dense()
c + c
M.ones(2, 3) + A, M.ones(2, 3) + c
A * 2, 2 * A, c * 2, A / 2
A * A, (A * D).to_dense(), c * c
A * M.arange(6.0).reshape(2, 3)
c.float() @ M.ones(3, 2), A @ M.ones(3, 2), A @ M.ones(3), e.float() @ M.ones(3, 2)
M.ones(2, 2) @ A, M.ones(2, 2) @ c.float()
A.mm(M.ones(3, 2)), A.matmul(M.ones(3, 2)), A.mv(M.ones(3)), M.mm(A, M.ones(3, 2))
A @ M.ones(2, 2)
A @ A.t()
c.float() @ c.float().t()
M.sparse.mm(A, M.ones(3, 2)), M.sparse.addmm(M.ones(2, 2), A, M.ones(3, 2)), M.addmm(M.ones(2, 2), A, M.ones(3, 2))
M.sparse.sampled_addmm(c.float(), M.ones(2, 4), M.ones(4, 3), beta=2.0, alpha=3.0)
A.t(), A.T, A.transpose(0, 1), A.permute(1, 0)
c.t(), c.t().layout, c.transpose(0, 1), e.t().layout
A.sum(), M.sparse.sum(A), M.sparse.sum(A, 0), M.sparse.sum(A, 1), M.sparse.sum(A, (0, 1)), c.sum()
M.sparse.sum(M.sparse_coo_tensor(i, M.ones(3, 2), (2, 3, 2)), 2)
M.sparse.softmax(A, 0), M.sparse.softmax(A, 1), M.sparse.log_softmax(D, 1)
A.norm()
A ** 2
A.clone(), A.detach(), A.double().dtype, A.float() is A, c.long().dtype
A.unsqueeze(0), A.unsqueeze(-1)
M.cat([A, D]), M.cat([A, D], 1), M.stack([A, D])
A.index_select(0, M.tensor([1])), A.select(0, 1), A.select(1, 2)
bool(A)
M.sparse.spdiags(M.tensor([[1, 2, 3], [4, 5, 6]]), M.tensor([0, -1]), (3, 3)).to_dense()
M.sparse.spdiags(M.tensor([[1, 2, 3], [4, 5, 6]]), M.tensor([1, -2]), (2, 4)).to_dense()
M.sparse.spdiags(M.tensor([1.0, 2.0]), M.tensor([0]), (2, 2), layout=M.sparse_csr)
M.sparse.spdiags(M.ones(2, 3), M.tensor([0, 0]), (3, 3))
M.sparse.spdiags(M.ones(2, 3), M.tensor([0]), (3, 3))
M.ones(2).is_sparse, M.ones(2).is_sparse_csr
A.requires_grad_().is_leaf, (A * 2).requires_grad, A.grad
d.to_sparse_bsr((1,2))
d.to_sparse_bsc((2,2))
d.to_sparse_bsr((1,2)).to_sparse_coo()
d.to_sparse_csr().to_sparse_bsr((2,2))
d.to_sparse_csr().to_sparse_bsc((2,2))
d.to_sparse().to_sparse_bsr((2,2))
d.to_sparse_bsr((1,2)).to_sparse_bsc((1,2))
b.to_sparse_csr()
b.to_sparse_csr().to_sparse_coo()
b.to_sparse_csr().to_sparse()
b.to_sparse_csr().to_sparse_csc()
b.to_sparse_bsr((1,2))
h.to_sparse_csr(dense_dim=1)
h.to_sparse_csr(dense_dim=1).to_sparse_coo()
h.to_sparse(2).to_sparse_csr()
h.to_sparse_bsr((1,2),dense_dim=1)
h.to_sparse(layout=M.sparse_csr,dense_dim=1)
d.to_sparse(layout=M.sparse_bsr,blocksize=(1,2))
b.to_sparse_csr()[0]
b.to_sparse_csr().transpose(1,2)
d.to_sparse_bsr((1,2)).t()
M.bmm(b.to_sparse(),M.ones(2,4,1))
d.to_sparse_bsr((1,2))*2
d.to_sparse_bsr((1,2)).sin()
d.to_sparse_bsr((1,2)).sum()
d.to_sparse_csr().sum(0,keepdim=True)
d.to_sparse_csr().sum(1,keepdim=True)
d.to_sparse().sum(1)
d.to_sparse().sum(1,keepdim=True)
M.sparse_bsr_tensor([0,1,2],[0,1],M.ones(2,1,2))
M.sparse_bsc_tensor([0,1,2],[0,0],M.ones(2,1,2))
M.sparse_bsr_tensor([0,1,2],[0,1],M.ones(2,1,2,3))
M.sparse_csr_tensor([[0,1,2],[0,0,2]],[[0,1],[0,1]],M.ones(2,2))
M.sparse_compressed_tensor([0,1,2],[0,1],M.ones(2,1,2),layout=M.sparse_bsr)
d.to_sparse_bsr((1,2)).dense_dim(), b.to_sparse_csr().dense_dim(), h.to_sparse_csr(dense_dim=1).dense_dim()
b.to_sparse_csr()._nnz(), b.to_sparse_csr().values().shape
d.to_sparse_bsr((1,2)).layout
d.sparse_mask(d.to_sparse())
d.sparse_mask(d.to_sparse_csr())
d.to_sparse().sparse_mask(M.eye(2,4).to_sparse())
d.to_sparse().sparse_resize_((3,5),2,0)
d.to_sparse().sparse_resize_and_clear_((3,5),2,0)
d.to_sparse_csr().resize_((3,5))
M.zeros(2,3,layout=M.sparse_coo)
M.zeros(2,3,layout=M.sparse_csr)
M.zeros(2,3,layout=M.sparse_csc)
M.empty(2,3,layout=M.sparse_coo)
M.zeros_like(d.to_sparse())
M.zeros_like(d.to_sparse_csr())
M.empty_like(d.to_sparse())
M.ones_like(d.to_sparse_csr())
M.zeros_like(d,layout=M.sparse_coo)
M.zeros_like(d,layout=M.sparse_csr)
M.zeros_like(d.to_sparse(),layout=M.strided)
M.empty_like(d.to_sparse(),layout=M.strided).shape
d.to_sparse().add_(d.to_sparse())
d.clone().add_(d.to_sparse())
d.to_sparse().mul_(2)
d.to_sparse_csr().mul_(2)
d.to_sparse().zero_()
d.to_sparse_csr().zero_()
d.to_sparse().copy_(M.eye(2,4).to_sparse())
d.to_sparse_csr().copy_(d.to_sparse_csr())
d.to_sparse().sin_()
d.to_sparse_csr().sin_()
d.to_sparse().div_(2)
d.to_sparse().neg_()
M.sparse.mm(d.to_sparse_csr(),M.ones(4,2),'sum')
M.sparse.mm(d.to_sparse_csr(),M.arange(8.).reshape(4,2),'mean')
M.sparse.mm(d.to_sparse_csr(),M.arange(8.).reshape(4,2),'amax')
M.sparse.mm(M.zeros(2,4).to_sparse_csr(),M.arange(8.).reshape(4,2),'amin')
M.smm(d.to_sparse(),M.ones(4,2))
M.hspmm(d.to_sparse(),M.ones(4,2))
M.sspaddmm(M.zeros(2,2).to_sparse(),d.to_sparse(),M.ones(4,2))
M.spmm(d.to_sparse(),M.ones(4,2))
M.dsmm(d.to_sparse(),M.ones(4,2))
d.to_sparse().is_same_size(d.to_sparse())
d.to_sparse().isnan()
d.to_sparse().any()
M.sparse.sum(h.to_sparse(2),(1,2))
M.sparse.sum(h.to_sparse(2),(0,1))
d.to_sparse()[None]
d.to_sparse()[...,1]
d.to_sparse().unsqueeze(1)
d.to_sparse_csr().select(0,1)
d.to_sparse_csr()[1,2]
d.to_sparse_bsr((1,2))[1]
d.to_sparse_bsr((1,2)).to_dense()
d.to_sparse_csr().to_sparse(2)
d.to_sparse().type(), d.to_sparse().is_sparse
d.to_sparse().element_size()
d.to_sparse().new_zeros((2,))
d.to_sparse().new_empty((2,3))
d.to_sparse().new_tensor([1])
d.to_sparse().T
d.to_sparse().mT
d.to_sparse().H
d.to_sparse().__len__()
hash(d.to_sparse()) is None
d.to_sparse().requires_grad_().sum().backward()
d.to_sparse().log1p_(), d.to_sparse().erf()
d.to_sparse() // 2
d.to_sparse().floor_divide(2)
d.to_sparse().true_divide(2)
d.to_sparse_csr() * d
d.to_sparse() * M.tensor(2.)
d - d.to_sparse()
d + d.to_sparse()
M.mv(d.to_sparse_csr(),M.ones(4))
M.ones(2)@d.to_sparse()
M.ones(2,2)@d.to_sparse_csr()
d.to_sparse_csr()@d.t().to_sparse_csr()
d.to_sparse_csr()@d.t().to_sparse_csc()
G, K
G.t(), G.transpose(0, 1), G.permute(1, 0), G.H, G.T, K.t(), K.transpose(0, 1), K.H
G.coalesce(), G.to_dense(), K.to_dense(), G.clone(), K.clone(), G.double(), G.detach()
G.coalesce().values(), K.values()
G.coalesce().to_sparse(), G.to_sparse_csr(), G.to_sparse_csc(), G.to_sparse_bsr((1, 1)), K.to_sparse_coo(), K.to_sparse()
K.to_sparse_csc(), K.to_sparse(2), G.to_dense().to_sparse(), G.to_dense().to_sparse(1), G.to_dense().to_sparse_csr()
G.to_dense().to_sparse(layout=M.sparse_csc)
G[0], G.select(0, 1), G.index_select(0, M.tensor([1])), G.unsqueeze(0), M.cat([G, G]), M.stack([G, G])
G + G, G - G, G * G, G * 2, G / 2, G * M.ones(2, 3), M.ones(2, 3) + G, K + K, K * 2, G.add(G, alpha=2)
G.sin(), G.relu(), G.neg(), G.pow(2), G.sqrt(), G.abs(), K.sin(), K.neg()
G @ M.ones(3, 2), G.mm(M.ones(3, 2)), G @ M.ones(3), M.mv(G, M.ones(3)), M.ones(2, 2) @ G, G @ G.t(), K @ M.ones(3, 2)
M.sparse.mm(G, M.ones(3, 2)), M.sparse.mm(G, G.t()), M.sparse.addmm(M.ones(2, 2), G, M.ones(3, 2)), M.sparse.mm(K, M.ones(3, 2))
M.addmm(M.ones(2, 2), G, M.ones(3, 2)), M.bmm(M.stack([G, G]), M.ones(2, 3, 2)), M.sparse.mm(K, M.ones(3, 2), "amax")
M.sparse.sampled_addmm(K, M.ones(2, 2), M.ones(2, 3))
G.sum(), G.sum(0), G.sum((0, 1)), G.sum(0, keepdim=True), M.sparse.sum(G), M.sparse.sum(G, 0), G.norm(), K.sum(0, keepdim=True)
M.sparse.softmax(G, 1), M.sparse.log_softmax(G, 0)
G.sparse_mask(G.detach().coalesce()), G.to_dense().sparse_mask(K.detach())
M.sparse_coo_tensor((2, 3)), M.sparse_coo_tensor((2, 3), dtype=M.int64), M.sparse_coo_tensor([2, 3])
M.sparse.FloatTensor(i, v, M.Size([2, 4])), M.sparse.FloatTensor(i, v), M.sparse.FloatTensor(2, 3), M.sparse.DoubleTensor()
M.sparse.FloatTensor, A.type(), A.type("torch.sparse.DoubleTensor"), A.type(M.sparse.LongTensor)
[isinstance(each, kind) for each in (A, A.double(), v) for kind in (M.sparse.FloatTensor, M.FloatTensor)]
d.to_sparse(layout=M.strided), d.to_sparse_bsr(1), d.to_sparse_bsc(2)
A.unbind(), A.unbind(1), list(A)
M.tensor(3.0).to_sparse(), M.tensor(0.0).to_sparse(), M.tensor(3.0).to_sparse().to_dense(), M.tensor(3.0).to_sparse() * 2
M.zeros(0, 3).to_sparse(), M.zeros(0, 3).to_sparse_csr()
M.sparse_coo_tensor(M.zeros(0, 2).long(), M.tensor([5.0, 6.0]), ()).coalesce()
M.hstack([A, A]), M.vstack([A, A]), M.hstack([A[0], A[1]]), M.vstack([A[0], A[1]])
D.div(2, rounding_mode="floor"), D.div(2, rounding_mode="trunc"), M.div(D, 2, rounding_mode="floor")
D.nan_to_num(), c.float().angle()
M.ones(2, 3).mul_(A), M.ones(2, 3).add_(A), M.ones(2, 3).sub_(A)
M.nn.functional.linear(M.ones(2, 3), c.float(), M.ones(2))
M.nn.functional.linear(M.ones(3, 4), d.to_sparse_bsr((2, 2)), M.ones(2))
v.sparse_dim(), v.dense_dim(), d.sparse_dim(), d.dense_dim()
M.sparse.mm(d, d.t()), M.sparse.addmm(M.ones(2, 2), d, d.t())
M.tensor(A), M.tensor(A, dtype=M.float64), M.as_tensor(A) is A, A.data, c.data
A.clone().resize_as_(M.zeros(4, 4).to_sparse())
M.nn.Parameter(A), M.nn.Parameter(c.float()), isinstance(M.nn.Parameter(A), M.nn.Parameter)
M.nn.Parameter(A, requires_grad=False)
""".strip().splitlines()


def _outcome(module: Any, expression: str) -> Any:
    with warnings.catch_warnings(action="ignore"):
        index, values = module.tensor([[0, 1, 1], [2, 0, 2]]), module.tensor([3.0, 4.0, 5.0])
        matrix = module.tensor([[1.0, 0, 2, 0], [0, 0, 3, 4]])
        names = {
            "M": module,
            "d": matrix,
            "b": module.stack([matrix, matrix * 2]),
            "h": module.stack([matrix, matrix], -1),
            "i": index,
            "v": values,
            "A": module.sparse_coo_tensor(index, values, (2, 3)),
            "D": module.sparse_coo_tensor([[1, 0, 1], [2, 1, 2]], [1.0, 2.0, -3.5], (2, 3)),
            "c": module.sparse_csr_tensor([0, 2, 3], [0, 1, 2], [1, 2, 3], (2, 3)),
            "G": module.sparse_coo_tensor(index, module.tensor([3.0, 4.0, 5.0], requires_grad=True), (2, 3)),
            "K": module.sparse_csr_tensor(
                [0, 1, 3], [2, 0, 2], module.tensor([3.0, 4.0, 5.0], requires_grad=True), (2, 3)
            ),
            "e": module.sparse_csc_tensor([0, 1, 2, 3], [0, 0, 1], [1, 2, 3], (2, 3)),
        }
        try:
            return str(eval(expression, names))
        except Exception as error:
            return error


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_as_pytorch(expression: str) -> None:
    found, expected = _outcome(flambeau, expression), _outcome(torch, expression)
    if isinstance(expected, Exception):
        assert isinstance(found, (RuntimeError, type(expected))), found
    else:
        assert str(found) == expected
