class regex::a {
  $a = $b / 2 + $c[1] / 2 / (4) / foo('x') / 1
  if $d =~ /class no { ' "/ and $e !~ /\/ ' { \\/ { notice(1) }
  case $f { /'/, /"/: { notice(2) } default: { notice(3) } }
  $g = $h ? { /[{]/ => 1, default => 2 }
  $j = undef
  $k = "${l}" / 2 # / '
  $m = @(X) / 2 # '
    x
    X
}
node /^class no { ' / { notice(4) }
class regex::b { notice(1) }
/ class no { ' /
