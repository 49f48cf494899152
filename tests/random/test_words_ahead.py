"""The NumPy backend's engine draws words ahead: what comes out, and its state, are those of an engine that does not."""

from __future__ import annotations

from random import Random

import pytest

import flambeau
from flambeau.random._mt19937 import STATE_WORDS, MersenneTwister, key_from_seed

numpy_engine = pytest.importorskip("flambeau_numpy._engine")

COUNTS = (1, 2, 15, 16, 100, 311, 623, 624, 625, 1248, 2048, 2049, 4992, 5000, 20000)


def _words(engine: numpy_engine.NumpyEngine, how: str, count: int) -> bytes:
    if how == "pairs":
        pairs = engine.pairs(count // 2) if count > 1 else None
        if pairs is not None:
            words = bytes(pairs)
            return b"".join(words[at + 4 : at + 8] + words[at : at + 4] for at in range(0, len(words), 8)) + (
                bytes(engine.words(1)) if count % 2 else b""
            )
    return bytes(engine.words(count))


@pytest.mark.parametrize("seed", range(6))
def test_words_and_states_are_those_of_the_plain_engine(seed: int) -> None:
    chosen, engine, plain = Random(seed), numpy_engine.NumpyEngine(), MersenneTwister()
    state = key_from_seed(seed), chosen.choice((0, 1, 300, 623, STATE_WORDS))
    for each in (engine, plain):
        each.set_state(*state)
    for _ in range(60):
        count = chosen.choice(COUNTS)
        assert _words(engine, chosen.choice(("words", "pairs")), count) == plain.words(count)
        if chosen.random() < 0.4:
            assert engine.get_state() == plain.get_state()
        if chosen.random() < 0.1:
            engine.set_state(*plain.get_state())


@pytest.mark.parametrize("seed", range(3))
def test_numbers_that_are_ready_are_those_made_of_the_words(seed: int) -> None:
    from flambeau_numpy._random import NumpyTransforms

    chosen, transforms = Random(seed), NumpyTransforms()
    engine, other = numpy_engine.NumpyEngine(), numpy_engine.NumpyEngine()
    for each in (engine, other):
        each.set_state(key_from_seed(seed), STATE_WORDS)
    for _ in range(80):
        count, skipped = 16 * chosen.randrange(1, 60), chosen.choice((0, 3, 15))
        if chosen.random() < 0.5:
            made = bytes(transforms.uniform(other.words(count - skipped), 0.0, 1.0, "float32"))
            assert bytes(engine.uniforms(count - skipped)) == made
        else:
            words = bytes(other.words(count + skipped))
            kept = words[: 4 * (count - 16)] + words[-64:]
            assert bytes(engine.normals(count, skipped)) == bytes(
                transforms.normal(memoryview(kept), 0.0, 1.0, "float32")
            )


def test_what_is_handed_out_cannot_change_what_is_ahead() -> None:
    engine = numpy_engine.NumpyEngine()
    assert engine.words(3).readonly
    assert engine.uniforms(3).readonly
    flambeau.manual_seed(0)
    first = flambeau.rand(3).clone()
    flambeau.manual_seed(0)
    flambeau.rand(3).zero_()
    flambeau.manual_seed(0)
    assert flambeau.rand(3).tolist() == first.tolist()
