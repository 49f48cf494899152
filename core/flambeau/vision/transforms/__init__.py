"""Transforms of images, of tensors (..., C, H, W) and of Pillow's images, random ones among them.

Beyond torchvision, the random ones take a ``generator``. Source of the semantics: ``torchvision.transforms``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import functional as functional
from . import transforms as transforms
from ._auto_augment import AugMix as AugMix
from ._auto_augment import AutoAugment as AutoAugment
from ._auto_augment import AutoAugmentPolicy as AutoAugmentPolicy
from ._auto_augment import RandAugment as RandAugment
from ._auto_augment import TrivialAugmentWide as TrivialAugmentWide
from ._colors import ColorJitter as ColorJitter
from ._colors import GaussianBlur as GaussianBlur
from ._colors import Grayscale as Grayscale
from ._colors import RandomAdjustSharpness as RandomAdjustSharpness
from ._colors import RandomAutocontrast as RandomAutocontrast
from ._colors import RandomEqualize as RandomEqualize
from ._colors import RandomErasing as RandomErasing
from ._colors import RandomGrayscale as RandomGrayscale
from ._colors import RandomInvert as RandomInvert
from ._colors import RandomPosterize as RandomPosterize
from ._colors import RandomSolarize as RandomSolarize
from ._containers import Compose as Compose
from ._containers import Lambda as Lambda
from ._containers import RandomApply as RandomApply
from ._containers import RandomChoice as RandomChoice
from ._containers import RandomOrder as RandomOrder
from ._containers import RandomTransforms as RandomTransforms
from ._conversions import ConvertImageDtype as ConvertImageDtype
from ._conversions import LinearTransformation as LinearTransformation
from ._conversions import Normalize as Normalize
from ._conversions import PILToTensor as PILToTensor
from ._conversions import ToPILImage as ToPILImage
from ._conversions import ToTensor as ToTensor
from ._geometry import CenterCrop as CenterCrop
from ._geometry import ElasticTransform as ElasticTransform
from ._geometry import FiveCrop as FiveCrop
from ._geometry import Pad as Pad
from ._geometry import RandomAffine as RandomAffine
from ._geometry import RandomCrop as RandomCrop
from ._geometry import RandomHorizontalFlip as RandomHorizontalFlip
from ._geometry import RandomPerspective as RandomPerspective
from ._geometry import RandomResizedCrop as RandomResizedCrop
from ._geometry import RandomRotation as RandomRotation
from ._geometry import RandomVerticalFlip as RandomVerticalFlip
from ._geometry import Resize as Resize
from ._geometry import Scale as Scale
from ._geometry import TenCrop as TenCrop
from ._interpolation import InterpolationMode as InterpolationMode

if TYPE_CHECKING:
    from . import v2 as v2


def __getattr__(name: str) -> Any:
    if name == "v2":  # imported when it is asked for
        return import_module(f"{__name__}.v2")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
