# The site's own, in a public module's directory: it stays home.
class memcached::acme_patch {
}
