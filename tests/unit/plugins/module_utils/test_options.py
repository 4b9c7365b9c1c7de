# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential options: what Ansible hides, and what is documented."""

from __future__ import annotations

import typing as t

import yaml

from ansible_collections.cloudkeep.azure_backup.plugins.doc_fragments.azure import ModuleDocFragment
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _options
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import settings

DOCUMENTED: dict[str, dict[str, t.Any]] = yaml.safe_load(ModuleDocFragment.DOCUMENTATION)["options"]


def test_secrets_are_hidden_and_ids_are_not() -> None:
    hidden = {name for name, option in _options.azure().items() if option.get("no_log")}
    assert hidden == {"secret", "password", "oidc_token"}


def test_the_documentation_has_the_same_options() -> None:
    for name, option in _options.azure().items():
        assert DOCUMENTED[name]["type"] == option["type"]
        assert DOCUMENTED[name].get("choices") == option.get("choices")
    assert set(DOCUMENTED) == set(_options.azure())


def test_the_documentation_names_every_variable() -> None:
    for name, variables in settings.VARIABLES.items():
        text = " ".join(DOCUMENTED[name]["description"])
        assert all(f"E({variable})" in text for variable in variables), name


def test_there_are_no_defaults_that_would_hide_the_environment() -> None:
    assert not [name for name, option in _options.azure().items() if "default" in option or "fallback" in option]
