# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.cloudkeep.azure_backup.tests.support.rules import Cloud, code


def counts(cloud: Cloud, vault: str) -> dict[str, int]:
    return {one["name"]["value"]: one["currentValue"] for one in cloud.values(f"{vault}/usages")}


def test_usages_count_items_and_the_jobs_of_a_day() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-shop-weu", "westeurope")
    item = cloud.protect(vault, cloud.machine("web-02"))
    cloud.protect(vault, cloud.machine("image-build-01"))
    cloud.back_up(item)
    found = counts(cloud, vault)
    assert (found["ProtectedItemCount"], found["IaaSVMProtectedItemCount"]) == (1, 1)
    assert (found["InProgressJobsCount"], found["FailedJobsCount"]) == (1, 1)
    periods = {one["name"]["value"]: one.get("quotaPeriod") for one in cloud.values(f"{vault}/usages")}
    assert {name for name, period in periods.items() if period == "P1D"} == {"InProgressJobsCount", "FailedJobsCount"}
    cloud.settle(cloud.put_item(vault, cloud.machine("web-02"), protectionState="ProtectionStopped"))
    cloud.clock.advance(2 * 86400)
    found = counts(cloud, vault)
    assert (found["InProgressJobsCount"], found["FailedJobsCount"]) == (0, 0)


def test_the_summary_counts_by_type_of_backup() -> None:
    cloud = Cloud()
    vault = cloud.vault("rg-shop-weu", "westeurope")
    cloud.protect(vault, cloud.machine("web-02"))
    url = f"{vault}/backupUsageSummaries"
    value = cloud.values(url, "type eq 'BackupProtectedItemCountSummary'")
    assert [(one["name"]["value"], one["currentValue"]) for one in value] == [
        ("AzureIaasVM", 1),
        ("MAB", 0),
        ("AzureBackupServer", 0),
        ("AzureStorage", 0),
        ("AzureWorkload", 0),
    ]
    assert cloud.values(url, "type eq 'BackupProtectionContainerCountSummary'") == value
    assert code(cloud.get(url)) == code(cloud.get(url, "type eq 'Jobs'")) == (400, "BMSUserErrorInvalidInput")
