"""Pooling on the CuPy backend beside the CPU's: by the renderings of its kernels, and by their texts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

import flambeau as torch
from cuda_on_host import COMPILER
from standin_backend import cupy_on_standin

F = torch.nn.functional


@pytest.fixture(params=["rendering", "text"])
def cuda_by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The names of the raw kernels that are launched, which are rendered, or compiled as C++."""
    from standin_cupy._kernels import RawKernel

    if request.param == "text" and COMPILER is None:
        pytest.skip("there is no C++ compiler: install g++")
    found: list[str] = []
    launch = RawKernel.__call__

    def counted(self: RawKernel, *arguments: Any) -> None:
        found.append(self.name)
        launch(self, *arguments)

    with cupy_on_standin():
        monkeypatch.setattr(RawKernel, "__call__", counted)
        monkeypatch.setattr(RawKernel, "by_text", request.param == "text")
        yield found


CALLS: dict[str, tuple[tuple[int, ...], Callable[[torch.Tensor], torch.Tensor]]] = {
    "line": ((2, 3, 9), lambda x: F.max_pool1d(x, 3, 2, 1)),
    "image": ((2, 3, 7, 6), lambda x: F.max_pool2d(x, (3, 2), (2, 1), (1, 0))),
    "apart": ((2, 3, 8, 6), lambda x: F.max_pool2d(x, 2)),
    "dilated": ((1, 2, 9, 9), lambda x: F.max_pool2d(x, 3, 2, 1, dilation=2, ceil_mode=True)),
    "volume": ((1, 2, 5, 4, 6), lambda x: F.max_pool3d(x, 2, 1)),
    "sample": ((3, 7, 6), lambda x: F.max_pool2d(x, 3, 1, 1)),
    "average of a line": ((2, 3, 9), lambda x: F.avg_pool1d(x, 3, 2, 1)),
    "average": ((2, 3, 7, 6), lambda x: F.avg_pool2d(x, (3, 2), (2, 1), (1, 0))),
    "average of what is there": (
        (2, 3, 7, 6), lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
    ),
    "average of a volume": ((1, 2, 5, 4, 6), lambda x: F.avg_pool3d(x, 2, 1, divisor_override=3)),
    "a stride that is not taken": ((2, 3, 4, 5), lambda x: F.max_pool2d(x, 2, (1 << 31) - 1)),
    "a dilation that is not taken": ((2, 3, 4, 5), lambda x: F.max_pool2d(x, 1, 2, dilation=(1 << 31) - 1)),
    "average with a stride that is not taken": ((2, 3, 9), lambda x: F.avg_pool1d(x, 3, (1 << 31) - 1)),
    "even parts": ((2, 3, 8, 6), lambda x: F.adaptive_avg_pool2d(x, (4, 3))),
}  # fmt: skip


def _both_ways(call: Any, x: torch.Tensor, format: Any) -> list[tuple[torch.Tensor, tuple[int, ...]]]:
    """The result and the gradient on the CPU, and what strides they have where they are."""
    x = x.contiguous(memory_format=format).detach().requires_grad_()
    y = call(x)
    y.backward(torch.linspace(-1, 1, y.numel(), device=y.device).to(y.dtype).reshape(y.shape))
    return [(each.cpu(), each.stride()) for each in (y.detach(), x.grad)]


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_values_and_gradients(cuda_by: list[str], name: str, dtype: str) -> None:
    shape, call = CALLS[name]
    if dtype == "float16" and name == "average of a volume":
        pytest.skip("not implemented for halves")
    torch.manual_seed(0)
    x = torch.randint(-4, 5, shape).to(getattr(torch, dtype)) / 4  # with equal ones
    for format in (torch.contiguous_format, torch.channels_last)[: 2 if len(shape) == 4 else 1]:
        expected = _both_ways(call, x, format)
        del cuda_by[:]
        found = _both_ways(call, x.cuda(), format)
        assert [each.split("_")[1] for each in cuda_by] == ["window", "window"]
        for (one, strides), (other, wanted) in zip(found, expected, strict=True):
            assert strides == wanted
            torch.testing.assert_close(one, other)


@pytest.mark.usefixtures("cuda_by")
def test_nan_is_largest_and_the_last_of_them_is_found() -> None:
    nan, inf = float("nan"), float("inf")
    x = torch.tensor([[[1.0, nan, nan, 2.0, -inf, -inf]]])
    for options in ({}, {"kernel_size": 4, "stride": 1}, {"stride": 1, "padding": 1}):
        expected, found = (
            F.max_pool1d(each, **{"kernel_size": 2, "return_indices": True} | options) for each in (x, x.cuda())
        )
        torch.testing.assert_close(found[0].cpu(), expected[0], equal_nan=True)
        assert found[1].tolist() == expected[1].tolist()


def test_a_launch_each_way(cuda_by: list[str]) -> None:
    x = torch.randn(2, 3, 8, 8, device="cuda", requires_grad=True)
    del cuda_by[:]
    F.max_pool2d(x, 3, 2, 1).sum().backward()
    assert cuda_by == ["flambeau_window_largest_float32", "flambeau_window_backward_float32"]


@pytest.mark.parametrize("deterministic", [False, True])
def test_additions_along_a_dim(cuda_by: list[str], deterministic: bool) -> None:
    torch.manual_seed(0)
    try:
        torch.use_deterministic_algorithms(deterministic)
        for shape, size in (((7,), (9,)), ((3, 4), (5, 4)), ((2, 3, 4), (2, 5, 6))):
            for dim in range(len(shape)):
                target = torch.zeros(tuple(max(one, other) for one, other in zip(shape, size, strict=True)))
                index, source = torch.randint(0, target.shape[dim], shape), torch.randint(0, 9, shape).float()
                for turned in (False, True):
                    moved = target.cuda().mT.contiguous().mT if turned and len(shape) > 1 else target.cuda()
                    found = moved.scatter_add(dim, index.cuda(), source.cuda())
                    assert found.tolist() == target.scatter_add(dim, index, source).tolist()
    finally:
        torch.use_deterministic_algorithms(False)
    assert {each.split("_")[2] for each in cuda_by} == {"in" if deterministic else "along"}


@pytest.mark.usefixtures("cuda_by")
def test_other_dtypes_add_along_a_dim() -> None:
    for dtype in (torch.int64, torch.int32, torch.uint8, torch.float16, torch.complex64):
        target, index = torch.zeros(4, 3, dtype=dtype), torch.tensor([[0, 0, 3], [0, 1, 3]])
        source = torch.arange(6).reshape(2, 3).to(dtype)
        found = target.cuda().scatter_add(0, index.cuda(), source.cuda())
        assert found.tolist() == target.scatter_add(0, index, source).tolist()
    assert torch.zeros(3, device="cuda").scatter_add(0, torch.empty(0, dtype=torch.int64, device="cuda"),
                                                     torch.empty(0, device="cuda")).tolist() == [0, 0, 0]  # fmt: skip
