# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This documentation fragment is private to the collection.
# Its options are those of vault_settings() in module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """The settings of a vault."""

    DOCUMENTATION = r"""
options:
  redundancy:
    description:
      - How the backup data are stored, V(locally) (LRS), V(zone) (ZRS) or V(geo) (GRS). Azure makes new vaults V(geo).
      - It is fixed from the moment when the first machine is registered in the vault.
    type: str
    choices:
      - locally
      - zone
      - geo
  cross_region_restore:
    description:
      - Whether backups can be restored in the paired region. Needs the redundancy V(geo).
      - Once on, it can't be switched off.
    type: bool
  cross_subscription_restore:
    description:
      - Whether backups can be restored to another subscription. V(permanently_disabled) can't be taken back.
    type: str
    choices:
      - enabled
      - disabled
      - permanently_disabled
  soft_delete:
    description:
      - Whether deleted backup data are kept for O(soft_delete_days). V(always_on) can't be switched off any more.
      - Azure makes new vaults with soft delete always on (secure by default), so V(disabled) is possible only for older
        vaults. V(enabled) is met by a vault where it is always on.
    type: str
    choices:
      - always_on
      - enabled
      - disabled
  soft_delete_days:
    description:
      - How many days deleted backup data are kept, V(14) to V(180).
    type: int
  immutability:
    description:
      - Whether recovery points are safe from being deleted before they expire. V(unlocked) can be switched off again,
        V(locked) never.
    type: str
    choices:
      - disabled
      - unlocked
      - locked
  confirm_lock:
    description:
      - Must be V(true) for O(immutability=locked) on a vault that is not locked yet, because nobody can ever unlock it.
    type: bool
    default: false
  public_network_access:
    description:
      - Whether the vault can be reached from public networks. With V(false) it is reached through private endpoints
        only.
    type: bool
  identity:
    description:
      - The managed identities of the vault.
      - An identity that reads the vault's customer-managed key can't be removed.
    type: dict
    suboptions:
      system_assigned:
        description:
          - Whether the vault has an identity of its own.
        type: bool
      user_assigned:
        description:
          - The ARM ids of user-assigned identities.
        type: list
        elements: str
      append:
        description:
          - Whether O(identity.user_assigned) are added to those that the vault has. With V(false) all others are
            removed.
        type: bool
        default: true
  customer_managed_key:
    description:
      - Encrypts the backup data with a key from a key vault. The identity that reads the key needs the rights to get,
        list, wrap and unwrap keys there.
      - The first key can be set only while the vault is empty. A vault with a key of yours can get another one, but
        can't go back to a key of Azure's own.
    type: dict
    suboptions:
      key_uri:
        description:
          - The identifier of the key, C(https://VAULT.vault.azure.net/keys/NAME), or with C(/VERSION) at its end.
            Without a version the vault follows the key's rotation.
        type: str
        required: true
      identity:
        description:
          - Who reads the key, V(system) for the vault's own identity, or the ARM id of one in
            O(identity.user_assigned).
          - Left out, it stays as it is; for the first key it is V(system).
        type: str
      infrastructure_encryption:
        description:
          - Whether the data are encrypted a second time by the storage. It is fixed from the first key on, and is off
            by default.
        type: bool
  alerts:
    description:
      - What the vault alerts of.
    type: dict
    suboptions:
      job_failures:
        description:
          - Azure Monitor alerts for failed jobs.
        type: bool
      replication_issues:
        description:
          - Azure Monitor alerts for replication issues of Site Recovery.
        type: bool
      failover_issues:
        description:
          - Azure Monitor alerts for failover issues of Site Recovery.
        type: bool
      critical_operations:
        description:
          - Classic alerts, such as for backup data that are deleted.
        type: bool
      site_recovery_emails:
        description:
          - Classic notifications of Site Recovery by mail.
        type: bool
"""
