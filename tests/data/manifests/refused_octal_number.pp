class no { $a = 08 }
