# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Long-running operations in their two dialects: ``…Status`` tells how it stands, ``…Results`` brings what came out.

An operation's id is never the id of the job that it started.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import typing as t

from . import entities, errors, naming, paging, routing, simulation, timeline, wire, wire_times

# UNVERIFIED: for how long the service tells of an operation that has ended; assumed a day.
_KEPT: t.Final = dt.timedelta(days=1)


@dataclasses.dataclass
class Operation:
    """``owner`` is the key of the vault; ``result`` makes the last answer of the results URL."""

    id: str
    owner: str
    kind: str
    work: timeline.Work
    result: t.Callable[[wire.Request], wire.Response]
    job: entities.Job | None = None
    error: dict[str, str] | None = None
    ready: t.Callable[[], bool] = lambda: True
    """Whether the result can be seen; the status does not wait for that."""


def nothing(_request: wire.Request) -> wire.Response:
    """Answer 204, the result of an operation that has none."""
    return wire.Response(204)


class Operations:
    """All operations that run, and those that ended not long ago."""

    def __init__(self, state: simulation.Simulation) -> None:
        self._state = state
        self._operations: dict[str, Operation] = {}

    def reset(self) -> None:
        """Forget them."""
        self._operations.clear()

    def routes(self) -> list[wire.Route]:
        """Return the URLs at which operations are followed: those of items, fabrics, jobs, policies and vaults."""
        table = (
            (routing.ITEM + "/operationsStatus/{operation}", self.status),
            (routing.ITEM + "/operationResults/{operation}", self.results),
            (routing.FABRIC + "/operationsStatus/{operation}", self.status),
            (routing.FABRIC + "/operationResults/{operation}", self.results),
            (routing.VAULT + "/backupOperations/{operation}", self.status),
            (routing.VAULT + "/backupOperationResults/{operation}", self.results),
            (routing.VAULT + "/backupJobs/{job}/operationsStatus/{operation}", self.status),
            (routing.VAULT + "/backupJobs/{job}/operationResults/{operation}", self.results),
            (routing.VAULT + "/backupPolicies/{policy}/operations/{operation}", self.status),
            (routing.VAULT + "/backupPolicies/{policy}/operationResults/{operation}", self.results),
            # The vault itself may be gone when its deletion is asked about, so these two do not look for it.
            (routing.VAULTS + "/{name}/operationStatus/{operation}", self.vault_status),
            (routing.VAULTS + "/{name}/operationResults/{operation}", self.vault_results),
        )
        return [routing.route(self._state, "GET", template, handler) for template, handler in table]

    def begin(
        self,
        owner: str,
        kind: str,
        work: timeline.Work,
        *,
        result: t.Callable[[wire.Request], wire.Response] = nothing,
        job: entities.Job | None = None,
        ready: t.Callable[[], bool] = lambda: True,
    ) -> Operation:
        """Start to keep track of work."""
        self._forget_old()
        plain = self._state.guid()
        identity = naming.encoded(plain) if kind == "vault" else self._state.quirks.operation_id(plain)
        operation = Operation(identity, owner, kind, work, result, job=job, ready=ready)
        self._operations[identity.casefold()] = operation
        return operation

    def _forget_old(self) -> None:
        oldest = self._state.now() - _KEPT
        while self._operations:
            identity, first = next(iter(self._operations.items()))
            if first.work.ended_at is None or first.work.ended_at > oldest:
                return
            del self._operations[identity]

    def accepted(
        self, request: wire.Request, operation: Operation, path: str, names: tuple[str, str], status: int = 202
    ) -> wire.Response:
        """Answer that the work has begun. ``path`` lies before ``names``, those of the status and results URLs.

        An empty name leaves that URL out. URLs keep the letter case of the path that the caller sent.
        """
        headers = {"Retry-After": self._state.profile.retry_after(operation.kind)}
        for header, name, asks_status in (("Azure-AsyncOperation", names[0], True), ("Location", names[1], False)):
            if name:
                query = self._state.quirks.operation_query(
                    request.api_version, status=asks_status, signed=operation.kind == "vault"
                )
                headers[header] = f"{request.base_url}{paging.quoted(f'{path}/{name}/{operation.id}')}?{query}"
        return wire.Response(status, headers=headers)

    def status(self, request: wire.Request, vault: entities.Vault, operation: str, **_names: str) -> wire.Response:
        """Answer how an operation of a vault stands."""
        return self.status_of(request, vault.key, operation)

    def status_of(self, request: wire.Request, owner: str, operation: str) -> wire.Response:
        """Answer how an operation stands that belongs to something else than a vault."""
        return wire.Response(200, self._status_body(self._look(owner, operation)))

    def results(self, request: wire.Request, vault: entities.Vault, operation: str, **_names: str) -> wire.Response:
        """Answer 202 while an operation of a vault runs, then what came out of it."""
        return self._results(request, self._look(vault.key, operation))

    def vault_status(self, request: wire.Request, group: entities.Group, name: str, operation: str) -> wire.Response:
        """Answer how the creation or deletion of a vault stands."""
        found = self._look(naming.vault_id(group.subscription_id, group.name, name).casefold(), operation)
        body = {"id": request.path, "name": found.id, "status": "Succeeded" if found.work.ended_at else "InProgress"}
        return wire.Response(200, body)

    def vault_results(self, request: wire.Request, group: entities.Group, name: str, operation: str) -> wire.Response:
        """Answer with the vault, or with 404 when it was deleted."""
        owner = naming.vault_id(group.subscription_id, group.name, name).casefold()
        return self._results(request, self._look(owner, operation))

    def _look(self, owner: str, identity: str) -> Operation:
        found = self._operations.get(identity.casefold())
        if not found or found.owner != owner:
            # UNVERIFIED: code and status for an operation that never was; assumed 404 in the service's shape.
            raise errors.service("OperationNotFound", f"The operation {identity} was not found.", 404)
        self._state.timeline.read(found.work, self._state.now())
        return found

    def _status_body(self, operation: Operation) -> dict[str, t.Any]:
        started = wire_times.stamp(operation.work.started)
        body: dict[str, t.Any] = {
            "id": operation.id,
            "name": operation.id,
            "status": "InProgress",
            "startTime": started,
        }
        if not operation.work.ended_at:
            return body | {"endTime": wire_times.NOT_ENDED}
        # The service gives an ended operation the time of its start as its end.
        body |= {"status": "Succeeded", "endTime": started}
        if operation.error:
            return body | {"status": "Failed", "error": operation.error}
        if operation.job:
            body["properties"] = {"objectType": "OperationStatusJobExtendedInfo", "jobId": operation.job.id}
        return body

    def _results(self, request: wire.Request, operation: Operation) -> wire.Response:
        path = request.path.rstrip("/").rpartition("/")[0]
        base, _separator, name = path.rpartition("/")
        item_level = "/protecteditems/" in base.lower()
        names = ("operationsStatus" if item_level else "", name)
        if not operation.work.ended_at or not operation.ready():
            answer = self.accepted(request, operation, base, names)
            answer.body = {} if item_level else wire.EMPTY
            return answer
        answer = operation.result(request)
        if answer.status == 204 and item_level:
            # Recorded: the last, empty answer of a backup still names the status URL, but no Location.
            answer.headers |= self.accepted(request, operation, base, (names[0], "")).headers
        return answer
