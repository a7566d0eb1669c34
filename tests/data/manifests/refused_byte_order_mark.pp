class no { }
