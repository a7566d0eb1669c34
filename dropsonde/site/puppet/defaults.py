"""The settings of Puppet that hold paths or texts, and their defaults, from ``defaults.rb``.

A ``$name`` in puppet.conf refers to one of these. None marks a setting without a fixed default: it
comes from the layout or the host, or it has no value unless it is set.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Settings that hold one path; Puppet makes it absolute.
PATHS: Mapping[str, str | None] = MappingProxyType(
    {
        "bucketdir": "$vardir/bucket",
        "cacert": "$cadir/ca_crt.pem",
        "cacrl": "$cadir/ca_crl.pem",
        "cadir": None,
        "cakey": "$cadir/ca_key.pem",
        "capub": "$cadir/ca_pub.pem",
        "cert_inventory": "$cadir/inventory.txt",
        "certdir": "$ssldir/certs",
        "classfile": "$statedir/classes.txt",
        "client_datadir": "$vardir/client_data",
        "clientbucketdir": "$vardir/clientbucket",
        "clientyamldir": "$vardir/client_yaml",
        "codedir": None,
        "confdir": None,
        "config": "$confdir/${config_file_name}",
        "csr_attributes": "$confdir/csr_attributes.yaml",
        "csrdir": "$cadir/requests",
        "deviceconfdir": "$confdir/devices",
        "devicedir": "$vardir/devices",
        "fileserverconfig": "$confdir/fileserver.conf",
        "graphdir": "$statedir/graphs",
        "hostcert": "$certdir/$certname.pem",
        "hostcrl": "$ssldir/crl.pem",
        "hostcsr": "$requestdir/$certname.pem",
        "hostprivkey": "$privatekeydir/$certname.pem",
        "hostpubkey": "$publickeydir/$certname.pem",
        "lastrunfile": "$publicdir/last_run_summary.yaml",
        "lastrunreport": "$statedir/last_run_report.yaml",
        "libdir": "$vardir/lib",
        "localcacert": "$certdir/ca.pem",
        "localedest": "$vardir/locales",
        "logdir": None,
        "passfile": "$privatedir/password",
        "pidfile": "$rundir/${run_mode}.pid",
        "plugindest": "$libdir",
        "pluginfactdest": "$vardir/facts.d",
        "privatedir": "$ssldir/private",
        "privatekeydir": "$ssldir/private_keys",
        "publicdir": None,
        "publickeydir": "$ssldir/public_keys",
        "puppetdlog": "$logdir/puppetd.log",
        "reportdir": "$vardir/reports",
        "requestdir": "$ssldir/certificate_requests",
        "resourcefile": "$statedir/resources.txt",
        "rundir": None,
        "serial": "$cadir/serial",
        "server_datadir": "$vardir/server_data",
        "signeddir": "$cadir/signed",
        "ssl_trust_store": None,
        "ssldir": "$confdir/ssl",
        "statedir": "$vardir/state",
        "statefile": "$statedir/state.yaml",
        "transactionstorefile": "$statedir/transactionstore.yaml",
        "trusted_oid_mapping_file": "$confdir/custom_trusted_oid_mapping.yaml",
        "vardir": None,
        "yamldir": "$vardir/yaml",
    }
)

# Settings that hold paths separated by ":"; Puppet makes each absolute.
LISTS: Mapping[str, str | None] = MappingProxyType(
    {
        "basemodulepath": None,
        "environmentpath": "$codedir/environments",
        "factpath": "$vardir/lib/facter:$vardir/facts",
    }
)

# Settings that hold any text.
TEXTS: Mapping[str, str | None] = MappingProxyType(
    {
        "agent_catalog_run_lockfile": "$statedir/agent_catalog_run.lock",
        "agent_disabled_lockfile": "$statedir/agent_disabled.lock",
        "ca_name": "Puppet CA: $certname",
        "ca_server": "$server",
        "certname": None,
        "config_file_name": "puppet.conf",
        "default_manifest": "./manifests",
        "deviceconfig": "$confdir/device.conf",
        "dns_alt_names": "",
        "environment": "production",
        "forge_authorization": "",
        "group": "puppet",
        "http_proxy_host": "none",
        "http_proxy_password": "none",
        "http_proxy_port": "3128",
        "http_proxy_user": "none",
        "module_repository": "https://forgeapi.puppet.com",
        "module_working_dir": "$vardir/puppet-module",
        "no_proxy": "localhost, 127.0.0.1",
        "node_name_value": "$certname",
        "report_server": "$server",
        "route_file": "$confdir/routes.yaml",
        "server": "puppet",
        "ssl_lockfile": "$ssldir/ssl.lock",
        "user": "puppet",
        "vendormoduledir": None,
        "versioned_environment_dirs": "false",
    }
)
