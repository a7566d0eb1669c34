# Two metrics, every other week, to a collector of one's own. A seed belongs into encrypted Hiera data.
class { 'dropsonde':
  enable   => ['modules', 'dependencies'],
  interval => 1209600,
  endpoint => 'https://telemetry.example.com',
  seed     => Sensitive('banana pancakes'),
}
