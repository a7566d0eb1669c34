class unseen { $a = 1 + }
