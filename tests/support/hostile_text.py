# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Text that tries to be more than text: HTML, scripts, templates, formulas, control characters. For Hypothesis."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from . import summaries

ATTACKS: t.Final = (
    "<script>fetch('//evil.example')</script>",
    "</script><script>alert(1)</script>",
    "</style><style>*{display:none}</style>",
    "<!--<script>",
    "--><img src=//evil.example/x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "&lt;b&gt;&amp;&#60;",
    "{{ lookup('env', 'AZURE_SECRET') }}",
    "${7*7}",
    "]]>",
    '=HYPERLINK("http://evil.example","x")',
    "+1+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    " =1+1",
    "\uff1d1+1",
    'a\r\nb,c\n"d"',
    "\x00\x07\x1b[31m\x7f\x9b",
    "\u202egnp.exe",
    "\u2028\u2029",
    "\ud800",
    "__proto__",
    "constructor",
)


def texts() -> st.SearchStrategy[str]:
    """Any text, the attacks above often among them."""
    return (
        st.sampled_from(ATTACKS)
        | st.text(max_size=30)
        | st.builds("{}{}".format, st.text(max_size=5), st.sampled_from(ATTACKS))
    )


@st.composite
def machines(draw: st.DrawFn) -> dict[str, t.Any]:
    """A machine all of whose texts are hostile, in any state."""
    state = draw(st.sampled_from(summaries.STATES))
    text = texts()
    names = (
        "id",
        "name",
        "resource_group",
        "subscription_id",
        "location",
        "vault_name",
        "policy_name",
        "health_status",
    )
    values: dict[str, t.Any] = {name: draw(text) for name in names}
    entry = {name: draw(text) for name in ("title", "message")}
    return summaries.vm(
        state=state,
        exists=draw(st.sampled_from((True, False, None))),
        stale=draw(st.booleans()),
        unhealthy=draw(st.booleans()),
        health=[{"code": None, **entry, "recommendations": [draw(text)]}],
        age_hours=draw(st.none() | st.floats(0, 1e5, allow_nan=False)),
        last_backup_status=draw(text),
        deleted_permanently_at=draw(st.none() | st.just(summaries.stamp(summaries.NOW))),
        reason=draw(st.none() | st.builds(summaries.reason, text, text, st.none() | text)),
        **values,
    )


@st.composite
def results(draw: st.DrawFn) -> dict[str, t.Any]:
    """A summary in which every text is hostile."""
    text = texts()
    vms = draw(st.lists(machines(), max_size=4))
    cause = {name: draw(text) for name in ("code", "message", "topic")}
    failures = [summaries.failure(vms, recommendations=[draw(text)], **cause)] if vms else []
    error = {"code": draw(text), "message": draw(text), "recommendations": [draw(text)]}
    problem = {
        "affects": draw(text),
        "subscription_id": draw(text),
        "vault_id": None,
        "vault_name": draw(text),
        "error": error,
    }
    values = {
        name: draw(text) for name in ("name", "location", "resource_group", "soft_delete", "immutability", "redundancy")
    }
    storage = [{"name": draw(text), "bytes": draw(st.integers(0, 1 << 60)), "limit": None}]
    job = {"vm_name": draw(text), "operation": draw(text), "status": draw(text), "start_time": None, "duration": 61.5}
    jobs = {**summaries.jobs([(3, 1)]), "longest": [job]}
    vaults = [summaries.vault(**values, storage=storage)]
    given = {"failures": failures, "problems": [problem], "vaults": vaults, "jobs": jobs, "subscriptions": [draw(text)]}
    return summaries.summary(vms, **given)
