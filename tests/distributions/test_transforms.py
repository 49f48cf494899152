"""Transforms and the registries of constraints, beside PyTorch's and by themselves."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import flambeau


def _wide(t: Any, value: Any) -> Any:
    return t.tensor(value, dtype=t.float64)


CASES: dict[str, tuple[Callable[[Any, Any], Any], Any]] = {
    "exp": (lambda t, f: f.ExpTransform(), [0.5, -1.0]),
    "power": (lambda t, f: f.PowerTransform(_wide(t, [2.0, -1.0])), [0.5, 2.0]),
    "sigmoid": (lambda t, f: f.SigmoidTransform(), [0.5, -800.0]),
    "softplus": (lambda t, f: f.SoftplusTransform(), [0.5, 30.0]),
    "tanh": (lambda t, f: f.TanhTransform(), [0.5, -1.0]),
    "abs": (lambda t, f: f.AbsTransform(), [0.5, -1.0]),
    "affine": (lambda t, f: f.AffineTransform(1.0, -2.0), [0.5, -1.0]),
    "affine of vectors": (lambda t, f: f.AffineTransform(_wide(t, [1.0, 2.0]), _wide(t, [-2.0, 3.0]), event_dim=1), [0.5, -1.0]),
    "correlations": (lambda t, f: f.CorrCholeskyTransform(), [0.5, -1.0, 2.0]),
    "softmax": (lambda t, f: f.SoftmaxTransform(), [0.5, -1.0, 2.0]),
    "sticks": (lambda t, f: f.StickBreakingTransform(), [0.5, -1.0, 2.0]),
    "lower": (lambda t, f: f.LowerCholeskyTransform(), [[0.5, -1.0], [2.0, 1.0]]),
    "positive definite": (lambda t, f: f.PositiveDefiniteTransform(), [[0.5, -1.0], [2.0, 1.0]]),
    "cumulative": (lambda t, f: f.CumulativeDistributionTransform(t.distributions.Normal(_wide(t, 0.0), 1.0)), [0.5, -1.0]),
    "composed": (lambda t, f: f.ComposeTransform([f.ExpTransform(), f.AffineTransform(1.0, 2.0)]), [0.5, -1.0]),
    "composed of vectors": (
        lambda t, f: f.ComposeTransform([f.AffineTransform(_wide(t, [1.0, 2.0, 3.0]), 2.0), f.StickBreakingTransform()]),
        [0.5, -1.0, 2.0],
    ),
    "independent": (lambda t, f: f.IndependentTransform(f.ExpTransform(), 1), [0.5, -1.0]),
    "reshape": (lambda t, f: f.ReshapeTransform((4,), (2, 2)), [[0.5, -1.0, 1.0, 2.0]]),
    "cat": (lambda t, f: f.CatTransform([f.ExpTransform(), f.SigmoidTransform()], lengths=[2, 1]), [0.5, -1.0, 2.0]),
    "cat of vectors": (lambda t, f: f.CatTransform([f.StickBreakingTransform()], dim=-1, lengths=[3]), [0.5, -1.0, 2.0]),
    "stack": (lambda t, f: f.StackTransform([f.ExpTransform(), f.SigmoidTransform()], dim=1), [[0.5, -1.0]]),
    "inverse": (lambda t, f: f.ExpTransform().inv, [0.5, 1.0]),
}  # fmt: skip


def _described(t: Any, name: str) -> list[Any]:
    make, values = CASES[name]
    transform = make(t, t.distributions.transforms)
    x = t.tensor(values, dtype=t.float64, requires_grad=True)
    y = transform(x)
    jacobian = lambda: transform.log_abs_det_jacobian(x, y)  # noqa: E731
    questions: list[Callable[[], Any]] = [
        lambda: y, lambda: transform.inv(y), jacobian, lambda: t.autograd.grad(jacobian().sum(), x)[0],
        lambda: t.autograd.grad(transform(x).sum(), x)[0], lambda: transform.sign, lambda: transform.bijective,
        lambda: repr(transform.domain), lambda: repr(transform.codomain), lambda: transform.event_dim,
        lambda: tuple(transform.forward_shape(tuple(x.shape))), lambda: tuple(transform.inverse_shape(tuple(y.shape))),
        lambda: repr(transform), lambda: repr(transform.inv), lambda: transform == transform,
        lambda: transform.inv.inv is transform, lambda: repr(transform.with_cache()), lambda: transform == transform.with_cache(),
        lambda: transform.inv.with_cache()(y),
    ]  # fmt: skip
    answers = []
    for question in questions:
        try:
            answer = question()
        except (NotImplementedError, ValueError, RuntimeError, AssertionError) as error:
            answer = type(error).__name__
        answers.append(np.array(answer.tolist()) if hasattr(answer, "tolist") else answer)
    return answers


@pytest.mark.parametrize("name", CASES)
def test_transforms_are_pytorchs(torch: ModuleType, name: str) -> None:
    for place, (ours, theirs) in enumerate(zip(_described(flambeau, name), _described(torch, name), strict=True)):
        if isinstance(theirs, np.ndarray):
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-14, err_msg=str(place))
        else:
            assert ours == theirs, place


@pytest.mark.parametrize(
    "name", [name for name in CASES if name not in ("abs", "softmax", "sigmoid", "cat of vectors")]
)
def test_inverses_lead_back_and_jacobians_are_determinants(name: str) -> None:
    make, values = CASES[name]
    transform = make(flambeau, flambeau.distributions.transforms)
    x = _wide(flambeau, values)
    y = transform(x)
    if name not in ("lower", "positive definite"):
        assert transform.inv(y).flatten().tolist() == pytest.approx(x.flatten().tolist())
    if not transform.bijective or name in ("correlations", "sticks", "composed of vectors"):
        return  # more elements come out than go in
    jacobian = flambeau.autograd.functional.jacobian(
        lambda flat: transform(flat.reshape(x.shape)).flatten(), x.flatten()
    )
    found = transform.log_abs_det_jacobian(x, y).sum().item()
    assert found == pytest.approx(flambeau.linalg.slogdet(jacobian).logabsdet.item())


def test_a_cache_gives_the_very_tensors_back() -> None:
    T = flambeau.distributions.transforms  # noqa: N806
    for transform in (
        T.TanhTransform(cache_size=1),
        T.ExpTransform().with_cache(),
        T.AffineTransform(0.0, 2.0).with_cache(),
    ):
        x = flambeau.tensor([20.0, 1.0])
        y = transform(x)
        assert transform(x) is y
        assert transform.inv(y) is x
        assert transform.inv.inv is transform
    assert T.TanhTransform().inv(T.TanhTransform()(flambeau.tensor(20.0))).isinf()


@pytest.mark.parametrize("name", CASES)
def test_transforms_are_copied_and_pickled(name: str) -> None:
    make, values = CASES[name]
    transform = make(flambeau, flambeau.distributions.transforms)
    x = _wide(flambeau, values)
    expected = transform(x)
    transform.inv  # noqa: B018 (it is kept)
    for twin in (copy.deepcopy(transform), pickle.loads(pickle.dumps(transform))):
        assert flambeau.equal(twin(x), expected)


CONSTRAINTS: dict[str, Callable[[Any, Any], Any]] = {
    "real": lambda t, c: c.real, "real_vector": lambda t, c: c.real_vector, "positive": lambda t, c: c.positive,
    "nonnegative": lambda t, c: c.nonnegative, "greater_than": lambda t, c: c.greater_than(2.0),
    "greater_than_eq": lambda t, c: c.greater_than_eq(_wide(t, -2.0)), "less_than": lambda t, c: c.less_than(-1.0),
    "unit_interval": lambda t, c: c.unit_interval, "interval": lambda t, c: c.interval(-3.0, 5.0),
    "half_open_interval": lambda t, c: c.half_open_interval(_wide(t, -3.0), 5.0), "simplex": lambda t, c: c.simplex,
    "lower_cholesky": lambda t, c: c.lower_cholesky, "positive_definite": lambda t, c: c.positive_definite,
    "positive_semidefinite": lambda t, c: c.positive_semidefinite, "corr_cholesky": lambda t, c: c.corr_cholesky,
    "independent": lambda t, c: c.independent(c.positive, 1), "cat": lambda t, c: c.cat([c.positive, c.real], -1, [1, 2]),
    "stack": lambda t, c: c.stack([c.positive, c.unit_interval, c.real], -1), "boolean": lambda t, c: c.boolean,
}  # fmt: skip


@pytest.mark.parametrize("table", ["biject_to", "transform_to"])
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_registries_lead_into_the_region(torch: ModuleType, table: str, name: str) -> None:
    found: list[Any] = []
    matrix = "definite" in name or name == "lower_cholesky"
    values = [[0.5, -1.0, 2.0]] * 3 if matrix else [0.5, -1.0, 2.0]
    for t in (flambeau, torch):
        region = CONSTRAINTS[name](t, t.distributions.constraints)
        try:
            transform = getattr(t.distributions, table)(region)
        except NotImplementedError as error:
            found.append(str(error))
            continue
        y = transform(_wide(t, values))
        inside = region.check(y)
        found += [repr(transform), np.array(y.tolist()), inside.tolist(), region.event_dim, region.is_discrete]
        assert bool(inside.all())
    half = len(found) // 2
    for ours, theirs in zip(found[:half], found[half:], strict=True):
        np.testing.assert_allclose(ours, theirs) if isinstance(ours, np.ndarray) else None
        assert isinstance(ours, np.ndarray) or ours == theirs


REGIONS: dict[str, Callable[[Any], Any]] = {
    "lower_triangular": lambda c: c.lower_triangular, "lower_cholesky": lambda c: c.lower_cholesky,
    "corr_cholesky": lambda c: c.corr_cholesky, "square": lambda c: c.square, "symmetric": lambda c: c.symmetric,
    "positive_semidefinite": lambda c: c.positive_semidefinite, "positive_definite": lambda c: c.positive_definite,
    "multinomial": lambda c: c.multinomial(3), "one_hot": lambda c: c.one_hot, "simplex": lambda c: c.simplex,
    "cat": lambda c: c.cat([c.positive, c.real], -1), "stack": lambda c: c.stack([c.positive, c.real], -2),
    "mixture": lambda c: c.MixtureSameFamilyConstraint(c.positive), "integers": lambda c: c._IntegerLessThan(2),
    "mixture of vectors": lambda c: c.MixtureSameFamilyConstraint(c.simplex),
}  # fmt: skip
MATRICES = [
    [[1.0, 0.0], [0.0, 1.0]], [[1.0, 0.5], [0.5, 1.0]], [[1.0, 2.0], [2.0, 1.0]],
    [[1.0, 0.0], [0.6, 0.8]], [[0.0, 0.0], [0.0, 0.0]],
    [[1.0, 1.0], [0.0, 1.0]], [[1.0, 0.0], [2.0, -1.0]], [[0.25, 0.75], [0.5, 0.5]],
]  # fmt: skip


@pytest.mark.parametrize("name", REGIONS)
def test_regions_of_vectors_and_matrices_are_pytorchs(torch: ModuleType, name: str) -> None:
    found = []
    for t in (flambeau, torch):
        region = REGIONS[name](t.distributions.constraints)
        each = [region.check(_wide(t, matrix)).tolist() for matrix in MATRICES]
        both = region.check(_wide(t, [MATRICES[0], MATRICES[1]])).tolist()
        found.append((each, both, region.event_dim, region.is_discrete, type(region).__name__))
    assert found[0] == found[1]


def test_parts_that_do_not_fit_are_refused() -> None:
    c, T = flambeau.distributions.constraints, flambeau.distributions.transforms  # noqa: N806
    x = flambeau.zeros(3)
    for call, words in (
        (lambda: c.cat([c.positive, 3]), "must be Constraint instances"),
        (lambda: c.cat([c.positive], lengths=[1, 2]), "must match cseq"),
        (lambda: c.stack([c.real], 2).check(x), "dim 2 out of range"),
        (lambda: c.independent(3, 1), "must be a Constraint"),
        (lambda: c.independent(c.real, -1), "must be >= 0"),
        (lambda: T.CatTransform([T.ExpTransform(), 3]), "must be Transform instances"),
        (lambda: T.CatTransform([T.ExpTransform()], lengths=[1, 2]), "must match transforms"),
        (lambda: T.CatTransform([T.ExpTransform()])(x), "must equal length 1"),
        (lambda: T.StackTransform([T.ExpTransform()], dim=1)(x), "dim 1 out of range"),
        (lambda: T.StackTransform([T.ExpTransform()]).inv(x), "must equal len"),
    ):
        with pytest.raises(AssertionError, match=words):
            call()
    with pytest.raises(TypeError, match="Expected constraint to be either a Constraint subclass or instance"):
        flambeau.distributions.biject_to.register(3, lambda constraint: None)
