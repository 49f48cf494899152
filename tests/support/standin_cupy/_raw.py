"""NumPy renderings of the raw CUDA kernels, by their names: the same counters, the same arithmetic, without the device's own
functions (``__logf`` and its kin), in whose place NumPy's stand.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["RENDERINGS", "philox"]

_LOW = np.uint64(0xFFFFFFFF)
_UNIT, _UNIT_64 = np.float32(2.3283064e-10), 2.0**-53
_TURN = np.float32(_UNIT * np.float32(6.2831855))


def philox(seed: int, block: Any, thread: Any) -> np.ndarray:
    """The words of blocks of the counter of threads, (…, 4)."""
    block, thread = np.broadcast_arrays(np.asarray(block, np.uint64), np.asarray(thread, np.uint64))
    c = [block & _LOW, block >> np.uint64(32), thread & _LOW, thread >> np.uint64(32)]
    key = [seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF]
    for _ in range(10):
        first, second = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [second >> np.uint64(32) ^ c[1] ^ np.uint64(key[0]), second & _LOW,
             first >> np.uint64(32) ^ c[3] ^ np.uint64(key[1]), first & _LOW]  # fmt: skip
        key = [(key[0] + 0x9E3779B9) & 0xFFFFFFFF, (key[1] + 0xBB67AE85) & 0xFFFFFFFF]
    return np.stack(c, -1).astype(np.uint32)


def _fma(a: np.ndarray, b: Any, c: Any) -> np.ndarray:
    """Of float32 numbers, by way of float64, whose products are exact; of float64 numbers, with two roundings."""
    return (a.astype(np.float64) * float(b) + float(c)).astype(a.dtype)


def _unit(words: np.ndarray) -> np.ndarray:
    return _fma(words.astype(np.float32), _UNIT, _UNIT / np.float32(2))


def _wide(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return (low.astype(np.uint64) ^ high.astype(np.uint64) << np.uint64(21)).astype(np.float64)


def _unit_64(words: np.ndarray) -> np.ndarray:
    return np.stack([_wide(words[..., i], words[..., i + 1]) * _UNIT_64 + _UNIT_64 / 2 for i in (0, 2)], -1)


def _normals(words: np.ndarray) -> np.ndarray:
    radius = np.sqrt(np.float32(-2) * np.log(_unit(words[..., 0::2])))
    angle = _fma(words[..., 1::2].astype(np.float32), _TURN, _TURN / np.float32(2))
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], -1).reshape(words.shape)


def _normals_64(words: np.ndarray) -> np.ndarray:
    radius = np.sqrt(-2 * np.log(_wide(words[..., 0], words[..., 1]) * _UNIT_64 + _UNIT_64 / 2))
    angle = np.pi * (_wide(words[..., 2], words[..., 3]) * (2 * _UNIT_64) + _UNIT_64)
    return np.stack([radius * np.sin(angle), radius * np.cos(angle)], -1)


def _remainders(words: np.ndarray, low: int, modulus: int) -> np.ndarray:
    return (words.astype(np.uint64) % np.uint64(modulus) + np.uint64(low)).astype(np.int64)


def _remainders_64(words: np.ndarray, low: int, modulus: int) -> np.ndarray:
    numbers = np.stack([words[..., i].astype(np.uint64) << np.uint64(32) | words[..., i + 1] for i in (0, 2)], -1)
    if modulus:
        numbers %= np.uint64(modulus)
    return (numbers + np.uint64(low)).view(np.int64)


def _transformed(kind: str, double: bool, words: np.ndarray, a: Any, b: Any, c: Any) -> np.ndarray:
    """The numbers of the words of calls, (…, numbers of a call)."""
    if kind == "integers":
        return _remainders(words, int(a), int(b))
    if kind == "integers_64":
        return _remainders_64(words, int(a), int(b))
    number = np.float64 if double else np.float32
    if kind in ("normal", "log_normal"):
        values = _fma(_normals_64(words) if double else _normals(words), b, a)
        return np.exp(values) if kind == "log_normal" else values
    u = _unit_64(words) if double else _unit(words)
    if kind == "uniform":
        values = _fma(u, b, a)
        return np.where(values == c, number(a), values)
    if kind == "bernoulli":
        return u < a
    edge = np.finfo(number).eps
    if kind == "exponential":
        return number(-1) / number(a) * np.where(u >= 1 - edge / 2, -edge / 2, np.log(u)).astype(number)
    if kind == "geometric":
        return np.ceil(np.log(u) / np.log(number(1) - number(a)))
    if not double:
        u = np.clip(u, edge, 1 - edge)
    return _fma(np.tan(number(np.pi) * (u - number(0.5))), b, a)


def _lanes(kind: str, double: bool) -> Any:
    def run(grid: Any, block: Any, args: Any) -> None:
        result, count, seed, offset, *numbers = args
        threads = grid[0] * block[0]
        unroll = 2 if kind == "integers_64" or (double and kind != "integers") else 4
        calls = -(-int(count) // (threads * unroll))
        blocks = (int(offset) >> 2) + np.arange(calls)[:, None]
        values = _transformed(kind, double, philox(int(seed), blocks, np.arange(threads)[None]), *numbers)
        result._host[...] = values.transpose(0, 2, 1).reshape(-1)[: int(count)]

    return run


def _kept(grid: Any, block: Any, args: Any) -> None:
    result, count, seed, offset, probability, _, width = args
    width, threads = int(width), grid[0] * block[0]
    calls = -(-width // 4)
    turns = -(-int(count) // (threads * width))
    blocks = (int(offset) >> 2) + np.arange(turns * calls).reshape(turns, 1, calls)
    words = philox(int(seed), blocks, np.arange(threads)[None, :, None]).reshape(turns, threads, -1)[..., :width]
    result._host[...] = (_unit(words) < probability).reshape(-1)[: int(count)]


def _runs(grid: Any, block: Any, args: Any) -> None:
    result, count, seed, offset, *_ = args
    threads = grid[0] * block[0]
    words = philox(int(seed), int(offset) >> 2, np.arange(threads))
    result._host[...] = _unit(words).reshape(-1)[: int(count)]


def _dropout(grid: Any, block: Any, args: Any) -> None:
    count, seed, offset, probability, scale, width, a, result, kept = args
    given = (kept, count, seed, offset, probability, 0, 0)
    if width == 1:
        _lanes("bernoulli", False)(grid, block, given)
    else:
        _kept(grid, block, (*given[:-1], width))
    wide = a._host.astype("float32") if a.dtype.itemsize == 2 else a._host
    result._host[...] = wide * kept._host * scale


_KINDS = ("uniform", "normal", "log_normal", "exponential", "cauchy", "geometric", "bernoulli")

RENDERINGS = {
    **{f"flambeau_{kind}_single": _lanes(kind, False) for kind in (*_KINDS, "integers", "integers_64")},
    **{f"flambeau_{kind}_double": _lanes(kind, True) for kind in _KINDS},
    **{f"flambeau_dropout_{dtype}": _dropout for dtype in ("float16", "bfloat16", "float32", "float64")},
    "flambeau_kept_single": _kept,
    "flambeau_uniform_runs_single": _runs,
}
