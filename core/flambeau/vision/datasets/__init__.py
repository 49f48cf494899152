"""Data sets of images: from files on the disk, downloaded if asked, and one that comes with the library.

Source of the semantics: ``torchvision.datasets``.
"""

from .cifar import CIFAR10 as CIFAR10
from .cifar import CIFAR100 as CIFAR100
from .coco import CocoCaptions as CocoCaptions
from .coco import CocoDetection as CocoDetection
from .digits import Digits as Digits
from .fakedata import FakeData as FakeData
from .folder import DatasetFolder as DatasetFolder
from .folder import ImageFolder as ImageFolder
from .lsun import LSUN as LSUN
from .lsun import LSUNClass as LSUNClass
from .mnist import EMNIST as EMNIST
from .mnist import KMNIST as KMNIST
from .mnist import MNIST as MNIST
from .mnist import QMNIST as QMNIST
from .mnist import FashionMNIST as FashionMNIST
from .stl10 import STL10 as STL10
from .svhn import SVHN as SVHN
from .vision import VisionDataset as VisionDataset
from .voc import VOCDetection as VOCDetection
from .voc import VOCSegmentation as VOCSegmentation

__all__ = [
    "CIFAR10", "CIFAR100", "EMNIST", "KMNIST", "LSUN", "MNIST", "QMNIST", "STL10", "SVHN", "CocoCaptions", "CocoDetection",
    "DatasetFolder", "Digits", "FakeData", "FashionMNIST", "ImageFolder", "LSUNClass", "VOCDetection", "VOCSegmentation",
    "VisionDataset",
]  # fmt: skip
