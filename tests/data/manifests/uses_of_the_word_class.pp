class { 'no::one': class => 'x', }
class uses::a {
  class { ['no::two']: }
  file { 'y': class => 'no', classes => 1, class_x => "${class}" }
  File['z'] { class +> 'no' }
  Class['no'] -> Class[no::three]
  $class = $::no::class + class::no('x') - sub-class - class-y
  $a = [class-no, 'class', ::class::no]
  notice($class)
}
