# frozen_string_literal: true

# Prints the names of the methods that Ruby itself defines: its core and its standard library, public,
# protected, private and singleton methods. The names make the lists of those that a report may hold:
# 2.7 with Debian 11's Ruby, 3.1 with Debian 12's, 3.3 with Debian 13's. A site's own methods must never
# get in, hence:
#
#   env -i LC_ALL=C.UTF-8 ruby --disable-gems ruby_methods.rb > ruby-3.1.txt
#
# No gem and nothing of vendor_ruby or site_ruby is loaded: the load path is cut down to the two
# directories of the standard library. This script defines no method, only lambdas: a method of its own
# would be in the list.

require 'rbconfig'

abort 'run me as: env -i ruby --disable-gems ruby_methods.rb' if ENV.key?('RUBYOPT') || defined?(Gem)

$VERBOSE = nil # continuation and others warn that they are obsolete
roots = RbConfig::CONFIG.values_at('rubylibdir', 'rubyarchdir').uniq
$LOAD_PATH.replace(roots)

# Programs rather than libraries: they write files, take over the terminal, or define their helpers on
# every object when they are loaded. No Puppetfile needs them.
programs = %w[bundler debug irb mkmf profile rdoc readline reline tracer un]
# Loaded after all others: it replaces Kernel#require.
last = %w[rubygems]

features = roots.flat_map do |root|
  Dir.glob('{*,*/*}.{rb,so}', base: root).map { |path| path.delete_suffix(File.extname(path)) }
end
features = features.uniq.sort.reject do |feature|
  (programs + last + %w[enc rbconfig]).include?(feature.split('/').first)
end

# A file below a library's own may need the library first, or an optional program, or another system.
unloaded = (features.sort_by { |feature| [feature.count('/'), feature] } + last).reject do |feature|
  require feature
  true
rescue LoadError, StandardError
  false
end
$stderr.puts "not loaded: #{unloaded.join(' ')}" unless unloaded.empty?

# Bound to the methods of Module, since some classes define instance_methods and the like anew.
listers = %i[public_instance_methods protected_instance_methods private_instance_methods].map do |name|
  Module.instance_method(name)
end
singleton_class_of = Kernel.instance_method(:singleton_class)

modules = ObjectSpace.each_object(Module).to_a
modules += modules.map { |each| singleton_class_of.bind_call(each) }
modules += [TOPLEVEL_BINDING.receiver, ENV, ARGF].map(&:singleton_class)
names = modules.uniq.flat_map { |each| listers.flat_map { |lister| lister.bind_call(each, false) } }

# Operators and setters (x=) are left out: a Puppetfile calls them as `a + b` and `a.x = b`, which Ruby's
# parser does not call method calls. So are the names that no program can write (__foo__<2>, ...).
names = names.map(&:to_s).grep(/\A[A-Za-z_][A-Za-z0-9_]*[?!]?\z/)

puts "# Made by ruby_methods.rb with Ruby #{RUBY_VERSION}. One method name a line, in byte order."
puts names.uniq.sort
