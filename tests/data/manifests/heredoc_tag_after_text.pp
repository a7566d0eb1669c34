# Any line that ends with the tag is the end.
$a = @(END)
  class no { END
class after_text { notice(1) }
