# frozen_string_literal: true

# Reads paths of manifests, one a line; prints a JSON object: path => sorted names of the classes
# that Puppet's own parser finds in it, or null where Puppet refuses the manifest.
# Any error refuses a manifest, be it the parser's, Ruby's or the stack's.

require 'json'
require 'puppet'
require 'puppet/plugins/configuration'

Puppet::Util::Log.level = :crit
# The checkers of heredocs' syntaxes, which Puppet's applications set up.
Puppet.push_context({ plugins: Puppet::Plugins::Configuration.load_plugins })
PARSER = Puppet::Pops::Parser::EvaluatingParser.new

def class_names(path)
  source = File.read(path, mode: 'rb', encoding: 'utf-8') # as Puppet's lexer reads files
  definitions = PARSER.parse_string(source, '').definitions
  classes = definitions.grep(Puppet::Pops::Model::HostClassDefinition)
  classes.map { |definition| definition.name.downcase }.uniq.sort # Puppet's types are in lower case
rescue StandardError, SystemStackError
  nil
end

puts JSON.generate($stdin.each_line(chomp: true).to_h { |path| [path, class_names(path)] })
