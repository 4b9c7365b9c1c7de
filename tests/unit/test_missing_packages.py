# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Python package that is missing, too old or broken: one sentence names it, the version and the interpreter."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import pathlib
import subprocess
import sys
import types
import typing as t
import zoneinfo
from unittest import mock

import ansible
import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import sdk
from ansible_collections.cloudkeep.azure_backup.tests.support.clear import check_failure
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult, run_module
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

MODULES: t.Final = ("discover", "register", "protect", "now", "job_info", "vault", "policy_info")
VAULT: t.Final = {"resource_group": "rg-legacy-weu", "vault_name": "legacy-vault"}
NEEDED_FOR: t.Final = {
    "azure-core": "discover",
    "azure-identity": "discover",
    "azure-mgmt-compute": "discover",
    "azure-mgmt-recoveryservices": "discover",
    "azure-mgmt-recoveryservicesbackup": "protect",
    "tzdata": "policy",
    "tzlocal": "policy",
}
# What each module is run with, beside the vault; a host without data of time zones needs both packages for a forecast.
POLICY: t.Final = {
    "name": "nightly",
    "time_zone": "Europe/Berlin",
    "schedule": {"time": "22:00"},
    "retention": {"daily": {"days": 30}},
    "forecast": {"days": 1},
}


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


def run(azure: RunningSimulator, module: str) -> ModuleResult:
    azure.forget_requests()
    selected = {"select": {}} if module in ("register", "protect", "now") else {}
    options = {**({} if module == "discover" else VAULT), **selected, **(POLICY if module == "policy" else {})}
    with mock.patch.object(zoneinfo, "ZoneInfo", side_effect=zoneinfo.ZoneInfoNotFoundError):
        result = run_module(f"vm_backup_{module}", azure, options)
    assert azure.writes() == []
    return result


def check(result: ModuleResult, package: str, problem: str) -> None:
    floor = sdk.FLOORS[package]
    install = f"{sys.executable} -m pip install '{package}>={floor}'"
    check_failure(result, f"{package} {problem}", f"version {floor} or newer", install, code="MissingLibrary")
    assert result["msg"].count(". ") == 0


def answering(package: str, answer: str | None) -> t.Any:
    """Let a package seem to have a version, or (None) to be missing."""
    real = importlib.metadata.version

    def version(name: str) -> str:
        if name != package:
            return real(name)
        if answer is None:
            raise importlib.metadata.PackageNotFoundError(name)
        return answer

    return mock.patch.object(importlib.metadata, "version", version)


def test_every_package_has_a_case() -> None:
    assert set(NEEDED_FOR) == set(sdk.FLOORS)


@pytest.mark.parametrize(("package", "module"), NEEDED_FOR.items())
def test_a_package_that_is_missing(azure: RunningSimulator, package: str, module: str) -> None:
    with answering(package, None):
        check(run(azure, module), package, "is not installed")


@pytest.mark.parametrize(("package", "module"), NEEDED_FOR.items())
def test_a_package_that_is_too_old(azure: RunningSimulator, package: str, module: str) -> None:
    with answering(package, "0.9.0b1"):
        check(run(azure, module), package, "is too old (0.9.0b1)")


@pytest.mark.parametrize(("package", "module"), NEEDED_FOR.items())
def test_a_package_that_cannot_be_imported(azure: RunningSimulator, package: str, module: str) -> None:
    real = importlib.import_module
    broken = package.replace("-mgmt-", ".mgmt.").replace("azure-", "azure.")

    def importing(name: str, parent: str | None = None) -> types.ModuleType:
        if name == broken or name.startswith((f"{broken}.pipeline", f"{broken}.windows_tz")):
            raise ImportError("No module named 'typing_extensions'")
        return real(name, parent)

    with mock.patch.object(importlib, "import_module", importing):
        check(run(azure, module), package, "cannot be imported (No module named 'typing_extensions')")


@pytest.mark.parametrize("package", sdk.FLOORS)
@pytest.mark.parametrize("version", ["{floor}", "9999.0", "{floor}.post1"])
def test_the_floor_itself_and_what_is_newer_will_do(package: str, version: str) -> None:
    with answering(package, version.format(floor=sdk.FLOORS[package])):
        assert sdk.load(package, "json") is json


@pytest.mark.parametrize("package", sdk.FLOORS)
def test_just_below_the_floor_will_not(package: str) -> None:
    first, second = (int(part) for part in sdk.FLOORS[package].split(".")[:2])
    below = f"{first}.{second - 1}.99" if second else f"{first - 1}.99.99"
    with answering(package, below), pytest.raises(sdk.MissingLibrary, match="too old"):
        sdk.load(package, "json")


RUN: t.Final = """
import json, sys
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import run_module
options, environ = json.load(sys.stdin)
print(json.dumps([run_module(name, None, given, environ=environ) for name, given in options]))
"""


def test_an_interpreter_without_any_package(tmp_path: pathlib.Path) -> None:
    """The real thing: a Python that has Ansible's module code and nothing else."""
    collections = pathlib.Path(__file__).resolve().parents[2] / ".work/collections"
    (tmp_path / "ansible").symlink_to(pathlib.Path(ansible.__file__).parent)
    (tmp_path / "ansible_collections").symlink_to(collections / "ansible_collections")
    selected = {"register": {"select": {}}, "protect": {"select": {}}, "now": {"select": {}}}
    options = [
        (f"vm_backup_{name}", {**({} if name == "discover" else VAULT), **selected.get(name, {})}) for name in MODULES
    ]
    environ = {
        "AZURE_CLIENT_ID": "00000000-0000-4000-8000-00000000c11e",
        "AZURE_TENANT": "00000000-0000-4000-8000-000000007e4a",
        "AZURE_SUBSCRIPTION_ID": "00000000-0000-4000-8000-0000000005ab",
        "AZURE_SECRET": "hidden",
    }
    made = subprocess.run(
        [sys.executable, "-S", "-c", RUN],
        input=json.dumps([options, environ]),
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0 and made.stderr == "", made.stderr
    results = [ModuleResult(result) for result in json.loads(made.stdout)]
    assert len(results) == len(MODULES)
    for result in results:
        check_failure(result, "is not installed", "-m pip install", sys.executable, code="MissingLibrary")
        for package, floor in sdk.FLOORS.items():
            assert f"'{package}>={floor}'" in result["msg"]
