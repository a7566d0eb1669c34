class unseen { $a = "\ud800" }
