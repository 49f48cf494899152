"""What a case may leave changed for those that come after it: the global state of the module on trial, and of the process.

Modes, defaults and options that a case, or a fault that it meets, leaves on are that case's own failure: they are set back
before the next one. What lives in context variables goes with the context in which a case runs; :data:`_SWITCHES` lists the
rest, by the names that PyTorch has for it, and :mod:`.surroundings` what the process has.
"""

from __future__ import annotations

import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextvars import Context, ContextVar
from typing import Any, NamedTuple

from flambeau.backend.selection import available_backends

from .surroundings import Surroundings

__all__ = ["State", "changed_variables"]

_SEED = 20


class _Switch(NamedTuple):
    """One thing that can be read and set: by a function or as a variable, which a module without the thing does not have.

    Attributes:
        what: it is, in words.
        reader: the path of the function or variable.
        write: sets it.
        turned_by: the module that turns it of its own accord, which is set back and not told.
    """

    what: str
    reader: str
    write: Callable[[Any, Any], object]
    turned_by: str = ""


def _nothing(t: Any, value: Any) -> None:
    """For what cannot be set from outside."""


_SWITCHES = (
    _Switch("the gradient mode", "is_grad_enabled", lambda t, value: t.set_grad_enabled(value)),
    _Switch("the inference mode", "is_inference_mode_enabled", _nothing),
    _Switch("the anomaly mode", "is_anomaly_enabled", lambda t, value: t.autograd.set_detect_anomaly(value)),
    _Switch("the default dtype", "get_default_dtype", lambda t, value: t.set_default_dtype(value)),
    _Switch("the default device", "get_default_device", lambda t, value: t.set_default_device(None)),
    _Switch("the default backend", "get_default_backend", lambda t, value: t.set_default_backend(None)),
    _Switch("the print options", "get_printoptions", lambda t, value: t.set_printoptions(**value)),
    _Switch("the print options", "_tensor_str.get_printoptions", lambda t, value: t.set_printoptions(**value)),
    _Switch(
        "deterministic algorithms", "are_deterministic_algorithms_enabled",
        lambda t, value: t.use_deterministic_algorithms(value),
    ),
    _Switch("the number of threads", "get_num_threads", lambda t, value: t.set_num_threads(value)),
    _Switch("the precision of products", "get_float32_matmul_precision", lambda t, value: t.set_float32_matmul_precision(value)),
    _Switch("modes of torch functions", "_C._len_torch_function_stack", _nothing),
    _Switch("modes of dispatch", "_C._len_torch_dispatch_stack", _nothing),
    _Switch(
        "saved tensors' hooks", "_C._autograd._saved_tensors_hooks_is_enabled",
        lambda t, value: t._C._autograd._saved_tensors_hooks_enable(),
    ),
    _Switch(
        "the level of dual numbers", "autograd.forward_ad._current_level",
        lambda t, value: t.autograd.forward_ad.exit_dual_level(level=t.autograd.forward_ad._current_level),
    ),
    _Switch(
        "the checks of distributions", "distributions.Distribution._validate_args",
        lambda t, value: t.distributions.Distribution.set_default_validate_args(value),
        turned_by="torch",  # whose compiler turns them off when it first runs
    ),
    _Switch("torch functions", "_C._is_torch_function_enabled", _nothing),
)  # fmt: skip
_CONTEXTS = ("autograd.graph._disabled", "utils.checkpoint._early_stop", "utils.checkpoint._debug")
"""Lists with an entry for each context that is open."""


def _found(t: Any, path: str) -> Any:
    for name in path.split("."):
        t = getattr(t, name, None)
    return t


class State:
    """The state of a module, as it is when this is made: the one that every case begins with.

    Args:
        torch: the module.
    """

    def __init__(self, torch: Any) -> None:
        self._torch = torch
        self._switches = [switch for switch in _SWITCHES if _found(torch, switch.reader) is not None]
        self._lists = [found for path in _CONTEXTS if (found := _found(torch, path)) is not None]
        self._hooks = list(_hooks_of_all_modules(torch))
        self._filters: list[Any] = []
        self._modules = 0
        # PyTorch notes in its variables where it compiles.
        self._own = "" if torch.__name__ == "flambeau" else torch.__name__.upper()
        self._surroundings = Surroundings(self._own)
        self._start = self._now()

    def _now(self) -> dict[str, Any]:
        found = {switch.what: self._read(switch) for switch in self._switches}
        found["open contexts"] = [len(entries) for entries in self._lists]
        found["hooks of all modules"] = [len(hooks) for hooks in self._hooks]
        return found

    def _read(self, switch: _Switch) -> Any:
        found = _found(self._torch, switch.reader)
        return found() if callable(found) else found

    def begin(self) -> None:
        """Start the generators of random numbers anew, and let warnings be errors: to be called before each case."""
        random.seed(_SEED)
        self._torch.manual_seed(_SEED)
        warnings.simplefilter("error")
        # What a subject loads on use may call what is deprecated elsewhere in it, as PyTorch's forward mode does.
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=rf"{self._torch.__name__}\.")
        self._filters, self._modules = _general_filters(), len(sys.modules)
        self._surroundings = Surroundings(self._own)

    def left(self) -> list[str]:
        """What is not as it was, each in words."""
        for switch in self._switches:
            if switch.turned_by == self._torch.__name__:
                switch.write(self._torch, self._start[switch.what])
        now = self._now()
        words = [f"{what} ({now[what]}, was {before})" for what, before in self._start.items() if now[what] != before]
        words += self._surroundings.changed()
        # A library that is imported adds filters of its own.
        same = _general_filters() == self._filters or len(sys.modules) != self._modules
        return words if same else [*words, "the filters of warnings"]

    def restore(self) -> bool:
        """Set everything back; whether that was possible."""
        now = self._now()
        try:
            for switch in self._switches:
                if now[switch.what] != self._start[switch.what]:
                    switch.write(self._torch, self._start[switch.what])
            _cut(self._lists, self._start["open contexts"])
            _cut(self._hooks, self._start["hooks of all modules"])
            return self._surroundings.restore() and self._now() == self._start
        except Exception:
            return False


def _general_filters() -> list[Any]:
    """The filters of warnings, but those for particular modules: a library that begins its work sets these for itself."""
    return [entry for entry in warnings.filters if entry[3] is None]


def _cut(containers: list[Any], lengths: list[int]) -> None:
    """Take away the last entries of lists and dictionaries that have more than they had."""
    for container, length in zip(containers, lengths, strict=True):
        for key in reversed(list(container) if isinstance(container, dict) else range(len(container))):
            if len(container) > length:
                del container[key]


def _hooks_of_all_modules(torch: Any) -> Iterator[dict[Any, Any]]:
    """The dictionaries of the hooks that are called for every module."""
    holders = _found(torch, "nn.modules._hooks.EVERYWHERE"), _found(torch, "nn.modules.module")
    for name, value in [entry for holder in holders for entry in vars(holder or object).items()]:
        if isinstance(value, dict) and name.startswith("_") and name.endswith("_hooks"):
            yield value


def changed_variables(before: Context, after: Context) -> list[str]:
    """The names of flambeau's context variables that differ; how a backend sets up a context is its own affair."""
    backends = tuple(f"flambeau_{name}_" for name in available_backends())
    ours = [each for each in after if each.name.startswith("flambeau_") and not each.name.startswith(backends)]
    return sorted(each.name for each in ours if after[each] is not before.run(_value, each))


def _value(variable: ContextVar[Any]) -> Any:
    """The value in the present context, or None where it has none."""
    try:
        return variable.get()
    except LookupError:
        return None
