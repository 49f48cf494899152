"""What programs ask of devices and switch in PyTorch's libraries before they begin; right with a GPU and without."""

from __future__ import annotations

import warnings
from typing import Any

from ...programs import programs


def _chosen(t: Any) -> list[Any]:
    """The line by which PyTorch's tutorials choose a device."""
    there = t.accelerator.is_available()
    device = t.accelerator.current_accelerator().type if there else "cpu"
    return [there == (t.accelerator.device_count() > 0), t.ones(2, device=device).device.type == device]


def _refused_without(t: Any, call: Any) -> Any:
    """Whether a call is refused, or the accelerator is there."""
    try:
        call()
    except RuntimeError as error:
        return (
            str(error) == "Cannot access accelerator device when none is available."
            and not t.accelerator.is_available()
        )
    return t.accelerator.is_available()


def _precisions(t: Any) -> list[Any]:
    before, seen = t.get_float32_matmul_precision(), []
    try:
        for allowed in (True, False):
            t.backends.cuda.matmul.allow_tf32 = allowed
            seen.append((t.get_float32_matmul_precision(), t.backends.cuda.matmul.allow_tf32))
        for given in ("medium", "high", "highest"):
            t.set_float32_matmul_precision(given)
            seen.append(t.get_float32_matmul_precision())
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            t.set_float32_matmul_precision("exact")
        seen.append(
            (
                t.get_float32_matmul_precision(),
                str(caught[0].message)[:30] if caught else "exact is not one of 'highest',",
            )
        )
    finally:
        t.set_float32_matmul_precision(before)
    return seen


def _switches(t: Any) -> list[Any]:
    cudnn = t.backends.cudnn
    before = cudnn.benchmark
    with cudnn.flags(enabled=True, benchmark=not before, benchmark_limit=5, deterministic=True, allow_tf32=False):
        inside = (cudnn.enabled, cudnn.benchmark == (not before), cudnn.deterministic, cudnn.allow_tf32)
    cudnn.benchmark = before
    return [*inside, cudnn.benchmark == before]


programs("devices", {
    "chosen": (_chosen, [True, True]),
    "current": (lambda t: (t.accelerator.current_accelerator(check_available=True) is not None) == t.accelerator.is_available(), True),
    "index": (lambda t: [_refused_without(t, t.accelerator.current_device_index), _refused_without(t, t.accelerator.current_device_idx), _refused_without(t, lambda: t.accelerator.synchronize(0))], [True, True, True]),
    "memory": (lambda t: [t.cuda.memory_allocated(0) <= t.cuda.memory_reserved(0), (len(t.cuda.memory_stats(0)) > 0) == t.cuda.is_available(), t.cuda.empty_cache()], [True, True, None]),
    "precisions": (_precisions, [["high", True], ["highest", False], "medium", "high", "highest", ["highest", "exact is not one of 'highest',"]]),
    "switches": (_switches, [True, True, True, False, True]),
    "libraries": (lambda t: [isinstance(each, bool) for each in (t.backends.cudnn.is_available(), t.backends.mps.is_available(), t.backends.mps.is_built(), t.backends.cuda.is_built())] + [t.backends.cudnn.is_available() == (t.backends.cudnn.version() is not None)], [True] * 5),
})  # fmt: skip
