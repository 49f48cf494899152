"""Data sets, samplers and the loader that makes batches: see ``docs/data.md``."""

from ._utils.collate import default_collate as default_collate
from ._utils.collate import default_convert as default_convert
from ._utils.worker import get_worker_info as get_worker_info
from .dataloader import DataLoader as DataLoader
from .dataset import *
from .distributed import DistributedSampler as DistributedSampler
from .sampler import *
