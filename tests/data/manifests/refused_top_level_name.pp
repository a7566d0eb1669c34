class ::no { }
