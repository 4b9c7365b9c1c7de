# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: vm_backup
short_description: Virtual machines grouped by where their backup stands
version_added: 0.1.0
description:
  - Makes a host of each virtual machine of one or several subscriptions, whether a vault holds it or not, and groups
    the hosts by the state of their protection, by policy, vault and health. So a playbook can be about C(unprotected).
  - There is a group for every state, also when nobody is in it - C(protected), C(waiting) (for the first backup),
    C(stopped), C(suspended), C(soft_deleted), C(error) (protection could not be configured), C(unprotected), and
    C(unknown), whose machines may be in a vault that this login can't read. C(stale) holds the protected machines whose
    newest recovery point is older than O(rpo_hours). Groups that depend on what is there are C(policy_NAME),
    C(vault_NAME) and C(health_WORD), in lower case and with underscores.
  - The variables of a host are in two dictionaries, C(azure_vm) and C(vm_backup), so that they never take the place of
    a variable of another source or of Ansible. The guide Inventory lists them.
  - It reads, and can't write. It takes a few requests however many machines there are - the pages of a list of machines
    and of one of vaults for each subscription, and the pages of each vault's items.
  - A configuration file is a YAML file whose name ends in C(vm_backup.yml) or C(vm_backup.yaml).
author:
  - Cloudkeep contributors (@cloudkeep)
extends_documentation_fragment:
  - constructed
  - inventory_cache
  - cloudkeep.azure_backup.azure
  - cloudkeep.azure_backup.virtual_machines
requirements:
  - python >= 3.10
  - azure-identity >= 1.25.2
  - azure-mgmt-compute >= 33.0.0
  - azure-mgmt-recoveryservices >= 3.0.0
  - azure-mgmt-recoveryservicesbackup >= 9.1.0
notes:
  - Text options may be templates, for example of C(lookup('ansible.builtin.env', ...)) or of extra variables.
  - It goes with P(azure.azcollection.azure_rm#inventory), which knows addresses but nothing of backups. When both are
    sources of one inventory, that one first, a machine is one host - a host whose variable C(id) is the machine's id
    keeps its name, whatever the options of either say. Machines that this plugin alone describes, such as those that
    are switched off, are named by the same rules, see O(plain_host_names) and O(hostnames).
  - C(ansible_host) is not set. Where hosts are to be reached, use both plugins, or set it with O(compose).
  - Beside the two dictionaries, O(hostnames), O(compose), O(groups) and O(keyed_groups) can use C(id), C(name),
    C(resource_group) (in lower case), C(location), C(tags) and C(default_inventory_hostname), as with
    P(azure.azcollection.azure_rm#inventory).
  - Classic virtual machines are in no list of Azure Resource Manager and so not in the inventory.
options:
  plugin:
    description: Marks the file as one for this plugin.
    type: str
    required: true
    choices:
      - cloudkeep.azure_backup.vm_backup
  subscriptions:
    description:
      - The ids of the subscriptions whose machines and vaults are read, instead of the one of O(subscription_id).
      - Name all that belong together. A machine that is protected in a vault of a subscription that is not read counts
        as unprotected.
    type: list
    elements: str
  rpo_hours:
    description:
      - How many hours old the newest recovery point of a protected machine may be before it counts as stale.
      - The default is a day and the two hours within which a scheduled backup starts.
    type: int
    default: 26
  power_state:
    description:
      - Whether to read the power states, which takes one more list for each subscription.
    type: bool
    default: false
  plain_host_names:
    description:
      - Whether a host is named like its machine. By default the start of a hash of its id is added (C(web-01_5c1d)), as
        P(azure.azcollection.azure_rm#inventory) does.
      - Machines of one name get the hash all the same, and a warning says so - two machines are never one host.
    type: bool
    default: false
  hostnames:
    description:
      - Expressions for the name of a host, of which the first that yields one counts. V(default) stands for the name
        that O(plain_host_names) decides.
    type: list
    elements: str
    default:
      - default
  group_prefix:
    description:
      - What the names of the groups begin with that this plugin makes by itself, for example V(backup_).
    type: str
    default: ''
"""

EXAMPLES = r"""
# The file azure.vm_backup.yml: one subscription, the credentials from the environment.
# ansible-inventory -i azure.vm_backup.yml --graph
plugin: cloudkeep.azure_backup.vm_backup

---
# Two subscriptions, production only, hosts named like their machines, and a group for each team.
plugin: cloudkeep.azure_backup.vm_backup
subscriptions:
  - 11111111-1111-1111-1111-111111111111
  - 22222222-2222-2222-2222-222222222222
select:
  tags:
    env: production
  exclude:
    - "*-test"
plain_host_names: true
keyed_groups:
  - prefix: team
    key: tags.owner | default('nobody')

---
# What no vault holds and is switched on, in a group of its own; kept in a cache for ten minutes.
plugin: cloudkeep.azure_backup.vm_backup
power_state: true
groups:
  exposed: vm_backup.state == 'unprotected' and azure_vm.power_state == 'running'
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: ~/.cache/azure_backup
cache_timeout: 600
"""

import hashlib
import json
import os
import re
import typing as t

from ansible.errors import AnsibleError, AnsibleParserError
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable

from ansible_collections.cloudkeep.azure_backup.plugins.module_utils import _options
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.client import AzureClient
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.clock import SystemClock
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.secrets import Secrets
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._azure.settings import VARIABLES
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._errors import BackupError, InvalidInput
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._text import clean, clean_all, clean_lines
from ansible_collections.cloudkeep.azure_backup.plugins.module_utils._use_cases import inventory as use_case
from ansible_collections.cloudkeep.azure_backup.plugins.plugin_utils._inventory import hosts, names

try:
    # From ansible-core 2.19 on, which has this, only text that is marked is a template; before, all that is not.
    from ansible.template import trust_as_template
except ImportError:
    trust_as_template = None

_FILE: t.Final = re.compile(r"(^|[._-])vm_backup\.ya?ml$")
_CHOOSING: t.Final = ("profile", "subscription_id", "cloud_environment", "tenant", "client_id")
"""The options that decide what a login sees and are no secrets."""
_SUBSCRIPTIONS: t.Final = {"type": "list", "elements": "str"}
_PLAIN: t.Final = re.compile(r"[\w ./:;,@+=-]*")
"""Text that is nothing but itself even where it is taken for a template or an expression."""


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):  # type: ignore[misc]
    """What Ansible loads."""

    NAME = "cloudkeep.azure_backup.vm_backup"

    def verify_file(self, path: str) -> bool:
        """Whether a file is a configuration of this plugin, which its name tells."""
        return bool(super().verify_file(path)) and bool(_FILE.search(os.path.basename(path)))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        """Add the hosts and groups of a configuration file to the inventory."""
        super().parse(inventory, loader, path, cache)
        config = self._read_config_data(path)
        self._secrets = Secrets()
        try:
            options = self._checked(config)
            rpo = use_case.rpo_hours(options)
            prefix = names.prefix(options["group_prefix"])
            snapshot = self._snapshot(path, options, cache)
        except BackupError as error:
            raise AnsibleParserError(clean_lines(self._secrets.hidden(error.advice))) from None
        for warning in snapshot["warnings"]:
            self.display.warning(clean_lines(warning))
        now = SystemClock().now()
        machines = [
            {**facts, "vm_backup": use_case.aged(facts["vm_backup"], now, rpo)} for facts in snapshot["machines"]
        ]
        self._populate(machines, prefix, options)

    def _checked(self, config: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """Return the options, their templates evaluated.

        Ansible itself ignores what it does not know, but a filter that is misspelt would choose every machine.
        """
        given = self.get_options()
        unknown = sorted(set(config) - set(given))
        if unknown:
            raise self._no_such(unknown)
        specification = {**_options.azure(), **_options.virtual_machines(), "subscriptions": _SUBSCRIPTIONS}
        evaluated = {name: self._evaluated(name, given[name]) for name in specification if given[name] is not None}
        checked = ArgumentSpecValidator(specification, mutually_exclusive=[("vms", "select")]).validate(evaluated)
        if checked.unsupported_parameters:
            raise self._no_such(".".join(map(str, path)) for path in checked.unsupported_parameters)
        if checked.error_messages:
            raise InvalidInput(". ".join(checked.error_messages))
        return {**given, **checked.validated_parameters}

    def _no_such(self, unknown: t.Iterable[str]) -> InvalidInput:
        known = f"The options are listed by: ansible-doc -t inventory {self.NAME}"
        return InvalidInput(f"{', '.join(sorted(unknown))}: no such option. {known}")

    def _evaluated(self, name: str, value: t.Any) -> t.Any:
        self.templar.available_variables = self._vars
        try:
            return self.templar.template(value)
        except AnsibleError as error:
            raise InvalidInput(f"{name}: its template can't be evaluated: {error}") from None

    def _snapshot(self, path: str, options: t.Mapping[str, t.Any], cache: bool) -> use_case.Snapshot:
        cached = bool(options["cache"])
        key = f"{self.get_cache_key(path)}_{_choice(options)}"
        if cached and cache:
            try:
                return t.cast("use_case.Snapshot", self._cache[key])
            except KeyError:
                pass  # it was never read, or it is too old
        # In check mode a client refuses to send a write.
        client = AzureClient(options, check_mode=True, secrets=self._secrets)
        try:
            snapshot = use_case.snapshot(client, options)
        finally:
            client.close()
        if cached:
            self._cache[key] = snapshot
        return snapshot

    def _populate(
        self, machines: t.Sequence[t.Mapping[str, t.Any]], prefix: str, options: t.Mapping[str, t.Any]
    ) -> None:
        for group in (*use_case.STATES, "stale"):
            self.inventory.add_group(prefix + group)
        vaults = names.of_vaults(facts["vm_backup"]["vault_id"] for facts in machines if facts["vm_backup"]["vault_id"])
        for host, facts in self._named(machines, options).items():
            self.inventory.add_host(host)
            for name, value in facts.items():
                self.inventory.set_variable(host, name, _text_only(value))
            for group in hosts.groups(facts["vm_backup"], vaults):
                self.inventory.add_child(self.inventory.add_group(prefix + group), host)
            known = _text_only(hosts.variables(facts))
            strict = options["strict"]
            self._set_composite_vars(options["compose"], known, host, strict=strict)
            plain = _for_names(facts)
            self._add_host_to_composed_groups(options["groups"], plain, host, strict=strict)
            self._add_host_to_keyed_groups(options["keyed_groups"], plain, host, strict=strict)

    def _named(
        self, machines: t.Sequence[t.Mapping[str, t.Any]], options: t.Mapping[str, t.Any]
    ) -> dict[str, t.Mapping[str, t.Any]]:
        """Return the machines by their host names."""
        before = {str(name): host.vars for name, host in self.inventory.hosts.items()}
        known = hosts.known(before)
        by_id = {facts["azure_vm"]["id"]: facts for facts in machines}
        wanted = {vm_id: self._name(facts, options) for vm_id, facts in by_id.items() if vm_id.casefold() not in known}
        given, clashing = names.of_hosts(wanted, set(known.values()))
        if clashing:
            shown = ", ".join(clashing[:10]) + (" and others" if len(clashing) > 10 else "")
            shown = clean(shown)
            self.display.warning(f"Not one host for several virtual machines: a hash of the id was added to {shown}.")
        return {known.get(vm_id.casefold()) or given[vm_id]: facts for vm_id, facts in by_id.items()}

    def _name(self, facts: t.Mapping[str, t.Any], options: t.Mapping[str, t.Any]) -> str:
        known = _for_names(facts)
        machine = facts["azure_vm"]
        for expression in options["hostnames"]:
            if expression == "default":
                plain = machine["name"] if options["plain_host_names"] else known["default_inventory_hostname"]
                return clean(str(plain))
            try:
                name = self._compose(expression, known)
            except Exception as error:
                if options["strict"]:
                    raise AnsibleParserError(f"hostnames: {expression!r} fails for {machine['id']}: {error}") from None
                continue
            if name:
                return clean(str(name))
        raise AnsibleParserError(f"hostnames: no expression yields a name for {machine['id']}. Add default as the last")


def _choice(options: t.Mapping[str, t.Any]) -> str:
    """Return what tells apart what different options and variables would read, without a secret in it."""
    environment = {variable: os.environ.get(variable) for name in _CHOOSING for variable in VARIABLES[name]}
    names_of_choice = (*_CHOOSING, "subscriptions", "vms", "select", "power_state")
    chosen = {**environment, **{name: options[name] for name in names_of_choice}}
    return hashlib.sha256(json.dumps(chosen, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _for_names(facts: t.Mapping[str, t.Any]) -> t.Any:
    """Return what names are made of: a name is printed wherever its host or group is, so it holds nothing but text."""
    return _text_only(clean_all(hosts.variables(facts)))


def _text_only(value: t.Any) -> t.Any:
    """Make sure that text from Azure is never a template: anybody who may tag a machine could write one.

    Plain text is left as what a person would have written, so that ansible-inventory and AWX show it without a mark.
    """
    if isinstance(value, dict):
        return {key: _text_only(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_text_only(inner) for inner in value]
    if not isinstance(value, str):
        return value
    plain = _PLAIN.fullmatch(value) is not None
    if trust_as_template is not None:
        return trust_as_template(value) if plain else value
    from ansible.utils.unsafe_proxy import wrap_var

    return value if plain else wrap_var(value)
