# frozen_string_literal: true

require 'json'

RSpec.configure { |c| c.mock_with(:rspec) }
require 'puppetlabs_spec_helper/module_spec_helper'

# As strictly as Puppet 8 and OpenVox 8 do by default.
RSpec.configure do |c|
  c.strict_variables = true
  c.before { Puppet[:strict] = :error }
end

# Each system of metadata.json, and its packagings: upstream's (and OpenVox's), and Debian's own.
def supported_systems
  metadata = JSON.parse(File.read(File.expand_path('../metadata.json', __dir__)))
  metadata['operatingsystem_support'].flat_map do |system|
    name = system['operatingsystem']
    family = %w[Debian Ubuntu].include?(name) ? 'Debian' : 'RedHat'
    system['operatingsystemrelease'].flat_map do |release|
      os = { 'name' => name, 'family' => family, 'release' => { 'major' => release, 'full' => release } }
      packagings = { "#{name} #{release}, upstream's packages" => { 'os' => os, 'aio_agent_version' => '8.10.0' } }
      packagings["#{name} #{release}, its own packages"] = { 'os' => os } if family == 'Debian'
      packagings.to_a
    end
  end
end
