# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The ready file: how a client finds the simulator and gets in.

This file is private to the collection.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shlex
import typing as t

CA_FILE: t.Final = "ca.pem"
CA_BUNDLE: t.Final = "ca-bundle.pem"


def environment(
    *,
    endpoint: str,
    folder: pathlib.Path,
    tenant_id: str,
    client_id: str,
    client_secret: str,
    subscription_id: str,
) -> dict[str, str]:
    """Return the variables that point this collection, the az CLI, azure.azcollection and the SDKs at the simulator.

    ``folder`` holds the CA bundle, and takes what the az CLI keeps: its login and its cache of clouds would mix up one
    simulator with the next, or with a real Azure.
    """
    ca_bundle = str(folder / CA_BUNDLE)
    return {
        "AZURE_SUBSCRIPTION_ID": subscription_id,
        "AZURE_CLIENT_ID": client_id,
        "AZURE_SECRET": client_secret,
        "AZURE_CLIENT_SECRET": client_secret,
        "AZURE_TENANT": tenant_id,
        "AZURE_TENANT_ID": tenant_id,
        "AZURE_CLOUD_ENVIRONMENT": endpoint,
        "AZURE_CONFIG_DIR": str(folder / "az"),
        "AZURE_DISABLE_INSTANCE_DISCOVERY": "true",
        "AZURE_CORE_INSTANCE_DISCOVERY": "false",
        "ARM_CLOUD_METADATA_URL": f"{endpoint}/metadata/endpoints?api-version=2019-05-01",
        "REQUESTS_CA_BUNDLE": ca_bundle,
        "SSL_CERT_FILE": ca_bundle,
    }


def exports(variables: t.Mapping[str, str]) -> str:
    """Return the variables as lines for a shell."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def write(path: pathlib.Path, content: t.Mapping[str, t.Any]) -> None:
    """Write the file in one go, readable by its owner alone: a reader sees all of it or none.

    Raises OSError where the folder isn't there or can't be written to.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with contextlib.suppress(FileNotFoundError):
        temporary.unlink()
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")
    temporary.replace(path)


def remove(path: pathlib.Path) -> None:
    """Remove the file if it is still this process's own; a simulator started later may have put its own there."""
    with contextlib.suppress(OSError, ValueError):
        if json.loads(path.read_text(encoding="utf-8")).get("pid") == os.getpid():
            path.unlink()
