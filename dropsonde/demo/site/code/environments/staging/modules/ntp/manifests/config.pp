# A sample class.
class ntp::config {
  file { '/etc/ntp.conf':
    content => "${join($ntp::servers, "\n")}\n",
  }
}
