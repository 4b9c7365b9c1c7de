# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This documentation fragment is private to the collection.
# Its options are those of virtual_machines() in module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """Which virtual machines."""

    DOCUMENTATION = r"""
options:
  vms:
    description:
      - The virtual machines, each as ARM id (C(/subscriptions/.../virtualMachines/NAME)), as C(RESOURCE_GROUP/NAME),
        or as a bare C(NAME).
      - A bare name that belongs to more than one machine is an error that lists their ids. Only an ARM id can name a
        machine of another subscription.
      - One entry may hold several machines, parted by commas or line ends, as the text area of a survey sends them.
      - Letter case does not matter. A machine named twice counts once.
      - Mutually exclusive with O(select).
    type: list
    elements: str
  select:
    description:
      - Chooses the virtual machines by what they are. Every suboption that is given must match; an empty dictionary
        chooses all. A suboption that is given but empty is an error, except O(select.exclude).
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
          - Only machines in one of these regions, such as V(westeurope).
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
          - Letter case does not matter for a tag's name, but does for its value, as in Azure.
        type: dict
      exclude:
        description:
          - Leave these machines out. Names or patterns as in O(select.names), C(RESOURCE_GROUP/NAME) with wildcards,
            or ARM ids.
        type: list
        elements: str
"""
