"""Linear algebra, under the names of PyTorch's ``torch.linalg``."""

from __future__ import annotations

from .errors import LinAlgError
from .ops.linalg.factorizations import cholesky, cholesky_ex, eig, eigh, eigvals, eigvalsh, qr, svd, svdvals
from .ops.linalg.inverses import det, inv, inv_ex, matrix_exp, matrix_rank, pinv, slogdet, tensorinv
from .ops.linalg.inverses import diagonal_of as diagonal
from .ops.linalg.lu import lu, lu_factor, lu_factor_ex
from .ops.linalg.matmul import matmul
from .ops.linalg.matrix_norms import cond, matrix_norm, vector_norm
from .ops.linalg.matrix_norms import linalg_norm as norm
from .ops.linalg.products import linalg_cross as cross
from .ops.linalg.products import matrix_power, multi_dot, vecdot
from .ops.linalg.solving import lstsq, lu_solve, solve, solve_ex, solve_triangular, tensorsolve
from .ops.movement.grids import linalg_vander as vander

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eig", "eigh", "eigvals", "eigvalsh", "inv",
    "inv_ex", "lstsq", "lu", "lu_factor", "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power",
    "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals",
    "tensorinv", "tensorsolve", "vander", "vecdot", "vector_norm",
]  # fmt: skip
