# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._progress.action import ProgressAction


class ActionModule(ProgressAction):
    """Runs vm_backup_job and shows how far it is."""
