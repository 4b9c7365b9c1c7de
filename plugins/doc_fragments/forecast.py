# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This documentation fragment is private to the collection. Its options are those of forecast() in
# module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """Of when to tell what a policy will keep."""

    DOCUMENTATION = r"""
options:
  forecast:
    description:
      - Tells which recovery points a machine will have that gets the policy at O(forecast.start). It is computed
        here; no request is sent for it. V({}) tells only where the policy comes to rest.
      - Backups on demand, and failed or missed ones, are not part of it. The guide C(Policies) tells the rules and
        what of them is not proven.
    type: dict
    suboptions:
      start:
        description:
          - When the machine gets the policy, a date or time in ISO 8601, UTC unless it names a zone. Without it, now.
        type: str
      days:
        description:
          - Tell how it stands so many days after O(forecast.start), V(0) to V(36525).
        type: int
      dates:
        description:
          - Tell how it stands at each of these dates or times, at most 400.
        type: list
        elements: str
      recovery_points:
        description:
          - Whether to list each recovery point of a date, or only to count them.
        type: bool
        default: true
"""
