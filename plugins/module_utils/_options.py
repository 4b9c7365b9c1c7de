# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that modules share: one function per group, each named like its documentation fragment.

This file is private to the collection.
"""

from __future__ import annotations

import typing as t

ArgumentSpec = dict[str, dict[str, t.Any]]


def azure() -> ArgumentSpec:
    """Return who signs in, to which cloud and subscription.

    No option has a default or an environment fallback here: `_azure/settings.py` looks for each one in the task, the
    environment and the profile file, so that an empty variable counts as unset and the order is the same for all.
    """
    return {
        "auth_source": {"type": "str", "choices": ["auto", "cli", "credential_file", "env", "msi"]},
        "profile": {"type": "str"},
        "subscription_id": {"type": "str"},
        "client_id": {"type": "str"},
        "secret": {"type": "str", "no_log": True},
        "tenant": {"type": "str"},
        "ad_user": {"type": "str"},
        "password": {"type": "str", "no_log": True},
        "x509_certificate_path": {"type": "path"},
        "thumbprint": {"type": "str"},
        "oidc_token": {"type": "str", "no_log": True},
        "oidc_token_file_path": {"type": "path", "no_log": False},
        "cloud_environment": {"type": "str"},
        "adfs_authority_url": {"type": "str"},
        "disable_instance_discovery": {"type": "bool"},
        "cert_validation_mode": {"type": "str", "choices": ["ignore", "validate"]},
    }


def vault() -> ArgumentSpec:
    """Return which vault."""
    return {
        "resource_group": {"type": "str", "required": True},
        "vault_name": {"type": "str", "required": True, "aliases": ["recovery_vault_name"]},
    }


def vault_scope() -> ArgumentSpec:
    """Return which vaults: one, those of a resource group, of one or many subscriptions; nothing is required."""
    return {
        "subscriptions": {"type": "list", "elements": "str"},
        "resource_group": {"type": "str"},
        "vault_name": {"type": "str", "aliases": ["recovery_vault_name"]},
        "vaults": {"type": "list", "elements": "str"},
    }


# The ids of vaults say all.
VAULT_SCOPE_EXCLUSIVE = [("vaults", other) for other in ("subscriptions", "resource_group", "vault_name")]


def vault_settings() -> ArgumentSpec:
    """Return the settings of a vault; what is left out stays as it is."""
    return {
        "redundancy": {"type": "str", "choices": ["locally", "zone", "geo"]},
        "cross_region_restore": {"type": "bool"},
        "cross_subscription_restore": {"type": "str", "choices": ["enabled", "disabled", "permanently_disabled"]},
        "soft_delete": {"type": "str", "choices": ["always_on", "enabled", "disabled"]},
        "soft_delete_days": {"type": "int"},
        "immutability": {"type": "str", "choices": ["disabled", "unlocked", "locked"]},
        "confirm_lock": {"type": "bool", "default": False},
        "public_network_access": {"type": "bool"},
        "identity": {
            "type": "dict",
            "options": {
                "system_assigned": {"type": "bool"},
                "user_assigned": {"type": "list", "elements": "str"},
                "append": {"type": "bool", "default": True},
            },
        },
        "customer_managed_key": {
            "type": "dict",
            "no_log": False,
            "options": {
                "key_uri": {"type": "str", "required": True, "no_log": False},
                "identity": {"type": "str"},
                "infrastructure_encryption": {"type": "bool"},
            },
        },
        "alerts": {
            "type": "dict",
            "options": {
                "job_failures": {"type": "bool"},
                "replication_issues": {"type": "bool"},
                "failover_issues": {"type": "bool"},
                "critical_operations": {"type": "bool"},
                "site_recovery_emails": {"type": "bool"},
            },
        },
    }


def virtual_machines() -> ArgumentSpec:
    """Return which virtual machines: a list, or a filter."""
    return {
        "vms": {"type": "list", "elements": "str"},
        "select": {
            "type": "dict",
            "options": {
                "resource_groups": {"type": "list", "elements": "str"},
                "locations": {"type": "list", "elements": "str"},
                "names": {"type": "list", "elements": "str"},
                "tags": {"type": "dict"},
                "exclude": {"type": "list", "elements": "str"},
            },
        },
    }


def disks() -> ArgumentSpec:
    """Return which data disks are backed up; left out, a selection stays as it is."""
    return {
        "disks": {
            "type": "dict",
            "options": {
                "mode": {"type": "str", "choices": ["include", "exclude", "os_only", "all"], "required": True},
                "luns": {"type": "list", "elements": "int"},
                "names": {"type": "list", "elements": "str"},
            },
        },
    }


def moving() -> ArgumentSpec:
    """Return whether and how machines come from another vault."""
    return {
        "move_to_vault": {"type": "bool", "default": False},
        "move_from": {"type": "list", "elements": "str"},
        "keep_old_data": {"type": "str", "choices": ["forever", "by_policy"]},
    }


def resource_guard() -> ArgumentSpec:
    """Return what a vault's Resource Guard wants for operations that can lose data."""
    return {"resource_guard_operation_requests": {"type": "list", "elements": "str"}}


def protected_machines() -> ArgumentSpec:
    """Return which of the virtual machines that vaults hold; ids of protected items name them as well."""
    return virtual_machines()


def waiting(*, wait: bool, wait_timeout: int) -> ArgumentSpec:
    """Return whether, how long and how patiently to wait for what was started; times are in seconds."""
    return {
        "wait": {"type": "bool", "default": wait},
        "wait_timeout": {"type": "int", "default": wait_timeout},
        "poll_interval": {"type": "int", "default": 15},
    }


def backup_policy() -> ArgumentSpec:
    """Return what a backup policy says; what is left out of one that exists stays as it is."""
    weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    chosen_days: ArgumentSpec = {
        "days": {"type": "list", "elements": "str", "choices": weekdays},
        "weeks_of_month": {
            "type": "list",
            "elements": "str",
            "choices": ["First", "Second", "Third", "Fourth", "Last"],
        },
        "days_of_month": {"type": "list", "elements": "int"},
        "last_day": {"type": "bool"},
    }
    months = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
    state = {"type": "str", "choices": ["present", "absent"], "default": "present"}
    tiers: dict[str, ArgumentSpec] = {
        "daily": {"days": {"type": "int"}},
        "weekly": {"weeks": {"type": "int"}, "days": chosen_days["days"]},
        "monthly": {"months": {"type": "int"}, **chosen_days},
        "yearly": {
            "years": {"type": "int"},
            "months": {"type": "list", "elements": "str", "choices": months},
            **chosen_days,
        },
    }
    return {
        "policy_type": {"type": "str", "choices": ["standard", "enhanced", "V1", "V2"]},
        "schedule": {
            "type": "dict",
            "options": {
                "frequency": {"type": "str", "choices": ["hourly", "daily", "weekly"]},
                "time": {"type": "str"},
                "days": {"type": "list", "elements": "str", "choices": weekdays},
                "interval_hours": {"type": "int"},
                "window_start": {"type": "str"},
                "window_hours": {"type": "int"},
            },
        },
        "time_zone": {"type": "str"},
        "retention": {
            "type": "dict",
            "options": {tier: {"type": "dict", "options": {**own, "state": state}} for tier, own in tiers.items()},
        },
        "instant_restore_days": {"type": "int"},
        "instant_restore_resource_group": {
            "type": "dict",
            "options": {"prefix": {"type": "str"}, "suffix": {"type": "str"}},
        },
        "archive": {
            "type": "dict",
            "options": {
                "mode": {"type": "str", "choices": ["recommended", "after", "never"], "required": True},
                "months": {"type": "int"},
                "years": {"type": "int"},
            },
        },
        "snapshot_consistency": {"type": "str", "choices": ["application", "crash"]},
    }


def forecast() -> ArgumentSpec:
    """Return of when to tell what a policy will keep."""
    return {
        "forecast": {
            "type": "dict",
            "options": {
                "start": {"type": "str"},
                "days": {"type": "int"},
                "dates": {"type": "list", "elements": "str"},
                "recovery_points": {"type": "bool", "default": True},
            },
        },
    }
