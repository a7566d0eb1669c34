# @summary Dropsonde on a Puppet Server: the program, its settings, the opt-in and the schedule
#
# Declaring this class opts the site in: a report is sent once a week. With `enabled => false` nothing
# is sent; the program stays, so that `dropsonde preview` shows what a report would hold.
#
# The class owns `telemetry.yaml`: a file made by hand is replaced (Puppet keeps a backup).
#
# @example Opt in
#   include dropsonde
#
# @example Look first: nothing is sent
#   class { 'dropsonde':
#     enabled => false,
#   }
#
# @example Restart Puppet Server when the opt-in changes
#   include dropsonde
#   Dropsonde_optin['puppetserver'] ~> Service['puppetserver']
#
# @param confd
#   Puppet Server's configuration directory. Default: where this system's packages have it.
# @param config_file
#   The settings file of dropsonde. Default: where dropsonde looks for it on this system.
# @param enabled
#   Whether reports are sent. It is written to Puppet Server's configuration as `dropsonde.enabled`.
# @param enable
#   Only these metrics; `dropsonde list` shows them all.
# @param disable
#   Leave these metrics out.
# @param cachepath
#   Directory of the list of public modules, the seed and the reports that wait. It must be there, and the
#   user puppet must be able to write to it; the service of the timer is let in.
# @param ttl
#   Days after which the list of public modules is refreshed.
# @param update
#   Whether that list is refreshed by itself; false for servers that cannot reach the Forge.
# @param seed
#   A secret that goes into the site id: whoever changes it becomes another site. All servers of a site
#   need the same; without one, a compiler (a server whose CA service is off) sends nothing on schedule.
# @param endpoint
#   Where reports are sent. Without it only Puppet's own packages have a default; with those of OpenVox and
#   Debian nothing is sent.
# @param evidence
#   What makes a class public: a release that the Forge published defines it (`published`, once called
#   `strict`), or it stands on disk in a public module (`installed`).
# @param accept
#   `all`: new columns of later versions are sent without being asked about.
# @param interval
#   Seconds between two reports, written as `dropsonde.interval`. Each site has its own slot within them.
#   The schedule looks hourly, so that less than an hour is refused.
# @param manage_package
#   Whether this class installs the package `dropsonde`.
# @param package_ensure
#   The state of that package: `installed`, `latest` or a version.
class dropsonde (
  Dropsonde::Path $confd,
  Dropsonde::Path $config_file,
  Boolean $enabled = true,
  Optional[Dropsonde::Metrics] $enable = undef,
  Optional[Dropsonde::Metrics] $disable = undef,
  Optional[Dropsonde::Path] $cachepath = undef,
  Optional[Integer[0, 3650]] $ttl = undef,
  Optional[Boolean] $update = undef,
  Optional[Variant[Dropsonde::Text, Sensitive[Dropsonde::Text]]] $seed = undef,
  Optional[Pattern[/\Ahttps?:\/\/[^\s\/?#]+(\/[!-~]*)?\z/]] $endpoint = undef,
  Optional[Enum['published', 'strict', 'installed']] $evidence = undef,
  Optional[Enum['all']] $accept = undef,
  Optional[Integer[3600, 31449600]] $interval = undef,
  Boolean $manage_package = true,
  Pattern[/\A(installed|present|latest|[0-9][0-9A-Za-z.+:~-]*)\z/] $package_ensure = 'installed',
) {
  # Before anything is written: Puppet Enterprise's own service could take the opt-in for its own.
  if $facts.dig('dropsonde', 'enterprise') {
    fail('dropsonde: Puppet Enterprise is not supported')
  }

  $program = '/usr/bin/dropsonde'

  # Opting in waits for the program and its settings, so that nothing is sent that `disable` leaves out.
  # Opting out waits for nothing.
  $before = $enabled ? {
    true    => Dropsonde_optin['puppetserver'],
    default => undef,
  }

  if $manage_package {
    package { 'dropsonde':
      ensure => $package_ensure,
      before => $before,
    }
  }

  $settings = {
    'update'    => $update,
    'cachepath' => $cachepath,
    'ttl'       => $ttl,
    'enable'    => $enable,
    'disable'   => $disable,
    'seed'      => $seed.unwrap,
    'evidence'  => $evidence,
    'endpoint'  => $endpoint,
    'accept'    => $accept,
  }.filter |$_key, $value| { $value =~ NotUndef }

  file { $config_file:
    ensure  => file,
    owner   => 'root',
    group   => 'puppet',
    mode    => '0640',
    content => Sensitive(epp('dropsonde/telemetry.yaml.epp', { 'settings' => $settings })),
    before  => $before,
  }

  dropsonde_optin { 'puppetserver':
    confd    => $confd,
    settings => { 'enabled' => $enabled, 'interval' => $interval }.filter |$_key, $value| { $value =~ NotUndef },
  }

  # The timer's service may write nowhere but to dropsonde's usual directory.
  $drop_in = '/etc/systemd/system/dropsonde.service.d'
  if $cachepath {
    file { $drop_in:
      ensure => directory,
    }
    file { "${drop_in}/cachepath.conf":
      ensure  => file,
      content => "[Service]\nReadWritePaths=\"-${cachepath}\"\n",
      notify  => Exec['systemctl daemon-reload for dropsonde'],
    }
  } else {
    file { "${drop_in}/cachepath.conf":
      ensure => absent,
      notify => Exec['systemctl daemon-reload for dropsonde'],
    }
  }

  exec { 'systemctl daemon-reload for dropsonde':
    command     => '/usr/bin/systemctl daemon-reload',
    onlyif      => '/usr/bin/test -d /run/systemd/system',
    refreshonly => true,
  }

  # Root's weekly entry of the Ruby program's module: with it there would be two schedules.
  if $facts.dig('dropsonde', 'cron') {
    cron { 'submit Puppet telemetry report':
      ensure => absent,
      user   => 'root',
    }
  }

  if $enabled {
    # Puppet Server's own scheduler, a systemd timer or a line for cron: the program knows which.
    exec { 'dropsonde integrate':
      command  => "${program} integrate",
      unless   => "test -x ${program} && ${program} integrate --check", # with --noop it may not be there yet
      provider => shell,
      require  => Dropsonde_optin['puppetserver'],
    }
  } else {
    # The package brings its schedule along. Not an enabled timer is left, though it would send nothing.
    file { ['/etc/systemd/system/timers.target.wants/dropsonde.timer', '/etc/cron.d/dropsonde']:
      ensure => absent,
    }
    ~> exec { 'stop dropsonde.timer':
      command     => '/usr/bin/systemctl stop dropsonde.timer',
      onlyif      => '/usr/bin/test -d /run/systemd/system',
      refreshonly => true,
    }
  }
}
