"""What programs ask of devices and switch in PyTorch's libraries before they begin; right with a GPU and without."""

from __future__ import annotations

import warnings
from typing import Any

from ...programs import programs, refusals


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


def _ways_of_attention(t: Any) -> list[Any]:
    """What is allowed at first, when each is not, in a block with one, in a block of the older kind, and behind both."""
    cuda = t.backends.cuda
    names = ("flash", "mem_efficient", "math", "cudnn")

    def allowed() -> list[bool]:
        return [getattr(cuda, f"{name}_sdp_enabled")() for name in names]

    seen = [allowed()]
    for name in names:
        getattr(cuda, f"enable_{name}_sdp")(False)
        seen.append(allowed())
        getattr(cuda, f"enable_{name}_sdp")(True)
    with t.nn.attention.sdpa_kernel(t.nn.attention.SDPBackend.MATH):
        seen.append(allowed())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with cuda.sdp_kernel(enable_flash=False, enable_math=False, enable_cudnn=False):
            seen.append(allowed())
        with cuda.sdp_kernel(enable_mem_efficient=False):
            seen.append(allowed())
    return [*seen, allowed(), [each.category.__name__ for each in caught]]


def _kept_precisions(t: Any) -> list[Any]:
    matmul = t.backends.cuda.matmul
    seen: list[Any] = []
    names = (
        "allow_fp16_reduced_precision_reduction",
        "allow_bf16_reduced_precision_reduction",
        "allow_fp16_accumulation",
    )
    for name in names:
        before = getattr(matmul, name)
        setattr(matmul, name, not before)
        seen.append((before, getattr(matmul, name)))
        setattr(matmul, name, before)
    before = matmul.fp32_precision
    matmul.fp32_precision = "ieee"
    seen.append((matmul.fp32_precision, t.backends.fp32_precision, t.version.hip, t.version.debug))
    matmul.fp32_precision = before
    return seen


def _modules_of_devices(t: Any) -> list[Any]:
    """That the module of a device can do what programs ask of either."""
    there = t.get_device_module()
    seen = [there is (t.cuda if t.accelerator.is_available() else t.cpu)]
    seen += [t.get_device_module(each) is t.cpu for each in ("cpu", t.device("cpu"))]
    return [*seen, t.get_device_module("cuda:0") is t.cuda, there.is_available(), there.device_count() > 0]


def _cpu(t: Any) -> list[Any]:
    cpu, event, side = t.cpu, t.cpu.Event(), t.cpu.Stream(priority=0)
    waits = [
        side.wait_stream(cpu.current_stream()),
        side.record_event(),
        side.wait_event(event),
        cpu.set_device(0),
        cpu.synchronize(0),
    ]
    waits += [event.record(side), event.wait(side), event.synchronize()]
    with cpu.stream(side):
        within = [cpu.current_stream("cpu") is side]
        with cpu.StreamContext(None):
            within.append(cpu.current_stream() is side)
    return [
        waits.count(None),
        *within,
        cpu.current_stream() is side,
        event.query(),
        cpu.is_initialized(),
        cpu.device_count(),
        cpu.current_device(),
    ]


programs("devices", {
    "modules-of-devices": (_modules_of_devices, [True] * 6),
    "cpu": (_cpu, [8, True, True, False, True, True, 1, "cpu"]),
    "ways-of-attention": (_ways_of_attention, [
        [True, True, True, True], [False, True, True, True], [True, False, True, True], [True, True, False, True], [True, True, True, False],
        [False, False, True, False], [False, True, False, False], [True, False, True, True], [True, True, True, True], ["FutureWarning"] * 2,
    ]),
    "kept-precisions": (_kept_precisions, [[True, False], [True, False], [False, True], ["ieee", "none", None, False]]),
    "chosen": (_chosen, [True, True]),
    "current": (lambda t: (t.accelerator.current_accelerator(check_available=True) is not None) == t.accelerator.is_available(), True),
    "index": (lambda t: [_refused_without(t, t.accelerator.current_device_index), _refused_without(t, t.accelerator.current_device_idx), _refused_without(t, lambda: t.accelerator.synchronize(0))], [True, True, True]),
    "memory": (lambda t: [t.cuda.memory_allocated(0) <= t.cuda.memory_reserved(0), (len(t.cuda.memory_stats(0)) > 0) == t.cuda.is_available(), t.cuda.empty_cache()], [True, True, None]),
    "precisions": (_precisions, [["high", True], ["highest", False], "medium", "high", "highest", ["highest", "exact is not one of 'highest',"]]),
    "switches": (_switches, [True, True, True, False, True]),
    "libraries": (lambda t: [isinstance(each, bool) for each in (t.backends.cudnn.is_available(), t.backends.mps.is_available(), t.backends.mps.is_built(), t.backends.cuda.is_built())] + [t.backends.cudnn.is_available() == (t.backends.cudnn.version() is not None)], [True] * 5),
})  # fmt: skip

refusals("devices", {
    "module-of-a-number": (lambda t: t.get_device_module(0), RuntimeError, "Invalid value of device '0', expect torch.device, str, or None"),
    "attention-by-a-text": (lambda t: t.backends.cuda.enable_flash_sdp("no"), RuntimeError, "expects a bool, but got str"),
    "unknown-precision": (lambda t: setattr(t.backends.cuda.matmul, "fp32_precision", "exact"), RuntimeError, "Unknown precision: exact"),
    "unknown-switch": (lambda t: setattr(t.backends.cuda.matmul, "allow_all", True), AttributeError, "allow_all"),
})  # fmt: skip
