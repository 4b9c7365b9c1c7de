# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that the collection raises on purpose, and the form in which a result shows them.

Everything below the module wrapper raises; only `_module.py` turns an error into a failed task.
This file is private to the collection.
"""

from __future__ import annotations

import copy
import typing as t

from ._text import clean, clean_lines

Kind = t.TypeVar("Kind", bound="BackupError")


class BackupError(Exception):
    """Something went wrong, told in words that a person can act on.

    Args:
        message: what happened and what to do, without secrets.
        code: the service's code (``BMSUserErrorInvalidInput``) or one of ours (``InvalidInput``).
        http_status: of the answer, where there was one.
        operation: what was being done, for example ``protect virtual machine``.
        resource_id: the ARM id that it was about.
        request_id: the service's ``x-ms-request-id``, for a support request.
        recommendations: what the service or we advise, in order.
        retryable: whether the same task may succeed when run again unchanged.
    """

    default_code = "BackupError"
    goes_on = False
    """Whether Azure goes on with something that it had accepted before this happened."""
    maybe_done = False
    """Whether nobody knows if Azure has carried out what was sent, in the last attempt or in one before it."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        http_status: int | None = None,
        operation: str | None = None,
        resource_id: str | None = None,
        request_id: str | None = None,
        recommendations: t.Sequence[str] = (),
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.http_status = http_status
        self.operation = operation
        self.resource_id = resource_id
        self.request_id = request_id
        self.recommendations = tuple(recommendations)
        self.retryable = retryable

    @property
    def advice(self) -> str:
        """The message followed by what is advised, for whoever reads only one text."""
        missing = [text for text in self.recommendations if text.rstrip(".") not in self.message]
        return ". ".join(text.rstrip(".") for text in (self.message, *missing)) if missing else self.message

    def reworded(self: Kind, message: str) -> Kind:
        """Return the same error with other words."""
        error = copy.copy(self)
        error.message, error.args = message, (message,)
        return error

    def doubted(self: Kind) -> Kind:
        """Return the same error of a write that Azure may have carried out all the same, and have it say so."""
        if self.maybe_done:
            return self
        error = self.reworded(f"{self.message.rstrip('.')}. Azure may or may not have carried it out")
        error.maybe_done = True
        return error

    def as_result(self) -> dict[str, t.Any]:
        """Return the ``error`` key of a result; every key is always there.

        Words of the service and names of things are in its texts, and Ansible prints them as they are.
        """
        return {
            "code": clean(self.code),
            "message": clean_lines(self.message),
            "http_status": self.http_status,
            "operation": self.operation,
            "resource_id": self.resource_id,
            "request_id": self.request_id,
            "recommendations": [clean_lines(text) for text in self.recommendations],
            "retryable": self.retryable,
        }


class InvalidInput(BackupError):
    """An option holds what is not allowed; found before any request is sent."""

    default_code = "InvalidInput"

    @classmethod
    def for_option(cls, option: str, value: object, allowed: str) -> InvalidInput:
        """Name the option, the value and what is allowed."""
        return cls(f"{option}: {value!r} is not allowed. Allowed: {allowed}")


class MissingLibrary(BackupError):
    """A Python package is missing or too old."""

    default_code = "MissingLibrary"


class AuthenticationFailed(BackupError):
    """No token could be had, or the service refuses the token (401)."""

    default_code = "AuthenticationFailed"


class ConnectionFailed(BackupError):
    """The service could not be reached: name resolution, TLS, refused or dropped connection, time-out."""

    default_code = "ConnectionFailed"


class ServiceOutage(ConnectionFailed):
    """The service has answered nothing for so long that the request was not sent any more: nothing was done."""

    default_code = "ServiceOutage"


class ServiceError(BackupError):
    """The service answered with an error."""

    default_code = "ServiceError"


class NotFound(ServiceError):
    """404. It means "absent" only where the caller asked for that."""

    default_code = "NotFound"


class AnswerLost(BackupError):
    """A write was sent and its answer never came, or was a 5xx: the service may or may not have acted.

    The caller must look (by ``request_id``, which the service keeps as a job's ``activityId``) before it sends again.
    """

    default_code = "AnswerLost"
    maybe_done = True


class OperationFailed(BackupError):
    """A long-running operation or a job ended in failure."""

    default_code = "OperationFailed"


class WaitTimeout(BackupError):
    """The deadline passed while something was still running; it goes on in Azure."""

    default_code = "WaitTimeout"
    goes_on = True


class WriteInCheckMode(BackupError):
    """A defect of ours: a write was about to be sent in check mode. Nothing was sent."""

    default_code = "WriteInCheckMode"


class ForeignHost(BackupError):
    """A URL from an answer points to another host or to plain http; the token was not sent there."""

    default_code = "ForeignHost"


class Defect(BackupError):
    """A defect of ours: an exception that nobody foresaw. The user still gets a sentence."""

    default_code = "Defect"

    @classmethod
    def of(cls, error: Exception) -> Defect:
        """Say so of an exception."""
        made = cls(
            f"Unexpected {type(error).__name__}: {error}. This is a defect of cloudkeep.azure_backup, please report it."
        )
        made.__cause__ = error
        return made


def told(error: Exception) -> BackupError:
    """Return an error as it is when the collection raised it on purpose, else as a Defect.

    For where something is written already: what is known of it must not be lost for what nobody foresaw.
    """
    return error if isinstance(error, BackupError) else Defect.of(error)


def together(message: str, errors: t.Sequence[BackupError], *, operation: str | None = None) -> BackupError:
    """Sum up errors, at least one, in one with this message.

    It has their code where they all have the same, else ``SeveralFailures``; this operation, or that of the first;
    each of their recommendations once; and the resource of an error that is the only one.
    """
    first = errors[0]
    return BackupError(
        message,
        code=first.code if len({error.code for error in errors}) == 1 else "SeveralFailures",
        operation=operation or first.operation,
        resource_id=first.resource_id if len(errors) == 1 else None,
        recommendations=tuple(dict.fromkeys(text for error in errors for text in error.recommendations)),
        retryable=all(error.retryable for error in errors),
    )
