# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""``make fuzz``: send the simulator whatever can be sent, for some minutes. Arguments: ``--help``."""

from __future__ import annotations

import environments
import project

if __name__ == "__main__":
    environments.become("tests.fuzz", project.WORK, *environments.TESTS)
