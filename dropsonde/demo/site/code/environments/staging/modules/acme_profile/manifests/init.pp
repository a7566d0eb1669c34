# A sample class.
class acme_profile {
  include apache
}
