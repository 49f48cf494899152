"""The command ``python -m flambeau`` (also ``flambeau``): what is installed, and whether it works."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from .backend.manager import PluginManager, plugin_manager
from .version import __version__

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 0 if all plugins work, 1 if one does not, 2 for wrong usage."""
    manager = plugin_manager()
    parser = argparse.ArgumentParser(prog="flambeau", description="PyTorch's programming model on pluggable backends.")
    parser.add_argument("--version", action="version", version=f"flambeau {__version__}")
    commands = parser.add_subparsers(dest="command", required=True)
    plugins = commands.add_parser("plugins", help="list the installed plugins, and why one does not work")
    plugins.add_argument("--json", action="store_true", help="as JSON")
    plugins.set_defaults(run=_plugins)
    manager.hooks.hook.flambeau_cli_commands(context=commands)
    options = parser.parse_args(arguments)
    return int(options.run(options))


def _plugins(options: argparse.Namespace) -> int:
    manager = plugin_manager()
    if options.json:
        print(
            json.dumps({"flambeau": __version__, "plugins": [record.as_dict() for record in manager.records]}, indent=2)
        )
    else:
        print(_table(manager))
    return 1 if manager.failures else 0


def _table(manager: PluginManager) -> str:
    rows = [("plugin", "distribution", "version", "API", "state", "backends")]
    rows += [
        (record.name, record.distribution, record.version, str(record.api_version or "-"), record.state,
         ", ".join(record.backends) or "-")
        for record in manager.records
    ]  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    for record in manager.failures:
        lines += ["", f"{record.name}: {record.cause}", f"  to repair: {record.repair}"]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
