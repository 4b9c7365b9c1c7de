# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulator in a process of its own, whose log and memory can be looked at."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import pathlib
import re
import subprocess
import sys
import time
import typing as t

from ..support import processes

MODULE: t.Final = "ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator"
_START_SECONDS = 60


@dataclasses.dataclass
class Running:
    """A simulator that is up."""

    access: dict[str, t.Any]
    process: subprocess.Popen[bytes]
    log: pathlib.Path
    _read: int = 0

    def complaints(self) -> str:
        """Return what it has written to its error output since the last call."""
        with self.log.open("rb") as stream:
            stream.seek(self._read)
            text = stream.read()
        self._read += len(text)
        return text.decode("utf-8", "replace")

    def memory_mb(self) -> float:
        """Return the memory that it holds, in MB; 0 where it is gone or the system does not tell."""
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii", errors="replace")
        except OSError:
            return 0.0
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        return int(found.group(1)) / 1024 if found else 0.0


@contextlib.contextmanager
def started(world: pathlib.Path, folder: pathlib.Path, *, lifetime: float) -> t.Iterator[Running]:
    """Run a simulator for the length of a with block; raises RuntimeError when it does not start."""
    ready, log = folder / "ready.json", folder / "simulator.log"
    command = [sys.executable, "-m", MODULE, "--ready-file", str(ready), "--world", str(world)]
    command += ["--lifetime", f"{lifetime:.0f}"]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=stream)
    try:
        yield Running(_access(process, ready, log), process, log)
    finally:
        processes.end(process)


def _access(process: subprocess.Popen[bytes], ready: pathlib.Path, log: pathlib.Path) -> dict[str, t.Any]:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(FileNotFoundError):
            return t.cast("dict[str, t.Any]", json.loads(ready.read_text(encoding="utf-8")))
        time.sleep(0.05)
    raise RuntimeError(f"The simulator did not start: {log.read_text(encoding='utf-8', errors='replace')}")
