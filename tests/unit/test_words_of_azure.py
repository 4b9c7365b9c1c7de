# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Azure says for people to read is in results without what a terminal obeys or what turns its direction around."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.cloudkeep.azure_backup.tests.support import bodies
from ansible_collections.cloudkeep.azure_backup.tests.support import fault_scenarios as scenarios
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench

BAD: t.Final = "bad \x9b31m \u202egnp"
CLEAN: t.Final = "bad \ufffd31m \ufffdgnp"
UNPRINTABLE: t.Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
WHEN: t.Final = {"startTime": "2026-01-05T07:00:00Z", "endTime": "2026-01-05T07:30:00Z"}
ERROR: t.Final = {"errorCode": 1, "errorTitle": BAD, "errorString": BAD, "recommendations": [BAD]}


def check(shown: t.Any) -> None:
    """See that the text is there, and nothing else than printable."""
    assert CLEAN in str(shown) and not UNPRINTABLE.search("".join(texts(shown)))


def texts(value: t.Any) -> t.Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value


def test_a_job_that_failed(azure: Bench) -> None:
    job = bodies.job("aaaaaaaa-0000-4000-8000-00000000000a", status="Failed", errorDetails=[ERROR], **WHEN)
    azure.simulator.add_fault(method="GET", path=r"/backupJobs$", status=200, body={"value": [job]})
    result = azure.run("vm_backup_job_info", scenarios.HELD, fail_on_failed_jobs=True)
    for shown in (result["msg"], result["error"], result["jobs"][0]["error"]):
        check(shown)


def test_an_operation_that_failed(azure: Bench) -> None:
    ended = {"id": "x", "name": "x", "status": "Failed", "error": {"code": BAD, "message": BAD}}
    azure.simulator.add_fault(method="GET", path=r"/backupJobs$", status=200, body={"value": []})
    azure.simulator.add_fault(path=r"/backupOperations/", status=200, body=ended)
    result = azure.run("vm_backup_protect", scenarios.VMS)
    for shown in (result["msg"], result["error"], *(vm["error"] for vm in result["vms"])):
        check(shown)


def test_a_refusal(azure: Bench) -> None:
    azure.simulator.add_fault(method="PUT", path=scenarios.PUT, status=400, code=BAD, message=BAD)
    result = azure.run("vm_backup_protect", scenarios.VMS)
    for shown in (result["msg"], result["error"], *(vm["error"] for vm in result["vms"])):
        check(shown)


def test_a_validation_that_says_no(azure: Bench) -> None:
    body = {"status": "Failed", "errorCode": BAD, "errorMessage": BAD, "recommendation": BAD}
    azure.simulator.add_fault(path=r"/backupPreValidateProtection$", status=200, body=body)
    result = azure.run("vm_backup_register", scenarios.VAULT, vms=["rg-web/web-02"], validate=True)
    for shown in (result["msg"], result["error"], result["vms"][0]["error"]):
        check(shown)


def test_a_health_check(azure: Bench) -> None:
    finding = {"code": 1, "title": BAD, "message": BAD, "recommendations": [BAD]}
    item = bodies.item("held-protected", vault_id=vault(azure), healthDetails=[finding])
    azure.simulator.add_fault(method="GET", path=r"/backupProtectedItems$", status=200, body={"value": [item]})
    (found,) = azure.good("vm_backup_item_info", scenarios.HELD)["protected_items"]
    check(found["health"])


def vault(azure: Bench) -> str:
    subscription = azure.simulator.options["subscription_id"]
    group, name = scenarios.HELD["resource_group"], scenarios.HELD["vault_name"]
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{name}"
