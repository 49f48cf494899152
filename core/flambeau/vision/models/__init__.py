"""Networks for images, with their trained weights. Source of the semantics: ``torchvision.models``."""

from typing import Any

from ._registry import *
from ._weights import Weights as Weights
from ._weights import WeightsEnum as WeightsEnum
from .alexnet import *
from .convnext import *
from .densenet import *
from .efficientnet import *
from .mobilenetv2 import *
from .mobilenetv3 import *
from .resnet import *
from .squeezenet import *
from .vgg import *
from .vision_transformer import *

_LEFT_OUT = {
    "segmentation": "models of segmentation are left out",
    "detection": "models of detection are left out",
    "video": "models of films are left out",
    "optical_flow": "models of optical flow are left out",
    "quantization": "numbers of 8 bits with scales are left out, and with them quantized models",
    "feature_extraction": "programs are not traced here: use forward hooks",
}
"""Namespaces of torchvision's that are not there, and why."""

_FAMILIES = ("googlenet", "inception", "mnasnet", "regnet", "shufflenet", "swin", "maxvit")


def __getattr__(name: str) -> Any:
    reason = _LEFT_OUT.get(name)
    if reason is None and name.lower().startswith(_FAMILIES):
        reason = "of the models of classification, this family is left out; list_models() lists those that are there"
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}" + (f": {reason}" if reason else ""))
