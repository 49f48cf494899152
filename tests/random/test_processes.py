"""Forked processes and threads do not repeat numbers unknowingly."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

import flambeau as torch

_FORK = """
import os, sys, warnings
import flambeau as torch
torch.manual_seed(3)
torch.rand(2)
reads, writes = os.pipe()
child = os.fork()
if not child:
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        {before}
        first, second = torch.rand(2).tolist(), torch.rand(2).tolist()
    os.write(writes, repr(([each.category.__name__ for each in seen], first, second)).encode())
    os._exit(0)
os.waitpid(child, 0)
found = eval(os.read(reads, 10_000))
own = torch.rand(2).tolist(), torch.rand(2).tolist()
print(found[0], (found[1], found[2]) == own)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the platform has no fork")
@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", "['GeneratorForkWarning'] True"),
        ("torch.manual_seed(5)", "[] False"),
        ("torch.seed()", "[] False"),
        ("torch.set_rng_state(torch.Generator().get_state())", "[] False"),
    ],
)
def test_a_forked_process_is_warned_once_unless_it_seeds(before: str, expected: str) -> None:
    code = _FORK.replace("{before}", before)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == expected, done.stderr


def test_threads_share_the_default_generator_and_get_different_numbers() -> None:
    torch.manual_seed(0)
    expected = sorted(torch.rand(400).tolist())
    torch.manual_seed(0)
    found: list[float] = []

    def draw() -> None:
        for _ in range(10):
            found.extend(torch.rand(10).tolist())

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == expected
