# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every failed task owes to whoever reads it at three in the morning."""

from __future__ import annotations

import json
import re
import typing as t

from .modules import ModuleResult

ERROR_KEYS: t.Final = {
    "code",
    "message",
    "http_status",
    "operation",
    "resource_id",
    "request_id",
    "recommendations",
    "retryable",
}
NOISE: t.Final = (
    "Unexpected",
    "Traceback",
    "defect",
    "Max retries",
    "object at 0x",
    "Errno",
    "<html",
    "AttributeError",
)


def check_failure(
    result: ModuleResult, *fragments: str, code: str | None = None, from_ansible: bool = False, changed: bool = False
) -> None:
    """Check that a task failed with one clear text that holds the fragments, and with the parts of an error.

    ``from_ansible``: Ansible itself refused the options, before the module saw them.
    """
    assert result.failed, f"did not fail: {json.dumps(result)[:500]}"
    message = str(result["msg"])
    assert "exception" not in result, result["exception"]
    for fragment in fragments:
        assert fragment in message, f"{fragment!r} is not in: {message}"
    for noise in NOISE:
        assert noise not in message, f"{noise!r} is in: {message}"
    assert not re.search(r"\n|  |\w\.\.", message), message
    assert 20 < len(message) < 1200, message
    if from_ansible:
        return
    assert result["changed"] is changed
    assert set(result["error"]) == ERROR_KEYS
    assert result["error"]["code"] and result["error"]["message"]
    if code:
        assert result["error"]["code"] == code, result["error"]
