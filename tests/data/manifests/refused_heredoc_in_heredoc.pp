$a = @("OUTER")
  ${b(@(INNER))}
    x
    INNER
  OUTER
class no { }
