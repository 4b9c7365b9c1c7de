# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory plugin through the real ansible-inventory and ansible-playbook against a simulator."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys
import textwrap
import typing as t

import pytest
import yaml

import project
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._inventory import names
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import WORLDS
from ansible_collections.cloudkeep.azure_backup.tests.support.modules import run_module
from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import run_playbook
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

NAME: t.Final = "cloudkeep.azure_backup.vm_backup"
PRODUCTION, TEST, EMPTY = (f"7f3c2b1a-0000-4000-8000-00000000000{letter}" for letter in "abc")
STATES: t.Final = {"protected", "waiting", "stopped", "suspended", "soft_deleted", "error", "unprotected", "unknown"}


class Inventory(t.NamedTuple):
    """What ansible-inventory printed: as JSON, and its warnings."""

    content: dict[str, t.Any]
    warnings: str

    def hosts(self, group: str) -> set[str]:
        assert group in self.groups()
        return set(self.content.get(group, {}).get("hosts", []))

    def groups(self) -> set[str]:
        return set(self.content["all"]["children"]) - {"ungrouped"}

    def variables(self, host: str) -> dict[str, t.Any]:
        return dict(self.content["_meta"]["hostvars"][host])


@pytest.fixture(scope="module")
def shared() -> t.Iterator[RunningSimulator]:
    with running_simulator(world=str(WORLDS / "inventory.yml")) as running:
        yield running


@pytest.fixture
def azure(shared: RunningSimulator) -> RunningSimulator:
    shared.reset()
    return shared


def read(
    azure: RunningSimulator, folder: pathlib.Path, *sources: t.Mapping[str, t.Any] | str, **environ: str
) -> Inventory:
    """Run ``ansible-inventory --list`` with sources: options of this plugin, or the text of another source."""
    (folder / "sources").mkdir(exist_ok=True)
    for number, source in enumerate(sources):
        text = source if isinstance(source, str) else yaml.safe_dump({"plugin": NAME, **source})
        name = f"{number}.yml" if isinstance(source, str) else f"{number}.vm_backup.yml"
        (folder / "sources" / name).write_text(text, encoding="utf-8")
    environ = {"ANSIBLE_INVENTORY": str(folder / "sources"), "ANSIBLE_INVENTORY_ENABLED": "auto,yaml", **environ}
    made = ansible("inventory", "--list", azure=azure, folder=folder, **environ)
    assert made.returncode == 0, made.stderr
    assert not azure.writes()
    return Inventory(json.loads(made.stdout), " ".join(made.stderr.split()))


def ansible(
    *arguments: str, azure: RunningSimulator, folder: pathlib.Path, **environ: str
) -> subprocess.CompletedProcess[str]:
    env = {**project.environment(sys.executable), **azure.env, "AZURE_SUBSCRIPTION_ID": PRODUCTION, **environ}
    command = [sys.executable, "-m", "ansible", *arguments]
    return subprocess.run(
        command, env={**env, "HOME": str(folder)}, cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def vm_id(name: str, group: str = "rg-web", subscription: str = PRODUCTION) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"


def hashed(name: str, group: str = "rg-web", subscription: str = PRODUCTION) -> str:
    return names.hashed(name, vm_id(name, group, subscription))


def test_hosts_are_grouped_by_state_policy_vault_and_health(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    found = read(azure, tmp_path, {})
    assert {state: found.hosts(state) for state in STATES if found.hosts(state)} == {
        "protected": {hashed("protected-01"), hashed("north-01", "rg-north")},
        "waiting": {hashed("waiting-01")},
        "stopped": {hashed("stopped-01")},
        "soft_deleted": {hashed("deleted-01")},
        "unprotected": {hashed("web-01"), hashed("web-01", "rg-north")},
    }
    assert found.groups() - STATES == {
        "stale",
        "policy_defaultpolicy",
        "vault_rg_web_vault_main",
        "vault_rg_north_vault_main",
        "health_passed",
    }
    assert found.hosts("vault_rg_north_vault_main") == {hashed("north-01", "rg-north")}
    assert found.warnings == ""
    held = found.variables(hashed("protected-01"))
    assert set(held) == {"azure_vm", "vm_backup"}
    assert held["azure_vm"] == {
        "id": vm_id("protected-01"),
        "name": "protected-01",
        "resource_group": "rg-web",
        "subscription_id": PRODUCTION,
        "location": "westeurope",
        "os_type": "Linux",
        "size": held["azure_vm"]["size"],
        "tags": {"owner": "web-team"},
        "provisioning_state": "Succeeded",
        "power_state": None,
    }
    backup = held["vm_backup"]
    assert backup["vault_id"].endswith("/vaults/vault-main") and backup["item_id"].startswith(backup["vault_id"])
    assert (backup["state"], backup["policy_name"], backup["health_status"]) == ("protected", "DefaultPolicy", "Passed")
    assert 0 <= backup["age_hours"] < 25 and backup["stale"] is False
    assert set(found.variables(hashed("web-01"))["vm_backup"].values()) == {None, False, "unprotected"}


def test_text_of_azure_is_never_a_template(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    options = {"keyed_groups": [{"prefix": "owner", "key": "tags.owner"}], "compose": {"team": "tags.owner"}}
    found = read(azure, tmp_path, {**options, "strict": False})
    tags = found.variables(hashed("web-01"))["azure_vm"]["tags"]
    # ansible-inventory marks what must not become a template when it is read again.
    assert tags["owner"] == {"__ansible_unsafe": "{{ lookup('pipe', 'touch evaluated') }}"}
    assert tags["Cost-Center"] == "4711 / 12"
    assert found.variables(hashed("protected-01"))["team"] in ("web-team", {"__ansible_unsafe": "web-team"})
    playbook = tmp_path / "play.yml"
    playbook.write_text(
        "- hosts: unprotected\n  gather_facts: false\n  connection: local\n  tasks:\n"
        "    - ansible.builtin.debug: {msg: 'owner={{ azure_vm.tags.owner | default() }} {{ team | default() }}'}\n",
        encoding="utf-8",
    )
    environ = {**azure.env, "AZURE_SUBSCRIPTION_ID": PRODUCTION, "ANSIBLE_INVENTORY": str(tmp_path / "sources")}
    run = run_playbook(str(playbook), tmp_path, {}, environ=environ)
    assert run.status == 0 and "owner={{ lookup" in run.output, run.output
    assert not list(tmp_path.rglob("evaluated"))


def test_plain_names_are_given_unless_two_machines_have_one(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    found = read(azure, tmp_path, {"plain_host_names": True, "subscriptions": [PRODUCTION, TEST]})
    assert found.hosts("unprotected") == {
        "test-01",
        hashed("web-01"),
        hashed("web-01", "rg-north"),
        hashed("web-01", subscription=TEST),
    }
    assert found.hosts("protected") == {"protected-01", "north-01"}
    assert "a hash of the id was added to web-01." in found.warnings


def test_machines_that_another_source_describes_are_the_same_hosts(
    azure: RunningSimulator, tmp_path: pathlib.Path
) -> None:
    other = yaml.safe_dump(
        {
            "all": {
                "hosts": {
                    "web.example.com": {"id": vm_id("WEB-01", "RG-WEB"), "tags": {"from": "the other"}},
                    # Named like a machine of ours, but another one.
                    hashed("protected-01"): {"id": vm_id("protected-01", "rg-elsewhere")},
                    "unrelated": {"id": "i-0abc"},
                }
            }
        }
    )
    found = read(azure, tmp_path, other, {})
    assert found.hosts("unprotected") == {"web.example.com", hashed("web-01", "rg-north")}
    assert found.variables("web.example.com")["tags"] == {"from": "the other"}
    assert found.variables("web.example.com")["vm_backup"]["state"] == "unprotected"
    assert hashed("protected-01") not in found.hosts("protected") and len(found.hosts("protected")) == 2
    assert "vm_backup" not in found.variables("unrelated")


def test_two_files_of_this_plugin_describe_the_same_hosts(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    found = read(
        azure, tmp_path, {"plain_host_names": True}, {"keyed_groups": [{"prefix": "team", "key": "tags.owner"}]}
    )
    assert found.hosts("waiting") == {"waiting-01"}
    assert "waiting-01" in found.hosts("team_web_team")


def test_names_groups_and_variables_of_ones_own(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    options = {
        "hostnames": ["tags.owner ~ '.' ~ name if tags.owner is defined and name != 'web-01' else ''", "default"],
        "group_prefix": "backup_",
        "keyed_groups": [
            {"prefix": "in", "key": "resource_group"},
            {"prefix": "os", "key": "azure_vm.os_type | lower"},
        ],
        "groups": {"due": "vm_backup.state in ['waiting', 'unprotected']"},
        "compose": {"ansible_host": "name ~ '.example.com'"},
        "strict": True,
    }
    found = read(azure, tmp_path, options)
    assert found.hosts("backup_waiting") == {"web-team.waiting-01"}
    assert found.hosts("due") == {"web-team.waiting-01", hashed("web-01"), hashed("web-01", "rg-north")}
    assert found.hosts("in_rg_north") == {hashed("north-01", "rg-north"), hashed("web-01", "rg-north")}
    assert found.hosts("os_windows") == {hashed("deleted-01")}
    address = found.variables("web-team.waiting-01")["ansible_host"]
    assert address in ("waiting-01.example.com", {"__ansible_unsafe": "waiting-01.example.com"})
    assert {f"backup_{state}" for state in STATES} <= found.groups() and not STATES & found.groups()


def test_an_empty_subscription_still_has_every_group(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    found = read(azure, tmp_path, {"subscriptions": [EMPTY]})
    assert found.content["_meta"]["hostvars"] == {} and found.warnings == ""
    environ = {**azure.env, "AZURE_SUBSCRIPTION_ID": EMPTY, "ANSIBLE_INVENTORY": str(tmp_path / "sources")}
    playbook = tmp_path / "play.yml"
    playbook.write_text("- hosts: unprotected\n  tasks: []\n", encoding="utf-8")
    run = run_playbook(str(playbook), tmp_path, {}, environ=environ)
    assert run.status == 0 and "Could not match" not in run.output and "no hosts matched" in run.output


def test_options_may_be_templates(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    options = {
        "subscription_id": "{{ lookup('ansible.builtin.env', 'CHOSEN') }}",
        "select": {"names": ["{{ 'test' ~ '-*' }}"]},
    }
    found = read(azure, tmp_path, options, CHOSEN=TEST)
    assert found.hosts("unprotected") == {hashed("test-01", subscription=TEST)}


def test_the_cache_saves_the_requests_and_holds_no_secret(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    options = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = read(azure, tmp_path, options)
    azure.forget_requests()
    again = read(azure, tmp_path, options)
    assert not azure.requests() and again == first
    # What another login or another selection would see is something else.
    assert read(azure, tmp_path, options, AZURE_SUBSCRIPTION_ID=TEST).hosts("protected") == set()
    assert read(azure, tmp_path, {**options, "vms": ["north-01"]}).hosts("unprotected") == set()
    files = list((tmp_path / "cache").iterdir())
    assert len(files) == 3
    for file in files:
        assert azure.access["client_secret"] not in file.name + file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("options", "environ", "message"),
    [
        ({"subscription": TEST}, {}, "subscription: no such option. The options are listed by: ansible-doc"),
        ({"select": {"name": "web-*"}}, {}, "select.name: no such option."),
        ({"select": {}, "vms": ["web-01"]}, {}, "mutually exclusive: vms|select"),
        ({"vms": ["rg-web/nothing"]}, {}, "There is no virtual machine 'rg-web/nothing' that this login can see."),
        ({"group_prefix": "1-"}, {}, "group_prefix: '1-' is not allowed. Allowed: letters, digits and underscores"),
        ({"hostnames": ["nothing.there"]}, {}, f"hostnames: no expression yields a name for {vm_id('protected-01')}"),
        ({"hostnames": ["nothing.there"], "strict": True}, {}, "hostnames: 'nothing.there' fails for /subscriptions/"),
        ({"tenant": "{{ nobody }}"}, {}, "tenant: its template can't be evaluated: "),
        ({}, {"AZURE_SECRET": "wrong-secret"}, "AADSTS7000215"),
    ],
)
def test_an_error_is_one_sentence(
    azure: RunningSimulator, tmp_path: pathlib.Path, options: t.Any, environ: dict[str, str], message: str
) -> None:
    (tmp_path / "x.vm_backup.yml").write_text(yaml.safe_dump({"plugin": NAME, **options}), encoding="utf-8")
    environ = {**environ, "ANSIBLE_INVENTORY_ENABLED": "auto", "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    made = ansible("inventory", "-i", "x.vm_backup.yml", "--list", azure=azure, folder=tmp_path, **environ)
    assert made.returncode != 0
    # Old releases of ansible-core break lines in the middle of words.
    assert "".join(message.split()) in "".join(made.stderr.split())
    assert "Traceback" not in made.stderr and azure.access["client_secret"] not in made.stderr
    assert "wrong-secret" not in made.stderr


@pytest.mark.parametrize(
    ("name", "is_ours"),
    [("vm_backup.yml", True), ("azure.vm_backup.yaml", True), ("azure.yml", False), ("myvm_backup.yml", False)],
)
def test_the_name_of_a_file_tells_whose_it_is(
    azure: RunningSimulator, tmp_path: pathlib.Path, name: str, is_ours: bool
) -> None:
    (tmp_path / name).write_text(f"plugin: {NAME}\n", encoding="utf-8")
    environ = {"ANSIBLE_INVENTORY_ENABLED": "auto"}
    made = ansible("inventory", "-i", name, "--list", azure=azure, folder=tmp_path, **environ)
    assert ("unprotected" in made.stdout) is is_ours


def test_an_inventory_source_of_awx_needs_what_the_credential_injects(
    azure: RunningSimulator, tmp_path: pathlib.Path
) -> None:
    (tmp_path / "azure.vm_backup.yml").write_text(f"plugin: {NAME}\n", encoding="utf-8")
    injected = {
        **{name: "" for name in azure.env if name.startswith("AZURE_")},
        "AZURE_SUBSCRIPTION_ID": PRODUCTION,
        "AZURE_CLIENT_ID": azure.access["client_id"],
        "AZURE_SECRET": azure.access["client_secret"],
        "AZURE_TENANT": azure.access["tenant_id"],
        "AZURE_CLOUD_ENVIRONMENT": azure.endpoint,
        "ANSIBLE_INVENTORY_UNPARSED_FAILED": "True",
    }
    command = ("inventory", "-i", "azure.vm_backup.yml", "--list", "--export")
    made = ansible(*command, azure=azure, folder=tmp_path, **injected)
    assert made.returncode == 0, made.stderr
    assert len(json.loads(made.stdout)["unprotected"]["hosts"]) == 2
    azure.add_fault(path="virtualMachines$", status=403, code="AuthorizationFailed", message="No role.")
    failed = ansible(*command, azure=azure, folder=tmp_path, **injected)
    assert failed.returncode != 0 and "AuthorizationFailed" in failed.stderr


def test_a_fleet_is_where_its_summary_says(tmp_path: pathlib.Path) -> None:
    with running_simulator(world="fleet:150:lived") as azure:
        summary = run_module("vm_backup_summary_info", azure, {})["summary"]
        azure.forget_requests()
        found = read(azure, tmp_path, {}, AZURE_SUBSCRIPTION_ID=azure.access["subscription_id"])
        requests = len(azure.requests(path="^/subscriptions/"))
    assert {state: len(found.hosts(state)) for state in STATES} == {state: summary[state] for state in STATES}
    assert len(found.content["_meta"]["hostvars"]) == summary["vms"] == sum(len(found.hosts(state)) for state in STATES)
    assert requests < 30


def test_its_documentation_is_readable(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    made = ansible("doc", "--type", "inventory", NAME, "--json", azure=azure, folder=tmp_path)
    assert made.returncode == 0, made.stderr
    documented = json.loads(made.stdout)[NAME]
    assert {"subscriptions", "vms", "select", "client_id", "keyed_groups", "cache"} <= set(documented["doc"]["options"])
    examples = [example for example in yaml.safe_load_all(documented["examples"]) if example]
    assert len(examples) == 3
    for example in examples:
        assert set(example) <= {*documented["doc"]["options"]}


def test_the_examples_work(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    made = ansible("doc", "--type", "inventory", NAME, "--json", azure=azure, folder=tmp_path)
    text = json.loads(made.stdout)[NAME]["examples"]
    for number, subscription in ((1, PRODUCTION), (2, TEST)):
        text = text.replace("-".join(str(number) * digits for digits in (8, 4, 4, 4, 12)), subscription)
    minimal, several, cached = yaml.safe_load_all(text)
    assert read(azure, tmp_path, minimal).hosts("waiting")
    assert "team_nobody" in read(azure, tmp_path, {**several, "select": {"exclude": ["*-02"]}}).groups()
    assert read(azure, tmp_path, cached).hosts("exposed") == {hashed("web-01"), hashed("web-01", "rg-north")}


def test_the_guide_protects_whatever_is_unprotected(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    guide = (project.CHECKOUT / "docs" / "docsite" / "rst" / "inventory.rst").read_text(encoding="utf-8")
    found = re.search(r"yaml\n\n((?:(?:  .*)?\n)+)", guide[guide.index("  - name: Protect whatever") - 10 :])
    assert found
    (tmp_path / "protect.yml").write_text(textwrap.dedent(found[1]), encoding="utf-8")
    before = read(azure, tmp_path, {})
    environ = {**azure.env, "AZURE_SUBSCRIPTION_ID": PRODUCTION, "ANSIBLE_INVENTORY": str(tmp_path / "sources")}

    def protect(*, check: bool = False) -> str:
        playbook, extra = str(tmp_path / "protect.yml"), {"vm_backup_poll_interval": 1}
        run = run_playbook(playbook, tmp_path, extra, environ=environ, check=check)
        assert run.status == 0, run.output
        return run.output

    assert "2 would be protected" in protect(check=True) and not azure.writes()
    assert "Changed 2 virtual machines" in protect()
    azure.forget_requests()
    after = read(azure, tmp_path, {})
    assert after.hosts("unprotected") == set()
    assert after.hosts("waiting") == before.hosts("waiting") | before.hosts("unprotected")
    protect()
    assert not azure.writes()


def test_ids_in_changing_letter_case_are_the_same_things(tmp_path: pathlib.Path) -> None:
    with running_simulator(world=str(WORLDS / "inventory.yml"), profile="hostile") as azure:
        found = read(azure, tmp_path, {"plain_host_names": True})
    assert {state: len(found.hosts(state)) for state in STATES if found.hosts(state)} == {
        "protected": 2,
        "waiting": 1,
        "stopped": 1,
        "soft_deleted": 1,
        "unprotected": 2,
    }
    assert sorted(group for group in found.groups() if group.startswith("vault_")) == [
        "vault_rg_north_vault_main",
        "vault_rg_web_vault_main",
    ]
