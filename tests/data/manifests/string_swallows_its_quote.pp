# A quote right behind an empty string makes one string of both: the quote is its text.
$a = '''
class swallow::a { notice(1) }
$b = """
class swallow::b { notice(1) }
$c = "${a}""
class swallow::c { notice(1) }
$d = "$a""
class swallow::d { notice(1) }
