$a = @(NO:@(END)
  class no {
  END
class begins_anew { notice(1) }
