"""Computer vision: data sets and transforms of images. Source of the semantics: ``torchvision``."""

from flambeau.version import __version__ as __version__

from . import datasets as datasets
from . import transforms as transforms
from .datasets._backend import get_image_backend as get_image_backend
from .datasets._backend import set_image_backend as set_image_backend
