# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What goes wrong with Azure, where, and what comes of it: the table of the guide "When Azure fails", and of its tests.

A fault hits a group of calls. ``FAULTS`` tells for each pair what the user sees and what is written; from the second
follows what the next run does, which is the same task without the fault. ``tests/unit/test_fault_matrix.py`` runs each
fault on each call of the group through the modules that make it; ``tools/fault_table.py`` prints the table.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .fault_calls import CALLS, GROUPS

_IN_DOUBT: t.Final = "may or may not"
"""Words of a message that leaves open whether Azure has carried out the request."""


@dataclasses.dataclass(frozen=True)
class Cell:
    """What comes of a fault in a group of calls."""

    code: str | None = None
    """The error's code; None when the task succeeds."""
    phrase: str = ""
    """Words of the message; of a warning when the task succeeds."""
    written: str = "all"
    """``all`` or ``nothing``."""
    but: t.Mapping[str, Cell | None] = dataclasses.field(default_factory=dict)
    """Calls of the group (or ``call/module``) for which it is otherwise; None where the fault makes no sense."""

    @property
    def text(self) -> str:
        """The cell in the guide."""
        done = "all done, nothing left" if self.written == "all" else "nothing done, all left"
        return f"{self._outcome}; {done}" if self.code else self._outcome

    def beside(self, others: Cell) -> str:
        """The text of an exception, after that of the other calls: it does not repeat what is done."""
        return self._outcome if self.written == others.written else self.text

    @property
    def _outcome(self) -> str:
        if self.code is None:
            return "succeeds, with a warning" if self.phrase else "succeeds"
        return f"``{self.code}``, in doubt" if self.phrase == _IN_DOUBT else f"``{self.code}``"


@dataclasses.dataclass(frozen=True)
class Fault:
    """One thing that goes wrong."""

    label: str
    cells: t.Mapping[str, Cell | None]
    rule: t.Mapping[str, t.Any] | None = None
    """A rule of the simulator, without what it matches."""
    network: str | None = None
    """Or a name in ``network.py``."""
    acts: bool = False
    """Whether the service gets a request that the network loses the answer of."""
    times: int | None = None
    """How often it happens; None for ever."""


FINE: t.Final = Cell()
_FINE_EVERYWHERE: t.Final[t.Mapping[str, Cell | None]] = dict.fromkeys(GROUPS, FINE)


def _fails(
    code: str,
    phrase: str,
    *,
    sign_in: Cell | None,
    start: Cell | None = None,
    put: Cell | None = None,
    read: t.Mapping[str, Cell | None] | None = None,
    at_once: bool = False,
) -> dict[str, Cell | None]:
    """Return the cells of a fault that stays: before a write nothing is written, after it all is.

    ``at_once``: it is told at once, as repeating would not help.
    """
    # A cancellation is only asked why its job goes on; but nobody else is asked meanwhile, which is an outage.
    cancellation = FINE if at_once else Cell(code, "answered nothing for 7 minutes", "all")
    before = Cell(code, phrase, "nothing")
    return {
        "sign_in": sign_in,
        "read": _but_for_details(dataclasses.replace(before, but=read or {}), phrase),
        "discovery": before,
        "start": start or before,
        "put": put or before,
        # The list of jobs may show the job yet.
        "look": Cell(
            code, phrase, "all", {"operation": Cell("WaitTimeout", phrase, "all"), "cancel_poll": cancellation}
        ),
    }


def _but_for_details(failed: Cell, phrase: str) -> Cell:
    """Return the cell of reads that fail, but for those that only add to what is read already."""
    return dataclasses.replace(failed, but={**failed.but, **dict.fromkeys(_DETAILS, Cell(phrase=phrase))})


def _answer(status: int, **more: t.Any) -> dict[str, t.Any]:
    return {"kind": "answer", "status": status, **more}


_DETAILS = ("usage", "item")
_NO_LISTS = ("machine", "vault", "storage", "item", "status", "validate", "policy", "to_cancel")
_QUESTIONS = ("status", "validate")
_NO_JOBS = ("job", "cancel_poll", "operation", "vault_poll", "vault_shown", "policy_poll", "policy_shown")
_WRITTEN = ("vault_poll", "vault_shown", "policy_poll")
_NO_METADATA = "discover the cloud"
_UNREADABLE = "expected content"
_NOT_JSON: t.Final = Cell("NotJson", "JSON", "nothing")
_NOT_ENDED: t.Final = Cell("WaitTimeout", "had not ended", "all")
_NO_TOKEN: t.Final = Cell("AuthenticationFailed", "Could not sign in", "nothing")
_NO_CLOUD: t.Final = Cell("InvalidInput", "does not describe itself", "nothing")


FAULTS: t.Final[t.Mapping[str, Fault]] = {
    "429": Fault(
        "429 with ``Retry-After``, three times", _FINE_EVERYWHERE, _answer(429, headers={"Retry-After": "2"}), times=3
    ),
    "429 bare": Fault("429 without ``Retry-After``, three times", _FINE_EVERYWHERE, _answer(429), times=3),
    "500": Fault("500, twice", _FINE_EVERYWHERE, _answer(500), times=2),
    "503": Fault("503, twice", _FINE_EVERYWHERE, _answer(503, headers={"Retry-After": "1"}), times=2),
    "503 stays": Fault(
        "503 that stays",
        _fails(
            "ServerTimeout",
            "timed out",
            sign_in=Cell(
                "ConnectionFailed",
                "answers 503",
                "nothing",
                {"metadata": Cell("ServerTimeout", _NO_METADATA, "nothing")},
            ),
            start=Cell("AnswerLost", _IN_DOUBT, "nothing"),
            put=Cell("ServerTimeout", _IN_DOUBT, "nothing"),
        ),
        _answer(503),
    ),
    "refused": Fault("connection refused, twice", _FINE_EVERYWHERE, network="REFUSED", times=2),
    "refused stays": Fault(
        "connection refused, for good",
        _fails("ConnectionFailed", "No connection", sign_in=Cell("ConnectionFailed", "No connection", "nothing")),
        network="REFUSED",
    ),
    "name": Fault("the name can't be resolved, twice", _FINE_EVERYWHERE, network="NO_NAME", times=2),
    "name stays": Fault(
        "the name can't be resolved, for good",
        _fails("ConnectionFailed", "resolved", sign_in=Cell("ConnectionFailed", "resolved", "nothing")),
        network="NO_NAME",
    ),
    "untrusted": Fault(
        "a certificate that is not trusted",
        _fails(
            "ConnectionFailed",
            "not trusted",
            sign_in=Cell("ConnectionFailed", "not trusted", "nothing"),
            at_once=True,
        ),
        network="UNTRUSTED",
    ),
    "broken TLS": Fault("TLS that breaks, twice", _FINE_EVERYWHERE, network="BROKEN_TLS", times=2),
    "reset before": Fault("a reset before Azure acts, twice", _FINE_EVERYWHERE, {"kind": "drop_before"}, times=2),
    "reset after": Fault("a reset after Azure has acted, twice", _FINE_EVERYWHERE, {"kind": "drop_after"}, times=2),
    "time-out": Fault(
        "a time-out after Azure has acted, twice", _FINE_EVERYWHERE, network="NO_ANSWER", acts=True, times=2
    ),
    "time-out stays": Fault(
        "a time-out after Azure has acted, for good",
        {
            **_fails(
                "ConnectionFailed",
                "broke",
                sign_in=Cell("ConnectionFailed", "broke", "nothing"),
            ),
            # What is done shows in the jobs, the vault or the policy; the release of a lock shows in nothing.
            "start": FINE,
            "put": Cell(but={"unlock": Cell("ConnectionFailed", _IN_DOUBT, "nothing")}),
        },
        network="NO_ANSWER",
        acts=True,
    ),
    "truncated": Fault("half an answer, twice", _FINE_EVERYWHERE, {"kind": "truncate"}, times=2),
    "not JSON": Fault(
        "a web page as the answer, once",
        {
            "sign_in": dataclasses.replace(_NO_TOKEN, but={"metadata": _NOT_JSON}),
            # A 404 that is a web page is no word of the service that there is no such policy.
            "read": _but_for_details(
                dataclasses.replace(_NOT_JSON, but={"policy/policy": Cell("UnreadableAnswer", _UNREADABLE, "nothing")}),
                _NOT_JSON.phrase,
            ),
            "discovery": FINE,
            "start": FINE,
            "put": FINE,
            "look": FINE,
        },
        {"kind": "not_json"},
        times=1,
    ),
    "other shape": Fault(
        "JSON of another shape, once",
        {
            "sign_in": dataclasses.replace(_NO_TOKEN, but={"metadata": _NO_CLOUD}),
            "read": _but_for_details(
                Cell(
                    "UnreadableAnswer",
                    _UNREADABLE,
                    "nothing",
                    dict.fromkeys(_QUESTIONS, Cell("UnexpectedAnswer", "not what was expected", "nothing")),
                ),
                _UNREADABLE,
            ),
            "discovery": FINE,
            "start": FINE,
            "put": FINE,
            "look": FINE,
        },
        {"kind": "other_shape"},
        times=1,
    ),
    "empty": Fault(
        "an empty answer, once",
        {
            "sign_in": dataclasses.replace(_NO_TOKEN, but={"metadata": _NO_CLOUD}),
            "read": _but_for_details(
                Cell(
                    "UnreadableAnswer",
                    _UNREADABLE,
                    "nothing",
                    {
                        **dict.fromkeys(_QUESTIONS, Cell("UnexpectedAnswer", "empty", "nothing")),
                        "policy/policy": FINE,
                    },
                ),
                _UNREADABLE,
            ),
            "discovery": FINE,
            "start": FINE,
            "put": FINE,
            "look": FINE,
        },
        {"kind": "empty"},
        times=1,
    ),
    "bare 202": Fault(
        "an empty 202 that names no operation",
        {"sign_in": None, "read": None, "discovery": FINE, "start": FINE, "put": FINE, "look": None},
        {"kind": "bare"},
        times=2,
    ),
    "content type": Fault("a wrong content type, always", _FINE_EVERYWHERE, {"kind": "wrong_content_type"}),
    "expired": Fault(
        "401, as the token has expired", {**_FINE_EVERYWHERE, "sign_in": None}, {"kind": "expire_token"}, times=1
    ),
    "401": Fault(
        "401 that stays, with every token",
        _fails("InvalidAuthenticationToken", "clock", sign_in=None, at_once=True),
        _answer(401),
    ),
    "403": Fault(
        "403 in the middle",
        # Whether a deleted vault has the name, nobody needs to know who makes one.
        _fails("AuthorizationFailed", "role", sign_in=None, read={"deleted": FINE}, at_once=True),
        _answer(403),
    ),
    "unended": Fault(
        "an operation or a job that never ends",
        {
            "sign_in": None,
            "read": None,
            "discovery": dataclasses.replace(_NOT_ENDED, written="nothing", but={"refresh": None}),
            "start": None,
            "put": None,
            # Of a machine that is shown as protected it does not matter that its job goes on.
            "look": Cell(
                "WaitTimeout",
                "wait_timeout passed",
                "all",
                {
                    "jobs/protect": FINE,
                    "cancel_poll": FINE,
                    **dict.fromkeys(_WRITTEN, _NOT_ENDED),
                    "policy_shown": None,
                },
            ),
        },
        {"kind": "unended"},
    ),
    "stale": Fault(
        "reads that lag behind what was written",
        {"sign_in": None, "read": FINE, "discovery": None, "start": None, "put": None, "look": FINE},
        {"kind": "stale"},
        times=4,
    ),
    "same page": Fault(
        "a list whose page names itself as the next",
        {
            "sign_in": None,
            "read": Cell(
                "UnreadableAnswer",
                _UNREADABLE,
                "nothing",
                {"usage": Cell(phrase=_UNREADABLE), **dict.fromkeys(_NO_LISTS, None)},
            ),
            "discovery": None,
            "start": None,
            "put": None,
            # Jobs are read no further than to the oldest that is waited for, so that it may not be noticed.
            "look": Cell("UnreadableAnswer", _UNREADABLE, "all", {"jobs/now": FINE, **dict.fromkeys(_NO_JOBS, None)}),
        },
        {"kind": "same_page"},
    ),
    "overlap": Fault(
        "lists that change between two pages",
        {
            "sign_in": None,
            "read": Cell(but=dict.fromkeys(_NO_LISTS, None)),
            "discovery": None,
            "start": None,
            "put": None,
            "look": Cell(but=dict.fromkeys(_NO_JOBS, None)),
        },
        {"kind": "overlapping_pages"},
    ),
}
"""The rows."""


def cell(fault: str, call: str, module: str = "") -> Cell | None:
    """Return what comes of a fault in a call of a module; None where it makes no sense."""
    found = FAULTS[fault].cells[CALLS[call].group]
    return found.but.get(f"{call}/{module.partition(':')[0]}", found.but.get(call, found)) if found else None


def cells() -> t.Iterator[tuple[str, str, str]]:
    """Yield fault, call and module of every cell that is tested."""
    for fault in FAULTS:
        for call, about in CALLS.items():
            if cell(fault, call) is not None:
                yield from ((fault, call, module) for module in about.modules)
