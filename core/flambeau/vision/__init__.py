"""Computer vision: data sets."""

from . import datasets as datasets
from . import transforms as transforms
