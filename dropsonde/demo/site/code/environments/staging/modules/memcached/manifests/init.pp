# A sample class.
class memcached (Integer $max_memory = 64) {
  package { 'memcached': }
}
