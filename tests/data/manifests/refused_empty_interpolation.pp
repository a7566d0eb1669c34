class no { $a = "${}" }
