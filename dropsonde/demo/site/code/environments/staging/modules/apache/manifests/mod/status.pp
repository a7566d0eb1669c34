# A sample class.
class apache::mod::status {
  include apache
}
