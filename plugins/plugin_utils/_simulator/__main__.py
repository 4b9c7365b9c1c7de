# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The command line of the simulator.

This file is private to the collection.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import pathlib
import re
import shlex
import signal
import sys
import typing as t

from . import background

PACKAGES: t.Final = {"aiohttp": "aiohttp", "trustme": "trustme", "yaml": "PyYAML", "tzlocal": "tzlocal"}
"""Module -> package: what the simulator needs beyond the standard library."""

_EPILOG = """\
Without --ready-file it runs in the foreground and prints the environment for the az CLI, azure.azcollection, the SDKs
and this collection as shell lines. The az CLI also wants, once:
  az cloud register --name simulator --endpoint-resource-manager "$AZURE_CLOUD_ENVIRONMENT"
  az cloud set --name simulator
  az login --service-principal -u "$AZURE_CLIENT_ID" -p "$AZURE_CLIENT_SECRET" --tenant "$AZURE_TENANT_ID"
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without the whole usage before it."""

    def error(self, message: str) -> t.NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help shows what is allowed)\n")


def missing_package() -> str | None:
    """Return a sentence about the first package that can't be imported, or None."""
    for module, package in PACKAGES.items():
        try:
            importlib.import_module(module)
        except ImportError:
            command = f"{shlex.quote(sys.executable)} -m pip install {package}"
            return f"The simulator needs the Python package {package}, which {sys.executable} can't import: {command}"
    return None


def parser() -> argparse.ArgumentParser:
    """Return the command line's parser."""
    from . import profiles

    result = _Parser(
        prog="simulator",
        description="A local Azure for tests: Entra ID, Azure Resource Manager, compute and backup, on 127.0.0.1.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = result.add_argument
    add("--port", type=_whole(0, 65535), default=0, help="port to listen on; 0 takes a free one")
    add("--ready-file", type=pathlib.Path, metavar="FILE", help="JSON file to write when the simulator is ready")
    add("--background", action="store_true", help="return when it is ready; needs --ready-file")
    add(
        "--world",
        type=_world,
        default="small",
        metavar="small|bad-afternoon|fleet:N[:REGIONS][:lived]|FILE.yml",
        help="what is in the Azure",
    )
    add("--profile", choices=profiles.NAMES, default="fast", help="how the service behaves")
    add(
        "--time-scale",
        type=_number(0.001, 1e6),
        default=1.0,
        metavar="N",
        help="what the durations of the recorded profile are divided by",
    )
    add("--latency-ms", type=_whole(0, 60000), default=0, metavar="N", help="milliseconds added to every answer")
    add("--arm-limits", choices=("on", "off"), default="off", help="whether to throttle as Azure Resource Manager does")
    add("--seed", type=_whole(0, 2**31 - 1), default=0, metavar="N", help="the beginning of all random numbers")
    add(
        "--lifetime",
        type=_number(1, 7 * 86400),
        default=3600.0,
        metavar="SECONDS",
        help="when to end without being told",
    )
    return result


def _whole(lowest: int, highest: int) -> t.Callable[[str], int]:
    def convert(text: str) -> int:
        if not re.fullmatch(r"\d+", text) or not lowest <= int(text) <= highest:
            raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from {lowest} to {highest}")
        return int(text)

    return convert


def _number(lowest: float, highest: float) -> t.Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = lowest - 1
        if not lowest <= value <= highest:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {lowest:g} to {highest:g}")
        return value

    return convert


def _world(text: str) -> str:
    fleet = re.fullmatch(r"fleet:[1-9]\d*(:[1-9]\d*)?(:lived)?", text)
    if text in ("small", "bad-afternoon") or fleet or pathlib.Path(text).is_file():
        return text
    raise argparse.ArgumentTypeError(
        f"'{text}' is neither small, nor bad-afternoon, nor fleet:N[:REGIONS][:lived], nor a YAML file"
    )


def main(arguments: t.Sequence[str] | None = None) -> int:
    """Run the simulator and return the exit status."""
    problem = missing_package()
    if problem:
        print(problem, file=sys.stderr)
        return 2
    command_line = parser()
    options = command_line.parse_args(arguments)
    if options.background and not options.ready_file:
        command_line.error("--background needs --ready-file: nobody would learn where the simulator is")
    if options.background:
        return background.run(lambda announce: _serve(options, announce))
    return _serve(options, lambda: None)


def _serve(options: argparse.Namespace, announce: t.Callable[[], None]) -> int:
    """Serve until the end and return the exit status; ``announce`` is called when clients may come."""
    from . import ready_file, simulator

    settings = simulator.Settings(
        world=options.world,
        profile=options.profile,
        port=options.port,
        time_scale=options.time_scale,
        latency_ms=options.latency_ms,
        arm_limits=options.arm_limits == "on",
        seed=options.seed,
        lifetime=options.lifetime,
    )

    def ready(running: simulator.Simulator, access: dict[str, t.Any]) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, running.stopping.set)
        if options.ready_file:
            ready_file.write(options.ready_file, access)
        else:
            print(_introduction(access), flush=True)
        announce()

    try:
        asyncio.run(simulator.run(settings, ready))
    except (OSError, ValueError) as error:
        print(f"The simulator can't start: {error}", file=sys.stderr, flush=True)
        return 1
    finally:
        if options.ready_file:
            ready_file.remove(options.ready_file)
    return 0


def _introduction(access: dict[str, t.Any]) -> str:
    from . import ready_file

    variables = {
        **access["env"],
        "SIMULATOR_CONTROL_KEY": access["control_key"],
    }
    return (
        f"# A simulated Azure answers at {access['endpoint']} until you press Ctrl-C.\n"
        "# Paste these lines into another shell to point clients at it:\n"
        f"{ready_file.exports(variables)}"
    )


if __name__ == "__main__":
    sys.exit(main())
