# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What must never be shown: learned where it is first known, and taken out of every text that is shown.

No text of ours holds a secret. This is for the texts of others: a service that quotes the request in its refusal, a
library's exception, the traceback of a defect.
This file is private to the collection.
"""

from __future__ import annotations

import os
import pathlib
import re
import threading
import typing as t
import urllib.parse

from .settings import VARIABLES

SHORTEST: t.Final = 6
"""Characters; a shorter text is also part of words that are none of it."""
HIDDEN: t.Final = "********"

_OPTIONS: t.Final = ("secret", "password", "oidc_token")
_ADDRESSES: t.Final = ("cloud_environment", "adfs_authority_url")
_MORE_VARIABLES: t.Final = ("IDENTITY_HEADER", "MSI_SECRET")
_PROXIES: t.Final = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
# A signed assertion or a token: three parts, of which the first begins a JSON object.
_SIGNED: t.Final = re.compile(r"eyJ[\w-]{10,}\.[\w-]+(?:\.[\w-]*)?", re.ASCII)


class Secrets:
    """The secrets that a run has met so far. Safe to share between threads."""

    def __init__(self) -> None:
        self._texts: set[str] = set()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Secrets({len(self.texts)})"

    @property
    def texts(self) -> frozenset[str]:
        """All of them, also in the form in which a URL holds them."""
        with self._lock:
            return frozenset(self._texts)

    def add(self, text: str | None) -> None:
        """Take note of one."""
        if text and len(text) >= SHORTEST:
            with self._lock:
                self._texts |= {text, urllib.parse.quote(text, safe=""), urllib.parse.quote_plus(text)}

    def learn(self, options: t.Mapping[str, t.Any], environ: t.Mapping[str, str]) -> None:
        """Take note of what options and environment variables hold."""
        for option in _OPTIONS:
            self.add(_text(options.get(option)))
            for variable in VARIABLES[option]:
                self.add(environ.get(variable, "").strip())
        for variable in _MORE_VARIABLES:
            self.add(environ.get(variable))
        for option in _ADDRESSES:
            for address in (_text(options.get(option)), *(environ.get(variable, "") for variable in VARIABLES[option])):
                self._add_user_of(address)
        for variable in _PROXIES:
            self._add_user_of(environ.get(variable, ""))

    def learn_from(self, values: t.Mapping[str, str]) -> None:
        """Take note of what was found in the profile file, and in the file of a federated token."""
        for option in _OPTIONS:
            self.add(values.get(option))
        path = values.get("oidc_token_file_path")
        if path:
            try:
                self.add(pathlib.Path(os.path.expanduser(path)).read_text(encoding="utf-8").strip())
            except (OSError, UnicodeDecodeError):
                pass  # who needs it says so

    def _add_user_of(self, address: str) -> None:
        authority = re.split(r"[/?#]", address.partition("//")[2] or address, maxsplit=1)[0]
        _name, colon, password = authority.rpartition("@")[0].partition(":")
        if colon:
            self.add(password)
            self.add(urllib.parse.unquote(password))

    def hidden(self, text: str) -> str:
        """Return a text without them, and without anything signed."""
        for secret in sorted(self.texts, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return _SIGNED.sub(HIDDEN, text)


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""
