"""Transforms of what distributions draw. Source of the semantics: ``torch.distributions.transforms``."""

from ._transforms.base import Transform as Transform
from ._transforms.composition import ComposeTransform as ComposeTransform
from ._transforms.composition import IndependentTransform as IndependentTransform
from ._transforms.composition import ReshapeTransform as ReshapeTransform
from ._transforms.composition import identity_transform as identity_transform
from ._transforms.elementwise import AbsTransform as AbsTransform
from ._transforms.elementwise import AffineTransform as AffineTransform
from ._transforms.elementwise import CumulativeDistributionTransform as CumulativeDistributionTransform
from ._transforms.elementwise import ExpTransform as ExpTransform
from ._transforms.elementwise import PowerTransform as PowerTransform
from ._transforms.elementwise import SigmoidTransform as SigmoidTransform
from ._transforms.elementwise import SoftplusTransform as SoftplusTransform
from ._transforms.elementwise import TanhTransform as TanhTransform
from ._transforms.joining import CatTransform as CatTransform
from ._transforms.joining import StackTransform as StackTransform
from ._transforms.vectors import CorrCholeskyTransform as CorrCholeskyTransform
from ._transforms.vectors import LowerCholeskyTransform as LowerCholeskyTransform
from ._transforms.vectors import PositiveDefiniteTransform as PositiveDefiniteTransform
from ._transforms.vectors import SoftmaxTransform as SoftmaxTransform
from ._transforms.vectors import StickBreakingTransform as StickBreakingTransform

__all__ = [
    "AbsTransform", "AffineTransform", "CatTransform", "ComposeTransform", "CorrCholeskyTransform",
    "CumulativeDistributionTransform", "ExpTransform", "IndependentTransform", "LowerCholeskyTransform",
    "PositiveDefiniteTransform", "PowerTransform", "ReshapeTransform", "SigmoidTransform", "SoftmaxTransform",
    "SoftplusTransform", "StackTransform", "StickBreakingTransform", "TanhTransform", "Transform", "identity_transform",
]  # fmt: skip
