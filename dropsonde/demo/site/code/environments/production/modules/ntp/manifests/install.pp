# A sample class.
class ntp::install {
  package { 'ntp': ensure => installed }
}
