# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The regions of the public cloud in which vaults can be; a world's own may be others.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

# The first ones are those of a fleet in several regions.
PUBLIC: t.Final = (
    "westeurope", "northeurope", "eastus", "eastus2", "westus2", "southeastasia", "uksouth", "francecentral",
    "germanywestcentral", "swedencentral", "australiaeast", "japaneast",
    "australiacentral", "australiasoutheast", "austriaeast", "brazilsouth", "canadacentral", "canadaeast",
    "centralindia", "centralus", "eastasia", "israelcentral", "italynorth", "japanwest", "koreacentral", "koreasouth",
    "malaysiawest", "mexicocentral", "newzealandnorth", "northcentralus", "norwayeast", "polandcentral",
    "qatarcentral", "southafricanorth", "southcentralus", "southindia", "spaincentral", "switzerlandnorth",
    "uaenorth", "ukwest", "westcentralus", "westindia", "westus", "westus3",
)  # fmt: skip
