# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The word for what a vault makes of a machine, for every state that the service writes."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import item_states, models
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

POLICY = bodies.policy()["id"]


@pytest.mark.parametrize(
    ("properties", "word"),
    [
        ({"protectionState": "IRPending", "policyId": POLICY}, "waiting"),
        ({"protectionState": "Protected", "policyId": POLICY}, "protected"),
        ({"protectionState": "PROTECTED", "policyId": POLICY}, "protected"),
        ({"protectionState": "ProtectionError", "policyId": POLICY}, "error"),
        ({"protectionState": "ProtectionStopped", "policyId": ""}, "stopped"),
        ({"protectionState": "ProtectionPaused", "policyId": POLICY}, "stopped"),
        ({"protectionState": "BackupsSuspended", "policyId": POLICY}, "suspended"),
        ({"protectionState": "BackupsSuspended", "policyId": ""}, "suspended"),
        ({"protectionState": "Protected", "policyId": ""}, "stopped"),
        ({"protectionState": "SomethingNew", "policyId": POLICY}, "protected"),
        (
            {"protectionState": "ProtectionStopped", "policyId": "", "isScheduledForDeferredDelete": True},
            "soft_deleted",
        ),
    ],
)
def test_every_state_has_its_word(properties: dict[str, t.Any], word: str) -> None:
    item = models.ProtectedItem.from_wire(bodies.item(**properties))
    assert item_states.item_state(item) == word
