# frozen_string_literal: true

# What of Dropsonde is here, told by file names alone. Nothing is run: the Ruby program's files stand in
# a directory of the user puppet, and facts are gathered by root.
Facter.add(:dropsonde) do
  subcommands = %w[/opt/puppetlabs/server/apps/puppetserver /usr/share/puppetserver]
                .map { |directory| "#{directory}/cli/apps/dropsonde" }
  package = '/usr/lib/dropsonde/lib/python3*/site-packages/dropsonde_telemetry-*.dist-info'
  gem = '/opt/puppetlabs/server/data/puppetserver/dropsonde/gems/dropsonde-*'
  # Debian's, SUSE's and Red Hat's places of root's crontab.
  crontabs = %w[crontabs/root tabs/root root].map { |name| "/var/spool/cron/#{name}" }

  bundled = subcommands.any? { |file| File.exist?(file) }
  # The package's virtual environment, else the Ruby program that Puppet Server brings.
  version = [package, gem]
            .map { |pattern| Dir.glob(pattern).map { |path| path[%r{/dropsonde(?:_telemetry)?-(\d[^/]*?)(\.dist-info)?\z}, 1] } }
            .map { |found| found.compact.max_by { |text| text.scan(/\d+/).map(&:to_i) } }
            .compact.first
  cron = crontabs.any? do |file|
    File.file?(file) && File.readable?(file) &&
      File.binread(file).include?("# Puppet Name: submit Puppet telemetry report\n")
  end

  # Not supported: the program refuses such a server by the same files.
  enterprise = %w[/opt/puppetlabs/server/pe_version /lib/systemd/system/pe-puppetserver.service]
               .any? { |file| File.exist?(file) || File.symlink?(file) }

  confine { bundled || version || cron || enterprise }
  setcode { { 'bundled' => bundled, 'version' => version, 'cron' => cron, 'enterprise' => enterprise } }
end
