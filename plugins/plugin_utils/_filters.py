# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every filter does with its input and its result. This file is private to the collection."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

try:
    # From ansible-core 2.19 on, which has this, only what is marked as trusted is a template; a filter's text never is.
    import ansible.module_utils.datatag as _trust
except ImportError:
    _trust = None

Filter = t.Callable[..., t.Any]


def as_filter(function: Filter) -> Filter:
    """Make a filter of a function.

    Its TypeError, ValueError, KeyError and AttributeError, which wrong input leads to, become AnsibleFilterError. Text
    in its result is never a template: tags come from anybody.
    """

    def apply(*args: t.Any, **kwargs: t.Any) -> t.Any:
        try:
            return _never_a_template(function(*args, **kwargs))
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise AnsibleFilterError(f"{error}") from error

    return apply


def _never_a_template(value: t.Any) -> t.Any:
    """Mark text for an ansible-core in which any text is a template unless it is marked."""
    if _trust is not None:
        return value
    from ansible.utils.unsafe_proxy import wrap_var

    return wrap_var(value)
