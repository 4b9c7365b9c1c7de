# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The tables of the guide Scale are those of the model, and the model's requests are those of the modules."""

from __future__ import annotations

import scale_table
import tables
from ansible_collections.cloudkeep.azure_backup.tests.benchmarks import model
from ansible_collections.cloudkeep.azure_backup.tests.support.bench import Bench, bench

VAULT = {"resource_group": "rg-fleet-0001", "vault_name": "vault-fleet"}
EVERY = {**VAULT, "select": {"locations": ["westeurope"]}}


def test_the_guide_has_the_tables_of_the_model() -> None:
    text = scale_table.GUIDE.read_text(encoding="utf-8")
    assert text == tables.fill(text, scale_table.made(), scale_table.COMMAND), "run: make scale"


def test_the_model_knows_the_floor_of_a_thousand_machines() -> None:
    assert model.write_seconds(1000) == 80
    cost = model.protect(model.Setting(1000, configure=0))
    assert 80 < cost.seconds < 88 and cost.writes == 1001


def test_more_logins_and_subscriptions_divide_the_time() -> None:
    alone = model.protect(model.Setting(100_000, 100, 10))
    for division in ({"subscriptions": 10}, {"principals": 10}):
        assert 8 < alone.seconds / model.protect(model.Setting(100_000, 100, 10, **division)).seconds < 13


def counted(azure: Bench) -> tuple[int, int]:
    writes = len(azure.writes)
    return len(azure.requests) - writes, writes


def test_the_model_counts_the_requests_that_are_sent() -> None:
    with bench("fleet:450") as azure:
        azure.good("vm_backup_vault", VAULT, location="westeurope")
        setting = model.Setting(450)
        azure.good("vm_backup_protect", EVERY)
        predicted = model.protect(setting)
        reads, writes = counted(azure)
        assert writes == predicted.writes
        assert abs(reads - predicted.reads) <= 3
        azure.good("vm_backup_protect", EVERY)
        assert counted(azure) == (model.protect_again(setting).reads, 0)
        azure.good("vm_backup_now", EVERY, wait=True)
        reads, writes = counted(azure)
        assert writes == 450
        assert reads <= model.back_up(setting, lasts=1, polls=3).reads
        azure.good("vm_backup_discover")
        assert counted(azure) == (model.discover(setting).reads, 0)
