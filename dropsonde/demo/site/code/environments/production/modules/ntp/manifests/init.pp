# A sample class.
class ntp (
  Array[String] $servers = ['0.pool.example', '1.pool.example'],
) {
  contain ntp::install
  contain ntp::config
}
