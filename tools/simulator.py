# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make simulator``: a simulated Azure in the foreground. Arguments are those of the simulator (``--help``)."""

from __future__ import annotations

import environments
import project

if __name__ == "__main__":
    environments.become("plugins.plugin_utils._simulator", project.CHECKOUT)
