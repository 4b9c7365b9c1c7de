# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._simulator import world_files
from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code

VMS = "/providers/Microsoft.Compute/virtualMachines"


def test_lists_by_subscription_group_and_region_hold_no_classic_machines_and_no_instance_views() -> None:
    cloud = Cloud()
    every = cloud.values(cloud.subscription + VMS)
    assert len(every) == len(cloud.world.machines) - 1
    assert not any("instanceView" in one["properties"] for one in every)
    group = cloud.values(f"{cloud.subscription}/resourceGroups/RG-SHOP-WEU{VMS}")
    assert [one["name"] for one in group] == ["web-01", "web-02", "shop-db-01"]
    regional = cloud.values(f"{cloud.subscription}/providers/Microsoft.Compute/locations/northeurope/virtualMachines")
    assert {one["id"] for one in regional} == {one["id"] for one in every if one["location"] == "northeurope"}


def test_a_body_has_what_clients_read() -> None:
    cloud = Cloud()
    body = cloud.get(cloud.machine("ERP-SQL-01").id.lower()).body
    properties = body["properties"]
    assert (body["name"], body["type"]) == ("ERP-SQL-01", "Microsoft.Compute/virtualMachines")
    assert body["tags"]["owner"] == "erp-team" and body["zones"] == ["1"]
    assert properties["storageProfile"]["osDisk"]["osType"] == "Windows"
    assert [disk["lun"] for disk in properties["storageProfile"]["dataDisks"]] == [0, 1, 2, 3]
    assert properties["hardwareProfile"] == {"vmSize": "Standard_E8s_v5"}
    assert properties["provisioningState"] == "Succeeded"


def test_the_instance_view_comes_in_three_ways() -> None:
    cloud = Cloud()
    machine = cloud.machine("web-02").id
    expanded = cloud.get(f"{machine}?$expand=instanceView").body["properties"]["instanceView"]
    assert expanded == cloud.get(f"{machine}/instanceView").body
    listed = cloud.values(f"{cloud.subscription}{VMS}?statusOnly=true")
    assert expanded in [one["properties"]["instanceView"] for one in listed]
    assert [one["code"] for one in expanded["statuses"]] == ["ProvisioningState/succeeded", "PowerState/running"]
    assert expanded["vmAgent"]["statuses"][0]["displayStatus"] == "Ready"


def test_power_provisioning_and_agent_show_in_the_instance_view() -> None:
    cloud = Cloud()
    stopped = cloud.get(f"{cloud.machine('loadtest-01').id}/instanceView").body
    assert stopped["statuses"][1]["code"] == "PowerState/deallocated" and "vmAgent" not in stopped
    failed = cloud.get(f"{cloud.machine('image-build-01').id}/instanceView").body
    assert failed["statuses"][0]["code"] == "ProvisioningState/failed"
    cloud = Cloud(text=world_files.EXAMPLE)
    silent = cloud.get(f"{cloud.machine('shop-new-01').id}/instanceView").body
    assert silent["vmAgent"]["statuses"][0]["displayStatus"] == "Not Ready"


def test_a_large_fleet_comes_in_pages() -> None:
    cloud = Cloud("fleet:450")
    first = cloud.get(cloud.subscription + VMS).body
    assert len(first["value"]) == 200 and "$skipToken=" in first["nextLink"]
    assert len({one["id"] for one in cloud.values(cloud.subscription + VMS)}) == 450


def test_what_is_not_modelled_is_said() -> None:
    cloud = Cloud()
    assert code(cloud.get(cloud.subscription + VMS, "name eq 'x'")) == (501, "NotModelled")
    assert code(cloud.get(f"{cloud.machine('web-02').id}?$expand=userData")) == (501, "NotModelled")
