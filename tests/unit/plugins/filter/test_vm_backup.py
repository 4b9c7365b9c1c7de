# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filters as Ansible loads them: documented, with errors that are Ansible's, and text that is never a template."""

from __future__ import annotations

import pathlib

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import AnsibleUnsafe

from ansible_collections.cloudkeep.azure_backup.plugins.filter import vm_backup, vm_backup_summary
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils import _filters

FILTERS = vm_backup.FilterModule().filters() | vm_backup_summary.FilterModule().filters()
FOLDER = pathlib.Path(vm_backup.__file__).parent


def test_each_filter_is_documented_under_its_name() -> None:
    documented = {
        yaml.safe_load(path.read_text(encoding="utf-8"))["DOCUMENTATION"]["name"]: path.stem
        for path in FOLDER.glob("*.yml")
    }
    assert documented == {name: name for name in FILTERS}


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("vm_backup_selection", ({"label": "x"},)),
        ("vm_backup_next", ([], "dance")),
        ("vm_backup_report", ([],)),
        ("vm_backup_by_vault", (["not a machine"], "v", "rg")),
    ],
)
def test_wrong_input_is_an_error_of_the_filter(name: str, arguments: tuple[object, ...]) -> None:
    with pytest.raises(AnsibleFilterError):
        FILTERS[name](*arguments)


def test_text_in_a_result_is_marked_where_any_text_could_be_a_template() -> None:
    (text,) = FILTERS["vm_backup_selection"]({"names": "{{ 1 + 1 }}x"})["names"]
    assert text == "{{ 1 + 1 }}x"
    assert _filters._trust is not None or isinstance(text, AnsibleUnsafe)
