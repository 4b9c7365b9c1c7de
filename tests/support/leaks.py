# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds secrets in what a run leaves behind: texts, and the files of whole folders."""

from __future__ import annotations

import base64
import contextlib
import datetime as dt
import json
import pathlib
import typing as t
import urllib.parse
from unittest import mock

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure import threads
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import gateway, tokens, wire

from .simulator import RunningSimulator

MARK: t.Final = "pl4nted-"
"""The beginning of every secret that is planted."""


class Secrets:
    """What must be found nowhere: everything planted, what the simulator lets in, and each token that it has issued."""

    def __init__(self, azure: RunningSimulator) -> None:
        access = azure.access
        self.issued: list[str] = []
        self._own = [
            *(access["client_secret"], access["control_key"], access["federated_token"], access["user"]["password"]),
            access["managed_identity"]["IDENTITY_HEADER"],
        ]

    def _all(self) -> set[str]:
        texts = {MARK, *self._own}
        for token in self.issued:
            _header, claims, signature = token.split(".")
            texts |= {claims, signature}
        return {
            form
            for text in texts
            for form in (text, urllib.parse.quote(text, safe=""), base64.b64encode(text.encode()).decode().rstrip("="))
        }

    def within(self, text: str) -> list[str]:
        """Return the surroundings of each secret in a text."""
        return [
            f"…{text[max(0, place - 100) : place + 120]}…"
            for secret in self._all()
            if (place := text.find(secret)) >= 0
        ]

    def under(self, folder: pathlib.Path, *, but: t.Sequence[str] = ()) -> list[str]:
        """Return the files of a folder that hold one, or whose names do; ``but`` are patterns of paths to pass over."""
        found = []
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder)
            # A link leads to what is not the run's own, a pipe would never end.
            if any(place.match(pattern) for pattern in but) or path.is_symlink() or not path.is_file():
                continue
            held = self.within(f"{place}\n{path.read_bytes().decode('utf-8', 'replace')}")
            found += [f"{place}: {surroundings}" for surroundings in held[:1]]
        return found


@contextlib.contextmanager
def watched(azure: RunningSimulator) -> t.Iterator[Secrets]:
    """Keep note of the tokens that a simulator in this process gives out."""
    secrets = Secrets(azure)
    issue = tokens.Tokens.issue

    def noting(self: tokens.Tokens, *arguments: t.Any, **keywords: t.Any) -> str:
        secrets.issued.append(issue(self, *arguments, **keywords))
        return secrets.issued[-1]

    with mock.patch.object(tokens.Tokens, "issue", noting):
        yield secrets


@contextlib.contextmanager
def echoing(azure: RunningSimulator, path: str, status: int) -> t.Iterator[None]:
    """Let a simulator in this process refuse what ends in a path, and quote the whole request in its refusal."""
    door = azure.simulator.gateway
    answer = door.answer

    def refusing(request: wire.Request) -> gateway.Outcome:
        if not request.path.lower().rstrip("/").endswith(path.lower()):
            return answer(request)
        quoted = f"{request.method} {request.path} {dict(request.query)} {dict(request.headers)} {request.body}"
        message = f"AADSTS7000215: Refused was: {quoted}"
        error = {"code": "Refused", "message": message, "details": [{"message": message}]}
        body: dict[str, t.Any] = {"error": error}
        if path.endswith("/token"):
            body = {"error": "invalid_client", "error_description": message, "error_codes": [7000215]}
        headers = {"Content-Type": "application/json", "WWW-Authenticate": f'Bearer realm="{quoted}"'[:2000]}
        return gateway.Outcome(status, headers, json.dumps(body).encode())

    with mock.patch.object(door, "answer", refusing):
        yield


@contextlib.contextmanager
def hurried() -> t.Iterator[None]:
    """Let modules that run in this process wait for nothing and try nothing a second time."""
    with mock.patch("time.sleep"), mock.patch(f"{AzureClient.__module__}.SystemClock", _Hurried):
        yield


class _Hurried:
    """A clock that is always late."""

    def __init__(self, _stop: threads.Stop) -> None:
        self._seconds = 0.0

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.timezone.utc)

    def monotonic(self) -> float:
        self._seconds += 1000
        return self._seconds

    def sleep(self, seconds: float) -> None:
        return None
