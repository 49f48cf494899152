"""Computer vision: data sets."""

from . import datasets as datasets
