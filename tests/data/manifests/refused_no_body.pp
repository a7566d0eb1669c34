class no inherits more
