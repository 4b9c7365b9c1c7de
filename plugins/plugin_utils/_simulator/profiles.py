# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast, how late and how oddly the simulated service answers.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import random
import re
import typing as t
import urllib.parse

from . import naming

NAMES: t.Final = ("fast", "polls", "recorded", "hostile")

# Seconds, by kind of work. "accept" is how long the operation of a backup runs, whose job goes on.
_FAST = {
    "refresh": 0.2, "configure": 0.3, "stop": 0.2, "undelete": 0.2, "delete": 0.2, "accept": 0.1, "backup": 1.0,
    "collision": 0.1, "cancel": 0.2, "vault": 0.2, "machine": 0.2, "register": 0.2, "policy": 0.2,
}  # fmt: skip
# Seen in recorded traffic.
# UNVERIFIED: undelete, accept, cancel, register and policy were not measured; assumed like the others.
_RECORDED = {
    "refresh": 30, "configure": 31, "stop": 14, "undelete": 14, "delete": 118, "accept": 5, "backup": 2122,
    "collision": 1, "cancel": 60, "vault": 5, "machine": 60, "register": 30, "policy": 30,
}  # fmt: skip
_READS = {"backup": 4}


@dataclasses.dataclass(frozen=True)
class Profile:
    """Durations in seconds by kind of work, or the number of status reads that end it."""

    name: str
    seconds: t.Mapping[str, float]
    by_reads: bool = False
    late: float = 0.0
    """Seconds by which jobs and items show up, and deleted items go, after they should."""
    failure_rate: float = 0.0

    @classmethod
    def named(cls, name: str, *, time_scale: float = 1.0) -> Profile:
        """Return a profile; raises ValueError for an unknown name."""
        if name not in NAMES:
            raise ValueError(f"profile: {name!r} is not allowed. Allowed: {', '.join(NAMES)}")
        if name == "recorded":
            return cls(name, {kind: seconds / time_scale for kind, seconds in _RECORDED.items()})
        if name == "hostile":
            return cls(name, _FAST, late=0.3, failure_rate=0.15)
        return cls(name, _FAST, by_reads=name == "polls")

    def reads(self, kind: str) -> int | None:
        """Return the number of status reads that end such work, or None when time does."""
        return _READS.get(kind, 3) if self.by_reads else None

    @property
    def hostile(self) -> bool:
        """Whether answers come in unusual but allowed shapes."""
        return self.name == "hostile"

    def retry_after(self, kind: str) -> str:
        """Return the ``Retry-After`` of a long-running operation, whole seconds."""
        if self.name == "recorded":
            usual = 60 if kind in ("refresh", "vault", "cancel", "policy") else 30
            return str(max(1, round(usual * self.seconds["refresh"] / _RECORDED["refresh"])))
        # 0 was recorded, and clients take it for "none given".
        return "0" if kind == "refresh" or self.by_reads else "1"


class Quirks:
    """The oddities of the ``hostile`` profile, drawn from a seed; no other profile has any."""

    def __init__(self, profile: Profile, numbers: random.Random) -> None:
        self._profile = profile
        self._random = numbers
        self._failed: set[str] = set()

    def sabotages(self, machine_key: str) -> bool:
        """Say whether this job shall fail: at most once for a machine, so that a second run converges."""
        if machine_key in self._failed or self._random.random() >= self._profile.failure_rate:
            return False
        self._failed.add(machine_key)
        return True

    def operation_id(self, plain: str) -> str:
        """Return the id of an operation: a GUID, or under the hostile profile base64 of something longer."""
        if self._profile.hostile and self._random.random() < 0.5:
            return naming.encoded(f"{plain};{self._random.getrandbits(64):x}")
        return plain

    def signature(self) -> str:
        """Return the query part that signs an operation's URL."""
        parts = {"t": str(639_000_000_000_000_000 + self._random.getrandbits(40))}
        parts |= {key: f"{self._random.getrandbits(160):040x}" for key in ("c", "s", "h")}
        return "&".join(f"{key}={value}" for key, value in parts.items())

    def operation_query(self, api_version: str, *, status: bool, signed: bool = False) -> str:
        """Return the query of an operation's URL; the status URL may name an api-version that nobody asked for."""
        if self._profile.hostile and status:
            api_version = "2019-05-13-preview"
        query = f"api-version={urllib.parse.quote(api_version)}"
        return f"{query}&{self.signature()}" if signed or self._profile.hostile else query

    def body(self, body: t.Any) -> t.Any:
        """Return an answer's body with the letter case of ids changed here and there."""
        if not self._profile.hostile:
            return body
        if isinstance(body, dict):
            return {key: self.body(value) for key, value in body.items()}
        if isinstance(body, list):
            return [self.body(value) for value in body]
        if isinstance(body, str) and body.startswith("/subscriptions/") and "?" not in body:
            return self._other_case(body)
        return body

    def _other_case(self, arm_id: str) -> str:
        draw = self._random.random()
        if draw < 0.25:
            return "/S" + arm_id[2:]
        if draw < 0.5:
            return arm_id.replace("/vaults/", "/Vaults/")
        if draw < 0.75:
            return re.sub(r"(/resourceGroups/)([^/]+)", lambda match: match[1] + match[2].upper(), arm_id, count=1)
        return arm_id
