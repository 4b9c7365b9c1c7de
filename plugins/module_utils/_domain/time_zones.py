# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Names of time zones: those of Windows, which Azure's policies hold, and IANA's, which people and Python use.

The tables are given, as they are another library's: Unicode's CLDR in the form of tzlocal.
This file is private to the collection.
"""

from __future__ import annotations

import dataclasses
import typing as t

from .._errors import InvalidInput
from .policies import UTC


@dataclasses.dataclass(frozen=True)
class ZoneNames:
    """Both directions: Windows names to IANA's, and IANA's, old ones included, to Windows names."""

    to_iana: t.Mapping[str, str]
    to_windows: t.Mapping[str, str]

    def windows_name(self, option: str, text: str) -> str:
        """Return the Windows name for a name of either kind, in any case; raises InvalidInput for what is neither."""
        name = text.strip().casefold()
        if name == UTC.casefold():
            return UTC
        by_windows = {windows.casefold(): windows for windows in self.to_iana}
        by_iana = {iana.casefold(): windows for iana, windows in self.to_windows.items()}
        found = by_windows.get(name) or by_iana.get(name)
        # One of the tables has an entry without a name.
        if not name or found is None:
            raise InvalidInput.for_option(
                option,
                text,
                "an IANA name that Unicode's tables give a Windows name, such as Europe/Berlin, "
                "or a Windows name such as W. Europe Standard Time",
            )
        return found

    def iana_name(self, windows: str) -> str | None:
        """Return the IANA name for a Windows name; None for one that is not known."""
        if windows == UTC:
            return "Etc/UTC"
        return self.to_iana.get(windows)
