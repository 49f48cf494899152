"""Runs the text of a CUDA kernel on the processor, by a C++ compiler: the threads of a block take turns at its barriers.

Only what the kernels here use is rendered: indices, shared memory, barriers, warp shuffles, atomic additions, and the conversions
of halves. It shows that the text computes what it should; what a device does with it in time and order, it does not.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["COMPILER", "launched"]

COMPILER = shutil.which("g++") or shutil.which("clang++")

_FOLDER = Path(tempfile.gettempdir()) / "flambeau-cuda-on-host"

_SHIM = r"""
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ucontext.h>
#include <vector>
using std::exp; using std::log; using std::sqrt; using std::tanh; using std::erf; using std::fabs; using std::ceil;
using std::fma; using std::tan; using std::pow; using std::log1p;

struct Index { unsigned x, y, z; };
static Index threadIdx, blockIdx, blockDim, gridDim;
#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static
#define __restrict__
#define __launch_bounds__(...)
static inline float __uint_as_float(unsigned x) { float y; memcpy(&y, &x, 4); return y; }
static inline unsigned __float_as_uint(float x) { unsigned y; memcpy(&y, &x, 4); return y; }
static inline long long __double_as_longlong(double x) { long long y; memcpy(&y, &x, 8); return y; }
static inline float __int_as_float(int x) { float y; memcpy(&y, &x, 4); return y; }
#define __logf(x) std::log((float)(x))
#define __expf(x) std::exp((float)(x))
#define __tanf(x) std::tan((float)(x))
static inline float rsqrt(float x) { return 1 / std::sqrt(x); }
static inline double rsqrt(double x) { return 1 / std::sqrt(x); }
#define __sincosf(x, s, c) (*(s) = std::sin((float)(x)), *(c) = std::cos((float)(x)))
static inline void sincospi(double x, double* s, double* c) { *s = std::sin(M_PI * x); *c = std::cos(M_PI * x); }
static inline unsigned short host_half(float x) { _Float16 h = (_Float16)x; unsigned short b; memcpy(&b, &h, 2); return b; }
static inline float host_float(unsigned short b) { _Float16 h; memcpy(&h, &b, 2); return (float)h; }
template <class T> static inline T min(T a, T b) { return b < a ? b : a; }
template <class T> static inline T max(T a, T b) { return a < b ? b : a; }
template <class T> static inline T atomicAdd(T* at, T value) { T old = *at; *at = old + value; return old; }

// -- threads as coroutines: each runs to its next barrier; a barrier opens when all that live have come to it --
enum { RUNNING, AT_BLOCK, AT_WARP, DONE };
struct Thread { ucontext_t context; std::vector<char> stack; int state; Index index; };
static std::vector<Thread> threads;
static ucontext_t scheduler;
static int current;
static double slots[1024];
static void (*body)();

static void wait_at(int barrier) {
    const int self = current;
    threads[self].state = barrier;
    swapcontext(&threads[self].context, &scheduler);
}
static void __syncthreads() { wait_at(AT_BLOCK); }
static void __syncwarp(unsigned mask = 0xFFFFFFFFu) { wait_at(AT_WARP); }
template <class V> static V shuffled(V value, int from) {
    memcpy(&slots[current], &value, sizeof(V));
    wait_at(AT_WARP);
    V got;
    memcpy(&got, &slots[(current & ~31) + from], sizeof(V));
    wait_at(AT_WARP);
    return got;
}
template <class V> static V __shfl_xor_sync(unsigned, V value, int mask) { return shuffled(value, (current & 31) ^ mask); }
template <class V> static V __shfl_sync(unsigned, V value, int lane) { return shuffled(value, lane); }
template <class V> static V __shfl_up_sync(unsigned, V value, int by) {
    const int lane = current & 31;
    return shuffled(value, lane >= by ? lane - by : lane);
}
template <class V> static V __shfl_down_sync(unsigned, V value, int by) {
    const int lane = current & 31;
    return shuffled(value, lane + by < 32 ? lane + by : lane);
}
static void entry() { body(); threads[current].state = DONE; }

static void run_block() {
    const int count = blockDim.x * blockDim.y * blockDim.z;
    threads.resize(count);
    for (int i = 0; i < count; ++i) {
        Thread& t = threads[i];
        if (t.stack.empty()) t.stack.resize(1 << 16);
        getcontext(&t.context);
        t.context.uc_stack.ss_sp = t.stack.data();
        t.context.uc_stack.ss_size = t.stack.size();
        t.context.uc_link = &scheduler;
        t.index = {i % blockDim.x, i / blockDim.x % blockDim.y, i / (blockDim.x * blockDim.y)};
        t.state = RUNNING;
        makecontext(&t.context, entry, 0);
    }
    for (;;) {
        bool ran = false;
        for (int i = 0; i < count; ++i) {
            if (threads[i].state != RUNNING) continue;
            ran = true;
            current = i;
            threadIdx = threads[i].index;
            swapcontext(&scheduler, &threads[i].context);
        }
        bool all_done = true, all_at_block = true, opened = false;
        for (int w = 0; w < count; w += 32) {
            bool all_at_warp = true, some = false;
            for (int i = w; i < count && i < w + 32; ++i) {
                const int state = threads[i].state;
                if (state == DONE) continue;
                all_done = false;
                if (state != AT_BLOCK) all_at_block = false;
                if (state != AT_WARP) all_at_warp = false; else some = true;
            }
            if (all_at_warp && some) {
                for (int i = w; i < count && i < w + 32; ++i) if (threads[i].state == AT_WARP) threads[i].state = RUNNING;
                opened = true;
            }
        }
        if (all_done) return;
        if (all_at_block) {
            for (Thread& t : threads) if (t.state == AT_BLOCK) t.state = RUNNING;
            opened = true;
        }
        if (!opened && !ran) { fprintf(stderr, "the threads wait for one another\n"); abort(); }
    }
}
"""

_RUN = """
static void** given;
static void call() {{ {name}({arguments}); }}
extern "C" void run(unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned x, unsigned y, unsigned z, void** arguments) {{
    gridDim = {{grid_x, grid_y, grid_z}};
    blockDim = {{x, y, z}};
    given = arguments;
    body = call;
    for (unsigned k = 0; k < grid_z; ++k) for (unsigned j = 0; j < grid_y; ++j) for (unsigned i = 0; i < grid_x; ++i) {{
        blockIdx = {{i, j, k}};
        run_block();
    }}
}}
"""

_HALVES = {
    'asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));': "y = host_float(x.bits);",
    'asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));': "bits = host_half(x);",
}


@cache
def _compiled(code: str, name: str) -> Any:
    """The function that runs a kernel, compiled if it has not been before."""
    assert COMPILER is not None
    for device, host in _HALVES.items():
        code = code.replace(device, host)
    found = re.search(rf"__global__ void (?:__launch_bounds__\(\w+\) )?{name}\((.*?)\)\s*\{{", code, re.S)
    assert found is not None, f"no kernel {name}"
    kinds = [parameter.strip().rpartition(" ")[0].strip() for parameter in found[1].split(",")]
    arguments = ", ".join(f"*(({kind}*)given[{place}])" for place, kind in enumerate(kinds))
    whole = _SHIM + code + _RUN.format(name=name, arguments=arguments.replace("const ", ""))
    key = hashlib.sha256(whole.encode()).hexdigest()[:24]
    library = _FOLDER / f"{key}.so"
    if not library.exists():
        _FOLDER.mkdir(exist_ok=True)
        source, fresh = _FOLDER / f"{key}.cpp", _FOLDER / f"{key}.{id(found)}.so"
        source.write_text(whole)
        command = [COMPILER, "-std=c++17", "-O1", "-w", "-shared", "-fPIC", "-ffp-contract=off", "-o", fresh, source]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{done.stderr[:4000]}"
        fresh.replace(library)
    return ctypes.CDLL(str(library)).run


def launched(code: str, name: str, grid: Any, block: Any, arguments: Any) -> None:
    """Run a kernel on NumPy arrays, of which the address is passed, but for those of a struct; on NumPy numbers, and None."""
    run = _compiled(code, name)
    kept = [_passed(argument) for argument in arguments]
    pointers = (ctypes.c_void_p * len(kept))(*(each.ctypes.data for each in kept))
    run(*(ctypes.c_uint(size) for each in (grid, block) for size in (*each, 1, 1)[:3]), pointers)


def _passed(argument: Any) -> np.ndarray[Any, Any]:
    """What holds an argument's bytes."""
    if argument is None:
        return np.zeros(1, np.uint64)
    if isinstance(argument, np.ndarray) and argument.dtype.names is None:
        return np.array([argument.ctypes.data], np.uint64)
    return np.atleast_1d(np.asarray(argument))
