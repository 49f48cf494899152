"""A machine without a CUDA device: what is quick and says so, what does nothing, and the one error of everything else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

import flambeau as torch
from flambeau.errors import DeviceUnavailableError
from standin_backend import cupy_on_standin

pytestmark = pytest.mark.usefixtures("none")

cuda, accelerator = torch.cuda, torch.accelerator


def test_it_is_said() -> None:
    assert (cuda.is_available(), cuda.device_count(), cuda.is_initialized()) == (False, 0, False)
    assert (accelerator.is_available(), accelerator.device_count(), accelerator.current_accelerator()) == (
        False, 0, None,
    )  # fmt: skip
    assert (cuda.is_bf16_supported(), cuda.is_tf32_supported(), cuda.get_arch_list(), cuda.get_gencode_flags()) == (
        False, False, [], "",
    )  # fmt: skip
    assert (cuda.default_generators, cuda.is_current_stream_capturing()) == ((), False)
    assert torch.device("cuda:1").index == 1


def test_what_counts_counts_nothing_and_what_may_do_nothing_does_nothing() -> None:
    for count in (cuda.memory_allocated, cuda.max_memory_allocated, cuda.memory_reserved, cuda.max_memory_reserved):
        assert count() == count(0) == count("cuda:3") == 0
    assert cuda.memory_stats() == cuda.memory_stats_as_nested_dict() == {}
    for call in (
        cuda.empty_cache, lambda: cuda.manual_seed(1), lambda: cuda.manual_seed_all(1), cuda.seed, cuda.seed_all,
        lambda: cuda.set_stream(None), lambda: cuda.set_device(-1), lambda: cuda.set_rng_state_all([]),
    ):  # fmt: skip
        assert call() is None
    assert cuda.get_rng_state_all() == []
    with cuda.device(None), cuda.device(-1), cuda.device_of(torch.ones(1)), cuda.stream(None), cuda.StreamContext(None):
        assert torch.ones(1).tolist() == [1]
    with accelerator.device_index(None):
        assert torch.ones(1).tolist() == [1]


REFUSED: dict[str, Callable[[], Any]] = {
    "ones": lambda: torch.ones(1, device="cuda"),
    "number": lambda: torch.ones(1, device=0),
    "to": lambda: torch.ones(1).to("cuda:1"),
    "tensor": lambda: torch.ones(1).cuda(),
    "module": lambda: torch.nn.Linear(1, 1).cuda(),
    "generator": lambda: torch.Generator("cuda"),
    "block": lambda: torch.device("cuda").__enter__(),
    "default": lambda: torch.set_default_device("cuda"),
    "init": cuda.init,
    "current_device": cuda.current_device,
    "set_device": lambda: cuda.set_device(0),
    "device": lambda: cuda.device(0).__enter__(),
    "get_device_name": cuda.get_device_name,
    "get_device_properties": cuda.get_device_properties,
    "get_device_capability": lambda: cuda.get_device_capability(0),
    "can_device_access_peer": lambda: cuda.can_device_access_peer(0, 1),
    "synchronize": cuda.synchronize,
    "ipc_collect": cuda.ipc_collect,
    "mem_get_info": cuda.mem_get_info,
    "memory_summary": cuda.memory_summary,
    "reset_peak_memory_stats": cuda.reset_peak_memory_stats,
    "reset_accumulated_memory_stats": cuda.reset_accumulated_memory_stats,
    "set_per_process_memory_fraction": lambda: cuda.set_per_process_memory_fraction(0.5),
    "get_per_process_memory_fraction": cuda.get_per_process_memory_fraction,
    "Stream": cuda.Stream,
    "ExternalStream": lambda: cuda.ExternalStream(1),
    "Event": cuda.Event,
    "current_stream": cuda.current_stream,
    "default_stream": cuda.default_stream,
    "CUDAGraph": cuda.CUDAGraph,
    "graph": lambda: cuda.graph(None),  # type: ignore[arg-type]
    "graph_pool_handle": cuda.graph_pool_handle,
    "make_graphed_callables": lambda: cuda.make_graphed_callables(torch.relu, (torch.ones(1),)),
    "set_sync_debug_mode": lambda: cuda.set_sync_debug_mode("often"),
    "get_sync_debug_mode": cuda.get_sync_debug_mode,
    "any Stream": lambda: torch.Stream("cuda"),
    "any Event": lambda: torch.Event("cuda"),
    "initial_seed": cuda.initial_seed,
    "get_rng_state": cuda.get_rng_state,
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_one_error_says_what_is_missing_and_what_to_install(name: str) -> None:
    """It is what PyTorch raises without CUDA, an AssertionError, and what it raises without a driver, a RuntimeError."""
    with pytest.raises(
        DeviceUnavailableError, match=r"^CUDA is not available: .* pip install 'flambeau\[cuda12\]'"
    ) as raised:
        REFUSED[name]()
    assert isinstance(raised.value, AssertionError)
    assert isinstance(raised.value, RuntimeError)


@pytest.mark.parametrize("name", ["range_push", "mark", "range_start"])
def test_there_are_no_marks(name: str) -> None:
    with pytest.raises(RuntimeError, match="NVTX functions not installed: CUDA is not available"):
        getattr(cuda.nvtx, name)("a")


def test_typed_classes_say_what_is_missing() -> None:
    for call in (lambda: cuda.FloatTensor(2), lambda: torch.set_default_tensor_type(cuda.FloatTensor)):
        with pytest.raises(TypeError, match=r"type torch.cuda.FloatTensor not available\. CUDA is not available"):
            call()
    assert not isinstance(torch.ones(1), cuda.FloatTensor)
    assert (cuda.FloatTensor.dtype, cuda.FloatTensor.is_cuda, torch.FloatTensor.is_cuda) == (torch.float32, True, False)
    assert repr(cuda.FloatTensor) == "<class 'torch.cuda.FloatTensor'>"


@pytest.mark.parametrize(
    "call",
    [
        accelerator.current_device_index, lambda: accelerator.set_device_index(0), accelerator.current_stream,
        accelerator.synchronize, accelerator.empty_cache, accelerator.empty_host_cache, accelerator.get_memory_info,
        accelerator.memory_allocated, accelerator.max_memory_allocated, accelerator.memory_reserved,
        accelerator.max_memory_reserved, accelerator.memory_stats, accelerator.reset_peak_memory_stats,
        accelerator.reset_accumulated_memory_stats, accelerator.get_device_capability, accelerator.Graph,
        lambda: accelerator.device_index(0).__enter__(),
    ],
)  # fmt: skip
def test_there_is_no_accelerator(call: Callable[[], Any]) -> None:
    with pytest.raises(RuntimeError, match=r"^Cannot access accelerator device when none is available\.$"):
        call()


def _asked(program: str, **environment: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_to_ask_does_not_import_cupy() -> None:
    """It takes a second, and on a machine without a driver it could only say what the driver's absence says."""
    program = "import sys, flambeau as torch; print(torch.cuda.is_available(), torch.cuda.device_count(), 'cupy' in sys.modules)"
    assert _asked(program) == "False 0 False"


MISSING = """
import ctypes, importlib.util, sys
import flambeau as torch
import flambeau_cupy._presence as presence
{change}
try:
    torch.ones(1, device="cuda")
except RuntimeError as error:
    print(error)
"""

INSTALLED = "presence.find_spec = lambda name: name"
"""Whether it is does not matter to what is asked after that."""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("presence.find_spec = lambda name: None", "the package CuPy is not installed"),
        (
            "from flambeau_cupy import plugin; plugin.check_presence = lambda: None; sys.modules['cupy'] = None",
            "the package CuPy is installed, and cannot be imported (import of cupy halted",
        ),
        (
            INSTALLED + "; presence._DRIVER = 'libnothing.so'",
            "NVIDIA's driver is missing, or too old for this CuPy (libnothing.so cannot",
        ),
        (
            INSTALLED + "; ctypes.CDLL = lambda name: type('_', (), {'cuInit': lambda self, flags: 100})()",
            "shows no device (it finds none)",
        ),
    ],
)  # fmt: skip
def test_each_of_the_three_is_named(change: str, words: str) -> None:
    found = _asked(MISSING.format(change=change))
    assert found.startswith(
        f"CUDA is not available: {words}" if "shows" not in words else "CUDA is not available: the driver "
    )
    assert words in found
    assert "pip install 'flambeau[cuda12]' or pip install 'flambeau[cuda13]'" in found


def test_devices_that_come_are_found() -> None:
    """Nothing is remembered of the first answer."""
    assert not cuda.is_available()
    with cupy_on_standin(1):
        assert cuda.is_available()
        assert torch.ones(1, device="cuda").tolist() == [1]
    assert not cuda.is_available()
