class no {
  notice(1)
