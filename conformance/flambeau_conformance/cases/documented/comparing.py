"""Documented behaviours of comparisons: allclose, isclose, equal and the operators."""

from ...documented import gives, refuses

_INTS = ("int64",)
_NAN = float("nan")

gives("allclose", "near", lambda t: t.allclose(t.tensor([1.0, 2.0]), t.tensor([1.0, 2.000001])), True)
gives("allclose", "far", lambda t: t.allclose(t.tensor([1.0]), t.tensor([1.1])), False)
gives("allclose", "relative-to-other",
      lambda t: [t.allclose(one, two, rtol=0.1, atol=0.0) for one, two in
                 ((t.tensor([1.0]), t.tensor([1.1])), (t.tensor([1.1]), t.tensor([1.0])))],
      [True, False])  # fmt: skip
gives("allclose", "defaults",
      lambda t: [t.allclose(t.tensor([value], dtype=t.float64), t.zeros(1, dtype=t.float64)) for value in (0.9e-8, 1.1e-8)],
      [True, False], dtypes=("float64",))  # fmt: skip
gives("allclose", "nan",
      lambda t: [t.allclose(t.tensor([_NAN]), t.tensor([_NAN]), equal_nan=each) for each in (False, True)], [False, True])  # fmt: skip
refuses("allclose", "dtypes", lambda t: t.allclose(t.zeros(2), t.zeros(2, dtype=t.float64)), RuntimeError,
        "Float did not match Double", dtypes=("float32", "float64"))  # fmt: skip
gives("allclose#same_shape", "broadcast", lambda t: t.allclose(t.ones(2, 3), t.ones(1)), True)
refuses("allclose#same_shape", "mismatch", lambda t: t.allclose(t.ones(2), t.ones(3)), RuntimeError,
        r"The size of tensor a \(2\) must match the size of tensor b \(3\) at non-singleton dimension 0")  # fmt: skip
gives("isclose", "elements", lambda t: t.isclose(t.tensor([1.0, 2.0]), t.tensor([1.0, 2.1])), [True, False])
gives("isclose", "nan", lambda t: t.isclose(t.tensor([_NAN, 1.0]), t.tensor([_NAN, 1.0]), equal_nan=True), [True, True])
gives("equal", "same", lambda t: t.equal(t.tensor([1, 2]), t.tensor([1, 2])), True, dtypes=_INTS)
gives("equal", "other", lambda t: (t.equal(t.ones(2), t.zeros(2)), t.equal(t.ones(2), t.ones(1))), [False, False])
gives("Tensor.__eq__", "even", lambda t: t.arange(3) % 2 == 0, [True, False, True], dtypes=_INTS)
gives("ge", "forms", lambda t: (t.ge(t.tensor([1, 2]), 2), t.tensor([1, 2]).ge(t.tensor([[1], [3]]))),
      [[False, True], [[True, True], [False, False]]], dtypes=_INTS)  # fmt: skip
gives(
    "ge", "out", lambda t: t.ge(t.zeros(2), 0.0, out=t.empty(2, dtype=t.bool)), [True, True], dtypes=("float32", "bool")
)
gives("Tensor.__ge__", "operator", lambda t: t.tensor([1.0, 3.0]) >= 2, [False, True])
