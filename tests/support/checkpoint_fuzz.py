"""Loads damaged and hostile files: each has to give an error or the right objects, within seconds and a bound of memory.

    python tests/support/checkpoint_fuzz.py --count 5000 --seed 0

The files are made of a seed. Batches of them are loaded in a child with a limit of memory; a file that kills or stops the child
is reported by its number, with which ``--only`` makes it again.
"""

from __future__ import annotations

import argparse
import io
import os
import pickle
import random
import signal
import struct
import subprocess
import sys
import tempfile
import warnings
import zipfile
import zlib
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

import flambeau as torch

SECONDS = 10
BYTES = 512 << 20
BATCH = 250
CANARY = "fuzz-canary"
"""The name of a file that hostile pickles try to make."""


def sample() -> dict[str, Any]:
    """An object of everything that files hold."""
    weight = torch.arange(24.0).reshape(4, 6)
    state = OrderedDict(weight=weight, bias=weight[1], turned=weight.t(), halves=weight.to(torch.float16))
    state._metadata = OrderedDict({"": {"version": 1}})  # type: ignore[attr-defined]
    return {
        "state": state,
        "parameter": torch.nn.Parameter(torch.ones(3)),
        "integers": torch.arange(7),
        "bools": torch.tensor([True, False]),
        "complex": torch.ones(2, dtype=torch.complex64),
        "sparse": torch.eye(3).to_sparse(),
        "rows": torch.eye(3).to_sparse_csr(),
        "steps": 12,
        "rate": 0.1,
        "names": ["a", ("b", None), {"c": {1, 2}}],
        "bytes": b"content",
        "array": bytearray(b"more"),
        "counts": Counter("aab"),
        "size": torch.Size([2, 3]),
        "dtype": torch.float64,
        "large": 1 << 100,
    }


def saved(obj: object, **options: Any) -> bytes:
    """The bytes of a file that holds an object."""
    file = io.BytesIO()
    torch.save(obj, file, **options)
    return file.getvalue()


def same(one: Any, other: Any) -> bool:
    """Whether two objects hold the same."""
    if isinstance(one, torch.Tensor) or isinstance(other, torch.Tensor):
        return _same_tensors(one, other)
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and not isinstance(one, torch.Size):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def _same_tensors(one: Any, other: Any) -> bool:
    if not isinstance(one, torch.Tensor) or not isinstance(other, torch.Tensor):
        return False
    if one.layout != other.layout or one.dtype != other.dtype or one.shape != other.shape:
        return False
    if one.layout is not torch.strided:
        return bool(torch.equal(one.to_dense(), other.to_dense()))
    return (
        one.stride() == other.stride() and one.requires_grad == other.requires_grad and one.tolist() == other.tolist()
    )


# -- damage ------------------------------------------------------------------------------------------------------------


def flipped(random: random.Random, content: bytearray) -> None:
    """Some bits the other way round."""
    for _ in range(random.choice((1, 1, 1, 2, 8))):
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)


def truncated(random: random.Random, content: bytearray) -> None:
    """An end that is missing."""
    del content[random.randrange(len(content)) :]


def overwritten(random: random.Random, content: bytearray) -> None:
    """A part that is something else."""
    start, length = random.randrange(len(content)), random.choice((1, 4, 16, 200))
    filling = random.choice((b"\0", b"\xff", random.randbytes(1)))
    content[start : start + length] = (filling * length)[: len(content) - start]


def moved(random: random.Random, content: bytearray) -> None:
    """A part that is missing, that is there twice, or that is elsewhere."""
    start, length = random.randrange(len(content)), random.choice((1, 8, 64, 500))
    part = content[start : start + length]
    if random.random() < 0.6:
        del content[start : start + length]
    if random.random() < 0.6:
        place = random.randrange(len(content) + 1)
        content[place:place] = part


def numbers(random: random.Random, content: bytearray) -> None:
    """A number of the central directory, or of what points to it, that is another one."""
    start = random.randrange(max(len(content) - 1400, 0), max(len(content) - 8, 1))
    value = random.choice((0, 1, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, len(content), random.randrange(1 << 32)))
    content[start : start + 4] = struct.pack("<I", value)


DAMAGES = (flipped, flipped, truncated, overwritten, moved, numbers)

# -- archives that were packed again -----------------------------------------------------------------------------------


def members(content: bytes) -> list[tuple[str, bytes]]:
    """The records of an archive."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [(name, archive.read(name)) for name in archive.namelist()]


def packed(records: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    """An archive of records, with right checksums."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", compression) as archive:
        warnings.simplefilter("ignore")  # of names that are there twice
        for name, content in records:
            archive.writestr(name, content)
    return file.getvalue()


def repacked(random: random.Random, content: bytes) -> bytes:
    """Records that are exchanged, missing, there twice, renamed, cut off, or compressed."""
    records = members(content)
    one, other = random.randrange(len(records)), random.randrange(len(records))
    kind = random.randrange(7)
    if kind == 0:
        (first, a), (second, b) = records[one], records[other]
        records[one], records[other] = (first, b), (second, a)
    elif kind == 1:
        del records[one]
    elif kind == 2:
        records.insert(other, records[one])
    elif kind == 3:
        evil = random.choice(("../evil", "/etc/evil", "archive/../../evil", "archive\\evil", "archive/data/0\0", "x"))
        records[one] = (evil, records[one][1])
    elif kind == 4:
        records[one] = (records[one][0], records[one][1][: random.randrange(len(records[one][1]) + 1)])
    elif kind == 5:
        return packed(records, zipfile.ZIP_DEFLATED)
    else:
        records[one] = (records[one][0], bytes(random.choice((1 << 20, 1 << 24))))
        return packed(records, zipfile.ZIP_DEFLATED)
    return packed(records)


def with_pickle(content: bytes, data: bytes) -> bytes:
    """An archive with another pickle in it."""
    return packed([(name, data if name.endswith("/data.pkl") else old) for name, old in members(content)])


# -- hostile pickles ---------------------------------------------------------------------------------------------------

NAMES = (
    "os system", "posix system", "subprocess Popen", "builtins eval", "__builtin__ exec", "builtins getattr", "builtins open",
    "torch.hub load", "torch load", "flambeau load", "torch.serialization load", "collections OrderedDict", "collections Counter",
    "torch._utils _rebuild_tensor_v2", "torch._utils _rebuild_tensor_v3", "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_sparse_tensor", "torch._tensor _rebuild_from_type_v2", "torch FloatStorage", "torch Size",
    "torch device", "torch Tensor", "torch.nn.parameter Parameter", "torch float32", "__builtin__ set", "__builtin__ bytearray",
    "_codecs encode", "__builtin__ complex", "torch.storage UntypedStorage", "torch.serialization _get_layout", "x", "a.b c.d.e",
)  # fmt: skip
VALUES: tuple[Any, ...] = (
    0, 1, -1, 2**31, 2**62, -(2**63), 10**12, 0.5, float("nan"), None, True, "cpu", "cuda:0", "0", "storage", "torch.sparse_coo",
    f"touch {CANARY}", f"open('{CANARY}', 'w')", b"bytes", (), (2, 3), (1 << 40, 1 << 40), [], {}, (4, 6), (6, 1), (0, 0),
)  # fmt: skip
OPCODES = bytes(range(256))


def _value(random: random.Random) -> bytes:
    """What pushes a value."""
    if random.random() < 0.3:
        module, _, name = random.choice(NAMES).partition(" ")
        return f"c{module}\n{name}\n".encode()
    if random.random() < 0.15:
        key, count = random.choice("0123"), random.choice((0, 3, 24, 1 << 50))
        return (
            b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0"
            + key.encode()
            + b"X\x03\0\0\0cpu"
            + _int(count)
            + b"tQ"
        )
    return pickle.dumps(random.choice(VALUES), 2)[2:-1]


def _int(value: int) -> bytes:
    return pickle.dumps(value, 2)[2:-1]


def opcodes(random: random.Random) -> bytes:
    """Any opcodes on values that they may or may not want."""
    parts = [b"\x80\x02"]
    for _ in range(random.choice((3, 10, 40))):
        kind = random.random()
        if kind < 0.55:
            parts.append(_value(random))
        elif kind < 0.85:
            parts.append(
                random.choice(
                    (b"R", b"b", b"\x81", b"(", b"t", b"\x85", b"\x86", b"\x87", b"s", b"u", b"a", b"e", b"Q")
                )
            )
        else:
            parts.append(bytes([random.choice(OPCODES)]) + random.randbytes(random.choice((0, 1, 4))))
    return b"".join((*parts, b"."))


def calls(random: random.Random) -> bytes:
    """A call of anything with any arguments."""
    module, _, name = random.choice(NAMES).partition(" ")
    arguments = b"".join(_value(random) for _ in range(random.randrange(8)))
    end = random.choice((b"tR", b"t\x81", b"tR(K\x01tb", b"tR}b", b"tRq\0h\0\x86R"))
    return f"\x80\x02c{module}\n{name}\n(".encode("latin-1") + arguments + end + b"."


def bombs(random: random.Random) -> bytes:
    """Pickles that want much of little."""
    count = random.choice((1000, 20_000, 400_000))
    tensor = (
        b"ctorch._utils\n_rebuild_tensor_v2\n("
        b"(X\x07\0\0\0storagectorch\nComplexFloatStorage\nX\x01\0\0\x002X\x03\0\0\0cpuK\x02tQ"
    )
    return b"\x80\x02" + random.choice((
        b"(" * count, b"]" * count, b"\x8f" * count, b"}" * count, b"]q\0" + b"(h\0" * count, b"N" * count + b".",
        b"K\x01" + b"\x85" * count + b".", b"(" + b"K\x01q\0h\0h\0\x86" * 3 + b"h\0\x86q\0h\0\x86" * 60 + b"t.",
        b"K\x01q\0" + b"h\0h\0\x86q\0" * 60 + b"}h\0K\x01s.",
        b"K\x01q\0" + b"h\0h\0\x86q\0" * 60 + b"c__builtin__\nset\n]h\0a\x85R.",
        b"c__builtin__\nbytearray\nq\0" + _int(1 << 40) + b"\x85R.",
        b"c_codecs\nencode\nq\0X\xa0\x86\1\0" + b"a" * 100_000 + b"X\x06\0\0\0latin1\x86q\1" + b"h\0h\1R" * count,
        b"c_codecs\nencode\nX\x03\0\0\0abcX\x04\0\0\0zlib\x86R.", b"X\xff\xff\xff\xffabc.", b"U\xffabc.", b"\x8a\xffabc.",
        b"r\xff\xff\xff\xff.", b"N" + b"".join(b"r" + struct.pack("<I", 4_000_000_000 - n) for n in range(count)) + b".",
        b"ccollections\nOrderedDict\nq\0]q\1" + b"h\0h\1\x85R" * count,
        tensor + b"K\0(" + _int(1 << 30) + b"t(K\0t\x89}N}X\4\0\0\0conj\x88stR.",
        tensor + b"K\0(" + _int(1 << 31) * 3 + b"t(K\0K\0K\0t\x89}tR.",
        tensor + b"K\0(" + b"K\1" * 70 + b"t(" + b"K\1" * 70 + b"t\x89}tR.",
        tensor + b"K\1(K\2t(K\1t\x89}tR.", tensor + b"J\xff\xff\xff\xff(K\1t(K\1t\x89}tR.",
        tensor + b"K\0(K\2t(J\xff\xff\xff\xfft\x89}tR.", tensor + b"K\0(J\xff\xff\xff\xfft(K\1t\x89}tR.",
    ))  # fmt: skip


def changed_pickle(random: random.Random, content: bytes) -> bytes:
    """The right pickle with some bytes that are others, under a right checksum."""
    data = bytearray(dict(members(content))["archive/data.pkl"])
    random.choice((flipped, truncated, overwritten, moved))(random, data)
    return bytes(data)


# -- one file ----------------------------------------------------------------------------------------------------------

_CONTENT: dict[bool, bytes] = {}


def _content(older: bool) -> bytes:
    if older not in _CONTENT:
        _CONTENT[older] = saved(sample(), _use_new_zipfile_serialization=not older)
    return _CONTENT[older]


def made(seed: int, number: int) -> tuple[str, bytes, bool]:
    """A file by its number: what it is, its bytes, and whether only the right objects may come of it."""
    source = random.Random(f"{seed}/{number}")
    content = bytearray(_content(False))
    kind = source.random()
    if kind < 0.40:
        damage = source.choice(DAMAGES)
        damage(source, content)
        return damage.__name__, bytes(content), True
    if kind < 0.50:
        return "repacked", repacked(source, bytes(content)), False
    if kind < 0.60:
        older = bytearray(_content(True))
        damage = source.choice(DAMAGES)
        damage(source, older)
        return f"older, {damage.__name__}", bytes(older), False
    make: Callable[[random.Random], bytes]
    if kind < 0.75:
        data, name = changed_pickle(source, bytes(content)), "changed pickle"
    else:
        make = source.choice((opcodes, calls, bombs))
        data, name = make(source), make.__name__
    if source.random() < 0.2:
        return f"older, {name}", data, False
    return name, with_pickle(bytes(content), data), False


def outcome(content: bytes, expected: Any, exact: bool, path: str) -> str:
    """What came of loading a file: the name of an error, or that it is right; else what is wrong."""
    with open(path, "wb") as file:
        file.write(content)
    try:
        loaded = torch.load(path, mmap=zlib.crc32(content) % 8 == 0 and not exact)
    except (MemoryError, RecursionError) as error:
        return f"WRONG: {type(error).__name__}"
    except Exception as error:
        text = str(error)
        return type(error).__name__ if text else f"WRONG: {type(error).__name__} says nothing"
    if os.path.exists(CANARY):
        return "WRONG: the file ran something"
    if exact and not same(loaded, expected):
        return "WRONG: other objects were loaded"
    touch(loaded)
    return "loaded"


def touch(loaded: Any, left: int = 2000) -> None:
    """Look at elements of what was loaded, wherever its tensors say that they lie."""
    parts = [loaded]
    while parts and left:
        left -= 1
        part = parts.pop()
        if isinstance(part, torch.Tensor):
            if part.layout is torch.strided and part.numel():
                part[tuple(size - 1 for size in part.shape)].tolist()
        elif isinstance(part, dict):
            parts.extend(part.values())
        elif isinstance(part, (list, tuple)) and len(part) < 100:
            parts.extend(part)


# -- batches in a child ------------------------------------------------------------------------------------------------


def _child(seed: int, numbers: list[int]) -> None:
    """Load files, and write a line for each: its number, what it is, and what came of it."""
    import resource  # which not every system has

    warnings.simplefilter("ignore")
    expected = sample()
    _content(True)  # made once
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * resource.getpagesize()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for number in numbers:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
            kind, content, exact = made(seed, number)
            resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, resource.RLIM_INFINITY))
            print(number, kind, flush=True, end="\t")
            signal.setitimer(signal.ITIMER_PROF, SECONDS)  # of the processor, which others use too
            signal.alarm(10 * SECONDS)
            result = outcome(content, expected, exact, "file.pt")
            signal.alarm(0)
            signal.setitimer(signal.ITIMER_PROF, 0)
            print(result, flush=True)


def run(count: int, seed: int, only: int | None = None) -> tuple[Counter[str], list[str]]:
    """How often what came of loading the files, and those with which something is wrong."""
    left = list(range(count)) if only is None else [only]
    tally: Counter[str] = Counter()
    wrong: list[str] = []
    while left:
        batch = left[:BATCH]
        command = [sys.executable, __file__, "--seed", str(seed), "--child", ",".join(map(str, batch))]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = [line for line in done.stdout.splitlines() if "\t" in line]
        for line in lines:
            what, _, result = line.partition("\t")
            if not result:
                result = f"WRONG: the process ended, {done.returncode}: {done.stderr[-300:]}"
            tally[result.split(":")[0]] += 1
            if result.startswith("WRONG"):
                wrong.append(f"{what}: {result}")
        if not lines:
            raise RuntimeError(f"the child did nothing: {done.stderr[-2000:]}")
        left = left[len(lines) :]
    return tally, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child is not None:
        _child(options.seed, [int(number) for number in options.child.split(",")])
        return 0
    tally, wrong = run(options.count, options.seed, options.only)
    print(", ".join(f"{result}: {times}" for result, times in tally.most_common()))
    print(*wrong, sep="\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
