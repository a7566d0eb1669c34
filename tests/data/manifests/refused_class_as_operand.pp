class no { } -> class no::more { }
