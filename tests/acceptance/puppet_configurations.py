"""Configurations of Puppet to be read twice: by Puppet and by us.

Each is a tree of files below a directory of its own: path → text; a path that ends in "/" is a
directory, and a text that starts with "-> " a link. TREE stands for that directory in any text.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

CONF = "etc/puppet.conf"
PRODUCTION = "code/environments/production/"
BASE = "[main]\ncodedir = TREE/code\nssldir = TREE/ssl\n"
METADATA = """{"name": "puppetlabs-ntp", "author": "puppetlabs", "version": "9.2.0",
 "license": "Apache-2.0", "source": "https://example.com/ntp",
 "dependencies": [{"name": "puppetlabs/stdlib", "version_requirement": ">= 4.13.1 < 10.0.0"},
                  {"name": "acme-base"}]}"""

CONFIGURATIONS: Mapping[str, Mapping[str, str]] = {
    "nothing": {"etc/": ""},
    "empty": {CONF: ""},
    "only_codedir": {CONF: BASE, PRODUCTION: ""},
    "sections_order": {
        CONF: "[agent]\ncertname=agent.x\n[main]\ncertname=main.x\nssldir=TREE/m\n[master]\n"
        "certname=master.x\nssldir=TREE/master\n[server]\ncertname = server.x\n[user]\nssldir=/u\n"
    },
    "master_only": {CONF: "[master]\ncertname = old.example.com\nvardir = TREE/oldvar\n"},
    "above_all_sections": {CONF: "certname = top.example.com\n[main]\ncertname = second\n"},
    "duplicate_keys": {CONF: "[main]\nssldir = TREE/a\nssldir = TREE/b\n"},
    "duplicate_sections": {
        CONF: "[main]\nssldir=TREE/a\n[server]\nlogdir=TREE/l\n[main]\nssldir=TREE/b\n"
        "certname=c.x\n[server]\nlogdir=TREE/m\n"
    },
    "quotes": {
        CONF: "[main]\ncertname = \"double.x\"\nssldir = 'TREE/single'\ncodedir = 'TREE/half\n"
        "module_repository = \"'https://both.example.com'\"\n"
    },
    "comments_and_blanks": {
        CONF: "# top\n\n  \t\n[main]\n  # indented\ncertname = a.x # no comment\n#ssldir = /no\n"
    },
    "crlf": {CONF: "[main]\r\ncertname = crlf.x\r\nssldir = TREE/ssl  \r\n\r\n# c\r\n"},
    "white_space": {CONF: "  [main]  \n\t certname\t=\t tabs.x \t\n   ssldir=TREE/s s  \n"},
    "key_case": {CONF: "[main]\nCertname = Upper.x\nSSLDIR = /no\n[Server]\nx=1\n"},
    "key_case_only": {CONF: "[main]\nCertname = Upper.x\nSSLDIR = /no\n"},
    "equals_in_value": {CONF: "[main]\nmodule_repository = https://x.example.com/?a=b=c\n"},
    "file_options": {
        CONF: "[main]\nssldir = TREE/ssl { owner = service, group = service, mode = 0771 }\n"
        "logdir = TREE/log{owner=root}\n"
    },
    "file_options_bad": {CONF: "[main]\nssldir = TREE/ssl { colour = red }\n"},
    "file_options_words": {CONF: "[main]\nssldir = TREE/ssl { secret }\n"},
    "file_mode_no_number": {CONF: "[main]\nssldir = TREE/ssl { mode = rwx }\n"},
    "braces_empty": {CONF: "[main]\nssldir = TREE/ssl{}\n"},
    "variable_in_braces": {CONF: "[main]\nssldir = ${confdir}/tls\n"},
    "variable_in_second_braces": {CONF: "[main]\nssldir = {owner=root}${confdir}/tls\n"},
    "variables": {
        CONF: "[main]\nssldir = $confdir/tls\nlogdir = $vardir/log\ncertdir = $ssldir/$certname\n"
        "certname = v.example.com\n[server]\nenvironmentpath = $codedir/a:$codedir/b:$statedir/e\n"
        "codedir = $ssldir/../code\n"
    },
    "variable_run_mode": {CONF: "[main]\nssldir = TREE/$run_mode/ssl\n"},
    "variable_environment": {CONF: "[main]\nenvironmentpath = TREE/$environment\n"},
    "variable_unknown": {CONF: "[main]\nssldir = $nowhere/ssl\n"},
    "variable_not_a_setting": {CONF: "[main]\nours = TREE/x\nssldir = $ours/ssl\n"},
    "variable_loop": {CONF: "[main]\nssldir = $certdir/x\n"},
    "variable_self": {CONF: "[main]\ncodedir = $codedir/x\n"},
    "variable_without_word": {CONF: "[main]\nssldir = TREE/a$/b$-c\n"},
    "variable_server": {CONF: "[main]\nserver = p.x\nmodule_repository = https://$ca_server/\n"},
    "confdir_moved": {CONF: "[main]\nconfdir = TREE/elsewhere\nssldir = $confdir/ssl\n"},
    "paths_odd": {
        CONF: "[main]\nssldir = //TREE/./a/../b//c/\ncacert = relative/ca\nhostprivkey =\n"
        "certdir = ~/certs\nprivatekeydir = ~\nhostcert = ../../up\n"
    },
    "lists_odd": {CONF: "[main]\nbasemodulepath = :a::TREE/b/../c:~/m::\nenvironmentpath = /:x:\n"},
    "basemodulepath_empty": {CONF: BASE + "basemodulepath =\n", PRODUCTION: ""},
    "environmentpath_empty": {CONF: BASE + "environmentpath = ''\n"},
    # What Puppet refuses in [main], although [server] says otherwise.
    "environmentpath_empty_in_main": {
        CONF: "[main]\nenvironmentpath =\n[server]\nenvironmentpath = TREE/e\n"
    },
    "environmentpath_of_nothing_in_main": {
        CONF: "[main]\nbasemodulepath =\nenvironmentpath = $basemodulepath\n"
        "[server]\nenvironmentpath = TREE/e\nbasemodulepath = TREE/m\n"
    },
    "basemodulepath_of_itself_in_main": {
        CONF: "[main]\nbasemodulepath = $basemodulepath\n[server]\nbasemodulepath = TREE/m\n"
    },
    "environmentpath_of_the_certname_in_main": {
        CONF: "[main]\nenvironmentpath = /$certname\n[server]\ncertname = a.x\n"
    },
    "environmentpath_empty_in_server": {
        CONF: "[main]\nenvironmentpath = TREE/e\n[server]\nenvironmentpath =\n"
    },
    "certname_upper_in_main": {CONF: "[main]\ncertname = A.x\n[server]\ncertname = a.x\n"},
    "port_in_main_is_not_the_servers": {
        CONF: "[main]\nhttp_proxy_port = p\n[server]\nhttp_proxy_port = 8080\n"
    },
    "password_in_main_is_not_the_servers": {
        CONF: "[main]\nhttp_proxy_password = a@b\n[server]\nhttp_proxy_password = ab\n"
    },
    "versioned_in_main_is_not_the_servers": {
        CONF: "[main]\nversioned_environment_dirs = x\n"
        "[server]\nversioned_environment_dirs = true\n"
    },
    "proxy": {
        CONF: "[main]\nhttp_proxy_host = p.x\nhttp_proxy_port = 8080\nhttp_proxy_user = u\n"
        "http_proxy_password = s%23c\nno_proxy = .x, localhost\n"
    },
    "proxy_port_text": {CONF: "[main]\nhttp_proxy_port = many\n"},
    "proxy_port_large": {CONF: "[main]\nhttp_proxy_port = 65536\n"},
    "proxy_password_reserved": {CONF: "[main]\nhttp_proxy_password = p@ss\n"},
    "certname_upper": {CONF: "[main]\ncertname = Node.Example.COM\n"},
    "booleans": {CONF: "[main]\nmodule_repository = TRUE\nno_proxy = false\n"},
    "boolean_like": {CONF: "[main]\nmodule_repository = 'true'\nno_proxy = falsehood\n"},
    "unknown_section": {CONF: "[production]\ncertname = x\n"},
    "section_with_space": {CONF: "[ main ]\ncertname = x\n"},
    "section_with_comment": {CONF: "[main] # here\ncertname = x\n"},
    "line_without_equals": {CONF: "[main]\ncertname\n"},
    "semicolon": {CONF: "[main]\n; certname = x\n"},
    "key_with_dash": {CONF: "[main]\ncert-name = x\n"},
    "bom": {CONF: "\ufeff[main]\ncertname = x\n"},
    "mac_lines": {CONF: "[main]\rcertname = x\r"},
    "modulepath_in_puppet_conf": {CONF: "[agent]\nmodulepath = /m\n"},
    "manifest_in_puppet_conf": {CONF: "[main]\nmanifest = /m\n"},
    "non_ascii": {CONF: "[main]\n# Grüße\nssldir = TREE/schlüssel\nklammeräffchen = x\n"},
    "ca_old_directory": {CONF: BASE, "ssl/ca/": ""},
    "ca_old_link": {CONF: BASE, "ssl/ca": "-> TREE/newca", "newca/": ""},
    "ca_old_link_dangling": {CONF: BASE, "ssl/ca": "-> TREE/gone"},
    "ca_ssldir_of_server": {CONF: "[server]\nssldir = TREE/ssl\n", "ssl/ca/": ""},
    "cadir_given": {CONF: BASE + "cadir = $ssldir/authority\n", "ssl/ca/": ""},
    "environments": {
        CONF: BASE + "environmentpath = TREE/first:$codedir/environments:TREE/missing\n",
        "first/production/modules/one/": "",
        "first/Upper_9/": "",
        "first/with-dash/": "",
        "first/.hidden/": "",
        "first/a.b/": "",
        "first/file": "no directory",
        "first/linked": "-> TREE/real_environment",
        "first/dangling": "-> TREE/gone",
        "real_environment/modules/two/": "",
        PRODUCTION + "modules/three/": "",
        "code/environments/testing/environment.conf": "",
        "code/modules/four/": "",
    },
    "environment_conf": {
        CONF: BASE,
        PRODUCTION + "environment.conf": "modulepath = site:../shared:modules:/opt/none:~/m:"
        "$basemodulepath:$codedir/more\nmanifest = x\n",
        PRODUCTION + "site/profile/": "",
        "code/environments/shared/role/": "",
        "code/more/extra/": "",
        "code/environments/empty/environment.conf": "modulepath =\n",
        "code/environments/sections/environment.conf": "[other]\nmodulepath = a\n",
        "code/environments/main/environment.conf": "[main]\nmodulepath = 'a b':c # d\n",
        "code/environments/env/environment.conf": "modulepath = $environment/m:m/$environment\n",
        "code/environments/odd/environment.conf": "odd = 1\nmodulepath = $confdir:$ssldir/x::y:\n",
        "code/environments/twice/environment.conf": "modulepath = a\nmodulepath = b\n",
    },
    "environment_conf_patterns": {
        CONF: BASE,
        PRODUCTION + "environment.conf": "modulepath = teams/*/modules:none/*:t?[ab]:d[^x]:"
        "$codedir/*\n",
        PRODUCTION + "teams/b/modules/mb/": "",
        PRODUCTION + "teams/a-c/modules/mac/": "",
        PRODUCTION + "teams/a/modules/ma/": "",
        PRODUCTION + "teams/.dot/modules/mdot/": "",
        PRODUCTION + "txa/": "",
        PRODUCTION + "txc/": "",
        PRODUCTION + "dx/": "",
        PRODUCTION + "dy/": "",
    },
    "versioned_environments": {
        CONF: BASE + "versioned_environment_dirs = true\n",
        "code/environments/production": "-> TREE/versions/production_1",
        "versions/production_1/environment.conf": "modulepath = modules:../common\n",
        "versions/common/shared/": "",
    },
    "versioned_environments_off": {
        CONF: BASE,
        "code/environments/production": "-> TREE/versions/production_1",
        "versions/production_1/environment.conf": "modulepath = modules:../common\n",
        "versions/common/shared/": "",
        "code/environments/common/other/": "",
    },
    "modules": {
        CONF: BASE + "basemodulepath = $codedir/modules\n",
        PRODUCTION + "modules/ntp/metadata.json": METADATA,
        PRODUCTION + "modules/plain/": "",
        PRODUCTION + "modules/Upper/": "",
        PRODUCTION + "modules/with-dash/": "",
        PRODUCTION + "modules/9nine/": "",
        PRODUCTION + "modules/_under/": "",
        PRODUCTION + "modules/a_9/": "",
        PRODUCTION + "modules/lib/": "",
        PRODUCTION + "modules/.git/": "",
        PRODUCTION + "modules/file": "",
        PRODUCTION + "modules/linked": "-> TREE/checkout",
        PRODUCTION + "modules/dangling": "-> TREE/gone",
        "checkout/metadata.json": METADATA.replace("ntp", "checkout"),
        "code/modules/ntp/metadata.json": METADATA.replace("9.2.0", "1.0.0"),
        "code/modules/other/": "",
    },
}


def plant(files: Mapping[str, str], tree: Path) -> None:
    """Write a configuration below a directory."""
    for name, text in files.items():
        path = tree / name
        if name.endswith("/"):
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        content = text.replace("TREE", str(tree))
        if content.startswith("-> "):
            path.symlink_to(content[3:])
        else:
            path.write_bytes(content.encode())
