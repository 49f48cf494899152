"""LU factorisations."""

from ...declare import Sample
from ._shared import SQUARE, TALL, WIDE, matrices

matrices(
    "lu",
    Sample("lower", lambda t, x: t.linalg.lu(x).L, (SQUARE,), also=("int32",)),
    Sample("upper", lambda t, x: t.linalg.lu(x)[2], (SQUARE,), also=("int32",)),
    Sample("tall", lambda t, x: t.linalg.lu_factor(x).LU, (TALL,), also=("int32",)),
    Sample("wide", lambda t, x: t.linalg.lu_factor(x).LU, (WIDE,), also=("int32",)),
    square=False,
    tolerance="factorization",
)
