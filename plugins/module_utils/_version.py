# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection's version, as it is told to the service in the user agent. A test compares it with galaxy.yml.

This file is private to the collection.
"""

from __future__ import annotations

VERSION = "0.1.0"
