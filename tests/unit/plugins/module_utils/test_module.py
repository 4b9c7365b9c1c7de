# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors, _module
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.progress import Progress
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.secrets import Secrets
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases.outcome import Outcome


class Ended(Exception):
    """What exit_json and fail_json do: the process is over."""


class FakeModule:
    """Takes what the wrapper gives to Ansible."""

    params: t.ClassVar[dict[str, t.Any]] = {}
    check_mode = False
    _diff = False

    def __init__(self, **specification: t.Any) -> None:
        self.specification = specification
        self.warnings: list[str] = []
        self.result: dict[str, t.Any] = {}
        self.no_log_values: set[str] = set()
        made.append(self)

    def warn(self, text: str) -> None:
        self.warnings.append(text)

    def exit_json(self, **result: t.Any) -> None:
        self.result = result
        raise Ended

    def fail_json(self, msg: str, **result: t.Any) -> None:
        self.result = {"failed": True, "msg": msg, **result}
        raise Ended


class FakeClient:
    def __init__(self, options: t.Mapping[str, t.Any], *, check_mode: bool, secrets: Secrets) -> None:
        secrets.add("met on the way")
        self.options, self.check_mode = options, check_mode
        self.warnings = ["of the client"]
        self.closed = False
        self.progress = Progress(None)
        clients.append(self)

    def close(self) -> None:
        self.closed = True


made: list[FakeModule] = []
clients: list[FakeClient] = []


@pytest.fixture(autouse=True)
def outside(monkeypatch: pytest.MonkeyPatch) -> None:
    made.clear()
    clients.clear()
    monkeypatch.setattr(_module, "AnsibleModule", FakeModule)
    monkeypatch.setattr(_module, "AzureClient", FakeClient)


def run(use_case: t.Callable[..., Outcome]) -> FakeModule:
    with pytest.raises(Ended):
        _module.run(use_case, argument_spec={"a": {}})
    return made[0]


@pytest.mark.parametrize("failure", [None, ValueError("oops"), _errors.BackupError("oops")])
def test_ansible_learns_the_secrets_before_it_shows_anything(failure: Exception | None) -> None:
    def use_case(client: t.Any, options: t.Any) -> Outcome:
        if failure:
            raise failure
        return Outcome()

    assert "met on the way" in run(use_case).no_log_values


def test_a_good_end() -> None:
    def use_case(client: t.Any, options: t.Any) -> Outcome:
        assert client is clients[0]
        assert options is FakeModule.params
        return Outcome(True, {"vms": []}, before={}, after={"x": 1}, warnings=["of the use case"])

    module = run(use_case)
    assert module.result == {"changed": True, "vms": []}
    assert module.warnings == ["of the client", "of the use case"]
    assert module.specification == {"supports_check_mode": True, "argument_spec": {"a": {}}}
    assert clients[0].closed


@pytest.mark.parametrize("before", [None, {}, {"x": 0}])
def test_a_diff_is_shown_when_asked_for_and_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, before: dict[str, t.Any] | None
) -> None:
    outcome = Outcome(before=before, after={"x": 1})
    assert "diff" not in run(lambda client, options: outcome).result
    made.clear()
    monkeypatch.setattr(FakeModule, "_diff", True)
    result = run(lambda client, options: outcome).result
    assert result.get("diff") == (None if before is None else {"before": before, "after": {"x": 1}})


@pytest.mark.parametrize("check_mode", [True, False])
def test_check_mode_is_the_clients(monkeypatch: pytest.MonkeyPatch, check_mode: bool) -> None:
    monkeypatch.setattr(FakeModule, "check_mode", check_mode)
    run(lambda client, options: Outcome())
    assert clients[0].check_mode is check_mode


def test_a_failure_comes_with_all_that_was_done() -> None:
    error = _errors.ServiceError("It is locked.", code="Locked", recommendations=["Wait."])
    module = run(lambda client, options: Outcome(True, {"vms": [1]}, failure=error))
    assert module.result["failed"]
    assert "It is locked." in module.result["msg"]
    assert module.result["error"] == error.as_result()
    assert (module.result["changed"], module.result["vms"]) == (True, [1])
    assert clients[0].closed


def test_an_error_that_is_raised_ends_the_module_the_same_way() -> None:
    def use_case(client: t.Any, options: t.Any) -> Outcome:
        raise _errors.NotFound("There is no vault.", http_status=404)

    module = run(use_case)
    assert module.result["failed"]
    assert module.result["error"]["http_status"] == 404
    assert module.result["changed"] is False
    assert "exception" not in module.result
    assert clients[0].closed


def test_a_defect_of_ours_is_a_sentence_with_the_traceback_beside_it() -> None:
    def use_case(client: t.Any, options: t.Any) -> Outcome:
        raise KeyError("lost")

    module = run(use_case)
    assert module.result["msg"].startswith("Unexpected KeyError: 'lost'")
    assert "\n" not in module.result["msg"]
    assert "Traceback" in module.result["exception"]
    assert clients[0].closed


def test_a_defect_that_was_told_on_the_way_has_its_traceback_too() -> None:
    def use_case(client: t.Any, options: t.Any) -> Outcome:
        raise _errors.told(KeyError("lost"))

    module = run(use_case)
    assert module.result["error"]["code"] == "Defect"
    assert module.result["msg"].count("Unexpected KeyError: 'lost'") == 1
    assert "KeyError: 'lost'" in module.result["exception"]


def test_ctrl_c_closes_the_client_so_that_no_thread_sends_any_more() -> None:
    def use_case(client: t.Any, options: t.Any) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _module.run(use_case)
    assert clients[0].closed and made[0].result == {}


def test_settings_that_are_refused_end_the_module_before_there_is_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(options: t.Any, *, check_mode: bool, secrets: Secrets) -> t.NoReturn:
        raise _errors.InvalidInput("cloud_environment: no.")

    monkeypatch.setattr(_module, "AzureClient", refuse)
    module = run(lambda client, options: Outcome(True))
    assert module.result["error"]["code"] == "InvalidInput"
    assert module.result["changed"] is False


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({}, None),
        ({"wait_timeout": 0, "poll_interval": 1}, None),
        ({"wait_timeout": None, "poll_interval": None}, None),
        ({"wait_timeout": -1}, "wait_timeout"),
        ({"poll_interval": 0}, "poll_interval"),
    ],
)
def test_how_long_one_can_wait(options: dict[str, t.Any], wrong: str | None) -> None:
    if wrong is None:
        _module.check_waiting(options)
        return
    with pytest.raises(_errors.InvalidInput, match=f"^{wrong}: "):
        _module.check_waiting(options)
