"""Computer vision: data sets, transforms, models, operations on boxes and regions, files of images, and pictures.

Each part is imported when it is asked for. Source of the semantics: ``torchvision``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from flambeau.version import __version__ as __version__

from ._backend import get_image_backend as get_image_backend
from ._backend import set_image_backend as set_image_backend

if TYPE_CHECKING:
    from . import datasets as datasets
    from . import io as io
    from . import models as models
    from . import ops as ops
    from . import transforms as transforms
    from . import tv_tensors as tv_tensors
    from . import utils as utils

_ON_USE = ("datasets", "io", "models", "ops", "transforms", "tv_tensors", "utils")


def __getattr__(name: str) -> Any:
    if name in _ON_USE:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_ON_USE})
