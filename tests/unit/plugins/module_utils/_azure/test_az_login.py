# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The login of the az command: its token, its subscription and its cloud."""

from __future__ import annotations

import pathlib
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import credentials
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.compute import Compute
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import AuthenticationFailed
from ansible_collections.cloudkeep.azure_backup.tests.support.scripted import ScriptedAzure, reply

LIST = reply(200, {"value": []})


def az(folder: pathlib.Path, answers: t.Mapping[str, str], *, code: int = 0) -> dict[str, str]:
    lines = "\n".join(f"  {name}) echo '{answer}';;" for name, answer in answers.items())
    script = folder / "az"
    script.write_text(f'#!/bin/sh\ncase "$1" in\n{lines}\nesac\necho "Please run az login" >&2\nexit {code}\n')
    script.chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder)}


def test_the_account_of_the_az_login(tmp_path: pathlib.Path) -> None:
    environ = az(tmp_path, {"account": '{"id": "sub", "environmentName": "AzureChinaCloud"}'})
    assert credentials.cli_account(environ) == credentials.CliAccount("sub", "AzureChinaCloud")


def test_the_account_of_a_cloud_that_was_registered_with_az(tmp_path: pathlib.Path) -> None:
    environ = az(
        tmp_path,
        {
            "account": '{"id": "sub", "environmentName": "Mine"}',
            "cloud": '{"endpoints": {"resourceManager": "https://arm.example"}}',
        },
    )
    assert credentials.cli_account(environ).cloud == "https://arm.example"


def test_the_az_login_signs_in_and_names_subscription_and_cloud(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "az"
    script.write_text(
        """#!/bin/sh
case "$*" in
  *get-access-token*) echo '{"accessToken": "from-az", "expires_on": 4102444800, "tenant": "t"}';;
  *"account show"*) echo '{"id": "az-subscription", "environmentName": "AzureChinaCloud"}';;
esac
"""
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    azure = ScriptedAzure([LIST])
    client = azure.client(options={"auth_source": "cli"}, tokens=False, environ={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert list(Compute(client).virtual_machines()) == []
    (request,) = azure.requests
    assert request.headers["Authorization"] == "Bearer from-az"
    expected = "https://management.chinacloudapi.cn/subscriptions/az-subscription/providers/Microsoft.Compute/"
    assert (request.url or "").startswith(expected)


def test_without_a_login_az_says_so(tmp_path: pathlib.Path) -> None:
    with pytest.raises(AuthenticationFailed, match="Please run az login"):
        credentials.cli_account(az(tmp_path, {}, code=1))


def test_without_az() -> None:
    with pytest.raises(AuthenticationFailed, match="no az command"):
        credentials.cli_account({"PATH": "/nonexistent"})
