"""CUDA's streams: the arithmetic of the counter against published vectors and printed values, on the stand-in and on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import flambeau
from flambeau.random._counter import philox
from flambeau_conformance.subject import CPU_STREAM, subject_of
from standin_backend import cupy_on_standin
from standin_cupy._raw import philox as philox_of_arrays

# Known answers of Random123's distribution (kat_vectors, philox4x32, 10 rounds): counter, key, words.
VECTORS = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0),
     (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
]  # fmt: skip


@pytest.mark.parametrize(("counter", "key", "words"), VECTORS)
def test_words_are_the_published_ones(counter: Any, key: Any, words: Any) -> None:
    seed, block, thread = key[0] | key[1] << 32, counter[0] | counter[1] << 32, counter[2] | counter[3] << 32
    assert philox(seed, block, thread) == words
    assert philox_of_arrays(seed, np.uint64(block), np.uint64(thread)).tolist() == list(words)


@pytest.fixture(params=["standin", pytest.param("gpu", marks=pytest.mark.gpu)])
def device(request: pytest.FixtureRequest) -> Iterator[str]:
    """A CUDA device: a pretended one with 1,024 threads at a time, or a real one."""
    if request.param == "gpu":
        yield "cuda"
        return

    with cupy_on_standin():
        yield "cuda"


def test_seed_0_gives_what_pytorch_prints_on_gpus(device: str) -> None:
    flambeau.manual_seed(0)
    first, second = flambeau.rand(16, device=device), flambeau.rand(10, device=device)
    assert first[:8].tolist() == pytest.approx(
        [0.3990, 0.5167, 0.0249, 0.9401, 0.9459, 0.7967, 0.4150, 0.8203], abs=5e-5
    )
    assert second[:4].tolist() == pytest.approx([0.9722, 0.7910, 0.4690, 0.3300], abs=5e-5)
    flambeau.manual_seed(0)
    assert flambeau.randn(12, device=device)[:4].tolist() == pytest.approx(
        [-0.9247, -0.4253, -2.6438, 0.1452], abs=5e-5
    )


def test_the_state_is_a_seed_and_an_offset(device: str) -> None:
    generator = flambeau.Generator(device=device).manual_seed(7)
    flambeau.rand(3, device=device, generator=generator)
    assert bytes(generator.get_state().tolist()) == (7).to_bytes(8, "little") + (4).to_bytes(8, "little")
    state, expected = generator.get_state(), flambeau.rand(5, device=device, generator=generator).tolist()
    generator.set_state(state)
    assert flambeau.rand(5, device=device, generator=generator).tolist() == expected
    generator.set_offset(4)
    assert flambeau.rand(5, device=device, generator=generator).tolist() == expected
    with pytest.raises(RuntimeError, match="multiple of 4"):
        generator.set_offset(3)
    with pytest.raises(RuntimeError, match="wrong size: 9 bytes"):
        generator.set_state(flambeau.zeros(9, dtype=flambeau.uint8, device="cpu"))


@pytest.mark.parametrize(("count", "dtype", "calls"), [(1, "float32", 1), (1024, "float32", 1), (4097, "float32", 2),
                                                       (2049, "float64", 2), (100, "int64", 1)])  # fmt: skip
def test_offsets_follow_the_launch(count: int, dtype: str, calls: int) -> None:
    with cupy_on_standin():
        generator = flambeau.Generator(device="cuda").manual_seed(1)
        kind = getattr(flambeau, dtype)
        flambeau.zeros(count, dtype=kind, device="cuda").random_(
            generator=generator
        ) if dtype == "int64" else flambeau.rand(count, dtype=kind, device="cuda", generator=generator)
        assert generator.get_offset() == 4 * calls


def test_a_long_draw_is_one_thread_after_the_other() -> None:
    """Lane i of call k of thread t is element t + (4 k + i) threads."""
    with cupy_on_standin():
        generator = flambeau.Generator(device="cuda").manual_seed(5)
        numbers = flambeau.randint(0, 1000, (6000,), device="cuda", generator=generator).tolist()
    threads = 1024
    for element in (0, 1, 1023, 1024, 3 * 1024 + 5, 4096, 5999):
        turn, thread = divmod(element, threads)
        call, lane = divmod(turn, 4)
        assert numbers[element] == philox(5, call, thread)[lane] % 1000


MOMENTS: dict[str, tuple[Callable[[Any, Any], Any], float, float]] = {
    "rand": (lambda g, d: flambeau.rand(20_000, device=d, generator=g), 0.5, 1 / 12),
    "rand float64": (lambda g, d: flambeau.rand(20_000, dtype=flambeau.float64, device=d, generator=g), 0.5, 1 / 12),
    "rand float16": (lambda g, d: flambeau.rand(20_000, dtype=flambeau.float16, device=d, generator=g).float(), 0.5, 1 / 12),
    "randn": (lambda g, d: flambeau.randn(20_000, device=d, generator=g), 0.0, 1.0),
    "randn float64": (lambda g, d: flambeau.randn(20_000, dtype=flambeau.float64, device=d, generator=g), 0.0, 1.0),
    "randint": (lambda g, d: flambeau.randint(0, 6, (20_000,), device=d, generator=g).float(), 2.5, 35 / 12),
    "exponential": (lambda g, d: flambeau.empty(20_000, device=d).exponential_(2, generator=g), 0.5, 0.25),
    "log_normal": (lambda g, d: flambeau.empty(20_000, device=d).log_normal_(0, 0.5, generator=g), 1.1331, 0.3646),
    "geometric": (lambda g, d: flambeau.empty(20_000, device=d).geometric_(0.4, generator=g), 2.5, 3.75),
    "bernoulli_": (lambda g, d: flambeau.empty(20_000, device=d).bernoulli_(0.3, generator=g), 0.3, 0.21),
    "bernoulli": (lambda g, d: flambeau.bernoulli(flambeau.full((20_000,), 0.3, device=d), generator=g), 0.3, 0.21),
    "poisson": (lambda g, d: flambeau.poisson(flambeau.full((4000,), 6.0, device=d), generator=g), 6.0, 6.0),
    "dropout": (lambda g, d: flambeau.nn.functional.dropout(flambeau.ones(20_000, device=d), 0.2, generator=g), 1.0, 0.25),
    "dropout odd": (lambda g, d: flambeau.nn.functional.dropout(flambeau.ones(20_001, device=d), 0.2, generator=g), 1.0, 0.25),
}  # fmt: skip


@pytest.mark.parametrize("name", MOMENTS)
def test_moments(device: str, name: str) -> None:
    draw, mean, variance = MOMENTS[name]
    numbers = draw(flambeau.Generator(device=device).manual_seed(11), device)
    count = numbers.numel()
    assert float(numbers.mean()) == pytest.approx(mean, abs=5 * (variance / count) ** 0.5)
    assert float(numbers.var()) == pytest.approx(variance, rel=0.15)


@pytest.mark.parametrize("count", [1, 2, 100, 3000])
def test_permutations_have_every_number_once(device: str, count: int) -> None:
    generator = flambeau.Generator(device=device).manual_seed(3)
    order = flambeau.randperm(count, device=device, generator=generator)
    assert sorted(order.tolist()) == list(range(count))
    assert generator.get_offset() % 4 == 0


def test_runs_of_equal_keys_are_shuffled() -> None:
    from flambeau.random._counter import _shuffle_runs

    found = set()
    for seed in range(40):
        order = [0, 1, 2, 3]
        _shuffle_runs(order, [5, 7, 7, 7], seed, 0)
        assert order[0] == 0
        found.add(tuple(order))
    assert len(found) == 6  # every order of the run of three


@pytest.mark.gpu
@pytest.mark.parametrize("count", [1, 255, 256, 257, 270_335, 270_337, 1_081_345])
def test_numbers_are_those_of_pytorch_on_the_same_gpu(count: int) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("PyTorch has no CUDA device")
    calls: list[Callable[[Any], Any]] = [
        lambda m: m.rand(count, device="cuda"), lambda m: m.randn(count, device="cuda"),
        lambda m: m.rand(count, device="cuda", dtype=m.float64), lambda m: m.randint(0, 1000, (count,), device="cuda"),
        lambda m: m.randperm(count, device="cuda"), lambda m: m.empty(count, device="cuda").exponential_(),
        lambda m: m.empty(count, device="cuda").uniform_(-1, 3), lambda m: m.empty(count, device="cuda").normal_(1, 2),
        lambda m: m.empty(count, device="cuda").bernoulli_(0.3), lambda m: m.bernoulli(m.full((count,), 0.3, device="cuda")),
        lambda m: m.nn.functional.dropout(m.ones(count, device="cuda"), 0.3),
        lambda m: m.randn(count, device="cuda", dtype=m.float64),
    ]  # fmt: skip
    for number, call in enumerate(calls):
        for module in (flambeau, torch):
            module.manual_seed(42)
        for _ in range(2):
            found, expected = call(flambeau), call(torch)
            assert found.tolist() == expected.tolist(), f"call {number}"


def test_a_device_with_counters_does_not_draw_the_stream_of_the_cpu_whatever_is_in_use() -> None:
    with cupy_on_standin():
        subject = subject_of("cupy")
        assert subject.unclaimed([CPU_STREAM], []) == [CPU_STREAM]
    assert subject_of("numpy").unclaimed([CPU_STREAM], []) == []
