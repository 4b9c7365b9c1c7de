# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Five hundred generated bad policies: each is refused with the name of the option, and no request is sent."""

from __future__ import annotations

import copy
import random
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

Options = dict[str, t.Any]
Mistake = tuple[str, t.Callable[[random.Random], t.Any]]

HOW_MANY = 500
VAULT = {"resource_group": "rg-backup", "vault_name": "vault-westeurope", "name": "generated"}
WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
MONTHS = ["January", "March", "June", "December"]


def good(chance: random.Random) -> Options:
    """Generate a policy that is fine and names every part."""
    frequency = chance.choice(["daily", "weekly", "hourly"])
    enhanced = frequency == "hourly" or chance.random() < 0.5
    days = sorted(chance.sample(WEEKDAYS, chance.randint(2, 5)))
    options: Options = {
        "policy_type": chance.choice(["enhanced", "V2"] if enhanced else ["standard", "V1"]),
        "schedule": {"frequency": frequency},
        "time_zone": chance.choice(["UTC", "Europe/Berlin", "China Standard Time"]),
        "retention": {
            "weekly": {"weeks": chance.randint(1, 5163), "days": days},
            "monthly": {"months": chance.randint(24, 1188), "weeks_of_month": ["First", "Last"], "days": days[:1]},
            "yearly": {
                "years": chance.randint(3, 99),
                "months": chance.sample(MONTHS, 2),
                "weeks_of_month": ["Second"],
                "days": days[:2],
            },
        },
        "instant_restore_days": 5,
        "archive": {"mode": "after", "months": chance.randint(3, 18)},
    }
    if frequency == "hourly":
        interval = chance.choice([4, 6, 8, 12])
        options["schedule"].update(window_start="08:30", interval_hours=interval, window_hours=2 * interval)
    else:
        options["schedule"]["time"] = f"{chance.randint(0, 23):02}:{chance.choice(['00', '30'])}"
    if frequency == "weekly":
        options["schedule"]["days"] = days
    else:
        options["retention"]["daily"] = {"days": chance.randint(7, 9999)}
    return options


def mistakes(options: Options) -> list[Mistake]:
    """List what can be made wrong in a policy: the option, and a bad value for it."""
    frequency, kind = options["schedule"]["frequency"], options["policy_type"]
    enhanced = kind in ("enhanced", "V2")
    named = set(options["schedule"].get("days", ()))
    others = [day for day in WEEKDAYS if day not in named]
    found: list[Mistake] = [
        ("policy_type", lambda chance: chance.choice(["V3", "basic", "Standard", ""])),
        ("schedule.frequency", lambda chance: chance.choice(["monthly", "Daily", "often"])),
        ("time_zone", lambda chance: chance.choice(["Mars/Olympus", "CET+1", "Berlin", "Standard Time"])),
        ("retention.weekly.weeks", lambda chance: chance.choice([0, -1, 5164, chance.randint(5165, 10**6)])),
        ("retention.monthly.months", lambda chance: chance.choice([0, -3, 1189, chance.randint(1190, 10**6)])),
        ("retention.yearly.years", lambda chance: chance.choice([0, -9, 100, chance.randint(101, 10**4)])),
        ("retention.weekly.days", lambda chance: chance.choice([[], ["Caturday"], ["sunday"], [1]])),
        ("retention.monthly.days_of_month", lambda chance: [chance.choice([0, 1, 15, 29, 31, 32])]),
        ("retention.monthly.last_day", lambda _chance: True),
        ("retention.monthly.weeks_of_month", lambda chance: chance.choice([[], ["Fifth"], ["first"]])),
        ("retention.yearly.months", lambda chance: chance.choice([[], ["Juny"], [13], ["january"]])),
        ("retention.monthly.state", lambda chance: chance.choice(["gone", "absent "])),
        ("instant_restore_days", lambda chance: chance.choice([0, -1, 31, chance.randint(32, 999)])),
        ("archive.months", lambda chance: chance.choice([-1, 0, 1, 2, 1183, chance.randint(1184, 5000)])),
        ("archive.years", lambda chance: chance.randint(1, 9)),
        ("archive.mode", lambda chance: chance.choice(["always", "After", "never", "recommended"])),
        ("snapshot_consistency", lambda chance: chance.choice(["crashed", "file"])),
        ("instant_restore_resource_group.prefix", lambda chance: chance.choice(["a b", "a/b", "é", "x" * 81])),
    ]
    if frequency == "hourly":
        found += [
            ("policy_type", lambda chance: chance.choice(["standard", "V1"])),
            ("schedule.interval_hours", lambda chance: chance.choice([0, 1, 2, 3, 5, 7, 10, 16, 24])),
            ("schedule.window_hours", lambda chance: chance.choice([0, 1, 3, 25, 23, 7, 13])),
            (
                "schedule.window_start",
                lambda chance: chance.choice(["20:00", "23:30", "08:15", "8:30", "24:00", "510"]),
            ),
            ("schedule.time", lambda _chance: "08:00"),
            ("schedule.days", lambda _chance: ["Sunday"]),
        ]
    else:
        found += [
            (
                "schedule.time",
                lambda chance: chance.choice(["24:00", "8:00", "08:15", "22:31", "noon", "1350", "08:00Z"]),
            ),
            ("schedule.interval_hours", lambda _chance: 4),
            ("schedule.window_start", lambda _chance: "08:00"),
            ("schedule.window_hours", lambda _chance: 12),
        ]
    if frequency == "weekly":
        found += [
            ("schedule.days", lambda chance: chance.choice([[], ["Someday"]])),
            ("retention.daily.days", lambda chance: chance.randint(7, 9999)),
            ("retention.weekly.days", lambda chance: [chance.choice(others)]),
            ("retention.monthly.days", lambda chance: [chance.choice(others)]),
            ("retention.yearly.days", lambda chance: [chance.choice(others)]),
        ]
    else:
        found += [
            ("retention.daily.days", lambda chance: chance.choice([0, 1, 6, 10000, -30])),
            ("schedule.days", lambda chance: [chance.choice(WEEKDAYS)]),
        ]
    if not enhanced:
        found += [
            ("instant_restore_days", lambda chance: chance.randint(6, 30)),
            ("snapshot_consistency", lambda _chance: "crash"),
        ]
    return found


def spoilt(number: int) -> tuple[str, Options]:
    """Return the option and the policy in which it is wrong."""
    chance = random.Random(number)
    options = good(chance)
    option, value = chance.choice(mistakes(options))
    *path, last = option.split(".")
    inner = bad = copy.deepcopy(options)
    for step in path:
        inner = inner.setdefault(step, {})
    inner[last] = value(chance)
    return option, bad


@pytest.fixture(scope="module")
def azure() -> t.Iterator[Bench]:
    with bench("estate") as running:
        yield running


def test_bad_policies_are_refused_by_name_and_without_a_request(azure: Bench) -> None:
    options_refused = set()
    for number in range(HOW_MANY):
        option, options = spoilt(number)
        result = azure.run("vm_backup_policy", {**VAULT, **options}, check=number % 2 == 1)
        assert result.failed, (number, option, options)
        # Ansible itself names only the last part, and where it is found; the archive's mode can make its months wrong.
        named = {option, option.rpartition(".")[2]} | ({"archive.months"} if option.startswith("archive.") else set())
        assert any(name in result["msg"] for name in named), (number, option, result["msg"])
        assert not azure.requests, (number, option)
        options_refused.add(option)
    assert len(options_refused) >= 24


def test_the_same_policies_without_the_mistake_are_fine(azure: Bench) -> None:
    """Or the test above would prove nothing."""
    for number in range(25):
        options = good(random.Random(number))
        result = azure.run("vm_backup_policy", {**VAULT, **options}, check=True)
        assert not result.failed, (number, result["msg"], options)
        assert result["changed"]
