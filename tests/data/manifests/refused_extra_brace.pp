class no { } }
