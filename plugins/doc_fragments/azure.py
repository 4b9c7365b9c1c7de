# Copyright (c) 2026, Cloudkeep contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# This documentation fragment is private to the collection.
# Its options are those of azure() in module_utils/_options.py.

from __future__ import annotations


class ModuleDocFragment:
    """Who signs in, to which cloud and subscription."""

    DOCUMENTATION = r"""
options:
  auth_source:
    description:
      - Where the credentials come from. The environment variable is E(ANSIBLE_AZURE_AUTH_SOURCE).
      - V(auto), the default, looks for each option in the task, then in its environment variable, then in the profile
        file, and uses what it finds - a service principal with a secret, a certificate or a federated token, or a user.
        When nothing is configured it uses the managed identity of the host, if it has one, and then the login of the
        C(az) command.
      - V(env) looks in the task and the environment only, V(credential_file) in the task and the profile file only.
      - V(msi) uses the managed identity of the host; O(client_id) chooses one of several.
      - V(cli) uses the login of the C(az) command, and its subscription when O(subscription_id) is not set.
    type: str
    choices:
      - auto
      - cli
      - credential_file
      - env
      - msi
  profile:
    description:
      - The section of the profile file C(~/.azure/credentials), an ini file whose keys are named like these options.
        The environment variable is E(AZURE_PROFILE). Without it the section V(default) is read, if there is one.
      - A profile that the task names is taken as part of the task, so it comes before the environment variables.
    type: str
  subscription_id:
    description:
      - The subscription of the vault, and of virtual machines that are not named by their full id.
        The environment variable is E(AZURE_SUBSCRIPTION_ID).
    type: str
  client_id:
    description:
      - The application (client) id of the service principal, or of the managed identity.
        The environment variable is E(AZURE_CLIENT_ID).
    type: str
  secret:
    description:
      - The secret of the service principal.
        The environment variables are E(AZURE_SECRET) and E(AZURE_CLIENT_SECRET).
    type: str
  tenant:
    description:
      - The tenant of the service principal or of the user.
        The environment variables are E(AZURE_TENANT) and E(AZURE_TENANT_ID).
    type: str
  ad_user:
    description:
      - The name of a user who needs no second factor. A service principal is the better choice.
        The environment variables are E(AZURE_AD_USER) and E(AZURE_USERNAME).
    type: str
  password:
    description:
      - The password of O(ad_user). The environment variable is E(AZURE_PASSWORD).
    type: str
  x509_certificate_path:
    description:
      - A PEM or PKCS12 file with the certificate of the service principal and its private key.
        The environment variables are E(AZURE_X509_CERTIFICATE_PATH) and E(AZURE_CLIENT_CERTIFICATE_PATH).
    type: path
  thumbprint:
    description:
      - The thumbprint of the certificate. It is computed from the file, so this is accepted and not needed.
        The environment variable is E(AZURE_THUMBPRINT).
    type: str
  oidc_token:
    description:
      - A token of another issuer that the service principal trusts (workload identity federation).
        The environment variable is E(AZURE_FEDERATED_TOKEN).
    type: str
  oidc_token_file_path:
    description:
      - A file with such a token. It is read again whenever a new sign-in is needed.
        The environment variable is E(AZURE_FEDERATED_TOKEN_FILE).
    type: path
  cloud_environment:
    description:
      - The cloud - V(AzureCloud), which is the default, V(AzureChinaCloud) or V(AzureUSGovernment), in any letter case,
        or the https address of any Azure Resource Manager, which is asked for its sign-in address.
        The environment variable is E(AZURE_CLOUD_ENVIRONMENT).
    type: str
  adfs_authority_url:
    description:
      - The sign-in address, where it is not the one that the cloud names.
        The environment variables are E(AZURE_ADFS_AUTHORITY_URL) and E(AZURE_AUTHORITY_HOST).
    type: str
  disable_instance_discovery:
    description:
      - Whether not to look O(adfs_authority_url) up in the public list of sign-in addresses, which a private cloud
        cannot reach. For a cloud that is given by its address nothing is looked up anyway.
        The environment variable is E(AZURE_DISABLE_INSTANCE_DISCOVERY).
    type: bool
  cert_validation_mode:
    description:
      - V(validate), the default, checks the certificates of the servers. To trust an authority of your own, set the
        environment variable E(REQUESTS_CA_BUNDLE) instead of V(ignore), which protects from nobody in between.
        The environment variable is E(AZURE_CERT_VALIDATION_MODE).
    type: str
    choices:
      - ignore
      - validate
"""
