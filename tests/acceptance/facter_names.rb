# frozen_string_literal: true

# What Facter's own code gives for os.name and os.release.major on the systems whose os-release files
# come on standard input, in JSON: a list of texts; and what it names systems without such a file.
# Facter reads the text in place of the file; the resolvers and the facts are Facter's.

require 'facter'
require 'json'

library = File.dirname($LOADED_FEATURES.grep(%r{/facter\.rb\z}).first)
Dir.glob("#{library}/facter/facts/*/os/{name,release}.rb").each { |path| require path }
require 'facter/resolvers/windows/kernel'
KERNELS = { 'Macosx' => 'Darwin', 'Aix' => 'AIX', 'Freebsd' => 'FreeBSD', 'Solaris' => 'SunOS' }.freeze

module OneFile
  attr_accessor :text

  def safe_readlines(path, *) = path == '/etc/os-release' ? text.lines : []

  def safe_read(path, other = '') = path == '/etc/os-release' ? text : other
end
Facter::Util::FileHelper.singleton_class.prepend(OneFile)

# The most specific class that knows a fact, as Facter picks it.
def fact(systems, fact)
  name = systems.reverse.find { |each| Object.const_defined?("Facts::#{each}::Os::#{fact}") }
  Object.const_get("Facts::#{name}::Os::#{fact}").new.call_the_resolver
end

# As Facter's detector does: by the system's id, else by that of its kin, else as any Linux.
def systems_of(resolver)
  ids = [resolver.resolve(:id).downcase, *resolver.resolve(:id_like).to_s.split, 'linux']
  hierarchy = Facter::OsHierarchy.new
  ids.map { |id| hierarchy.construct_hierarchy(id.to_sym) }.find(&:any?)
end

read = JSON.parse($stdin.read).map do |text|
  Facter::Util::FileHelper.text = text
  [Facter::Resolvers::OsRelease, Facter::Resolvers::DebianVersion].each(&:invalidate_cache)
  systems = systems_of(Facter::Resolvers::OsRelease)
  release = Array(fact(systems, 'Release')).first&.value
  { name: fact(systems, 'Name').first.value,
    major: release && (release['major'] || release[:major]) }
end

kernels = KERNELS.map do |system, kernel|
  Facter::Resolvers::Uname.instance_variable_set(:@fact_list, kernelname: kernel)
  fact([system], 'Name').first.value
end
Facter::Resolvers::Kernel.send(:build_facts_list, { major: 10, minor: 0, build: 1 })
kernels << fact(['Windows'], 'Name').first.value

puts JSON.generate(read: read, kernels: kernels)
