"""The command ``python -m flambeau`` (also ``flambeau``): what is installed, whether it works, and where things are."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import flambeau

from ._dispatch import lookup, namespaces
from .backend.making import describe
from .backend.manager import PluginManager, plugin_manager
from .backend.records import PluginRecord
from .backend.registry import load_backend
from .errors import MissingExtraError
from .version import __version__

__all__ = ["main", "until_closed"]

WORKS, NOT_INSTALLED, FAILS = "works", "not installed", "fails"

_TIMEOUT = 120.0
"""Seconds that a backend has for its first tensor; a library may compile kernels."""

_CHILD = "import sys; from flambeau.__main__ import _try; _try(sys.argv[1])"


_CLOSED = 141
"""The exit code of a command whose output nobody reads any more, as shells give it to those that SIGPIPE ends."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 if all is well, 1 if a plugin does not work or a name is not found, 2 for wrong usage."""
    return until_closed(lambda: _run(arguments))


def until_closed(command: Callable[[], int]) -> int:
    """Run a command and give its exit code; where its output is closed before it is done (``| head``), end quietly."""
    try:
        code = command()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for what Python flushes when it ends
        return _CLOSED
    return code


def _run(arguments: Sequence[str] | None) -> int:
    manager = plugin_manager()
    parser = argparse.ArgumentParser(prog="flambeau", description="PyTorch's programming model on pluggable backends.")
    parser.add_argument("--version", action="version", version=f"flambeau {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    plugins = commands.add_parser("plugins", help="list the installed plugins, and why one does not work")
    plugins.add_argument("--json", action="store_true", help="as JSON")
    plugins.add_argument(
        "--check",
        nargs="*",
        metavar="BACKEND",
        help="make a tensor on each backend, or on these, in a process of its own, and ask all plugins for their ops and "
        "their conformance manifests",
    )
    plugins.set_defaults(run=_plugins)
    where = commands.add_parser(
        "where", help="where a function stands: its declaration, its kernel, its cases and tests"
    )
    where.add_argument("name", nargs="+", help="logsumexp, nn.functional.relu, Tensor.view ...")
    where.set_defaults(run=_where)
    source = commands.add_parser("source", help="the code that is generated for an op")
    source.add_argument("name", help="mul, sum, cat ...")
    source.set_defaults(run=_source)
    manager.call_each("flambeau_cli_commands", lambda _: commands)
    options = parser.parse_args(arguments)
    if not hasattr(options, "run"):
        parser.error(f"the plugin that adds the command {options.command!r} does not say what it runs")
    return int(options.run(options) or 0)


def _where(options: argparse.Namespace) -> int:
    return _looked_up(options.name, lambda function: _columns(lookup.places(function)))


def _source(options: argparse.Namespace) -> int:
    return _looked_up([options.name], lookup.source)


def _looked_up(names: Sequence[str], shown: Callable[[Any], str]) -> int:
    """Print what ``shown`` says of each name; 1, after all of them, if there is nothing to say of one."""
    failed = False
    for name in names:
        try:
            text = shown(lookup.find(name, flambeau))
        except LookupError as error:
            failed = True
            print(f"flambeau: {error}", file=sys.stderr)
        else:
            print(f"{name}\n{text}" if len(names) > 1 else text)
    return int(failed)


def _columns(facts: dict[str, str]) -> str:
    """A line for each fact, and for each file of several."""
    width = max(map(len, facts))
    listed = {what: fact.replace(", ", f",\n{' ' * width}  ") for what, fact in facts.items()}
    return "\n".join(f"{what.ljust(width)}  {fact}" for what, fact in listed.items())


def _plugins(options: argparse.Namespace) -> int:
    manager = plugin_manager()
    checks: dict[str, dict[str, str]] = {}
    if options.check is not None:
        known = [entry.name for entry in manager.registrations if entry.fits]
        unknown = [name for name in options.check if name not in known]
        if unknown:
            print(f"flambeau: unknown backend: {', '.join(unknown)}; there are: {', '.join(known)}", file=sys.stderr)
            return 2
        checks = {name: _checked(name) for name in options.check or known}
        namespaces.load()  # the hook of commands was called before this one was chosen
        manager.call_each("flambeau_conformance", lambda _: _Declared())
    records = sorted(manager.records, key=lambda record: (record.name, record.distribution))
    if options.json:
        plugins = [_as_dict(manager, record, checks) for record in records]
        print(json.dumps({"flambeau": __version__, "plugins": plugins}, indent=2))
    else:
        print(_table(manager, records, checks))
    return 1 if manager.failures or any(check["state"] == FAILS for check in checks.values()) else 0


def _as_dict(manager: PluginManager, record: PluginRecord, checks: dict[str, dict[str, str]]) -> dict[str, Any]:
    own = {name: checks[name] for name in record.backends if name in checks}
    return record.as_dict() | {"conflicts": manager.conflicts(record), "checks": own}


def _table(manager: PluginManager, records: Sequence[PluginRecord], checks: dict[str, dict[str, str]]) -> str:
    rows = [("plugin", "distribution", "version", "API", "state", "backends")]
    rows += [
        (record.name, record.distribution, record.version, str(record.api_version or "-"), record.state,
         ", ".join(_with_check(name, checks) for name in record.backends) or "-")
        for record in records
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for record in records:
        if record.state != "ok":
            lines += ["", f"{record.name}: {record.cause}", f"  to repair: {record.repair}"]
        for conflict in manager.conflicts(record):
            lines += ["", f"{record.name}: {conflict}"]
    for name, check in checks.items():
        if check["cause"]:
            lines += ["", f"{name} ({check['state']}): {check['cause']}"]
    return "\n".join(lines)


def _with_check(name: str, checks: dict[str, dict[str, str]]) -> str:
    return f"{name} ({checks[name]['state']})" if name in checks else name


class _Declared:
    """What the hook ``flambeau_conformance`` is given here: it looks whether what is declared is there."""

    def manifest(self, backend: str, path: str) -> None:
        """See :class:`~flambeau.backend.hookspecs.ConformanceContext`."""
        if not Path(path).is_file():
            raise FileNotFoundError(f"the manifest of the backend {backend!r} is no file: {path}")

    def cases(self, module: str) -> None:
        """See :class:`~flambeau.backend.hookspecs.ConformanceContext`."""
        if find_spec(module) is None:
            raise ModuleNotFoundError(f"no module named {module!r}, which is said to hold conformance cases")


# -- trying a backend --------------------------------------------------------------------------------------------------


def _checked(name: str) -> dict[str, str]:
    """Whether a tensor can be made on a backend, tried in another process: a library that crashes ends only that."""
    command = [sys.executable, "-c", _CHILD, name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        return {"state": FAILS, "cause": f"not done after {_TIMEOUT:g} s"}
    *_, last = ("", *done.stdout.splitlines())
    try:
        found: dict[str, str] = json.loads(last)
        return {"state": found["state"], "cause": found["cause"]}
    except (ValueError, TypeError, KeyError):
        *_, words = ("", *done.stderr.splitlines())
        return {"state": FAILS, "cause": f"its process ended with code {done.returncode}" + (words and f": {words}")}


def _try(name: str) -> None:
    """Print, in the last line, whether a tensor can be made on a backend and read back."""
    state, cause = WORKS, ""
    try:
        _make_tensor(name)
    except BaseException as error:  # of a stranger: SystemExit, too
        missing = isinstance(error.__cause__, MissingExtraError)
        state, cause = NOT_INSTALLED if missing else FAILS, describe(error)
    print(f"\n{json.dumps({'state': state, 'cause': cause})}", flush=True)


def _make_tensor(name: str) -> None:
    dtypes = load_backend(name).capabilities.dtypes
    dtype = "float32" if "float32" in dtypes else min(dtypes)
    with flambeau.use_backend(name):
        found = flambeau.ones(2, dtype=getattr(flambeau, dtype)).tolist()
    if found != [1, 1]:
        raise RuntimeError(f"a tensor of two ones was read back as {found}")


if __name__ == "__main__":
    sys.exit(main())
