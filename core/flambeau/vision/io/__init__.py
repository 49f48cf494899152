"""Files of images as tensors, through Pillow (the extra ``vision``). Source of the semantics: ``torchvision.io``.

Films are left out.
"""

from .image import *
