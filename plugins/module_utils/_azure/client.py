# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way to Azure for one module run: settings, cloud, token, pipeline, a typed client per service and subscription.

This file is private to the collection.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import functools
import logging
import os
import threading
import typing as t
import uuid

from .._errors import AnswerLost, BackupError, ConnectionFailed, InvalidInput, ServiceError
from . import clouds, credentials, faults, sdk, settings, threads
from .clock import Clock, ServiceClock, SystemClock
from .connections import Connections
from .faults import Answer
from .pacing import Pacer
from .patience import Patience
from .policies import Authorization, HostGuard, Policy, ReadOnly, ServiceTime, UntilStopped, UserAgent
from .progress import CHANNEL, Progress
from .retries import Retry
from .secrets import Secrets
from .tokens import SignInTransport, TokenSource

_PAUSES_AFTER_NONSENSE: t.Final = (1.0, 5.0)
# One for all clients of a process: a logger keeps each handler that it was ever given.
_NOBODY: t.Final = logging.NullHandler()

Method = t.Callable[..., t.Any]


class AzureClient:
    """What `compute.py`, `vaults.py` and `backup.py` send their requests through. Safe to share between threads.

    Args:
        options: the module's parameters.
        check_mode: whether every write must fail.
        environ: the environment variables, by default the process's own.
        clock: what tells the time, by default the computer's; the client's own follows the service's time of day.
        secrets: takes note of the secrets that are met.

    The constructor finds the settings and raises InvalidInput; it sends nothing and imports no Azure package.
    """

    def __init__(
        self,
        options: t.Mapping[str, t.Any],
        *,
        check_mode: bool,
        environ: t.Mapping[str, str] | None = None,
        clock: Clock | None = None,
        secrets: Secrets | None = None,
    ) -> None:
        self.check_mode = check_mode
        self._stop = threads.Stop()
        self._own_clock: Clock = clock or SystemClock(self._stop)
        self.clock = ServiceClock(self._own_clock)
        self.warnings: list[str] = []
        self._environ = os.environ if environ is None else environ
        self.secrets = secrets or Secrets()
        self.secrets.learn(options, self._environ)
        self._settings = settings.resolve(options, self._environ)
        self.secrets.learn_from(self._settings.values)
        self._cloud_name = self._settings.get("cloud_environment")
        if self._cloud_name:
            clouds.known(self._cloud_name)
        self._authority = _authority(self._settings.get("adfs_authority_url"))
        self._clients: dict[tuple[str, str], t.Any] = {}
        self._lock = threading.RLock()
        self._discovering = threading.RLock()
        self._signed_in: concurrent.futures.Future[None] | None = None
        self._patience = Patience(self.clock)
        self.progress = Progress(self._environ.get(CHANNEL))
        if not self._settings.validate_certificates:
            self.warnings.append(
                "cert_validation_mode is ignore: anyone between this host and Azure can read and change what is sent"
            )

    @property
    def subscription_id(self) -> str:
        """The subscription of the vault; with the az login, when none is named, the one that it is for."""
        with self._lock:
            found = self._settings.get("subscription_id")
            if not found and "cli" in self._settings.credentials:
                found = self._cli_account.subscription_id
        if not found:
            raise InvalidInput("subscription_id is missing, and no az login is used that has a default subscription")
        return found

    @functools.cached_property
    def _cli_account(self) -> credentials.CliAccount:
        return credentials.cli_account(self._environ)

    @property
    def cloud(self) -> clouds.Cloud:
        """The cloud; for an address that is not a well-known one, what it says about itself."""
        with self._discovering:
            return self._cloud

    @functools.cached_property
    def _cloud(self) -> clouds.Cloud:
        name = self._cloud_name
        if not name and self._settings.credentials == ("cli",):
            name = self._cli_account.cloud
        if not name:
            return clouds.DEFAULT
        return clouds.known(name) or self._discover(clouds.address(name))

    def _discover(self, resource_manager: str) -> clouds.Cloud:
        retry = Retry(self.clock, Pacer(self.clock))
        pipeline = self._pipeline([HostGuard(resource_manager), UserAgent(), retry, ServiceTime(self.clock)])
        for version in clouds.METADATA_VERSIONS:
            url = clouds.metadata_url(resource_manager, version)
            answer = sdk.get(pipeline, url, request_id=str(uuid.uuid4()))
            if answer.status == 200:
                return clouds.from_metadata(resource_manager, answer.body)
            if answer.status >= 500:
                raise faults.from_answer(answer, doing=f"discover the cloud of {resource_manager}")
        raise clouds.not_a_cloud(resource_manager, f"answers {answer.status}")

    def _pipeline(self, policies: t.Sequence[Policy]) -> t.Any:
        sdk.load("azure-core", "azure.core.rest")
        core = sdk.load("azure-core", "azure.core.pipeline")
        hooks = sdk.load("azure-core", "azure.core.pipeline.policies")
        # The hook comes first, so that it sees the last answer and not each attempt.
        policies = [hooks.CustomHookPolicy(), *policies, UntilStopped(self._stop)]
        return core.Pipeline(self._connections.transport, policies)

    @functools.cached_property
    def _connections(self) -> Connections:
        return Connections(self._settings)

    @functools.cached_property
    def _tokens(self) -> TokenSource:
        sdk.load("azure-identity", "azure.identity")
        for library in ("azure", "msal"):
            # They write refused sign-ins and headers, with what those quote: to the module's error output unless
            # somebody listens, and in the process of an inventory to Ansible's log file.
            logger = logging.getLogger(library)
            logger.addHandler(_NOBODY)
            logger.propagate = False
        authority = self._authority or self._cloud.authority
        connection = {
            "authority": authority,
            # The public list of authorities knows nothing of a cloud of one's own.
            "disable_instance_discovery": self._settings.disable_instance_discovery or not self._cloud.well_known,
            "retry_total": 2,
            # What fails is tried again by our own policy, which has the clock and the budget.
            "retry_connect": 0,
            "retry_read": 0,
        }
        return TokenSource(
            credentials.sources(self._settings),
            lambda source: source.credential(
                **connection,
                # The host's own identity service has rules of its own, which its package knows.
                transport=self._connections.transport if source.local else SignInTransport(self._connections.transport),
            ),
            self._cloud.scope,
            authority=authority,
            # When a token ends is reckoned by this host's clock, by the package that fetched it.
            clock=self._own_clock,
            secrets=self.secrets,
        )

    @functools.cached_property
    def _arm(self) -> t.Any:
        guards: list[Policy] = [HostGuard(self._cloud.resource_manager)]
        if self.check_mode:
            guards.append(ReadOnly())
        user_agent = UserAgent(self._environ.get("AZURE_HTTP_USER_AGENT", ""))
        retry = Retry(self.clock, Pacer(self.clock), self._patience)
        return self._pipeline([*guards, user_agent, retry, ServiceTime(self.clock), Authorization(self._tokens)])

    @property
    def outage(self) -> bool:
        """Whether Azure has answered nothing for longer than the budget of an outage: waiting on is of no use."""
        return self._patience.exhausted

    def _sign_in(self) -> concurrent.futures.Future[None]:
        """Begin to sign in, once. That is waiting for answers, while packages are imported here and in other threads.

        The result raises what nobody can do without: AuthenticationFailed, or that the cloud can't be discovered.
        """
        with self._lock:
            if self._signed_in is None:
                sdk.require("azure-identity")
                # All that is needed to ask what the cloud is, which goes on while the rest is imported.
                self._pipeline([])
                self._signed_in = threads.begin(self._first_token, "sign-in")
                # Before all other packages: the token is waited for longest.
                sdk.load("azure-identity", "azure.identity")
            return self._signed_in

    def _first_token(self) -> None:
        with self._discovering:
            # The cloud needs less to be imported than the tokens.
            _cloud, tokens = self._cloud, self._tokens
        # A connection that fails is tried again by the first request, which has the clock and the budget.
        with contextlib.suppress(ConnectionFailed):
            tokens.token()

    def service(self, name: str, subscription_id: str | None = None) -> t.Any:
        """Return the typed client for ``backup``, ``compute`` or ``vaults``, by default of the vault's subscription."""
        key = (name, (subscription_id or self.subscription_id).lower())
        with self._lock:
            if key in self._clients:
                return self._clients[key]
        # Nobody needs to sign in for what can't be used.
        sdk.require(sdk.CLIENT_PACKAGES[name])
        signed_in = self._sign_in()
        client_class = sdk.client_class(name)
        signed_in.result()
        with self._lock:
            if key not in self._clients:
                self._clients[key] = client_class(
                    self._tokens,
                    subscription_id or self.subscription_id,
                    api_version=sdk.API_VERSIONS[name],
                    base_url=self._cloud.resource_manager,
                    credential_scopes=[self._cloud.scope],
                    policies=[],
                    pipeline=self._arm,
                )
            return self._clients[key]

    def call(
        self,
        method: Method,
        *arguments: t.Any,
        doing: str,
        resource_id: str | None = None,
        resend: bool = False,
        **keywords: t.Any,
    ) -> Answer:
        """Run a typed client's method and return the answer.

        Args:
            method: the method, of a client from ``service``.
            arguments: for the method.
            doing: what this is, as it follows "Could not": ``read the vault``.
            resource_id: what it is about.
            resend: whether a write may be sent again when its answer is lost.
            keywords: for the method.

        Raises ServiceError, NotFound, AuthenticationFailed, ConnectionFailed, AnswerLost, WriteInCheckMode,
        ForeignHost; with ``maybe_done`` where a write was sent again, and may have been carried out before.
        """
        send = functools.partial(sdk.call, method, *arguments, resend=resend, **keywords)
        pauses = iter(_PAUSES_AFTER_NONSENSE if resend else ())
        maybe_done = False
        while True:
            try:
                return self._accepted(send, doing, resource_id)
            except BackupError as error:
                # An answer came, and can't be read: anything else the pipeline has repeated already.
                pause = next(pauses, None) if isinstance(error, AnswerLost) else None
                if pause is None and maybe_done:
                    raise error.doubted() from error.__cause__
                if pause is None:
                    raise
            maybe_done = True
            self.clock.sleep(pause)

    def find(
        self,
        method: Method,
        *arguments: t.Any,
        doing: str,
        resource_id: str | None = None,
        inside_vault: bool = False,
        **keywords: t.Any,
    ) -> Answer | None:
        """Like ``call``, but None when the thing is missing; a missing vault, group or subscription raises NotFound.

        Args:
            inside_vault: whether the thing is in a vault, so that the vault itself may be what is missing.
        """
        answer = self._send(functools.partial(sdk.call, method, *arguments, **keywords), doing, resource_id)
        if answer.status == 404 and not faults.parent_is_missing(answer, inside_vault=inside_vault):
            # A web page that says 404 is not the service's word that something is absent.
            if not answer.empty and not isinstance(answer.body, dict):
                raise _unreadable(answer, doing, resource_id)
            return None
        if answer.status >= 400:
            raise faults.from_answer(answer, doing=doing, resource_id=resource_id)
        if not isinstance(answer.body, dict):
            raise _unreadable(answer, doing, resource_id)
        return answer

    def get(self, url: str, *, doing: str, resource_id: str | None = None, missing: bool = False) -> Answer:
        """Read a URL that an answer has named; with ``missing`` a 404 is an answer like another."""
        self._sign_in().result()
        with self._lock:
            pipeline = self._arm
        answer = self._send(functools.partial(sdk.get, pipeline, url), doing, resource_id)
        if answer.status >= 400 and not (missing and answer.status == 404):
            raise faults.from_answer(answer, doing=doing, resource_id=resource_id)
        return answer

    def pages(
        self, method: Method, *arguments: t.Any, doing: str, resource_id: str | None = None, **keywords: t.Any
    ) -> t.Iterator[t.Mapping[str, t.Any]]:
        """Return the elements of a list, over all its pages, as they are read."""
        first = self.call(method, *arguments, doing=doing, resource_id=resource_id, **keywords)
        yield from self._elements(first, doing, resource_id)

    def pages_at(self, url: str, *, doing: str, resource_id: str | None = None) -> t.Iterator[t.Mapping[str, t.Any]]:
        """Like ``pages``, for a list that the oldest packages have no method for."""
        yield from self._elements(self.get(url, doing=doing, resource_id=resource_id), doing, resource_id)

    def _elements(self, answer: Answer, doing: str, resource_id: str | None) -> t.Iterator[t.Mapping[str, t.Any]]:
        read: set[str] = set()
        before: set[str] = set()
        while True:
            # A page that can't be read must never pass for an empty one: what is not seen counts as not protected.
            elements = answer.body.get("value") or [] if isinstance(answer.body, dict) else None
            if not isinstance(elements, list) or not all(isinstance(element, dict) for element in elements):
                raise _unreadable(answer, doing, resource_id)
            # What appears in a list while it is read moves the last entries of a page to the next one.
            yield from (element for element in elements if _key(element) not in before)
            before = {_key(element) for element in elements} - {""}
            url = answer.body.get("nextLink")
            if url is None or url == "":
                return
            # A service that names a page twice would keep us for ever, and never show what comes after it.
            if not isinstance(url, str) or url in read:
                raise _unreadable(answer, doing, resource_id)
            read.add(url)
            answer = self.get(url, doing=doing, resource_id=resource_id)

    def _accepted(self, send: t.Callable[..., Answer], doing: str, resource_id: str | None) -> Answer:
        answer = self._send(send, doing, resource_id)
        if answer.status >= 400:
            raise faults.from_answer(answer, doing=doing, resource_id=resource_id)
        return answer

    def _send(self, send: t.Callable[..., Answer], doing: str, resource_id: str | None) -> Answer:
        request_id = str(uuid.uuid4())
        try:
            return send(request_id=request_id)
        except BackupError as error:
            error.operation = error.operation or doing
            error.resource_id = error.resource_id or resource_id
            raise

    def close(self) -> None:
        """Close the connections. Nothing is sent any more; threads that wait to send something end.

        A request that is under way ends by itself: the service acts on it or not, as after a kill.
        """
        self._stop.ask()
        self.progress.close()
        if "_connections" in vars(self):
            self._connections.close()


def _authority(text: str | None) -> str | None:
    if not text:
        return None
    # AZURE_AUTHORITY_HOST is often a host without a scheme.
    return clouds.address(text if "://" in text else f"https://{text}", "adfs_authority_url")


def _unreadable(answer: Answer, doing: str, resource_id: str | None) -> ServiceError:
    return ServiceError(
        f"Could not {doing}: the answer has status {answer.status} but not the expected content. "
        "Run this again; if it stays so, a proxy or another server may stand in between",
        code="UnreadableAnswer",
        http_status=answer.status,
        operation=doing,
        resource_id=resource_id,
        request_id=answer.headers.get("x-ms-request-id") or answer.request_id or None,
        retryable=True,
    )


def _key(element: t.Mapping[str, t.Any]) -> str:
    return str(element.get("id") or "").casefold()
