"""The memory of devices on the stand-in: what is counted, limits, and the error where there is none left."""

from __future__ import annotations

from typing import Any

import pytest

import flambeau as torch

pytestmark = pytest.mark.usefixtures("two")

MIB = 1 << 20


def _bytes(count: int, device: str = "cuda") -> torch.Tensor:
    return torch.empty(count, dtype=torch.uint8, device=device)


def test_peaks_are_exact_and_begin_anew() -> None:
    kept = _bytes(MIB)
    assert torch.cuda.memory_allocated() == torch.cuda.max_memory_allocated() == MIB
    for _ in range(3):  # one at a time, of what was given back
        _ = _bytes(4 * MIB)
        del _
    assert (torch.cuda.memory_allocated(), torch.cuda.max_memory_allocated()) == (MIB, 5 * MIB)
    assert (torch.cuda.memory_reserved(), torch.cuda.max_memory_reserved()) == (5 * MIB, 5 * MIB)
    torch.cuda.reset_peak_memory_stats()
    assert torch.cuda.max_memory_allocated() == MIB
    two = [_bytes(2 * MIB), _bytes(2 * MIB)]
    del two
    assert torch.cuda.max_memory_allocated() == 5 * MIB
    torch.cuda.empty_cache()
    assert (torch.cuda.memory_reserved(), torch.cuda.max_memory_reserved()) == (MIB, 5 * MIB)
    del kept
    assert torch.cuda.memory_allocated() == 0


def test_peaks_are_those_of_a_recount_at_every_step() -> None:
    """The pool is asked rarely; what it would have said each time is what is known."""
    import random

    draw, kept, most = random.Random(0), [], 0
    torch.cuda.reset_peak_memory_stats()
    for step in range(300):
        kept.append(_bytes(draw.randrange(1, 5000)))
        most = max(most, sum(-(-each.numel() // 512) * 512 for each in kept))
        while kept and draw.random() < 0.48:
            kept.pop(draw.randrange(len(kept)))
        if step % 100 == 50:
            assert torch.cuda.max_memory_allocated() == most
    assert torch.cuda.max_memory_allocated() == most


def test_totals_count_what_came_and_went() -> None:
    kept = _bytes(MIB)
    _bytes(MIB)
    stats = torch.cuda.memory_stats()
    assert [stats[f"allocated_bytes.all.{each}"] for each in ("current", "peak", "allocated", "freed")] == [
        MIB, 2 * MIB, 2 * MIB, MIB,
    ]  # fmt: skip
    assert list(stats) == sorted(stats)
    assert stats["num_ooms"] == 0
    nested = torch.cuda.memory_stats_as_nested_dict()
    assert nested["reserved_bytes"]["all"]["peak"] == stats["reserved_bytes.all.peak"]
    torch.cuda.reset_accumulated_memory_stats()
    assert torch.cuda.memory_stats()["allocated_bytes.all.freed"] == 0
    assert torch.cuda.memory_stats()["allocated_bytes.all.allocated"] == kept.numel()


def test_each_device_counts_its_own() -> None:
    kept = _bytes(3 * MIB, "cuda:1")
    assert [torch.cuda.memory_allocated(number) for number in range(2)] == [0, 3 * MIB]
    assert torch.cuda.mem_get_info(1) == (torch.cuda.mem_get_info(0)[0] - 3 * MIB, torch.cuda.mem_get_info(0)[1])
    with torch.cuda.device(1):
        assert torch.cuda.memory_allocated() == kept.numel()
        del kept
        torch.cuda.empty_cache()
    assert torch.cuda.memory_reserved("cuda:1") == 0


def test_what_does_not_fit_is_refused_with_sizes() -> None:
    kept = _bytes(MIB)
    with pytest.raises(torch.cuda.OutOfMemoryError) as raised:
        _bytes(20 << 30)
    assert str(raised.value).startswith(
        "CUDA out of memory. Tried to allocate 20.00 GiB. GPU 0 has a total capacity of 16.00 GiB of which 16.00 GiB is free. "
        "Of the allocated memory 1.00 MiB is allocated by flambeau, and 0 bytes is reserved by flambeau but unallocated."
    )
    assert isinstance(raised.value, RuntimeError)
    assert torch.OutOfMemoryError is torch.cuda.OutOfMemoryError
    assert torch.cuda.memory_stats()["num_ooms"] == 1
    assert kept.numel() == torch.cuda.memory_allocated()


def test_what_is_kept_is_given_back_before_that() -> None:
    torch.cuda.set_per_process_memory_fraction(1 / 1024)  # 16 MiB
    _bytes(10 * MIB)
    assert torch.cuda.memory_reserved() == 10 * MIB
    assert _bytes(12 * MIB).numel() == 12 * MIB
    assert torch.cuda.memory_reserved() == 12 * MIB


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.zeros(1 << 22, device="cuda"),
        lambda: torch.ones(1 << 11, 1, device="cuda") @ torch.ones(1, 1 << 11, device="cuda"),
        lambda: torch.ones(1 << 11, 1, device="cuda") + torch.ones(1 << 11, device="cuda"),
        lambda: torch.randn(1 << 22, device="cuda"),
        lambda: torch.ones(1, device="cuda").expand(1 << 22).clone(),
        lambda: torch.ones(1 << 22).to("cuda"),
        lambda: torch.nn.Linear(1 << 11, 1 << 11, device="cuda"),
    ],
)
def test_a_process_takes_no_more_than_its_part(make: Any) -> None:
    assert torch.cuda.get_per_process_memory_fraction() == 1.0
    torch.cuda.set_per_process_memory_fraction(1 / 2048)  # 8 MiB
    assert torch.cuda.get_per_process_memory_fraction() == 1 / 2048
    assert torch.cuda.get_per_process_memory_fraction(1) == 1.0
    with pytest.raises(torch.OutOfMemoryError, match=r"Tried to allocate 16\.00 MiB\..* 8\.00 MiB allowed; "):
        make()
    torch.cuda.set_per_process_memory_fraction(0.0)
    torch.cuda.empty_cache()
    with pytest.raises(torch.OutOfMemoryError):
        _bytes(1)
    torch.cuda.set_per_process_memory_fraction(1.0)
    assert _bytes(20 * MIB).numel() == 20 * MIB


@pytest.mark.parametrize(
    ("fraction", "error", "words"),
    [
        (1, TypeError, "Invalid type for fraction argument, must be `float`"),
        (1.5, ValueError, "Invalid fraction value: 1.5. Allowed range: 0~1"),
        (-0.5, ValueError, "Invalid fraction value: -0.5. Allowed range: 0~1"),
    ],
)
def test_parts_are_checked(fraction: Any, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        torch.cuda.set_per_process_memory_fraction(fraction)
    assert torch.cuda.get_per_process_memory_fraction() == 1.0


def test_the_table_for_people_has_the_numbers() -> None:
    kept = _bytes(3 * MIB, "cuda:1")
    lines = torch.cuda.memory_summary(1).splitlines()
    assert {len(line) for line in lines} == {77}
    assert "device ID 1" in lines[1]
    assert lines[7] == "| Allocated memory      |   3072 KiB |   3072 KiB |   3072 KiB |      0 B  |".replace(
        "B  |", "KiB |"
    )
    assert torch.cuda.memory_summary(1, abbreviated=True).splitlines() == lines
    assert kept.numel() == 3 * MIB


@pytest.mark.parametrize(
    ("old", "new"), [("memory_cached", "memory_reserved"), ("max_memory_cached", "max_memory_reserved")]
)
def test_older_names_warn(old: str, new: str) -> None:
    _bytes(MIB)
    with pytest.warns(FutureWarning, match=f"`torch.cuda.{old}` has been renamed to `torch.cuda.{new}`"):
        found = getattr(torch.cuda, old)()
    assert found == getattr(torch.cuda, new)() == MIB
    for name in ("reset_max_memory_allocated", "reset_max_memory_cached"):
        with pytest.warns(FutureWarning, match=f"{name} now calls torch.cuda.reset_peak_memory_stats"):
            getattr(torch.cuda, name)()
    assert torch.cuda.max_memory_allocated() == 0
