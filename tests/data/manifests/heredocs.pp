class heredocs::a {
  $a = @(END)
    class no { ' " ${ /*
    | END
  $b = @( "END TAG" /L )
    class no ${b} \$c ${d['}']} $e ' \
    |- END TAG
  $c = @(END:json)
    { "class": "no {" }
    - END
  $d = @("END":pp/$tnrsuL)
    class no { \${ ${e ? { 'END' => "}", default => 1 }} \\
    -END
  $f = @("A|B"/)
    \${ no \\${g}
    | A|B
}
class heredocs::b { notice(1) }
