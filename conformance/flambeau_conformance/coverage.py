"""Coverage: what flambeau has and no case exercises, found in its own registries and by a trace of what the cases call.

Every documented behaviour, op, layer, functional, optimizer, scheduler, distribution, data set and transform must have a
case; every parameter be given something else than its default; every text that an argument can be be given; every public
name have a docstring; every case reach the op in its address. What is lacking for a reason stands in ``pending.toml``.
"""

from __future__ import annotations

import argparse
import functools
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import flambeau
from flambeau.ops import ROWS, Row

from . import behaviours, pending
from .catalogue import all_cases, ops
from .enumerations import enumerated
from .model import Op
from .pending import Lack
from .public_calls import AUTHORS, Seen, Trace, trace
from .spellings import is_among
from .surface import function_of, groups, names

__all__ = ["add_parser", "anchors", "command", "complaints", "lacks", "report", "uncovered"]

_INSIDE = ("forward", "extra_repr", "check", "backward")
"""Methods that the class calls of itself, when it is called, printed or asked."""

_KINDS: dict[str, Callable[[], tuple[type, ...]]] = {
    "layer": lambda: (flambeau.nn.Module,),
    "optimizer": lambda: (flambeau.optim.Optimizer,),
    "distribution": lambda: (flambeau.distributions.Distribution,),
    "data set": lambda: (flambeau.utils.data.Dataset, flambeau.utils.data.Sampler),
}
"""Kinds of classes, each of which needs a case that computes and one that is refused."""

_GRADIENTS = ("layer", "functional")


# -- ops, by their declarations ------------------------------------------------------------------------------------------


def _aspects() -> dict[str, set[str]]:
    aspects: dict[str, set[str]] = defaultdict(set)
    for case in all_cases():
        aspects[case.op].add(case.aspect)
    return aspects


def anchors() -> set[str]:
    """The ids of the documented behaviours that have a case."""
    return {anchor for case in all_cases() for anchor in case.anchors}


def report() -> str:
    """One line per op: its aspects."""
    return "\n".join(f"{name}: {', '.join(sorted(found))}" for name, found in sorted(_aspects().items()))


def uncovered() -> list[str]:
    """What ops lack: rows without a declaration, and declarations without an aspect they should have."""
    # A row whose name begins with an underscore is a part of a public op and is exercised through it; one with a dot is a
    # plugin's.
    aspects = _aspects()
    public = {name: row for name, row in ROWS.items() if "." not in name and not name.startswith("_")}
    return [line for name, row in public.items() for line in _lacking(name, row, aspects)]


def _lacking(name: str, row: Row, aspects: dict[str, set[str]]) -> Iterator[str]:
    found = aspects.get(name, set()) | aspects.get(f"{name}_", set())
    if not found:
        yield f"the op '{name}' has no case"
        return
    if name in ops():
        wanted = {"value", *_gradient(ops()[name])}
        if "error" not in found:
            yield f"the op '{name}' has no error case"
        yield from (f"the op '{name}' has no {aspect} case" for aspect in sorted(wanted - found))
    if row.inplace and row.kind != "composite" and row.methods and "inplace" not in found:
        yield f"the op '{name}' has an in-place form without a case"
    if row.out and "out" not in found:
        yield f"the op '{name}' has an out= form without a case"


def _gradient(op: Op) -> set[str]:
    """The aspect that says what an op is as to gradients, unless every sample of it says that it has none to check."""
    if not op.differentiable:
        return set()
    return {"gradient"} if any(sample.gradient for sample in op.samples) else set()


# -- everything public, by what the cases call ---------------------------------------------------------------------------


def lacks(seen: Trace | None = None) -> list[Lack]:
    """What no case exercises, whether it is pending or not."""
    seen = trace() if seen is None else seen
    return [*_of_names(seen), *_of_docstrings(), *_of_reach(seen)]


def _of_names(seen: Trace) -> Iterator[Lack]:
    for name, paths in groups().items():
        if name.startswith(AUTHORS) or name.rpartition(".")[2] in _INSIDE:
            continue
        value = names()[name]
        found = [seen.names[path] for path in paths if path in seen.names]
        if not found:
            if _can_be_traced(value):
                yield Lack("call", name, f"no case calls {name}")
            continue
        yield from _of_parameters(name, value, found)
        yield from _of_kind(name, value, found)


def _can_be_traced(value: Any) -> bool:
    """Whether calls can be seen: not of a class that is made in C, such as a tuple."""
    return not isinstance(value, type) or any(
        inspect.isfunction(getattr(value, maker)) for maker in ("__init__", "__new__")
    )


def _of_parameters(name: str, value: Any, found: list[Seen]) -> Iterator[Lack]:
    given = set().union(*(each.parameters for each in found))
    for parameter in _parameters(value):
        if parameter not in given:
            yield Lack("parameter", f"{name}.{parameter}", f"no case gives {parameter}= to {name}, but its default")
    for parameter, texts in enumerated(function_of(value)).items():
        seen = set().union(*(each.texts.get(parameter, set()) for each in found))
        default = _default(value, parameter)
        for text in sorted(texts - seen - {default}):
            yield Lack("text", f"{name}.{parameter}={text}", f"no case calls {name} with {parameter}={text!r}")


def _signature(value: Any) -> dict[str, inspect.Parameter]:
    try:
        found = dict(inspect.signature(function_of(value)).parameters)
    except (TypeError, ValueError):
        return {}
    row = getattr(function_of(value), "row", None)
    if row is not None and row.out:
        found.setdefault("out", inspect.Parameter("out", inspect.Parameter.KEYWORD_ONLY, default=None))
    return found


def _parameters(value: Any) -> list[str]:
    return [
        name for name, parameter in _signature(value).items()
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD and not name.startswith("_") and name not in ("self", "cls")
    ]  # fmt: skip


def _default(value: Any, parameter: str) -> Any:
    found = _signature(value).get(parameter)
    return None if found is None else found.default


def _kind(name: str, value: Any) -> str:
    if isinstance(value, type):
        if issubclass(value, flambeau.nn.Module) and value.forward is flambeau.nn.Module.forward:
            return ""  # it holds layers, and is none
        for kind, bases in _KINDS.items():
            if issubclass(value, bases()) and value not in bases():
                return "transform" if name.startswith("vision.transforms.") else kind
        return "scheduler" if name.startswith("optim.lr_scheduler.") else ""
    return "functional" if name.startswith("nn.functional.") else ""


def _of_kind(name: str, value: Any, found: list[Seen]) -> Iterator[Lack]:
    kind = _kind(name, value)
    if not kind:
        return
    if _parameters(value) and not any(each.raised for each in found):
        yield Lack("error", name, f"no case shows what the {kind} {name} refuses")
    gradient = any(each.gradient or "gradient" in each.aspects for each in found)
    if kind in _GRADIENTS and not gradient:
        yield Lack("gradient", name, f"no case has a gradient through the {kind} {name}")


def _of_docstrings() -> Iterator[Lack]:
    for name, value in names().items():
        documented = function_of(value)
        if not (callable(documented) or isinstance(documented, property)):
            continue
        owner = names().get(name.rpartition(".")[0])
        inherited = getattr(owner, name.rpartition(".")[2], None) if isinstance(owner, type) else None
        if not (inspect.getdoc(documented) or (inherited is not None and _inherited(owner, name))):
            yield Lack("docstring", name, f"{name} has no docstring")


def _inherited(owner: Any, name: str) -> bool:
    """Whether a class that a member's class builds on documents it."""
    last = name.rpartition(".")[2]
    return any(getattr(vars(base).get(last), "__doc__", None) for base in owner.__mro__[1:])


def _of_reach(seen: Trace) -> Iterator[Lack]:
    """The cases of declared ops that compute something and call nothing of the op in their address, by themselves or inside."""
    rows = {name for name in ops() if name in ROWS}
    for address, called in seen.cases.items():
        op, aspect = address.split("/")[:2]
        if op in rows and aspect == "value" and not (is_among(op, called) or op in map(_row_of, called)):
            yield Lack("reach", address, f"the case {address} does not call {op}")


@functools.cache
def _row_of(path: str) -> str:
    """The op that a public name or an operator of tensors is."""
    place, _, last = path.rpartition(".")
    value = getattr(flambeau.Tensor, last) if place == "Tensor" and last.startswith("__") else names().get(path)
    while value is not None:
        row = getattr(value, "row", None)
        if row is not None:
            return str(row.name)
        value = getattr(function_of(value), "__wrapped__", None)
    return ""


# -- the command -----------------------------------------------------------------------------------------------------------


def complaints() -> list[str]:
    """Everything that is lacking and not pending, and everything that is pending without need."""
    listed = pending.read_pending()
    found = lacks()
    return [
        *uncovered(),
        *behaviours.complaints(anchors()),
        *(lack.text for lack in found if not any(each.covers(lack) for each in listed)),
        *(line for each in listed for line in each.complaints(found)),
    ]


def add_parser(commands: Any) -> None:
    """Add the subcommand ``coverage``."""
    parser = commands.add_parser("coverage", help="say what is exercised, and fail if something is not")
    parser.add_argument("-v", "--verbose", action="store_true", help="list the aspects of each op, too")
    parser.add_argument("--pending", action="store_true", help="list what is pending, too")
    parser.add_argument(
        "--drop-stale", action="store_true", help="take entries out of pending.toml that are covered now"
    )
    parser.add_argument(
        "--defer", nargs=2, metavar=("PART", "REASON"), help="write what is lacking into pending.toml, for a later part"
    )
    parser.set_defaults(run=command)


def command(options: argparse.Namespace) -> int:
    """Print what is covered and what is lacking; 1 if something is."""
    if getattr(options, "verbose", False):
        print(report())
    trace(print)
    if getattr(options, "drop_stale", False):
        print(f"taken out of pending.toml: {pending.drop_stale(lacks())}")
    if getattr(options, "defer", None):
        print(f"written into pending.toml: {pending.defer(lacks(), *options.defer)}")
    wrong = complaints()
    have, due, waiting = behaviours.counts(anchors())
    print(
        f"documented behaviours with a case: {have} of {due} whose functions exist ({have / due:.0%}); {waiting} wait"
    )
    listed = pending.read_pending()
    print(f"public names: {len(names())}, {len(groups())} of them callable; lacks that are pending: "
          f"{sum(each.covers(lack) for lack in lacks() for each in listed)}")  # fmt: skip
    if getattr(options, "pending", False):
        print(pending.summary(lacks()))
    for line in wrong:
        print(line)
    return 1 if wrong else 0
