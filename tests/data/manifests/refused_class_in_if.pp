class no { }
if true {
  class no::more { }
}
