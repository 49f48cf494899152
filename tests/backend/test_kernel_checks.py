"""The mode that checks what kernels give back: every kernel has a promise, and what breaks one is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import flambeau
from flambeau.backend import OPTIONAL, REQUIRED, BackendRegistration, registry, selection
from flambeau.backend.promises import PROMISES
from flambeau.backend.table import GROUPS
from flambeau.errors import KernelContractError
from flambeau_minimal.backend import MinimalBackend
from flambeau_minimal.storage import MinimalArray
from installed import run_python

Kernels = dict[str, Callable[..., Any]]
Plant = Callable[..., None]


def test_every_kernel_has_a_promise() -> None:
    assert set(PROMISES) == {*REQUIRED, *OPTIONAL, *(name for names in GROUPS.values() for name in names)}


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Plant]:
    """Choose a backend of which one kernel is another's, with the checks on."""
    plugins = registry.plugin_manager()

    def use(name: str, fault: Callable[[Kernels], Callable[..., Any]], **members: Any) -> None:
        class Planted(MinimalBackend):
            name = device_type = "planted"

            def kernels(self, device: int) -> Kernels:
                own = super().kernels(device)
                return own | {name: fault(own)}

        for member, value in members.items():
            setattr(Planted, member, value)
        entry = BackendRegistration("planted", "planted", 1, Planted, "minimal")
        monkeypatch.setattr(plugins, "registrations", [*plugins.registrations, entry])
        monkeypatch.setenv("FLAMBEAU_CHECK_KERNELS", "1")
        flambeau.set_default_backend("planted")

    yield use
    flambeau.set_default_backend(None)
    registry._backends.pop("planted", None)
    for place in [place for place in selection._places if place[0] == "planted"]:
        del selection._places[place]


def _bare(array: Any) -> Any:
    """An array that tells nothing but its shape."""
    return SimpleNamespace(shape=array.shape)


FAULTS: dict[str, tuple[str, Callable[[Kernels], Any], Callable[[Any], Any], str]] = {
    "another dtype": (
        "exp", lambda own: lambda a: own["cast"](own["exp"](a), "float64"), lambda x: x.exp(),
        "the kernel exp(a=float32[2, 3]) gave an array of float64 with the shape (2, 3); expected an array of float32",
    ),
    "a float": (
        "sum", lambda own: lambda a, dims, keepdim: 6.0, lambda x: x.sum(),
        "sum(a=float32[2, 3], dims=[0, 1], keepdim=False) gave the float 6.0; expected an array of float32 with the shape ()",
    ),
    "None": (
        "cumsum", lambda own: lambda a, dim: None, lambda x: x.cumsum(0),
        "the kernel cumsum(a=float32[2, 3], dim=0) gave None; expected an array of float32 with the shape (2, 3)",
    ),
    "another shape": (
        "argmax", lambda own: lambda a, dim, keepdim: own["argmax"](a, dim, False), lambda x: x.argmax(1, keepdim=True),
        "gave an array of int64 with the shape (2,); expected an array of int64 with the shape (2, 1)",
    ),
    "a list of sizes": (
        "neg", lambda own: lambda a: SimpleNamespace(shape=[2, 3]), lambda x: -x,
        "the kernel neg(a=float32[2, 3]) gave the SimpleNamespace namespace(shape=[2, 3]); expected an array",
    ),
    "numbers for truth values": (
        "lt", lambda own: lambda a, b: own["cast"](own["lt"](a, b), "uint8"), lambda x: x < x,
        "gave an array of uint8 with the shape (2, 3); expected an array of bool with the shape (2, 3)",
    ),
    "indices of 32 bits": (
        "sort", lambda own: lambda *given: (own["sort"](*given)[0], own["cast"](own["sort"](*given)[1], "int32")),
        lambda x: x.sort(), "expected number 1 to be an array of int64 with the shape (2, 3)",
    ),
    "a list for a tuple": (
        "sort", lambda own: lambda *given: list(own["sort"](*given)), lambda x: x.sort(), "expected a tuple of 2 arrays",
    ),
    "an argument": (
        "where", lambda own: lambda condition, a, b: a, lambda x: flambeau.where(x > 0, x, x),
        "expected an array of float32 with the shape (2, 3) that is none of its arguments",
    ),
    "something for nothing": (
        "copy_into", lambda own: lambda target, source: own["copy_into"](target, source) or target,
        lambda x: x.copy_(x + 1), "expected None, because it writes into an argument",
    ),
    "a shape that depends on values": (
        "nonzero", lambda own: lambda a: own["permute"](own["nonzero"](a), (1, 0)), lambda x: (x > 1).nonzero(),
        "expected an array of int64 with the shape (any, 2)",
    ),
    "too few bytes": (
        "to_host", lambda own: lambda a: bytes(own["to_host"](a))[:-1], lambda x: x.tolist(), "expected 24 bytes",
    ),
    "no bytes": ("to_host", lambda own: lambda a: [1.0], lambda x: x.tolist(), "expected a memoryview, bytes or a bytearray"),
    "no Python number": ("item", lambda own: lambda a: [2.0], lambda x: x[0, 0].item(), "expected a Python number"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "fault", "call", "message"), FAULTS.values(), ids=list(FAULTS))
def test_what_breaks_a_promise_is_named(
    name: str, fault: Callable[[Kernels], Any], call: Callable[[Any], Any], message: str, plant: Plant
) -> None:
    plant(name, fault)
    x = flambeau.ones(2, 3) * 2
    with pytest.raises(KernelContractError) as caught:
        call(x)
    assert (caught.value.backend, caught.value.kernel) == ("planted", name)
    assert str(caught.value).startswith("backend 'planted': the kernel ")
    assert message in str(caught.value)
    assert not isinstance(caught.value, RuntimeError)


def test_arrays_that_do_not_tell_their_dtype_are_judged_by_their_bytes(plant: Plant) -> None:
    plant("exp", lambda own: lambda a: own["cast"](own["exp"](a), "float64"), dtype_name=lambda self, array: None)
    x = flambeau.ones(2, 3)
    assert x.sin().shape == (2, 3)
    with pytest.raises(KernelContractError, match=r"exp\(a=array\[2, 3\]\) gave an array with the shape \(2, 3\)"):
        x.exp()


def test_what_a_kernel_raises_names_it(plant: Plant) -> None:
    plant("matmul", lambda own: lambda a, b: 1 // 0)
    x = flambeau.ones(2, 3)
    with pytest.raises(ZeroDivisionError) as caught:
        x @ x.t()
    (note,) = caught.value.__notes__
    assert note == "raised by the kernel matmul(a=float32[2, 3], b=float32[3, 2]) of the backend 'planted'"


def test_ufuncs_may_give_scalars_but_not_of_another_dtype(plant: Plant) -> None:
    def ufuncs(self: Any, device: int) -> Any:
        return {"exp": lambda a: 2.0, "sin": lambda a: "nothing"}

    def as_array(self: Any, value: Any) -> Any:
        dtype = "float64" if isinstance(value, float) else "bool"
        return self.kernels(0)["full"]((), bool(value), dtype)

    plant("neg", lambda own: own["neg"], ufuncs=ufuncs, as_array=as_array, array_class=MinimalArray)
    with pytest.raises(
        KernelContractError, match=r"exp\(a=float32\[\]\) gave the float 2.0; expected an array of float32"
    ):
        flambeau.tensor(1.0).exp()
    with pytest.raises(
        KernelContractError, match=r"sin\(a=float32\[\]\) gave the str 'nothing'; expected an array of float32"
    ):
        flambeau.tensor(1.0).sin()


PLACE = """
import flambeau
print(type(flambeau.ones(2)._type.kernels.add).__name__, flambeau.ones(2)._type.kernels.add.__name__)
import sys; print("flambeau.backend.checking" in sys.modules, "flambeau.backend.promises" in sys.modules)
"""


def test_switched_off_nothing_is_wrapped_or_imported(tmp_path: Any) -> None:
    for value in ("", "0"):
        printed = run_python(tmp_path, "-c", PLACE, FLAMBEAU_CHECK_KERNELS=value)
        assert "checked_kernel" not in printed
        assert printed.endswith("False False\n")
    assert "checked_kernel\nTrue True" in run_python(tmp_path, "-c", PLACE, FLAMBEAU_CHECK_KERNELS="1")


@pytest.mark.parametrize("backend", ["numpy", "minimal"])
def test_a_program_on_flambeaus_own_backends_passes(backend: str, tmp_path: Any) -> None:
    program = """
import flambeau as torch
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 2))
optimizer = torch.optim.Adam(model.parameters())
x = torch.randn(5, 3)
loss = torch.nn.functional.cross_entropy(model(x), x.argmax(1) % 2)
loss.backward()
optimizer.step()
values, indices = x.sort(dim=0, descending=True)
x[indices[0, 0]] = 1
print(torch.cat([x, values]).unique().shape[0] > 3, torch.ones(()).exp().item() > 2.7)
"""
    printed = run_python(tmp_path, "-c", program, FLAMBEAU_CHECK_KERNELS="1", FLAMBEAU_BACKEND=backend)
    assert printed == "True True\n"
