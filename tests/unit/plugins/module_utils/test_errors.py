# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import inspect
import json

import pytest

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _errors

ERRORS = [
    found for _name, found in inspect.getmembers(_errors, inspect.isclass) if issubclass(found, _errors.BackupError)
]
KEYS = ["code", "message", "http_status", "operation", "resource_id", "request_id", "recommendations", "retryable"]


@pytest.mark.parametrize("kind", ERRORS)
def test_every_error_says_what_it_is_with_the_same_keys(kind: type[_errors.BackupError]) -> None:
    bare = kind("It went wrong.")
    assert bare.as_result() == {
        "code": kind.__name__,
        "message": "It went wrong.",
        "http_status": None,
        "operation": None,
        "resource_id": None,
        "request_id": None,
        "recommendations": [],
        "retryable": False,
    }
    assert str(bare) == "It went wrong."
    assert list(bare.as_result()) == KEYS


def test_what_an_error_is_given_is_in_its_result() -> None:
    error = _errors.ServiceError(
        "no",
        code="X",
        http_status=409,
        operation="read",
        resource_id="/id",
        request_id="r",
        recommendations=iter(["a", "b"]),  # type: ignore[arg-type]
        retryable=True,
    )
    result = json.loads(json.dumps(error.as_result()))
    assert result == {
        "code": "X",
        "message": "no",
        "http_status": 409,
        "operation": "read",
        "resource_id": "/id",
        "request_id": "r",
        "recommendations": ["a", "b"],
        "retryable": True,
    }


def test_a_terminal_obeys_nothing_in_a_result() -> None:
    error = _errors.ServiceError("a \x9b31m\nb \u202e", code="C\x1b", recommendations=["Do \u2066it\x07."])
    result = error.as_result()
    assert result["message"] == "a \ufffd31m\nb \ufffd"
    assert (result["code"], result["recommendations"]) == ("C\ufffd", ["Do \ufffdit\ufffd."])


@pytest.mark.parametrize("code", [None, ""])
def test_an_error_without_a_code_has_its_kinds(code: str | None) -> None:
    assert _errors.OperationFailed("no", code=code).code == "OperationFailed"


def test_a_result_is_not_the_error_itself() -> None:
    error = _errors.BackupError("no", recommendations=["a"])
    error.as_result()["recommendations"].append("b")
    assert error.as_result()["recommendations"] == ["a"]


def test_bad_input_names_the_option_the_value_and_what_is_allowed() -> None:
    error = _errors.InvalidInput.for_option("retain_days", 0, "1 to 9999")
    assert error.message == "retain_days: 0 is not allowed. Allowed: 1 to 9999"
    assert error.code == "InvalidInput"


def test_a_missing_thing_is_an_answer_of_the_service() -> None:
    assert issubclass(_errors.NotFound, _errors.ServiceError)


def test_errors_are_summed_up_in_one() -> None:
    one = _errors.BackupError(
        "1", code="A", operation="read", resource_id="/1", recommendations=["x", "y"], retryable=True
    )
    other = _errors.BackupError("2", code="B", operation="write", resource_id="/2", recommendations=["y", "z"])
    both = _errors.together("all", [one, other])
    assert (both.message, both.code, both.operation, both.resource_id) == ("all", "SeveralFailures", "read", None)
    assert both.recommendations == ("x", "y", "z") and not both.retryable
    alone = _errors.together("all", [one], operation="check")
    assert (alone.code, alone.operation, alone.resource_id, alone.retryable) == ("A", "check", "/1", True)
