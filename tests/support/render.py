# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Evaluates templates as a play would.

In a process of its own: once the controller's part of Ansible is loaded, modules in the same process behave differently
(their warnings go to the screen instead of into the result).
"""

from __future__ import annotations

import json
import pathlib
import subprocess
import sys
import typing as t

_OMIT = "__omitted__"


def rendered(value: t.Any, variables: t.Mapping[str, t.Any]) -> t.Any:
    """Return a value with its templates evaluated; raises AssertionError for an undefined variable."""
    if "{{" not in json.dumps(value):
        return value
    done = subprocess.run(
        [sys.executable, str(pathlib.Path(__file__))],
        input=json.dumps({"value": value, "variables": variables}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _trusted(value: t.Any) -> t.Any:
    try:
        from ansible.template import trust_as_template  # ansible-core 2.19 and newer
    except ImportError:
        return value
    if isinstance(value, dict):
        return {key: _trusted(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_trusted(inner) for inner in value]
    return trust_as_template(value) if isinstance(value, str) else value


def _main() -> None:
    from ansible.parsing.dataloader import DataLoader
    from ansible.plugins.loader import init_plugin_loader
    from ansible.template import Templar

    init_plugin_loader([])
    given = json.load(sys.stdin)
    # Before ansible-core 2.19 the executor defines omit and takes out what has it; from then on templates do both.
    variables = {**given["variables"], **({} if _templates_omit() else {"omit": _OMIT})}
    templar = Templar(loader=DataLoader(), variables=variables)
    json.dump(_without_omitted(templar.template(_trusted(given["value"]))), sys.stdout)


def _templates_omit() -> bool:
    import ansible.template

    return hasattr(ansible.template, "trust_as_template")


def _without_omitted(value: t.Any) -> t.Any:
    if isinstance(value, dict):
        return {key: _without_omitted(inner) for key, inner in value.items() if inner != _OMIT}
    return value


if __name__ == "__main__":
    _main()
