# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The simulator's rules for a test, without a web server: requests in, responses out, a clock that the test moves.

cloud = Cloud()                       # or Cloud("fleet:20"), Cloud(text=YAML), Cloud(profile="polls")
vault = cloud.vault("rg-shop-weu", "westeurope")
item = cloud.protect(vault, cloud.machine("web-02"))
assert cloud.get(item).body["properties"]["protectionState"] == "IRPending"
"""

from __future__ import annotations

import typing as t
import urllib.parse

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import (
    azure,
    clock,
    entities,
    wire,
    world_files,
    worlds,
)

BASE_URL = "https://localhost:1"
API_VERSION = "2026-10-01"
VMS_ONLY = "backupManagementType eq 'AzureIaasVM'"


class Cloud:
    """A simulated Azure with a stopped clock. ``send`` turns errors into answers, as the web server does."""

    def __init__(self, world: str = "small", *, text: str | None = None, profile: str = "fast", seed: int = 7) -> None:
        if text is None:
            self.world = worlds.load_world(world, seed=seed)
        else:
            import yaml

            guids = worlds.guid_source(seed)
            self.world = world_files.world_from(yaml.safe_load(text), guids=guids, origin="world")
        self.clock = clock.SimulatorClock.stopped()
        self.azure = azure.Azure(self.world, profile=profile, clock=self.clock, seed=seed)
        self.router = wire.Router(self.azure.routes())

    @property
    def subscription(self) -> str:
        """The id of the first subscription, with ``/subscriptions/``."""
        return f"/subscriptions/{self.world.subscriptions[0].id}"

    def send(
        self,
        method: str,
        url: str,
        body: object = None,
        *,
        filter: str | None = None,
        api_version: str = API_VERSION,
        request_id: str = "request-1",
    ) -> wire.Response:
        """Send a request to a path, or to the URL of an earlier answer."""
        path, _mark, text = url.removeprefix(BASE_URL).partition("?")
        query = {key.lower(): value for key, value in urllib.parse.parse_qsl(text)}
        if api_version:
            query.setdefault("api-version", api_version)
        if filter is not None:
            query["$filter"] = filter
        headers = {"x-ms-client-request-id": request_id}
        request = wire.Request(method, urllib.parse.unquote(path), query, headers, body, BASE_URL)
        try:
            return self.router.dispatch(request)
        except wire.WireError as error:
            return error.response()

    def get(self, url: str, filter: str | None = None, **options: t.Any) -> wire.Response:
        """Read something."""
        return self.send("GET", url, filter=filter, **options)

    def values(self, url: str, filter: str | None = None, **options: t.Any) -> list[dict[str, t.Any]]:
        """Read all pages of a list."""
        answer = self.get(url, filter, **options)
        assert answer.status == 200, answer
        found = list(answer.body["value"])
        while "nextLink" in answer.body:
            answer = self.get(answer.body["nextLink"])
            assert answer.status == 200, answer
            found += answer.body["value"]
        return found

    def machine(self, name: str, group: str | None = None) -> entities.Machine:
        """Find a machine of the world."""
        found = [one for one in self.world.machines if one.name == name and group in (None, one.resource_group)]
        assert len(found) == 1, found
        return found[0]

    def vault(self, group: str, location: str, name: str = "test-vault") -> str:
        """Make a vault and return its id."""
        vault = f"{self.subscription}/resourceGroups/{group}/providers/Microsoft.RecoveryServices/vaults/{name}"
        answer = self.send("PUT", vault, {"location": location, "sku": {"name": "Standard"}, "properties": {}})
        assert answer.status == 201, answer
        self.settle(answer)
        return vault

    def settle(self, answer: wire.Response, seconds: float = 1) -> wire.Response:
        """Let an accepted operation end, and return its last status."""
        url = answer.headers.get("Azure-AsyncOperation") or answer.headers["Location"]
        self.clock.advance(seconds)
        for _read in range(10):
            status = self.get(url)
            if status.status != 202 and (status.status == 204 or status.body["status"] != "InProgress"):
                return status
        raise AssertionError(f"never ends: {url}")

    def item(self, vault: str, machine: entities.Machine) -> str:
        """Return the id of a machine's item as clients write it."""
        service = machine.service_name
        containers = f"{vault}/backupFabrics/Azure/protectionContainers"
        return f"{containers}/iaasvmcontainer;{service}/protectedItems/vm;{service}"

    def put_item(
        self, vault: str, machine: entities.Machine, request_id: str = "request-1", **properties: t.Any
    ) -> wire.Response:
        """Send a protected item; the machine's id and type are put in."""
        body = {"protectedItemType": machine.kind, "sourceResourceId": machine.id, **properties}
        return self.send("PUT", self.item(vault, machine), {"properties": body}, request_id=request_id)

    def protect(self, vault: str, machine: entities.Machine, policy: str = "DefaultPolicy") -> str:
        """Protect a machine and return its item's id."""
        self.settle(self.put_item(vault, machine, policyId=f"{vault}/backupPolicies/{policy}"))
        return self.item(vault, machine)

    def back_up(self, item: str, request_id: str = "backup-1", **properties: t.Any) -> wire.Response:
        """Start a backup now."""
        body = {"properties": {"objectType": "IaasVMBackupRequest", **properties}}
        return self.send("POST", f"{item}/backup", body, request_id=request_id)

    def refresh(self, vault: str) -> None:
        """Run a discovery."""
        self.settle(self.send("POST", f"{vault}/backupFabrics/Azure/refreshContainers"))


def code(answer: wire.Response) -> tuple[int, str]:
    """Return the status and the error code of an answer."""
    return answer.status, answer.body["error"]["code"]
