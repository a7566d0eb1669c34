# frozen_string_literal: true

Puppet::Type.type(:dropsonde_optin).provide(:hocon) do
  desc 'Reads and edits HOCON with the library that Facter brings; comments and layout stay.'

  # The settings as they stand; for messages alone.
  def settings
    (stanzas.values + [own_stanza]).reduce({}, :merge)
  end

  def settings=(wanted)
    changes(wanted).each do |path, text|
      if text
        Puppet::Util.replace_file(path, 0o644) { |file| file.write(text) }
      else
        File.unlink(path)
      end
    end
  end

  # The files to write, and what; nil for a file to remove. What is removed comes first, so that no
  # setting stands twice at any time.
  def changes(wanted)
    holders = holders(wanted.keys)
    texts = {}
    refuse_odd(holders['enabled']) if wanted['enabled']
    holders.group_by { |_, path| path }.each do |path, keys|
      values = keys.to_h { |key, _| [key, wanted[key]] }
      next if values <= stanzas[path]

      refuse_managed(path, values)
      texts[File.realpath(path)] = edited(path, values)
    end
    rest = wanted.reject { |key, _| holders.key?(key) }
    text = rest.empty? ? nil : rendered(rest)
    text == own ? texts : { own_path => text }.merge(texts)
  end

  private

  # Each setting that stands outside of our own file, and where.
  def holders(keys)
    keys.each_with_object({}) do |key, found|
      paths = stanzas.select { |_, stanza| stanza.key?(key) }.keys
      if paths.size > 1
        raise Puppet::Error, "dropsonde.#{key} stands in #{paths.join(' and ')}: " \
                             'Puppet Server does not start with both, remove one of them'
      end
      found[key] = paths.first if paths.any?
    end
  end

  # Of a file that is written whole elsewhere each change would be taken back, and made again on each
  # run, with a restart of Puppet Server each time.
  def refuse_managed(path, values)
    by = manager(path)
    return unless by

    set = values.map { |key, value| "dropsonde.#{key} to #{value}" }.join(' and ')
    foreman = "; Foreman's module has the parameter puppet::server_puppetserver_telemetry" if values.key?('enabled')
    raise Puppet::Error, "#{path}: #{by} writes this file and would undo a change: set #{set} there#{foreman}"
  end

  # Who writes a file whole: a resource of this catalog, or whoever put such a header there, as
  # foreman-installer does in runs of its own.
  def manager(path)
    file = resource.catalog&.resource(:file, path)
    return file.ref if file && (file[:content] || file[:source])

    header = File.binread(path).lines.take_while { |line| line.match?(%r{\A\s*(#|//|\Z)}n) }.join
    'another class (its header: Managed by Puppet)' if header.match?(/managed by puppet/in)
  end

  # dropsonde takes an opt-in only from a file without these; what stands in a comment does not count.
  def refuse_odd(path)
    return unless path

    text = File.binread(path).lines.grep_v(%r{\A\s*(#|//)}).join
    odd = text.match?(/\+=|"""|\binclude\b/n)
    return unless odd || text.scan(/\$\{(.*?)\}/n).any? { |name,| !text?(path, name.split('.')) }

    raise Puppet::Error, "#{path}: dropsonde takes no opt-in from a file with includes or such substitutions: " \
                         'remove dropsonde.enabled there, and it is written to a file of its own'
  end

  # Whether a file sets a text, or a number, under these keys.
  def text?(path, keys)
    root = Hocon::ConfigFactory.parse_file(path).root
    found = keys.reduce(root) { |object, key| object.is_a?(Hocon::ConfigObject) ? object[key] : nil }
    found && [String, Numeric].any? { |kind| plain(found).is_a?(kind) }
  end

  # Our own file is rewritten when it is damaged.
  def own_stanza
    own ? stanza(own_path) : {}
  rescue Puppet::Error
    {}
  end

  # The stanza of each file but our own.
  def stanzas
    @stanzas ||= begin
      confd = resource[:confd]
      raise Puppet::Error, "#{confd}: no such directory; is Puppet Server installed?" unless File.directory?(confd)

      # All that Puppet Server reads there.
      paths = Dir.glob("#{confd}/*.{ini,conf,json,properties,edn,yaml,yml}").sort - [own_path]
      paths.select { |path| File.file?(path) && mentions?(path) }.to_h { |path| [path, stanza(path)] }
    end
  end

  # Whether a file can hold the stanza at all: others are not parsed, for their faults are none of ours.
  def mentions?(path)
    lines = File.binread(path).lines.grep_v(%r{\A\s*(#|;|//)})
    return lines.grep(/dropsonde|\binclude\b|\\u/n).any? if path.end_with?('.conf', '.json')

    raise Puppet::Error, "#{path} speaks of dropsonde: move that into a .conf file" if lines.grep(/dropsonde/n).any?
  end

  # The settings that one file holds; what must still be substituted is :unresolved.
  def stanza(path)
    require 'hocon/config_factory'
    found = Hocon::ConfigFactory.parse_file(path).root['dropsonde']
    return {} if found.nil?
    raise Puppet::Error, "#{path}: dropsonde is no plain stanza" unless found.is_a?(Hocon::ConfigObject)

    %w[enabled interval].select { |key| found.contains_key?(key) }.to_h { |key| [key, plain(found[key])] }
  rescue Hocon::ConfigError => e
    why = e.message.lines.first.split('  Trace').first.strip
    raise Puppet::Error, "#{path}: Puppet Server cannot read this file: #{why}"
  end

  def plain(value)
    value.unwrapped
  rescue Hocon::ConfigError
    :unresolved
  end

  # A file's text with other values, as Puppet Server will read them.
  def edited(path, values)
    require 'hocon/parser/config_document_factory'
    document = Hocon::Parser::ConfigDocumentFactory.parse_file(path)
    values.each do |key, value|
      unless document.has_value?("dropsonde.#{key}")
        raise Puppet::Error, "#{path}: dropsonde.#{key} comes from an included file: set it there"
      end

      document = document.set_value("dropsonde.#{key}", value.to_s)
    end
    document.render
  end

  def rendered(values)
    lines = values.map { |key, value| "    #{key}: #{value}\n" }
    "# Managed by Puppet, class dropsonde: changes made here are lost.\ndropsonde: {\n#{lines.join}}\n"
  end

  def own
    File.exist?(own_path) ? File.read(own_path) : nil
  end

  def own_path
    File.join(resource[:confd], 'dropsonde.conf')
  end
end
