# A sample class.
class apache::mod::ssl {
  include apache
}
