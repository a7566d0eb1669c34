class no::More { }
