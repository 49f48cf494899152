"""Both MobileNets, as torchvision has them in one place, too."""

from .mobilenetv2 import *
from .mobilenetv3 import *
