class numbers::a_1 {
  $a = [0x1F, 017, 0, 0.5, 1.5e-3, 12e4, 1.foo, a--b, _c, d-1, ::e]
  $h = -1 - 2-3
  notice($a)
}
node 1.2.example.com { }
class fooBAR { }
class if::then { }
class classes { }
class plan { }
class apply { }
