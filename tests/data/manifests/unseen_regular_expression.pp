class unseen { $a = $b =~ /(/ }
