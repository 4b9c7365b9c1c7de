# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which calls the modules send, in which groups the guide "When Azure fails" tells of them, and which tasks send them.

`fault_matrix.py` tells what goes wrong with them, `fault_scenarios.py` what the tasks are.
"""

from __future__ import annotations

import dataclasses
import typing as t

GROUPS: t.Final = {
    "sign_in": "Sign-in",
    "read": "Reads, before anything is written",
    "discovery": "Discovery",
    "start": "Writes that start or cancel jobs",
    "put": "Other writes",
    "look": "Looks, while waiting",
}
"""The columns."""


@dataclasses.dataclass(frozen=True)
class Call:
    """A call, in the order in which the guide names them."""

    label: str
    group: str
    method: str
    path: str
    modules: tuple[str, ...]
    """The scenarios whose call it is; with ``:1`` the first one such call goes well, as it is another one's."""


CALLS: t.Final[t.Mapping[str, Call]] = {
    "token": Call("a token", "sign_in", "POST", r"/oauth2/v2\.0/token$", ("protect",)),
    "metadata": Call("what the cloud says about itself", "sign_in", "GET", r"^/metadata/", ("protect",)),
    "machines": Call("list the machines", "read", "GET", r"/virtualMachines$", ("discover",)),
    "machine": Call("read a machine", "read", "GET", r"/virtualMachines/[^/]+$", ("protect",)),
    "vaults": Call("list the vaults", "read", "GET", r"/vaults$", ("summary_info",)),
    "vault": Call("read a vault", "read", "GET", r"/vaults/[^/]+$", ("now",)),
    "deleted": Call("list the deleted vaults", "read", "GET", r"/deletedVaults$", ("vault",)),
    "storage": Call("read the storage settings", "read", "GET", r"/vaultstorageconfig$", ("vault_change",)),
    "usage": Call("read the usage", "read", "GET", r"/(usages|backupUsageSummaries)$", ("vault_info",)),
    "guard": Call("read the Resource Guard", "read", "GET", r"/backupResourceGuardProxies$", ("delete_guarded",)),
    "items": Call("list the items", "read", "GET", r"/backupProtectedItems$", ("protect", "item_info")),
    "item": Call("read an item", "read", "GET", r"/protectedItems/[^/]+$", ("item_info_details",)),
    "points": Call("list the recovery points", "read", "GET", r"/recoveryPoints$", ("recovery_point_info",)),
    "containers": Call("list the containers", "read", "GET", r"/backupProtectionContainers$", ("register_known",)),
    "protectable": Call("list the protectable items", "read", "GET", r"/backupProtectableItems$", ("register",)),
    "status": Call("ask for a backup status", "read", "POST", r"/backupStatus$", ("register",)),
    "validate": Call("validate a machine", "read", "POST", r"/backupPreValidateProtection$", ("register_validate",)),
    "policies": Call("list the policies", "read", "GET", r"/backupPolicies$", ("policy_info",)),
    "policy": Call("read a policy", "read", "GET", r"/backupPolicies/[^/]+$", ("protect", "policy")),
    "running": Call("list the running jobs", "read", "GET", r"/backupJobs$", ("now",)),
    "to_cancel": Call("read a job that is to be cancelled", "read", "GET", r"/backupJobs/[^/]+$", ("cancel",)),
    "refresh": Call("start a discovery", "discovery", "POST", r"/refreshContainers$", ("discover",)),
    "refresh_poll": Call("follow it", "discovery", "GET", r"/Azure/operationResults/[^/]+$", ("register",)),
    "protect": Call(
        "protect, stop, undelete", "start", "PUT", r"/protectedItems/[^/]+$", ("protect", "stop", "undelete")
    ),
    "delete": Call("delete backup data", "start", "DELETE", r"/protectedItems/[^/]+$", ("delete",)),
    "backup": Call("back up", "start", "POST", r"/protectedItems/[^/]+/backup$", ("now",)),
    "cancel": Call("cancel a job", "start", "POST", r"/backupJobs/[^/]+/cancel$", ("cancel",)),
    "put_vault": Call("create a vault", "put", "PUT", r"/vaults/[^/]+$", ("vault",)),
    "patch_vault": Call("change a vault", "put", "PATCH", r"/vaults/[^/]+$", ("vault_change",)),
    "delete_vault": Call("delete a vault", "put", "DELETE", r"/vaults/[^/]+$", ("vault_absent",)),
    "put_policy": Call("write a policy", "put", "PUT", r"/backupPolicies/[^/]+$", ("policy",)),
    "delete_policy": Call("delete a policy", "put", "DELETE", r"/backupPolicies/[^/]+$", ("policy_absent",)),
    "unlock": Call("have a Resource Guard allow a deletion", "put", "POST", r"/unlockDelete$", ("delete_guarded",)),
    "jobs": Call("list the jobs", "look", "GET", r"/backupJobs$", ("protect", "now:1")),
    "job": Call("read a job", "look", "GET", r"/backupJobs/[^/]+$", ("job_info:2", "cancel:2")),
    "cancel_poll": Call(
        "follow a cancellation", "look", "GET", r"/backupJobs/[^/]+/operationResults/[^/]+$", ("cancel_unseen",)
    ),
    "operation": Call("ask an operation for its job", "look", "GET", r"/backupOperations/[^/]+$", ("now_unlisted",)),
    "vault_poll": Call(
        "follow the write of a vault", "look", "GET", r"/vaults/[^/]+/operationStatus/[^/]+$", ("vault", "vault_absent")
    ),
    "vault_shown": Call("read the vault again", "look", "GET", r"/vaults/[^/]+$", ("vault:1",)),
    "policy_poll": Call(
        "follow the write of a policy",
        "look",
        "GET",
        r"/backupPolicies/[^/]+/operations/[^/]+$",
        ("policy_change", "policy_absent"),
    ),
    "policy_shown": Call("read the policy again", "look", "GET", r"/backupPolicies/[^/]+$", ("policy_change:1",)),
}
