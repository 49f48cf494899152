"""What the driver's management library tells, by a pretend package nvidia-ml-py on the stand-in."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

import flambeau as torch
from standin_backend import cupy_on_standin

ANSWERS = {
    "utilization": 12, "memory_usage": 34, "device_memory_used": 5 << 20, "temperature": 56,
    "power_draw": 7800, "clock_rate": 910,
}  # fmt: skip


def _processes(handle: bytes) -> list[SimpleNamespace]:
    """One, whose number is that of the bus."""
    return [SimpleNamespace(pid=int(handle[9:11], 16), usedGpuMemory=3 << 20)]


def _library() -> SimpleNamespace:
    return SimpleNamespace(
        nvmlInit=lambda: None,
        nvmlDeviceGetHandleByPciBusId=lambda bus: bus,
        nvmlDeviceGetUtilizationRates=lambda handle: SimpleNamespace(gpu=12, memory=34),
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(used=5 << 20),
        nvmlDeviceGetTemperature=lambda handle, sensor: 56,
        nvmlDeviceGetPowerUsage=lambda handle: 7800,
        nvmlDeviceGetClockInfo=lambda handle, domain: 910,
        nvmlDeviceGetComputeRunningProcesses=_processes,
    )


def test_the_library_is_asked_of_the_visible_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", _library())
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,1")
    with cupy_on_standin(3):
        assert {name: getattr(torch.cuda, name)(0) for name in ANSWERS} == ANSWERS
        assert torch.cuda.list_gpu_processes() == "GPU:0\nprocess          2 uses        3.000 MB GPU memory"
        assert "process          1 uses" in torch.cuda.list_gpu_processes("cuda:1")


@pytest.mark.usefixtures("two")
def test_without_the_package_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    for name in ANSWERS:
        with pytest.raises(ModuleNotFoundError, match="pip install nvidia-ml-py"):
            getattr(torch.cuda, name)()
    assert torch.cuda.list_gpu_processes() == "pynvml module not found, please install nvidia-ml-py"
