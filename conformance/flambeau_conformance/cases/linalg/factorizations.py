"""Factorisations of matrices."""

from ...declare import Error, Sample, op
from ...inputs import In
from ._shared import EXTENSION, SQUARE, TALL, WIDE, matrices, positive

matrices(
    "cholesky",
    Sample("lower", lambda t, x: t.linalg.cholesky(positive(t, x)), (SQUARE,)),
    Sample("upper", lambda t, x: t.linalg.cholesky(positive(t, x), upper=True), (SQUARE,)),
)
matrices("eigvalsh", Sample("one", lambda t, x: t.linalg.eigvalsh(x + x.mT), (SQUARE,)), tolerance="factorization")
matrices(
    "eigh",
    Sample("values", lambda t, x: t.linalg.eigh(x + x.mT)[0], (SQUARE,)),
    Sample("vectors", lambda t, x: t.linalg.eigh(x + x.mT).eigenvectors.abs(), (SQUARE,)),
    tolerance="factorization",
)
matrices(
    "svdvals",
    Sample("tall", lambda t, x: t.linalg.svdvals(x), (TALL,)),
    Sample("wide", lambda t, x: t.linalg.svdvals(x), (WIDE,)),
    square=False,
    tolerance="factorization",
)
matrices("svd", Sample("values", lambda t, x: t.linalg.svd(x, full_matrices=False).S, (TALL,)),
          Sample("product", lambda t, x: (lambda f: (f.U * f.S) @ f.Vh)(t.linalg.svd(x, full_matrices=False)), (WIDE,)),
          Sample("vectors", lambda t, x: t.linalg.svd(x, full_matrices=False).Vh.abs(), (TALL,), tolerance="vectors"), square=False,
    tolerance="factorization",
)  # fmt: skip
matrices(
    "qr",
    Sample("tall", lambda t, x: t.linalg.qr(x).R.abs(), (TALL,)),
    Sample("wide", lambda t, x: t.linalg.qr(x).Q.abs(), (WIDE,)),
    square=False,
    tolerance="factorization",
)
op("eigvals", tolerance="factorization", method=False, alias=False, extensions=EXTENSION, dtypes=("float64",), turned=False, samples=[
    Sample("real", lambda t, x: t.view_as_real(t.linalg.eigvals(x + x.mT)).sort(0)[0], (In((2, 2)),), also=("complex128",)),
], errors=[Error("square", lambda t: t.linalg.eigvals(t.zeros(2, 3)), (RuntimeError,), "must be batches of square matrices")])  # fmt: skip
