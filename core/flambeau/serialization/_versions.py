"""Versions of what takes part: of modules for pickles, dill for one, and of the sources of classes."""

from __future__ import annotations

import warnings
from typing import Any

from flambeau.errors import level_of_caller

__all__ = ["SourceChangeWarning", "check_dill", "check_module_version_greater_or_equal"]


class SourceChangeWarning(Warning):
    """The source of a class is not what it was when a module was saved; never given here, where no sources are saved.

    Source of the semantics: ``torch.serialization.SourceChangeWarning``.
    """


def check_module_version_greater_or_equal(
    module: Any, req_version_tuple: tuple[Any, ...], error_if_malformed: bool = True
) -> bool:
    """Whether the version of a module is at least the one that is asked for.

    Source of the semantics: ``torch.serialization.check_module_version_greater_or_equal``.

    Raises:
        RuntimeError: it cannot be compared; a warning only where ``error_if_malformed`` is False.
    """
    try:
        parts = module.__version__.split(".")
        version = tuple(type(wanted)(parts[place]) for place, wanted in enumerate(req_version_tuple))
        return bool(version >= req_version_tuple)
    except Exception as error:
        message = (
            f"'{module.__name__}' module version string is malformed '{module.__version__}' and cannot be compared with tuple "
            f"{req_version_tuple}"
        )
        if error_if_malformed:
            raise RuntimeError(message) from error
        warnings.warn(
            message + ", but continuing assuming that requirement is met", UserWarning, stacklevel=level_of_caller()
        )
        return True


def check_dill(pickle_module: Any) -> None:
    """Refuse versions of dill that are too old to be subclassed.

    Raises:
        ValueError: it is one.
    """
    if pickle_module is not None and pickle_module.__name__ == "dill":
        wanted = (0, 3, 1)
        if not check_module_version_greater_or_equal(pickle_module, wanted, False):
            raise ValueError(
                f"'torch' supports dill >= {'.'.join(map(str, wanted))}, but you have dill {pickle_module.__version__}. Please "
                "upgrade dill or switch to 'pickle'"
            )
