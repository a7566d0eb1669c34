"""What tells one system from another in the os-release files of real ones."""

from __future__ import annotations


def _file(name: str, identifier: str, like: str, version: str) -> str:
    settings = {"NAME": name, "ID": identifier, "ID_LIKE": like, "VERSION_ID": version}
    return "".join(f'{key}="{value}"\n' for key, value in settings.items() if value)


# Facter's name and our release → the file.
OS_RELEASES: dict[tuple[str, str | None], str] = {
    ("AlmaLinux", "9"): _file("AlmaLinux", "almalinux", "rhel centos fedora", "9.3"),
    ("Alpine", "3"): _file("Alpine Linux", "alpine", "", "3.19.1"),
    ("Amazon", "2"): _file("Amazon Linux", "amzn", "centos rhel fedora", "2"),
    ("Amazon", "2023"): _file("Amazon Linux", "amzn", "fedora", "2023"),
    ("Archlinux", None): _file("Arch Linux", "arch", "", ""),
    ("CentOS", "7"): _file("CentOS Linux", "centos", "rhel fedora", "7"),
    ("CentOS", "9"): _file("CentOS Stream", "centos", "rhel fedora", "9"),
    ("CloudLinux", "8"): _file("CloudLinux", "cloudlinux", "rhel fedora centos", "8.9"),
    ("Debian", "12"): _file("Debian GNU/Linux", "debian", "", "12"),
    ("Debian", None): _file("Debian GNU/Linux", "debian", "", ""),
    ("Devuan", "5"): _file("Devuan GNU/Linux", "devuan", "debian", "5"),
    ("Fedora", "39"): _file("Fedora Linux", "fedora", "", "39"),
    ("Gentoo", "2"): _file("Gentoo", "gentoo", "", "2.14"),
    ("KDE", "22"): _file("KDE neon", "neon", "ubuntu debian", "22.04"),
    ("Linuxmint", "21"): _file("Linux Mint", "linuxmint", "ubuntu debian", "21.3"),
    ("Mageia", "9"): _file("Mageia", "mageia", "mandriva fedora", "9"),
    ("Manjarolinux", None): _file("Manjaro Linux", "manjaro", "arch", ""),
    ("Mariner", "2"): _file("Common Base Linux Mariner", "mariner", "", "2.0"),
    ("OpenWrt", "23"): _file("OpenWrt", "openwrt", "lede openwrt", "23.05.2"),
    ("OracleLinux", "8"): _file("Oracle Linux Server", "ol", "fedora", "8.9"),
    ("Raspbian", "11"): _file("Raspbian GNU/Linux", "raspbian", "debian", "11"),
    ("RedHat", "9"): _file("Red Hat Enterprise Linux", "rhel", "fedora", "9.3"),
    ("RedHat", "7"): _file("Red Hat Enterprise Linux Server", "rhel", "", "7.9"),
    ("Rocky", "9"): _file("Rocky Linux", "rocky", "rhel centos fedora", "9.3"),
    ("SLED", "15"): _file("SLED", "sled", "suse", "15.5"),
    ("SLES", "15"): _file("SLES", "sles", "suse", "15.5"),
    ("SLES_SAP", "12"): _file("SLES_SAP", "sles_sap", "suse sles", "12.5"),
    ("Scientific", "7"): _file("Scientific Linux", "scientific", "rhel centos fedora", "7.9"),
    ("Slackware", "15"): _file("Slackware", "slackware", "", "15.0"),
    ("Ubuntu", "22.04"): _file("Ubuntu", "ubuntu", "debian", "22.04"),
    ("VMware", "5"): _file("VMware Photon OS", "photon", "", "5.0"),
    ("VirtuozzoLinux", "8"): _file("Virtuozzo", "virtuozzo", "rhel fedora", "8"),
    ("XCP-ng", "8"): _file("XCP-ng", "xenenterprise", "centos rhel fedora", "8.2.1"),
    ("XenServer", "8"): _file("XenServer", "xenenterprise", "centos rhel fedora", "8"),
    ("elementary", "7"): _file("elementary OS", "elementary", "ubuntu", "7.1"),
    ("openSUSE", "15"): _file("openSUSE Leap", "opensuse-leap", "suse opensuse", "15.5"),
}
