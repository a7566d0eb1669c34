# frozen_string_literal: true

# What Ruby's own parser takes for method calls. Reads a JSON array of programs on standard input and
# writes one element a program: method name => number of calls, or null for what is no Ruby.
#
# Of the two views that Ruby gives of its parser this is the one that knows every local variable: Ripper
# misses those that patterns (`in {name:}`) and regular expressions (`/(?<name>x)/ =~ y`) make.

require 'json'

# Not OPCALL (a + b), ATTRASGN (a.b = 1) and OP_ASGN (a.b += 1).
CALLS = { VCALL: 0, FCALL: 0, CALL: 1, QCALL: 1 }.freeze

def calls(program)
  counts = Hash.new(0)
  todo = [RubyVM::AbstractSyntaxTree.parse(program)]
  while (node = todo.pop)
    name = CALLS.key?(node.type) && node.children[CALLS[node.type]].to_s
    # Operators written as calls (a.+(b)) and indexing are no names.
    counts[name] += 1 if name && name.match?(/\A[[:alpha:]_]/)
    todo.concat(node.children.grep(RubyVM::AbstractSyntaxTree::Node))
  end
  counts
rescue SyntaxError
  nil
end

$VERBOSE = nil
puts JSON.generate(JSON.parse($stdin.read).map { |program| calls(program) })
