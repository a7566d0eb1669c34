# A sample class.
class nginx::service {
  service { 'nginx': }
}
