# @summary One line of printable text.
type Dropsonde::Text = Pattern[/\A[[:graph:]]([[:print:]]*[[:graph:]])?\z/]
