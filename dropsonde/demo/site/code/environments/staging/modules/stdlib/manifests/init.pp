# A sample class.
class stdlib {
}
