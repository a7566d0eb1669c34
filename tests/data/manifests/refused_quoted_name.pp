class 'no' { }
