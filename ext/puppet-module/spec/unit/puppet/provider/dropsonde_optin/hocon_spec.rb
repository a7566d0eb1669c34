# frozen_string_literal: true

require 'tmpdir'
require 'hocon/config_factory' # in an example, Ruby finds no further gems
require 'hocon/parser/config_document_factory'

describe Puppet::Type.type(:dropsonde_optin).provider(:hocon) do
  # As Foreman's class writes it.
  foremans = "#\n# Managed by Puppet\n#\njruby-puppet: {}\n\ndropsonde: {\n    enabled: false\n}\n"

  around { |example| Dir.mktmpdir { |directory| (@confd = directory) && example.run } }

  def write(name, text)
    File.write(File.join(@confd, name), text)
  end

  def files
    Dir.children(@confd).to_h { |name| [name, File.read(File.join(@confd, name))] }
  end

  # A catalog of one opt-in, and other resources.
  def apply(settings, *others)
    optin = Puppet::Type.type(:dropsonde_optin).new(name: 'puppetserver', confd: @confd, settings: settings)
    catalog = Puppet::Resource::Catalog.new
    catalog.add_resource(optin, *others)
    return false if optin.property(:settings).insync?(nil)

    optin.provider.settings = settings
    true
  end

  it 'writes a file of its own where nothing is set' do
    expect(apply('enabled' => true)).to be(true)
    expect(files.keys).to eq(['dropsonde.conf'])
    expect(apply('enabled' => true)).to be(false)
  end

  it 'changes a value where it stands, and nothing else' do
    write('puppetserver.conf', "# mine\ndropsonde: { enabled: false } # kept\n")
    apply('enabled' => true)
    expect(files).to eq('puppetserver.conf' => "# mine\ndropsonde: { enabled: true } # kept\n")
  end

  it 'refuses a setting in two files' do
    %w[a.conf b.conf].each { |name| write(name, "dropsonde: { enabled: true }\n") }
    expect { apply('enabled' => false) }.to raise_error(Puppet::Error, %r{does not start with both})
  end

  context 'when another class writes the file' do
    before { write('puppetserver.conf', foremans) }

    def file(title, **parameters)
      Puppet::Type.type(:file).new(title: title, **parameters)
    end

    it 'refuses by its header, names the parameter and changes nothing' do
      expect { apply('enabled' => true) }
        .to raise_error(Puppet::Error, %r{Managed by Puppet.*puppet::server_puppetserver_telemetry})
      expect(files).to eq('puppetserver.conf' => foremans)
    end

    it 'agrees where the values do' do
      expect(apply('enabled' => false)).to be(false)
    end

    it 'leaves an interval to a file of its own' do
      apply('enabled' => false, 'interval' => 86_400)
      expect(files.keys).to contain_exactly('dropsonde.conf', 'puppetserver.conf')
      expect(files['puppetserver.conf']).to eq(foremans)
    end

    it 'refuses by a resource of the catalog, whatever its title' do
      text = foremans.lines.drop(3).join
      write('puppetserver.conf', text)
      theirs = file('x', path: "#{@confd}/puppetserver.conf", content: text)
      expect { apply({ 'enabled' => true }, theirs) }.to raise_error(Puppet::Error, %r{File\[x\] writes this file})
    end

    it 'minds no resource that sets a mode alone' do
      text = foremans.lines.drop(3).join
      write('puppetserver.conf', text)
      apply({ 'enabled' => true }, file("#{@confd}/puppetserver.conf", mode: '0640'))
      expect(files['puppetserver.conf']).to include('enabled: true')
    end

    it 'minds no words further down' do
      write('puppetserver.conf', "a: 1\n# Managed by Puppet\ndropsonde: { enabled: false }\n")
      apply('enabled' => true)
      expect(files['puppetserver.conf']).to include('enabled: true')
    end
  end
end
