# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names and ids of Azure Resource Manager and Azure Backup.

Every comparison of ids and names goes through a ``key``: the service returns them in any letter case
(``/Subscriptions/``, ``Vaults``, upper-case resource groups), even twice differently in one body.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

COMPUTE = "Microsoft.Compute"
CLASSIC_COMPUTE = "Microsoft.ClassicCompute"

_VM_ID = re.compile(
    r"^/subscriptions/(?P<subscription_id>[^/]+)/resourceGroups/(?P<resource_group>[^/]+)"
    r"/providers/(?P<provider>Microsoft\.(?:Classic)?Compute)/virtualMachines/(?P<name>[^/]+)/?$",
    re.IGNORECASE,
)
_VAULT_ID = re.compile(
    r"^/subscriptions/(?P<subscription_id>[^/]+)/resourceGroups/(?P<resource_group>[^/]+)"
    r"/providers/Microsoft\.RecoveryServices/vaults/(?P<name>[^/]+)(?P<rest>/.*)?$",
    re.IGNORECASE,
)


def same(left: str, right: str) -> bool:
    """Compare two ids or names as Azure does: without regard to case."""
    return left.casefold() == right.casefold()


def normalized_location(location: str) -> str:
    """Return a region's short name: ``"West Europe"`` and ``"westeurope"`` are the same region."""
    return location.replace(" ", "").lower()


@dataclasses.dataclass(frozen=True)
class VmId:
    """The ARM id of a virtual machine, classic ones included (their group is the cloud service's)."""

    subscription_id: str
    resource_group: str
    name: str
    provider: str = COMPUTE

    @classmethod
    def parse(cls, text: str) -> VmId:
        """Read an ARM id; raises ValueError when it is not one of a virtual machine."""
        match = _VM_ID.match(text.strip())
        if not match:
            raise ValueError(f"{text!r} is not the id of a virtual machine")
        found = match.groupdict()
        provider = CLASSIC_COMPUTE if same(found["provider"], CLASSIC_COMPUTE) else COMPUTE
        return cls(found["subscription_id"], found["resource_group"], found["name"], provider)

    @classmethod
    def from_service(cls, arm_id: str, service_name: str, subscription_id: str) -> VmId:
        """Read the id that an item or container has; where it is missing, make it from the service's own name.

        That name ends in ``iaasvmcontainerv2;{group};{name}`` (C) and does not tell the subscription.
        """
        try:
            return cls.parse(arm_id)
        except ValueError:
            *_before, kind, group, name = ("", "", *service_name.split(";"))
            provider = CLASSIC_COMPUTE if same(kind, "iaasvmcontainer") else COMPUTE
            return cls(subscription_id, group, name, provider)

    def __str__(self) -> str:
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/{self.provider}/virtualMachines/{self.name}"
        )

    @property
    def key(self) -> str:
        """What to compare and to index by."""
        return str(self).casefold()

    @property
    def classic(self) -> bool:
        """Whether this is a machine of the classic deployment model."""
        return self.provider == CLASSIC_COMPUTE

    @property
    def _service_name(self) -> str:
        kind = "iaasvmcontainer" if self.classic else "iaasvmcontainerv2"
        return f"{kind};{self.resource_group};{self.name}".lower()

    @property
    def container_name(self) -> str:
        """The protection container's name in a request."""
        return f"iaasvmcontainer;{self._service_name}"

    @property
    def item_name(self) -> str:
        """The protected item's name in a request."""
        return f"vm;{self._service_name}"


@dataclasses.dataclass(frozen=True)
class VaultId:
    """The ARM id of a Recovery Services vault."""

    subscription_id: str
    resource_group: str
    name: str

    @classmethod
    def parse(cls, text: str) -> VaultId:
        """Read the id of a vault, or of anything inside one; raises ValueError when there is no vault in it."""
        match = _VAULT_ID.match(text.strip())
        if not match:
            raise ValueError(f"{text!r} is not the id of a Recovery Services vault")
        found = match.groupdict()
        return cls(found["subscription_id"], found["resource_group"], found["name"])

    def __str__(self) -> str:
        return (
            f"/subscriptions/{self.subscription_id}/resourceGroups/{self.resource_group}"
            f"/providers/Microsoft.RecoveryServices/vaults/{self.name}"
        )

    @property
    def key(self) -> str:
        """What to compare and to index by."""
        return str(self).casefold()

    def policy_id(self, policy_name: str) -> str:
        """Return the id of a backup policy of this vault."""
        return f"{self}/backupPolicies/{policy_name}"


def last_segment(arm_id: str) -> str:
    """Return the name at the end of an id, the empty string for an empty id."""
    return arm_id.rstrip("/").rpartition("/")[2]


def item_path(item_id: str) -> tuple[str, str]:
    """Cut the container's and the item's name out of a protected item's id; raises ValueError if they are not there."""
    match = re.search(r"/protectionContainers/([^/]+)/protectedItems/([^/]+)$", item_id, re.IGNORECASE)
    if not match:
        raise ValueError(f"{item_id!r} is not the id of a protected item")
    return t.cast("tuple[str, str]", match.groups())
