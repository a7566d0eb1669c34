# The end of the text ends the interpolation too.
$a = @("END")
  class no { ${b['}']
  | END
class cut_off { notice(1) }
