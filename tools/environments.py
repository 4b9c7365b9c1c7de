# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Virtual environments inside the checkout, made once and made again when what they are made of changes."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import pathlib
import subprocess
import sys
import time
import typing as t

import project
from project import CHECKOUT, WORK

TOOLS = CHECKOUT / "tools" / "requirements"
CONSTRAINTS = CHECKOUT / "tests" / "constraints"
RUNTIME = (CHECKOUT / "requirements.txt", CHECKOUT / "requirements-simulator.txt")
TESTS = (TOOLS / "tests.txt",)
BROWSER = TOOLS / "browser.txt"
LINT = TOOLS / "lint.txt"
DOCS = TOOLS / "docs.txt"


@dataclasses.dataclass(frozen=True)
class Environment:
    """A virtual environment: its name, its ansible-core, the pinned packages and the interpreter that makes it."""

    name: str
    ansible_core: str = "ansible-core>=2.17"
    constraints: pathlib.Path | None = None
    interpreter: str = sys.executable

    @property
    def folder(self) -> pathlib.Path:
        return WORK / f"venv-{self.name}"

    @property
    def python(self) -> str:
        return str(self.folder / "bin" / "python")

    def ensure(self, *requirements: pathlib.Path) -> Environment:
        """Install ansible-core and the requirement files, unless a stamp says that just these are there already.

        Raises subprocess.CalledProcessError when pip fails.
        """
        self._ensure_folder()
        stamp = self.folder / f"stamp-{'-'.join(file.stem for file in requirements) or 'bare'}"
        wanted = self._fingerprint(requirements)
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
            return self
        started = time.monotonic()
        names = ", ".join(str(file.relative_to(CHECKOUT)) for file in requirements)
        print(f"Setting up {self.folder.relative_to(CHECKOUT)}: {self.ansible_core} {names}", flush=True)
        command = [self.python, "-m", "pip", "--disable-pip-version-check", "install", "-qq", "--upgrade"]
        command += ["--upgrade-strategy", "only-if-needed", self.ansible_core]
        for file in requirements:
            command += ["--requirement", str(file)]
        if self.constraints:
            command += ["--constraint", str(self.constraints)]
        subprocess.run(command, check=True, env=_pip_environment())
        stamp.write_text(wanted, encoding="utf-8")
        print(f"Set up in {time.monotonic() - started:.0f} s", flush=True)
        return self

    def _ensure_folder(self) -> None:
        """Make the virtual environment, again when it was moved or belongs to another interpreter."""
        stamp = self.folder / "stamp"
        wanted = f"{self.folder}\n{self.interpreter}\n"
        if stamp.exists() and stamp.read_text(encoding="utf-8") == wanted and os.access(self.python, os.X_OK):
            return
        command = [self.interpreter, "-m", "venv", "--clear", str(self.folder)]
        subprocess.run(command, check=True)
        stamp.write_text(wanted, encoding="utf-8")

    def _fingerprint(self, requirements: t.Sequence[pathlib.Path]) -> str:
        digest = hashlib.sha256(self.ansible_core.encode())
        for file in (*requirements, *([self.constraints] if self.constraints else [])):
            digest.update(file.read_bytes())
        return digest.hexdigest()


def newest() -> Environment:
    """The newest ansible-core that the interpreter allows, with the newest Azure packages that were tested."""
    return Environment("newest", constraints=CONSTRAINTS / "newest.txt")


def oldest(core_version: str) -> Environment:
    """The given ansible-core (``2.17``), with the oldest Azure packages that are supported."""
    return Environment("oldest", f"ansible-core~={core_version}.0", CONSTRAINTS / "oldest.txt")


def combination(core_version: str, python: str, packages: str, interpreter: str) -> Environment:
    """One of the matrix: the given ansible-core, interpreter and ``newest`` or ``oldest`` Azure packages."""
    name = f"matrix-core{core_version}-python{python}-{packages}"
    return Environment(name, f"ansible-core~={core_version}.0", CONSTRAINTS / f"{packages}.txt", interpreter)


def lint() -> Environment:
    """The tools that read the collection and import none of its Python."""
    return Environment("lint")


def become(module: str, folder: pathlib.Path, *requirements: pathlib.Path) -> t.NoReturn:
    """Go on as a module of the collection, with this command's arguments, in the newest environment and a folder.

    ``requirements`` are the files of what the module needs, by default what the collection itself needs.
    """
    project.link_collection()
    python = newest().ensure(*(requirements or RUNTIME)).python
    os.chdir(folder)
    name = f"ansible_collections.{project.FULL_NAME}.{module}"
    os.execve(python, [python, "-m", name, *sys.argv[1:]], project.environment(python))


def _pip_environment() -> dict[str, str]:
    """The caller's environment, in which pip's own settings (index, certificates) may be; no other Python's paths."""
    return {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
