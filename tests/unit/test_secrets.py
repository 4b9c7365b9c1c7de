# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets are planted in every place that can hold one; nothing that a run gives away may hold them, or a token."""

from __future__ import annotations

import json
import logging
import pathlib
import re
import typing as t
from unittest import mock

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import credentials
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.compute import Compute
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import BackupError
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import tokens
from ansible_collections.cloudkeep.azure_backup.tests.support.leaks import hurried
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import ModuleResult, run_module
from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import run_playbook
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

MARK: t.Final = "pl4nted-"
VAULT: t.Final = {"resource_group": "rg-backup", "vault_name": "vault-secret"}
CREDENTIALS: t.Final = ("AZURE_SECRET", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_ID", "AZURE_TENANT", "AZURE_TENANT_ID")
WHO: t.Final = {
    "client_id": "00000000-0000-4000-8000-00000000c11e",
    "tenant": "00000000-0000-4000-8000-000000007e4a",
    "subscription_id": "00000000-0000-4000-8000-0000000005ab",
}


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator() as running:
        yield running


@pytest.fixture
def issued() -> t.Iterator[list[str]]:
    """The tokens that the simulator gives out during a test."""
    given: list[str] = []
    issue = tokens.Tokens.issue

    def noting(self: tokens.Tokens, *arguments: t.Any, **keywords: t.Any) -> str:
        given.append(issue(self, *arguments, **keywords))
        return given[-1]

    with mock.patch.object(tokens.Tokens, "issue", noting):
        yield given


@pytest.fixture
def place(tmp_path: pathlib.Path) -> pathlib.Path:
    """A folder with a secret in each file that a credential can be in."""
    (tmp_path / ".azure").mkdir()
    lines = [f"{name} = {value}" for name, value in WHO.items()]
    (tmp_path / ".azure/credentials").write_text("\n".join(["[default]", *lines, f"secret = {MARK}profile"]))
    (tmp_path / "token").write_text(f"{MARK}token-file")
    (tmp_path / "key.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{MARK}key\n-----END PRIVATE KEY-----\n")
    return tmp_path


PLACES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "secret": ({**WHO, "secret": f"{MARK}secret"}, {}),
    "password": ({**WHO, "ad_user": "me@example.org", "password": f"{MARK}password"}, {}),
    "token": ({**WHO, "oidc_token": f"{MARK}oidc"}, {}),
    "token file": ({**WHO, "oidc_token_file_path": "{place}/token"}, {}),
    "certificate": ({**WHO, "x509_certificate_path": "{place}/key.pem"}, {}),
    "profile": ({"profile": "default"}, {}),
    "AZURE_SECRET": (WHO, {"AZURE_SECRET": f"{MARK}variable"}),
    "AZURE_CLIENT_SECRET": (WHO, {"AZURE_CLIENT_SECRET": f"{MARK}variable"}),
    "AZURE_PASSWORD": (WHO, {"AZURE_AD_USER": "me@example.org", "AZURE_PASSWORD": f"{MARK}variable"}),
    "AZURE_FEDERATED_TOKEN": (WHO, {"AZURE_FEDERATED_TOKEN": f"{MARK}variable"}),
    "proxy": (WHO, {"AZURE_SECRET": f"{MARK}x", "HTTPS_PROXY": f"http://u:{MARK}proxy@127.0.0.1:9", "NO_PROXY": ""}),
    "cloud": ({**WHO, "secret": f"{MARK}x", "cloud_environment": f"https://u:{MARK}cloud@127.0.0.1"}, {}),
    "identity header": (
        {**WHO, "auth_source": "msi"},
        {"IDENTITY_ENDPOINT": "http://127.0.0.1:9/", "IDENTITY_HEADER": f"{MARK}header"},
    ),
}


def filled(options: t.Mapping[str, str], place: pathlib.Path) -> dict[str, str]:
    return {name: value.replace("{place}", str(place)) for name, value in options.items()}


def surroundings(azure: RunningSimulator, place: pathlib.Path, more: t.Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in azure.env.items() if name not in CREDENTIALS}
    return {**kept, "HOME": str(place), "PATH": "/nonexistent", **more}


@pytest.mark.parametrize(("options", "more"), PLACES.values(), ids=list(PLACES))
def test_a_refused_sign_in_gives_nothing_away(
    azure: RunningSimulator,
    place: pathlib.Path,
    options: dict[str, str],
    more: dict[str, str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    given = {**VAULT, **filled(options, place)}
    with hurried():
        result = run_module("vm_backup_policy_info", azure, given, environ=surroundings(azure, place, more))
    assert result.failed and "exception" not in result
    if "cloud_environment" in options:
        # The option as it was given: it is not one for secrets, and the message says so.
        result.pop("invocation", None)  # ansible-core 2.21 leaves it out
    captured = capfd.readouterr()
    for what in (json.dumps(result), captured.out, captured.err, caplog.text):
        assert MARK not in what, what[max(0, what.index(MARK) - 200) :][:400]
    assert captured.err == ""


@pytest.mark.parametrize(("options", "more"), PLACES.values(), ids=list(PLACES))
def test_nothing_that_holds_a_secret_shows_it(
    azure: RunningSimulator, place: pathlib.Path, options: dict[str, str], more: dict[str, str]
) -> None:
    environ = surroundings(azure, place, more)
    try:
        client = AzureClient(filled(options, place), check_mode=False, environ=environ)
    except BackupError as error:
        assert MARK not in repr(error) and MARK not in str(error.as_result())
        return
    shown = [client, client._settings, *credentials.sources(client._settings), *client._settings.values]
    assert MARK not in repr(shown)


def test_a_whole_run_gives_neither_secret_nor_token_away(
    azure: RunningSimulator, issued: list[str], caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    azure.add_fault(kind="expire_token", path="/backupJobs", times=1)
    azure.add_fault(operation="jobs", status=500, times=2)
    vms = {"vms": ["rg-shop-weu/web-01", "rg-shop-weu/web-02", "nope"], "poll_interval": 1}
    results: list[ModuleResult] = []
    for module, options in (
        ("vault", {"location": "westeurope", "tags": {"a": "b"}}),
        ("register", vms),
        ("discover", {}),
        ("protect", vms),
        ("now", vms),
        ("job_info", {"details": True}),
        ("policy_info", {}),
    ):
        given = {**azure.options, **VAULT, **options}
        results.append(run_module(f"vm_backup_{module}", azure, given, diff=True))
    azure.clear_faults()
    assert results[0]["changed"] and results[3].vm("web-01")["changed"] and results[3].failed
    captured = capfd.readouterr()
    everything = json.dumps(results) + captured.out + captured.err + caplog.text
    assert len(issued) > 1 and len(set(issued)) == len(issued)
    for secret in (azure.options["secret"], *issued, *(part for token in issued for part in token.split("."))):
        assert secret not in everything
    assert "Bearer ey" not in everything and not re.search(r"client_secret=|client_assertion=", everything)


def test_a_client_at_work_shows_neither_secret_nor_token(azure: RunningSimulator, issued: list[str]) -> None:
    client = AzureClient(azure.options, check_mode=False, environ=azure.env)
    assert list(Compute(client).virtual_machines())
    parts = {name: value for name, value in vars(client).items() if name != "_environ"}
    shown = repr([client, parts, client._tokens, client.service("compute")])
    client.close()
    assert issued and not any(secret in shown for secret in (azure.options["secret"], *issued))


PLAYBOOK: t.Final = """
- name: Run with a secret in a variable
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Be refused
      cloudkeep.azure_backup.vm_backup_discover:
        secret: "{{ wrong }}"
        power_state: true
      ignore_errors: true
    - name: Be let in
      cloudkeep.azure_backup.vm_backup_discover:
        secret: "{{ right }}"
        client_id: "{{ client_id }}"
        tenant: "{{ tenant }}"
      register: found
    - name: Show all that came back
      ansible.builtin.debug:
        var: found
"""


def test_a_playbook_that_talks_a_lot(azure: RunningSimulator, issued: list[str], tmp_path: pathlib.Path) -> None:
    """The real ansible-playbook with the highest verbosity, its log file included."""
    playbook, log = tmp_path / "play.yml", tmp_path / "ansible.log"
    playbook.write_text(PLAYBOOK)
    more = {"ANSIBLE_VERBOSITY": "4", "ANSIBLE_LOG_PATH": str(log)}
    environ = {name: value for name, value in azure.env.items() if name not in ("AZURE_SECRET", "AZURE_CLIENT_SECRET")}
    variables = {**azure.options, "right": azure.options["secret"], "wrong": f"{MARK}wrong"}
    run = run_playbook(str(playbook), tmp_path, variables, environ={**environ, **more})
    assert run.status == 0 and "ignored=1" in run.output, run.output
    assert "AADSTS7000215" in run.output and "rg-shop-weu" in run.output and "EXEC" in run.output
    everything = run.output + log.read_text()
    assert issued and MARK not in everything
    assert not any(secret in everything for secret in (azure.options["secret"], *issued))
    assert "Traceback" not in everything
