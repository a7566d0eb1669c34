# A sample class.
class nginx {
  package { 'nginx': }
}
