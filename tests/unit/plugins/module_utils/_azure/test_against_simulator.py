# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every call through the real SDK and real TLS to the simulator, and the faults that only a real connection has."""

from __future__ import annotations

import contextlib
import datetime as dt
import pathlib
import socket
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Backup
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.clock import Deadline
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.compute import Compute
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.operations import Seen, wait_until
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.vaults import Vaults
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId, VmId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.job_models import OperationStatus
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.jobs import JobFilter
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import (
    AnswerLost,
    AuthenticationFailed,
    ConnectionFailed,
    NotFound,
    ServiceError,
    WriteInCheckMode,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import FakeClock
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator
from ansible_collections.cloudkeep.azure_backup.tests.support.vaults import creation, retagging

NO_MACHINE = VmId("s", "no-such-group", "no-such-machine")


class SimulatedTime(FakeClock):
    """Sleeps by setting the simulator's clock forward."""

    def __init__(self, simulator: RunningSimulator) -> None:
        super().__init__()
        self._simulator = simulator

    def sleep(self, seconds: float) -> None:
        """Move both clocks on."""
        super().sleep(seconds)
        self._simulator.advance(seconds)


@pytest.fixture(scope="module")
def running() -> t.Iterator[RunningSimulator]:
    with running_simulator(world="small", profile="polls") as simulator:
        yield simulator


@pytest.fixture
def simulator(running: RunningSimulator) -> RunningSimulator:
    running.reset()
    return running


@contextlib.contextmanager
def connected(simulator: RunningSimulator, *, check_mode: bool = False, **options: t.Any) -> t.Iterator[AzureClient]:
    client = AzureClient(
        {**simulator.options, **options},
        check_mode=check_mode,
        environ={"REQUESTS_CA_BUNDLE": simulator.env["REQUESTS_CA_BUNDLE"], "HOME": "/nonexistent"},
        clock=SimulatedTime(simulator),
    )
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def client(simulator: RunningSimulator) -> t.Iterator[AzureClient]:
    with connected(simulator) as made:
        yield made


def ended(backup: Backup, operation_id: str | None) -> OperationStatus:
    def look() -> Seen[OperationStatus | None]:
        return Seen(backup.operation(operation_id or ""))

    status = wait_until(
        look,
        lambda seen: seen is not None and seen.ended,
        deadline=Deadline(backup.client.clock, 3600),
        poll_interval=10,
        doing="wait for the operation",
    )
    assert status is not None
    return status


def new_vault(client: AzureClient) -> tuple[Backup, str]:
    """Make a vault where the first machine is, and let it discover; returns the region as well."""
    machine = next(Compute(client).virtual_machines())
    vault_id = VaultId(client.subscription_id, machine.id.resource_group, "made-by-a-test")
    deadline = Deadline(client.clock, 3600)
    Vaults(client).write(*creation(vault_id, location=machine.location), deadline)
    backup = Backup(client, vault_id)
    backup.refresh(deadline, 10)
    return backup, machine.location


def protect(backup: Backup, vm_id: VmId) -> OperationStatus:
    submission = backup.put_protected_item(
        vm_id.container_name,
        vm_id.item_name,
        {
            "protectedItemType": "Microsoft.Compute/virtualMachines",
            "sourceResourceId": str(vm_id),
            "policyId": backup.vault_id.policy_id("DefaultPolicy"),
        },
    )
    return ended(backup, submission.operation_id)


def test_machines(client: AzureClient) -> None:
    compute = Compute(client)
    machines = list(compute.virtual_machines())
    assert len({machine.id.key for machine in machines}) == len(machines) > 3
    group = machines[0].id.resource_group
    assert {machine.id.key for machine in compute.virtual_machines([group])} == {
        machine.id.key for machine in machines if machine.id.resource_group.lower() == group.lower()
    }
    read = compute.virtual_machine(machines[0].id, instance_view=True)
    assert read is not None
    assert (read.id.key, read.power_state) == (machines[0].id.key, compute.power_states()[machines[0].id.key])
    assert compute.virtual_machine(VmId(client.subscription_id, group, "no-such-machine")) is None
    with pytest.raises(NotFound):
        list(compute.virtual_machines(["no-such-group"]))


def test_the_life_of_a_vault(client: AzureClient) -> None:
    vaults, deadline = Vaults(client), Deadline(client.clock, 3600)
    existing = next(vaults.list())
    vault_id = VaultId(client.subscription_id, existing.id.resource_group, "made-by-a-test")
    assert vaults.get(vault_id) is None
    assert vaults.deleted(vault_id, "westeurope") is None
    assert vaults.write(*creation(vault_id, tags={"a": "b"}), deadline).tags == {"a": "b"}
    assert vaults.write(*retagging(vault_id, {"c": "d"}), deadline).tags == {"c": "d"}
    assert vaults.usages(vault_id)["ProtectedItemCount"] == 0
    backup = Backup(client, vault_id)
    assert (list(backup.all_items()), backup.item_counts()["AzureIaasVM"], backup.storage_locked()) == ([], 0, False)
    assert vault_id.key in {vault.id.key for vault in vaults.list(existing.id.resource_group)}
    vaults.delete(vault_id, deadline)
    assert vaults.get(vault_id) is None
    with pytest.raises(NotFound):
        vaults.get(VaultId(client.subscription_id, "no-such-group", "v"))


def test_the_life_of_a_backup(client: AzureClient) -> None:
    backup, location = new_vault(client)
    assert "DefaultPolicy" in [policy.name for policy in backup.policies()]
    assert backup.policy("no-such-policy") is None
    policy = backup.policy("DefaultPolicy")
    assert policy is not None and policy.protects_virtual_machines

    vm_id = VmId.parse(next(backup.protectable_items()).virtual_machine_id)
    assert backup.backup_status(location, vm_id).protection_status == "NotProtected"
    assert backup.pre_validate(location, vm_id).succeeded

    operation = protect(backup, vm_id)
    assert operation.succeeded and operation.job_id and operation.job_id != operation.id
    job = backup.job(operation.job_id)
    assert job is not None and job.operation == "ConfigureBackup"
    assert VaultId.parse(backup.backup_status(location, vm_id).vault_id).key == backup.vault_id.key
    assert [container.virtual_machine_id.lower() for container in backup.containers()] == [vm_id.key]

    (listed,) = backup.protected_items()
    item = backup.protected_item(listed.id)
    assert item is not None and item.protection_state == "IRPending"

    submission = backup.start_backup(vm_id.container_name, vm_id.item_name, client.clock.now() + dt.timedelta(30))
    job_id = ended(backup, submission.operation_id).job_id or ""
    job = wait_until(
        lambda: Seen(backup.job(job_id)),
        lambda seen: seen is not None and seen.ended,
        deadline=Deadline(client.clock, 3600 * 3),
        poll_interval=60,
        doing="back up",
    )
    assert job is not None and job.succeeded and job.tasks
    (listed_job,) = backup.jobs(JobFilter(operation="Backup"))
    assert (listed_job.name, listed_job.activity_id) == (job_id, submission.request_id)
    (point,) = backup.recovery_points(listed.id)
    assert point.time is not None

    ended(backup, backup.delete_protected_item(vm_id.container_name, vm_id.item_name).operation_id)
    client.clock.sleep(3600)
    item = backup.protected_item(listed.id)
    assert item is not None and item.soft_deleted


def test_what_is_not_there(client: AzureClient) -> None:
    vault = next(Vaults(client).list())
    names = f"protectionContainers/{NO_MACHINE.container_name}/protectedItems/{NO_MACHINE.item_name}"
    item = f"{vault.id}/backupFabrics/Azure/{names}"
    backup = Backup(client, vault.id)
    assert backup.protected_item(item) is None
    assert backup.job("00000000-0000-0000-0000-000000000000") is None
    assert backup.operation("00000000-0000-0000-0000-000000000000") is None
    nowhere = Backup(client, VaultId(vault.id.subscription_id, vault.id.resource_group, "no-such-vault"))
    for read in (nowhere.policy, nowhere.job, nowhere.operation):
        with pytest.raises(NotFound):
            read("00000000-0000-0000-0000-000000000000")
    with pytest.raises(NotFound):
        nowhere.protected_item(item)


def test_check_mode_reads_and_writes_nothing(simulator: RunningSimulator) -> None:
    with connected(simulator, check_mode=True) as client:
        vault = next(Vaults(client).list())
        machine = next(Compute(client).virtual_machines())
        backup = Backup(client, vault.id)
        backup.backup_status(vault.location, machine.id)
        backup.pre_validate(vault.location, machine.id)
        with pytest.raises(WriteInCheckMode):
            backup.refresh(Deadline(client.clock, 60), 1)
    assert simulator.writes() == []


# Ways to sign in


def signs_in(simulator: RunningSimulator, **options: t.Any) -> None:
    with connected(simulator, **options) as client:
        assert list(Compute(client).virtual_machines())


def test_a_secret_and_one_token_for_everything(simulator: RunningSimulator) -> None:
    with connected(simulator) as client:
        for _time in range(3):
            list(Compute(client).virtual_machines())
            list(Vaults(client).list())
    assert len(simulator.requests(path=r"/oauth2/v2\.0/token")) == 1


def test_a_federated_token(simulator: RunningSimulator, tmp_path: pathlib.Path) -> None:
    signs_in(simulator, secret=None, oidc_token=simulator.access["federated_token"])
    file = tmp_path / "token"
    file.write_text(simulator.access["federated_token"])
    signs_in(simulator, secret=None, oidc_token_file_path=str(file))


def test_a_certificate(simulator: RunningSimulator, tmp_path: pathlib.Path) -> None:
    import trustme

    rsa = trustme.KeyType.RSA
    identity = trustme.CA(key_type=rsa).issue_cert("principal.example", key_type=rsa)
    certificate = identity.cert_chain_pems[0].bytes()
    file = tmp_path / "principal.pem"
    file.write_bytes(identity.private_key_pem.bytes() + certificate)
    simulator.call(lambda: simulator.simulator.entra_id.add_certificate(certificate.decode()))
    signs_in(simulator, secret=None, x509_certificate_path=str(file))


def test_the_hosts_identity(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in simulator.access["managed_identity"].items():
        monkeypatch.setenv(name, value)
    signs_in(simulator, auth_source="msi", secret=None, client_id=None, tenant=None)


@pytest.mark.parametrize(
    ("options", "advice"),
    [
        ({"secret": "a-wrong-secret-value"}, "check secret"),
        ({"client_id": "99999999-9999-9999-9999-999999999999"}, "check client_id"),
        ({"tenant": "99999999-9999-9999-9999-999999999999"}, "check tenant"),
    ],
)
def test_a_refused_sign_in(simulator: RunningSimulator, options: dict[str, str], advice: str) -> None:
    with connected(simulator, **options) as client, pytest.raises(AuthenticationFailed) as caught:
        list(Compute(client).virtual_machines())
    assert advice in caught.value.message
    assert client.clock.monotonic() == 0
    assert simulator.options["secret"] not in caught.value.message
    assert "a-wrong-secret-value" not in caught.value.message


# Faults


def test_an_expired_token_is_renewed_in_the_middle(simulator: RunningSimulator, client: AzureClient) -> None:
    vault = next(Vaults(client).list())
    simulator.expire_tokens()
    assert list(Backup(client, vault.id).policies())
    assert len(simulator.requests(path=r"/oauth2/v2\.0/token")) == 2


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_read_survives(simulator: RunningSimulator, client: AzureClient, kind: str) -> None:
    list(Compute(client).virtual_machines())
    simulator.add_fault(kind, path="/virtualMachines$", method="GET", times=2)
    assert list(Compute(client).virtual_machines())


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_lost_answer_can_be_looked_up(simulator: RunningSimulator, client: AzureClient, kind: str) -> None:
    backup, _location = new_vault(client)
    vm_id = VmId.parse(next(backup.protectable_items()).virtual_machine_id)
    protect(backup, vm_id)
    simulator.add_fault(kind, operation="backup", times=1)
    before = len(simulator.requests(method="POST", path="/backup$"))
    with pytest.raises(AnswerLost) as caught:
        backup.start_backup(vm_id.container_name, vm_id.item_name, None)
    assert len(simulator.requests(method="POST", path="/backup$")) == before + 1
    client.clock.sleep(60)
    found = [job for job in backup.jobs(JobFilter(operation="Backup")) if job.activity_id == caught.value.request_id]
    assert len(found) == (0 if kind == "drop_before" else 1)


def test_a_refusal_for_now_is_waited_out_even_by_a_write(simulator: RunningSimulator, client: AzureClient) -> None:
    backup, _location = new_vault(client)
    vm_id = VmId.parse(next(backup.protectable_items()).virtual_machine_id)
    simulator.add_fault(operation="protect", status=429, headers={"Retry-After": "17"}, times=2)
    assert protect(backup, vm_id).succeeded
    assert t.cast("SimulatedTime", client._own_clock).pauses.count(17) == 2


def test_html_that_claims_to_be_json(simulator: RunningSimulator, client: AzureClient) -> None:
    simulator.add_fault("not_json", path="/virtualMachines$", times=1)
    with pytest.raises(ServiceError) as caught:
        list(Compute(client).virtual_machines())
    assert caught.value.code == "NotJson"


def test_a_hostile_azure_is_read_all_the_same() -> None:
    with running_simulator(world="small", profile="hostile") as simulator, connected(simulator) as client:
        backup, _location = new_vault(client)
        assert list(backup.policies())
        assert list(backup.protectable_items())


# Connections


def test_an_unknown_certificate_is_refused_and_explained(simulator: RunningSimulator) -> None:
    client = AzureClient(simulator.options, check_mode=True, environ={"HOME": "/nonexistent"}, clock=FakeClock())
    with pytest.raises(ConnectionFailed, match="REQUESTS_CA_BUNDLE") as caught:
        list(Compute(client).virtual_machines())
    assert not caught.value.retryable
    assert client.clock.monotonic() == 0


def test_certificates_can_be_ignored_with_a_warning(simulator: RunningSimulator) -> None:
    options = {**simulator.options, "cert_validation_mode": "ignore"}
    client = AzureClient(options, check_mode=True, environ={"HOME": "/nonexistent"}, clock=FakeClock())
    assert list(Compute(client).virtual_machines())
    assert "cert_validation_mode" in client.warnings[0]
    client.close()


def test_nobody_listens(simulator: RunningSimulator) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"https://127.0.0.1:{free.getsockname()[1]}"
        with connected(simulator, cloud_environment=address) as client, pytest.raises(ConnectionFailed) as caught:
            list(Compute(client).virtual_machines())
    assert address.removeprefix("https://") in caught.value.message
    assert 10 < client.clock.monotonic() < 60


def test_a_name_that_does_not_exist(simulator: RunningSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_arguments: t.Any, **_keywords: t.Any) -> t.Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with connected(simulator, cloud_environment="https://arm.invalid") as client:
        with pytest.raises(ConnectionFailed, match=r"arm\.invalid cannot be resolved"):
            list(Compute(client).virtual_machines())
