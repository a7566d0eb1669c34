class nested {
  class inner($a = { 'b' => [1, 2] }) { class a::b { } ; class c { notice(1) } }
  if true { notice(2) }
  class other inherits nested::inner { }
}
class nested::more { }
