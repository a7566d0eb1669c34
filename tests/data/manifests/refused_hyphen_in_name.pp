class no-more { }
