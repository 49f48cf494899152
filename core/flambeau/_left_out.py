"""What PyTorch has and flambeau leaves out, with what a program does instead. It is read where a name is not found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["LEFT_OUT", "getattr_of", "missing"]

LEFT_OUT = {
    "programs run as they are written: leave it out": ("compile", "compiler"),
    "there is no TorchScript: call the module itself, and save its state_dict()": ("jit",),
    "there are no graphs of programs: save the state_dict(), which PyTorch loads and can export": ("export", "fx", "onnx"),
    "nothing chooses dtypes by itself: convert the module and its inputs, as by .to(torch.bfloat16)": (
        "amp", "autocast", "cuda.amp", "get_autocast_dtype", "is_autocast_enabled",
    ),
    "a program is one process that computes on one device at a time: use the module itself": (
        "cuda.comm", "cuda.nccl", "distributed", "nn.DataParallel", "nn.parallel",
    ),
    "Python's cProfile sees each operation": ("autograd.profiler", "profiler"),
    "no backend has such devices; `python -m flambeau plugins` lists the backends that are installed": ("mps", "xpu"),
    "CuPy's memory pool allocates: cupy.cuda.set_allocator and cupy.get_default_memory_pool() are its own ways": (
        "cuda.CUDAPluggableAllocator", "cuda.MemPool", "cuda.caching_allocator_alloc", "cuda.caching_allocator_delete",
        "cuda.caching_allocator_disabled", "cuda.caching_allocator_enable", "cuda.change_current_allocator",
        "cuda.get_allocator_backend", "cuda.host_memory_stats", "cuda.host_memory_stats_as_nested_dict", "cuda.memory_snapshot",
        "cuda.reset_accumulated_host_memory_stats", "cuda.reset_peak_host_memory_stats", "cuda.use_mem_pool",
        "cuda.memory.CUDAPluggableAllocator", "cuda.memory.MemPool", "cuda.memory.caching_allocator_alloc",
        "cuda.memory.caching_allocator_delete", "cuda.memory.change_current_allocator", "cuda.memory.get_allocator_backend",
        "cuda.memory.host_memory_stats", "cuda.memory.use_mem_pool",
    ),
    "torch.cuda.memory_summary() and memory_stats() tell what is in use and was": (
        "cuda.memory.memory_snapshot", "cuda.memory._dump_snapshot", "cuda.memory._record_memory_history",
        "cuda.memory._snapshot",
    ),
    "CuPy calls CUDA's libraries: cupy.cuda.runtime and cupy.cuda.Device show them": (
        "cuda.CudaError", "cuda.check_error", "cuda.cudaStatus", "cuda.cudart", "cuda.current_blas_handle",
        "cuda.current_solver_handle",
    ),
    "plans are CuPy's: cupy.fft.config.get_plan_cache()": ("backends.cuda.cufft_plan_cache",),
    "CuPy chooses between cuBLAS, cuSOLVER and others": (
        "backends.cuda.preferred_blas_library", "backends.cuda.preferred_linalg_library",
    ),
    "what a device raises is a RuntimeError, and CuPy's errors are such": ("AcceleratorError",),
    "`python -m flambeau plugins --check` says what is installed, and whether it works": ("__config__", "utils.collect_env"),
    "there is no compiled code: write an autograd.Function, or kernels in a backend of your own": ("utils.cpp_extension",),
    "kernels are written with CuPy, as cupy.ElementwiseKernel, on tensors that DLPack hands over": ("cuda.jiterator",),
    "torch.cuda.nvtx names ranges in NVIDIA's profilers": ("cuda.profiler",),
    "tensors' own storages are untyped: see torch.UntypedStorage": (
        "cuda.BFloat16Storage", "cuda.BoolStorage", "cuda.ByteStorage", "cuda.CharStorage", "cuda.ComplexDoubleStorage",
        "cuda.ComplexFloatStorage", "cuda.DoubleStorage", "cuda.FloatStorage", "cuda.HalfStorage", "cuda.IntStorage",
        "cuda.LongStorage", "cuda.ShortStorage",
    ),
    "it calls no library that can be tuned": ("cuda.tunable",),
    "sparse tensors of CUDA devices are in torch.sparse": ("cuda.sparse",),
    "files are read on the host: see torch.load and Tensor.copy_": ("cuda.gds",),
    "processors of a device are not divided: use streams": ("cuda.GreenContext", "cuda.green_contexts"),
    "seeds are given at once, so nothing is deferred": ("cuda.DeferredCudaCallError",),
    "what comes from the network is never run: build the model, and load weights by load_state_dict_from_url": (
        "hub.help", "hub.list", "hub.load",
    ),
    "numbers of 8 bits with scales are left out": ("ao", "nn.qat", "nn.quantized", "quantization", "quint8"),
    "unsigned integers of more than 8 bits are left out: int32 or int64 hold their numbers": ("uint16", "uint32", "uint64"),
    "floating point of 8 bits is left out": ("float8_e4m3fn", "float8_e5m2"),
    "keep a mask of bools beside the padded tensor": ("masked", "nested"),
    "torch.linalg.svd and torch.linalg.eigh compute all, and what is needed is cut from that": (
        "lobpcg", "pca_lowrank", "svd_lowrank",
    ),
    "torch.fft.rfft of frames, which Tensor.unfold cuts, gives the same": ("istft", "stft"),
}  # fmt: skip
"""What to do instead, with the names below ``torch`` that it is about."""


def missing(module: str, name: str) -> AttributeError:
    """The error where a module of flambeau has no such name, with what to do instead if that is known."""
    qualified = f"{module}.{name}".partition(".")[2]
    hint = next((f": {instead}" for instead, names in LEFT_OUT.items() if qualified in names), "")
    return AttributeError(f"module {module!r} has no attribute {name!r}{hint}")


def getattr_of(module: str) -> Callable[[str], Any]:
    """The ``__getattr__`` of a module that has all its names already, and says of others what to do instead."""

    def __getattr__(name: str) -> Any:  # noqa: N807 (Python's name)
        raise missing(module, name)

    return __getattr__
