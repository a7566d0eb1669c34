# A sample class.
class acme_profile::clock {
  include ntp
}
