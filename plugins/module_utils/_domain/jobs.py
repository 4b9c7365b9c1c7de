# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which jobs to ask a vault for.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt

from . import times


@dataclasses.dataclass(frozen=True)
class JobFilter:
    """A choice among the jobs of a vault; what is None is not asked for.

    ``start`` and ``end`` bound the time at which a job started. The service takes one value for each of the others.
    """

    operation: str | None = None
    status: str | None = None
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    job_id: str | None = None

    def to_odata(self) -> str:
        """Write the service's ``$filter``, which knows only ``eq`` and ``and``, for jobs of virtual machines."""
        clauses = {
            "backupManagementType": "AzureIaasVM",
            "operation": self.operation,
            "status": self.status,
            "startTime": times.to_filter(self.start) if self.start else None,
            "endTime": times.to_filter(self.end) if self.end else None,
            "jobId": self.job_id,
        }
        return " and ".join(f"{key} eq '{_quoted(value)}'" for key, value in clauses.items() if value is not None)


def _quoted(text: str) -> str:
    # OData doubles a quote inside a text, so that a value can never add a clause.
    return text.replace("'", "''")
