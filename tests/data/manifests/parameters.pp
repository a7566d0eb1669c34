class parameters::a(
  Hash[String, Struct[{ a => Integer[1, 2], Optional['}'] => Enum[')', "("] }]] $a = { ')' => '(' },
  Variant[Undef, Pattern[/[)}'"]/]] $b = undef,
  $c = $d.filter |$k, $v| { $k =~ /}/ and $v in ['}', ")"] },
  $e = "${f[')']}", # )
  $g = (1 + (2)),
) inherits ::parameters::params { notice(1) }
class parameters::b () inherits parameters-a{ }
class parameters::c inherits default {}class
parameters::d
{ }
