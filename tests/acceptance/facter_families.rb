# frozen_string_literal: true

# What Facter's own code gives for os.family on every system that it knows: a JSON object, system =>
# family. Facter's resolvers are handed what they would read on that system; the facts are Facter's.

require 'facter'
require 'json'

library = File.dirname($LOADED_FEATURES.grep(%r{/facter\.rb\z}).first)
Dir.glob("#{library}/facter/facts/*/os/family.rb").each { |path| require path }
require 'facter/resolvers/windows/kernel'

# What distinguishes a system's /etc/os-release, where it says more than its ID.
ID_LIKE = {
  'Ubuntu' => 'debian', 'Linuxmint' => 'ubuntu debian', 'Opensuse' => 'suse opensuse',
  'Mageia' => 'mandriva fedora', 'Openwrt' => 'lede openwrt'
}.freeze
# What `uname -s` says on systems of these fact classes.
KERNELS = {
  'Macosx' => %w[Darwin], 'Aix' => %w[AIX], 'Bsd' => %w[OpenBSD NetBSD], 'Freebsd' => %w[FreeBSD],
  'Openbsd' => %w[OpenBSD] # a system of its own since Facter 4.10
}.freeze

def leaves(tree)
  case tree
  when Hash then tree.keys + leaves(tree.values)
  when Array then tree.flat_map { |branch| leaves(branch) }
  else [tree]
  end
end

# The most specific class that knows the fact, as Facter picks it.
def family_of(system)
  name = Facter::OsHierarchy.new.construct_hierarchy(system).reverse.find do |each|
    Object.const_defined?("Facts::#{each}::Os::Family")
  end
  Object.const_get("Facts::#{name}::Os::Family").new.call_the_resolver.first.value
end

def given(resolver, facts)
  resolver.instance_variable_set(:@fact_list, facts)
end

families = {}
leaves(Facter::Config::OS_HIERARCHY).each do |system|
  next if %w[Linux Windows].include?(system)

  (KERNELS[system] || ['Linux']).each do |kernel|
    given(Facter::Resolvers::Uname, kernelname: kernel)
    given(Facter::Resolvers::OsRelease, id: system.downcase)
    families["#{system} #{kernel}"] = family_of(system)
    next unless ID_LIKE.key?(system)

    given(Facter::Resolvers::OsRelease, id: system.downcase, id_like: ID_LIKE[system])
    families["#{system} like #{ID_LIKE[system]}"] = family_of(system)
  end
end

# Systems outside the hierarchy whose family Facter knows.
Facter::Util::Facts::FAMILY_HASH.values.flatten.each do |id|
  given(Facter::Resolvers::OsRelease, id: id)
  families["#{id} as Linux"] = family_of('Linux')
end

Facter::Resolvers::Kernel.send(:build_facts_list, { major: 10, minor: 0, build: 1 })
families['Windows'] = family_of('Windows')

puts JSON.generate(families)
