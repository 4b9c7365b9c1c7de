# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This fragment is private to the collection. Its options are those of vault() in module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """Which vault."""

    DOCUMENTATION = r"""
options:
  resource_group:
    description:
      - The resource group of the vault. It may be another one than that of the virtual machines.
    type: str
    required: true
  vault_name:
    description:
      - The name of the Recovery Services vault.
    type: str
    required: true
    aliases:
      - recovery_vault_name
"""
