# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every ``from_wire`` with every field of its answer null or of another type: it reads it, or says that it can't."""

from __future__ import annotations

import collections.abc
import copy
import types
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.faults import reader
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain import (
    disks,
    fields,
    job_models,
    jobs,
    models,
    protected_items,
    recovery_points,
    resource_guards,
    vaults,
)
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import ServiceError
from ansible_collections.cloudkeep.azure_backup.tests.support import bodies

_JOB_ID = "d1f0b8a2-2222-4222-8222-222222222222"
_ERROR = {"errorCode": 1, "errorTitle": "UserErrorX", "errorString": "No.", "recommendations": ["Do."]}
_TIER = {"type": "InstantRP", "status": "Valid", "extendedInfo": {"RehydratedRPExpiryTime": "2026-03-01T00:00:00Z"}}
_GUARDED = {"vaultCriticalOperation": "x/delete", "defaultResourceRequest": "/request"}
_VIEW = {
    "vmAgent": {"statuses": [{"code": "ProvisioningState/succeeded", "displayStatus": "Ready"}]},
    "statuses": [{"code": "PowerState/running"}],
}
_STORAGE = {
    "osDisk": {"osType": "Linux", "name": "os", "encryptionSettings": {"enabled": True}},
    "dataDisks": [{"lun": 1, "name": "data"}],
}
_MORE = {
    "softDeleteRetentionPeriod": 14,
    "extendedInfo": {"recoveryPointCount": 3, "oldestRecoveryPoint": "2026-02-01T00:00:00Z"},
    "extendedProperties": {"diskExclusionProperties": {"diskLunList": [0, 1], "isInclusionList": False}},
    "healthDetails": [{"code": 1, "title": "IaasVm", "message": "Fine.", "recommendations": ["Nothing."]}],
}

READ: t.Final[dict[str, tuple[t.Callable[[t.Any], t.Any], dict[str, t.Any]]]] = {
    "machine": (
        models.VirtualMachine.from_wire,
        bodies.machine(properties={"instanceView": _VIEW, "storageProfile": _STORAGE}, tags={"a": "b"}),
    ),
    "vault": (models.Vault.from_wire, bodies.vault(tags={"a": "b"}, identity={"type": "None"})),
    "counter": (models.counter, {"name": {"value": "Items"}, "currentValue": 3}),
    "policy": (models.Policy.from_wire, bodies.policy()),
    "protectable item": (models.ProtectableItem.from_wire, bodies.protectable()),
    "container": (models.Container.from_wire, bodies.container()),
    "item": (models.ProtectedItem.from_wire, bodies.item(**bodies.SOFT_DELETED, **_MORE)),
    "status": (
        models.BackupStatus.from_wire,
        {"protectionStatus": "Protected", "vaultId": bodies.VAULT, "policyName": "P", "errorCode": "E"},
    ),
    "validation": (models.Validation.from_wire, {"status": "Failed", "errorCode": "E", "errorMessage": "No."}),
    "job": (
        job_models.Job.from_wire,
        bodies.job(
            _JOB_ID,
            status="Failed",
            actionsInfo=["Cancellable"],
            errorDetails=[_ERROR],
            extendedInfo={
                "tasksList": [{"taskId": "Take Snapshot", "status": "Completed", "duration": "PT1M"}],
                "propertyBag": {"VM Name": "web-01"},
            },
        ),
    ),
    "operation": (
        job_models.OperationStatus.from_wire,
        {"id": "x", "status": "Failed", "properties": {"jobId": _JOB_ID}, "error": {"code": "E", "message": "No."}},
    ),
    "recovery point": (
        recovery_points.RecoveryPoint.from_wire,
        {
            "id": "/point",
            "name": "point",
            "properties": {
                "recoveryPointType": "AppConsistent",
                "recoveryPointTime": "2026-03-01T00:00:00Z",
                "recoveryPointTierDetails": [_TIER],
                "recoveryPointProperties": {"expiryTime": "2026-04-01T00:00:00Z", "isSoftDeleted": False},
            },
        },
    ),
    "deleted vault": (
        vaults.DeletedVault.from_wire,
        {"id": "/deleted", "properties": {"vaultId": bodies.VAULT, "purgeAt": "2026-03-01T00:00:00Z"}},
    ),
    "guard": (
        resource_guards.GuardProxy.from_wire,
        {
            "name": "VaultProxy",
            "properties": {"resourceGuardResourceId": "/guard", "resourceGuardOperationDetails": [_GUARDED]},
        },
    ),
}
# What nothing can be done without: the name of a counter, where a data disk is attached, and the ids.
_NEEDED = {("id",), ("name",), ("name", "value"), ("properties", "storageProfile", "dataDisks", 0, "lun")}
_OTHERS: t.Final = (7, 0.5, True, "text", [], ["text"], [7], [[]], {}, {"a": 7}, 10**30)

Path = tuple[t.Any, ...]


def paths(value: t.Any, before: Path = ()) -> t.Iterator[Path]:
    """Yield the way to each value inside a body."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in inside:
        yield (*before, key)
        yield from paths(inner, (*before, key))


def changed(body: t.Any, path: Path, value: t.Any) -> t.Any:
    """Return a copy with another value at the end of a path."""
    made = copy.deepcopy(body)
    place = made
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return made


def check(made: t.Any) -> None:
    """Compare what was read with the types that the rest of the code relies on, and use it."""
    if isinstance(made, tuple):
        assert [type(part) for part in made] == [str, int]
        return
    for name, hint in t.get_type_hints(type(made)).items():
        kinds = t.get_args(hint) if t.get_origin(hint) in (t.Union, types.UnionType) else (hint,)
        allowed = tuple(t.get_origin(kind) or kind for kind in kinds)
        if float in allowed or int in allowed and isinstance(made, job_models.JobError):
            continue
        assert isinstance(getattr(made, name), allowed), (name, getattr(made, name))
    for name, member in vars(type(made)).items():
        # Where an id is used as that of a vault, it is read as one.
        if isinstance(member, property) and name != "vault_id":
            getattr(made, name)
    if isinstance(made, models.ProtectedItem):
        disks.describe(disks.current(made))
        protected_items.health(made)
    if isinstance(made, job_models.Job):
        jobs.job_failure(made).as_result()
        jobs.job_result(made, details=True)
        jobs.snapshot_taken(made)


@pytest.mark.parametrize(("from_wire", "body"), READ.values(), ids=list(READ))
def test_a_field_that_is_null_is_as_good_as_left_out(from_wire: t.Callable[[t.Any], t.Any], body: t.Any) -> None:
    check(from_wire(body))
    for path in paths(body):
        nulled = changed(body, path, None)
        try:
            made = reader(from_wire)(nulled)
        except ServiceError:
            assert path in _NEEDED, path
        else:
            check(made)


@pytest.mark.parametrize(("from_wire", "body"), READ.values(), ids=list(READ))
def test_a_field_of_another_type_is_read_or_refused(from_wire: t.Callable[[t.Any], t.Any], body: t.Any) -> None:
    for path in [(), *paths(body)]:
        for value in _OTHERS:
            try:
                made = reader(from_wire)(changed(body, path, value) if path else value)
            except ServiceError as error:
                assert error.code == "UnexpectedAnswer" and error.retryable
            else:
                check(made)


def test_what_people_read_is_taken_as_it_comes() -> None:
    assert fields.message({"a": "bad \x9b31m\r\n \u202egnp"}, "a") == "bad \ufffd31m \ufffdgnp"
    assert fields.message({"a": None}, "a") == fields.message({}, "a") == ""
    assert fields.message({"a": 5}, "a") == "5"
    assert fields.messages({"a": ["Do\nthis.", None, 5]}, "a") == ("Do this.", "5")
    assert fields.messages({"a": "Do this."}, "a") == ("Do this.",)
    assert fields.messages({"a": None}, "a") == ()


@pytest.mark.parametrize(
    ("read", "wrong"),
    [
        (fields.text, 5),
        (fields.optional_text, ["x"]),
        (fields.needed_text, None),
        (fields.mapping, []),
        (fields.mappings, {}),
        (fields.mappings, ["x"]),
        (fields.sequence, "x"),
    ],
)
def test_what_decides_is_not_guessed(read: collections.abc.Callable[..., t.Any], wrong: t.Any) -> None:
    with pytest.raises(ValueError, match="^field is not "):
        read({"field": wrong}, "field")
