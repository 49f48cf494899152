"""Handles by which hooks are taken off again. Source of the semantics: ``torch.utils.hooks``."""

from flambeau._tensor.handles import RemovableHandle as RemovableHandle
