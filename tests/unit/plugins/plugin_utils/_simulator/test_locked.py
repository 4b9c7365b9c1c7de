# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Nobody gets in: every call of Azure Resource Manager needs a token, every call of the control interface its key."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import time
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import (
    decoding,
    gateway,
    journal,
    server,
    simulator,
)
from ansible_collections.cloudkeep.azure_backup.tests.support.front_door import FrontDoor

MODULE: t.Final = "ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator"
BASE_URL: t.Final = "https://127.0.0.1:8443"


@pytest.fixture(scope="module")
def model() -> simulator.Simulator:
    return simulator.Simulator(simulator.Settings(world="bad-afternoon"))


def ask(model: simulator.Simulator, method: str, template: str, headers: dict[str, str]) -> gateway.Outcome:
    path = re.sub(r"\{\w+\}", "x", template)
    target = f"{path}?api-version=2025-02-01"
    return model.gateway.answer(decoding.decode(method, target, headers, b"{}", BASE_URL))


def tokens(model: simulator.Simulator) -> dict[str, str]:
    """Return the headers with which nobody is let in."""
    good = model.entra_id.tokens.issue(principal(model), f"{BASE_URL}/", "issuer")
    header, claims, signature = good.split(".")
    return {
        "none": "",
        "no token": "Bearer",
        "another scheme": f"Basic {good}",
        "garbage": "Bearer x.y.z",
        "not ASCII": "Bearer \udce9.\udce9.\udce9",
        "unsigned": f"Bearer {header}.{claims}.",
        "changed": f"Bearer {header}.{claims[:-4]}AAAA.{signature}",
        "cut off": f"Bearer {good[:-1]}",
        "for another audience": f"Bearer {model.entra_id.tokens.issue(principal(model), 'https://x', 'issuer')}",
        "the control key": f"Bearer {model.control.key}",
        "the secret": f"Bearer {model.entra_id.client_secret}",
    }


def principal(model: simulator.Simulator) -> t.Any:
    from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator.tokens import Principal

    return Principal(model.entra_id.tenant_id, model.entra_id.client_id, "object")


def test_every_route_of_resource_manager_needs_a_good_token(model: simulator.Simulator) -> None:
    routes = model.azure.routes()
    assert len(routes) > 60
    good = f"Bearer {model.entra_id.tokens.issue(principal(model), f'{BASE_URL}/', 'issuer')}"
    for route in routes:
        assert ask(model, route.method, route.template, {"Authorization": good}).status not in (401, 403, 501)
        for kind, header in tokens(model).items():
            outcome = ask(model, route.method, route.template, {"Authorization": header} if header else {})
            assert outcome.status == 401, (kind, route.method, route.template)


def test_every_call_of_the_control_interface_needs_its_key(model: simulator.Simulator) -> None:
    routes = model.control.routes()
    assert len(routes) > 12
    good = model.entra_id.tokens.issue(principal(model), f"{BASE_URL}/", "issuer")
    wrong = ("", "x", model.control.key[:-1], f"{model.control.key} ", model.control.key.upper(), good, "\udce9")
    for route in routes:
        for key in wrong:
            for headers in ({"X-Simulator-Key": key}, {"Authorization": f"Bearer {good}"}, {}):
                assert ask(model, route.method, route.template, headers).status == 403
        for path in (f"{route.template}?key={model.control.key}", route.template.upper(), f"/{route.template}"):
            assert ask(model, route.method, path, {}).status == 403
    assert not model.stopping.is_set()


def test_it_listens_on_the_loopback_alone() -> None:
    assert server.HOST == "127.0.0.1"
    made = subprocess.run(
        [sys.executable, "-m", MODULE, "--host", "0.0.0.0"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 2 and "--host" in made.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_on_the_disk(tmp_path: pathlib.Path, number: signal.Signals) -> None:
    ready = tmp_path / "ready.json"
    (tmp_path / "tmp").mkdir()
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    running = subprocess.Popen(
        [sys.executable, "-m", MODULE, "--ready-file", str(ready)],
        env={**environ, "TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path)},
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        while not ready.exists() and running.poll() is None:
            time.sleep(0.02)
        access = json.loads(ready.read_text())
        secrets = [access["client_secret"], access["control_key"], access["user"]["password"]]
        private = pathlib.Path(access["ca_file"]).parent
        assert stat.S_IMODE(ready.stat().st_mode) == 0o600 and stat.S_IMODE(private.stat().st_mode) == 0o700
        # The certificates by which clients trust it are no secrets: their key stays in the memory.
        written = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert sorted(path.name for path in written) == ["ca-bundle.pem", "ca.pem", "ready.json"]
        for path in (path for path in written if path != ready):
            text = path.read_text()
            assert "PRIVATE KEY" not in text and not any(secret in text for secret in secrets)
        listening = pathlib.Path(f"/proc/{running.pid}/net/tcp6").read_text()
        port = int(access["endpoint"].rpartition(":")[2])
        assert f":{port:04X} 0000" not in listening
        running.send_signal(number)
        assert running.wait(20) == 0
        assert [path for path in tmp_path.rglob("*") if path.is_file()] == [] and list(
            (tmp_path / "tmp").iterdir()
        ) == []
    finally:
        running.kill()
        running.communicate()


def test_the_journal_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    front_door = FrontDoor()
    monkeypatch.setattr(journal, "MOST_BYTES", 100)
    for _number in range(3):
        front_door.journal.open(decoding.decode("PUT", "/x", {}, b'{"a": "' + b"b" * 40 + b'"}', BASE_URL))
    bodies = [entry.body for entry in front_door.journal.entries()]
    assert bodies[0] == bodies[1] == {"a": "b" * 40} and bodies[2] == journal.TOO_MUCH
    front_door.journal.clear()
    front_door.journal.open(decoding.decode("PUT", "/x", {}, b"{}", BASE_URL))
    assert front_door.journal.entries()[0].body == {}


def test_methods_that_nobody_knows_are_counted_together() -> None:
    statistics = journal.Statistics()
    for word in ("BREW", "X" * 1000, "GET"):
        with statistics.request(word):
            pass
    assert statistics.as_json()["requests"] == {"other": 2, "GET": 1}
