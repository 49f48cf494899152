"""Transforms of images as functions, of tensors (..., C, H, W) and of Pillow's images.

Source of the semantics: ``torchvision.transforms.functional``.
"""

from .._interpolation import InterpolationMode as InterpolationMode
from ._color import adjust_brightness as adjust_brightness
from ._color import adjust_contrast as adjust_contrast
from ._color import adjust_gamma as adjust_gamma
from ._color import adjust_hue as adjust_hue
from ._color import adjust_saturation as adjust_saturation
from ._color import adjust_sharpness as adjust_sharpness
from ._color import autocontrast as autocontrast
from ._color import equalize as equalize
from ._color import gaussian_blur as gaussian_blur
from ._color import invert as invert
from ._color import normalize as normalize
from ._color import posterize as posterize
from ._color import rgb_to_grayscale as rgb_to_grayscale
from ._color import solarize as solarize
from ._color import to_grayscale as to_grayscale
from ._conversion import convert_image_dtype as convert_image_dtype
from ._conversion import get_dimensions as get_dimensions
from ._conversion import get_image_num_channels as get_image_num_channels
from ._conversion import get_image_size as get_image_size
from ._conversion import pil_to_tensor as pil_to_tensor
from ._conversion import to_pil_image as to_pil_image
from ._conversion import to_tensor as to_tensor
from ._cutting import center_crop as center_crop
from ._cutting import crop as crop
from ._cutting import erase as erase
from ._cutting import five_crop as five_crop
from ._cutting import hflip as hflip
from ._cutting import pad as pad
from ._cutting import resize as resize
from ._cutting import resized_crop as resized_crop
from ._cutting import ten_crop as ten_crop
from ._cutting import vflip as vflip
from ._warping import affine as affine
from ._warping import elastic_transform as elastic_transform
from ._warping import perspective as perspective
from ._warping import rotate as rotate
