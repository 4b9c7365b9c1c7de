# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This documentation fragment is private to the collection.
# Its options are those of protected_machines() in module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """Which of the virtual machines that vaults hold."""

    DOCUMENTATION = r"""
options:
  vms:
    description:
      - The virtual machines, each as ARM id (C(/subscriptions/.../virtualMachines/NAME)), as C(RESOURCE_GROUP/NAME), or
        as a bare C(NAME), which stands for all machines of that name; or as the id of the protected item itself, as
        other modules return it.
      - With ids of protected items, and none of the options that name vaults, only the vaults of those items are looked
        into.
      - One entry may hold several machines, parted by commas or line ends, as the text area of a survey sends them.
      - Letter case does not matter. Mutually exclusive with O(select).
    type: list
    elements: str
  select:
    description:
      - Chooses the virtual machines among those that the vaults hold. Every suboption that is given must match; an
        empty dictionary chooses all. A suboption that is given but empty is an error, except O(select.exclude).
      - Machines that exist no more count as well, but have no tags.
      - Mutually exclusive with O(vms).
    type: dict
    suboptions:
      resource_groups:
        description:
          - Only machines in one of these resource groups.
        type: list
        elements: str
      locations:
        description:
          - Only machines in one of these regions, such as V(westeurope). Vaults of other regions are not read.
        type: list
        elements: str
      names:
        description:
          - Only machines whose name matches one of these patterns. V(*), V(?) and V([abc]) are wildcards; letter case
            does not matter.
        type: list
        elements: str
      tags:
        description:
          - Only machines that have all these tags. The values may hold wildcards; V(*) asks for the tag with any value.
          - The machines are listed for that, one listing for each subscription that they are in.
        type: dict
      exclude:
        description:
          - Leave these machines out. Names or patterns as in O(select.names), C(RESOURCE_GROUP/NAME) with wildcards,
            or ARM ids.
        type: list
        elements: str
"""
