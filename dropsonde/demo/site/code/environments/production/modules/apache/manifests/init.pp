# A sample class.
class apache {
  package { 'apache2': }
}
