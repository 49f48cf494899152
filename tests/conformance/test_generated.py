"""Generated cases: what is made of a declaration, how it is told as data, and that nothing is left out without reason."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

import flambeau
from flambeau_conformance.catalogue import all_cases, ops
from flambeau_conformance.checks import CheckError
from flambeau_conformance.compare import check_same, nearest, spelled
from flambeau_conformance.composed import composed_candidates
from flambeau_conformance.describe import describe
from flambeau_conformance.golden import _packed, _unpacked, recorded
from flambeau_conformance.inputs import INTEGRAL, In, draw, limits_of
from flambeau_conformance.left_out import reasons, without_effect
from flambeau_conformance.model import Sample
from flambeau_conformance.observe import check_observed, observed
from flambeau_conformance.probes import ASPECTS, candidates, probes_of
from flambeau_conformance.scalars import scalar_candidates
from flambeau_conformance.session import Session
from flambeau_conformance.subject import subject_of
from flambeau_conformance.variants import deeper, degenerate, elements_of, filled, grown, specially_filled


@pytest.fixture
def subject() -> Any:
    return SimpleNamespace(worst_error=None)


def test_every_aspect_has_cases_of_many_ops() -> None:
    ops_of: dict[str, set[str]] = {}
    for case in all_cases():
        ops_of.setdefault(case.aspect, set()).add(case.op)
    assert all(len(ops_of[aspect]) > 50 for aspect in ASPECTS), Counter({each: len(ops_of[each]) for each in ASPECTS})


def test_what_is_left_out_has_a_reason_and_an_effect() -> None:
    assert all(len(reason.split()) > 3 for reason in reasons().values())
    known = {op: recorded(op.section) for op in ops().values()}
    addresses = [probe.address for op in known for probe in candidates(op, known[op])]
    addresses += [address for op in known for address in scalar_candidates(op, known[op])]
    addresses += [address for op in known for address in composed_candidates(op)]
    assert without_effect(addresses) == []


def test_a_new_op_gets_its_cases_without_being_named() -> None:
    aspects = {probe.aspect for probe in probes_of(ops()["exp"], recorded(ops()["exp"].section))}
    assert aspects == ASPECTS - {"dims"}


def test_equal_sizes_grow_together() -> None:
    sample = Sample("x", lambda t, x, y: t.mm(x, y), (In((2, 3)), In((3, 4)), In((2,), "index:3")))
    for name, one in grown(sample):
        (rows, inner), (again, _), (count,) = (spec.shape for spec in one.inputs)
        assert inner == again, name
        assert count == rows
        assert one.inputs[2].domain == f"index:{inner}"
        assert elements_of(one) > 1000


def test_degenerate_samples_have_nothing_or_one_or_no_dims() -> None:
    shapes = {name: one.inputs[0].shape for name, one in degenerate(Sample("x", lambda t, x: x, (In((2, 3)),)))}
    assert shapes == {"none-of-2": (0, 3), "none-of-3": (2, 0), "one-of-each": (1, 1), "no-dims": ()}


def test_indices_keep_their_numbers() -> None:
    sample = Sample("x", lambda t, x, i: x[i], (In((3,)), In((2,), "index:3")))
    other = filled(sample, "special")
    assert other is not None
    assert [spec.domain for spec in other.inputs] == ["special", "index:3"]
    assert filled(Sample("x", lambda t, i: i, (In((2,), "index:3"),)), "special") is None


def test_one_operand_is_special_at_a_time_and_indices_never() -> None:
    sample = Sample("x", lambda t, x, y, i: x, (In((2,)), In((3,)), In((2,), "index:3")))
    domains = [[spec.domain for spec in one.inputs] for _, one in specially_filled(sample)]
    assert domains == [["special", "real", "index:3"], ["real", "special", "index:3"]]
    assert not list(specially_filled(Sample("x", lambda t, x: x, (In((2,)),))))


def test_deeper_samples_have_a_dimension_more() -> None:
    sample = deeper(Sample("x", lambda t, x, y: x, (In((2, 3)), In(()))))
    assert [spec.shape for spec in sample.inputs] == [(4, 2, 3), (4,)]


def test_functions_without_tensors_are_tried_in_every_dtype() -> None:
    known = recorded(ops()["arange"].section)
    found = {probe.dtype: probe for probe in probes_of(ops()["arange"], known) if probe.variant == "step"}
    assert {"int8", "float16", "bfloat16"} <= set(found)
    (told,) = found["int8"].observed(subject_of("numpy"))
    assert told == {"dtype": "int8", "shape": [3], "values": [1, 3, 5]}


@pytest.mark.parametrize("dtype", INTEGRAL)
def test_limits_are_drawn(dtype: str) -> None:
    numbers, own = draw(In((20,), "limits"), dtype, "seed")
    assert own == dtype
    assert {min(numbers), max(numbers)} == set(limits_of(dtype))


def test_many_numbers_are_the_same_whenever_they_are_drawn() -> None:
    first = draw(In((1000,)), "float32", "seed")[0]
    assert draw(In((1000,)), "float32", "seed")[0] == first
    assert draw(In((1000,)), "float32", "other")[0] != first
    assert all(-2 <= number <= 2 for number in first)


# -- comparing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "expected", "dtype", "tolerance"),
    [
        ([-0.0], [0.0], "float32", "exact"),
        ([1.0 + 1e-7], [1.0], "float64", "transcendental"),
        ([1e-30], [2e-30], "float32", "transcendental"),
        ([1.0], [math.nan], "float32", "reduction"),
        ([math.inf], [3e38], "float32", "matmul"),
        ([1], [True], "bool", "exact"),
        ([1.001], [1.0], "float16", "exact"),
    ],
)
def test_differences_that_must_be_seen(subject: Any, found: Any, expected: Any, dtype: str, tolerance: str) -> None:
    with pytest.raises(CheckError):
        check_same(subject, found, expected, dtype, tolerance)


@pytest.mark.parametrize(
    ("found", "expected", "dtype", "tolerance"),
    [
        ([-0.0], [0.0], "float32", "reduction"),
        ([math.nan], [math.nan], "float32", "exact"),
        ([1.0 + 2e-16], [1.0], "float64", "arithmetic"),
        ([100.0, 1e-6], [100.0, 0.0], "float32", "reduction"),
    ],
)
def test_differences_of_rounding(subject: Any, found: Any, expected: Any, dtype: str, tolerance: str) -> None:
    check_same(subject, found, expected, dtype, tolerance)


def test_a_zero_without_sign_is_seen_only_where_it_counts(subject: Any) -> None:
    check_same(subject, [-0.0], [0.0], "float32", "exact", signed=False)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_numbers_come_back_from_their_spelling(dtype: str) -> None:
    numbers = flambeau.rand(200, dtype=getattr(flambeau, dtype)).sub(0.5).mul(37).tolist()
    assert [nearest(spelled(number, dtype), dtype) for number in numbers] == numbers


# -- observing ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 31, 4095, 5555, 9998, 9999])
def test_one_wrong_element_of_many_is_seen(subject: Any, place: int) -> None:
    right = flambeau.linspace(-3, 3, 10_000)
    wrong = right.clone()
    wrong[place] += 0.25
    expected = observed(lambda: [right])
    assert "values" not in expected[0]
    check_observed(subject, observed(lambda: [right.clone()]), expected, "reduction")
    with pytest.raises(CheckError):
        check_observed(subject, observed(lambda: [wrong]), expected, "reduction")


def test_swapped_elements_and_moved_nans_are_seen(subject: Any) -> None:
    right = flambeau.linspace(-3, 3, 10_000)
    right[777] = math.nan
    expected = observed(lambda: [right])
    for other in (right.flip(0), right.roll(1)):
        with pytest.raises(CheckError):
            check_observed(subject, observed(lambda other=other: [other]), expected, "exact")  # type: ignore[misc]


def test_exceptions_are_told_by_their_nearest_builtin(subject: Any) -> None:
    found = observed(lambda: [flambeau.linalg.cholesky(flambeau.zeros(2, 2))])
    assert found == {"raises": "RuntimeError"}
    with pytest.raises(CheckError, match="it raises RuntimeError, expected: it raises IndexError"):
        check_observed(subject, found, {"raises": "IndexError"}, "exact")


def test_what_is_packed_is_unpacked() -> None:
    data = [*observed(lambda: [flambeau.arange(3.0), flambeau.arange(100), flambeau.zeros(0)]), {"changed": [1]}]
    data[0]["strides"] = [2]
    assert _unpacked(_packed(data)) == data


@pytest.mark.parametrize("dtype", sorted(str(each).removeprefix("torch.") for each in flambeau.dtypes.ALL))
def test_numbers_of_every_dtype_are_packed_without_loss(dtype: str) -> None:
    numbers = [0, -0.0, 1, 2, 0.1, float("nan"), float("inf"), -float("inf"), 1e-6, -3.7] * 2
    if not getattr(flambeau, dtype).is_floating_point and not getattr(flambeau, dtype).is_complex:
        numbers = [0, 1, 1, 0, 100, 3, 99, 127] * 3
    tensor = flambeau.tensor(numbers).to(getattr(flambeau, dtype))
    data = observed(lambda: [tensor])
    packed = _packed(data)
    assert len(json.dumps(packed)) < len(json.dumps(data))
    assert _unpacked(json.loads(json.dumps(packed))) == data


def test_a_call_of_a_function_with_arguments_at_hand_is_told(
    make_session: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise OSError("no")

    case = next(each for each in all_cases() if each.address == "optim.functional/value/nadam/float32")
    monkeypatch.setattr("flambeau.optim.nadam.nadam", broken)
    with pytest.raises(OSError, match="no") as raised:
        case.check(make_session().subject)
    failure = describe(case, raised.value)
    assert failure.message.startswith("OSError: no")
    assert failure.call.endswith("with form = 'nadam'")


def test_a_call_with_options_that_breaks_is_told(
    make_session: Callable[..., Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: Any, **options: Any) -> None:
        raise OSError("no")

    case = next(each for each in all_cases() if each.address == "cumsum/options/dim-dim=-1/float32")
    monkeypatch.setattr(flambeau, "cumsum", broken)
    with pytest.raises(OSError, match="no") as raised:
        case.check(make_session().subject)
    failure = describe(case, raised.value)
    assert (failure.call, failure.inputs.partition(" (")[0]) == (
        "torch.cumsum(...) with dim=-1",
        "input 0 = float32[2, 5]",
    )
