"""LU factorisations."""

from ...declare import Sample
from ._shared import SQUARE, TALL, WIDE, matrices

matrices(
    "lu",
    Sample("lower", lambda t, x: t.linalg.lu(x).L, (SQUARE,)),
    Sample("upper", lambda t, x: t.linalg.lu(x)[2], (SQUARE,)),
    Sample("tall", lambda t, x: t.linalg.lu_factor(x).LU, (TALL,)),
    Sample("wide", lambda t, x: t.linalg.lu_factor(x).LU, (WIDE,)),
    square=False,
)
