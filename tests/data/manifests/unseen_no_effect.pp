class unseen { 'a value' }
