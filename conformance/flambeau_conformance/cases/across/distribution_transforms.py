"""Transforms of samples and constraints: images, inverses, jacobians and shapes against recorded numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...checks import expect, expect_equal, expect_raises
from ...declare import FLOATS, Error, Sample, case, op
from ...inputs import In
from ...subject import Subject

_AB = (In((3,), "unit"), In((3,), "positive"))
_ERROR = Error(
    "cache", lambda t: t.distributions.ExpTransform(cache_size=2), (ValueError,), "cache_size must be 0 or 1"
)

_MADE: dict[str, Callable[[Any, Any, Any], Any]] = {
    "ExpTransform": lambda d, a, b: d.ExpTransform(cache_size=0), "PowerTransform": lambda d, a, b: d.PowerTransform(exponent=b, cache_size=1),
    "SigmoidTransform": lambda d, a, b: d.SigmoidTransform(cache_size=1), "SoftplusTransform": lambda d, a, b: d.SoftplusTransform(cache_size=1),
    "TanhTransform": lambda d, a, b: d.TanhTransform(cache_size=1),
    "AffineTransform": lambda d, a, b: d.AffineTransform(loc=a, scale=b, event_dim=1, cache_size=1),
    "CumulativeDistributionTransform": lambda d, a, b: d.CumulativeDistributionTransform(distribution=d.Normal(a, b), cache_size=1),
    "ComposeTransform": lambda d, a, b: d.ComposeTransform(parts=[d.ExpTransform(), d.AffineTransform(a, b)], cache_size=1),
    "IndependentTransform": lambda d, a, b: d.IndependentTransform(
        base_transform=d.AffineTransform(a, b), reinterpreted_batch_ndims=1, cache_size=1),
    "ReshapeTransform": lambda d, a, b: d.ReshapeTransform(in_shape=(3,), out_shape=(1, 3), cache_size=1),
    "StickBreakingTransform": lambda d, a, b: d.StickBreakingTransform(cache_size=1),
    "CorrCholeskyTransform": lambda d, a, b: d.CorrCholeskyTransform(cache_size=1),
    "CatTransform": lambda d, a, b: d.CatTransform(
        tseq=[d.ExpTransform(), d.AffineTransform(a[:2], b[:2])], dim=-1, lengths=[1, 2], cache_size=1),
    "StackTransform": lambda d, a, b: d.StackTransform(
        tseq=[d.ExpTransform(), d.SigmoidTransform(), d.TanhTransform()], dim=-1, cache_size=1),
}  # fmt: skip
_ONE_WAY: dict[str, Callable[[Any], Any]] = {
    "AbsTransform": lambda d: d.AbsTransform(cache_size=1), "SoftmaxTransform": lambda d: d.SoftmaxTransform(cache_size=1),
    "LowerCholeskyTransform": lambda d: d.LowerCholeskyTransform(cache_size=1),
    "PositiveDefiniteTransform": lambda d: d.PositiveDefiniteTransform(cache_size=1),
}  # fmt: skip


def _image(d: Any, name: str, a: Any, b: Any, x: Any) -> Any:
    return _MADE[name](d, a, b)(x=x)


def _jacobian(d: Any, name: str, a: Any, b: Any, x: Any) -> Any:
    transform = _MADE[name](d, a, b)
    return transform.log_abs_det_jacobian(x=x, y=transform(x))


def _back(d: Any, name: str, a: Any, b: Any, x: Any) -> Any:
    transform = _MADE[name](d, a, b)
    return transform.with_cache(cache_size=0).inv(transform(x))


def _one_way(d: Any, name: str, a: Any, b: Any) -> Any:
    return _ONE_WAY[name](d)(a.unsqueeze(-1) * b if "sky" in name or "Definite" in name else a)


_ASKED = {"image": _image, "jacobian": _jacobian, "back": _back}

for _name in _MADE:
    op(f"distributions.{_name}", dtypes=FLOATS, tolerance="special", method=False, refuses=False, errors=[_ERROR], samples=[
        Sample(what, lambda t, a, b, what=what, name=_name: _ASKED[what](t.distributions, name, a, b, b if name == "PowerTransform" else a),
               _AB, gradient=what != "back") for what in _ASKED
    ])  # fmt: skip
for _name in _ONE_WAY:
    op(f"distributions.{_name}", dtypes=FLOATS, tolerance="special", method=False, refuses=False, errors=[_ERROR], samples=[
        Sample("image", lambda t, a, b, name=_name: _one_way(t.distributions, name, a, b), _AB)
    ])  # fmt: skip


@case("distributions.Transform/value/members/float32", dtypes=("float32", "int64", "bool"))
def _members(subject: Subject) -> None:
    t, d = subject.torch, subject.torch.distributions
    x = t.tensor([0.5, 1.0, 2.0])
    for name, make in _MADE.items():
        transform = make(d, x / 2, x)
        y = transform(x)
        expect_equal(
            tuple(transform.forward_shape(shape=tuple(x.shape))), tuple(y.shape), f"the shape of the image of {name}"
        )
        expect_equal(tuple(transform.inverse_shape(shape=tuple(y.shape))), tuple(x.shape), f"the shape back of {name}")
        expect(transform.inv.inv is transform, f"the inverse of the inverse of {name}")
        expect(transform.bijective and transform == transform, f"{name} is bijective, and is itself")
        expect(bool(transform.codomain.check(y).all()), f"the image of {name} lies in its codomain")
        expect_equal(transform.inv.domain.event_dim, transform.codomain.event_dim, f"the dimensions of {name}")
    expect_equal(d.AffineTransform(0.0, -2.0).sign, -1, "the sign of a falling transform")
    expect_equal(d.AffineTransform(0.0, 1.0, event_dim=1).event_dim, 1, "the dimensions of an event")
    expect(d.AffineTransform(0.0, 1.0) != d.AffineTransform(0.0, 2.0), "other parameters make another transform")

    corner = d.CorrCholeskyTransform()
    expect_equal(
        float(corner.log_abs_det_jacobian(t.zeros(1), t.eye(2), intermediates=3)), 0.0, "what is not needed is not used"
    )
    expect_equal(
        (tuple(d.SoftmaxTransform().forward_shape((2,))), tuple(d.SoftmaxTransform().inverse_shape((2,)))),
        ((2,), (2,)),
        "the shape",
    )
    base = d.Transform(cache_size=1)
    for call in (lambda: base(x), lambda: base.inv(x), lambda: base.log_abs_det_jacobian(x=x, y=x), lambda: base.sign):
        expect_raises(call, NotImplementedError)

    class Double(d.Transform):  # type: ignore[misc, name-defined]
        domain = codomain = d.constraints.real
        bijective = True
        sign = +1

        def _call(self, x: Any) -> Any:
            return 2 * x

        def _inverse(self, y: Any) -> Any:
            return y / 2

    own = Double(cache_size=1)
    y = own(x)
    expect(own.inv(y) is x and own(x) is y, "a cache gives the very tensors back")
    expect_raises(lambda: own.log_abs_det_jacobian(x, y), NotImplementedError)
    expect_raises(lambda: d.AbsTransform().sign, NotImplementedError)
    expect_raises(lambda: d.CorrCholeskyTransform().event_dim, ValueError, "Please use either")
    expect_raises(lambda: d.ReshapeTransform((2,), (3,)), ValueError, "different numbers of elements")
    expect_raises(lambda: d.StickBreakingTransform().forward_shape(()), ValueError, "Too few dimensions")
    expect_raises(lambda: d.CatTransform([d.ExpTransform()], lengths=[1, 2]), AssertionError, "must match transforms")
    expect_raises(lambda: d.StackTransform([3]), AssertionError, "must be Transform instances")


@case(
    "distributions.biject_to/value/regions/float32",
    dtypes=("float32", "int64", "bool", "int32"),
    extensions=("linalg",),
)
def _registries(subject: Subject) -> None:
    t, d, c = subject.torch, subject.torch.distributions, subject.torch.distributions.constraints
    x = t.tensor([0.5, -1.0, 2.0])
    both = [c.real, c.positive, c.nonnegative, c.greater_than(2.0), c.greater_than_eq(1.0), c.less_than(-1.0), c.unit_interval,
            c.interval(-1.0, 3.0), c.half_open_interval(0.0, 2.0), c.simplex, c.corr_cholesky, c.independent(c.positive, 1),
            c.cat(cseq=[c.positive, c.real], dim=-1, lengths=[1, 2]), c.stack(cseq=[c.positive, c.real, c.real], dim=-1)]  # fmt: skip
    for region in both:
        for table in (d.biject_to, d.transform_to):
            transform = table(region)
            expect(bool(region.check(transform(x)).all()), f"{region} is reached by {transform}")
    matrix = x.unsqueeze(-1) * x
    for region in (c.lower_cholesky, c.positive_definite):
        expect(bool(region.check(d.transform_to(region)(matrix)).all()), f"{region} is reached")
        expect_raises(lambda region=region: d.biject_to(region), NotImplementedError, "Cannot transform")  # type: ignore[misc]
    own = d.constraint_registry.ConstraintRegistry()
    own.register(c.unit_interval, factory=lambda constraint: d.SigmoidTransform())
    expect_equal(repr(own(c.unit_interval)), "SigmoidTransform()", "what a program entered")
    expect_raises(lambda: own(c.real), NotImplementedError, "Cannot transform")
    expect_raises(lambda: own.register(3, lambda constraint: None), TypeError, "Expected constraint to be either")


@case("distributions.constraints/value/matrices/float32", dtypes=("float32", "bool", "int32"), extensions=("linalg",))
def _regions(subject: Subject) -> None:
    t, c = subject.torch, subject.torch.distributions.constraints
    one, lower, wide = t.eye(2), t.tensor([[1.0, 0.0], [0.6, 0.8]]), t.ones(2, 3)
    for region, value, expected in (
        (c.lower_triangular, lower, True), (c.lower_triangular, lower.mT, False), (c.lower_cholesky, lower, True),
        (c.lower_cholesky, -lower, False), (c.corr_cholesky, lower, True), (c.corr_cholesky, 2 * lower, False),
        (c.square, one, True), (c.square, wide, False), (c.symmetric, one, True), (c.symmetric, lower, False), (c.symmetric, wide, False),
        (c.positive_semidefinite, one, True), (c.positive_semidefinite, -one, False), (c.positive_definite, one, True),
        (c.positive_definite, -one, False), (c.positive_definite, lower, False),
    ):  # fmt: skip
        expect_equal(bool(region.check(value)), expected, f"what {region} says of {value.tolist()}")
    counts = c.multinomial(upper_bound=2)
    expect_equal(counts.check(x=t.tensor([[1.0, 1.0], [2.0, 1.0]])).tolist(), [True, False], "counts that are too many")
    mixed = c.MixtureSameFamilyConstraint(base_constraint=c.positive)
    expect_equal(mixed.check(value=t.tensor([1.0, -1.0])).tolist(), [True, False], "what each component takes")
    expect_raises(lambda: c.MixtureSameFamilyConstraint(3), AssertionError, "must be a Constraint")
    expect_raises(lambda: c.cat([c.real], lengths=[1, 2]), AssertionError, "must match cseq")
    expect_raises(lambda: c.stack([3]), AssertionError, "must be Constraint instances")
    expect_raises(lambda: c.stack([c.real], dim=3).check(one), AssertionError, "out of range")
    expect_raises(lambda: c.independent(c.real, -1), AssertionError, "must be >= 0")


@case("distributions.constraints/value/properties/float32", dtypes=("float32", "bool"))
def _properties(subject: Subject) -> None:
    c = subject.torch.distributions.constraints

    class Bounded:
        support = c.dependent_property(fn=lambda self: c.positive, is_discrete=False, event_dim=0)

    expect_equal(repr(Bounded().support), repr(c.positive), "what a property gives")
    expect_equal(Bounded.support.event_dim, 0, "what is known of it")


@case("distributions.utils/value/triangles/float32", dtypes=("float32", "int64", "bool"))
def _triangles(subject: Subject) -> None:
    t, u = subject.torch, subject.torch.distributions.utils
    matrix = t.tensor([[1.0, 0.0], [2.0, 3.0]])
    expect_equal(u.tril_matrix_to_vec(mat=matrix, diag=-1).tolist(), [2.0], "the elements below the diagonal")
    expect_equal(
        u.vec_to_tril_matrix(vec=t.tensor([1.0, 2.0, 3.0])).tolist(), matrix.tolist(), "a triangle of a vector"
    )
    expect_equal(
        u.vec_to_tril_matrix(t.tensor([5.0]), diag=-1).tolist(), [[0.0, 0.0], [5.0, 0.0]], "below the diagonal"
    )
    expect_raises(lambda: u.vec_to_tril_matrix(t.ones(2)), ValueError, "cannot be expressed as")
    expect_raises(lambda: u.tril_matrix_to_vec(matrix, 2), ValueError, "is outside")
    expect(abs(u.euler_constant - 0.5772156649015329) < 1e-15, "Euler's constant")
