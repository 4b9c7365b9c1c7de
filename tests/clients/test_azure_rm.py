# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory of azure.azcollection and ours as two sources of one inventory: each machine is one host."""

from __future__ import annotations

import json
import pathlib
import subprocess
import typing as t

import pytest

import project
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator

pytestmark = pytest.mark.clients

# The simulator has no network interfaces: azure_rm tells errors of them, and goes on.
THEIRS: t.Final = "plugin: azure.azcollection.azure_rm\nbatch_fetch: false\n"
OURS: t.Final = "plugin: cloudkeep.azure_backup.vm_backup\n"


@pytest.fixture
def hosts(
    named_by: t.Callable[[str], str], azure: RunningSimulator, environment: dict[str, str], tmp_path: pathlib.Path
) -> t.Callable[..., dict[str, dict[str, t.Any]]]:
    """Return what reads an inventory of one or two sources: the hosts' variables by their names."""
    python = named_by("CLOUDKEEP_AZCOLLECTION_PYTHON")
    paths = f"{named_by('CLOUDKEEP_AZCOLLECTION_PATH')}:{project.COLLECTIONS}"

    def read(**sources: str) -> dict[str, dict[str, t.Any]]:
        for file in tmp_path.glob("*.yml"):
            file.unlink()
        for number, (name, text) in enumerate(sources.items()):
            (tmp_path / f"{number}.{name}.yml").write_text(text, encoding="utf-8")
        result = subprocess.run(
            [python, "-m", "ansible", "inventory", "-i", str(tmp_path), "--list"],
            env={**environment, "ANSIBLE_COLLECTIONS_PATH": paths},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        return t.cast("dict[str, dict[str, t.Any]]", json.loads(result.stdout)["_meta"]["hostvars"])

    return read


@pytest.mark.parametrize("naming", ["", "hostnames: [name ~ '.' ~ resource_group]\n"])
def test_each_machine_is_one_host(hosts: t.Callable[..., dict[str, dict[str, t.Any]]], naming: str) -> None:
    # By default azure_rm leaves out what is switched off or failed; ours is named by the same rules.
    theirs = hosts(azure_rm=THEIRS + naming)
    ours = hosts(vm_backup=OURS + naming)
    assert set(theirs) < set(ours)
    together = hosts(azure_rm=THEIRS + naming, vm_backup=OURS + naming)
    assert set(together) == set(ours)
    for name in theirs:
        assert {"powerstate", "azure_vm", "vm_backup"} <= set(together[name])


def test_a_host_that_azure_rm_has_named_keeps_its_name(hosts: t.Callable[..., dict[str, dict[str, t.Any]]]) -> None:
    naming = "hostnames: ['name ~ \".by-them.\" ~ resource_group']\n"
    theirs = hosts(azure_rm=THEIRS + naming)
    together = hosts(azure_rm=THEIRS + naming, vm_backup=OURS + "plain_host_names: true\n")
    assert len(together) == len(hosts(vm_backup=OURS))
    assert all("vm_backup" in together[name] for name in theirs)
