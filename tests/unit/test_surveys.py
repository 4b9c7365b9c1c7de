# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A playbook, the comment at its head and its job template know the same survey variables."""

from __future__ import annotations

import pathlib
import re
import typing as t

import pytest
import yaml

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "playbooks"
TEMPLATES = sorted((FOLDER / "vars").glob("awx_*.yml"))


def playbook(template: pathlib.Path) -> tuple[set[str], set[str]]:
    """Return the survey variables that the comment of a playbook tells, and those that it uses."""
    text = (FOLDER / template.name.removeprefix("awx_")).read_text(encoding="utf-8")
    told = set(re.findall(r"^#   (survey_\w+)  ", text, re.MULTILINE))
    return told, set(re.findall(r"\bsurvey_\w+", "\n".join(line for line in text.splitlines() if line[:1] != "#")))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.stem)
def test_the_survey_asks_what_the_playbook_takes(template: pathlib.Path) -> None:
    told, used = playbook(template)
    assert told == used
    entries = yaml.safe_load(template.read_text(encoding="utf-8"))["controller_templates"]
    assert entries
    for entry in entries:
        asked: list[dict[str, t.Any]] = entry.get("survey", {"spec": []})["spec"]
        assert entry["playbook"] == template.name.removeprefix("awx_")
        assert {*(question["variable"] for question in asked), *entry.get("extra_vars", {})} <= told
