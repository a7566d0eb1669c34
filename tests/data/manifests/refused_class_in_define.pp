define no { class no::more { } }
