"""Kills a process while it saves, at moments that are drawn: the file has to be the old one or the new one, whole.

python tests/support/checkpoint_kills.py --count 200 --seed 0
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from itertools import count as numbers

import flambeau as torch

SIZE = 4_000_000
"""Elements of the tensor that is saved: 16 MB, so that a kill falls into the writing."""


def _saving(path: str) -> tuple[int, int]:
    """Start a process that saves one number after the other, and give it with what it says when each saving begins."""
    reads, writes = os.pipe()
    process = os.fork()
    if process:
        os.close(writes)
        return process, reads
    tensor = torch.empty(SIZE)
    for number in numbers():
        tensor.fill_(number)
        os.write(writes, b".")
        torch.save({"first": number, "tensor": tensor, "last": number}, path)
    return 0, 0


def _is_whole(path: str) -> bool:
    """Whether a file is one that was saved, and nothing of another."""
    loaded = torch.load(path)
    tensor = loaded["tensor"]
    return loaded["first"] == loaded["last"] and bool((tensor == loaded["first"]).all()) and tensor.shape == (SIZE,)


def run(count: int, seed: int) -> tuple[int, int]:
    """How many of the kills left a file that is whole, and how many left other files behind."""
    moments, whole, litter = random.Random(seed), 0, 0
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "checkpoint.pt")
        torch.save({"first": -1, "tensor": torch.full((SIZE,), -1.0), "last": -1}, path)
        for _ in range(count):
            process, started = _saving(path)
            for _ in range(moments.choice((1, 1, 2))):
                os.read(started, 1)
            time.sleep(moments.random() * 0.1)
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
            os.close(started)
            whole += _is_whole(path)
            others = set(os.listdir(folder)) - {"checkpoint.pt"}
            litter += bool(others)
            for name in others:
                os.unlink(os.path.join(folder, name))
    return whole, litter


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    whole, litter = run(options.count, options.seed)
    print(f"{whole} of {options.count} files are whole; {litter} kills left a file behind")
    return whole != options.count


if __name__ == "__main__":
    sys.exit(main())
