"""What the driver's management library tells of a CUDA device, whoever uses it: how busy, how warm, how much memory.

The package nvidia-ml-py reads that library; nothing else in flambeau needs it.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from ._places import place_of
from .devices import get_device_properties

__all__ = [
    "clock_rate", "device_memory_used", "list_gpu_processes", "memory_usage", "power_draw", "temperature", "utilization",
]  # fmt: skip


def _asked(question: Callable[[Any, Any], Any], device: Any) -> Any:
    """What the library says of a device, which it knows by its place on the bus: its own numbers know nothing of hidden devices.

    Raises:
        ModuleNotFoundError: nvidia-ml-py is not installed.
        RuntimeError: there is no device.
    """
    try:
        library: Any = importlib.import_module("pynvml")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "nvidia-ml-py does not seem to be installed or it can't be imported: pip install nvidia-ml-py"
        ) from error
    found = get_device_properties(place_of(device).index)
    if found.pci_bus_id is None:
        raise place_of(device).backend.lacks("places of its devices on the bus")
    library.nvmlInit()
    bus = f"{found.pci_domain_id or 0:08X}:{found.pci_bus_id:02X}:{found.pci_device_id or 0:02X}.0"
    return question(library, library.nvmlDeviceGetHandleByPciBusId(bus.encode()))


def utilization(device: Any = None) -> int:
    """The percentage of the last moments in which the device computed. Source of the semantics: ``torch.cuda.utilization``.

    Raises:
        ModuleNotFoundError: nvidia-ml-py is not installed.
        RuntimeError: there is no device.
    """
    return int(_asked(lambda library, handle: library.nvmlDeviceGetUtilizationRates(handle).gpu, device))


def memory_usage(device: Any = None) -> int:
    """The percentage of the last moments in which the device read or wrote memory. Source: ``torch.cuda.memory_usage``.

    Raises:
        ModuleNotFoundError: nvidia-ml-py is not installed.
        RuntimeError: there is no device.
    """
    return int(_asked(lambda library, handle: library.nvmlDeviceGetUtilizationRates(handle).memory, device))


def device_memory_used(device: Any = None) -> int:
    """The bytes of the device that are taken, by whomever. Source of the semantics: ``torch.cuda.device_memory_used``.

    Raises:
        ModuleNotFoundError: nvidia-ml-py is not installed.
        RuntimeError: there is no device.
    """
    return int(_asked(lambda library, handle: library.nvmlDeviceGetMemoryInfo(handle).used, device))


def temperature(device: Any = None) -> int:
    """How warm the device is, in degrees Celsius. Source of the semantics: ``torch.cuda.temperature``.

    Raises:
        ModuleNotFoundError: nvidia-ml-py is not installed.
        RuntimeError: there is no device.
    """
    return int(_asked(lambda library, handle: library.nvmlDeviceGetTemperature(handle, 0), device))


def power_draw(device: Any = None) -> int:
    """The power that the device draws, in milliwatts. Source of the semantics: ``torch.cuda.power_draw``.

    Raises:
        ModuleNotFoundError: nvidia-ml-py is not installed.
        RuntimeError: there is no device.
    """
    return int(_asked(lambda library, handle: library.nvmlDeviceGetPowerUsage(handle), device))


def clock_rate(device: Any = None) -> int:
    """The clock of the device's processors, in megahertz. Source of the semantics: ``torch.cuda.clock_rate``.

    Raises:
        ModuleNotFoundError: nvidia-ml-py is not installed.
        RuntimeError: there is no device.
    """
    return int(_asked(lambda library, handle: library.nvmlDeviceGetClockInfo(handle, 1), device))


def list_gpu_processes(device: Any = None) -> str:
    """The processes that take memory of the device, a line each. Source of the semantics: ``torch.cuda.list_gpu_processes``.

    Without nvidia-ml-py the text says so.

    Raises:
        RuntimeError: there is no device.
    """
    try:
        found = _asked(lambda library, handle: library.nvmlDeviceGetComputeRunningProcesses(handle), device)
    except ModuleNotFoundError:
        return "pynvml module not found, please install nvidia-ml-py"
    lines = [f"GPU:{place_of(device).index}"]
    lines += [
        f"process {each.pid:>10d} uses {(each.usedGpuMemory or 0) / (1 << 20):>12.3f} MB GPU memory" for each in found
    ]
    return "\n".join(lines if found else [*lines, "no processes are running"])
