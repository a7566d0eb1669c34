class unseen {
  $a = @(END:json)
    { not json
    | END
}
