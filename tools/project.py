# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where things are: the checkout, the work folder inside it, and the two ways in which Ansible finds the collection.

ansible-playbook, pytest and mypy follow a symbolic link to the checkout. ansible-test and the builds resolve links, or
would see every stray file, so that they get a copy of the files that git knows or would add.
"""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

NAMESPACE, NAME = "cloudkeep", "azure_backup"
FULL_NAME = f"{NAMESPACE}.{NAME}"
CHECKOUT = pathlib.Path(__file__).resolve().parents[1]
WORK = CHECKOUT / ".work"
COLLECTIONS = WORK / "collections"
COPY = WORK / "copy" / "ansible_collections" / NAMESPACE / NAME
HOME = WORK / "home"


def link_collection() -> None:
    """Make ``.work/collections/ansible_collections/cloudkeep/azure_backup`` lead to the checkout."""
    link = COLLECTIONS / "ansible_collections" / NAMESPACE / NAME
    link.parent.mkdir(parents=True, exist_ok=True)
    target = os.path.relpath(CHECKOUT, link.parent)
    if link.is_symlink() and os.readlink(link) == target:
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target, target_is_directory=True)


def copy_collection(target: pathlib.Path | None = None) -> pathlib.Path:
    """Bring a copy up to date and return it. It is a git repository, which ansible-test asks for its files."""
    copy = target or COPY
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    found = subprocess.run(listing, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    wanted = {name for name in found.split("\0") if name and (CHECKOUT / name).is_file()}
    if not (copy / ".git").exists():
        copy.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "init", "--quiet", str(copy)], check=True)
    for path in [path for path in copy.rglob("*") if path.is_file() or path.is_symlink()]:
        name = path.relative_to(copy).as_posix()
        if name not in wanted and not name.startswith((".git/", "tests/output/")):
            path.unlink()
    for name in wanted:
        file = copy / name
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(CHECKOUT / name, file)
    return copy


def environment(python: str, *, collections: pathlib.Path = COLLECTIONS) -> dict[str, str]:
    """The environment in which the project's own commands run: nothing of the caller's Ansible, Azure, Python.

    Args:
        python: the interpreter of a virtual environment; its folder comes first on PATH.
        collections: the folder that holds ``ansible_collections``.
    """
    prepare_home()
    kept = {name: os.environ[name] for name in ("CI", "LANG", "TERM", "TMPDIR", "USER") if name in os.environ}
    system = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
    return {
        **kept,
        "PATH": os.pathsep.join([str(pathlib.Path(python).parent), *system]),
        "HOME": str(HOME),
        "LC_ALL": "C.UTF-8",
        "PYTHONPATH": str(collections),
        "PYTHONUNBUFFERED": "1",
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_CONFIG": str(HOME / "ansible.cfg"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
    }


def prepare_home() -> None:
    """Make a home folder of the project's own, with what ansible-test needs in it.

    ansible-test gives its commands no variable of the caller's but HOME: pip's settings must be in a file there. And it
    downloads a script that installs pip unless the script is in its cache: ours takes Python's own bundled pip.
    """
    cache = HOME / ".ansible" / "test" / "cache"
    settings = HOME / ".config" / "pip" / "pip.conf"
    if settings.exists():
        return
    HOME.mkdir(parents=True, exist_ok=True)
    (HOME / "ansible.cfg").write_text("[defaults]\n", encoding="utf-8")
    cache.mkdir(parents=True, exist_ok=True)
    for pip_version in ("23_1_2", "24_2", "25_2"):
        shutil.copy(CHECKOUT / "tools" / "get_pip.py", cache / f"get_pip_{pip_version}.py")
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.touch(mode=0o600)
    settings.write_text(_pip_settings(), encoding="utf-8")


def _pip_settings() -> str:
    """The caller's pip settings, from files and variables alike, in the form of pip's settings file."""
    values: dict[str, str] = {}
    lines = _pip("config", "list").splitlines()
    for line in sorted(lines, key=lambda line: line.startswith(":env:")):  # a variable outweighs a file
        name, value = line.split("=", 1)
        values[name.rpartition(".")[2]] = value.strip("'\"").replace("\\n", "\n    ")
    values.setdefault("cache-dir", _pip("cache", "dir").strip())
    values["quiet"] = "2"
    return "[global]\n" + "".join(f"{name} = {value}\n" for name, value in values.items())


def _pip(*arguments: str) -> str:
    """Return what pip prints, also when its settings tell it to be quiet."""
    command = [sys.executable, "-m", "pip", *arguments]
    env = {**os.environ, "PIP_QUIET": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout
