class no { }
$a = "x${y}
