# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of the fleet from outside the collection, and whether each run's report agrees with it.

The books are kept from what was asked, from the report of the run before, and from the journal of the simulator.
"""

from __future__ import annotations

import collections
import dataclasses
import typing as t

Row = t.Mapping[str, t.Any]

_SUBSCRIPTION: t.Final = "5d3c2b1a-0000-4000-8000-00000000000a"
_GROUPS: t.Final[t.Mapping[str, str]] = {"westeurope": "rg-west", "northeurope": "rg-north"}
VAULT_GROUP: t.Final = "rg-backup"


def vault_name(location: str) -> str:
    """Return the name of a region's vault."""
    return f"vault-{location}"


def world(machines: int) -> dict[str, t.Any]:
    """Return a world file with so many machines, half of them in each of two regions.

    One vault keeps what is deleted for some days, the other forgets it at once.
    """
    return {
        "tenant_id": "5d3c2b1a-0000-4000-8000-000000000001",
        "subscriptions": [
            {
                "id": _SUBSCRIPTION,
                "name": "Production",
                "resource_groups": [
                    {
                        "name": VAULT_GROUP,
                        "location": "westeurope",
                        "vaults": [
                            {"name": vault_name("westeurope"), "location": "westeurope", "soft_delete": "Enabled"},
                            {"name": vault_name("northeurope"), "location": "northeurope", "soft_delete": "Disabled"},
                        ],
                    },
                    *(
                        {
                            "name": group,
                            "location": location,
                            "virtual_machines": [
                                {"name": f"{group[3:]}-{number:03}"} for number in range(1, machines // 2 + 1)
                            ],
                        }
                        for location, group in _GROUPS.items()
                    ),
                ],
            }
        ],
    }


@dataclasses.dataclass
class Machine:
    """A machine, and what the last report said of it."""

    name: str
    location: str
    protected: bool = False
    """Whether it is backed up, so that a run may not protect it once more."""
    backed_up: bool = False
    """Whether it has a recovery point that is kept, so that a run may not start a first backup once more."""
    exists: bool = True

    @property
    def id(self) -> str:
        """The ARM id in lower case."""
        group = f"/subscriptions/{_SUBSCRIPTION}/resourcegroups/{_GROUPS[self.location]}"
        return f"{group}/providers/microsoft.compute/virtualmachines/{self.name}"

    @property
    def item(self) -> str:
        """The end of the paths of its item in lower case."""
        return f";{_GROUPS[self.location]};{self.name}"


def fleet(machines: int) -> dict[str, Machine]:
    """Return the machines of the world, by name."""
    made = [
        Machine(f"{group[3:]}-{number:03}", location)
        for location, group in _GROUPS.items()
        for number in range(1, machines // 2 + 1)
    ]
    return {machine.name: machine for machine in made}


@dataclasses.dataclass(frozen=True)
class Written:
    """How often the service carried out each write for each machine, by the end of its item's path."""

    protections: collections.Counter[str]
    backups: collections.Counter[str]

    @classmethod
    def of(cls, entries: t.Iterable[t.Mapping[str, t.Any]]) -> Written:
        """Read it from the journal; what was accepted counts, whether its answer arrived or not."""
        protections: collections.Counter[str] = collections.Counter()
        backups: collections.Counter[str] = collections.Counter()
        for entry in entries:
            path = entry["path"].rstrip("/").lower()
            if "/protecteditems/" not in path or entry["status"] not in (200, 202):
                continue
            item = path.removesuffix("/backup").rpartition("iaasvmcontainerv2")[2]
            if entry["method"] == "POST" and path.endswith("/backup"):
                backups[item] += 1
            elif entry["method"] == "PUT":
                protections[item] += 1
        return cls(protections, backups)


def problems(
    result: t.Mapping[str, t.Any], failure: str | None, chosen: t.Sequence[Machine], written: Written
) -> list[str]:
    """Return what does not add up in a run's report; then take over what it says into the machines' books.

    ``failure`` is why the run failed, None for one that ended well.
    """
    rows = {row["id"].casefold(): row for row in result["vms"]}
    found = list(_of_the_whole(result, failure, rows))
    for machine in chosen:
        row = rows.pop(machine.id, None)
        if row is None:
            found += [f"{machine.name} is missing"] if machine.exists else []
            continue
        found += [f"{machine.name}: {problem}" for problem in _of_one(machine, row, written)]
        machine.protected = row["status"] == "protected"
        machine.backed_up = machine.backed_up or bool(row["last_recovery_point"])
    return found + [f"{key} was not asked for" for key in rows]


def _of_the_whole(result: t.Mapping[str, t.Any], failure: str | None, rows: t.Mapping[str, Row]) -> t.Iterator[str]:
    all_rows, summary = result["vms"], result["summary"]
    if len(rows) != len(all_rows):
        yield "a machine has two rows"
    counted = {
        "total": len([row for row in all_rows if row["status"] != "gone"]),
        "protected": len([row for row in all_rows if row["protected"]]),
        "changed": len([row for row in all_rows if row["changed"]]),
        "backups_started": len([row for row in all_rows if row["backup_action"] == "start"]),
        "needs_attention": len([row for row in all_rows if row["needs_attention"]]),
        "failed": len([row for row in all_rows if row["error"]]),
    }
    for word, count in counted.items():
        if summary[word] != count:
            yield f"summary.{word} is {summary[word]}, but {count} rows say so"
    bad = [row for row in all_rows if row["error"]]
    told = " | ".join(result["failures"])
    if bool(bad) != (failure is not None):
        yield f"{len(bad)} machines have an error, and the run ended with {failure!r}"
    if bad and not any(row["name"] in told and row["name"] in (failure or "") for row in bad):
        yield f"no machine that failed is named: {failure}"


def _of_one(machine: Machine, row: Row, written: Written) -> t.Iterator[str]:
    protections, backups = written.protections[machine.item], written.backups[machine.item]
    if backups > 1:
        yield f"{backups} backups were started in one run"
    if backups and machine.backed_up:
        yield "a first backup was started, but it has one"
    if protections and machine.protected:
        yield "it was protected already, and was protected again"
    if protections > (2 if row["action"] == "undelete" else 1):
        yield f"it was protected {protections} times in one run"
    if row["error"]:
        if not row["error"]["message"] or not row["needs_attention"]:
            yield "its error says nothing"
        return
    if not machine.exists:
        return
    if not row["protected"]:
        yield f"nothing went wrong, but it is {row['status']}: {row['reason']}"
    if (row["action"] != "none") != bool(protections):
        yield f"the report says {row['action']}, and {protections} writes were accepted"
    if (row["backup_action"] == "start") != bool(backups):
        yield f"the report says {row['backup_action']} of its backup, and {backups} were accepted"
