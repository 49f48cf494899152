"""From a registration to a backend: what its factory makes is examined before core relies on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from flambeau.dtypes import ALL
from flambeau.errors import BackendError, BackendLoadError

from .extensions import EXTENSIONS
from .protocol import API_VERSION, Backend, Capabilities

if TYPE_CHECKING:
    from .records import BackendRegistration

__all__ = ["MEMBERS", "describe", "loading", "make"]

MEMBERS = tuple(name for name in {**Backend.__annotations__, **vars(Backend)} if not name.startswith("_"))
"""What core asks of a backend; a subclass of :class:`Backend` has defaults for most of it."""


def describe(error: BaseException) -> str:
    """The class and the words of an exception, also of one that cannot be printed."""
    try:
        words = str(error)
    except Exception:
        words = ""
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


@contextmanager
def loading(backend: str) -> Iterator[None]:
    """A block that runs code of a backend's plugin: whatever it raises, SystemExit too, is a BackendLoadError.

    Errors that say already that a backend cannot be had stay as they are; an interrupt by the user passes.
    """
    try:
        yield
    except (BackendError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise BackendLoadError(f"backend '{backend}' could not be loaded: {describe(error)}") from error


def make(entry: BackendRegistration) -> Backend:
    """The backend that the factory of ``entry`` makes.

    Raises:
        BackendLoadError: the factory fails, or makes something that is no backend, or another one than was registered.
    """
    with loading(entry.name):
        made: Any = entry.factory()
        complaint = _complaint(entry, made)
    if complaint:
        raise BackendLoadError(f"backend '{entry.name}' of the plugin '{entry.plugin}' cannot be used: {complaint}")
    return cast("Backend", made)


def _complaint(entry: BackendRegistration, made: Any) -> str:
    """What is wrong with what a factory made; empty if nothing is."""
    if made is None or isinstance(made, type):
        found = "None" if made is None else f"the class {made.__name__} itself"
        return f"its factory gave {found}; expected an instance of a subclass of flambeau.backend.Backend"
    missing = [name for name in MEMBERS if not hasattr(made, name)]
    if missing:
        return (
            f"its factory gave an object of the class {type(made).__name__} that lacks {', '.join(missing)}; "
            "a subclass of flambeau.backend.Backend has defaults for what it need not know"
        )
    if made.api_version != API_VERSION:
        return (
            f"it says that it implements version {made.api_version} of the backend API; "
            f"this flambeau has version {API_VERSION}"
        )
    for member in ("name", "device_type"):
        said, registered = getattr(made, member), getattr(entry, member)
        if said != registered:
            return f"its {member} is {said!r}, but it was registered with {registered!r}"
    return _complaint_of_capabilities(made.capabilities)


def _complaint_of_capabilities(found: Any) -> str:
    if not isinstance(found, Capabilities):
        return f"its capabilities are no flambeau.backend.Capabilities (got {found!r})"
    if isinstance(found.dtypes, str) or not found.dtypes:
        return f"its capabilities name no dtypes: expected a frozenset of names (got {found.dtypes!r})"
    names = [dtype.name for dtype in ALL]
    unknown = sorted(map(str, set(found.dtypes).difference(names)))
    if unknown:
        return f"its capabilities name unknown dtypes: {', '.join(unknown)}; there are {', '.join(names)}"
    if "bool" not in found.dtypes:
        return "its capabilities lack the dtype bool, which comparisons give and conditions are: no backend can do without it"
    if found.views not in ("alias", "copy"):
        return f"its capabilities say views={found.views!r}; expected 'alias' or 'copy'"
    unknown = sorted(map(str, set(found.extensions).difference(EXTENSIONS)))
    if unknown:
        return f"its capabilities name unknown extensions: {', '.join(unknown)}; there are {', '.join(EXTENSIONS)}"
    return ""
