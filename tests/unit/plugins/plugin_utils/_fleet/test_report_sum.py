# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One report of those of several slices."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._fleet.report import report, summed

from .test_report import VAULT, error, found, protected, steps


def of_slice(*names: str, vault_changed: bool = False, **more: t.Any) -> dict[str, t.Any]:
    """The report of a slice that protected machines."""
    run = steps(*(found(name) for name in names), **more)
    (group,) = run.groups
    vaults = [{"item": group, "vault": VAULT, "changed": vault_changed}]
    done = [{"item": group, "vault": VAULT, "vms": [protected(name) for name in names]}]
    return report(steps(*(found(name) for name in names), **{"vaults": vaults, "protected": done, **more}))


def test_machines_add_up_and_a_vault_counts_once() -> None:
    slices = [of_slice("a", "c", vault_changed=True), of_slice("b", "d")]
    whole = summed(slices)
    assert whole.keys() == slices[0].keys()
    assert [row["name"] for row in whole["vms"]] == ["a", "b", "c", "d"]
    assert [(vault["name"], vault["changed"]) for vault in whole["vaults"]] == [("v", True)]
    assert whole["summary"] == of_slice("a", "b", "c", "d", vault_changed=True)["summary"]
    assert summed(slices[::-1]) == whole
    assert summed([whole]) == whole


def test_what_failed_in_a_slice_has_failed_in_the_whole() -> None:
    failed = report(steps(found("b", None, error=error("Nobody knows it."))))
    whole = summed([of_slice("a"), failed, failed])
    assert (whole["summary"]["total"], whole["summary"]["failed"]) == (2, 1)
    assert whole["failures"] == failed["failures"] != []


def test_nothing_and_mixtures_are_refused() -> None:
    with pytest.raises(ValueError, match="no report"):
        summed([])
    with pytest.raises(ValueError, match="check mode"):
        summed([of_slice("a"), of_slice("b", check_mode=True)])
