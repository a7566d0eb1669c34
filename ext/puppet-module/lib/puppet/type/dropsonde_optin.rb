# frozen_string_literal: true

Puppet::Type.newtype(:dropsonde_optin) do
  @doc = <<~DOC
    The stanza `dropsonde` in Puppet Server's configuration directory.

    Puppet Server refuses to start when a setting stands in two of its files. So a setting is changed
    where it stands; what stands nowhere goes into a file of its own, `dropsonde.conf`. Where that
    cannot be done safely, the resource fails, says why, and writes nothing. So it does where another
    class writes the file, as Foreman's does: both would change it on each run.
  DOC

  newparam(:name, namevar: true) do
    desc 'Any name.'
  end

  newparam(:confd) do
    desc 'The configuration directory: an absolute path.'
    isrequired
    validate do |value|
      raise ArgumentError, "confd must be an absolute path, not #{value.inspect}" unless
        value.is_a?(String) && Puppet::Util.absolute_path?(value, :posix)
    end
  end

  newproperty(:settings) do
    desc 'The settings: `enabled` (a boolean) and, optionally, `interval` (whole seconds).'
    isrequired
    validate do |value|
      raise ArgumentError, 'settings must be a hash of enabled and interval' unless
        value.is_a?(Hash) && (value.keys - %w[enabled interval]).empty?
      raise ArgumentError, 'enabled must be true or false' unless [true, false].include?(value['enabled'])
      raise ArgumentError, 'interval must be a whole number above 0' unless
        !value.key?('interval') || (value['interval'].is_a?(Integer) && value['interval'].positive?)
    end

    def insync?(_is)
      provider.changes(should).empty?
    end

    def is_to_s(value)
      value.empty? ? 'nothing' : value.map { |key, setting| "#{key}: #{setting}" }.join(', ')
    end
    alias_method :should_to_s, :is_to_s
  end
end
