class one_line::a {
  file { [@(A), @("B"), @(C)]: ensure => "${@(D)}", content => 'x' } /* and */ # class no {
    class no { A
  A
    ${b} ' {
  | B
    " class no {
  C
    class no {
  D
}
class one_line::b($x = @(E)) inherits one_line::a {
  class no {
  E
  notice($x)
}
$y = @(F) class
  class no {
  F
one_line::c { notice(1) }
