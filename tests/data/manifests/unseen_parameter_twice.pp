class unseen($a, $a) { }
