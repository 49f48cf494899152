"""Factories: the options that all of them take, in every combination with what one of them is told on its own."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import flambeau as torch
from flambeau._dispatch.factories import FACTORIES

PUBLIC = [name for name in FACTORIES if name[0] != "_"]
OWN: dict[str, tuple[Any, ...]] = {
    "empty_strided": ((2, 3), (3, 1)), "empty_permuted": ((2, 3), (0, 1)), "full": ((2, 3), 1.5), "scalar_tensor": (1.5,),
    "arange": (4,), "linspace": (0, 1, 3), "logspace": (0, 1, 3), "range": (3,), "eye": (2,), "tril_indices": (2, 2),
    "triu_indices": (2, 2), "randint": (5, (2, 3)), "randperm": (4,), "geometric": (0.5, (2, 3)), "full_like": (1.5,),
    "randint_like": (5,),
}  # fmt: skip


def _made(name: str, **options: Any) -> torch.Tensor:
    first = (torch.zeros(2, 3),) if name.endswith("_like") else ()
    own = OWN.get(name, () if first else (2, 3))
    if name in ("exponential", "cauchy", "log_normal"):
        options["size"] = (2, 3)
        own = ()
    made: torch.Tensor = getattr(torch, name)(*first, *own, **options)
    return made


@pytest.mark.parametrize("name", PUBLIC)
@pytest.mark.filterwarnings("ignore:torch.range is deprecated")
class TestOptions:
    def test_dtype_device_and_grad(self, name: str) -> None:
        dtype = torch.int32 if name.startswith("tri") else torch.float64
        made = _made(name, dtype=dtype, device="cpu", pin_memory=False)
        assert (made.dtype, made.device, made.requires_grad, made.is_leaf) == (dtype, torch.device("cpu"), False, True)
        if dtype is torch.float64:
            assert _made(name, dtype=dtype, requires_grad=True).requires_grad
        with pytest.raises(
            RuntimeError, match="Only Tensors of floating point and complex dtype can require gradients"
        ):
            _made("tril_indices" if name.startswith("tri") else "ones", dtype=torch.int32, requires_grad=True)

    def test_what_is_no_option(self, name: str) -> None:
        with pytest.raises(TypeError, match="got an unexpected keyword argument 'colour'"):
            _made(name, colour=1)
        with pytest.raises(TypeError, match="dtype must be a torch.dtype, not str"):
            _made(name, dtype="float32")
        with pytest.raises((NotImplementedError, RuntimeError), match=r"sparse|blocksize"):
            _made(name, layout=torch.sparse_bsr)

    def test_out(self, name: str) -> None:
        if "out" not in inspect.signature(getattr(torch, name)).parameters:
            with pytest.raises(TypeError, match="got an unexpected keyword argument 'out'"):
                _made(name, out=torch.zeros(1))
            return
        target = torch.zeros(2, 3, dtype=torch.float64)
        target.resize_(_made(name).shape)
        assert _made(name, out=target) is target
        with pytest.raises(RuntimeError, match=r"dtype Float does not match dtype of out parameter \(Double\)"):
            _made(name, out=target, dtype=torch.float32)

    def test_the_signature_shows_its_options(self, name: str) -> None:
        shown = inspect.signature(getattr(torch, name)).parameters
        assert {"dtype", "layout", "device", "requires_grad", "pin_memory"} <= set(shown)
        assert not {"type_of", "type_", "order", "shape"} & set(shown)
        assert ("memory_format" in shown) == (name.endswith("_like") or name == "empty")


def test_sizes_are_given_in_three_ways() -> None:
    for factory in (torch.zeros, torch.ones, torch.empty, torch.rand, torch.randn):
        assert factory(2, 3).shape == factory((2, 3)).shape == factory([2, 3]).shape == factory(size=(2, 3)).shape
        with pytest.raises(RuntimeError, match="negative"):
            factory(2, -3)
