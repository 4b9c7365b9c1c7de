# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import (
    back_up_now,
    contents,
    discover,
    jobs,
    machines,
    policies,
    protect,
    register,
    unregister,
    vault,
    vault_removal,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_azure import FakeAzure, FakeCompute, FakeVaults
from ansible_collections.cloudkeep.azure_backup.tests.support.fake_backup import FakeBackup

USE_CASES = (
    back_up_now,
    contents,
    discover,
    jobs,
    machines,
    policies,
    protect,
    register,
    unregister,
    vault,
    vault_removal,
)


@pytest.fixture
def azure(monkeypatch: pytest.MonkeyPatch) -> FakeAzure:
    """An Azure with one empty vault, in which every use case finds itself."""
    for module in USE_CASES:
        for name, fake in (("Backup", FakeBackup), ("Compute", FakeCompute), ("Vaults", FakeVaults)):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, fake)
    return FakeAzure()
