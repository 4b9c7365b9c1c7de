# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Why jobs fail, in the service's words.

UNVERIFIED: the numbers of all job errors but 400249, and their recommendations; assumed, as no source gives them.
This file is private to the collection.
"""

from __future__ import annotations

import typing as t

from . import entities

BACKUP_IN_PROGRESS: t.Final = entities.JobError(
    400249,
    "UserErrorBackupOperationInProgress",
    "Unable to initiate backup as another backup operation is currently in progress.",
    ("Please wait for the current backup operation to complete, then try again.",),
)
AGENT_UNAVAILABLE: t.Final = entities.JobError(
    400110,
    "UserErrorGuestAgentStatusUnavailable",
    "VM agent unable to communicate with Azure Backup",
    (
        "Ensure that the VM agent is installed, running and up to date.",
        "Ensure that the VM has network connectivity to the Azure platform address 168.63.129.16.",
    ),
)
PROVISIONING_FAILED: t.Final = entities.JobError(
    400111,
    "UserErrorVmProvisioningStateFailed",
    "VM is in Failed Provisioning State",
    ("Bring the VM into the Succeeded provisioning state (start or restart it), then try again.",),
)
NOT_DESIRABLE_STATE: t.Final = entities.JobError(
    400112,
    "UserErrorVmNotInDesirableState",
    "VM is not in a state that allows backups.",
    ("The VM must be Running, Stopped or Stopped (deallocated). Wait until it is, then try again.",),
)
MACHINE_NOT_FOUND: t.Final = entities.JobError(
    400113,
    "UserErrorVmNotFoundV2",
    "Backup could not find the VM: the virtual machine does not exist.",
    ("If the VM was deleted, stop its protection. If it was moved, protect it again from its new place.",),
)
# UNVERIFIED: the title for "in another vault"; assumed to be the code of the validation before protection.
OTHER_VAULT: t.Final = entities.JobError(
    400114,
    "VirtualMachineAlreadyProtected",
    "Virtual machine is already registered\\registering with another recovery services vault. "
    "Please select a different virtual machine for registration.",
    ("Stop the protection in the other vault and delete its backup data, or use the other vault.",),
)
SNAPSHOT_STATUS: t.Final = entities.JobError(
    400115,
    "GuestAgentSnapshotTaskStatusError",
    "Could not communicate with the VM agent for snapshot status",
    ("Try the backup again.",),
)
INTERNAL: t.Final = entities.JobError(
    130001,
    "CloudInternalError",
    "Microsoft Azure Backup encountered an internal error.",
    ("Wait for a few minutes and then try the operation again. If the issue persists, contact Microsoft support.",),
)
COLLECTION_LIMIT: t.Final = entities.JobError(
    400116,
    "UserErrorRpCollectionLimitReached",
    "The Restore Point collection maximum limit has reached.",
    (
        "Remove the lock on the resource group that holds the restore point collections, then wait for the next "
        "backup, which cleans them up.",
    ),
)
NO_NETWORK: t.Final = entities.JobError(
    400117,
    "ExtensionSnapshotFailedNoNetwork",
    "Snapshot operation failed due to no network connectivity on the virtual machine",
    ("Allow the VM to reach Azure Storage: use the service tag Storage in its network security group.",),
)
LOCKED: t.Final = entities.JobError(
    400118,
    "UserErrorResourceIsInLockedState",
    "Backup failed due to a lock on virtual machine.",
    ("Remove the lock on the VM or its resource group, then try the backup again.",),
)

BY_TITLE: t.Final[t.Mapping[str, entities.JobError]] = {
    error.title: error
    for error in (
        BACKUP_IN_PROGRESS, AGENT_UNAVAILABLE, PROVISIONING_FAILED, NOT_DESIRABLE_STATE, MACHINE_NOT_FOUND, OTHER_VAULT,
        SNAPSHOT_STATUS, INTERNAL, COLLECTION_LIMIT, NO_NETWORK, LOCKED,
    )
}  # fmt: skip
