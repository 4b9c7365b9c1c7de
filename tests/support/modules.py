# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module as Ansible would, but in this process: real argument checks, real SDK, real TLS, no controller.

result = run_module("vm_backup_protect", azure, {"vms": ["rg-web/web-01"], ...}, check=True, diff=True)
assert result["changed"] and not result.failed
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import sys
import typing as t
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common import warnings

from .simulator import RunningSimulator

MODULES = "ansible_collections.cloudkeep.azure_backup.plugins.modules"


class ModuleResult(dict[str, t.Any]):
    """What the module printed, as Ansible reads it."""

    @property
    def failed(self) -> bool:
        """Whether the task failed."""
        return bool(self.get("failed"))

    def vm(self, name: str) -> dict[str, t.Any]:
        """Return the one machine of that name from the result's ``vms``."""
        found = [vm for vm in self["vms"] if vm["name"] == name]
        assert len(found) == 1, f"{len(found)} machines named {name}"
        return t.cast("dict[str, t.Any]", found[0])


def run_module(
    name: str,
    azure: RunningSimulator | None,
    options: t.Mapping[str, t.Any],
    *,
    check: bool = False,
    diff: bool = False,
    environ: t.Mapping[str, str] | None = None,
) -> ModuleResult:
    """Run a module with options and return its result.

    The environment points to the simulator; ``environ`` replaces that. Anything printed but JSON fails the test, so
    that a traceback cannot hide.
    """
    arguments = {**options, "_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": "/tmp"}
    variables = dict(environ if environ is not None else azure.env if azure else {})
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("AZURE_", "ARM_", "REQUESTS_"))}
    printed = io.StringIO()
    with mock.patch.dict(os.environ, {**kept, **variables}, clear=True), _arguments(arguments), _process_of_its_own():
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            importlib.import_module(f"{MODULES}.{name}").main()
    return ModuleResult(json.loads(printed.getvalue()))


@contextlib.contextmanager
def _process_of_its_own() -> t.Iterator[None]:
    """Give a module its own warnings, as in a process that it has for itself and in which no controller runs."""
    with contextlib.ExitStack() as stack:
        for kept in ("_global_warnings", "_global_deprecations"):
            stack.enter_context(mock.patch.object(warnings, kept, type(getattr(warnings, kept))()))
        internal = sys.modules.get("ansible.module_utils._internal")  # ansible-core 2.19 and newer
        if hasattr(internal, "is_controller"):
            stack.enter_context(mock.patch.object(internal, "is_controller", False))
        yield


def _arguments(arguments: t.Mapping[str, t.Any]) -> t.ContextManager[t.Any]:
    """Hand the arguments to the module in the way of the ansible-core that is installed."""
    try:
        from ansible.module_utils.testing import patch_module_args  # ansible-core 2.19 and newer
    except ImportError:
        text = json.dumps({"ANSIBLE_MODULE_ARGS": dict(arguments)}).encode()
        return mock.patch.object(basic, "_ANSIBLE_ARGS", text)
    return t.cast("t.ContextManager[t.Any]", patch_module_args(dict(arguments)))
