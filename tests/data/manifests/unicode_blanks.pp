 class　unicode::a { }
# é €
class unicode::b { notice('é €') }
