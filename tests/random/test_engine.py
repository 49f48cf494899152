"""The engine and the stream's state, against published numbers, recorded states and PyTorch itself."""

from __future__ import annotations

import hashlib
import threading
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flambeau.random._mt19937 import STATE_WORDS, MersenneTwister, key_from_seed
from flambeau.random._samplers import integers, normal, uniform
from flambeau.random._stream import STATE_BYTES, Stream
from flambeau.random._transforms import PythonTransforms

TRANSFORMS = PythonTransforms()


def make_stream(seed: int) -> Stream:
    return Stream(MersenneTwister, seed)


def words_of(stream: Stream, count: int) -> list[int]:
    drawn = memoryview(stream.words(count))
    return [int.from_bytes(drawn[start : start + 4], "little") for start in range(0, 4 * count, 4)]


def digest(stream: Stream) -> str:
    return hashlib.sha256(stream.to_bytes()).hexdigest()[:16]


def test_words_are_those_of_the_cpp_standard() -> None:
    words = words_of(make_stream(5489), 10_000)  # [rand.predef] gives the last one for `std::mt19937`
    assert words[0] == 3499211612
    assert words[-1] == 4123659995


def test_many_words_are_the_same_as_a_few_at_a_time() -> None:
    count = (1 << 20) + 700
    at_once, in_parts = make_stream(3), make_stream(3)
    parts = [in_parts.words(part) for part in (1, 699, 1 << 20)]
    assert bytes(at_once.words(count)) == b"".join(map(bytes, parts))
    assert at_once.to_bytes() == in_parts.to_bytes()


def test_only_the_low_bits_of_a_seed_count() -> None:
    assert key_from_seed(7) == key_from_seed((1 << 40) + 7)
    assert key_from_seed(7) != key_from_seed(8)


@pytest.mark.parametrize(
    ("seed", "words", "expected"),
    [(0, 0, "1ccf17250133dec5"), (0, 3, "30ba57011b00a77f"), ((1 << 64) - 1, 624, "1580367be4a3199c")],
    ids=["fresh", "three words", "key used up"],
)
def test_states_are_those_recorded_from_pytorch(seed: int, words: int, expected: str) -> None:
    stream = make_stream(seed)
    if words:
        stream.words(words)
    assert digest(stream) == expected


def test_state_with_a_spare_normal_is_the_one_recorded_from_pytorch() -> None:
    stream = make_stream(0)
    stream.words(3)
    normal(stream, TRANSFORMS, 3, 0.0, 1.0, "float32", True)
    assert stream.spare_normal is not None
    assert digest(stream) == "9ea3a2659222c4fe"


@pytest.mark.parametrize("words", [0, 1, 623, 624, 625, 2000])
def test_stream_continues_from_a_state(words: int) -> None:
    stream, other = make_stream(11), make_stream(12)
    if words:
        stream.words(words)
    normal(other, TRANSFORMS, 1, 0.0, 1.0, "float64", True)  # leaves a spare number, which must be forgotten
    other.from_bytes(stream.to_bytes())
    assert other.to_bytes() == stream.to_bytes()
    assert other.seed == 11
    assert other.spare_normal is None
    assert words_of(other, 1000) == words_of(stream, 1000)


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (b"", "of size 5056 but found the input RNG state size to be 0"),
        (bytes(STATE_BYTES), "Invalid mt19937 state"),
        (make_stream(1).to_bytes() + b"\0", "input RNG state size to be 5057"),
    ],
)
def test_what_is_no_state_is_refused_and_changes_nothing(state: bytes, message: str) -> None:
    stream = make_stream(5)
    before = stream.to_bytes()
    with pytest.raises(RuntimeError, match=message):
        stream.from_bytes(state)
    assert stream.to_bytes() == before


def test_threads_share_a_stream_without_losing_numbers() -> None:
    shared, alone = make_stream(9), make_stream(9)
    drawn: list[list[int]] = []

    def draw() -> None:
        drawn.extend([words_of(shared, 20) for _ in range(50)])

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = [words_of(alone, 20) for _ in range(200)]
    assert sorted(drawn) == sorted(expected)
    assert shared.to_bytes() == alone.to_bytes()


def draw_both(torch: ModuleType, stream: Stream, call: str, count: int) -> tuple[Any, bytes]:
    """What PyTorch and the stream draw in one call, as PyTorch's tensor and as bytes."""
    if call == "rand":
        return torch.rand(count), bytes(memoryview(uniform(stream, TRANSFORMS, count, 0.0, 1.0, "float32")))
    if call == "rand64":
        expected = torch.rand(count, dtype=torch.float64)
        return expected, bytes(memoryview(uniform(stream, TRANSFORMS, count, 0.0, 1.0, "float64")))
    if call == "randn":
        return torch.randn(count), bytes(memoryview(normal(stream, TRANSFORMS, count, 0.0, 1.0, "float32", True)))
    return torch.randint(7, (count,)), bytes(memoryview(integers(stream, TRANSFORMS, count, 0, 7)))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(-(1 << 63), (1 << 64) - 1),
    calls=st.lists(
        st.tuples(
            st.sampled_from(["rand", "rand64", "randn", "randint"]),
            st.sampled_from([1, 5, 15, 16, 17, 311, STATE_WORDS, 1000]),
        ),
        max_size=6,
    ),
)
def test_sequences_of_calls_are_pytorchs(torch: ModuleType, seed: int, calls: list[tuple[str, int]]) -> None:
    torch.manual_seed(seed)
    stream = make_stream(seed % (1 << 64))
    for call, count in calls:
        expected, drawn = draw_both(torch, stream, call, count)
        assert expected.numpy().tobytes() == drawn, (call, count)
        assert bytes(torch.get_rng_state().tolist()) == stream.to_bytes(), (call, count)
