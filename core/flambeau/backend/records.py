"""What is kept of a plugin: its record, and the backends that it registered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any

from .protocol import API_VERSION, Backend

__all__ = ["UNKNOWN", "BackendRegistration", "PluginRecord", "attempt"]

UNKNOWN = "unknown"
"""The name and version of a distribution that does not tell them."""


@dataclass(frozen=True)
class BackendRegistration:
    """One backend, as its plugin registered it; nothing of it has been imported yet.

    Attributes:
        name: how it is selected.
        device_type: the type of its device strings.
        api_version: the version of the seam it was built for.
        factory: makes the backend, on first use.
        plugin: the entry point it came from.
        shipped: whether it comes with flambeau itself.
    """

    name: str
    device_type: str
    api_version: int
    factory: Callable[[], Backend]
    plugin: str
    shipped: bool = False

    @property
    def fits(self) -> bool:
        """Whether it was built for this version of the seam."""
        return self.api_version == API_VERSION


@dataclass
class PluginRecord:
    """What became of one plugin.

    Attributes:
        name: the entry point's name.
        module: the module that it names.
        distribution, version: where it is installed from.
        shipped: whether it comes with flambeau itself.
        api_version: the version of the seam that it was built for, if it said so.
        state: ``"ok"`` (it registered its backends), ``"broken"`` or ``"version mismatch"``.
        backends: the names of the backends that it registers.
        cause: why it does not work.
        repair: what repairs it.
        failures: why those of its backends that were asked for could not be made, by name.
    """

    name: str
    module: str
    distribution: str
    version: str
    shipped: bool = False
    api_version: int | None = None
    state: str = "ok"
    backends: list[str] = field(default_factory=list)
    cause: str = ""
    repair: str = ""
    failures: dict[str, str] = field(default_factory=dict)
    error: BaseException | None = field(default=None, repr=False)

    @property
    def origin(self) -> str:
        """The distribution and its version."""
        return f"{self.distribution} {self.version}"

    def fail(self, state: str, cause: str, error: BaseException | None = None) -> None:
        """Note that the plugin does not work, and what repairs it."""
        self.state, self.cause, self.error = state, cause, error
        if self.distribution == UNKNOWN:
            self.repair = "reinstall the distribution that it comes from"
        else:
            packages = " ".join(dict.fromkeys(("flambeau", self.distribution)))
            self.repair = f"pip install --upgrade --force-reinstall {packages}"

    def as_dict(self) -> dict[str, Any]:
        """The record as plain data, for JSON."""
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name not in ("error", "failures")}


def attempt(action: Callable[[], object]) -> BaseException | None:
    """What a stranger's code raises when it is called, or None.

    A plugin must not end the process, so SystemExit is a failure like others. An interrupt by the user passes.
    """
    try:
        action()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        return error
    return None
