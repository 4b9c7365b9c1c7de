# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This fragment is private to the collection. Its options are those of disks() in module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """Which data disks are backed up."""

    DOCUMENTATION = r"""
options:
  disks:
    description:
      - Which data disks are backed up. The disk of the operating system always is. Left out, a machine keeps the
        selection that it has, whatever else changes; a machine that is protected for the first time has all its disks
        backed up.
      - With several machines it applies to each of them, by its own disks. A machine that does not have a disk that
        is named fails, with a message that names the disks it has, and nothing is written for it.
      - An inclusion and an exclusion differ even when they mean the same disks today. A disk that is attached
        tomorrow is backed up with V(exclude) and V(all), and is not with V(include) and V(os_only).
      - Only for O(state=present). The service forgets the selection of a machine whose protection is stopped, so name
        it again when protection is resumed.
    type: dict
    suboptions:
      mode:
        description:
          - V(include) backs up the named data disks only, V(exclude) all but the named ones.
          - V(os_only) backs up no data disk.
          - V(all) takes a selection back, so that all disks are backed up.
        type: str
        required: true
        choices:
          - include
          - exclude
          - os_only
          - all
      luns:
        description:
          - Data disks by their logical unit numbers, for O(disks.mode=include) and O(disks.mode=exclude).
        type: list
        elements: int
      names:
        description:
          - Data disks by the names of their disk resources, upper and lower case alike. Together with O(disks.luns),
            both are meant.
        type: list
        elements: str
"""
