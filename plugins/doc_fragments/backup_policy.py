# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This documentation fragment is private to the collection. Its options are those of backup_policy() in
# module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """What a backup policy says."""

    DOCUMENTATION = r"""
options:
  policy_type:
    description:
      - V(standard) (V(V1)) backs up once a day or a week. V(enhanced) (V(V2)) also several times a day, keeps
        snapshots longer and in several zones, and is needed for Ultra and Premium SSD v2 disks.
      - A new policy is V(standard) unless this says otherwise. A standard policy becomes an enhanced one only when
        this asks for it; Azure can't turn it back, so the other direction is refused.
    type: str
    choices:
      - standard
      - enhanced
      - V1
      - V2
  schedule:
    description:
      - When to back up. It starts within two hours of that time.
    type: dict
    suboptions:
      frequency:
        description:
          - V(hourly) needs O(policy_type=enhanced). A new policy is V(daily) unless this says otherwise.
        type: str
        choices:
          - hourly
          - daily
          - weekly
      time:
        description:
          - The time of day in O(time_zone), C(HH:MM) with the minutes 00 or 30, in quotes. For V(daily) and
            V(weekly).
        type: str
      days:
        description:
          - The days of a V(weekly) schedule.
        type: list
        elements: str
        choices:
          - Sunday
          - Monday
          - Tuesday
          - Wednesday
          - Thursday
          - Friday
          - Saturday
      interval_hours:
        description:
          - The hours between two backups of a V(hourly) schedule, V(4), V(6), V(8) or V(12). Without it, a new
            schedule has V(4).
        type: int
      window_start:
        description:
          - The first backup of an V(hourly) schedule, C(HH:MM) between 00:00 and 19:30 with the minutes 00 or 30, in
            quotes. Without it, a new schedule has V(08:00).
        type: str
      window_hours:
        description:
          - How long after O(schedule.window_start) an V(hourly) schedule goes on, V(4) to V(24), a multiple of
            O(schedule.interval_hours). Without it, a new schedule has V(24).
        type: int
  time_zone:
    description:
      - The time zone of the schedule, as an IANA name (V(Asia/Shanghai)) or as Azure's own Windows name (V(China
        Standard Time)). A new policy has V(UTC) unless this says otherwise.
      - The names are mapped by Unicode's tables, so several IANA names can mean one Windows name.
    type: str
  retention:
    description:
      - How long to keep what. A recovery point that several tiers match lives as long as the longest of them.
      - A tier that the task leaves out stays as it is; take one away with its O(ignore:state=absent).
    type: dict
    suboptions:
      daily:
        description:
          - Every day's recovery point. Needed with a daily and an hourly schedule; a weekly schedule has none.
        type: dict
        suboptions:
          days:
            description:
              - How many days, V(7) to V(9999).
            type: int
          state:
            description:
              - V(absent) takes the tier away. What only this tier keeps is deleted at the next cleanup.
            type: str
            choices:
              - present
              - absent
            default: present
      weekly:
        description:
          - The recovery points of some weekdays. Needed with a weekly schedule.
        type: dict
        suboptions:
          weeks:
            description:
              - How many weeks, V(1) to V(5163).
            type: int
          days:
            description:
              - The weekdays. With a weekly schedule they are those of the schedule, and can be left out.
            type: list
            elements: str
            choices:
              - Sunday
              - Monday
              - Tuesday
              - Wednesday
              - Thursday
              - Friday
              - Saturday
          state:
            description:
              - V(absent) takes the tier away. What only this tier keeps is deleted at the next cleanup.
            type: str
            choices:
              - present
              - absent
            default: present
      monthly:
        description:
          - Recovery points of some days of each month, by week and weekday or by date.
        type: dict
        suboptions:
          months:
            description:
              - How many months, V(1) to V(1188).
            type: int
          days:
            description:
              - The weekdays, together with O(retention.monthly.weeks_of_month).
            type: list
            elements: str
            choices:
              - Sunday
              - Monday
              - Tuesday
              - Wednesday
              - Thursday
              - Friday
              - Saturday
          weeks_of_month:
            description:
              - Which of the month's O(retention.monthly.days); V(Last) is the last one of the month, be it the fourth
                or the fifth.
            type: list
            elements: str
            choices:
              - First
              - Second
              - Third
              - Fourth
              - Last
          days_of_month:
            description:
              - Dates of the month, V(1) to V(28), instead of weeks and weekdays. Not with a weekly schedule.
              - Naming these takes the place of weeks and weekdays that the policy had, and the other way round.
            type: list
            elements: int
          last_day:
            description:
              - Whether the last day of the month is one of the dates.
            type: bool
          state:
            description:
              - V(absent) takes the tier away. What only this tier keeps is deleted at the next cleanup.
            type: str
            choices:
              - present
              - absent
            default: present
      yearly:
        description:
          - Recovery points of some days of some months, by week and weekday or by date.
        type: dict
        suboptions:
          years:
            description:
              - How many years, V(1) to V(99).
            type: int
          months:
            description:
              - Of which months.
            type: list
            elements: str
            choices:
              - January
              - February
              - March
              - April
              - May
              - June
              - July
              - August
              - September
              - October
              - November
              - December
          days:
            description:
              - The weekdays, together with O(retention.yearly.weeks_of_month).
            type: list
            elements: str
            choices:
              - Sunday
              - Monday
              - Tuesday
              - Wednesday
              - Thursday
              - Friday
              - Saturday
          weeks_of_month:
            description:
              - Which of the month's O(retention.yearly.days); V(Last) is the last one of the month, be it the fourth
                or the fifth.
            type: list
            elements: str
            choices:
              - First
              - Second
              - Third
              - Fourth
              - Last
          days_of_month:
            description:
              - Dates of the month, V(1) to V(28), instead of weeks and weekdays. Not with a weekly schedule.
              - Naming these takes the place of weeks and weekdays that the policy had, and the other way round.
            type: list
            elements: int
          last_day:
            description:
              - Whether the last day of the month is one of the dates.
            type: bool
          state:
            description:
              - V(absent) takes the tier away. What only this tier keeps is deleted at the next cleanup.
            type: str
            choices:
              - present
              - absent
            default: present
  instant_restore_days:
    description:
      - How many days to keep snapshots beside the disks, from which a restore is quick. V(1) to V(5) for a standard
        policy, exactly V(5) when it is weekly, V(1) to V(30) for an enhanced one, and less than
        O(retention.daily.days).
      - A new policy has V(2), a weekly one V(5), an enhanced one V(7), unless this says otherwise.
    type: int
  instant_restore_resource_group:
    description:
      - How to name the resource group of the snapshots. The service puts a number between both parts. An empty text
        takes one away.
    type: dict
    suboptions:
      prefix:
        description:
          - What the name begins with.
        type: str
      suffix:
        description:
          - What the name ends with. Only with a prefix.
        type: str
  archive:
    description:
      - When to move monthly and yearly recovery points from the vault to the archive tier. One of these tiers must
        keep them six months beyond that.
    type: dict
    suboptions:
      mode:
        description:
          - V(recommended) moves what the service recommends; it needs a vault in which that is enabled, and a monthly
            or yearly tier of at least nine months.
          - V(after) moves what is so old.
          - V(never) moves nothing any more.
        type: str
        required: true
        choices:
          - recommended
          - after
          - never
      months:
        description:
          - With V(after), how many months, at least V(3).
        type: int
      years:
        description:
          - With V(after), how many years, instead of months.
        type: int
  snapshot_consistency:
    description:
      - V(application) takes snapshots as consistent as the machine allows. V(crash) takes crash-consistent ones only,
        of all disks together, without the machine's agent; an enhanced policy is needed.
    type: str
    choices:
      - application
      - crash
"""
