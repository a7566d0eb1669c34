$a = class no { }
