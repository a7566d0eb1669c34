# A sample class.
class haproxy {
}
