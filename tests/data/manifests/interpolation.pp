class interpolation::a {
  $a = "${b} ${c['d']['}']} ${e["f${g}"]} ${h.map |$i| { "${i}}" }}"
  $j = "${if $k { 'class no {' } else { "${l}" }} ${ { 'a' => { 'b' => 1 } } }"
  $m = "${class} ${class['x']} ${class.foo} ${if} ${1} ${_n}"
  $o = "${ # } in a comment
    p /* } */ }"
  $q = "${r ? { /[}"']/ => '}', default => "}" }}"
  $s = "${$t / 2} ${"a${u}b" + '/'} ${v} / ${/* " */ w}"
}
class interpolation::b { notice("}") }
