class windows::a {
  $a = @("END"/L)
    class no { ${b} \
    |- END
  $c = 'x
  y'
} # {
class windows::b { }
