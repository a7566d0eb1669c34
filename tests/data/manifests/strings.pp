class strings::a {
  $a = 'class no { \' " ${ $x { \\'
  $b = "class no { \" ' \${ \$x { \\"
  $c = "$ $$ $- $a::b $::c::_d ${a} $0 cost: 5$"
  $d = 'over
class no {
lines'
}
class strings::b { notice('\\', "\\") }
