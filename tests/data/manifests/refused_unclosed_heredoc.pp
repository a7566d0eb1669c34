class no { }
$a = @(END)
  x
