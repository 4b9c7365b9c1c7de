# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Azure packages: which are needed, how their majors differ, and which api-versions are spoken.

Nothing else knows which major is installed. A method of a typed client builds and sends a request; what comes back is
taken from the wire in ``raw_response_hook`` and the method is left there, so that no model of a package ever reads,
loses or refuses anything, and no poller is made.
This file is private to the collection.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import re
import shlex
import sys
import threading
import types
import typing as t

from .._errors import AnswerLost, MissingLibrary, ServiceError
from . import faults
from .faults import Answer
from .policies import is_read
from .secrets import HIDDEN

FLOORS: t.Final = {
    "azure-core": "1.38.0",
    "azure-identity": "1.25.2",
    "azure-mgmt-recoveryservicesbackup": "9.1.0",
    "azure-mgmt-compute": "33.0.0",
    "azure-mgmt-recoveryservices": "3.0.0",
    "tzdata": "2024.1",
    "tzlocal": "5.2",
}
"""The oldest version of each package that works; azure.azcollection pins those of Azure."""

API_VERSIONS: t.Final = {
    # Seen on real vaults in late 2025, and the default of package version 10, between the oldest and the newest.
    "backup": "2025-02-01",
    # The default of the oldest package, so one that every package is known to work with; has all that is read here.
    "compute": "2024-07-01",
    # The same. Newer ones answer writes with an operation to follow, older ones at once: both are understood.
    "vaults": "2024-04-01",
}
"""The api-version of each service. They are pinned so that an upgrade of a package never changes what Azure answers."""

CLIENT_PACKAGES: t.Final = {
    "backup": "azure-mgmt-recoveryservicesbackup",
    "compute": "azure-mgmt-compute",
    "vaults": "azure-mgmt-recoveryservices",
}
"""The package that has the client of each service."""

JSON: t.Final = "application/json"

_importing = threading.Lock()
_loaded: set[str] = set()


def load(package: str, module: str) -> types.ModuleType:
    """Import a module of a package; raises MissingLibrary, naming what to install where, when that cannot be."""
    require(package)
    try:
        if module not in _loaded:
            # One at a time: of packages whose modules import each other, Python gives a second thread half of them.
            with _importing:
                importlib.import_module(module)
                _loaded.add(module)
        return importlib.import_module(module)
    except ImportError as error:
        raise _missing(package, f"cannot be imported ({error})") from error


def require(package: str) -> None:
    """Look whether a package is there and new enough, without importing it; raises MissingLibrary as ``load`` does."""
    problem = _problem(package)
    if problem:
        raise _missing(package, problem)


def _problem(package: str) -> str | None:
    try:
        found = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "is not installed"
    return f"is too old ({found})" if _numbers(found) < _numbers(FLOORS[package]) else None


def _missing(package: str, problem: str) -> MissingLibrary:
    # The others that lack are installed along: nobody wants to hear of them one by one.
    lacking = [package, *(name for name in FLOORS if name != package and _problem(name))]
    wanted = " ".join(f"'{name}>={FLOORS[name]}'" for name in lacking)
    return MissingLibrary(
        f"The Python package {package} {problem}; version {FLOORS[package]} or newer is needed for {sys.executable}: "
        f"{shlex.quote(sys.executable)} -m pip install {wanted}"
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version.partition("b")[0])[:3])


def client_class(service: str) -> t.Any:
    """Return the class of the client for ``backup``, ``compute`` or ``vaults``."""
    package = CLIENT_PACKAGES[service]
    module = load(package, package.replace("-", "."))
    if service == "compute":
        return module.ComputeManagementClient
    if service == "vaults":
        return module.RecoveryServicesClient
    # 9 keeps its client below a name of its own (and imports a second one beside it); 10 has it at the top.
    return module.RecoveryServicesBackupClient


def put_protected_item(client: t.Any) -> t.Callable[..., t.Any]:
    """Return the method that puts a protected item: with a poller since 11, without one before."""
    operations = client.protected_items
    return t.cast(
        "t.Callable[..., t.Any]", getattr(operations, "begin_create_or_update", None) or operations.create_or_update
    )


class _Taken(Exception):
    """Carries an answer from the hook out of the package's method."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("taken")
        self.answer = answer


def _take(response: t.Any) -> None:
    raise _Taken(_read(response))


def _read(response: t.Any) -> Answer:
    http = response.http_response
    request = http.request
    request_id = request.headers.get(faults.CLIENT_REQUEST_ID, "")
    headers = faults.lower_case(http.headers)
    text = faults.text_of(http)
    # A refusal may quote the request, and what is told of it would be shown.
    token = request.headers.get("Authorization", "").rpartition(" ")[2]
    if token and token in text:
        text = text.replace(token, HIDDEN)
    try:
        body = json.loads(text) if text else None
    except (ValueError, RecursionError):
        if http.status_code < 400:
            message = (
                f"The answer cannot be read as JSON (its type is given as {headers.get('content-type', 'nothing')}): "
                "a proxy or another server may stand in between"
            )
            if not is_read(request.method, request.url):
                message += ". Azure may or may not have carried out the request"
                raise AnswerLost(message, code="NotJson", request_id=request_id, retryable=True) from None
            raise ServiceError(message, code="NotJson", http_status=http.status_code, retryable=True) from None
        body = None
    maybe_done = bool(response.context.get(faults.MAYBE_DONE))
    return Answer(http.status_code, headers, body, request_id, empty=not text, maybe_done=maybe_done)


def call(
    method: t.Callable[..., t.Any], *arguments: t.Any, request_id: str, resend: bool = False, **keywords: t.Any
) -> Answer:
    """Run one method of a typed client and return what came over the wire, errors too.

    Args:
        method: the package's method.
        arguments: its arguments.
        request_id: the ``x-ms-client-request-id`` to send.
        resend: whether the write may be sent twice.
        keywords: its keywords.
    """
    headers = {faults.CLIENT_REQUEST_ID: request_id}
    try:
        result = method(*arguments, raw_response_hook=_take, resend=resend, headers=headers, **keywords)
        # A list is asked for only when it is read.
        next(iter(result.by_page()))
    except _Taken as taken:
        return taken.answer
    raise AssertionError(f"{method} sent nothing")


def get(pipeline: t.Any, url: str, *, request_id: str) -> Answer:
    """Read a URL that an answer has named: the next page, or where an operation stands."""
    from azure.core.rest import HttpRequest

    request = HttpRequest("GET", url, headers={"Accept": JSON, faults.CLIENT_REQUEST_ID: request_id})
    try:
        pipeline.run(request, raw_response_hook=_take)
    except _Taken as taken:
        return taken.answer
    raise AssertionError("the pipeline has no hook")
