# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import pathlib
import shlex
import stat

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import ready_file


def test_it_is_its_owners_alone_and_leaves_nothing_beside_it(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "ready.json"
    ready_file.write(path, {"pid": os.getpid()})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(tmp_path) == ["ready.json"]


def test_it_replaces_an_old_one_that_everybody_could_read(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "ready.json"
    path.write_text("{}")
    path.chmod(0o644)
    ready_file.write(path, {"pid": 1})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "pid" in path.read_text()


def test_it_does_not_write_through_a_link(tmp_path: pathlib.Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (tmp_path / "ready.json").symlink_to(victim)
    ready_file.write(tmp_path / "ready.json", {"pid": 1})
    assert victim.read_text() == "kept"


@pytest.mark.parametrize(
    ("content", "stays"),
    [(f'{{"pid": {os.getpid()}}}', False), ('{"pid": 1}', True), ("x", True)],
    ids=["mine", "another's", "unreadable"],  # the pid would give each test worker another name for the test
)
def test_only_its_own_file_is_removed(tmp_path: pathlib.Path, content: str, stays: bool) -> None:
    path = tmp_path / "ready.json"
    path.write_text(content)
    ready_file.remove(path)
    assert path.exists() is stays
    ready_file.remove(tmp_path / "none")


def test_exports_are_safe_in_a_shell() -> None:
    text = ready_file.exports({"A": "plain", "B": "it's $HOME; rm"})
    assert [shlex.split(line) for line in text.splitlines()] == [["export", "A=plain"], ["export", "B=it's $HOME; rm"]]


def test_the_environment_names_each_credential_as_every_client_calls_it() -> None:
    variables = ready_file.environment(
        endpoint="https://127.0.0.1:1",
        folder=pathlib.Path("/private"),
        tenant_id="tenant",
        client_id="client",
        client_secret="hidden",
        subscription_id="subscription",
    )
    assert variables["AZURE_SECRET"] == variables["AZURE_CLIENT_SECRET"] == "hidden"
    assert variables["AZURE_TENANT"] == variables["AZURE_TENANT_ID"] == "tenant"
    assert variables["REQUESTS_CA_BUNDLE"] == variables["SSL_CERT_FILE"] == "/private/ca-bundle.pem"
    assert variables["AZURE_CONFIG_DIR"] == "/private/az"
    assert variables["AZURE_CLOUD_ENVIRONMENT"] == "https://127.0.0.1:1"
    assert variables["ARM_CLOUD_METADATA_URL"] == "https://127.0.0.1:1/metadata/endpoints?api-version=2019-05-01"
    assert (variables["AZURE_DISABLE_INSTANCE_DISCOVERY"], variables["AZURE_CORE_INSTANCE_DISCOVERY"]) == (
        "true",
        "false",
    )
