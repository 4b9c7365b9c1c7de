# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Behind a proxy: an answer that is lost in the tunnel is looked for, and nothing is done twice."""

from __future__ import annotations

import collections
import http.client
import socket
import typing as t

import pytest
import requests
import urllib3

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Backup
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._domain.ids import VaultId
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import AnswerLost
from ansible_collections.cloudkeep.azure_backup.tests.support import fault_scenarios as scenarios
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import SUBSCRIPTION, ScriptedAzure, breaks, reply
from ansible_collections.cloudkeep.azure_backup.tests.support.tunnel import Tunnel, tunnel

_NOBODY = t.cast("t.Any", None)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> t.Iterator[Tunnel]:
    for name in ("no_proxy", "NO_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with tunnel() as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        yield proxy


def jobs(azure: Bench, vault: t.Mapping[str, t.Any], operation: str) -> collections.Counter[str]:
    azure.simulator.clear_faults()
    listed = azure.good("vm_backup_job_info", vault, operation=[operation], last_hours=1)["jobs"]
    return collections.Counter(job["vm_name"] for job in listed)


@pytest.mark.parametrize("kind", ["drop_after", "drop_before", "truncate"])
def test_a_backup_whose_answer_is_lost_in_the_tunnel_is_started_once(azure: Bench, proxy: Tunnel, kind: str) -> None:
    azure.simulator.add_fault(kind, method="POST", path=r"/backup$", times=2)
    result = azure.good("vm_backup_now", scenarios.BOTH, wait=True)
    assert proxy.opened
    assert [(vm["action"], vm["job"]["status"]) for vm in result["vms"]] == [("start", "Completed")] * 2
    assert jobs(azure, scenarios.HELD, "Backup") == {"held-protected": 1, "held-pending": 1}


def test_a_machine_is_protected_once_though_the_tunnel_breaks(azure: Bench, proxy: Tunnel) -> None:
    azure.simulator.add_fault("drop_after", method="PUT", path=scenarios.PUT, times=3)
    result = azure.good("vm_backup_protect", scenarios.VMS)
    assert proxy.opened and all(vm["changed"] and vm["job_id"] for vm in result["vms"])
    assert len(azure.writes) == 3


def test_an_answer_that_stays_away_names_the_proxy(azure: Bench, proxy: Tunnel) -> None:
    azure.simulator.add_fault("drop_before", method="POST", path=r"/backup$")
    result = azure.run("vm_backup_now", scenarios.ONE, wait=True)
    assert (result["error"]["code"], result["changed"]) == ("AnswerLost", False)
    assert "through the proxy (HTTPS_PROXY)" in result["msg"]


BEFORE: dict[str, Exception] = {
    "no proxy there": urllib3.exceptions.NewConnectionError(_NOBODY, "Connection refused"),
    "no such proxy": urllib3.exceptions.NameResolutionError("proxy", _NOBODY, socket.gaierror("no name")),
    "a proxy that is silent": urllib3.exceptions.ConnectTimeoutError("no connection"),
    "a proxy that refuses": OSError("Tunnel connection failed: 403 Forbidden"),
}
AFTER: dict[str, Exception] = {
    "no answer": http.client.RemoteDisconnected("Remote end closed connection without response"),
    "a reset": ConnectionResetError(104, "Connection reset by peer"),
    "half an answer": http.client.IncompleteRead(b""),
    "a read that takes too long": TimeoutError("timed out"),
}


def start_backup(error: Exception) -> list[str]:
    """Start a backup through a proxy that fails once; return the requests."""
    blamed = requests.exceptions.ProxyError(urllib3.exceptions.ProxyError("Cannot connect to proxy.", error))
    azure = ScriptedAzure([breaks(blamed), reply(202)])
    try:
        Backup(azure.client(), VaultId(SUBSCRIPTION, "rg", "vault")).start_backup("container", "item", None)
    except AnswerLost:
        assert len(azure.lines) == 1
        raise
    return azure.lines


@pytest.mark.parametrize("error", BEFORE.values(), ids=list(BEFORE))
def test_what_never_reached_the_proxy_is_sent_again(error: Exception) -> None:
    assert len(start_backup(error)) == 2


@pytest.mark.parametrize("error", AFTER.values(), ids=list(AFTER))
def test_what_may_have_gone_through_is_not(error: Exception) -> None:
    with pytest.raises(AnswerLost, match="through the proxy"):
        start_backup(error)
