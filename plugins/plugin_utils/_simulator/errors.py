# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The error answers of Azure Resource Manager and of the backup service, with their codes and texts.

This file is private to the collection.
"""

from __future__ import annotations

from . import wire


def gateway(status: int, code: str, message: str, **error: object) -> wire.WireError:
    """Return an error of Azure Resource Manager itself."""
    body = {"error": {"code": code, "message": message, **error}} if error else None
    return wire.WireError(status, code, message, source="gateway", body=body)


def missing_api_version() -> wire.WireError:
    """The call has no api-version."""
    return gateway(
        400,
        "MissingApiVersionParameter",
        "The api-version query parameter (?api-version=) is required for all requests.",
    )


def subscription_not_found(subscription_id: str) -> wire.WireError:
    """There is no such subscription. UNVERIFIED: the code for an unknown one; assumed, as only its text is known."""
    return gateway(404, "SubscriptionNotFound", f"The subscription '{subscription_id}' could not be found.")


def group_not_found(group: str) -> wire.WireError:
    """There is no such resource group."""
    return gateway(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")


def resource_not_found(kind: str, name: str, group: str) -> wire.WireError:
    """There is no such vault or virtual machine; ``kind`` is such as ``Microsoft.RecoveryServices/vaults``."""
    return gateway(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def not_registered(namespace: str) -> wire.WireError:
    """The subscription has not registered the resource provider; clients read its name from the message's quotes."""
    code = "MissingSubscriptionRegistration"
    message = (
        f"The subscription is not registered to use namespace '{namespace}'. "
        "See https://aka.ms/rps-not-found for how to register subscriptions."
    )
    return gateway(409, code, message, details=[{"code": code, "target": namespace, "message": message}])


def not_modelled(what: str) -> wire.WireError:
    """The simulator does not know this; said rather than guessed."""
    return wire.WireError(501, "NotModelled", f"The simulator does not model {what}", source="simulator")


def invalid_input(detail: str = "") -> wire.WireError:
    """A filter or a body is missing or wrong."""
    text = "Input provided for the call is invalid\r\nPlease check the required inputs"
    return wire.WireError(400, "BMSUserErrorInvalidInput", f"{text}. {detail}" if detail else text)


def item_not_found() -> wire.WireError:
    """The vault has no such protected item."""
    return wire.WireError(
        404,
        "BMSUserErrorDataSourceObjectNotFound",
        "Item not found.\r\nSelected item might have been deleted. Please check if item is registered to the vault.",
    )


def invalid_protection_request(detail: str = "") -> wire.WireError:
    """A protect request names what does not fit together or does not exist."""
    text = (
        "Input for configure protection is not in proper format\r\n"
        "Please ensure that container exists and other parameters are in valid format"
    )
    return wire.WireError(400, "BMSUserErrorInvalidConfigureProtectionRequest", f"{text}. {detail}" if detail else text)


def immutable() -> wire.WireError:
    """A vault that is immutable, or is not where it would have to be: the service says the same for both."""
    return service(
        "UserErrorOperationDeniedOnImmutableItem",
        "The Vault and Bakcup Item is in Immutable state where destructive operations are not supported. The Vault and "
        "Backup Item is immutable, hence operation is denied. Refer to the documentation to learn more: "
        "https://aka.ms/AB-ImmutableVaults-States ",
    )


def service(code: str, message: str, status: int = 400) -> wire.WireError:
    """Return any other error of the backup service."""
    return wire.WireError(status, code, message)
