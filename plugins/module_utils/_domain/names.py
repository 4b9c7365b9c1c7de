# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What names Azure gives out: one that can't be is found before any request, and none becomes another part of a URL.

This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import re

from .._errors import InvalidInput
from . import ids


@dataclasses.dataclass(frozen=True)
class Form:
    """The form of a kind of name, as a regular expression and in words."""

    pattern: str
    words: str

    def fits(self, name: str) -> bool:
        """Whether a name has this form. Dots alone lead elsewhere in a URL."""
        return bool(re.fullmatch(self.pattern, name)) and not re.fullmatch(r"\.+", name)

    def check(self, option: str, name: str) -> str:
        """Return the name; raises InvalidInput that names the option when it has not this form."""
        if not self.fits(name):
            raise InvalidInput.for_option(option, name, self.words)
        return name


SUBSCRIPTION = Form(r"[\w-]+", "a subscription id")
SUBSCRIPTION_ID = Form(
    r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", "the id of a subscription, a GUID and not its name"
)
VAULT = Form(r"[A-Za-z][A-Za-z0-9-]{1,49}", "2 to 50 letters, digits and hyphens, the first a letter")  # C
POLICY = Form(
    r"[A-Za-z][A-Za-z0-9_!-]{2,149}",
    "3 to 150 letters, digits, hyphens, underscores and exclamation marks, the first a letter",
)  # C
RESOURCE_GROUP = Form(
    r"[\w.()-]{0,89}[\w()-]",
    "1 to 90 letters, digits, hyphens, underscores, parentheses and periods, the last no period",
)
# Azure's own rules are stricter; this keeps out what no machine can be called.
MACHINE = Form(
    r"[^\s/\\\"\[\]:|<>+=;,?*@&{}%#'`]{1,128}", "1 to 128 characters without spaces and / \\ : ; , ? * @ & % #"
)
REGION = Form(r"[a-z0-9]+", "a region such as westeurope or West Europe")


def vault_id(option: str, text: str, allowed: str) -> ids.VaultId:
    """Return the id of a vault; raises InvalidInput for what is none, such as the id of something inside a vault."""
    try:
        vault = ids.VaultId.parse(text)
    except ValueError:
        raise InvalidInput.for_option(option, text, allowed) from None
    forms = ((SUBSCRIPTION, vault.subscription_id), (RESOURCE_GROUP, vault.resource_group), (VAULT, vault.name))
    if not ids.same(str(vault), text.strip().rstrip("/")) or not all(form.fits(part) for form, part in forms):
        raise InvalidInput.for_option(option, text, allowed)
    return vault


def region(option: str, name: str) -> str:
    """Return a region's short name; raises InvalidInput for what can't be one."""
    short = ids.normalized_location(name.strip())
    if not REGION.fits(short):
        raise InvalidInput.for_option(option, name, REGION.words)
    return short
