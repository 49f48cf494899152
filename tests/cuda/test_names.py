"""The names of ``torch.cuda`` and ``torch.accelerator`` beside PyTorch's: what there is, how it is called, what is left out."""

from __future__ import annotations

import inspect
import warnings
from types import ModuleType
from typing import Any

import pytest

import flambeau
from flambeau._left_out import LEFT_OUT

OURS = {name for names in LEFT_OUT.values() for name in names if name.startswith("cuda.")}

FEWER = {
    "Stream": ("kwargs",), "ExternalStream": ("kwargs",),
    "graph": ("enable_annotations", "check_input_liveness"),
}  # fmt: skip
"""Parameters that PyTorch has and flambeau has not: what they are for is left out."""

DIFFERENT = {"FloatTensor", "device", "device_of"}


def _names(module: ModuleType) -> list[str]:
    return [name for name in module.__all__ if not isinstance(getattr(module, name), ModuleType)]


@pytest.mark.oracle
@pytest.mark.parametrize("place", ["cuda", "cuda.nvtx", "accelerator"])
def test_every_name_is_there_or_left_out_with_a_reason(torch: ModuleType, place: str) -> None:
    theirs, ours = torch, flambeau
    for part in place.split("."):
        theirs, ours = getattr(theirs, part), getattr(ours, part)
    lacking = [name for name in theirs.__all__ if not hasattr(ours, name) and f"{place}.{name}" not in OURS]
    assert lacking == []
    twice = [name for name in theirs.__all__ if hasattr(ours, name) and f"{place}.{name}" in OURS]
    assert twice == []


@pytest.mark.oracle
@pytest.mark.parametrize("place", ["cuda", "cuda.nvtx", "accelerator"])
def test_functions_are_called_alike(torch: ModuleType, place: str) -> None:
    theirs, ours = torch, flambeau
    for part in place.split("."):
        theirs, ours = getattr(theirs, part), getattr(ours, part)
    compared = 0
    for name in _names(theirs):
        if not hasattr(ours, name) or name in DIFFERENT:
            continue
        wanted, found = _parameters(getattr(theirs, name)), _parameters(getattr(ours, name))
        if wanted is None or found is None:
            continue
        wanted = [each for each in wanted if each[0] not in FEWER.get(name, ())]
        assert found == wanted, name
        compared += 1
    assert compared >= {"cuda": 60, "cuda.nvtx": 6, "accelerator": 20}[place]


def _parameters(value: Any) -> list[tuple[str, Any, Any]] | None:
    if not (inspect.isfunction(value) or isinstance(value, type)) or isinstance(value, type(flambeau.FloatTensor)):
        return None
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    return [(each.name, each.default, each.kind) for each in signature.parameters.values()]


@pytest.mark.oracle
@pytest.mark.parametrize("name", ["Stream", "Event", "CUDAGraph"])
def test_classes_have_the_same_members(torch: ModuleType, name: str) -> None:
    left_out = {
        "Stream": {"priority_range"},
        "Event": {"from_ipc_handle", "ipc_handle"},
        "CUDAGraph": {"debug_dump", "enable_debug_mode", "get_graph_data", "raw_cuda_graph", "raw_cuda_graph_exec"},
    }[name]
    theirs = {member for member in dir(getattr(torch.cuda, name)) if not member.startswith("_")}
    ours = {member for member in dir(getattr(flambeau.cuda, name)) if not member.startswith("_")}
    assert theirs - ours <= left_out


@pytest.mark.oracle
def test_without_a_device_the_same_is_answered(torch: ModuleType) -> None:
    """What PyTorch answers, what it does nothing for, and what it refuses."""
    if flambeau.cuda.is_available() or torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    accidents = {  # errors of PyTorch's own names, where it has no CUDA, and of pynvml
        "ExternalStream", "MemPool", "is_current_stream_capturing", "memory_usage", "utilization", "temperature", "power_draw",
        "clock_rate", "device_memory_used", "list_gpu_processes", "reset_accumulated_memory_stats", "graphs",
    }  # fmt: skip
    compared = 0
    for name in _names(torch.cuda):
        theirs, ours = getattr(torch.cuda, name), getattr(flambeau.cuda, name, None)
        if ours is None or name in accidents or not (inspect.isfunction(theirs) or isinstance(theirs, type)):
            continue
        parameters = _parameters(theirs)
        if parameters is None or any(
            default is inspect.Parameter.empty and kind < 2 for _, default, kind in parameters
        ):
            continue
        with warnings.catch_warnings(action="ignore"):
            assert _outcome(ours) == _outcome(theirs), name
        compared += 1
    assert compared >= 40


def _outcome(call: Any) -> Any:
    try:
        found = call()
    except Exception:
        return "refused"
    return found if found is None or isinstance(found, (bool, int, str, list, dict)) else type(found).__name__
