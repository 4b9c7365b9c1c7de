# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sends writes to a scripted vault, and follows their jobs."""

from __future__ import annotations

import typing as t

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.backup import Submission
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.clock import Deadline
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import submissions

from .fake_azure import NOW

OPERATION: t.Final = "Backup"


def send(backup: t.Any, name: str = "web-01") -> t.Callable[[], Submission]:
    tail = f"iaasvmcontainerv2;rg-web;{name}"
    return lambda: t.cast(Submission, backup.start_backup(f"iaasvmcontainer;{tail}", f"vm;{tail}", None))


def sent(backup: t.Any, *names: str) -> dict[str, submissions.Followed]:
    made = submissions.send_all(backup, {name: send(backup, name) for name in names}, OPERATION, 15)
    return {key: one for key, one in made.items() if isinstance(one, submissions.Followed)}


def submit(backup: t.Any, name: str = "web-01") -> Submission:
    made = submissions.send_all(backup, {name: send(backup, name)}, OPERATION, 15)[name]
    if isinstance(made, _errors.BackupError):
        raise made
    return made.submission


def follow(backup: t.Any, followed: t.Mapping[str, submissions.Followed], seconds: float = 600, **more: t.Any) -> None:
    submissions.follow(
        backup,
        followed.values(),
        operation=OPERATION,
        started=NOW,
        deadline=Deadline(backup.client.clock, seconds),
        poll_interval=15,
        **more,
    )
