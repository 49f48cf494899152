"""Boxes, regions of interest, and layers of networks for images. Source of the semantics: ``torchvision.ops``.

Everything is written with flambeau's public operations, so that it runs on each backend.
"""

from .boxes import *
from .ciou_loss import *
from .diou_loss import *
from .drop_block import *
from .feature_pyramid_network import FeaturePyramidNetwork as FeaturePyramidNetwork
from .focal_loss import *
from .giou_loss import *
from .misc import MLP as MLP
from .misc import Conv2dNormActivation as Conv2dNormActivation
from .misc import Conv3dNormActivation as Conv3dNormActivation
from .misc import FrozenBatchNorm2d as FrozenBatchNorm2d
from .misc import Permute as Permute
from .misc import SqueezeExcitation as SqueezeExcitation
from .roi_align import *
from .roi_pool import *
from .stochastic_depth import *
