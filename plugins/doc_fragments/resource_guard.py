# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This documentation fragment is private to the collection.
# Its options are those of resource_guard() in module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """What a vault's Resource Guard wants."""

    DOCUMENTATION = r"""
options:
  resource_guard_operation_requests:
    description:
      - Only for vaults with multi-user authorization. The ids of the Resource Guard's operation requests that the login
        may use, such as
        C(/subscriptions/.../Microsoft.DataProtection/resourceGuards/NAME/deleteProtectedItemRequests/default).
      - Each is sent with the operation that it is for, and with no other. An operation that the guard guards and for
        which there is none fails before anything is sent, with the id to set and whom to ask.
      - The login needs the role C(Backup MUA Operator) on the Resource Guard. A guard in another Microsoft Entra tenant
        is not supported.
    type: list
    elements: str
"""
