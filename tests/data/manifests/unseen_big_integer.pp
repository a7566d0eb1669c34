class unseen { $a = 9223372036854775808 }
