# frozen_string_literal: true

describe Puppet::Type.type(:dropsonde_optin) do
  def made(**parameters)
    described_class.new(name: 'puppetserver', confd: '/etc/conf.d', settings: { 'enabled' => true }, **parameters)
  end

  it { expect(made[:settings]).to eq('enabled' => true) }
  it { expect { made(confd: 'conf.d') }.to raise_error(Puppet::Error, %r{absolute path}) }

  {
    { 'enabled' => 'yes' } => %r{must be true or false},
    { 'interval' => 60 } => %r{must be true or false},
    { 'enabled' => true, 'interval' => 0 } => %r{whole number above 0},
    { 'enabled' => true, 'endpoint' => 'x' } => %r{hash of enabled and interval}
  }.each do |settings, complaint|
    it("refuses #{settings}") { expect { made(settings: settings) }.to raise_error(Puppet::Error, complaint) }
  end
end
