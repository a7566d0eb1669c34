# Send nothing; `dropsonde preview` shows what a report would hold.
class { 'dropsonde':
  enabled => false,
}
