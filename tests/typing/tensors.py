"""What a type checker knows of factories, methods, operators and namespaces."""

from typing import Any, assert_type

import flambeau as torch
from flambeau import Tensor

x = torch.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
assert_type(x, Tensor)
assert_type(torch.zeros(2, 3, dtype=torch.float64), Tensor)
assert_type(torch.full((2,), 1.0), Tensor)
assert_type(torch.arange(0, 10, 2), Tensor)
assert_type(torch.randn(2, generator=torch.Generator()), Tensor)

# Operators, with tensors and numbers on either side; comparisons are tensors too.
assert_type(x + 1, Tensor)
assert_type(1 / x, Tensor)
assert_type(x @ x.T, Tensor)
assert_type(-x, Tensor)
assert_type(x == x, Tensor)
assert_type(x < 1, Tensor)
assert_type(x[0, :1], Tensor)
y = x * 1
y += 1
assert_type(y, Tensor)

# Methods, views and in-place forms.
assert_type(x.sum(0, keepdim=True), Tensor)
assert_type(x.view(-1).exp(), Tensor)
assert_type(y.mul_(2), Tensor)
assert_type(x.to("cpu"), Tensor)
assert_type(x.split(1), tuple[Tensor, ...])
assert_type(x.requires_grad_(), Tensor)
for row in x:
    assert_type(row, Tensor)
assert_type(len(x), int)
assert_type(float(x[0, 0]), float)
assert_type(bool(x[0, 0]), bool)

# What is known of a tensor.
assert_type(x.dtype, torch.dtype)
assert_type(x.device, torch.device)
assert_type(x.shape, torch.Size)
assert_type(x.shape[0], int)
assert_type(x.shape[1:], torch.Size)
assert_type(x.grad, Tensor | None)
assert_type(x.requires_grad, bool)

# Functions with several results are named tuples.
values, places = torch.topk(x, 1)
assert_type(values, Tensor)
assert_type(torch.topk(x, 1).indices, Tensor)
assert_type(torch.linalg.svd(x).S, Tensor)
assert_type(torch.cat([x, x]), Tensor)
assert_type(torch.allclose(x, x), bool)
assert_type(torch.fft.fft(x), Tensor)
assert_type(torch.special.erfcx(x), Tensor)
assert_type(torch.finfo(torch.float32).eps, float)

# Sizes, and results of several tensors.
assert_type(x.size(), torch.Size)
assert_type(x.size(0), int)
assert_type(x.stride(), tuple[int, ...])
assert_type(x.stride(1), int)
assert_type(x.max(), Tensor)
assert_type(x.max(1).indices, Tensor)
assert_type(x.min(x), Tensor)
assert_type(x.median(0, keepdim=True).values, Tensor)
assert_type(x.sort().values, Tensor)
assert_type(x.topk(1)[1], Tensor)
assert_type(x.cummax(0).indices, Tensor)
assert_type(x.aminmax().max, Tensor)
assert_type(x.svd().S, Tensor)

# What depends on an argument.
assert_type(x.nonzero(), Tensor)
assert_type(x.nonzero(as_tuple=True), tuple[Tensor, ...])
assert_type(torch.nonzero(x), Tensor)
assert_type(torch.nonzero(x, as_tuple=True), tuple[Tensor, ...])
assert_type(x.unique(), Tensor)
assert_type(x.unique(return_inverse=True), tuple[Tensor, Tensor])
assert_type(x.unique(return_inverse=True, return_counts=True), tuple[Tensor, Tensor, Tensor])
assert_type(x.unique_consecutive(return_counts=True), tuple[Tensor, Tensor])
assert_type(torch.unique(x), Tensor)
assert_type(x.tolist(), list[Any])
assert_type(x[0, 0].item() + 1, int | float)
