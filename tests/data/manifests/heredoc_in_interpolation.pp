class inner::a {
  $a = "${b(@("INNER"), "c${d}")} class no { ${@(LAST)}"
    class no { ${e["}"]} "
    | INNER
    class no { "
    LAST
}
class inner::b { notice(1) }
