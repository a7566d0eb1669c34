# é
class no { }
