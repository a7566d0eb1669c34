class collectors::a {
  $a.each |$b| { $b.each |Integer $c, *$d| >> Integer { 1 } }
  File <| title == 'class no {' |> -> Package <<| tag != "}" or (x == 1) |>> { ensure => absent }
  @@file { 'x': } ~> @file { 'y': }
  $e = 1 << 2 >> 3 <= 4 >= 5
  with() || { notice(1) }
}
class collectors::b { }
