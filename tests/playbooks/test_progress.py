# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person sees of a task that waits, in the output of the real ansible-playbook and of ansible-runner."""

from __future__ import annotations

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import typing as t

import pytest

import project
from ansible_collections.cloudkeep.azure_backup.tests.support import processes
from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import PlaybookRun, run_playbook
from ansible_collections.cloudkeep.azure_backup.tests.support.signals import ctrl_c_arrives
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

Task = dict[str, t.Any]

FAST: t.Final = {"VM_BACKUP_PROGRESS_INTERVAL": "0.3"}
"""Lines from a tenth of a second after the start of a task on."""

ELSEWHERE: t.Final = """
from __future__ import annotations
DOCUMENTATION = '''
name: elsewhere
short_description: Runs here, but does not say so, as a remote host
description: A stand-in.
extends_documentation_fragment: connection_pipelining
'''
from ansible.plugins.connection.local import Connection as Local
class Connection(Local):
    transport = "elsewhere"
    def _load_name(self): return "elsewhere"
"""

JSON_CALLBACK: t.Final = """
from __future__ import annotations
DOCUMENTATION = '''
name: json
type: stdout
short_description: Prints nothing but one object
description: A stand-in.
'''
from ansible.plugins.callback import CallbackBase
class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "json"
    def v2_playbook_on_stats(self, stats):
        self._display.display('{"done": true}')
"""


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    """A simulator with a vault that protects three machines."""
    with running_simulator(world="small", profile="fast") as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def protected(azure: RunningSimulator, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    tasks = [
        task("vm_backup_vault", location="westeurope"),
        task("vm_backup_register", select={"resource_groups": ["rg-shop-weu"]}),
        task("vm_backup_discover"),
        task("vm_backup_protect", select={"resource_groups": ["rg-shop-weu"]}, poll_interval=1),
    ]
    with lasting(azure, 3, ("vault", "refresh", "configure")):
        return sections(play(azure, tmp_path_factory.mktemp("protect"), tasks))


def task(module: str, keywords: Task | None = None, /, **options: t.Any) -> Task:
    return {"name": module, f"cloudkeep.azure_backup.{module}": options, **(keywords or {})}


def back_up(name: str = "Back up", /, machines: str = "*", **keywords: t.Any) -> Task:
    options = {"select": {"names": [machines]}, "wait": True, "poll_interval": 1, "skip_if_running": False}
    return {**task("vm_backup_now", keywords, **options), "name": name}


def write(folder: pathlib.Path, tasks: list[Task], **more: t.Any) -> pathlib.Path:
    content = {
        "name": "Play",
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "module_defaults": {
            "group/cloudkeep.azure_backup.all": {"resource_group": "rg-backup", "vault_name": "vault-weu"}
        },
        "vars": {
            "ansible_python_interpreter": "{{ ansible_playbook_python }}",
            "ansible_remote_tmp": str(folder / "remote"),
            "ansible_async_dir": str(folder / "async"),
        },
        "tasks": tasks,
        **more,
    }
    (folder / "play.yml").write_text(json.dumps([content]), encoding="utf-8")
    for kind, name, text in (("connection", "elsewhere", ELSEWHERE), ("callback", "json", JSON_CALLBACK)):
        (folder / f"{kind}_plugins").mkdir(exist_ok=True)
        (folder / f"{kind}_plugins" / f"{name}.py").write_text(text, encoding="utf-8")
    return folder / "play.yml"


def play(
    azure: RunningSimulator,
    folder: pathlib.Path,
    tasks: list[Task],
    *,
    environ: t.Mapping[str, str] | None = None,
    check: bool = False,
    **more: t.Any,
) -> PlaybookRun:
    """Run tasks, with lines at a short interval; nothing may be left in Ansible's temporary folder."""
    variables = {**FAST, **(environ or {})}
    made = run_playbook(str(write(folder, tasks, **more)), folder, {}, environ={**azure.env, **variables}, check=check)
    assert made.status == 0, made.output
    assert list((folder / ".ansible" / "tmp").iterdir()) == []
    return made


def play_until(
    azure: RunningSimulator,
    folder: pathlib.Path,
    tasks: list[Task],
    shown: str,
    then: t.Callable[[subprocess.Popen[str]], None],
    *,
    environ: t.Mapping[str, str] | None = None,
    each_time: bool = False,
) -> PlaybookRun:
    """Run tasks, and do something to the run at the moment at which a line is shown that holds a text."""
    settings = {**FAST, **(environ or {})}
    environ = {**project.environment(sys.executable), **azure.env, **settings, "HOME": str(folder)}
    command = [sys.executable, "-m", "ansible", "playbook", str(write(folder, tasks))]
    with processes.started(command, folder, env={**environ, "PYTHONUNBUFFERED": "1"}) as program:
        assert program.stdout
        output = ""
        for line in program.stdout:
            output += line
            if shown in line:
                then(program)
                if not each_time:
                    break
        output += program.stdout.read()
        assert shown in output, output
        made = PlaybookRun(program.wait(60), output, {})
    assert list((folder / ".ansible" / "tmp").iterdir()) == []
    return made


def sections(made: PlaybookRun) -> dict[str, str]:
    """Return what was printed for each task, by its name."""
    _start, *parts = re.split(r"^TASK \[(.*?)\] \**$", made.output, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("[vm_backup")]


def test_tasks_that_wait_show_how_far_they_are(protected: dict[str, str]) -> None:
    for module, told in {
        "vm_backup_vault": "waiting for Azure to create the vault · ",
        "vm_backup_register": "looking for virtual machines · ",
        "vm_backup_discover": "looking for virtual machines · ",
        "vm_backup_protect": "protecting: 3 of 3 done · ",
    }.items():
        assert f"\n[{module}] vault-weu, {told}" in protected[module]


@pytest.fixture(scope="module")
def kinds(azure: RunningSimulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, str], dict[str, t.Any]]:
    """Run the same task in many ways; returns what was printed for each and what it returned."""
    folder = tmp_path_factory.mktemp("kinds")
    elsewhere = {"ansible_connection": "elsewhere"}
    shown = [
        back_up("shown", register="shown"),
        back_up("delegated", delegate_to="localhost", register="delegated"),
        back_up("pipelined", vars={"ansible_pipelining": True}, register="pipelined"),
        back_up("diff", diff=True, register="diff"),
        back_up("loop", loop=["one", "two"], register="loop"),
    ]
    silent = [
        back_up("off", vars={"vm_backup_progress": False}, register="off"),
        back_up("nonsense", vars={"vm_backup_progress_interval": "often"}, register="nonsense"),
        back_up("no log", no_log=True, register="hidden"),
        back_up("async", **{"async": 60, "poll": 1, "register": "detached"}),
        back_up("elsewhere", vars=elsewhere, register="elsewhere"),
        back_up("check", check_mode=True, register="check"),
    ]
    # Each backup lasts until a line tells of it; and it is told of once, so that no other backup ends with it.
    seldom = {"VM_BACKUP_PROGRESS_INTERVAL": "3"}
    with lasting(azure) as slow:
        tasks = [*shown, keep(shown, folder / "shown.json")]
        told = play_until(azure, folder, tasks, "3 running", slow.end, environ=seldom, each_time=True)
    assert told.status == 0, told.output
    untold = play(azure, folder, [*silent, keep(silent, folder / "silent.json")])
    results = [json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in ("shown", "silent")]
    return {**sections(told), **sections(untold)}, {**results[0], **results[1]}


def keep(tasks: list[Task], file: pathlib.Path) -> Task:
    """Return the task that writes what the others have returned, by their names."""
    variables = ", ".join(f"'{task['name']}': {task['register']}" for task in tasks)
    content = "{{ {" + variables + "} | to_json }}"
    return {"name": "Keep", "ansible.builtin.copy": {"content": content, "dest": str(file)}}


@pytest.mark.parametrize("kind", ["shown", "delegated", "pipelined", "diff", "loop"])
def test_progress_is_shown(kinds: tuple[dict[str, str], dict[str, t.Any]], kind: str) -> None:
    shown = lines(kinds[0][kind])
    assert shown[-1].startswith("[vm_backup_now] vault-weu, backing up: 3 of 3 done · ")
    assert any("3 running · slowest " in line for line in shown)


@pytest.mark.parametrize("kind", ["off", "no log", "async", "elsewhere", "check"])
def test_progress_is_silently_absent(kinds: tuple[dict[str, str], dict[str, t.Any]], kind: str) -> None:
    assert "vault-weu, " not in kinds[0][kind]
    assert "WARNING" not in kinds[0][kind]


def test_a_setting_that_is_no_number_is_told_and_stops_nothing(kinds: tuple[dict[str, str], dict[str, t.Any]]) -> None:
    assert lines(kinds[0]["nonsense"]) == []
    assert kinds[1]["nonsense"]["changed"]


def shape(value: t.Any) -> t.Any:
    """Return what a result is made of, without what differs from run to run."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value]
    return type(value).__name__


def test_a_result_is_the_same_with_and_without_progress(kinds: tuple[dict[str, str], dict[str, t.Any]]) -> None:
    results = kinds[1]
    for kind in ("delegated", "pipelined", "elsewhere", "diff"):
        assert shape(results[kind]) == shape(results["off"]), kind
    assert [row["job"]["status"] for row in results["async"]["vms"]] == ["Completed"] * 3
    assert [row["action"] for row in results["check"]["vms"]] == ["start"] * 3


def test_nothing_of_the_pipe_is_in_a_result(kinds: tuple[dict[str, str], dict[str, t.Any]]) -> None:
    text = json.dumps(kinds[1])
    assert "CLOUDKEEP_PROGRESS" not in text and "progress-" not in text


def test_waiting_for_jobs_and_check_mode(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    options = {"operation": ["Backup"], "status": ["InProgress"], "wait": True, "poll_interval": 1}
    tasks = [
        task("vm_backup_now", select={}, skip_if_running=False),
        task("vm_backup_job_info", {"check_mode": True}, **options),
    ]
    with lasting(azure) as slow:
        made = play_until(azure, tmp_path, tasks, "[vm_backup_job_info] vault-weu, backing up: ", slow.end)
    assert made.status == 0, made.output
    shown = lines(sections(made)["vm_backup_job_info"])
    assert shown[-1].startswith("[vm_backup_job_info] vault-weu, backing up: 3 of 3 done")
    checked = play(azure, tmp_path, [task("vm_backup_discover"), back_up()], check=True)
    assert "vault-weu, " not in checked.output


def test_several_hosts_are_told_apart(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    (tmp_path / "hosts").write_text("web-01\nweb-02\n", encoding="utf-8")
    hosts: dict[str, t.Any] = {"environ": {"ANSIBLE_INVENTORY": str(tmp_path / "hosts")}, "hosts": "all"}
    each = back_up(machines="{{ inventory_hostname }}")
    with lasting(azure, 4):
        printed = sections(play(azure, tmp_path, [each, back_up("once", run_once=True)], **hosts))
        free = play(azure, tmp_path, [each], strategy="free", **hosts)
    assert _starts(printed["Back up"]) == {"[vm_backup_now: web-01", "[vm_backup_now: web-02"}
    assert _starts(printed["once"]) == {"[vm_backup_now"}
    assert _starts(free.output) == {"[vm_backup_now: web-01", "[vm_backup_now: web-02"}


def _starts(text: str) -> set[str]:
    return {line.partition("]")[0] for line in lines(text)}


def test_environment_variables_switch_it_off(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    made = play(azure, tmp_path, [back_up()], environ={"VM_BACKUP_PROGRESS": "false"})
    assert lines(made.output) == []


def test_output_for_programs_stays_theirs(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    made = play(azure, tmp_path, [back_up()], environ={"ANSIBLE_STDOUT_CALLBACK": "json"})
    assert json.loads(made.output) == {"done": True}


def test_a_task_that_is_timed_out_ends_and_the_play_goes_on(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    waits = {"operation": ["Backup"], "wait": True, "poll_interval": 1}
    with lasting(azure):
        tasks = [
            task("vm_backup_now", select={}, skip_if_running=False),
            # Enough for the module to begin on a busy computer too.
            task("vm_backup_job_info", {"timeout": 8, "ignore_errors": True}, **waits),
            {"name": "Go on", "ansible.builtin.debug": {"msg": "still here"}},
        ]
        made = play(azure, tmp_path, tasks)
    assert lines(sections(made)["vm_backup_job_info"])
    assert "...ignoring" in sections(made)["vm_backup_job_info"]
    assert "still here" in made.output


def test_a_module_that_is_killed_fails_as_ever(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    def kill_module(_program: subprocess.Popen[str]) -> None:
        running = processes.naming(tmp_path).items()
        (module,) = (pid for pid, line in running if any("AnsiballZ_vm_backup_now" in one for one in line[1:2]))
        os.kill(module, signal.SIGKILL)

    with lasting(azure):
        tasks = [back_up(ignore_errors=True), {"name": "Go on", "ansible.builtin.debug": {"msg": "still here"}}]
        made = play_until(azure, tmp_path, tasks, "3 running", kill_module)
    assert made.status == 0, made.output
    assert "fatal: [localhost]: FAILED!" in sections(made)["Back up"]
    assert "still here" in made.output


def test_ctrl_c_ends_it_all(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    """Also at the moment at which a line is shown, when the queue that Ansible tidies up through is in use."""
    with lasting(azure), ctrl_c_arrives():
        made = play_until(azure, tmp_path, [back_up()], "3 running", processes.interrupt)
    assert made.status > 0, made.output


def test_an_awx_log_shows_it_under_its_task(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    """ansible-runner is what AWX runs jobs with: each line is an event of its own, and no event holds anything else."""
    ansible_runner = pytest.importorskip("ansible_runner")
    playbook = write(tmp_path, [back_up()])
    (tmp_path / "job").mkdir()
    with lasting(azure, 4):
        made = ansible_runner.run(
            private_data_dir=str(tmp_path / "job"),
            project_dir=str(tmp_path),
            playbook=playbook.name,
            envvars={**project.environment(sys.executable), **azure.env, **FAST, "HOME": str(tmp_path)},
            quiet=True,
        )
    assert made.status == "successful", made.stdout.read()
    events = list(made.events)
    (start,) = (event for event in events if event["event"] == "playbook_on_task_start")
    shown = [event for event in events if "vault-weu, backing up: " in event["stdout"]]
    assert [event["event"] for event in shown] == ["verbose"] * len(shown)
    assert {event["parent_uuid"] for event in shown} == {start["uuid"]}
    assert "3 of 3 done" in shown[-1]["stdout"]
    assert shown[-1]["counter"] < next(event["counter"] for event in events if event["event"] == "runner_on_ok")
    assert "CLOUDKEEP_PROGRESS" not in json.dumps(events)


class lasting:
    """Lets backups last longer than any test waits, for the length of a with block or until they may ``end``.

    Or other work, for so many seconds: more than a busy computer keeps somebody waiting who has to show a line of it.
    """

    def __init__(self, azure: RunningSimulator, seconds: float = 1000, kinds: t.Sequence[str] = ("backup",)) -> None:
        self.azure = azure
        self.wanted = dict.fromkeys(kinds, seconds)
        self.seconds = t.cast("dict[str, float]", azure.simulator.azure.state.profile.seconds)
        self.kept = dict(self.seconds)

    def __enter__(self) -> lasting:
        self.seconds.update(self.wanted)
        return self

    def __exit__(self, *_failure: object) -> None:
        self.seconds.update(self.kept)
        self.end()

    def end(self, *_whatever: object) -> None:
        self.azure.advance(1000)
