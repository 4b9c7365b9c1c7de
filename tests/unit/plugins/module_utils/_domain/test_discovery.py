# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import discovery, ids, models
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

VAULT = models.Vault.from_wire(bodies.vault())
OTHER_VAULT = bodies.VAULT.replace("vault-one", "vault-two")
VM = models.VirtualMachine.from_wire(bodies.machine())
NORTH = models.VirtualMachine.from_wire(bodies.machine(location="northeurope"))
BROKEN = models.VirtualMachine.from_wire(bodies.machine(properties={"provisioningState": "failed"}))
CLASSIC = models.VirtualMachine(ids.VmId.parse(bodies.vm_id("old", "svc", provider="Microsoft.ClassicCompute")), "")


def item(**properties: t.Any) -> models.ProtectedItem:
    return models.ProtectedItem.from_wire(bodies.item(**properties))


def evidence(machine: models.VirtualMachine = VM, **known: t.Any) -> discovery.Evidence:
    return discovery.Evidence(machine, **known)


@pytest.mark.parametrize(
    ("known", "status", "reason", "hint"),
    [
        (evidence(item=item()), "protected", "policy DefaultPolicy, state Protected", None),
        (evidence(item=item(protectionState="IRPending")), "protected", "first backup pending", "vm_backup_now"),
        (evidence(item=item(protectionState="ProtectionError")), "protected", "state ProtectionError", None),
        (evidence(item=item(**bodies.STOPPED)), "stopped", "(ProtectionStopped)", "vm_backup_protect"),
        (evidence(item=item(protectionState="ProtectionPaused")), "stopped", "(ProtectionPaused)", "vm_backup_protect"),
        (evidence(item=item(**bodies.STOPPED)), "stopped", "kept for ever", "vm_backup_protect"),
        (evidence(item=item(protectionState="BackupsSuspended")), "stopped", "as long as its policy says", "Resume"),
        (
            evidence(item=item(**bodies.SOFT_DELETED)),
            "soft_deleted",
            "vault-one keeps the data until 2026-03-15",
            "undelete",
        ),
        (evidence(elsewhere=OTHER_VAULT), "protected_elsewhere", OTHER_VAULT, "one vault only"),
        (evidence(NORTH, elsewhere=OTHER_VAULT), "protected_elsewhere", OTHER_VAULT, "one vault only"),
        (evidence(in_progress=True), "protectable", "being configured right now", "few minutes"),
        (evidence(BROKEN, in_progress=True), "protectable", "being configured right now", "few minutes"),
        (evidence(CLASSIC, protectable=True), "classic", "cloud service svc", "Migrate"),
        (evidence(NORTH), "other_region", "northeurope, vault vault-one in westeurope", "vm_backup_vault"),
        (evidence(BROKEN), "not_eligible", "provisioning state is Failed", "Repair"),
        (evidence(BROKEN, protectable=True), "not_eligible", "provisioning state is Failed", "Repair"),
        (evidence(item=item(), gone=True), "gone", "each backup of it fails", "state: stopped"),
        (evidence(item=item(**bodies.STOPPED), gone=True), "gone", "makes no new ones", "state: absent"),
        (evidence(item=item(**bodies.SOFT_DELETED), gone=True), "gone", "until 2026-03-15", None),
        (evidence(), "not_visible", "vault-one does not list it yet", "refresh: true"),
        (evidence(protectable=True), "protectable", "No vault holds it", "vm_backup_protect"),
    ],
)
def test_where_a_machine_stands_in_a_vault(
    known: discovery.Evidence, status: str, reason: str, hint: str | None
) -> None:
    finding = discovery.classify(known, VAULT)
    assert finding.status == status
    assert reason in finding.reason
    assert bool(finding.hints) is (hint is not None)
    assert hint is None or any(hint in text for text in finding.hints)


@pytest.mark.parametrize(
    ("known", "status"),
    [
        (evidence(), "protectable"),
        (evidence(NORTH), "protectable"),
        (evidence(BROKEN), "not_eligible"),
        (evidence(item=item()), "protected"),
        (evidence(item=item(**bodies.SOFT_DELETED)), "soft_deleted"),
    ],
)
def test_where_a_machine_stands_when_no_vault_is_asked_about(known: discovery.Evidence, status: str) -> None:
    assert discovery.classify(known, None).status == status


def test_a_machine_that_no_vault_holds_is_sent_to_a_vault_of_its_region() -> None:
    assert "in a vault in northeurope" in discovery.classify(evidence(NORTH), None).hints[0]


def test_what_the_service_recommends_for_an_item_is_a_hint() -> None:
    details = [
        {"code": 400239, "title": "IaasVmHealthGreenDefault", "message": "OK", "recommendations": []},
        {"code": 400001, "title": "Agent", "message": "No agent", "recommendations": ["Install the agent", "Reboot"]},
        {"code": 400002, "title": "x", "message": "y"},
    ]
    assert discovery.classify(evidence(item=item(healthDetails=details)), VAULT).hints == (
        "Install the agent",
        "Reboot",
    )


ALL = [
    *(evidence(machine, protectable=seen) for machine in (VM, NORTH, BROKEN, CLASSIC) for seen in (True, False)),
    evidence(in_progress=True),
    evidence(elsewhere=OTHER_VAULT),
    *(evidence(item=item(**properties)) for properties in ({}, bodies.STOPPED, bodies.SOFT_DELETED)),
    evidence(item=item(), gone=True),
]


@given(st.lists(st.sampled_from(ALL)), st.sampled_from([None, VAULT]))
def test_the_summary_adds_up(known: list[discovery.Evidence], vault: models.Vault | None) -> None:
    findings = [discovery.classify(one, vault) for one in known]
    counts = discovery.summary(iter(findings))
    assert list(counts) == ["total", *discovery.STATUSES]
    assert counts.pop("total") == len(known) == sum(counts.values())
    for status, number in counts.items():
        assert number == len([finding for finding in findings if finding.status == status])


def test_every_status_can_be_reached() -> None:
    assert {discovery.classify(one, VAULT).status for one in ALL} == set(discovery.STATUSES)
