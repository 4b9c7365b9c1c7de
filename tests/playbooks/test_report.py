# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook report and its role: the files, check mode, the gate that fails after them, and answers of a survey."""

from __future__ import annotations

import csv
import html
import json
import pathlib
import stat
import typing as t

import pytest

from ansible_collections.cloudkeep.azure_backup.tests.support import summaries
from ansible_collections.cloudkeep.azure_backup.tests.support.playbooks import PlaybookRun, run_playbook
from ansible_collections.cloudkeep.azure_backup.tests.support.simulator import RunningSimulator, running_simulator

NAMES: t.Final = {"azure-backup.html", "azure-backup.json", "azure-backup-machines.csv", "azure-backup-failures.csv"}
_TEMPLATES = """
- name: Use the filters as the role does
  hosts: localhost
  connection: local
  gather_facts: false
  vars:
    ansible_python_interpreter: "{{ ansible_playbook_python }}"
  tasks:
    - name: Read a summary, whose texts come from anybody
      ansible.builtin.slurp:
        src: "{{ summary_file }}"
      register: read
    - name: Keep it
      ansible.builtin.set_fact:
        summary: "{{ read.content | b64decode | from_json }}"
    - name: Judge it
      ansible.builtin.set_fact:
        result:
          lines: "{{ (summary | cloudkeep.azure_backup.vm_backup_summary_verdict).lines }}"
    - name: Show it
      ansible.builtin.debug:
        msg: "{{ result.lines }}"
    - name: Write it
      ansible.builtin.copy:
        content: "{{ summary | cloudkeep.azure_backup.vm_backup_summary_html }}"
        dest: "{{ page_file }}"
        mode: "0600"
"""


@pytest.fixture(scope="module")
def azure() -> t.Iterator[RunningSimulator]:
    with running_simulator(world="bad-afternoon") as running:
        yield running


def report(azure: RunningSimulator, folder: pathlib.Path, *, check: bool = False, **answers: t.Any) -> PlaybookRun:
    """Run the playbook as a job template does; the artifact is shown in the output."""
    environ = {**azure.env, "ANSIBLE_SHOW_CUSTOM_STATS": "true"}
    given = {"survey_directory": str(folder / "out"), **answers}
    return run_playbook("cloudkeep.azure_backup.report", folder, given, environ=environ, check=check)


def test_the_files_and_what_the_output_says(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    folder = tmp_path / "out"
    predicted = report(azure, tmp_path, check=True)
    assert predicted.status == 0, predicted.output
    assert not folder.exists() and "machines are protected" in predicted.output

    run = report(azure, tmp_path, survey_title="Our <b>", survey_rpo_hours="", survey_days=30, survey_fail_if="")
    assert run.status == 0, run.output
    assert {path.name for path in folder.iterdir()} == NAMES
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o640}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert azure.writes() == []

    page = (folder / "azure-backup.html").read_text(encoding="utf-8")
    data = json.loads((folder / "azure-backup.json").read_text(encoding="utf-8"))
    assert data["verdict"]["sentence"] in page and data["verdict"]["sentence"] in run.output
    assert "<h1>Our &lt;b&gt;</h1>" in page
    for need in data["verdict"]["needs"]:
        assert need["title"] in run.output and need["title"] in page
    with (folder / "azure-backup-machines.csv").open(encoding="utf-8", newline="") as file:
        assert {row["name"] for row in csv.DictReader(file)} == {vm["name"] for vm in data["vms"]}
    with (folder / "azure-backup-failures.csv").open(encoding="utf-8", newline="") as file:
        assert {row["code"] for row in csv.DictReader(file)} == {cause["code"] for cause in data["failures"]}
    assert "backup_report" in run.output and str(folder / "azure-backup.html") in run.output
    # A result that names every machine belongs into the files.
    assert len(run.output) < 20_000 and data["vms"][0]["id"] not in run.output


def test_check_mode_tells_that_files_would_change_and_leaves_them(
    azure: RunningSimulator, tmp_path: pathlib.Path
) -> None:
    answers: t.Any = {"survey_formats": ["json"], "survey_resource_groups": "rg-test", "survey_fail_if": ["gone"]}
    assert report(azure, tmp_path, **answers).status == 0
    (file,) = (tmp_path / "out").iterdir()
    before = file.read_bytes()
    assert {vm["resource_group"] for vm in json.loads(before)["vms"]} == {"rg-test"}
    run = report(azure, tmp_path, check=True, **answers)
    assert run.status == 0 and run.changed == 1
    assert file.read_bytes() == before and list((tmp_path / "out").iterdir()) == [file]


def test_the_gate_fails_after_the_report_is_written(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    run = report(azure, tmp_path, survey_fail_if=["unprotected", "stale"], survey_exclude="shop-*\ntest-07")
    assert run.status == 2, run.output
    assert {path.name for path in (tmp_path / "out").iterdir()} == NAMES
    data = json.loads((tmp_path / "out" / "azure-backup.json").read_text(encoding="utf-8"))
    assert data["summary"]["excluded"] > 0 and data["offenders"]["unprotected"]
    assert (
        data["offenders"]["unprotected"][0]["name"]
        in run.output.rpartition("TASK [cloudkeep.azure_backup.report : Fail")[2]
    )
    assert "backup_report" in run.output


def test_what_cannot_be_read_fails_and_the_report_says_so(azure: RunningSimulator, tmp_path: pathlib.Path) -> None:
    run = report(azure, tmp_path, survey_vault_resource_group="no-such-group", survey_formats="html")
    assert run.status == 2 and "no-such-group" in run.output and "Traceback" not in run.output
    page = (tmp_path / "out" / "azure-backup.html").read_text(encoding="utf-8")
    assert "No machine could be read." in page and "What could not be read" in page


def test_names_that_look_like_templates_stay_names(tmp_path: pathlib.Path) -> None:
    evaluated = tmp_path / "evaluated"
    template = f"{{{{ lookup('pipe', 'touch {evaluated}') }}}}"
    hostile = summaries.vm(name=template, state="unprotected", reason=summaries.reason("x", template, template))
    (tmp_path / "summary.json").write_text(json.dumps(summaries.summary([hostile])), encoding="utf-8")
    (tmp_path / "play.yml").write_text(_TEMPLATES, encoding="utf-8")
    given = {"summary_file": str(tmp_path / "summary.json"), "page_file": str(tmp_path / "page.html")}
    run = run_playbook(str(tmp_path / "play.yml"), tmp_path, given, environ={})
    assert run.status == 0, run.output
    assert not evaluated.exists() and template in run.output
    assert html.escape(template) in (tmp_path / "page.html").read_text(encoding="utf-8")
