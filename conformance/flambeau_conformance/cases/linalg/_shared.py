"""What the cases of the extension "linalg" share: shapes, matrices far from singular, the errors of all functions."""

from typing import Any

from ...declare import Error, Sample, op
from ...inputs import In

__all__ = ["EXTENSION", "SQUARE", "TALL", "WIDE", "matrices", "positive", "regular"]

EXTENSION = ("linalg",)
SQUARE, TALL, WIDE = In((3, 3)), In((4, 3)), In((2, 3))


def regular(t: Any, x: Any) -> Any:
    """A matrix far from singular."""
    return x + 4 * t.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def positive(t: Any, x: Any) -> Any:
    return x @ x.mT + t.eye(x.shape[-1], dtype=x.dtype, device=x.device)


def matrices(
    name: str,
    *samples: Sample,
    square: bool = True,
    method: bool = False,
    out: bool = False,
    tolerance: str = "reduction",
) -> None:
    errors = [
        Error(
            "vector",
            lambda t: getattr(t.linalg, name)(t.zeros(3)),
            (RuntimeError,),
            "at least 2 dimensions|2 or more dimensions",
        )
    ]
    if square:
        errors.append(
            Error(
                "square",
                lambda t: getattr(t.linalg, name)(t.zeros(2, 3)),
                (RuntimeError,),
                "must be batches of square matrices",
            )
        )
    op(
        name,
        tolerance=tolerance,
        method=method,
        alias=False,
        out=out,
        extensions=EXTENSION,
        samples=samples,
        errors=errors,
        turned=False,
    )
