# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a use case for a module. The only caller of exit_json and fail_json.

This file is private to the collection.
"""

from __future__ import annotations

import traceback
import typing as t

from ansible.module_utils.basic import AnsibleModule  # type: ignore[import-untyped]

from ._azure.client import AzureClient
from ._errors import BackupError, InvalidInput
from ._use_cases.outcome import Outcome


UseCase = t.Callable[[AzureClient, t.Mapping[str, t.Any]], Outcome]


def run(use_case: UseCase, **specification: t.Any) -> t.NoReturn:
    """Run a use case with the module's options and end the module.

    Args:
        use_case: called with the client and the options; raises BackupError when nothing sensible could be done.
        specification: arguments of AnsibleModule.
    """
    module = AnsibleModule(supports_check_mode=True, **specification)
    client: AzureClient | None = None
    try:
        check_waiting(module.params)
        client = AzureClient(module.params, check_mode=module.check_mode)
        outcome = use_case(client, module.params)
    except BackupError as error:
        outcome = Outcome(failure=error)
    except Exception as error:  # a defect of ours: still a sentence, with the traceback for the report
        module.fail_json(
            msg=f"Unexpected {type(error).__name__}: {error}. This is a defect of cloudkeep.azure_backup, please report it.",
            exception=traceback.format_exc(),
        )
    finally:
        if client is not None:
            for warning in client.warnings:
                module.warn(warning)
            client.close()
    _finish(module, outcome)


def _finish(module: AnsibleModule, outcome: Outcome) -> t.NoReturn:
    for warning in outcome.warnings:
        module.warn(warning)
    result: dict[str, t.Any] = {"changed": outcome.changed, **outcome.result}
    if module._diff and outcome.before is not None:
        result["diff"] = {"before": outcome.before, "after": outcome.after}
    if outcome.failure:
        module.fail_json(msg=outcome.failure.message, error=outcome.failure.as_result(), **result)
    module.exit_json(**result)


def check_waiting(options: t.Mapping[str, t.Any]) -> None:
    """Check the options of the group ``waiting``; raises InvalidInput."""
    for option, least in (("wait_timeout", 0), ("poll_interval", 1)):
        value = options.get(option)
        if value is not None and value < least:
            raise InvalidInput.for_option(option, value, f"a number of seconds, at least {least}")
