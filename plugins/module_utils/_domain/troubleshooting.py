# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where the public documentation of Azure Backup explains an error: topics by their titles, which outlive addresses.

The titles are those of MicrosoftDocs/azure-docs, articles/backup: sections of backup-azure-vms-troubleshoot.md and
backup-azure-troubleshoot-vm-backup-fails-snapshot-timeout.md, and the articles backup-azure-delete-vault.md,
backup-azure-immutable-vault-concept.md and multi-user-authorization-concept.md. A code that none of them names is not
here: D3 also has codes that only Microsoft's support pages know.
This file is private to the collection.
"""

from __future__ import annotations

import typing as t

_IN_PROGRESS = " - ".join(
    (
        "UserErrorBackupOperationInProgress",
        "Unable to initiate backup as another backup operation is currently in progress",
    )
)
_NO_MACHINE = (
    "320001, ResourceNotFound - Could not perform the operation as VM no longer exists / "
    "400094, BCMV2VMNotFound - The virtual machine doesn't exist / An Azure virtual machine wasn't found"
)
_EXTENSION = "ExtensionOperationFailedForManagedDisks - VMSnapshot extension operation failed"
_INTERNAL = "BackUpOperationFailed / BackUpOperationFailedV2 - Backup fails, with an internal error"
_COM = (
    "ExtensionSnapshotFailedCOM / ExtensionInstallationFailedCOM / ExtensionInstallationFailedMDTC - "
    "Extension installation/operation failed due to a COM+ error"
)
_VAULT = "Delete an Azure Backup Recovery Services vault"
_IMMUTABLE = "Immutable vault for Azure Backup"
_GUARD = "Multi-user authorization using Resource Guard"

_TOPICS: t.Final[t.Mapping[str, str]] = {
    code.casefold(): topic
    for code, topic in {
        # Jobs (D3)
        "UserErrorBackupOperationInProgress": _IN_PROGRESS,
        "SystemBackupOperationInProgress": _IN_PROGRESS,
        "400249": _IN_PROGRESS,
        "UserErrorGuestAgentStatusUnavailable": (
            "UserErrorGuestAgentStatusUnavailable - VM agent unable to communicate with Azure Backup"
        ),
        "GuestAgentSnapshotTaskStatusError": (
            "GuestAgentSnapshotTaskStatusError - Could not communicate with the VM agent for snapshot status"
        ),
        "UserErrorVmProvisioningStateFailed": (
            "UserErrorVmProvisioningStateFailed - The VM is in failed provisioning state"
        ),
        "UserErrorVmNotInDesirableState": ("UserErrorVmNotInDesirableState - VM is not in a state that allows backups"),
        "VmNotInDesirableState": "VmNotInDesirableState - The VM isn't in a state that allows backups",
        "UserErrorVmNotFoundV2": _NO_MACHINE,
        "BCMV2VMNotFound": _NO_MACHINE,
        "400094": _NO_MACHINE,
        "UserErrorBcmDatasourceNotPresent": (
            "UserErrorBcmDatasourceNotPresent - "
            "Backup failed: This virtual machine is not (actively) protected by Azure Backup"
        ),
        "UserErrorRpCollectionLimitReached": (
            "UserErrorRpCollectionLimitReached - The Restore Point collection max limit has reached"
        ),
        "UserErrorRequestDisallowedByPolicy": (
            "UserErrorRequestDisallowedByPolicy - "
            "An invalid policy is configured on the VM which is preventing Snapshot operation"
        ),
        "UserErrorInstantRpNotFound": (
            "UserErrorInstantRpNotFound - Restore failed because the Snapshot of the VM was not found"
        ),
        "UserErrorMigrationFromTrustedLaunchVMToNonTrustedVMNotAllowed": (
            "UserErrorMigrationFromTrustedLaunchVM ToNonTrustedVMNotAllowed"
        ),
        "UserErrorKeyvaultPermissionsNotConfigured": (
            "UserErrorKeyvaultPermissionsNotConfigured - "
            "Backup doesn't have sufficient permissions to the key vault for backup of encrypted VMs"
        ),
        "UserErrorUnsupportedDiskSize": (
            "UserErrorUnsupportedDiskSize - The configured disk size(s) is currently not supported by Azure Backup"
        ),
        "UserErrorFsFreezeFailed": (
            "UserErrorFsFreezeFailed - "
            "Failed to freeze one or more mount-points of the VM to take a file-system consistent snapshot"
        ),
        "UserErrorCrpReportedUserError": (
            "UserErrorCrpReportedUserError - Backup failed due to an error. For details, see Job Error Message Details"
        ),
        "ExtensionSnapshotFailedNoNetwork": (
            "ExtensionSnapshotFailedNoNetwork - "
            "Snapshot operation failed due to no network connectivity on the virtual machine"
        ),
        "ExtensionStuckInDeletionState": (
            "ExtensionStuckInDeletionState - Extension state is not supportive to backup operation"
        ),
        "ExtensionFailedVssWriterInBadState": (
            "ExtensionFailedVssWriterInBadState - Snapshot operation failed because VSS writers were in a bad state"
        ),
        "ExtensionOperationFailed": _EXTENSION,
        "ExtensionOperationFailedForManagedDisks": _EXTENSION,
        "ExtensionSnapshotFailedCOM": _COM,
        "ExtensionInstallationFailedCOM": _COM,
        "ExtensionInstallationFailedMDTC": _COM,
        "VMRestorePointInternalError": (
            "VMRestorePointInternalError - "
            "Antivirus configured in the VM is restricting the execution of backup extension"
        ),
        "CopyingVHDsFromBackUpVaultTakingLongTime": (
            "CopyingVHDsFromBackUpVaultTakingLongTime - Copying backed up data from vault timed out"
        ),
        "BackUpOperationFailed": _INTERNAL,
        "BackUpOperationFailedV2": _INTERNAL,
        # Refusals (D2)
        "ServiceResourceNotEmptyWithContainerDetails": _VAULT,
        "ServiceResourceNotEmptyWithBackendMessage": _VAULT,
        "BMSUserErrorVaultDeletionNotAllowed": _VAULT,
        "BMSUserErrorVaultDeletionForbidden": _VAULT,
        "BMSUserErrorVaultDeletionNotPermitted": _VAULT,
        "UserErrorOperationDeniedOnImmutableItem": _IMMUTABLE,
        "ResourceGuard": _GUARD,
    }.items()
}


def topic(code: str | int | None) -> str | None:
    """Return the title of the topic that explains an error, by its name or number; None when none is known."""
    return _TOPICS.get(str(code).casefold())


def advice(code: str | int | None) -> tuple[str, ...]:
    """Return what to add to an error's recommendations: where to read on, or nothing."""
    title = topic(code)
    return (f'See "{title}" in the Azure Backup documentation.',) if title else ()
