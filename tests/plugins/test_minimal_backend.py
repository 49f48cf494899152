from __future__ import annotations

import subprocess
import sys

import pytest

import flambeau_minimal.plugin
from flambeau.backend import API_VERSION, OPTIONAL, REQUIRED, KernelTable
from flambeau_minimal.backend import MinimalBackend
from flambeau_minimal.storage import MinimalArray


def test_it_has_exactly_the_required_kernels() -> None:
    kernels = MinimalBackend().kernels(0)
    assert set(kernels) == set(REQUIRED)
    table = KernelTable(kernels, "minimal")
    assert all(getattr(table, name) is None for name in OPTIONAL)


def test_every_kernel_has_its_own_name() -> None:
    assert {name: kernel.__name__ for name, kernel in MinimalBackend().kernels(0).items()} == {
        name: name for name in REQUIRED
    }


def test_it_is_built_for_this_version_of_the_seam() -> None:
    assert MinimalBackend.api_version == API_VERSION


def test_the_plugin_registers_the_backend() -> None:
    registered = {}

    class Context:
        def register(self, name: str, **options: object) -> None:
            registered[name] = options

    flambeau_minimal.plugin.flambeau_register_backends(Context())  # type: ignore[arg-type]
    factory = registered["minimal"].pop("factory")
    assert registered == {"minimal": {"device_type": "minimal", "api_version": 1}}
    assert isinstance(factory(), MinimalBackend)


def test_it_has_two_devices_and_aliasing_views() -> None:
    backend = MinimalBackend()
    assert backend.device_count() == 2
    assert backend.current_device() == 0
    assert backend.capabilities.views == "alias"
    assert backend.capabilities.dtypes == {
        "bool", "uint8", "int8", "int16", "int32", "int64", "float32", "float64",
    }  # fmt: skip


def test_arrays_know_their_device(minimal, other_device) -> None:
    assert minimal.kernels.empty((2,), "int64").device == 0
    assert other_device.kernels.arange(0, 1, 3, "int64").device == 1


def test_copy_between_devices_shares_no_memory(minimal, other_device) -> None:
    here = minimal.array([[1, 2], [3, 4]])
    there = minimal.backend.copy_from(minimal.backend, minimal.kernels.permute(here, (1, 0)), 1)
    other_device.kernels.copy_into(there, other_device.kernels.full((), 9.0, "float32"))
    assert (there.device, minimal.list(there)) == (1, [[9, 9], [9, 9]])
    assert minimal.list(here) == [[1, 2], [3, 4]]


def test_copy_from_another_backend_is_left_to_the_host(minimal) -> None:
    assert minimal.backend.copy_from(MinimalBackend(), minimal.array([1]), 0) is None


def test_strides_offset_and_address_of_a_view(minimal) -> None:
    backend, base = minimal.backend, minimal.kernels.arange(0, 1, 12, "int32")
    part = minimal.kernels.slice(minimal.kernels.reshape(base, (3, 4)), (1, 1), (2, 2), (1, 2))
    assert backend.strides(part) == (4, 2)
    assert backend.storage_offset(part) == 5
    assert backend.data_ptr(part) - backend.data_ptr(base) == 5 * 4


def test_repr_shows_values_and_device(minimal) -> None:
    text = "MinimalArray([1, 2], shape=(2,), dtype='int8', device='minimal:0')"
    assert repr(minimal.array([1, 2], "int8")) == text


def test_what_it_lacks_is_refused_by_name(minimal) -> None:
    with pytest.raises(NotImplementedError, match=r"backend 'minimal' does not support numpy\(\)"):
        minimal.backend.to_numpy(minimal.array([1]))


@pytest.mark.parametrize(
    ("program", "absent"),
    [
        ("import flambeau_minimal.plugin", {"flambeau_minimal.backend", "flambeau_minimal.storage"}),
        (
            "from flambeau_minimal.backend import MinimalBackend; MinimalBackend().kernels(0)",
            {"numpy", "scipy", "cupy", "torch"},
        ),
    ],
)
def test_what_is_not_imported(program, absent) -> None:
    program += "\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not absent & set(done.stdout.split())


def test_an_array_is_no_larger_than_its_slots() -> None:
    assert not hasattr(MinimalArray.__new__(MinimalArray), "__dict__")
