"""Transforms of whole samples: images, videos, masks and boxes, in tuples, lists and dictionaries, with the same draws.

Beyond torchvision, the random ones take a ``generator``. Source of the semantics: ``torchvision.transforms.v2``.
"""

from .._auto_augment import AutoAugmentPolicy as AutoAugmentPolicy
from .._interpolation import InterpolationMode as InterpolationMode
from . import functional as functional
from ._augment import JPEG as JPEG
from ._augment import CutMix as CutMix
from ._augment import MixUp as MixUp
from ._augment import RandomErasing as RandomErasing
from ._auto_augment import AugMix as AugMix
from ._auto_augment import AutoAugment as AutoAugment
from ._auto_augment import RandAugment as RandAugment
from ._auto_augment import TrivialAugmentWide as TrivialAugmentWide
from ._color import RGB as RGB
from ._color import ColorJitter as ColorJitter
from ._color import Grayscale as Grayscale
from ._color import RandomAdjustSharpness as RandomAdjustSharpness
from ._color import RandomAutocontrast as RandomAutocontrast
from ._color import RandomChannelPermutation as RandomChannelPermutation
from ._color import RandomEqualize as RandomEqualize
from ._color import RandomGrayscale as RandomGrayscale
from ._color import RandomInvert as RandomInvert
from ._color import RandomPhotometricDistort as RandomPhotometricDistort
from ._color import RandomPosterize as RandomPosterize
from ._color import RandomSolarize as RandomSolarize
from ._container import Compose as Compose
from ._container import RandomApply as RandomApply
from ._container import RandomChoice as RandomChoice
from ._container import RandomOrder as RandomOrder
from ._geometry import CenterCrop as CenterCrop
from ._geometry import FiveCrop as FiveCrop
from ._geometry import Pad as Pad
from ._geometry import RandomCrop as RandomCrop
from ._geometry import RandomHorizontalFlip as RandomHorizontalFlip
from ._geometry import RandomIoUCrop as RandomIoUCrop
from ._geometry import RandomResize as RandomResize
from ._geometry import RandomResizedCrop as RandomResizedCrop
from ._geometry import RandomShortestSize as RandomShortestSize
from ._geometry import RandomVerticalFlip as RandomVerticalFlip
from ._geometry import RandomZoomOut as RandomZoomOut
from ._geometry import Resize as Resize
from ._geometry import ScaleJitter as ScaleJitter
from ._geometry import TenCrop as TenCrop
from ._misc import ClampBoundingBoxes as ClampBoundingBoxes
from ._misc import ConvertBoundingBoxFormat as ConvertBoundingBoxFormat
from ._misc import ConvertImageDtype as ConvertImageDtype
from ._misc import GaussianBlur as GaussianBlur
from ._misc import GaussianNoise as GaussianNoise
from ._misc import Identity as Identity
from ._misc import Lambda as Lambda
from ._misc import LinearTransformation as LinearTransformation
from ._misc import Normalize as Normalize
from ._misc import PILToTensor as PILToTensor
from ._misc import SanitizeBoundingBoxes as SanitizeBoundingBoxes
from ._misc import SetClampingMode as SetClampingMode
from ._misc import ToDtype as ToDtype
from ._misc import ToImage as ToImage
from ._misc import ToPILImage as ToPILImage
from ._misc import ToPureTensor as ToPureTensor
from ._misc import ToTensor as ToTensor
from ._misc import UniformTemporalSubsample as UniformTemporalSubsample
from ._queries import check_type as check_type
from ._queries import get_bounding_boxes as get_bounding_boxes
from ._queries import has_all as has_all
from ._queries import has_any as has_any
from ._queries import query_chw as query_chw
from ._queries import query_size as query_size
from ._transform import Transform as Transform
from ._warping import ElasticTransform as ElasticTransform
from ._warping import RandomAffine as RandomAffine
from ._warping import RandomPerspective as RandomPerspective
from ._warping import RandomRotation as RandomRotation


def __getattr__(name: str) -> object:
    if name in ("ClampKeyPoints", "SanitizeKeyPoints", "get_keypoints"):
        raise AttributeError(f"transforms.v2.{name} is not there: key points are left out")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
