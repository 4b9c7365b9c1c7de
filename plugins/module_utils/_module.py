# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a use case for a module. The only caller of exit_json and fail_json.

This file is private to the collection.
"""

from __future__ import annotations

import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ._azure.client import AzureClient
from ._azure.secrets import Secrets
from ._domain.progress import Standing
from ._errors import Defect, InvalidInput, told
from ._text import clean_lines
from ._use_cases.outcome import Outcome

UseCase = t.Callable[[AzureClient, t.Mapping[str, t.Any]], Outcome]


def run(use_case: UseCase, **specification: t.Any) -> None:
    """Run a use case with the module's options and end the module.

    Args:
        use_case: called with the client and the options; raises BackupError when nothing sensible could be done.
        specification: arguments of AnsibleModule.
    """
    module = AnsibleModule(supports_check_mode=True, **specification)
    client: AzureClient | None = None
    secrets = Secrets()
    defect: str | None = None
    try:
        check_waiting(module.params)
        client = AzureClient(module.params, check_mode=module.check_mode, secrets=secrets)
        # Fleets take their time to be read, too.
        client.progress.tell(lambda: Standing("reading what is there"))
        outcome = use_case(client, module.params)
    except Exception as error:
        outcome = Outcome(failure=told(error))
        if isinstance(outcome.failure, Defect):
            # A report can hold the traceback (shown with -vvv).
            defect = traceback.format_exc()
    finally:
        # After Ctrl-C, too: what other threads still wait to send must not be sent by a task that has ended.
        if client is not None:
            client.close()
    if client is not None:
        outcome.warnings[:0] = client.warnings
    # Ansible takes out those of the task's options by itself, and these with them.
    module.no_log_values.update(secrets.texts)
    _finish(module, outcome, defect)


def _finish(module: AnsibleModule, outcome: Outcome, defect: str | None) -> None:
    for warning in outcome.warnings:
        module.warn(clean_lines(warning))
    result: dict[str, t.Any] = {"changed": outcome.changed, **outcome.result}
    if module._diff and outcome.before is not None:
        result["diff"] = {"before": outcome.before, "after": outcome.after}
    if defect:
        result["exception"] = defect
    if outcome.failure:
        module.fail_json(msg=clean_lines(outcome.failure.advice), error=outcome.failure.as_result(), **result)
    module.exit_json(**result)
    raise AssertionError("exit_json and fail_json end the process")


def check_waiting(options: t.Mapping[str, t.Any]) -> None:
    """Check the options of the group ``waiting``; raises InvalidInput."""
    for option, least in (("wait_timeout", 0), ("poll_interval", 1)):
        value = options.get(option)
        if value is not None and value < least:
            raise InvalidInput.for_option(option, value, f"a number of seconds, at least {least}")
